//! Sums kept beside the meter, for the audits at the end of a run.

use crate::record::{Breakdown, Completed, Component, Counter, Counters, Gauge, Meter, Recorder};
use crate::units::{Span, Time};
use crate::workload::Invocation;

use super::arrivals::Arrivals;
use super::audit::Audit;
use super::paths::Paths;
use super::report::{InSystem, Scope};
use super::request::Request;

/// What became of requests.
#[derive(Clone, Copy, Debug, Default)]
struct Fates {
    arrived: u64,
    completed: u64,
    rejected: u64,
}

impl Fates {
    fn open(&self) -> u64 {
        self.arrived - self.completed - self.rejected
    }
}

/// What has been accounted so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accounts {
    scope: Scope,
    /// All requests.
    all: Fates,
    /// Those of them that do not count.
    others: Fates,
    /// What of the time of those from decision to end is in the period.
    passing: u128,
    /// What of the time of those that count is after it.
    after: u128,
    /// From arrival to answer, of completed requests.
    answered: u128,
    /// From arrival to loss, of lost ones.
    lost: u128,
    /// From the end of their runs to their answers, of completed ones; where all are alike nobody counts it.
    returning: u128,
    /// The last answer.
    last: Time,
    /// Time from ready to completion of requests that have run, as far as it is in the period, times the cores that they kept
    /// busy.
    running: u128,
    /// Requests whose breakdown did not sum to their response time.
    unbalanced: u64,
    /// Of request and response messages.
    message_bytes: u128,
}

/// A request that has its answer.
pub(super) struct Ending<'a> {
    pub(super) request: &'a Request,
    /// Whether its run was one event.
    pub(super) straight: bool,
    /// The time of its stages; without it, it began in a warm sandbox.
    pub(super) ledger: Option<&'a Breakdown>,
    /// From its arrival to the platform's decision.
    pub(super) offset: Span,
    pub(super) paths: &'a Paths,
}

