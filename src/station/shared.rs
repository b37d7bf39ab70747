//! Egalitarian processor sharing: a CPU whose cores are shared fairly, a link whose flows are, a pool's bandwidth.
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
//! or `r(n)` is a table. All jobs gain the same work `V(t) = ∫ r(n(s)) ds`, the station's *virtual time*. A job of work
//! `w` that starts at virtual time `V` is done when virtual time reaches `V + w`, whatever happens in between: jobs
//! wait in a heap by virtual finishing time, and no arrival or departure touches any other job
//! (Parekh and Gallager 1993, "A generalized processor sharing approach to flow control", section II).
//!
//! Virtual and real time are fixed point: picoseconds with 32 fractional bits in a `u128`. A start or a
//! departure under contention rounds by less than 2^-32 ps; without contention nothing is rounded at all.
//! Departures happen inside the station at their fixed-point time and are told at the next whole picosecond;
//! with a table they happen at the next whole picosecond.
//!
//! Guests count as jobs, but their end is decided elsewhere. A job that is cancelled stays in the heap, marked by its
//! key in a second heap, until its turn comes: departures are in order of keys, so the two need only be compared at
//! their tops, and a run that cancels nothing pays for one test.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use super::{Left, Resource, Share, Ticket, Usage};
use crate::units::{Span, Time};

/// Fractional bits of the fixed-point picoseconds, of rates in a table, and of [`SharedStation::rate`].
const FRACTION: u32 = 32;
const ONE: u64 = 1 << FRACTION;

/// Bits of the order of entry in a key. Virtual finishing times have 97: time has 64, work too, and the fraction 32.
/// After 2^31 jobs the order starts again, which can only be seen among jobs that finish at one virtual time.
const ORDER: u32 = 31;

/// No departure.
const NEVER: u128 = u128::MAX;

/// The largest denominator of a fractional capacity.
pub const MAX_DENOMINATOR: u32 = 1024;

/// Cancelled jobs are swept out of the heap when there are more than the others, and more than this.
const FEW: usize = 32;

/// A station at which all jobs progress at the same rate, at most 1 each and at most the capacity together.
///
/// ```
/// use sdcsim::station::Resource;
/// use sdcsim::station::shared::SharedStation;
/// use sdcsim::units::{Span, Time};
///
/// let mut cpu = SharedStation::new(1);
/// cpu.begin(Time::from_ps(0), 'a', Span::from_ps(10));
/// cpu.begin(Time::from_ps(4), 'b', Span::from_ps(20)); // from here on both run at rate 1/2
/// assert_eq!(cpu.next(), Time::from_ps(16)); // a had 6 ps to go
/// assert_eq!(cpu.pop(Time::from_ps(16)), Some('a'));
/// assert_eq!(cpu.pop(Time::from_ps(16)), None);
/// assert_eq!(cpu.next(), Time::from_ps(30)); // b is alone for its last 14 ps
/// ```
#[derive(Clone, Debug)]
pub struct SharedStation<J> {
    /// Real time up to which the state holds, in fixed point.
    at: u128,
    /// Virtual time at `at`, in fixed point.
    virtual_time: u128,
    /// When the first running job is done, in fixed-point real time, rounded up; [`NEVER`] where none is.
    departure: u128,
    pace: Pace,
    /// ∫ n·r(n) dt × denominator, in fixed point.
    busy: u128,
    /// Running jobs, and those of `dead`; the first is running.
    jobs: BinaryHeap<Running<J>>,
    /// Keys of cancelled jobs that are still in `jobs`.
    dead: BinaryHeap<Reverse<u128>>,
    /// Jobs whose work is done, not yet popped, in order of keys.
    finished: VecDeque<Running<J>>,
    /// The key of the last job whose work was done.
    departed: u128,
    entered: u32,
    /// How many have a share: running jobs and guests.
    sharing: u32,
    peak: u32,
    law: Law,
}

