//! What a run is looked at for, and what it reports.

use crate::engine::{Limits, Outcome, Stop};
use crate::record::{Counter, Counters, Gauge, Looks, Meter, Period, ResourceKind, ResourceUsage};
use crate::units::{Span, Time};

use super::audit::Audit;

/// What of a run is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// The length of what is served; a run goes on beyond it until what is measured is over.
    pub window: Span,
    /// Where not the whole run is measured: from when on, and up to when. Requests that arrive between count; the run goes on with
    /// those that follow until all that count have their answers, for their latencies alone: all else is of the time between.
    /// Takes the general path, and changes nothing that happens.
    pub counted: Option<(Time, Time)>,
    /// Length of a bin of the time series.
    pub bin: Span,
    /// The run stops this long after the window, or after the last request that counts could have come; not before that has
    /// reached the platform.
    pub drain: Span,
    /// The run stops after this many events.
    pub events: u64,
    /// Whether gauges are kept of each host and pool; only those of several groups are otherwise. Costs time on every
    /// event, and changes no result.
    pub by_entity: bool,
    /// How often within the window it is looked at what is stranded; zero for never.
    pub looks: u32,
    /// Whether the run goes on after the period, with pre-warms and idle sandboxes that run out, so that waste is accounted to
    /// completion; of a serverless platform.
    pub run_out: bool,
}

/// Which requests count: those that arrive from `from` on and before `to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) from: Time,
    pub(super) to: Time,
}

impl Scope {
    /// All requests.
    pub(super) const ALL: Self = Self { from: Time::ZERO, to: Time::MAX };

    /// Whether one that arrives then counts.
    pub(super) fn has(&self, arrived: Time) -> bool {
        self.from <= arrived && arrived < self.to
    }
    /// For how long of the time from `since` to `now` is measured.
    pub(super) fn part(&self, since: Time, now: Time) -> Span {
        let end = now.min(self.to).max(self.from);
        end.since(since.clamp(self.from, end))
    }
    /// How long of the time from `since` to `now` is after what is measured.
    pub(super) fn after(&self, since: Time, now: Time) -> Span {
        let begin = since.max(self.to);
        now.max(begin).since(begin)
    }
}

/// What was there when what is measured began.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) counters: Counters,
    pub(super) usage: Vec<ResourceUsage>,
}

impl Before {
    /// What has come since, of what there is now. Resources are told in one order; machines that were ordered meanwhile come
    /// behind the others of their kind.
    pub(super) fn taken_from(&self, counters: &mut Counters, usage: Vec<ResourceUsage>) -> Vec<ResourceUsage> {
        counters.less(&self.counters);
        let mut before = self.usage.iter().peekable();
        let since = |now: ResourceUsage| {
            let same = before.next_if(|before| (before.kind, before.entity) == (now.kind, now.entity));
            now.less(same)
        };
        usage.into_iter().map(since).collect()
    }
}

/// What there was when what is measured was over, where requests that count may be open then.
#[derive(Debug)]
pub(super) struct Cut {
    /// With the period closed.
    pub(super) meter: Meter,
    pub(super) counters: Counters,
    pub(super) usage: Vec<ResourceUsage>,
    /// Laws that can be looked at only then.
    pub(super) audits: Vec<Audit>,
}

impl Cut {
    /// The period ends now, where the meter stands, while the run goes on.
    pub(super) fn new(
        now: Time,
        meter: &Meter,
        counters: Counters,
        usage: Vec<ResourceUsage>,
        audits: Vec<Audit>,
    ) -> Self {
        let mut meter = meter.clone();
        meter.close(now);
        Self { meter, counters, usage, audits }
    }
}

/// Fewest bins that are kept of a run, however short its trace is, in bins.
const FEWEST_BINS: u64 = 10_000;

