//! What the replays of a log make of it: a table for people, JSON for programs.

use std::fmt;

use serde::Serialize;

use crate::config::plan::IdleChoice;
use crate::units::Span;
use crate::workload::trace::cloud_log::{Bill, CloudLog, LoggedRun};

use super::replay::Outcome;

/// A log and its replays.
#[derive(Clone, Debug, Serialize)]
pub struct CloudResult {
    /// Requests in the log.
    pub requests: u64,
    /// Cold starts in the log.
    pub real_cold: u64,
    /// One for each keep-alive and choice.
    pub replays: Vec<ReplayResult>,
    /// Whether bills are durations rounded up; missing where the log does not say.
    pub billing: Option<Billing>,
}

/// A log under one keep-alive and one choice.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayResult {
    /// Which idle sandbox serves the next request.
    pub idle_choice: IdleChoice,
    /// How long an idle sandbox is kept, in seconds.
    pub keep_alive_s: f64,
    /// Cold starts of the platform.
    pub predicted_cold: u64,
    /// `predicted / real − 1` over all runs; missing where the log has no cold start.
    pub relative_error: Option<f64>,
    /// Mean over the runs of the absolute relative error. Runs without a cold start in the log have none, and are left
    /// out; missing where that is all of them.
    pub mean_relative_error: Option<f64>,
    /// Share of the requests whose start is cold in both or warm in both.
    pub agreement: f64,
    /// Requests that kept their own response time although their start differs, for want of a mean of the other kind.
    pub without_mean: u64,
    /// Each run.
    pub runs: Vec<RunResult>,
}

/// One run of a log under one keep-alive and one choice.
#[derive(Clone, Debug, Serialize)]
pub struct RunResult {
    /// Its name in the log.
    pub run: String,
    /// Its requests.
    pub requests: u64,
    /// Its cold starts in the log.
    pub real_cold: u64,
    /// Its cold starts on the platform.
    pub predicted_cold: u64,
    /// `predicted / real − 1`; missing where the log has no cold start in it.
    pub relative_error: Option<f64>,
}

/// How many bills are the duration rounded up.
#[derive(Clone, Debug, Serialize)]
pub struct Billing {
    /// To a multiple of this, in milliseconds.
    pub quantum_ms: f64,
    /// Rows of the log.
    pub rows: u64,
    /// Those billed for their duration, rounded up.
    pub as_expected: u64,
    /// Their share.
    pub share: f64,
    /// The first of the others.
    pub deviations: Vec<Deviation>,
}

/// A row that is billed for another time.
#[derive(Clone, Debug, Serialize)]
pub struct Deviation {
    /// Its line in the log.
    pub line: u64,
    /// How long it ran, in milliseconds.
    pub duration_ms: f64,
    /// How long it was billed for.
    pub billed_ms: f64,
    /// Its duration rounded up.
    pub expected_ms: f64,
}

const DEVIATIONS_SHOWN: usize = 5;

fn real_cold(run: &LoggedRun) -> u64 {
    run.requests.iter().filter(|request| request.cold).count() as u64
}

fn relative_error(predicted: u64, real: u64) -> Option<f64> {
    (real > 0).then(|| predicted as f64 / real as f64 - 1.0)
}

impl CloudResult {
    pub(super) fn new(log: &CloudLog, replays: Vec<ReplayResult>, billing: Option<Billing>) -> Self {
        let requests = log.runs.iter().map(|run| run.requests.len() as u64).sum();
        Self { requests, real_cold: log.runs.iter().map(real_cold).sum(), replays, billing }
    }

    /// For programs.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("results are numbers and text")
    }
}

impl ReplayResult {
    pub(super) fn new(keep_alive: Span, idle_choice: IdleChoice, outcomes: &[Outcome]) -> Self {
        let runs: Vec<RunResult> = outcomes.iter().map(RunResult::new).collect();
        let sum = |of: fn(&RunResult) -> u64| runs.iter().map(of).sum::<u64>();
        let (requests, real, predicted) = (sum(|r| r.requests), sum(|r| r.real_cold), sum(|r| r.predicted_cold));
        let errors: Vec<f64> = runs.iter().filter_map(|run| run.relative_error).map(f64::abs).collect();
        let agreeing: u64 = outcomes.iter().map(|outcome| outcome.agreeing).sum();
        Self {
            idle_choice,
            keep_alive_s: keep_alive.as_secs_f64(),
            predicted_cold: predicted,
            relative_error: relative_error(predicted, real),
            mean_relative_error: (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64),
            agreement: agreeing as f64 / requests as f64,
            without_mean: outcomes.iter().map(|outcome| outcome.without_mean).sum(),
            runs,
        }
    }