/// How fast jobs progress, by their number.
#[derive(Clone, Debug)]
struct Law {
    /// The capacity is `numerator / denominator` jobs at rate 1.
    numerator: u64,
    denominator: u32,
    /// What a job on a second hardware thread adds, over the denominator; zero where there are none.
    second_thread: u32,
    /// Up to so many jobs, each has rate 1; where there are second threads.
    undisturbed: u32,
    /// Whether a job that is alone loses with the capacity: cores become slower, a link is only shared sooner.
    slows: bool,
    /// Parts per million of the nominal capacity.
    share: u32,
    /// rate(n) × 2^32, entry 0 unused; empty where there is no table. Beyond the last entry, jobs share what the last
    /// number of jobs had in all.
    table: Box<[u64]>,
    /// When the share was set, in fixed point, and what was possible until then.
    since: u128,
    possible: u128,
}

/// The rate of each job: `gain / demand`, and `share` parts per million of that.
#[derive(Clone, Copy, Debug)]
struct Pace {
    gain: u64,
    demand: u64,
    share: u32,
    /// A tabulated rate: departures are at whole picoseconds.
    whole: bool,
}

#[derive(Clone, Copy, Debug)]
struct Running<J> {
    /// Virtual finishing time in fixed point, then order of entry.
    key: u128,
    job: J,
}

const _: () = assert!(size_of::<Running<u32>>() == 32 && size_of::<Pace>() == 24);
const _: () = assert!(size_of::<SharedStation<u32>>() <= 320);

impl<J: Copy> SharedStation<J> {
    /// An idle station of `servers` servers, at least one. With less capacity all of them become slower.
    pub fn new(servers: u32) -> Self {
        Self::of_law(Law { slows: true, ..Law::ratio(servers, 1) })
    }

    /// An idle station whose capacity is `numerator / denominator`: a link of 100 Gbit/s whose flows reach at
    /// most 40 Gbit/s each is 5 / 2. The denominator is at most [`MAX_DENOMINATOR`]; neither is zero. With less
    /// capacity, jobs that do not need more keep rate 1.
    pub fn with_capacity_ratio(numerator: u32, denominator: u32) -> Self {
        assert!(numerator > 0, "a station needs some capacity");
        assert!((1..=MAX_DENOMINATOR).contains(&denominator), "capacity denominator {denominator} is out of range");
        Self::of_law(Law::ratio(numerator, denominator))
    }

    /// An idle processor of `cores` cores, at least one, whose two hardware threads together do `smt_throughput`
    /// times the work of one alone; 1 is a core without a second thread. It is rounded to thousandths, from 1 to 2.
    /// With less capacity all of them become slower.
    pub fn of_cores(cores: u32, smt_throughput: f64) -> Self {
        const THOUSANDTHS: u32 = 1000;
        let second = libm::rint((smt_throughput.clamp(1.0, 2.0) - 1.0) * f64::from(THOUSANDTHS)) as u32;
        if second == 0 {
            return Self::new(cores);
        }
        let capacity = cores.saturating_mul(THOUSANDTHS + second);
        let law = Law::ratio(capacity, THOUSANDTHS);
        Self::of_law(Law { second_thread: second, undisturbed: cores, slows: true, ..law })
    }

    /// An idle station with `rate(n)`, above zero and at most 1, tabulated for up to `most` jobs, at least one.
    /// More jobs share what `most` have in all. With less capacity, all rates are less.
    pub fn with_rates(most: u32, rate: impl Fn(usize) -> f64) -> Self {
        let most = most.max(1);
        let fixed = |n: usize| (libm::rint(rate(n) * ONE as f64) as u64).clamp(1, ONE);
        let table: Box<[u64]> = (0..=most as usize).map(|n| if n == 0 { 0 } else { fixed(n) }).collect();
        let whole = (0_u64..).zip(&table).map(|(n, rate)| n * rate).max().unwrap_or(0);
        Self::of_law(Law { numerator: whole, table, slows: true, ..Law::ratio(1, 1) })
    }

