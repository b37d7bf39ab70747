//! A station at which all jobs run at one rate that depends on how many there are.
//!
//! The rate of `n` jobs comes from a table (a memory pool's, see [`crate::memory::pool`]). All jobs gain the same
//! virtual time `V`, `dV/dt = rate(n)`, so a job of work `w` that starts at `V` is done at `V + w` whatever
//! comes and goes in between. Virtual time is fixed point, picoseconds with 32 fractional bits; rates have 32
//! fractional bits too, and rate 1 is exact.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Span, Time};

const FRACTION: u32 = 32;

/// The station. `J` names its jobs.
#[derive(Clone, Debug)]
pub struct RatedStation<J: Ord> {
    /// rate(n) × 2^32, entry 0 unused. Beyond the last entry, jobs share what the last number of jobs had in all.
    rates: Vec<u64>,
    at: Time,
    virtual_time: u128,
    /// Jobs by (virtual time of completion, order of entry).
    jobs: BinaryHeap<Reverse<(u128, u64, J)>>,
    entered: u64,
}

impl<J: Copy + Ord> RatedStation<J> {
    /// An empty station; `rate(n)`, above zero and at most 1, is tabulated for up to `most` jobs, at least one.
    pub fn new(most: u32, rate: impl Fn(usize) -> f64) -> Self {
        let most = most.max(1);
        let one = (1_u64 << FRACTION) as f64;
        let fixed = |n: usize| (libm::rint(rate(n) * one) as u64).clamp(1, 1 << FRACTION);
        Self {
            rates: (0..=most as usize).map(|n| if n == 0 { 0 } else { fixed(n) }).collect(),
            at: Time::ZERO,
            virtual_time: 0,
            jobs: BinaryHeap::new(),
            entered: 0,
        }
    }

    fn rate(&self) -> u64 {
        let (jobs, last) = (self.jobs.len(), self.rates.len() - 1);
        if jobs <= last { self.rates[jobs] } else { (self.rates[last] / jobs as u64 * last as u64).max(1) }
    }

    fn advance(&mut self, now: Time) {
        self.virtual_time += u128::from(now.since(self.at).as_ps()) * u128::from(self.rate());
        self.at = now;
    }

    /// Starts a job that takes `work` at rate 1.
    pub fn start(&mut self, now: Time, job: J, work: Span) {
        self.advance(now);
        let done = self.virtual_time + (u128::from(work.as_ps()) << FRACTION);
        self.jobs.push(Reverse((done, self.entered, job)));
        self.entered += 1;
    }

    /// When the first job is done, rounded up to a picosecond; [`Time::MAX`] when there is none.
    pub fn next_completion(&self) -> Time {
        self.jobs.peek().map_or(Time::MAX, |Reverse((done, ..))| {
            let left = done.saturating_sub(self.virtual_time).div_ceil(u128::from(self.rate()));
            self.at.saturating_add(u64::try_from(left).map_or(Span::MAX, Span::from_ps))
        })
    }

    /// Takes a job that is done at `now`; call until `None`.
    pub fn pop_finished(&mut self, now: Time) -> Option<J> {
        self.advance(now);
        let Reverse((done, _, job)) = *self.jobs.peek()?;
        if done > self.virtual_time {
            return None;
        }
        self.jobs.pop();
        Some(job)
    }

    /// How many jobs there are.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_slow_each_other_down() {
        let mut station = RatedStation::new(2, |n| 1.0 / n as f64);
        let at = Time::from_ps;
        station.start(at(0), 'a', Span::from_ps(10));
        station.start(at(4), 'b', Span::from_ps(20));
        assert_eq!(station.next_completion(), at(16));
        assert_eq!(station.pop_finished(at(16)), Some('a'));
        assert_eq!(station.pop_finished(at(16)), None);
        assert_eq!(station.next_completion(), at(30));
        assert_eq!(station.pop_finished(at(30)), Some('b'));
        assert_eq!(station.next_completion(), Time::MAX);
    }
}
