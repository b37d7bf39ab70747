//! The durations of a function, as the project's own form of a trace gives them.

use super::{ImportReport, InverseCdf};
use crate::units::Span;

/// What durations of zero are raised to, where they are not dropped.
pub const SHORTEST: Span = Span::from_ms(1);

/// The percentiles of durations in `functions.csv`.
pub const PERCENTS: [u32; 7] = [0, 1, 25, 50, 75, 99, 100];
const PROBABILITIES: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0];

/// The distribution of durations with these percentiles [`PERCENTS`], in picoseconds.
pub(super) fn durations(spans: &[Span], report: &mut ImportReport) -> InverseCdf {
    report.mend("function with a duration of zero raised to 1 ms", u64::from(spans.contains(&Span::ZERO)));
    let raised = spans.iter().map(|span| if *span == Span::ZERO { SHORTEST } else { *span }.as_ps() as f64);
    let knots: Vec<(f64, f64)> = PROBABILITIES.iter().copied().zip(raised).collect();
    let (inverse, moved) = InverseCdf::mended(&knots).expect("spans are finite and the probabilities rise");
    report.mend("function whose percentiles of duration were put in order", u64::from(moved > 0));
    inverse
}

/// The percentiles [`PERCENTS`] of a distribution of durations, to the picosecond.
pub(super) fn percentiles(durations: &InverseCdf) -> [Span; PERCENTS.len()] {
    PROBABILITIES.map(|p| Span::from_ps(libm::rint(durations.quantile(p)) as u64))
}
