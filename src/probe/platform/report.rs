//! What the probe measures, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::platform::serverless::Warmth;
use crate::record::{Counter, Gauge, Rejection};
use crate::stats::{quantile, sorted};
use crate::world::{Audit, RunReport};

use super::WasteHorizon;

/// What the probe measures.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformResult {
    /// Requests.
    pub invocations: u64,
    /// Requests that found no warm sandbox and waited for one to start, from whatever there was of it.
    pub cold_starts: u64,
    /// Sandboxes created, for requests and ahead of them.
    pub sandboxes_created: u64,
    /// Requests that waited for a place.
    pub queued: u64,
    /// Requests rejected.
    pub rejected: u64,
    /// Requests still open at the end.
    pub running: u64,
    /// Mean of finish less arrival, in seconds.
    pub mean_response_s: f64,
    /// Median, linear between order statistics, in seconds.
    pub p50_s: f64,
    /// 90 % quantile in seconds.
    pub p90_s: f64,
    /// 99 % quantile in seconds.
    pub p99_s: f64,
    /// Memory held beside the cores by idle sandboxes up to the waste horizon, in MiB·s (which traces call MB·s).
    pub wasted_memory_mb_s: f64,
    /// Mean number of requests in the system, from arrival to answer, until the last has ended.
    pub mean_concurrency: f64,
    /// Sum of the run times over the same time: what Little's law makes of the concurrency.
    pub offered_concurrency: f64,
    /// Memory held in pools by idle sandboxes, likewise.
    pub wasted_pool_memory_mb_s: f64,
    /// Idle sandboxes removed, or moved to a pool, to make room.
    pub evictions: u64,
    /// Sandboxes started without a request.
    pub prewarms: u64,
    /// Sandboxes that lost their function's code or their runtime, or moved to a pool.
    pub demotions: u64,
    /// Starts of requests by what there was of their sandbox: nothing, bare, language, pool, warm.
    pub starts: BTreeMap<&'static str, u64>,
    /// Attempts after the first.
    pub retries: u64,
    /// Requests lost after their last attempt, where there could have been several.
    pub dead_letters: u64,
    /// Requests rejected, by the reason of their last attempt.
    pub rejected_by_reason: BTreeMap<&'static str, u64>,
    /// Mean number of sandboxes over the same time.
    pub mean_sandboxes: f64,
    /// Most sandboxes at once.
    pub peak_sandboxes: u64,
    /// Conservation laws that do not hold; empty.
    pub broken_laws: Vec<String>,
}

/// What a run gave, to be made a result of.
pub(super) struct Run {
    pub(super) report: RunReport,
    /// Response times in seconds.
    pub(super) times: Vec<f64>,
    /// Sum of the run times in picoseconds.
    pub(super) offered: u128,
    pub(super) horizon: WasteHorizon,
}