impl Accounts {
    /// Nothing yet; `scope` says which requests count.
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            all: Fates::default(),
            others: Fates::default(),
            passing: 0,
            after: 0,
            answered: 0,
            lost: 0,
            returning: 0,
            last: Time::ZERO,
            running: 0,
            unbalanced: 0,
            message_bytes: 0,
        }
    }
    /// What is measured begins.
    pub(super) fn begin(&mut self) {
        (self.passing, self.running) = (0, 0);
    }
    /// A request has come.
    #[inline(always)]
    pub(super) fn arrive(&mut self) {
        self.all.arrived += 1;
    }
    /// The request that has come arrived then; where all count nobody asks.
    pub(super) fn arrived_at(&mut self, arrived: Time) {
        self.others.arrived += u64::from(!self.scope.has(arrived));
    }
    /// Whether a request counts that came to the platform `offset` after its arrival.
    pub(super) fn has(&self, request: &Request, offset: Span) -> bool {
        self.scope.has(Time::from_ps(request.decided.as_ps() - offset.as_ps()))
    }
    /// Books a request that counts and is lost.
    pub(super) fn reject(&mut self, now: Time, request: &Request, offset: Span) {
        self.all.rejected += 1;
        self.last = self.last.max(now);
        self.lost += u128::from((now.since(request.decided) + offset).as_ps());
        self.goes_on(now, request);
    }
    /// Books what of the time of a request that counts and is over is after what is measured.
    pub(super) fn goes_on(&mut self, now: Time, request: &Request) {
        self.after += u128::from(self.scope.after(request.decided, now).as_ps());
    }
    /// Books a request that does not count: it is completed, or lost.
    pub(super) fn pass(&mut self, now: Time, request: &Request, completed: bool) {
        self.passing += u128::from(self.scope.part(request.decided, now).as_ps());
        for fates in [&mut self.all, &mut self.others] {
            if completed {
                fates.completed += 1;
            } else {
                fates.rejected += 1;
            }
        }
    }
    /// A run of a plain request is over, which took so long.
    #[inline(always)]
    pub(super) fn has_run(&mut self, span: Span) {
        self.running += u128::from(span.as_ps());
    }
    /// A run is over that began at `ready` and kept so much of the cores busy, in the units of the meter.
    pub(super) fn has_run_since(&mut self, ready: Time, now: Time, cores: u64) {
        self.running += u128::from(self.scope.part(ready, now).as_ps()) * u128::from(cores);
    }
    /// Books that an answer is on its way for so long.
    #[inline]
    pub(super) fn returns(&mut self, span: Span) {
        self.returning += u128::from(span.as_ps());
    }
    /// Books messages that have been sent.
    #[inline(always)]
    pub(super) fn sends(&mut self, paths: &Paths) {
        self.message_bytes += u128::from(paths.messages.0);
    }
    /// Books stages or requests whose parts do not sum to their time.
    pub(super) fn are_unbalanced(&mut self, number: u64) {
        self.unbalanced += number;
    }
    /// Requests of those that count that came and have no answer yet.
    pub(super) fn open(&self) -> u64 {
        self.all.open() - self.others.open()
    }
    /// When what is measured is over, which is not before `to`; nobody knows while requests that count are open or to come.
    pub(super) fn over<I: Iterator<Item = Invocation>>(&self, arrivals: &Arrivals<I>, to: Time) -> Option<Time> {
        let done = self.open() == 0 && arrivals.are_over(self.scope.to);
        done.then(|| self.last.max(to))
    }
    /// When the last request that counts was answered, or lost.
    pub(super) fn last(&self) -> Time {
        self.last
    }
    /// Time from ready to completion of requests that have run, as far as it is in the period, in picoseconds.
    pub(super) fn running(&self) -> u128 {
        self.running
    }
    /// Bytes of all messages.
    pub(super) fn message_bytes(&self) -> u128 {
        self.message_bytes
    }
    /// Requests that came, counted or not.
    pub(super) fn arrived(&self) -> u64 {
        self.all.arrived
    }

    /// Books a completed request and tells the recorder.
    #[inline(always)]
    pub(super) fn complete(&mut self, now: Time, ending: &Ending<'_>, meter: &mut Meter, recorder: &mut impl Recorder) {
        let Ending { request, straight, ledger, offset, paths } = *ending;
        let arrived = Time::from_ps(request.decided.as_ps() - offset.as_ps());
        let answered = now + paths.network_out;
        // What is longer than the shortest way to the platform follows the decision, as a stage.
        let network_in = Span::from_ps(offset.as_ps() - paths.dispatch.as_ps());
        // A run that was one event consists of what does not depend on load; the stages of any other are in the ledger.
        let mut breakdown = Breakdown::new([
            (Component::Queue, request.began.since(request.decided)),
            (Component::Dispatch, paths.dispatch),
            (Component::ColdAllocate, Span::ZERO),
            (Component::ColdFetch, Span::ZERO),
            (Component::ColdBoot, Span::ZERO),
            (Component::ColdInit, Span::ZERO),
            (Component::Compute, request.run.compute),
            (Component::LocalMemory, request.run.local),
            (Component::RemoteMemory, if straight { paths.circuit } else { Span::ZERO }),
            (Component::Network, network_in + paths.network_out),
            (Component::Storage, Span::ZERO),
        ]);
        let balanced = if let Some(ledger) = ledger {
            breakdown.add(ledger);
            breakdown.total() == answered.since(arrived)
        } else {
            // What can go wrong: a run that is not as long as its parts. The rest of the sum is differences of the same
            // few times.
            now.since(request.ready) == request.run.steady() + paths.circuit && request.ready == request.began
        };
        self.unbalanced += u64::from(!balanced);
        debug_assert_eq!(balanced, breakdown.total() == answered.since(arrived), "{request:?}");
        self.all.completed += 1;
        self.answered += u128::from(answered.since(arrived).as_ps());
        self.last = self.last.max(answered);
        self.sends(paths);
        meter.lower(Gauge::InSystem, 1);
        recorder.completed(&Completed {
            function: request.function,
            arrived,
            answered,
            duration: request.duration,
            cold: request.cold,
            breakdown,
        });
    }

    /// Counts those that count.
    pub(super) fn count(&self, counters: &mut Counters) {
        let Self { all, others, .. } = self;
        counters.add(Counter::Arrived, all.arrived - others.arrived);
        counters.add(Counter::Completed, all.completed - others.completed);
        counters.add(Counter::Rejected, all.rejected - others.rejected);
        counters.add(Counter::Open, self.open());
    }

    /// Requests in the data centre over the period: what the meter saw between decision and end of a run, with `offset` before
    /// that and the answer's way after it; against the times of single requests, of which those that are `open` at the end
    /// have been there since their decision for so long of the period. Where all answers take the `same` way, they are not booked. Requests
    /// that do not count are there from decision to end of run.
    pub(super) fn in_system(&self, meter: &Meter, offset: Span, open: u128, same: Option<Span>) -> InSystem {
        let before = |requests: u64| u128::from(requests) * u128::from(offset.as_ps());
        let after = same.map_or(self.returning, |way| u128::from(self.all.completed) * u128::from(way.as_ps()));
        InSystem {
            over_time: meter.total(Gauge::InSystem) + before(self.all.arrived - self.others.arrived) + after,
            answered: self.answered,
            others: self.lost + open + before(self.open()) + self.passing,
            after: self.after,
        }
    }

    /// The laws that every platform obeys. `open` requests are in flight at the end.
    pub(super) fn audits(&self, open: u64, in_system: &InSystem) -> Vec<Audit> {
        vec![
            Audit::equal(
                "requests arrived = completed + rejected + running",
                u128::from(self.all.arrived),
                u128::from(self.all.completed + self.all.rejected + open),
            ),
            Audit::equal(
                "Little: requests in the data centre over time = their times from arrival to answer [ps]",
                in_system.over_time + in_system.after,
                in_system.answered + in_system.others,
            ),
            Audit::equal("breakdowns that do not sum to their response time = 0", u128::from(self.unbalanced), 0),
        ]
    }
}
