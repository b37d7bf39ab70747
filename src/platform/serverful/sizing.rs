//! How much a workload needs at its busiest moment, with unlimited machines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Bytes, Span, Time};

/// The most that is needed at once; the two maxima may fall on different moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Requests that compute at once, one core each.
    pub cores: u64,
    /// Memory of the requests at machines at once.
    pub memory: Bytes,
}

/// A request at a machine that it has to itself.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    /// When it comes.
    pub from: Time,
    /// Until it computes: its way there, and what it fetches.
    pub before: Span,
    /// While it has a core.
    pub compute: Span,
    /// Until it leaves: what it writes and sends.
    pub after: Span,
    /// Held from when it comes until it leaves.
    pub memory: Bytes,
}

/// The level of what is held, and the highest that it ever was.
#[derive(Default)]
struct Peak {
    /// When, whether something is taken rather than given back, and how much; what is given back comes first.
    changes: BinaryHeap<Reverse<(Time, bool, u64)>>,
    level: u64,
    most: u64,
}

impl Peak {
    /// So much is held from one time to the other.
    fn hold(&mut self, from: Time, until: Time, amount: u64) {
        if from < until {
            self.changes.extend([Reverse((from, true, amount)), Reverse((until, false, amount))]);
        }
    }

    /// Nothing is held any more from before `now`.
    fn advance(&mut self, now: Time) {
        while let Some(&Reverse((at, taken, amount))) = self.changes.peek()
            && at <= now
        {
            self.changes.pop();
            self.level = if taken { self.level + amount } else { self.level - amount };
            self.most = self.most.max(self.level);
        }
    }
}

/// The peak demand of requests in the order in which they come.
pub fn peak_demand(stays: impl Iterator<Item = Stay>) -> Demand {
    let (mut cores, mut memory) = (Peak::default(), Peak::default());
    for stay in stays {
        cores.advance(stay.from);
        memory.advance(stay.from);
        let begins = stay.from.saturating_add(stay.before);
        let ends = begins.saturating_add(stay.compute);
        cores.hold(begins, ends, 1);
        memory.hold(stay.from, ends.saturating_add(stay.after), stay.memory.0);
    }
    cores.advance(Time::MAX);
    memory.advance(Time::MAX);
    Demand { cores: cores.most, memory: Bytes(memory.most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(at: u64, [before, compute, after]: [u64; 3], memory: u64) -> Stay {
        let [before, compute, after] = [before, compute, after].map(Span::from_ps);
        Stay { from: Time::from_ps(at), before, compute, after, memory: Bytes(memory) }
    }

    #[test]
    fn a_request_that_ends_makes_room_for_one_that_arrives_at_that_moment() {
        let stays = [stay(0, [0, 10, 0], 5), stay(4, [0, 2, 0], 1), stay(10, [0, 5, 0], 2)];
        assert_eq!(peak_demand(stays.into_iter()), Demand { cores: 2, memory: Bytes(6) });
    }

    #[test]
    fn what_is_moved_holds_memory_and_no_core() {
        // They compute from 8 to 10, 3 to 4 and 9 to 10; the first two hold memory together until 4.
        let stays = [stay(0, [8, 2, 3], 5), stay(2, [1, 1, 0], 7), stay(9, [0, 1, 2], 1)];
        assert_eq!(peak_demand(stays.into_iter()), Demand { cores: 2, memory: Bytes(12) });
        let alone = [stay(0, [8, 2, 3], 5), stay(2, [1, 1, 0], 7), stay(10, [0, 1, 2], 1)];
        assert_eq!(peak_demand(alone.into_iter()), Demand { cores: 1, memory: Bytes(12) });
    }
}