impl Run {
    pub(super) fn result(self) -> PlatformResult {
        let report = &self.report;
        let [arrived, completed, rejected, running] = report.requests();
        let times = sorted(self.times);
        let at = |p| quantile(&times, p).unwrap_or(0.0);
        let total = |gauge| match self.horizon {
            WasteHorizon::Completion => report.meter.beyond(gauge),
            WasteHorizon::TraceEnd => report.meter.bins(gauge).next().map_or(0, |bin| bin.total),
        };
        let seconds = report.period().length().as_secs_f64();
        let over_time = |request_ps: u128| if seconds > 0.0 { request_ps as f64 / 1e12 / seconds } else { 0.0 };
        let mib_s = |byte_ps: u128| byte_ps as f64 / 1_048_576.0 / 1e12;
        let mut starts = Warmth::ALL.map(|from| report.count(from.counter()));
        // The straight path does not count the warm ones; there, none fails that has started.
        starts[Warmth::Warm as usize] += completed.saturating_sub(starts.iter().sum());
        PlatformResult {
            invocations: arrived,
            cold_starts: starts[..Warmth::Warm as usize].iter().sum(),
            sandboxes_created: report.count(Counter::SandboxesStarted),
            queued: report.count(Counter::Queued),
            rejected,
            running,
            mean_response_s: if times.is_empty() { 0.0 } else { times.iter().sum::<f64>() / times.len() as f64 },
            p50_s: at(0.5),
            p90_s: at(0.9),
            p99_s: at(0.99),
            wasted_memory_mb_s: mib_s(total(Gauge::LocalAllocated) - total(Gauge::MemoryUsed)),
            mean_concurrency: report.concurrency(),
            offered_concurrency: over_time(self.offered),
            wasted_pool_memory_mb_s: mib_s(total(Gauge::PoolAllocated)),
            evictions: report.count(Counter::Evicted),
            prewarms: report.count(Counter::Prewarmed),
            demotions: report.count(Counter::Demoted),
            starts: Warmth::ALL.iter().map(|warmth| (warmth.name(), starts[*warmth as usize])).collect(),
            retries: report.count(Counter::Retries),
            dead_letters: report.count(Counter::DeadLetters),
            rejected_by_reason: Rejection::ALL
                .iter()
                .map(|reason| (reason.name(), report.counters().rejected(*reason)))
                .collect(),
            mean_sandboxes: report.meter.mean(Gauge::Instances),
            peak_sandboxes: report.meter.peak(Gauge::Instances),
            broken_laws: report.audits.iter().filter(|audit| !audit.holds).map(in_words).collect(),
        }
    }
}

fn in_words(audit: &Audit) -> String {
    format!("{}: {} against {}", audit.law, audit.left, audit.right)
}

/// Those that are not zero.
fn listed(counts: &BTreeMap<&'static str, u64>) -> String {
    let some: Vec<String> = counts.iter().filter(|(_, n)| **n > 0).map(|(name, n)| format!("{n} {name}")).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

impl fmt::Display for PlatformResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "invocations       {}", self.invocations)?;
        writeln!(f, "cold starts       {}", self.cold_starts)?;
        writeln!(f, "sandboxes created {}", self.sandboxes_created)?;
        writeln!(f, "starts            {}", listed(&self.starts))?;
        writeln!(f, "queued            {}", self.queued)?;
        writeln!(f, "rejected          {}", self.rejected)?;
        if self.rejected > 0 {
            writeln!(f, "  by reason       {}", listed(&self.rejected_by_reason))?;
        }
        writeln!(f, "retries           {} ({} dead letters)", self.retries, self.dead_letters)?;
        writeln!(f, "running at end    {}", self.running)?;
        writeln!(f, "response, mean    {:.9} s", self.mean_response_s)?;
        writeln!(f, "response, p50     {:.9} s", self.p50_s)?;
        writeln!(f, "response, p90     {:.9} s", self.p90_s)?;
        writeln!(f, "response, p99     {:.9} s", self.p99_s)?;
        writeln!(f, "wasted memory     {:.1} MiB*s", self.wasted_memory_mb_s)?;
        if self.wasted_pool_memory_mb_s > 0.0 {
            writeln!(f, "  in pools        {:.1} MiB*s", self.wasted_pool_memory_mb_s)?;
        }
        writeln!(f, "concurrency       {:.4} (offered {:.4})", self.mean_concurrency, self.offered_concurrency)?;
        writeln!(f, "sandboxes         {:.4} (most {})", self.mean_sandboxes, self.peak_sandboxes)?;
        writeln!(f, "evictions         {}", self.evictions)?;
        writeln!(f, "pre-warms         {}", self.prewarms)?;
        writeln!(f, "demotions         {}", self.demotions)?;
        let laws = if self.broken_laws.is_empty() { "hold".to_owned() } else { self.broken_laws.join("; ") };
        write!(f, "conservation laws {laws}")
    }
}