impl Measurement {
    /// Of a whole run of this length, without a time series, without bounds.
    pub fn whole(window: Span) -> Self {
        let bin = window.max(Span::TICK);
        Self {
            window,
            counted: None,
            bin,
            drain: Span::MAX,
            events: u64::MAX,
            by_entity: false,
            looks: 0,
            run_out: false,
        }
    }
    /// From when on is measured.
    fn from(&self) -> Time {
        self.counted.map_or(Time::ZERO, |(from, _)| from)
    }
    /// Until when is measured at least.
    pub(super) fn to(&self) -> Time {
        self.counted.map_or(Time::ZERO + self.window, |(_, to)| to)
    }
    /// Which requests count.
    pub(super) fn scope(&self) -> Scope {
        self.counted.map_or(Scope::ALL, |(from, to)| Scope { from, to })
    }
    /// Most bins of the time series: those of what is measured, and as many again for what goes on after it.
    pub fn most_bins(&self) -> usize {
        let bins = self.to().since(self.from()).as_ps().div_ceil(self.bin.as_ps().max(1));
        bins.saturating_mul(2).max(FEWEST_BINS) as usize
    }
    /// For the engine, of a platform that decides on requests `offset` after they arrive.
    pub(super) fn limits(&self, offset: Span) -> Limits {
        let to = self.to();
        // What has come counts as arrived, though it reaches the platform later.
        let end = to.saturating_add(self.drain.max(offset));
        Limits { from: self.from(), to, beyond: self.run_out, end, events: self.events }
    }
    /// When the period ends of a whole run whose last request that counts was answered at `last`: then, or when the window is over,
    /// or where a bound stopped the run.
    pub(super) fn end(&self, outcome: &Outcome, last: Time) -> Time {
        let end = outcome.end.max(last);
        if outcome.stop == Stop::Finished { end.max(self.to()) } else { end }
    }
}

/// Requests in the data centre, from arrival to answer, over the period: the two sides of Little's law, in request-picoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InSystem {
    /// What was there from moment to moment, over time.
    pub over_time: u128,
    /// The times of those that were answered.
    pub answered: u128,
    /// The times of all others: the lost, from arrival to loss, the open, from arrival to the end of the period, and what
    /// of the time of requests that do not count is in the period.
    pub others: u128,
    /// What of the time of those that were answered or lost is after the period.
    pub after: u128,
}

/// Work that was left when no more requests that count could come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Requests that count and had no answer yet.
    pub requests: u64,
    /// Core time that was busy from then to the end of the period, in picoseconds.
    pub core_time: u128,
}

impl Backlog {
    /// With so many requests open; its core time is what has been busy so far, until [`Backlog::until`].
    pub(super) fn of(requests: u64, meter: &Meter) -> Self {
        Self { requests, core_time: core_time(meter) }
    }
    /// With the core time since.
    pub(super) fn until(self, end: &Meter) -> Self {
        Self { core_time: core_time(end) - self.core_time, ..self }
    }
}

/// Core time that has been busy so far, in picoseconds.
fn core_time(meter: &Meter) -> u128 {
    meter.total(Gauge::CoresBusy) / u128::from(meter.unit(Gauge::CoresBusy))
}

/// What a run did, apart from what the recorder heard.
#[derive(Debug)]
pub struct RunReport {
    /// Events, end and hash.
    pub outcome: Outcome,
    /// Levels over the period, and what was counted.
    pub meter: Meter,
    /// Requests in the data centre over the period.
    pub in_system: InSystem,
    /// What was left when no more of them could come.
    pub backlog: Backlog,
    /// What each shared resource did over the period, those that nobody used among them.
    pub usage: Vec<ResourceUsage>,
    /// What was stranded.
    pub looks: Looks,
    /// The conservation laws.
    pub audits: Vec<Audit>,
}

impl RunReport {
    /// The counters.
    pub fn counters(&self) -> &Counters {
        self.meter.counters()
    }
    /// What everything is accounted over.
    pub fn period(&self) -> Period {
        self.meter.period()
    }
    /// Mean number of requests in the data centre, from arrival to answer.
    pub fn concurrency(&self) -> f64 {
        let length = self.period().length().as_ps();
        if length == 0 { 0.0 } else { self.in_system.over_time as f64 / length as f64 }
    }
    /// A counter; zero where the run had no such thing.
    pub fn count(&self, counter: Counter) -> u64 {
        self.counters().get(counter)
    }
    /// Requests that arrived, were answered, were rejected, and were open at the end.
    pub fn requests(&self) -> [u64; 4] {
        [Counter::Arrived, Counter::Completed, Counter::Rejected, Counter::Open].map(|counter| self.count(counter))
    }
    /// What was asked of the resources of one kind, in its unit.
    pub fn asked(&self, kind: ResourceKind) -> u128 {
        self.counters().asked(kind).amount
    }
    /// What the resources of one kind served, in its unit.
    pub fn served(&self, kind: ResourceKind) -> u128 {
        self.usage.iter().filter(|usage| usage.kind == kind).map(|usage| usage.served).sum()
    }
    /// Forgets single resources, hosts and pools: once they are summed up, what is left does not grow with their number.
    pub fn forget_entities(&mut self) {
        self.usage = Vec::new();
        self.meter.forget_entities();
    }
    /// Highest load over capacity of the resources of one kind; zero where there is none.
    pub fn peak_load(&self, kind: ResourceKind) -> f64 {
        self.usage.iter().filter(|usage| usage.kind == kind).filter_map(|usage| usage.peak_load).fold(0.0, f64::max)
    }
}