    fn label(&self) -> String {
        let choice = serde_json::to_value(self.idle_choice).expect("a choice is a word");
        format!("{}, {}", choice.as_str().unwrap_or_default(), Span::from_secs_f64(self.keep_alive_s))
    }
}

impl RunResult {
    fn new(outcome: &Outcome) -> Self {
        let (real, predicted) = (real_cold(outcome.run), outcome.predicted_cold);
        Self {
            run: outcome.run.name.clone(),
            requests: outcome.run.requests.len() as u64,
            real_cold: real,
            predicted_cold: predicted,
            relative_error: relative_error(predicted, real),
        }
    }
}

impl Billing {
    /// `None` of no bills.
    pub(super) fn check(bills: &[Bill], quantum: Span) -> Option<Self> {
        let ms = |span: Span| span.as_secs_f64() * 1e3;
        let wrong = || bills.iter().filter(|bill| bill.duration.round_up_to(quantum) != bill.billed);
        let (rows, deviating) = (bills.len() as u64, wrong().count() as u64);
        let deviation = |bill: &Bill| Deviation {
            line: bill.line,
            duration_ms: ms(bill.duration),
            billed_ms: ms(bill.billed),
            expected_ms: ms(bill.duration.round_up_to(quantum)),
        };
        (rows > 0).then(|| Self {
            quantum_ms: ms(quantum),
            rows,
            as_expected: rows - deviating,
            share: (rows - deviating) as f64 / rows as f64,
            deviations: wrong().take(DEVIATIONS_SHOWN).map(deviation).collect(),
        })
    }
}

fn signed(error: Option<f64>) -> String {
    error.map_or("-".to_owned(), |error| format!("{:+.1} %", error * 100.0))
}

fn percentage(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// A line for each run: what was logged, then predicted cold starts and their error for each replay.
impl fmt::Display for CloudResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs();
        let width = runs.iter().map(|run| run.run.chars().count()).max().unwrap_or(0).max(19);
        let mut line = |[run, requests, cold]: [&str; 3], cells: &dyn Fn(&ReplayResult) -> String| {
            write!(f, "{run:<width$} {requests:>9} {cold:>7}")?;
            self.replays.iter().try_for_each(|replay| write!(f, "   {:>19}", cells(replay)))?;
            writeln!(f)
        };
        let pair = |cold: u64, error: Option<f64>| format!("{cold:>9} {:>9}", signed(error));
        line(["", "", "log"], &ReplayResult::label)?;
        line(["run", "requests", "cold"], &|_| format!("{:>9} {:>9}", "cold", "error"))?;
        for (i, run) in runs.iter().enumerate() {
            let of_run = |replay: &ReplayResult| pair(replay.runs[i].predicted_cold, replay.runs[i].relative_error);
            line([&run.run, &run.requests.to_string(), &run.real_cold.to_string()], &of_run)?;
        }
        let of_all = |replay: &ReplayResult| pair(replay.predicted_cold, replay.relative_error);
        line(["all", &self.requests.to_string(), &self.real_cold.to_string()], &of_all)?;
        line(["mean relative error", "", ""], &|replay| percentage(replay.mean_relative_error))?;
        line(["requests that agree", "", ""], &|replay| percentage(Some(replay.agreement)))?;
        self.notes(f)
    }
}

impl CloudResult {
    /// The runs as logged, which are the same in every replay.
    fn runs(&self) -> &[RunResult] {
        self.replays.first().map_or(&[], |replay| &replay.runs)
    }

    fn notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nerror: cold starts of the replay over those of the log, less one; its mean without signs")?;
        let runs = self.runs();
        let without_cold = runs.iter().filter(|run| run.real_cold == 0).count();
        if without_cold > 0 {
            writeln!(
                f,
                "{without_cold} of {} runs have no cold start in the log, and no part in the mean",
                runs.len()
            )?;
        }
        for replay in self.replays.iter().filter(|replay| replay.without_mean > 0) {
            writeln!(
                f,
                "{}: {} requests whose start differs keep their own time, as their run has none of the other kind",
                replay.label(),
                replay.without_mean,
            )?;
        }
        let Some(billing) = &self.billing else {
            return writeln!(f, "billing: not checked, the log has no columns `duration_ms` and `billed_ms`");
        };
        writeln!(
            f,
            "billing: {} of {} rows ({:.3} %) are billed for their duration rounded up to {} ms",
            billing.as_expected,
            billing.rows,
            billing.share * 100.0,
            billing.quantum_ms,
        )?;
        for Deviation { line, duration_ms, billed_ms, expected_ms } in &billing.deviations {
            writeln!(f, "  line {line}: {duration_ms} ms are billed as {billed_ms} ms, not {expected_ms} ms")?;
        }
        let more = billing.rows - billing.as_expected - billing.deviations.len() as u64;
        if more > 0 { writeln!(f, "  and {more} more") } else { Ok(()) }
    }
}