    fn of_law(law: Law) -> Self {
        Self {
            at: 0,
            virtual_time: 0,
            departure: NEVER,
            pace: law.pace(0),
            busy: 0,
            jobs: BinaryHeap::new(),
            dead: BinaryHeap::new(),
            finished: VecDeque::new(),
            departed: 0,
            entered: 0,
            sharing: 0,
            peak: 0,
            law,
        }
    }

    /// How many are there: jobs that run, jobs done but not yet popped, and guests.
    #[inline]
    pub fn jobs(&self) -> usize {
        self.sharing as usize + self.finished.len()
    }

    /// A guest comes: it has a share as a job has, until it leaves.
    pub fn enter(&mut self, now: Time) {
        self.go_to(fixed(now.as_ps()));
        self.join();
        self.look_ahead();
    }

    /// A guest leaves.
    pub fn leave(&mut self, now: Time) {
        self.go_to(fixed(now.as_ps()));
        self.part();
        self.look_ahead();
    }

    /// The rate that each job and guest has from `now` on, × 2^32; what a first one would have, where there is none.
    pub fn rate(&mut self, now: Time) -> u64 {
        self.bring_to(now);
        let Pace { gain, demand, share, .. } = if self.sharing == 0 { self.law.pace(1) } else { self.pace };
        // gain ≤ demand ≤ 2^32.
        let rate = u128::from(gain) * u128::from(share) * u128::from(ONE);
        (rate / (u128::from(demand) * u128::from(Share::ALL.ppm()))) as u64
    }

    /// One more has a share.
    #[inline]
    fn join(&mut self) {
        self.sharing += 1;
        self.peak = self.peak.max(self.jobs() as u32);
        self.pace = self.law.pace(self.sharing);
        assert!(self.pace.demand <= ONE, "more jobs on one station than its arithmetic holds");
    }

    /// One less has a share.
    #[inline]
    fn part(&mut self) {
        self.sharing -= 1;
        self.pace = self.law.pace(self.sharing);
    }

    /// Brings the state to `now`.
    #[inline]
    fn bring_to(&mut self, now: Time) {
        let target = fixed(now.as_ps());
        if target != self.at || self.departure <= target {
            self.go_to(target);
            self.look_ahead();
        }
    }

    /// Brings the state to `target`, with the departures until then; then [`SharedStation::look_ahead`].
    #[inline]
    fn go_to(&mut self, target: u128) {
        debug_assert!(target >= self.at, "time runs backwards at a shared station");
        if self.departure <= target {
            self.depart(target);
        }
        self.flow_to(target);
    }

    /// Lets virtual time pass, without departures.
    #[inline]
    fn flow_to(&mut self, target: u128) {
        let elapsed = target - self.at;
        if elapsed > 0 {
            self.virtual_time += self.flow(elapsed);
            self.at = target;
        }
    }

    /// What every job gains in `elapsed`, which is accounted for.
    #[inline]
    fn flow(&mut self, elapsed: u128) -> u128 {
        let pace = &self.pace;
        let elapsed = pace.local(elapsed);
        // 96 bits × 32 bits: does not overflow.
        let work = elapsed * u128::from(pace.gain);
        let gain = if pace.gain == pace.demand { elapsed } else { quotient(work, pace.demand) };
        // A tabulated rate is that of one job, any other that of all together over their number.
        self.busy += if pace.whole { gain * u128::from(self.sharing) } else { work };
        gain
    }

    /// Lets all jobs depart that are done by `target`, at least one, each at its own time.
    fn depart(&mut self, target: u128) {
        loop {
            let gain = self.flow(self.departure - self.at);
            let first = self.jobs.pop().expect("a job departs");
            let finish = first.finish();
            let reached = if self.pace.whole { self.virtual_time + gain } else { finish };
            (self.at, self.virtual_time) = (self.departure, reached.max(finish));
            self.finished.push_back(first);
            self.departed = first.key;
            self.part();
            if !self.dead.is_empty() {
                self.bury();
            }
            if !self.departs_by(target) {
                return;
            }
            self.look_ahead();
        }
    }

