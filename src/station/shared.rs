//! Egalitarian processor sharing: a CPU whose cores are shared fairly, or a link whose flows are.
//!
//! With `n` jobs on a station of capacity `C`, every job progresses at the rate
//!
//! ```text
//! r(n) = min(1, C / n)
//! ```
//!
//! and where the cores are multithreaded, `m` cores with a second hardware thread each whose two threads together do
//! `s` times the work of one alone (`1 ≤ s ≤ 2`; 1.2 to 1.3 on servers, Marr et al. 2002, "Hyper-Threading Technology
//! architecture and microarchitecture"), jobs fill idle cores first and then second threads, one by one:
//!
//! ```text
//! r(n) = min(n, m + (n − m)·(s − 1), m·s) / n
//! ```
//!
//! so all jobs gain the same work `V(t) = ∫ r(n(s)) ds`, the station's *virtual time*. A job of work `w` that
//! starts at virtual time `V` is done when virtual time reaches `V + w`, whatever happens in between: jobs
//! wait in a heap by virtual finishing time, and no arrival or departure touches any other job
//! (Parekh and Gallager 1993, "A generalized processor sharing approach to flow control", section II).
//!
//! Virtual and real time are fixed point: picoseconds with 32 fractional bits in a `u128`. A start or a
//! departure under contention rounds by less than 2^-32 ps; without contention nothing is rounded at all.
//! Departures happen inside the station at their fixed-point time and are told at the next whole picosecond.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::{Span, Time};

/// Fractional bits of the fixed-point picoseconds.
const FRACTION: u32 = 32;

/// The largest denominator of a fractional capacity.
pub const MAX_DENOMINATOR: u32 = 1024;

/// A station at which all jobs progress at the same rate, at most 1 each and at most the capacity together.
///
/// The owner keeps one wake-up event at [`SharedStation::next_completion`], marked with
/// [`SharedStation::version`]; an event with an older version is stale and ignored.
///
/// ```
/// use sdcsim::station::shared::SharedStation;
/// use sdcsim::units::{Span, Time};
///
/// let mut cpu = SharedStation::new(1);
/// cpu.start(Time::from_ps(0), 'a', Span::from_ps(10));
/// cpu.start(Time::from_ps(4), 'b', Span::from_ps(20)); // from here on both run at rate 1/2
/// assert_eq!(cpu.next_completion(), Time::from_ps(16)); // a had 6 ps to go
/// assert_eq!(cpu.pop_finished(Time::from_ps(16)), Some('a'));
/// assert_eq!(cpu.pop_finished(Time::from_ps(16)), None);
/// assert_eq!(cpu.next_completion(), Time::from_ps(30)); // b is alone for its last 14 ps
/// ```
#[derive(Clone, Debug)]
pub struct SharedStation<J> {
    /// The capacity is `numerator / denominator` jobs at rate 1.
    numerator: u32,
    denominator: u32,
    /// What a job on a second hardware thread adds, over the denominator; zero where there are none.
    second_thread: u32,
    /// Up to so many jobs, each has rate 1; the capacity in whole jobs where there are no second threads.
    undisturbed: u32,
    /// Real time up to which the state holds, in fixed point.
    at: u128,
    /// Virtual time at `at`, in fixed point.
    virtual_time: u128,
    running: BinaryHeap<Running<J>>,
    /// Jobs whose work is done, not yet taken by [`SharedStation::pop_finished`].
    finished: VecDeque<J>,
    started: u64,
    version: u32,
    /// ∫ n·r(n) dt × denominator, in fixed point.
    busy: u128,
}

#[derive(Clone, Copy, Debug)]
struct Running<J> {
    /// Virtual finishing time, in fixed point.
    finish: u128,
    entry: u64,
    job: J,
}

impl<J: Copy> SharedStation<J> {
    /// An idle station of `servers` servers, at least one.
    pub fn new(servers: u32) -> Self {
        Self::with_capacity_ratio(servers, 1)
    }

    /// An idle station whose capacity is `numerator / denominator`: a link of 100 Gbit/s whose flows reach at
    /// most 40 Gbit/s each is 5 / 2. The denominator is at most [`MAX_DENOMINATOR`]; neither is zero.
    pub fn with_capacity_ratio(numerator: u32, denominator: u32) -> Self {
        assert!(numerator > 0, "a station needs some capacity");
        assert!((1..=MAX_DENOMINATOR).contains(&denominator), "capacity denominator {denominator} is out of range");
        Self {
            numerator,
            denominator,
            second_thread: 0,
            undisturbed: numerator / denominator,
            at: 0,
            virtual_time: 0,
            running: BinaryHeap::new(),
            finished: VecDeque::new(),
            started: 0,
            version: 0,
            busy: 0,
        }
    }

