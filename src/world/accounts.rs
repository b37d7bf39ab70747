//! Sums kept beside the meter, for the audits at the end of a run.

use crate::record::{Breakdown, Completed, Component, Counter, Counters, Gauge, Meter, Recorder};
use crate::units::{Span, Time};

use super::audit::Audit;
use super::paths::Paths;
use super::request::Request;

/// What has been accounted so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Accounts {
    pub(super) arrived: u64,
    pub(super) completed: u64,
    pub(super) rejected: u64,
    /// Time in the system of completed and lost requests.
    pub(super) in_system: u128,
    /// Time from ready to completion of requests that have run.
    pub(super) running: u128,
    /// Requests whose breakdown did not sum to their response time.
    pub(super) unbalanced: u64,
    /// Of request and response messages.
    pub(super) message_bytes: u128,
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
    /// Books a request that is lost.
    pub(super) fn reject(&mut self, now: Time, request: &Request) {
        self.rejected += 1;
        self.in_system += u128::from(now.since(request.decided).as_ps());
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
        self.completed += 1;
        self.in_system += u128::from(now.since(request.decided).as_ps());
        self.message_bytes += u128::from(paths.messages.0);
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

    /// Counts what was recorded; `open` requests are in flight at the end.
    pub(super) fn count(&self, open: u64, counters: &mut Counters) {
        counters.add(Counter::Arrived, self.arrived);
        counters.add(Counter::Completed, self.completed);
        counters.add(Counter::Rejected, self.rejected);
        counters.add(Counter::Open, open);
    }

    /// The laws that every platform obeys. `open` requests are in flight at the end, and have been for `open_time`.
    pub(super) fn audits(&self, open: u128, open_time: u128, meter: &Meter) -> Vec<Audit> {
        vec![
            Audit::equal(
                "requests arrived = completed + rejected + running",
                u128::from(self.arrived),
                u128::from(self.completed + self.rejected) + open,
            ),
            Audit::equal(
                "Little: requests in the system over time = time in the system over requests [ps]",
                meter.whole(Gauge::InSystem),
                self.in_system + open_time,
            ),
            Audit::equal("breakdowns that do not sum to their response time = 0", u128::from(self.unbalanced), 0),
        ]
    }
}