    /// Whether the first of the running jobs is done by `target`: as [`SharedStation::look_ahead`], without division.
    #[inline]
    fn departs_by(&self, target: u128) -> bool {
        let Some(first) = self.jobs.peek() else { return false };
        let needed = first.finish().saturating_sub(self.virtual_time);
        let gain = self.pace.local(target - self.at) * u128::from(self.pace.gain);
        self.pace.share > 0 && needed * u128::from(self.pace.demand) <= gain
    }

    /// Finds out when the first of the running jobs is done.
    #[inline]
    fn look_ahead(&mut self) {
        self.departure = self.jobs.peek().map_or(NEVER, |first| {
            let needed = first.finish().saturating_sub(self.virtual_time);
            self.pace.departure(self.at, needed)
        });
    }

    /// Removes cancelled jobs from the front.
    #[cold]
    fn bury(&mut self) {
        while let (Some(first), Some(Reverse(dead))) = (self.jobs.peek(), self.dead.peek())
            && first.key == *dead
        {
            self.jobs.pop();
            self.dead.pop();
        }
    }

    /// Removes all cancelled jobs.
    fn sweep(&mut self) {
        let dead = std::mem::take(&mut self.dead).into_sorted_vec();
        self.jobs.retain(|job| dead.binary_search(&Reverse(job.key)).is_err());
    }

    /// The usage at `target`, before which no job departs.
    fn usage_at(&self, target: u128) -> Usage {
        let mut busy = self.busy;
        let elapsed = self.pace.local(target.saturating_sub(self.at));
        let work = elapsed * u128::from(self.pace.gain);
        busy += if self.pace.whole { quotient(work, ONE) * u128::from(self.sharing) } else { work };
        let unit = u128::from(self.law.denominator) << FRACTION;
        let possible = self.law.possible + self.law.possible_until(target);
        Usage { served: busy / unit, possible: possible / unit, peak_jobs: self.peak }
    }
}

impl<J: Copy> Resource for SharedStation<J> {
    type Job = J;
    /// Time that the job takes when it runs at rate 1.
    type Work = Span;

    #[inline]
    fn begin(&mut self, now: Time, job: J, work: Span) -> Ticket {
        self.go_to(fixed(now.as_ps()));
        let finish = self.virtual_time + fixed(work.as_ps());
        // From 1 on: no key is that of `departed` at first.
        self.entered = (self.entered + 1) & ((1 << ORDER) - 1);
        let key = finish << ORDER | u128::from(self.entered);
        self.jobs.push(Running { key, job });
        self.join();
        self.look_ahead();
        Ticket::new(0, key, work.as_ps())
    }

    #[inline]
    fn next(&self) -> Time {
        if self.finished.is_empty() { whole(self.departure) } else { whole(self.at) }
    }

    /// In the order of finishing, then of entry.
    #[inline]
    fn pop(&mut self, now: Time) -> Option<J> {
        self.bring_to(now);
        self.finished.pop_front().map(|done| done.job)
    }

    fn cancel(&mut self, now: Time, ticket: Ticket) -> Left {
        self.bring_to(now);
        let key = ticket.key();
        if key <= self.departed {
            let found = self.finished.binary_search_by_key(&key, |done| done.key);
            debug_assert!(found.is_ok(), "a job is cancelled that has left");
            if let Ok(place) = found {
                self.finished.remove(place);
            }
            return Left::NONE;
        }
        self.dead.push(Reverse(key));
        self.bury();
        self.part();
        if self.dead.len() > FEW && 2 * self.dead.len() > self.jobs.len() {
            self.sweep();
        }
        self.look_ahead();
        let left = (key >> ORDER) - self.virtual_time;
        Left::of(left as f64, fixed(ticket.work()) as f64)
    }

    fn set_capacity(&mut self, now: Time, share: Share) {
        let target = fixed(now.as_ps());
        self.go_to(target);
        self.law.possible += self.law.possible_until(target);
        self.law.since = target;
        self.law.share = share.ppm();
        self.pace = self.law.pace(self.sharing);
        self.look_ahead();
    }

