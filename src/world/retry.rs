//! Requests that are turned away, give up or fail, and come again; gangs; sandboxes that start without a request.
//!
//! Only for rules that need the platform's general path.

use std::collections::BTreeMap;

use crate::config::raw;
use crate::ids::{Id, RequestId};
use crate::platform::Decision;
use crate::platform::serverless::limits::{Jitter, Retry};
use crate::record::{Counter, Gauge, Recorder, Rejection};
use crate::rng::Stream;
use crate::units::{Span, Time};
use crate::workload::Invocation;

use super::serverless::{Event, Kind, Queue, ServerlessWorld};

/// What becomes of requests that are not served.
#[derive(Debug)]
pub(super) struct Attempts {
    retry: Option<Retry>,
    chance: Stream,
    timeout: Span,
    queue_timeout: Option<Span>,
    gangs: bool,
    /// Of each request in flight that has made any: attempts, the latest delay, when it gives up waiting.
    made: Vec<Made>,
    /// Members of a gang that have arrived, until the last one has.
    gang: Vec<RequestId>,
    /// Gangs that come again, by the member whose event it is.
    together: BTreeMap<RequestId, Vec<RequestId>>,
    /// Those that have just given up.
    gone: Vec<RequestId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Made {
    attempts: u32,
    delay: Span,
    gives_up: Time,
}

/// The retries that a config asks for.
fn retry(config: &raw::Retry) -> Retry {
    Retry {
        attempts: config.attempts,
        base: config.base.0,
        factor: config.factor,
        max_delay: config.max_delay.0,
        jitter: match config.jitter {
            raw::Jitter::None => Jitter::None,
            raw::Jitter::Full => Jitter::Full,
            raw::Jitter::Equal => Jitter::Equal,
            raw::Jitter::Decorrelated => Jitter::Decorrelated,
        },
        max_age: config.max_age.0,
    }
}

impl Attempts {
    pub(super) fn new(quotas: &raw::Quotas, gangs: bool, chance: Stream) -> Self {
        Self {
            retry: quotas.retry.as_ref().map(retry),
            chance,
            timeout: quotas.timeout.map_or(Span::MAX, |limit| limit.0),
            queue_timeout: quotas.queue_timeout.map(|limit| limit.0),
            gangs,
            made: Vec::new(),
            gang: Vec::new(),
            together: BTreeMap::new(),
            gone: Vec::new(),
        }
    }

    /// Whether anything is to be known of a request's attempts: it may come again, or give up waiting.
    fn counts(&self) -> bool {
        self.retry.is_some() || self.queue_timeout.is_some()
    }

