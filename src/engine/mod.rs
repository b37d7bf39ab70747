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
    /// What is measured begins: all that is due before `now`, which is [`Limits::from`], has been handled. Not called at zero.
    fn begin(&mut self, _now: Time) {}
    /// [`Limits::to`] has come: all that is due until `now` has been handled.
    fn pass(&mut self, _now: Time) {}
    /// When what is measured is over, once that is known; asked from [`Limits::to`] on. What is due later is not handled.
    /// By default a run goes on until nothing is left to do.
    fn over(&self) -> Option<Time> {
        None
    }
    /// What is measured is over, and the run [goes on](Limits::beyond).
    fn close(&mut self, _now: Time) {}
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

/// What of a run is measured, and its bounds. Reaching a bound stops the run and is reported, see [`Stop`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// [`World::begin`] is told of it, where it is not zero.
    pub from: Time,
    /// [`World::pass`] is told of it; from then on the run is over once [`World::over`] says when.
    pub to: Time,
    /// Whether the run goes on until nothing is left to do when what is measured is over.
    pub beyond: bool,
    /// No event after this point is handled; not before `to`.
    pub end: Time,
    /// At most this many events and arrivals are handled.
    pub events: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { from: Time::ZERO, to: Time::MAX, beyond: false, end: Time::MAX, events: u64::MAX }
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing was left to do, or nothing that [is measured](World::over).
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

/// A run under way.
struct Run<'a, E> {
    queue: Scheduler<E>,
    outcome: Outcome,
    /// When to look up from the work: for the watch, or because that was the last event.
    pause: u64,
    limits: &'a Limits,
    watch: &'a mut dyn Watch,
}

/// What one step of a run was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// An event or an arrival was handled.
    Handled,
    /// None is due so soon.
    Nothing,
    /// The run has to stop.
    Stop,
}

impl<E: Copy> Run<'_, E> {
    /// Handles what is due next, if it is due until `end`.
    #[inline(always)]
    fn step<W: World<Event = E>>(&mut self, world: &mut W, end: Time) -> Step {
        let Self { queue, outcome, pause, limits, watch } = self;
        let arrival = world.next_arrival();
        if let Some((time, event)) = queue.queue.pop_until(arrival.min(end)) {
            if outcome.events == *pause && !outcome.goes_on(time, limits, *watch, pause) {
                return Step::Stop;
            }
            queue.now = time;
            outcome.events += 1;
            outcome.hash = mix(outcome.hash, time.as_ps(), W::fingerprint(&event));
            world.handle(time, event, queue);
        } else if arrival < Time::MAX && arrival <= end {
            if outcome.events == *pause && !outcome.goes_on(arrival, limits, *watch, pause) {
                return Step::Stop;
            }
            queue.now = arrival;
            outcome.events += 1;
            outcome.hash = mix(outcome.hash, arrival.as_ps(), u64::MAX);
            world.arrive(arrival, queue);
        } else {
            return Step::Nothing;
        }
        Step::Handled
    }

    /// Handles all that is due until `end`; returns whether the run may go on.
    fn until<W: World<Event = E>>(&mut self, world: &mut W, end: Time) -> bool {
        // A look bounds what is handled before it, as the end does, so that looking costs events nothing.
        let mut bound = end.min(world.next_look());
        loop {
            match self.step(world, bound) {
                Step::Handled => {}
                Step::Nothing if self.looks(world, bound, end) => bound = end.min(world.next_look()),
                Step::Nothing => return true,
                Step::Stop => return false,
            }
        }
    }

    /// Lets the world look at itself at `bound`, if that is before `end` and something is left to do.
    fn looks<W: World<Event = E>>(&self, world: &mut W, bound: Time, end: Time) -> bool {
        let due = bound < end && (world.next_arrival() < Time::MAX || !self.queue.queue.is_empty());
        if due {
            world.look(bound);
        }
        due
    }

    /// Goes on until what is measured is over, or a bound is reached.
    fn drain<W: World<Event = E>>(&mut self, world: &mut W) {
        loop {
            if let Some(over) = world.over() {
                if !self.until(world, over) || !self.limits.beyond {
                    return;
                }
                world.close(over);
                if !self.until(world, self.limits.end) {
                    return;
                }
                break;
            }
            let (bound, end) = (world.next_look().min(self.limits.end), self.limits.end);
            match self.step(world, bound) {
                Step::Handled => {}
                Step::Nothing if self.looks(world, bound, end) => {}
                Step::Nothing => break,
                Step::Stop => return,
            }
        }
        if world.next_arrival() < Time::MAX || !self.queue.queue.is_empty() {
            self.outcome.stop = Stop::TimeLimit;
            self.queue.now = self.limits.end;
        }
    }
}

/// Runs `world` until what is measured is over, nothing is left to do, or a limit is reached.
pub fn run<W: World>(world: &mut W, limits: &Limits, watch: &mut dyn Watch) -> Outcome {
    let outcome = Outcome { end: Time::ZERO, events: 0, hash: 0x9e37_79b9_7f4a_7c15, stop: Stop::Finished };
    let mut run = Run { queue: Scheduler::new(), outcome, pause: 0, limits, watch };
    let mut goes_on = true;
    if limits.from > Time::ZERO {
        goes_on = run.until(world, Time::from_ps(limits.from.as_ps() - 1));
        if goes_on {
            world.begin(limits.from);
        }
    }
    if goes_on && run.until(world, limits.to.min(limits.end)) {
        world.pass(limits.to.min(limits.end));
        run.drain(world);
    }
    Outcome { end: run.queue.now, ..run.outcome }
}

/// Folds two words into a hash by 128-bit multiplication (the mixing step of wyhash).
fn mix(hash: u64, a: u64, b: u64) -> u64 {
    let product =
        u128::from(hash ^ a ^ 0xa076_1d64_78bd_642f) * u128::from(b ^ hash.rotate_left(32) ^ 0xe703_7ed1_a0b4_28db);
    (product as u64) ^ ((product >> 64) as u64)
}
