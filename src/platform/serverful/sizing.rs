//! How much a workload needs at its busiest moment, with unlimited machines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Bytes, Span, Time};

/// The most that is needed at once; the two maxima may fall on different moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Requests running at once, one core each.
    pub cores: u64,
    /// Memory of the requests running at once.
    pub memory: Bytes,
}

/// The peak demand of requests given in order of arrival as (arrival, run time, memory).
pub fn peak_demand(requests: impl Iterator<Item = (Time, Span, Bytes)>) -> Demand {
    let mut running: BinaryHeap<Reverse<(Time, u64)>> = BinaryHeap::new();
    let (mut memory, mut peak) = (Bytes::ZERO, Demand::default());
    for (arrival, run, need) in requests {
        while let Some(&Reverse((end, held))) = running.peek()
            && end <= arrival
        {
            running.pop();
            memory -= Bytes(held);
        }
        running.push(Reverse((arrival.saturating_add(run), need.0)));
        memory += need;
        peak.cores = peak.cores.max(running.len() as u64);
        peak.memory = peak.memory.max(memory);
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_ends_makes_room_for_one_that_arrives_at_that_moment() {
        let request = |at, run, memory| (Time::from_ps(at), Span::from_ps(run), Bytes(memory));
        let demand = peak_demand([request(0, 10, 5), request(4, 2, 1), request(10, 5, 2)].into_iter());
        assert_eq!(demand, Demand { cores: 2, memory: Bytes(6) });
    }
}
