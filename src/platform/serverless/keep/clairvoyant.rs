//! The clairvoyant bound: keep-alive by an oracle that knows every arrival to come.
//!
//! Rule: a sandbox that becomes idle while `n` others of its function are idle is kept exactly until the (n+1)-th next
//! arrival of that function, if that is at most `limit` away; else it goes at once. The others will serve the `n`
//! arrivals before.
//!
//! An arrival must take the idle sandbox that expires first (which is the least recently used); any other choice breaks
//! the pairing of sandboxes with arrivals.
//!
//! With executions that take no time and no shortage of memory this is optimal: as few cold starts as a fixed keep-alive
//! of `limit`, and no second of idle memory that does not save one. With real executions an arrival may find a sandbox
//! that has meanwhile become idle, and one is kept in vain; it is a bound in practice, as Belady's algorithm (1966) is
//! for caches. No platform can have it.

use crate::units::{Span, Time};
use crate::workload::FunctionId;

/// All arrivals, by function, and how many of them have been: 8 bytes an arrival, 16 a function.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// Those of function 0 in order of time, then those of function 1, and so on.
    times: Vec<Time>,
    /// For each function, the position of its next arrival.
    next: Vec<usize>,
    /// For each function, the position behind its last arrival.
    end: Vec<usize>,
}

impl Oracle {
    /// An oracle for so many functions. `arrivals` is called twice, to count and to note them, and must give the same
    /// ones in order of time.
    pub fn new<I: Iterator<Item = (Time, FunctionId)>>(functions: usize, arrivals: impl Fn() -> I) -> Self {
        let mut end = vec![0; functions];
        for (_, function) in arrivals() {
            end[function.index()] += 1;
        }
        let mut sum = 0;
        let mut next = Vec::with_capacity(functions);
        for count in &mut end {
            next.push(sum);
            sum += *count;
            *count = sum;
        }
        let mut times = vec![Time::MAX; sum];
        let mut at = next.clone();
        for (time, function) in arrivals() {
            let at = &mut at[function.index()];
            debug_assert!(*at == next[function.index()] || times[*at - 1] <= time, "arrivals out of order");
            times[*at] = time;
            *at += 1;
        }
        Self { times, next, end }
    }

    /// A request of `function` has arrived, whatever becomes of it. Counting is safer than comparing times: of several
    /// arrivals at one moment, it tells those that have been from those to come.
    #[inline]
    pub fn arrived(&mut self, function: FunctionId) {
        debug_assert!(self.next[function.index()] < self.end[function.index()], "an arrival that was not foretold");
        self.next[function.index()] += 1;
    }

    /// The arrival of `function` after `skip` others from now on; `None` where there is none.
    #[inline]
    pub fn next(&self, function: FunctionId, skip: usize) -> Option<Time> {
        let at = self.next[function.index()] + skip;
        (at < self.end[function.index()]).then(|| self.times[at])
    }

    /// Until when a sandbox of `function` is kept that becomes idle at `now`, `others` being idle already; `None` where
    /// it goes at once. An arrival at that very moment is to be served by it.
    #[inline]
    pub fn keep_until(&self, function: FunctionId, now: Time, others: usize, limit: Span) -> Option<Time> {
        self.next(function, others).filter(|arrival| *arrival <= now + limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: u64) -> Time {
        Time::ZERO + Span::from_secs(secs)
    }

    fn oracle(functions: usize, arrivals: &[(u64, u32)]) -> Oracle {
        Oracle::new(functions, || arrivals.iter().map(|&(time, function)| (at(time), FunctionId::new(function))))
    }

    #[test]
    fn each_function_has_its_own_future() {
        let mut oracle = oracle(3, &[(1, 0), (1, 2), (2, 0), (2, 0), (9, 2)]);
        let [first, second, third] = [0, 1, 2].map(FunctionId::new);
        assert_eq!([0, 1, 2, 3].map(|skip| oracle.next(first, skip)), [Some(at(1)), Some(at(2)), Some(at(2)), None]);
        assert_eq!(oracle.next(second, 0), None);
        oracle.arrived(first);
        oracle.arrived(first);
        assert_eq!([0, 1].map(|skip| oracle.next(first, skip)), [Some(at(2)), None]);
        assert_eq!([0, 1].map(|skip| oracle.next(third, skip)), [Some(at(1)), Some(at(9))]);
    }

    #[test]
    fn kept_for_an_arrival_that_the_others_leave_to_it() {
        let oracle = oracle(1, &[(100, 0), (160, 0)]);
        let until = |others, limit| oracle.keep_until(FunctionId::new(0), at(40), others, Span::from_secs(limit));
        assert_eq!(until(0, 60), Some(at(100)));
        assert_eq!(until(0, 59), None);
        assert_eq!(until(1, 120), Some(at(160)));
        assert_eq!(until(2, 1_000), None);
    }

    proptest! {
        /// One sandbox, executions without duration: as few cold starts as with a fixed keep-alive, without its waste.
        #[test]
        fn as_good_as_fixed_without_waste(gaps in prop::collection::vec(0_u64..30, 1..60), limit in 0_u64..30) {
            let mut now = 0;
            let arrivals: Vec<(u64, u32)> = gaps.iter().map(|gap| { now += gap; (now, 0) }).collect();
            let mut oracle = oracle(1, &arrivals);
            let (mut cold, mut kept) = (0, Span::ZERO);
            let mut until = None;
            for &(time, _) in &arrivals {
                oracle.arrived(FunctionId::new(0));
                cold += u64::from(until != Some(at(time)));
                until = oracle.keep_until(FunctionId::new(0), at(time), 0, Span::from_secs(limit));
                kept += until.map_or(Span::ZERO, |until| until.since(at(time)));
            }
            let later = &gaps[1..];
            prop_assert_eq!(cold, 1 + later.iter().filter(|&&gap| gap > limit).count() as u64);
            prop_assert_eq!(kept, Span::from_secs(later.iter().filter(|&&gap| gap <= limit).sum()));
        }
    }
}