    fn of(&mut self, id: RequestId) -> &mut Made {
        if self.made.len() <= id.index() {
            self.made.resize(id.index() + 1, Made::default());
        }
        &mut self.made[id.index()]
    }
}

impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// A request has arrived.
    #[inline(never)]
    pub(super) fn arrive_general(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if self.attempts.counts() {
            *self.attempts.of(id) = Made { attempts: 1, ..Made::default() };
        }
        let request = self.requests.get_mut(id);
        if request.duration > self.attempts.timeout {
            request.duration = self.attempts.timeout;
            request.timed_out = true;
        }
        let function = request.function;
        self.platform.advance(now, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        if self.attempts.gangs {
            self.attempts.gang.push(id);
            if self.arrivals.peek() != Some((now, function)) {
                let mut gang = std::mem::take(&mut self.attempts.gang);
                self.ask_for_gang(now, &mut gang, queue);
                self.attempts.gang = gang;
            }
        } else {
            self.ask(now, id, queue);
        }
        self.settle(now, queue);
    }

    #[inline(always)]
    fn ask(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let function = self.requests.get(id).function;
        match self.platform.request(now, id, function, &mut self.meter) {
            Decision::Start(start) => self.begin(now, id, start, queue),
            Decision::Wait => self.waits(now, id, queue),
            Decision::Reject(reason) => self.turned_away(now, id, reason, queue),
        }
    }

    /// Takes all members of a gang out of `gang`.
    fn ask_for_gang(&mut self, now: Time, gang: &mut Vec<RequestId>, queue: &mut Queue) {
        let function = self.requests.get(gang[0]).function;
        match self.platform.request_gang(now, gang, function, &mut self.meter) {
            // Each start is told by the platform's `start_waiting`.
            Decision::Start(()) => gang.clear(),
            Decision::Wait => gang.drain(..).for_each(|id| self.waits(now, id, queue)),
            Decision::Reject(reason) => self.all_turned_away(now, gang, reason, queue),
        }
    }

    fn waits(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.queued += 1;
        if let Some(limit) = self.attempts.queue_timeout {
            self.attempts.of(id).gives_up = now.saturating_add(limit);
            queue.after(limit, Event::of(Kind::GiveUp, id.raw()));
        }
    }

    /// A request may have waited for too long. One that has begun, or ended, has left an event behind.
    pub(super) fn gives_up(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if self.attempts.of(id).gives_up != now {
            return;
        }
        self.platform.advance(now, &mut self.meter);
        let function = self.requests.get(id).function;
        let mut gone = std::mem::take(&mut self.attempts.gone);
        self.platform.give_up(now, id, function, &mut gone, &mut self.meter);
        if !gone.is_empty() {
            self.all_turned_away(now, &mut gone, Rejection::WaitedTooLong, queue);
        }
        self.attempts.gone = gone;
    }

    /// Those that leave a queue do not give up any more.
    pub(super) fn has_begun(&mut self, id: RequestId) {
        if self.attempts.queue_timeout.is_some() {
            self.attempts.of(id).gives_up = Time::MAX;
        }
    }

    /// A request comes again, if it may.
    pub(super) fn turned_away(&mut self, now: Time, id: RequestId, reason: Rejection, queue: &mut Queue) {
        match self.next_attempt(now, id) {
            Some(delay) => queue.after(delay, Event::of(Kind::Retry, id.raw())),
            None => self.lose(now, id, reason),
        }
    }

    /// Several requests, the members of one gang, come again together, if they may; they are taken out of `gang`.
    fn all_turned_away(&mut self, now: Time, gang: &mut Vec<RequestId>, reason: Rejection, queue: &mut Queue) {
        let first = gang[0];
        let Some(delay) = self.next_attempt(now, first) else {
            gang.drain(..).for_each(|id| self.lose(now, id, reason));
            return;
        };
        queue.after(delay, Event::of(Kind::Retry, first.raw()));
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

    /// After which delay a request comes again that has been turned away; `None` where it does not.
    fn next_attempt(&mut self, now: Time, id: RequestId) -> Option<Span> {
        let retry = self.attempts.retry?;
        let age = now.since(self.requests.get(id).decided);
        let Made { attempts, delay, .. } = *self.attempts.of(id);
        let delay = retry.next_at_age(age, attempts, delay, &mut self.attempts.chance)?;
        *self.attempts.of(id) = Made { attempts: attempts + 1, delay, gives_up: Time::MAX };
        self.meter.count(Counter::Retries, 1);
        Some(delay)
    }

    /// A request ends that has not been served.
    fn lose(&mut self, now: Time, id: RequestId, reason: Rejection) {
        let request = *self.requests.get(id);
        if self.attempts.counts() {
            self.attempts.of(id).gives_up = Time::MAX;
        }
        self.meter.count(Counter::DeadLetters, u64::from(self.attempts.retry.is_some()));
        self.meter.counters_mut().reject(reason);
        self.meter.lower(Gauge::InSystem, 1);
        self.books.reject(now, &request);
        self.recorder.rejected(request.decided, request.function, reason);
        self.requests.remove(id);
    }

    /// A request comes again, with all of its gang.
    pub(super) fn comes_again(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.platform.advance(now, &mut self.meter);
        match self.attempts.together.remove(&id) {
            Some(mut gang) => self.ask_for_gang(now, &mut gang, queue),
            None => self.ask(now, id, queue),
        }
    }

    /// A sandbox has become ready: for a request, or for none.
    pub(super) fn started(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if !self.platform.is_general() {
            self.run(now, id, queue);
            return;
        }
        let request = self.requests.get(id);
        let sandbox = Id::new(request.place);
        let boot = request.boot;
        self.platform.ready(now, sandbox, &mut self.meter);
        if boot {
            self.requests.remove(id);
        } else {
            self.run(now, id, queue);
        }
    }

    /// Starts the sandboxes that the platform wants without a request.
    pub(super) fn boot_all(&mut self, now: Time, queue: &mut Queue) -> bool {
        let Some((sandbox, from)) = self.platform.take_boot() else { return false };
        let function = self.platform.sandbox(sandbox).function;
        let id = self.requests.insert_boot(function, now, sandbox.raw(), from);
        self.start_cold(now, id, queue);
        true
    }
}