    /// An idle processor of `cores` cores, at least one, whose two hardware threads together do `smt_throughput`
    /// times the work of one alone; 1 is a core without a second thread. It is rounded to thousandths, from 1 to 2.
    pub fn of_cores(cores: u32, smt_throughput: f64) -> Self {
        const THOUSANDTHS: u32 = 1000;
        let second = libm::rint((smt_throughput.clamp(1.0, 2.0) - 1.0) * f64::from(THOUSANDTHS)) as u32;
        if second == 0 {
            return Self::new(cores);
        }
        let capacity = cores.saturating_mul(THOUSANDTHS + second);
        let station = Self::with_capacity_ratio(capacity, THOUSANDTHS);
        Self { second_thread: second, undisturbed: cores, ..station }
    }

    /// Starts `job`, which takes `work` when it runs at rate 1.
    pub fn start(&mut self, now: Time, job: J, work: Span) {
        self.advance(now);
        let finish = self.virtual_time + fixed(work.as_ps());
        let leads = self.running.peek().is_none_or(|first| finish < first.finish);
        self.running.push(Running { finish, entry: self.started, job });
        self.started += 1;
        assert!(u32::try_from(self.demand()).is_ok(), "more jobs on one station than its arithmetic holds");
        if leads || self.is_contended() {
            self.changed();
        }
    }

    /// When the next job is done, rounded up to a picosecond; [`Time::MAX`] when there is none.
    pub fn next_completion(&self) -> Time {
        if !self.finished.is_empty() {
            return whole(self.at);
        }
        self.next_departure().map_or(Time::MAX, whole)
    }

    /// Takes a job whose work is done at `now`, in the order of finishing (then of starting). Call until `None`.
    pub fn pop_finished(&mut self, now: Time) -> Option<J> {
        self.advance(now);
        let job = self.finished.pop_front();
        if job.is_some() {
            self.changed();
        }
        job
    }

    /// How many jobs are there: those running and those done but not yet taken.
    pub fn jobs(&self) -> usize {
        self.running.len() + self.finished.len()
    }

    /// Changes (wrapping) whenever [`SharedStation::next_completion`] may have changed.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// `∫ n·r(n) dt` (without second threads `∫ min(jobs, capacity) dt`) from the start of the run to `now`, in server-picoseconds rounded down.
    /// Divided by `capacity × now` this is the utilisation; over a whole busy period it is the work done.
    /// `now` must not be later than [`SharedStation::next_completion`].
    pub fn busy_server_time(&self, now: Time) -> u128 {
        debug_assert!(now <= self.next_completion(), "a completion before {now} was not taken");
        let to = fixed(now.as_ps());
        let busy = if self.next_departure().is_some_and(|departure| departure < to) {
            // Jobs depart within this picosecond and are not yet taken.
            let mut copy = self.clone();
            copy.advance(now);
            copy.busy
        } else {
            self.busy + to.saturating_sub(self.at) * self.busy_rate()
        };
        (busy / u128::from(self.denominator)) >> FRACTION
    }

    /// Brings the state to `now`, letting jobs depart at their own fixed-point times.
    fn advance(&mut self, now: Time) {
        let target = fixed(now.as_ps());
        debug_assert!(target >= self.at, "time runs backwards at a shared station");
        while let Some(departure) = self.next_departure().filter(|&departure| departure <= target) {
            self.busy += (departure - self.at) * self.busy_rate();
            let first = self.running.pop().expect("a job departs");
            (self.at, self.virtual_time) = (departure, first.finish);
            self.finished.push_back(first.job);
            self.changed();
        }
        let elapsed = target - self.at;
        self.busy += elapsed * self.busy_rate();
        self.virtual_time += if self.is_contended() {
            // 96 bits × 32 bits: does not overflow.
            elapsed * u128::from(self.supply()) / u128::from(self.demand())
        } else {
            elapsed
        };
        self.at = target;
    }

    /// When the first of the running jobs is done, in fixed-point real time, rounded up.
    fn next_departure(&self) -> Option<u128> {
        let needed = self.running.peek()?.finish - self.virtual_time;
        Some(if self.is_contended() {
            self.at + (needed * u128::from(self.demand())).div_ceil(u128::from(self.supply()))
        } else {
            self.at + needed
        })
    }

    /// jobs × denominator, to be compared with the numerator.
    fn demand(&self) -> u64 {
        self.running.len() as u64 * u64::from(self.denominator)
    }

    /// What all jobs together gain in a unit of time, × denominator.
    fn supply(&self) -> u64 {
        if self.second_thread == 0 || !self.is_contended() {
            return self.demand().min(u64::from(self.numerator));
        }
        let (jobs, cores) = (self.running.len() as u64, u64::from(self.undisturbed));
        let shared = cores * u64::from(self.denominator) + (jobs - cores) * u64::from(self.second_thread);
        shared.min(u64::from(self.numerator))
    }

