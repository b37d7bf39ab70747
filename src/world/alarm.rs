//! One pending wake-up per station: an earlier one replaces it, a later one waits for it to ring.

use crate::engine::Scheduler;
use crate::units::Time;

/// When the station's wake-up event is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarm(Time);

impl Alarm {
    pub(super) const OFF: Self = Self(Time::MAX);

    /// Makes sure that the station is woken at `next` at the latest.
    pub(super) fn arm<E: Copy>(&mut self, next: Time, event: E, queue: &mut Scheduler<E>) {
        if next < self.0 {
            self.0 = next;
            queue.at(next, event);
        }
    }
    /// Whether an event at `now` is the pending wake-up and not one that was replaced.
    pub(super) fn rings(&mut self, now: Time) -> bool {
        let due = self.0 == now;
        if due {
            self.0 = Time::MAX;
        }
        due
    }
}
