//! What the reader of the numbers of one run should know: requests that are in no mean of latency, and work that was left when
//! the trace was over.

use crate::engine::Stop;
use crate::output::SMALL_LOSS;
use crate::record::{Counter, Counters, Rejection};
use crate::units::Span;
use crate::world::RunReport;

/// From this share on, of requests or of the trace, work that is left is told.
const MUCH: f64 = 0.01;

/// The warnings of one run, whose arrivals that count are over `until`.
pub(super) fn of(report: &RunReport, until: Span) -> Vec<String> {
    [lost(report), open(report), backlog(report, until), nothing(report)].into_iter().flatten().collect()
}

/// Requests that were lost.
fn lost(report: &RunReport) -> Option<String> {
    let [arrived, _, rejected, _] = report.requests();
    let reasons = reasons(report.counters());
    (rejected as f64 > SMALL_LOSS * arrived as f64)
        .then(|| format!("{rejected} of {arrived} requests were lost{reasons}: latencies are those of the others"))
}

/// Requests that were open when a bound stopped the run, or that nothing could end.
fn open(report: &RunReport) -> Option<String> {
    let [arrived, _, _, open] = report.requests();
    let end = match report.outcome.stop {
        Stop::TimeLimit => "limits.drain was reached",
        Stop::EventLimit => "limits.events was reached",
        Stop::Finished | Stop::Interrupted => "nothing more could happen",
    };
    (open > 0).then(|| {
        let share = open as f64 / arrived.max(1) as f64 * 100.0;
        format!(
            "{open} of {arrived} requests ({share:.2} %) had no answer when {end}: latencies are those of the others, and what is paid and drawn for the open ones is not all in the totals"
        )
    })
}

/// Work that was left when no more requests that count could come, where it is much.
fn backlog(report: &RunReport, until: Span) -> Option<String> {
    let backlog = report.backlog;
    let (until, end) = (until.as_secs_f64(), report.period().end.as_secs_f64());
    let beyond = end - until;
    let waiting = backlog.requests as f64 > MUCH * report.count(Counter::Arrived) as f64;
    let length = until - report.period().start.as_secs_f64();
    (backlog.requests > 0 && (waiting || beyond > MUCH * length)).then(|| {
        let work = backlog.core_time as f64 / 1e12;
        if beyond <= 0.0 {
            return format!(
                "{} requests were open when the period was over, after {until:.1} s, with another {work:.1} s of core time: latencies are theirs too, all else ends there; where work piles up, measure the whole run",
                backlog.requests
            );
        }
        format!(
            "{} requests were open after {until:.1} s, when the last had come; the period goes on until {end:.1} s, with another {work:.1} s of core time: the means are over all of it",
            backlog.requests
        )
    })
}

/// A run without latencies.
fn nothing(report: &RunReport) -> Option<String> {
    let none = report.count(Counter::Completed) == 0;
    none.then(|| "no request was answered: there is no latency, and nothing for each request; means over replications are those of the others".to_owned())
}

/// Why requests were lost, in words: ` (12 queue full, 3 throttled)`.
fn reasons(counters: &Counters) -> String {
    let told: Vec<String> = Rejection::ALL
        .iter()
        .map(|reason| (reason, counters.rejected(*reason)))
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| format!("{count} {}", reason.name()))
        .collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}
