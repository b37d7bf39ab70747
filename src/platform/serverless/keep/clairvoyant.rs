//! The clairvoyant bound: keep-alive by an oracle that knows every arrival to come, and how long each will run.
//!
//! Rule: a sandbox that becomes idle while `busy` others of its function start or run is kept exactly until more than
//! `busy` requests of that function are to run at once, if that is at most `limit` away; else it is terminated at once.
//!
//! An arrival must take the idle sandbox that expires first (which is the most recently used). Sandboxes are then used as
//! a stack, and each of its levels has its own idle times, of which none depends on what becomes of the others: so deciding
//! each by its length alone is optimal (Lu, Chen and Andrew, "Simple and Effective Dynamic Provisioning for
//! Power-Proportional Data Centers", TPDS 2013). As few cold starts as a fixed keep-alive of `limit` with the most recently
//! used sandbox first, and no second of idle memory that does not save one.
//!
//! The oracle knows run times as they are in the trace, warm and alone. Where cold starts, remote memory or queues make
//! requests late, a sandbox may go too early or be kept in vain: then it is a bound in practice, as Belady's algorithm
//! (1966) is for caches. No platform can have it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::ids::FunctionId;
use crate::units::{Span, Time};

/// A request to come.
#[derive(Clone, Copy, Debug)]
struct Coming {
    at: Time,
    /// Requests of its function that are to run just after it has arrived, itself among them.
    level: u32,
    /// The position of the next one with a higher level; the end of its function where there is none.
    higher: u32,
}

/// All arrivals, by function, and how many of them have been: 16 bytes an arrival, 16 a function.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// Those of function 0 in order of time, then those of function 1, and so on.
    arrivals: Vec<Coming>,
    /// For each function, the position of its next arrival.
    next: Vec<usize>,
    /// For each function, the position behind its last arrival.
    end: Vec<usize>,
}

impl Oracle {
    /// An oracle for so many functions. `arrivals` (when, how long it runs, of which function) is called twice, to count
    /// and to note them, and must give the same ones in order of time, four billion at most.
    pub fn new<I: Iterator<Item = (Time, Span, FunctionId)>>(functions: usize, arrivals: impl Fn() -> I) -> Self {
        let mut end = vec![0; functions];
        for (.., function) in arrivals() {
            end[function.index()] += 1;
        }
        let mut sum = 0;
        let mut next = Vec::with_capacity(functions);
        for count in &mut end {
            next.push(sum);
            sum += *count;
            *count = sum;
        }
        assert!(u32::try_from(sum).is_ok(), "more arrivals than an oracle can number");
        let mut noted = vec![Coming { at: Time::MAX, level: 0, higher: 0 }; sum];
        let mut place = next.clone();
        let mut running: Vec<BinaryHeap<Reverse<Time>>> = vec![BinaryHeap::new(); functions];
        for (at, span, function) in arrivals() {
            let (place, running) = (&mut place[function.index()], &mut running[function.index()]);
            debug_assert!(*place == next[function.index()] || noted[*place - 1].at <= at, "arrivals out of order");
            // A sandbox free since `at` serves an arrival at `at`.
            while running.peek().is_some_and(|Reverse(end)| *end <= at) {
                running.pop();
            }
            running.push(Reverse(at.saturating_add(span)));
            noted[*place] = Coming { at, level: running.len() as u32, higher: 0 };
            *place += 1;
        }
        for (&first, &end) in next.iter().zip(&end) {
            link(&mut noted[..end], first);
        }
        Self { arrivals: noted, next, end }
    }

    /// A request of `function` has arrived, whatever becomes of it. Counting is safer than comparing times: of several
    /// arrivals at one moment, it tells those that have been from those to come.
    #[inline]
    pub fn arrived(&mut self, function: FunctionId) {
        debug_assert!(self.next[function.index()] < self.end[function.index()], "an arrival that was not foretold");
        self.next[function.index()] += 1;
    }

    /// When next more than `busy` requests of `function` are to run at once; `None` where that is never.
    #[inline]
    pub fn exceeds(&self, function: FunctionId, busy: u32) -> Option<Time> {
        let (mut at, end) = (self.next[function.index()], self.end[function.index()]);
        while at < end {
            let coming = &self.arrivals[at];
            if coming.level > busy {
                return Some(coming.at);
            }
            at = coming.higher as usize;
        }
        None
    }

    /// Until when a sandbox of `function` is kept that becomes idle at `now` while `busy` others start or run; `None` where
    /// it is terminated at once. An arrival at that very moment is to be served by it.
    #[inline]
    pub fn keep_until(&self, function: FunctionId, now: Time, busy: u32, limit: Span) -> Option<Time> {
        self.exceeds(function, busy).filter(|arrival| *arrival <= now + limit)
    }
}

