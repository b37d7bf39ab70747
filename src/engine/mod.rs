//! The discrete-event engine. It knows nothing about data centres.
//!
//! A [`World`] holds all state and handles one event at a time; events wait in a [`Scheduler`], whose order is
//! total: by time, then by the order in which they were scheduled. Arrivals come from outside the queue, one
//! at a time, so that a trace is never held in it; at equal times they come after every scheduled event.
//!
//! ```
//! use sdcsim::engine::{self, Limits, Scheduler, World};
//! use sdcsim::units::{Span, Time};
//!
//! struct Clock(u32);
//! impl World for Clock {
//!     type Event = ();
//!     fn next_arrival(&self) -> Time {
//!         if self.0 == 0 { Time::ZERO } else { Time::MAX }
//!     }
//!     fn arrive(&mut self, _now: Time, queue: &mut Scheduler<()>) {
//!         self.0 = 1;
//!         queue.after(Span::from_secs(1), ());
//!     }
//!     fn handle(&mut self, _now: Time, (): (), queue: &mut Scheduler<()>) {
//!         self.0 += 1;
//!         if self.0 < 10 {
//!             queue.after(Span::from_secs(1), ());
//!         }
//!     }
//!     fn fingerprint((): &()) -> u64 {
//!         0
//!     }
//! }
//! let mut clock = Clock(0);
//! let outcome = engine::run(&mut clock, &Limits::default(), &mut ());
//! assert_eq!((clock.0, outcome.end.as_secs_f64()), (10, 9.0));
//! ```

mod alarm;
mod queue;

pub use alarm::Alarm;
pub use queue::EventQueue;

use crate::units::{Span, Time};

/// A simulated system: state, and what each event does to it.
pub trait World {
    /// Small and `Copy`: an enum of ids.
    type Event: Copy;
    /// When the next arrival from outside is due; [`Time::MAX`] when there are no more.
    fn next_arrival(&self) -> Time;
    /// Takes that arrival; called once at the time that [`World::next_arrival`] gave.
    fn arrive(&mut self, now: Time, queue: &mut Scheduler<Self::Event>);
    /// Handles one scheduled event.
    fn handle(&mut self, now: Time, event: Self::Event, queue: &mut Scheduler<Self::Event>);
    /// A number that tells events apart, for the event hash.
    fn fingerprint(event: &Self::Event) -> u64;
    /// When the world next wants to look at itself between events; [`Time::MAX`] for never. It is asked when the run begins
    /// and after each [`World::look`], which must move it on.
    fn next_look(&self) -> Time {
        Time::MAX
    }
    /// Looks at itself: all events up to `now` have been handled. It is no event, and changes nothing that happens.
    fn look(&mut self, _now: Time) {}
}

/// The future: scheduled events in total order, and the present time.
#[derive(Debug)]
pub struct Scheduler<E> {
    queue: EventQueue<E>,
    now: Time,
}

impl<E: Copy> Scheduler<E> {
    fn new() -> Self {
        Self { queue: EventQueue::new(), now: Time::ZERO }
    }
    /// The present time.
    pub const fn now(&self) -> Time {
        self.now
    }
    /// Schedules `event` at `time`, which must not be past. An event at [`Time::MAX`] never happens and is not kept.
    #[inline(always)]
    pub fn at(&mut self, time: Time, event: E) {
        debug_assert!(time >= self.now, "an event at {time} is scheduled at {}", self.now);
        if time < Time::MAX {
            self.queue.push(time, event);
        }
    }
    /// Schedules `event` after `span`.
    #[inline(always)]
    pub fn after(&mut self, span: Span, event: E) {
        self.at(self.now.saturating_add(span), event);
    }
    /// How many events are scheduled.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }
}

