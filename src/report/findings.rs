//! What a comparison says in words, for those who do not read intervals: one sentence for each metric that counts.

use super::compare::{Comparison, ComparisonRow};
use crate::output::metrics;
use crate::verdict::change_in_words;

/// The metrics that a comparison is summed up in, which are also those that a sweep draws, in this order.
pub(super) const KEY_METRICS: &[&str] = &[
    "response.p99",
    "response.mean",
    "cost.user_per_million",
    "cost.provider_per_million",
    "energy_per_request",
    "cores.utilisation",
    "memory.utilisation",
];

/// Differences of any size are told; how large one must be to matter is for the reader to say.
const MARGIN: f64 = 0.0;

/// What is said of one layout against the first.
pub(super) struct Findings<'a> {
    pub layout: &'a str,
    /// As "Response, p99: 12 % lower (8.0 % to 16 %)".
    pub sentences: Vec<String>,
}

/// What can be said of each layout but the first. Nothing where there is one replication: it has no interval.
pub(super) fn findings(comparison: &Comparison) -> Vec<Findings<'_>> {
    if comparison.replications < 2 {
        return Vec::new();
    }
    let sentences = |layout: &String| {
        let rows = KEY_METRICS.iter().filter_map(|metric| comparison.row(metric, layout));
        rows.filter_map(sentence).collect::<Vec<_>>()
    };
    let others = comparison.layouts.iter().skip(1);
    let all = others.map(|layout| Findings { layout, sentences: sentences(layout) });
    all.filter(|findings| !findings.sentences.is_empty()).collect()
}

fn sentence(row: &ComparisonRow) -> Option<String> {
    Some(format!("{}: {}", metrics::label(&row.metric), change_in_words(&row.ratio()?, MARGIN)))
}