    /// Core-picoseconds, where a core is a job at rate 1. Over a whole busy period, `served` is the work done.
    fn usage(&self, now: Time) -> Usage {
        debug_assert!(now <= self.next(), "a completion before {now} was not taken");
        let target = fixed(now.as_ps());
        if self.departure <= target {
            // Jobs depart within this picosecond and are not yet popped.
            let mut copy = self.clone();
            copy.go_to(target);
            copy.usage_at(target)
        } else {
            self.usage_at(target)
        }
    }
}

impl Law {
    fn ratio(numerator: u32, denominator: u32) -> Self {
        Self {
            numerator: u64::from(numerator),
            denominator,
            second_thread: 0,
            undisturbed: 0,
            slows: false,
            share: Share::ALL.ppm(),
            table: Box::default(),
            since: 0,
            possible: 0,
        }
    }

    /// What `n` jobs get. The demand is n × denominator, the gain what all of them gain in a unit of time ×
    /// denominator; with a table, of one job.
    #[inline]
    fn pace(&self, n: u32) -> Pace {
        if !self.table.is_empty() {
            return self.tabulated(n);
        }
        let (all, share) = (Share::ALL.ppm(), self.share);
        let demand = u64::from(n) * u64::from(self.denominator);
        if self.slows || share == all {
            return Pace { gain: self.supply(n, demand), demand, share, whole: false };
        }
        if demand * u64::from(all) <= self.numerator * u64::from(share) {
            return Pace { gain: demand, demand, share: all, whole: false };
        }
        Pace { gain: self.numerator, demand, share, whole: false }
    }

    #[inline]
    fn supply(&self, n: u32, demand: u64) -> u64 {
        let most = demand.min(self.numerator);
        if self.second_thread == 0 || n <= self.undisturbed {
            return most;
        }
        let cores = u64::from(self.undisturbed) * u64::from(self.denominator);
        most.min(cores + u64::from(n - self.undisturbed) * u64::from(self.second_thread))
    }

    fn tabulated(&self, n: u32) -> Pace {
        let (n, last) = (n as usize, self.table.len() - 1);
        let gain = match n {
            0 => ONE,
            _ if n <= last => self.table[n],
            _ => (self.table[last] / n as u64 * last as u64).max(1),
        };
        Pace { gain, demand: ONE, share: self.share, whole: true }
    }

    /// What the station can do from `since` to `target`, × denominator, in fixed point.
    fn possible_until(&self, target: u128) -> u128 {
        let all = u128::from(Share::ALL.ppm());
        let local = ((target - self.since) * u128::from(self.share)).div_ceil(all);
        let capacity = u128::from(self.numerator);
        if self.table.is_empty() {
            return local * capacity;
        }
        // The capacity has a fraction too: whole picoseconds and the rest apart, so that nothing overflows.
        (local >> FRACTION) * capacity + ((local & u128::from(ONE - 1)) * capacity >> FRACTION)
    }
}

impl Pace {
    /// Real time scaled by the share, rounded down.
    #[inline]
    fn local(&self, elapsed: u128) -> u128 {
        if self.share == Share::ALL.ppm() { elapsed } else { self.slowed(elapsed) }
    }

    #[cold]
    fn slowed(&self, elapsed: u128) -> u128 {
        elapsed * u128::from(self.share) / u128::from(Share::ALL.ppm())
    }

    /// The first time after `at` at which a job has gained `needed`.
    #[inline]
    fn departure(&self, at: u128, needed: u128) -> u128 {
        let mut wait = needed;
        if self.gain != self.demand {
            wait = quotient_up(needed * u128::from(self.demand), self.gain);
        }
        if self.share != Share::ALL.ppm() {
            wait = self.stretched(wait);
        }
        let departure = at.saturating_add(wait);
        if self.whole { departure.saturating_add(u128::from(ONE - 1)) & !u128::from(ONE - 1) } else { departure }
    }

