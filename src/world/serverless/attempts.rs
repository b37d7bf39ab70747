//! Requests that wait, abandon the queue, are rejected, and when they are retried; gangs.
//!
//! All but rejections only for rules that need the platform's general path.

use crate::ids::RequestId;
use crate::platform::Decision;
use crate::record::{Counter, Gauge, Recorder, Rejection};
use crate::units::{Span, Time};
use crate::workload::Invocation;
use crate::world::event::{Kind, Queue, RequestStep};
use crate::world::retry::Made;

use super::ServerlessWorld;

impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// Takes all members of a gang out of `gang`.
    pub(super) fn ask_for_gang(&mut self, now: Time, gang: &mut Vec<RequestId>, queue: &mut Queue) {
        let function = self.requests.get(gang[0]).function;
        match self.platform.request_gang(now, gang, function, &mut self.meter) {
            // Each start is told by the platform's `start_waiting`.
            Decision::Start(()) => gang.clear(),
            Decision::Wait => gang.drain(..).for_each(|id| self.waits(now, id, queue)),
            Decision::Reject(reason) => self.reject_all(now, gang, reason, queue),
        }
    }

    pub(super) fn waits(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.queued += 1;
        if let Some(limit) = self.attempts.queue_timeout {
            self.attempts.of(id).abandons = now.saturating_add(limit);
            queue.after(limit, Kind::Request(RequestStep::Abandon, id).event());
        }
    }

    /// A request may have waited for too long. One that has begun, or ended, has left an event behind.
    pub(super) fn abandon(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if self.attempts.of(id).abandons != now {
            return;
        }
        self.platform.advance(now, &mut self.meter);
        let function = self.requests.get(id).function;
        let mut left = std::mem::take(&mut self.attempts.left);
        self.platform.abandon(now, id, function, &mut left, &mut self.meter);
        if !left.is_empty() {
            self.reject_all(now, &mut left, Rejection::WaitedTooLong, queue);
        }
        self.attempts.left = left;
    }

    /// Those that leave a queue do not give up any more.
    pub(super) fn has_begun(&mut self, id: RequestId) {
        if self.attempts.queue_timeout.is_some() {
            self.attempts.of(id).abandons = Time::MAX;
        }
    }

    /// A request is retried, if it may.
    pub(super) fn reject(&mut self, now: Time, id: RequestId, reason: Rejection, queue: &mut Queue) {
        match self.next_attempt(now, id) {
            Some(delay) => queue.after(delay, Kind::Request(RequestStep::Retry, id).event()),
            None => self.lose(now, id, reason),
        }
    }

    /// Several requests, the members of one gang, are retried together, if they may; they are taken out of `gang`.
    fn reject_all(&mut self, now: Time, gang: &mut Vec<RequestId>, reason: Rejection, queue: &mut Queue) {
        let first = gang[0];
        let Some(delay) = self.next_attempt(now, first) else {
            gang.drain(..).for_each(|id| self.lose(now, id, reason));
            return;
        };
        queue.after(delay, Kind::Request(RequestStep::Retry, first).event());
        if gang.len() > 1 {
            let made = *self.attempts.of(first);
            for &id in gang.iter() {
                *self.attempts.of(id) = made;
            }
            self.meter.count(Counter::Retries, gang.len() as u64 - 1);
            self.attempts.together.insert(first, std::mem::take(gang));
        }
        gang.clear();
    }

    /// After which delay a rejected request is retried; `None` where it does not.
    fn next_attempt(&mut self, now: Time, id: RequestId) -> Option<Span> {
        let retry = self.attempts.retry?;
        let age = now.since(self.requests.get(id).decided);
        let Made { attempts, delay, .. } = *self.attempts.of(id);
        let delay = retry.next_at_age(age, attempts, delay, &mut self.attempts.chance)?;
        *self.attempts.of(id) = Made { attempts: attempts + 1, delay, abandons: Time::MAX };
        self.meter.count(Counter::Retries, 1);
        Some(delay)
    }

    /// A request ends that has not been served.
    fn lose(&mut self, now: Time, id: RequestId, reason: Rejection) {
        let request = *self.requests.get(id);
        if self.attempts.counts() {
            self.attempts.of(id).abandons = Time::MAX;
        }
        self.meter.lower(Gauge::InSystem, 1);
        if self.accounts.has(&request, self.classes.offset()) {
            self.meter.count(Counter::DeadLetters, u64::from(self.attempts.retry.is_some()));
            self.meter.counters_mut().reject(reason);
            self.accounts.reject(now, &request, self.classes.offset());
            self.recorder.rejected(request.decided, request.function, reason);
            if reason == Rejection::RanTooLong {
                self.recorder.had_started(request.decided, request.function, request.cold);
            }
        } else {
            self.accounts.pass(now, &request, false);
        }
        self.requests.remove(id);
    }
}
