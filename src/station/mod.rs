//! What is shared: one interface for everything at which work of several jobs meets.
//!
//! A [`Resource`] holds jobs and knows when the next of them is done; it sees no event. A [`Station`] joins it to the
//! engine: it keeps one wake-up pending for what is next, and is the only place where that is done.
//!
//! ```
//! use sdcsim::engine::{self, Limits, Scheduler, World};
//! use sdcsim::station::shared::SharedStation;
//! use sdcsim::station::Station;
//! use sdcsim::units::{Span, Time};
//!
//! /// Two jobs of 10 s, 5 s apart, on one processor.
//! struct Host { arrived: u64, cores: Station<SharedStation<u64>>, done: Vec<(u64, f64)> }
//! impl World for Host {
//!     type Event = ();
//!     fn next_arrival(&self) -> Time {
//!         if self.arrived < 2 { Time::ZERO + Span::from_secs(5 * self.arrived) } else { Time::MAX }
//!     }
//!     fn arrive(&mut self, now: Time, queue: &mut Scheduler<()>) {
//!         self.cores.begin(now, self.arrived, Span::from_secs(10), (), queue);
//!         self.arrived += 1;
//!     }
//!     fn handle(&mut self, now: Time, (): (), queue: &mut Scheduler<()>) {
//!         if self.cores.fires(now) {
//!             while let Some(job) = self.cores.pop(now, (), queue) {
//!                 self.done.push((job, now.as_secs_f64()));
//!             }
//!         }
//!     }
//!     fn fingerprint((): &()) -> u64 { 0 }
//! }
//! let mut host = Host { arrived: 0, cores: Station::new(SharedStation::new(1)), done: Vec::new() };
//! engine::run(&mut host, &Limits::default(), &mut ());
//! assert_eq!(host.done, [(0, 15.0), (1, 20.0)]);
//! ```

pub mod fifo;
mod fixed;
#[cfg(test)]
mod naive;
pub mod shared;
#[cfg(test)]
mod tests;

use crate::engine::{Alarm, Scheduler};
use crate::units::Time;

/// Something that jobs share, or wait for. All times given to it are in order.
pub trait Resource {
    /// Whose work it is: a request's id in the simulator.
    type Job: Copy;
    /// What a job asks for.
    type Work: Copy;
    /// Takes a job.
    fn begin(&mut self, now: Time, job: Self::Job, work: Self::Work) -> Ticket;
    /// When it wants to be asked again, by [`Resource::pop`]; [`Time::MAX`] is never.
    fn next(&self) -> Time;
    /// A job that is done at `now`. Call until `None`, at [`Resource::next`] at the latest.
    fn pop(&mut self, now: Time) -> Option<Self::Job>;
    /// Takes out a job that is not yet popped, done or not.
    fn cancel(&mut self, now: Time, ticket: Ticket) -> Left;
    /// Sets the share of its nominal capacity that it has from now on.
    fn set_capacity(&mut self, now: Time, share: Share);
    /// What it has done and could have done from the start of the run to `now`, which is not after [`Resource::next`].
    fn usage(&self, now: Time) -> Usage;
    /// Forgets the peaks so far, as where what is measured begins only now: the highest are what is there, and what comes.
    fn restart_peaks(&mut self);
}

/// A job's place in a resource: enough to find it, and to tell what is left of it. Means nothing to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    key: u128,
    work: u64,
    place: u32,
}

const _: () = assert!(size_of::<Ticket>() == 32);

impl Ticket {
    /// For resources. `key` is the job's among those in `place`, `work` what it asked for in all.
    pub const fn new(place: u32, key: u128, work: u64) -> Self {
        Self { key, work, place }
    }
    /// What the resource gave as `place`.
    pub const fn place(self) -> u32 {
        self.place
    }
    /// What the resource gave as `key`.
    pub const fn key(self) -> u128 {
        self.key
    }
    /// What the resource gave as `work`.
    pub const fn work(self) -> u64 {
        self.work
    }
}

/// The share of a job's work that is not done, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Left(f64);

impl Left {
    /// The job is done.
    pub const NONE: Self = Self(0.0);
    /// Nothing is done.
    pub const ALL: Self = Self(1.0);

    /// `left` of `work`, in any unit; a job without work has nothing left.
    pub fn of(left: f64, work: f64) -> Self {
        if work > 0.0 { Self((left / work).clamp(0.0, 1.0)) } else { Self::NONE }
    }
    /// As a number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A share of a resource's nominal capacity, in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// The nominal capacity.
    pub const ALL: Self = Self(1_000_000);
    /// The resource stands still.
    pub const NONE: Self = Self(0);

    /// Parts per million; more than all is all.
    pub const fn from_ppm(ppm: u32) -> Self {
        if ppm > Self::ALL.0 { Self::ALL } else { Self(ppm) }
    }
    /// The nearest to a share from 0 to 1.
    pub fn nearest(share: f64) -> Self {
        Self(libm::rint(share.clamp(0.0, 1.0) * f64::from(Self::ALL.0)) as u32)
    }
    /// Parts per million.
    pub const fn ppm(self) -> u32 {
        self.0
    }
}

/// What a resource has done from the start of the run, in its own unit: core-picoseconds, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Work done, for whomever; rounded down.
    pub served: u128,
    /// What its capacity, as it was from time to time, could have done; at least `served`.
    pub possible: u128,
    /// The most jobs that were there at once.
    pub peak_jobs: u32,
}

/// A resource whose owner is woken when something is due there.
///
/// `due` is the event that wakes the owner. It then asks [`Station::fires`], and if so pops until `None`.
#[derive(Clone, Debug)]
pub struct Station<R> {
    /// The resource. After a change made here, [`Station::arm`].
    pub resource: R,
    alarm: Alarm,
}

impl<R: Resource> Station<R> {
    /// Nothing is pending.
    pub const fn new(resource: R) -> Self {
        Self { resource, alarm: Alarm::OFF }
    }

    /// Takes a job.
    #[inline]
    pub fn begin<E: Copy>(
        &mut self,
        now: Time,
        job: R::Job,
        work: R::Work,
        due: E,
        queue: &mut Scheduler<E>,
    ) -> Ticket {
        let ticket = self.resource.begin(now, job, work);
        self.arm(due, queue);
        ticket
    }

    /// Whether the event that has come is the one that is waited for. Then call [`Station::pop`] until `None`.
    #[inline]
    pub fn fires(&mut self, now: Time) -> bool {
        self.alarm.fires(now)
    }

    /// A job that is done.
    #[inline]
    pub fn pop<E: Copy>(&mut self, now: Time, due: E, queue: &mut Scheduler<E>) -> Option<R::Job> {
        let job = self.resource.pop(now);
        if job.is_none() {
            self.arm(due, queue);
        }
        job
    }

    /// Takes a job out.
    pub fn cancel<E: Copy>(&mut self, now: Time, ticket: Ticket, due: E, queue: &mut Scheduler<E>) -> Left {
        let left = self.resource.cancel(now, ticket);
        self.arm(due, queue);
        left
    }

    /// Sets the share of the nominal capacity.
    pub fn set_capacity<E: Copy>(&mut self, now: Time, share: Share, due: E, queue: &mut Scheduler<E>) {
        self.resource.set_capacity(now, share);
        self.arm(due, queue);
    }

    /// Makes sure that the owner is woken for what is next.
    #[inline]
    pub fn arm<E: Copy>(&mut self, due: E, queue: &mut Scheduler<E>) {
        self.alarm.arm(self.resource.next(), due, queue);
    }
}
