//! Wake-ups that are moved and called off more often than they come.

use crate::engine::Scheduler;
use crate::units::Time;

/// The pending wake-up of something whose deadline moves: a station, a timeout, a session.
///
/// The owner keeps the deadline, and [arms](Alarm::arm) the alarm whenever it has changed. Moving a deadline later, or
/// calling it off, leaves the event that is already scheduled where it is: when it [fires](Alarm::fires), the owner
/// finds nothing due and arms again for what holds by then. So at most one event stands for the alarm in the queue (one
/// more for each time that the deadline was moved earlier), and a timer that is reset at each use costs one comparison.
///
/// ```
/// use sdcsim::engine::{self, Alarm, Limits, Scheduler, World};
/// use sdcsim::units::{Span, Time};
///
/// /// Ten arrivals, a second apart; the session ends when there has been none for a minute.
/// struct Session { arrivals: u64, deadline: Time, alarm: Alarm, ended: Option<Time> }
/// impl World for Session {
///     type Event = ();
///     fn next_arrival(&self) -> Time {
///         if self.arrivals < 10 { Time::ZERO + Span::from_secs(self.arrivals) } else { Time::MAX }
///     }
///     fn arrive(&mut self, now: Time, queue: &mut Scheduler<()>) {
///         self.arrivals += 1;
///         self.deadline = now + Span::from_secs(60);
///         self.alarm.arm(self.deadline, (), queue);
///     }
///     fn handle(&mut self, now: Time, (): (), queue: &mut Scheduler<()>) {
///         if !self.alarm.fires(now) {
///         } else if now == self.deadline {
///             self.ended = Some(now);
///         } else {
///             self.alarm.arm(self.deadline, (), queue);
///         }
///     }
///     fn fingerprint((): &()) -> u64 { 0 }
/// }
/// let mut session = Session { arrivals: 0, deadline: Time::MAX, alarm: Alarm::OFF, ended: None };
/// let outcome = engine::run(&mut session, &Limits::default(), &mut ());
/// assert_eq!(session.ended, Some(Time::ZERO + Span::from_secs(69)));
/// // Ten arrivals, the event of the first deadline, and that of the last.
/// assert_eq!(outcome.events, 12);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Alarm(Time);

impl Alarm {
    /// Nothing is scheduled.
    pub const OFF: Self = Self(Time::MAX);

    /// Makes sure that the owner is woken by `event` at `deadline` at the latest; [`Time::MAX`] asks for nothing.
    #[inline]
    pub fn arm<E: Copy>(&mut self, deadline: Time, event: E, queue: &mut Scheduler<E>) {
        if deadline < self.0 {
            self.0 = deadline;
            queue.at(deadline, event);
        }
    }

    /// Whether the event that has come at `now` is the pending wake-up, and not one that was replaced by an earlier
    /// one. The owner then looks at what is due, and arms again.
    #[inline]
    pub fn fires(&mut self, now: Time) -> bool {
        let fires = self.0 == now;
        if fires {
            self.0 = Time::MAX;
        }
        fires
    }
}