    /// Whether a job has less than rate 1.
    fn is_contended(&self) -> bool {
        if self.second_thread > 0 {
            self.running.len() as u64 > u64::from(self.undisturbed)
        } else {
            self.demand() > u64::from(self.numerator)
        }
    }

    fn busy_rate(&self) -> u128 {
        u128::from(self.supply())
    }

    fn changed(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

fn fixed(ps: u64) -> u128 {
    u128::from(ps) << FRACTION
}

/// The first whole picosecond that is not before `time`; [`Time::MAX`] beyond the end of the clock.
fn whole(time: u128) -> Time {
    let ps = time.div_ceil(1 << FRACTION);
    u64::try_from(ps).map_or(Time::MAX, Time::from_ps)
}

/// The heap's greatest is the job that finishes first; among equals, the one that started first.
impl<J> Ord for Running<J> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.finish, other.entry).cmp(&(self.finish, self.entry))
    }
}
impl<J> PartialOrd for Running<J> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<J> PartialEq for Running<J> {
    fn eq(&self, other: &Self) -> bool {
        self.entry == other.entry
    }
}
impl<J> Eq for Running<J> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs jobs given as (start, work) in ps, in order of start; returns each one's completion in ps.
    fn completions(mut station: SharedStation<usize>, jobs: &[(u64, u64)]) -> Vec<u64> {
        let mut done = vec![u64::MAX; jobs.len()];
        let mut next = 0;
        loop {
            let arrival = jobs.get(next).map_or(Time::MAX, |job| Time::from_ps(job.0));
            let completion = station.next_completion();
            let now = arrival.min(completion);
            if now == Time::MAX {
                break;
            }
            if completion <= arrival {
                let version = station.version();
                while let Some(job) = station.pop_finished(now) {
                    done[job] = now.as_ps();
                }
                assert_ne!(version, station.version());
                assert!(station.next_completion() > now);
            } else {
                station.start(now, next, Span::from_ps(jobs[next].1));
                next += 1;
            }
        }
        let work: u128 = jobs.iter().map(|job| u128::from(job.1)).sum();
        let end = Time::from_ps(done.iter().copied().max().unwrap_or(0));
        let busy = station.busy_server_time(end);
        assert!(busy.abs_diff(work) <= 1, "busy {busy} server-ps for {work} ps of work");
        done
    }

    /// The same by definition: at each change all remaining works are counted down, O(n) per change.
    fn naive(capacity: impl Fn(f64) -> f64, jobs: &[(u64, u64)]) -> Vec<f64> {
        let mut left: Vec<f64> = jobs.iter().map(|job| job.1 as f64).collect();
        let mut done = vec![f64::NAN; jobs.len()];
        let (mut now, mut next) = (0.0, 0);
        loop {
            let running: Vec<usize> = (0..next).filter(|&i| done[i].is_nan()).collect();
            for &i in &running {
                if left[i] <= 1e-7 {
                    done[i] = now;
                }
            }
            let running: Vec<usize> = running.into_iter().filter(|&i| done[i].is_nan()).collect();
            let rate = (capacity(running.len() as f64) / running.len() as f64).min(1.0);
            let shortest = running.iter().map(|&i| left[i]).fold(f64::INFINITY, f64::min);
            let until_arrival = jobs.get(next).map_or(f64::INFINITY, |job| job.0 as f64 - now);
            let step = (shortest / rate).min(until_arrival);
            if step == f64::INFINITY {
                return done;
            }
            for &i in &running {
                left[i] -= rate * step;
            }
            now += step;
            while next < jobs.len() && jobs[next].0 as f64 <= now {
                next += 1;
            }
        }
    }

    #[test]
    fn two_jobs_share_one_server() {
        assert_eq!(completions(SharedStation::new(1), &[(0, 10), (0, 10)]), [20, 20]);
        assert_eq!(completions(SharedStation::new(1), &[(0, 10), (4, 20)]), [16, 30]);
        assert_eq!(completions(SharedStation::new(2), &[(0, 10), (4, 20)]), [10, 24]);
        assert_eq!(completions(SharedStation::new(1), &[(5, 0), (5, 3)]), [5, 8]);
        // Three jobs of 1 ps on two servers take 1.5 ps, told at 2.
        assert_eq!(completions(SharedStation::new(2), &[(0, 1), (0, 1), (0, 1)]), [2, 2, 2]);
    }

    #[test]
    fn rounding_up_does_not_delay_the_others() {
        // Two depart at 1.5 ps (told at 2); the third has 99 ps left then and is done at 100.5 (told at 101).
        let jobs = [(0, 1), (0, 1), (0, 100)];
        assert_eq!(completions(SharedStation::new(2), &jobs), [2, 2, 101]);
        // A thousand departures at half picoseconds do not add up to a delay.
        let mut jobs = vec![(0, 1_000_000)];
        jobs.extend((0..1000).map(|i| (3 * i, 1)));
        jobs.sort_unstable();
        let last = completions(SharedStation::new(1), &jobs).into_iter().max();
        assert_eq!(last, Some(1_001_000));
    }

    #[test]
    fn equal_jobs_finish_in_order_of_start() {
        let mut station = SharedStation::new(1);
        for job in 0..5 {
            station.start(Time::ZERO, job, Span::from_ps(7));
        }
        let end = station.next_completion();
        assert_eq!(end, Time::from_ps(35));
        let order: Vec<i32> = std::iter::from_fn(|| station.pop_finished(end)).collect();
        assert_eq!(order, [0, 1, 2, 3, 4]);
        assert_eq!((station.jobs(), station.next_completion()), (0, Time::MAX));
    }

    #[test]
    fn an_uncontended_start_behind_the_first_keeps_the_wake_up() {
        let mut station = SharedStation::new(2);
        station.start(Time::ZERO, 'a', Span::from_ps(10));
        let version = station.version();
        station.start(Time::from_ps(1), 'b', Span::from_ps(50));
        assert_eq!((station.version(), station.next_completion()), (version, Time::from_ps(10)));
        station.start(Time::from_ps(2), 'c', Span::from_ps(50));
        assert_ne!(station.version(), version);
        assert_eq!(station.next_completion(), Time::from_ps(14));
    }

    #[test]
    fn the_longest_work_does_not_overflow() {
        let mut station = SharedStation::with_capacity_ratio(1, MAX_DENOMINATOR);
        for job in 0..1000 {
            station.start(Time::ZERO, job, Span::MAX);
        }
        assert_eq!(station.next_completion(), Time::MAX);
        assert_eq!(station.pop_finished(Time::from_ps(u64::MAX - 1)), None);
    }

    #[test]
    fn second_threads_fill_up_one_by_one() {
        // Two cores, a second thread adds a quarter: two jobs undisturbed, three at 2.25/3, four and more at 2.5/n.
        let done = |n: usize| completions(SharedStation::of_cores(2, 1.25), &vec![(0, 9_000); n])[n - 1];
        assert_eq!([2, 3, 4, 6].map(done), [9_000, 12_000, 14_400, 21_600]);
        // Without second threads it is the plain station.
        assert_eq!(completions(SharedStation::of_cores(2, 1.0), &[(0, 1), (0, 1), (0, 100)]), [2, 2, 101]);
    }

    proptest! {
        #[test]
        fn second_threads_are_those_of_the_naive_fluid(
            (cores, second) in (1_u32..5, 1_u32..1000),
            jobs in prop::collection::vec((0_u64..2_000, 0_u64..500), 1..40),
        ) {
            let mut jobs = jobs;
            jobs.sort_unstable_by_key(|job| job.0);
            let (m, s) = (f64::from(cores), 1.0 + f64::from(second) / 1000.0);
            let expected = naive(|n| if n <= m { n } else { (m + (n - m) * (s - 1.0)).min(m * s) }, &jobs);
            let got = completions(SharedStation::of_cores(cores, s), &jobs);
            for (got, expected) in got.iter().zip(&expected) {
                let late = *got as f64 - expected;
                prop_assert!((-1e-6..1.0 + 1e-6).contains(&late), "{got} for {expected}");
            }
        }

        #[test]
        fn completions_are_those_of_the_naive_fluid(
            (servers, denominator) in (1_u32..5, 1_u32..4),
            jobs in prop::collection::vec((0_u64..2_000, 0_u64..500), 1..40),
        ) {
            let mut jobs = jobs;
            jobs.sort_unstable_by_key(|job| job.0);
            let expected = naive(|_| f64::from(servers) / f64::from(denominator), &jobs);
            let got = completions(SharedStation::with_capacity_ratio(servers, denominator), &jobs);
            for (got, expected) in got.iter().zip(&expected) {
                let late = *got as f64 - expected;
                prop_assert!((-1e-6..1.0 + 1e-6).contains(&late), "{got} for {expected}");
            }
        }

        #[test]
        fn without_contention_completions_are_exact(
            jobs in prop::collection::vec((0_u64..u64::MAX / 4, 0_u64..u64::MAX / 4), 1..40),
        ) {
            let mut jobs = jobs;
            jobs.sort_unstable_by_key(|job| job.0);
            let expected: Vec<u64> = jobs.iter().map(|job| job.0 + job.1).collect();
            prop_assert_eq!(completions(SharedStation::new(40), &jobs), expected);
        }
    }
}
