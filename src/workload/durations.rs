//! The durations of a function, as the project's own form of a trace gives them.

use super::{ImportReport, InverseCdf};
use crate::units::Span;

/// What durations of zero are raised to, where they are not dropped.
pub const SHORTEST: Span = Span::from_ms(1);

/// The percentiles of durations in `functions.csv`.
pub const PERCENTS: [u32; 7] = [0, 1, 25, 50, 75, 99, 100];
/// The same as probabilities: those of Azure Functions 2019, on which the form is modelled.
pub const PROBABILITIES: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0];

/// What is counted where a mean is none that the percentiles allow.
pub const BEYOND: &str = "function whose average no shape between its percentiles has: the nearest taken";

/// The distribution of durations with these percentiles [`PERCENTS`] and this mean, where it is known, in picoseconds.
pub(super) fn durations(spans: &[Span], mean: Option<Span>, report: &mut ImportReport) -> InverseCdf {
    report.mend("function with a duration of zero raised to 1 ms", u64::from(spans.contains(&Span::ZERO)));
    let raised = spans.iter().map(|span| if *span == Span::ZERO { SHORTEST } else { *span }.as_ps() as f64);
    let knots: Vec<(f64, f64)> = PROBABILITIES.iter().copied().zip(raised).collect();
    let (inverse, moved) = InverseCdf::mended(&knots).expect("spans are finite and the probabilities rise");
    report.mend("function whose percentiles of duration were put in order", u64::from(moved > 0));
    let Some(mean) = mean else { return inverse };
    let (inverse, allowed) = inverse.with_mean(mean.as_ps() as f64);
    report.mend(BEYOND, u64::from(!allowed));
    inverse
}

/// The percentiles [`PERCENTS`] of a distribution of durations, to the picosecond.
pub(super) fn percentiles(durations: &InverseCdf) -> [Span; PERCENTS.len()] {
    PROBABILITIES.map(|p| whole(durations.quantile(p)))
}

/// The mean that a distribution of durations was asked for, to the picosecond.
pub(super) fn asked_mean(durations: &InverseCdf) -> Option<Span> {
    durations.asked_mean().map(whole)
}

fn whole(ps: f64) -> Span {
    Span::from_ps(libm::rint(ps) as u64)
}