/// Leads each of the arrivals from `first` on to the next one with a higher level.
fn link(arrivals: &mut [Coming], first: usize) {
    let end = arrivals.len();
    for i in (first..end).rev() {
        let mut next = i + 1;
        while next < end && arrivals[next].level <= arrivals[i].level {
            next = arrivals[next].higher as usize;
        }
        arrivals[i].higher = next as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: FunctionId = FunctionId::new(0);

    fn at(secs: u64) -> Time {
        Time::ZERO + Span::from_secs(secs)
    }

    fn oracle(functions: usize, arrivals: &[(u64, u64, u32)]) -> Oracle {
        let arrival = |&(time, span, function)| (at(time), Span::from_secs(span), FunctionId::new(function));
        Oracle::new(functions, || arrivals.iter().map(arrival))
    }

    #[test]
    fn each_function_has_its_own_future() {
        let mut oracle = oracle(3, &[(1, 5, 0), (1, 9, 2), (2, 1, 0), (2, 0, 0), (9, 1, 2)]);
        let [first, second, third] = [0, 1, 2].map(FunctionId::new);
        assert_eq!([0, 1, 2, 3].map(|busy| oracle.exceeds(first, busy)), [Some(at(1)), Some(at(2)), Some(at(2)), None]);
        assert_eq!(oracle.exceeds(second, 0), None);
        assert_eq!([0, 1].map(|busy| oracle.exceeds(third, busy)), [Some(at(1)), Some(at(9))]);
        oracle.arrived(third);
        assert_eq!([0, 1].map(|busy| oracle.exceeds(third, busy)), [Some(at(9)), Some(at(9))]);
    }

    #[test]
    fn kept_only_while_as_many_are_going_to_be_needed() {
        // A burst of two at 0; then one at a time, until two are needed again at 160.
        let mut oracle = oracle(1, &[(0, 40, 0), (0, 40, 0), (100, 10, 0), (160, 20, 0), (170, 5, 0)]);
        oracle.arrived(ONE);
        oracle.arrived(ONE);
        let until = |busy, limit| oracle.keep_until(ONE, at(40), busy, Span::from_secs(limit));
        assert_eq!(until(1, 600), Some(at(170)), "the first one to end is the second one to be needed");
        assert_eq!(until(1, 129), None);
        assert_eq!(until(0, 60), Some(at(100)));
        assert_eq!(until(0, 59), None);
        assert_eq!(until(2, 1_000), None);
    }

    /// Requests at each second, from arrivals and run times in whole seconds.
    fn profile(arrivals: &[(u64, u64, u32)]) -> Vec<u32> {
        let end = arrivals.iter().map(|(time, span, _)| time + span).max().unwrap_or(0);
        let runs = |second: u64, (time, span): (u64, u64)| (time..time + span).contains(&second);
        let running =
            |second: u64| arrivals.iter().filter(|(time, span, _)| runs(second, (*time, *span))).count() as u32;
        (0..=end).map(running).collect()
    }

    /// Cold starts and idle time of a stack of sandboxes whose levels are each kept over gaps up to the limit: a level is
    /// idle from when fewer than that many run until when as many do again.
    fn by_level(arrivals: &[(u64, u64, u32)], limit: u64) -> (u64, u64) {
        let profile = profile(arrivals);
        let (mut cold, mut idle) = (0, 0);
        for level in 1..=profile.iter().copied().max().unwrap_or(0) {
            let mut since = None;
            let mut was_busy = false;
            for (second, running) in profile.iter().enumerate() {
                let is_busy = *running >= level;
                if is_busy && !was_busy {
                    match since.map(|since| second as u64 - since) {
                        Some(gap) if gap <= limit => idle += gap,
                        _ => cold += 1,
                    }
                }
                if was_busy && !is_busy {
                    since = Some(second as u64);
                }
                was_busy = is_busy;
            }
        }
        (cold, idle)
    }

    /// The same with the rule, one sandbox after the other; arrivals take the one that expires first.
    fn by_rule(arrivals: &[(u64, u64, u32)], limit: u64) -> (u64, u64) {
        let mut oracle = oracle(1, arrivals);
        let (mut cold, mut idle) = (0, 0);
        let mut running: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        let mut waiting: Vec<(Time, u64)> = Vec::new();
        for &(time, span, _) in arrivals {
            while let Some(Reverse(end)) = running.peek().copied().filter(|Reverse(end)| *end <= time) {
                running.pop();
                let busy = running.len() as u32;
                waiting.extend(oracle.keep_until(ONE, at(end), busy, Span::from_secs(limit)).map(|until| (until, end)));
            }
            oracle.arrived(ONE);
            waiting.sort_unstable();
            if waiting.first().is_some_and(|(until, _)| *until >= at(time)) {
                let (until, since) = waiting.remove(0);
                assert_eq!(until, at(time), "kept until it is needed, and no longer");
                idle += time - since;
            } else {
                cold += 1;
            }
            running.push(Reverse(time + span));
        }
        (cold, idle)
    }

    proptest! {
        /// A stack of sandboxes, each level decided by itself: as with a fixed keep-alive, without its waste.
        #[test]
        fn each_level_is_kept_over_short_gaps_alone(
            drawn in prop::collection::vec((0_u64..12, 1_u64..30), 1..60),
            limit in 0_u64..40,
        ) {
            let mut now = 0;
            let arrivals: Vec<(u64, u64, u32)> =
                drawn.iter().map(|(gap, span)| { now += gap; (now, *span, 0) }).collect();
            prop_assert_eq!(by_rule(&arrivals, limit), by_level(&arrivals, limit));
        }

        /// Executions without duration: one sandbox, and the gap decides.
        #[test]
        fn without_run_times_gaps_decide(gaps in prop::collection::vec(0_u64..30, 1..60), limit in 0_u64..30) {
            let mut now = 0;
            let arrivals: Vec<(u64, u64, u32)> = gaps.iter().map(|gap| { now += gap; (now, 0, 0) }).collect();
            let later = &gaps[1..];
            let cold = 1 + later.iter().filter(|&&gap| gap > limit).count() as u64;
            prop_assert_eq!(by_rule(&arrivals, limit), (cold, later.iter().filter(|&&gap| gap <= limit).sum()));
        }
    }
}
