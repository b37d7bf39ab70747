//! The period that all is accounted over, in words.

use crate::config::plan::Measure;
use crate::output::RunInfo;

/// What is measured, and how long that was: as one length, or from the shortest to the longest of all runs.
pub(super) fn in_words(measure: Measure, runs: &[RunInfo]) -> String {
    let what = match measure {
        Measure::WholeRun => "the whole run, until the trace is over and the last answer is there".to_owned(),
        Measure::Window { from, to } => {
            format!("what arrives from {from} to {to}, until the last of it has its answer")
        }
        Measure::SteadyState { warm_up } => {
            format!("what arrives after {warm_up}, until the trace is over and the last answer is there")
        }
    };
    let lengths = || runs.iter().map(|run| run.to_s - run.from_s);
    let (shortest, longest) = (lengths().fold(f64::INFINITY, f64::min), lengths().fold(0.0, f64::max));
    let [short, long] = [shortest, longest].map(|seconds| format!("{seconds:.1}"));
    match () {
        () if runs.is_empty() => what,
        () if short == long => format!("{what}, {long} s"),
        () => format!("{what}, {short} to {long} s"),
    }
}
