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
//! All jobs gain the same work `V(t) = ∫ r(n(s)) ds`, the station's *virtual time*. A job of work
//! `w` that starts at virtual time `V` is done when virtual time reaches `V + w`, whatever happens in between: jobs
//! wait in a heap by virtual finishing time, and no arrival or departure touches any other job
//! (Parekh and Gallager 1993, "A generalized processor sharing approach to flow control", section II).
//!
//! Virtual and real time are fixed point: picoseconds with 32 fractional bits in a `u128`. A start or a
//! departure under contention rounds by less than 2^-32 ps; without contention nothing is rounded at all.
//! Departures happen inside the station at their fixed-point time and are told at the next whole picosecond.
//!
//! Guests count as jobs, but their end is decided elsewhere. A job that is cancelled stays in the heap, marked by its
//! key in a second heap, until its turn comes: departures are in order of keys, so the two need only be compared at
//! their tops, and a run that cancels nothing pays for one test.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

use super::fixed::{NEVER, Power, finish_of, fixed, following, key, whole};
use super::{Left, Resource, Share, Ticket, Usage};
use crate::units::{Span, Time};

mod law;

pub use law::MAX_DENOMINATOR;
use law::{Law, Pace};

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
    power: Power,
    law: Law,
}

#[derive(Clone, Copy, Debug)]
struct Running<J> {
    /// Virtual finishing time in fixed point, then order of entry.
    key: u128,
    job: J,
}

const _: () = assert!(size_of::<Running<u32>>() == 32);
const _: () = assert!(size_of::<SharedStation<u32>>() == 272);

impl<J: Copy> SharedStation<J> {
    /// An idle station of `servers` servers, at least one. With less capacity all of them become slower.
    pub fn new(servers: u32) -> Self {
        Self::of_law(Law::cores(servers, 1.0))
    }

    /// An idle station whose capacity is `numerator / denominator`: a link of 100 Gbit/s whose flows reach at
    /// most 40 Gbit/s each is 5 / 2. The denominator is at most [`MAX_DENOMINATOR`]; neither is zero. With less
    /// capacity, jobs that do not need more keep rate 1.
    pub fn with_capacity_ratio(numerator: u32, denominator: u32) -> Self {
        Self::of_law(Law::ratio(numerator, denominator))
    }

    /// An idle processor of `cores` cores, at least one, whose two hardware threads together do `smt_throughput`
    /// times the work of one alone; 1 is a core without a second thread. It is rounded to thousandths, from 1 to 2.
    /// With less capacity all of them become slower.
    pub fn of_cores(cores: u32, smt_throughput: f64) -> Self {
        Self::of_law(Law::cores(cores, smt_throughput))
    }

    fn of_law(law: Law) -> Self {
        Self {
            at: 0,
            virtual_time: 0,
            departure: NEVER,
            pace: law.pace(0, Share::ALL.ppm()),
            busy: 0,
            jobs: BinaryHeap::new(),
            dead: BinaryHeap::new(),
            finished: VecDeque::new(),
            departed: 0,
            entered: 0,
            sharing: 0,
            peak: 0,
            power: Power::FULL,
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
        if self.sharing == 0 { self.law.pace(1, self.power.share()).rate() } else { self.pace.rate() }
    }

    /// One more has a share.
    #[inline]
    fn join(&mut self) {
        self.sharing += 1;
        self.peak = self.peak.max(self.jobs() as u32);
        self.pace = self.law.pace(self.sharing, self.power.share());
        assert!(self.pace.is_in_range(), "more jobs on one station than its arithmetic holds");
    }

    /// One less has a share.
    #[inline]
    fn part(&mut self) {
        self.sharing -= 1;
        self.pace = self.law.pace(self.sharing, self.power.share());
    }

    /// Brings the state to `now`.
    fn bring_to(&mut self, now: Time) {
        self.go_to(fixed(now.as_ps()));
        self.look_ahead();
    }

    /// Brings the state to `target`, with the departures until then; then [`SharedStation::look_ahead`].
    #[inline]
    fn go_to(&mut self, target: u128) {
        debug_assert!(target >= self.at, "time runs backwards at a shared station");
        if self.departure <= target {
            self.depart_until(target);
        }
        self.flow_to(target);
    }

    /// Lets virtual time pass, without departures.
    #[inline]
    fn flow_to(&mut self, target: u128) {
        let elapsed = target - self.at;
        if elapsed > 0 {
            let (gain, work) = self.pace.flow(elapsed);
            self.virtual_time += gain;
            self.busy += work;
            self.at = target;
        }
    }

    /// Lets all jobs depart that are done by `target`, at least one, each at its own time.
    #[cold]
    fn depart_until(&mut self, target: u128) {
        loop {
            let done = self.depart();
            self.finished.push_back(done);
            if !self.departs_by(target) {
                return;
            }
            self.look_ahead();
        }
    }

    /// The first of the running jobs is done, at its own time.
    #[inline]
    fn depart(&mut self) -> Running<J> {
        let first = self.jobs.pop().expect("a job departs");
        let elapsed = self.departure - self.at;
        self.busy += self.pace.work(elapsed);
        (self.at, self.virtual_time) = (self.departure, first.finish());
        self.departed = first.key;
        self.part();
        if !self.dead.is_empty() {
            self.bury();
        }
        first
    }

    /// Whether the first of the running jobs is done by `target`: as [`SharedStation::look_ahead`], without division.
    #[inline]
    fn departs_by(&self, target: u128) -> bool {
        let Some(first) = self.jobs.peek() else { return false };
        let needed = first.finish().saturating_sub(self.virtual_time);
        self.pace.suffices(target - self.at, needed)
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
        let work = self.pace.work(target.saturating_sub(self.at));
        let unit = self.law.unit();
        let possible = self.law.possible(self.power.local_up(target));
        Usage { served: (self.busy + work) / unit, possible: possible / unit, peak_jobs: self.peak }
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
        self.entered = following(self.entered);
        let key = key(finish, self.entered);
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
        let target = fixed(now.as_ps());
        if !self.finished.is_empty() {
            self.bring_to(now);
            return self.finished.pop_front().map(|done| done.job);
        }
        if self.departure > target {
            if target != self.at {
                self.flow_to(target);
                self.look_ahead();
            }
            return None;
        }
        let done = self.depart();
        if self.departs_by(target) {
            self.look_ahead();
            self.depart_until(target);
        }
        self.flow_to(target);
        self.look_ahead();
        Some(done.job)
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
        let left = finish_of(key).saturating_sub(self.virtual_time);
        Left::of(left as f64, fixed(ticket.work()) as f64)
    }

    fn set_capacity(&mut self, now: Time, share: Share) {
        let target = fixed(now.as_ps());
        self.go_to(target);
        self.power.set(target, share);
        self.pace = self.law.pace(self.sharing, self.power.share());
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

    fn restart_peaks(&mut self) {
        self.peak = self.jobs() as u32;
    }
}

impl<J> Running<J> {
    #[inline]
    fn finish(&self) -> u128 {
        finish_of(self.key)
    }
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
mod tests;
