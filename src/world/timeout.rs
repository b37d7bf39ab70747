//! Limits on the time that a request may run, counted from when its code begins.

use std::collections::VecDeque;

use crate::engine::{Alarm, Scheduler};
use crate::ids::RequestId;
use crate::units::{Span, Time};

use super::request::{Requests, State};

/// Requests that run, in the order in which their limits are reached: all limits are equal.
#[derive(Debug)]
pub(super) struct Timeouts {
    limit: Span,
    begun: VecDeque<(Time, RequestId)>,
    alarm: Alarm,
    /// When a limit was last seen to be reached.
    reached: Time,
}

impl Timeouts {
    /// Requests may run for `limit`.
    pub(super) fn new(limit: Span) -> Self {
        Self { limit, begun: VecDeque::new(), alarm: Alarm::OFF, reached: Time::MAX }
    }
    /// The limit.
    pub(super) fn limit(&self) -> Span {
        self.limit
    }
    /// A request begins to run.
    pub(super) fn begin<E: Copy>(&mut self, now: Time, id: RequestId, due: E, queue: &mut Scheduler<E>) {
        self.begun.push_back((now, id));
        self.alarm.arm(now.saturating_add(self.limit), due, queue);
    }
    /// Whether the event that has come is the one that is waited for; then call [`Timeouts::pop`] until `None`. A run that
    /// ends just when its limit is reached has not failed: so the event goes behind all that are due at the same time.
    pub(super) fn fires<E: Copy>(&mut self, now: Time, due: E, queue: &mut Scheduler<E>) -> bool {
        if !self.alarm.fires(now) {
            return false;
        }
        let last = std::mem::replace(&mut self.reached, now) == now;
        if !last {
            self.alarm.arm(now, due, queue);
        }
        last
    }
    /// One of the requests whose limit is reached while it still runs.
    pub(super) fn pop<E: Copy>(
        &mut self,
        now: Time,
        requests: &Requests,
        due: E,
        queue: &mut Scheduler<E>,
    ) -> Option<RequestId> {
        while let Some(&(began, id)) = self.begun.front() {
            // Its number may be another's by now.
            let request = requests.get(id);
            let still = request.state == State::Running && request.ready == began;
            let end = began.saturating_add(self.limit);
            if still && end > now {
                self.alarm.arm(end, due, queue);
                return None;
            }
            self.begun.pop_front();
            if still {
                return Some(id);
            }
        }
        None
    }
}