/// Bounds of a run. Reaching one stops the run and is reported, see [`Stop`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// No event after this point is handled.
    pub end: Time,
    /// At most this many events and arrivals are handled.
    pub events: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { end: Time::MAX, events: u64::MAX }
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing was left to do.
    Finished,
    /// [`Limits::end`] was reached.
    TimeLimit,
    /// [`Limits::events`] was reached.
    EventLimit,
    /// The [`Watch`] asked for it.
    Interrupted,
}

/// What a run did.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The time of the last event, or the time limit where that stopped the run.
    pub end: Time,
    /// Events and arrivals handled.
    pub events: u64,
    /// A hash over the time and fingerprint of each, in order: equal runs have equal hashes.
    pub hash: u64,
    /// Why it ended.
    pub stop: Stop,
}

impl Outcome {
    /// Whether the run goes on with an event at `time`; if so, `pause` is the number of events at which to ask again.
    #[cold]
    fn goes_on(&mut self, time: Time, limits: &Limits, watch: &mut dyn Watch, pause: &mut u64) -> bool {
        if self.events == limits.events {
            self.stop = Stop::EventLimit;
            return false;
        }
        if !watch.look(time, self.events) {
            self.stop = Stop::Interrupted;
            return false;
        }
        *pause = (self.events + WATCH_INTERVAL).min(limits.events);
        true
    }
}

/// Watches a run from outside, every [`WATCH_INTERVAL`] events; it cannot change what happens, only stop it.
/// That is seldom enough for dynamic dispatch.
pub trait Watch {
    /// Returns whether to go on.
    fn look(&mut self, now: Time, events: u64) -> bool;
}

impl Watch for () {
    fn look(&mut self, _now: Time, _events: u64) -> bool {
        true
    }
}

/// How many events pass between two calls of a [`Watch`].
pub const WATCH_INTERVAL: u64 = 1 << 14;

/// Runs `world` until nothing is left to do or a limit is reached.
pub fn run<W: World>(world: &mut W, limits: &Limits, watch: &mut dyn Watch) -> Outcome {
    let mut queue = Scheduler::new();
    let mut outcome = Outcome { end: Time::ZERO, events: 0, hash: 0x9e37_79b9_7f4a_7c15, stop: Stop::Finished };
    // When to look up from the work: for the watch, or because that was the last event.
    let mut pause = 0;
    // A look bounds what is handled before it, as the end of the run does, so that looking costs events nothing.
    let mut bound = limits.end.min(world.next_look());
    loop {
        let arrival = world.next_arrival();
        if let Some((time, event)) = queue.queue.pop_until(arrival.min(bound)) {
            if outcome.events == pause && !outcome.goes_on(time, limits, watch, &mut pause) {
                break;
            }
            queue.now = time;
            outcome.events += 1;
            outcome.hash = mix(outcome.hash, time.as_ps(), W::fingerprint(&event));
            world.handle(time, event, &mut queue);
        } else if arrival < Time::MAX && arrival <= bound {
            if outcome.events == pause && !outcome.goes_on(arrival, limits, watch, &mut pause) {
                break;
            }
            queue.now = arrival;
            outcome.events += 1;
            outcome.hash = mix(outcome.hash, arrival.as_ps(), u64::MAX);
            world.arrive(arrival, &mut queue);
        } else if bound < limits.end && (arrival < Time::MAX || !queue.queue.is_empty()) {
            world.look(bound);
            bound = limits.end.min(world.next_look());
        } else {
            if arrival < Time::MAX || !queue.queue.is_empty() {
                outcome.stop = Stop::TimeLimit;
                queue.now = limits.end;
            }
            break;
        }
    }
    outcome.end = queue.now;
    outcome
}

/// Folds two words into a hash by 128-bit multiplication (the mixing step of wyhash).
fn mix(hash: u64, a: u64, b: u64) -> u64 {
    let product =
        u128::from(hash ^ a ^ 0xa076_1d64_78bd_642f) * u128::from(b ^ hash.rotate_left(32) ^ 0xe703_7ed1_a0b4_28db);
    (product as u64) ^ ((product >> 64) as u64)
}