    /// Real time in which so much of it passes as scaled by the share.
    #[cold]
    fn stretched(&self, wait: u128) -> u128 {
        let all = u128::from(Share::ALL.ppm());
        // Not representable is beyond the end of the clock.
        if self.share == 0 { NEVER } else { wait.checked_mul(all).map_or(NEVER, |w| w.div_ceil(self.share.into())) }
    }
}

impl<J> Running<J> {
    #[inline]
    fn finish(&self) -> u128 {
        self.key >> ORDER
    }
}

#[inline]
fn fixed(ps: u64) -> u128 {
    u128::from(ps) << FRACTION
}

/// The first whole picosecond that is not before `time`; [`Time::MAX`] beyond the end of the clock.
#[inline]
fn whole(time: u128) -> Time {
    let ps = time.saturating_add(u128::from(ONE - 1)) >> FRACTION;
    u64::try_from(ps).map_or(Time::MAX, Time::from_ps)
}

/// `dividend / divisor` rounded down, for divisors up to 2^32: long division by digits of 32 bits, a third of the
/// instructions of a division of 128 bits.
#[inline]
fn quotient(dividend: u128, divisor: u64) -> u128 {
    debug_assert!((1..=ONE).contains(&divisor));
    let (high, low) = ((dividend >> 64) as u64, dividend as u64);
    let (first, rest) = (high / divisor, high % divisor);
    let middle = rest << 32 | low >> 32;
    let (second, rest) = (middle / divisor, middle % divisor);
    let third = (rest << 32 | low & (ONE - 1)) / divisor;
    u128::from(first) << 64 | u128::from(second << 32 | third)
}

/// The same rounded up.
#[inline]
fn quotient_up(dividend: u128, divisor: u64) -> u128 {
    if dividend == 0 { 0 } else { quotient(dividend - 1, divisor) + 1 }
}

/// The heap's greatest is the job that finishes first; among equals, the one that entered first.
impl<J> Ord for Running<J> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}
impl<J> PartialOrd for Running<J> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<J> PartialEq for Running<J> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
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
            let completion = station.next();
            let now = arrival.min(completion);
            if now == Time::MAX {
                break;
            }
            if completion <= arrival {
                while let Some(job) = station.pop(now) {
                    done[job] = now.as_ps();
                }
                assert!(station.next() > now);
            } else {
                station.begin(now, next, Span::from_ps(jobs[next].1));
                next += 1;
            }
        }
        let work: u128 = jobs.iter().map(|job| u128::from(job.1)).sum();
        let end = Time::from_ps(done.iter().copied().max().unwrap_or(0));
        let busy = station.usage(end).served;
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
            station.begin(Time::ZERO, job, Span::from_ps(7));
        }
        let end = station.next();
        assert_eq!(end, Time::from_ps(35));
        let order: Vec<i32> = std::iter::from_fn(|| station.pop(end)).collect();
        assert_eq!(order, [0, 1, 2, 3, 4]);
        assert_eq!((station.jobs(), station.next()), (0, Time::MAX));
    }

    #[test]
    fn an_uncontended_start_behind_the_first_keeps_the_wake_up() {
        let mut station = SharedStation::new(2);
        station.begin(Time::ZERO, 'a', Span::from_ps(10));
        station.begin(Time::from_ps(1), 'b', Span::from_ps(50));
        assert_eq!(station.next(), Time::from_ps(10));
        station.begin(Time::from_ps(2), 'c', Span::from_ps(50));
        assert_eq!(station.next(), Time::from_ps(14));
    }

    #[test]
    fn the_longest_work_does_not_overflow() {
        let mut station = SharedStation::with_capacity_ratio(1, MAX_DENOMINATOR);
        for job in 0..1000 {
            station.begin(Time::ZERO, job, Span::MAX);
        }
        assert_eq!(station.next(), Time::MAX);
        assert_eq!(station.pop(Time::from_ps(u64::MAX - 1)), None);
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
