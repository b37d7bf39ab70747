//! What a comparison says in words, for those who do not read intervals: one sentence for each metric that counts.

use super::compare::{Comparison, ComparisonRow, is_quantile};
use crate::output::metrics;
use crate::stats::SpanHistogram;
use crate::verdict::{Margin, change_in_words};

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

/// Smaller differences matter to nobody, whatever the interval shows; how large one must be to matter is else for the reader.
const MARGIN: Margin = Margin::of(0.001);

/// Each of two quantiles is off by so much of itself at most, so their ratio by twice as much, which its interval holds: closer
/// they are not known. A quarter more, for what replications differ by.
const QUANTILES: Margin = Margin { share: 2.5 * SpanHistogram::RELATIVE_ERROR, resolution_of: Some("quantiles") };

/// Where more requests than this share of those that arrived have no latency, the reader must know.
const FEW: f64 = 0.01;

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
    let margin = if is_quantile(&row.metric) && !row.equal.ratio { QUANTILES } else { MARGIN };
    Some(format!("{}: {}", metrics::label(&row.metric), change_in_words(&row.ratio()?, margin)))
}

/// What must be known of all that is said of latency, in parts of a sentence about latencies; none where almost all requests
/// were answered in every layout.
pub(super) fn caveat(comparison: &Comparison) -> Option<Vec<String>> {
    let without = |layout: &String| {
        let mean = |metric| comparison.row(metric, layout).map_or(0.0, |row| row.mean);
        let share = (mean("requests.rejected") + mean("requests.running_at_end")) / mean("requests.arrived");
        (share > FEW).then(|| format!("without {:.0} % of the requests in {layout}", (share * 100.0).max(1.0)))
    };
    let shares: Vec<String> = comparison.layouts.iter().filter_map(without).collect();
    let heads = ["are of answered requests only", "where others were still open at the end, a lower bound"];
    (!shares.is_empty()).then(|| heads.into_iter().map(str::to_owned).chain(shares).collect())
}

#[cfg(test)]
mod tests {
    use super::super::compare::Equal;
    use super::*;
    use crate::verdict::Sampling;

    fn comparison(rejected: f64, open: f64) -> Comparison {
        let row = |metric: &str, mean, ratio: Option<f64>| ComparisonRow {
            metric: metric.to_owned(),
            layout: "one".to_owned(),
            mean,
            half_width_95: None,
            mean_low: None,
            mean_high: None,
            ratio_to_first: ratio,
            ratio_low: None,
            ratio_high: None,
            range_low: None,
            range_high: None,
            unit: "s".to_owned(),
            n: 3,
            equal: Equal { value: true, ratio: ratio.is_some() },
        };
        let coarse = |row: ComparisonRow| ComparisonRow {
            ratio_low: Some(0.9981),
            ratio_high: Some(1.0019),
            equal: Equal::default(),
            ..row
        };
        let rows = vec![
            coarse(row("response.p99", 1.0, Some(1.0))),
            row("response.p50", 1.0, Some(1.0)),
            row("response.mean", 1.0, Some(1.0)),
            row("cost.user_per_million", 1.0, Some(1.0 - 1e-9)),
            row("energy_per_request", 1.0, Some(0.9)),
            row("requests.arrived", 1000.0, Some(1.0)),
            row("requests.rejected", rejected, None),
            row("requests.running_at_end", open, None),
        ];
        let text = String::new;
        let (flags, warnings) = (Vec::new(), Vec::new());
        let layouts = vec!["base".to_owned(), "one".to_owned()];
        let [experiment, question, facts, basis, measured] = [text(), text(), text(), text(), text()];
        Comparison {
            experiment,
            question,
            facts,
            basis,
            measured,
            layouts,
            replications: 3,
            varies: Vec::new(),
            sampling: Sampling::Runs,
            flags,
            warnings,
            rows,
            ranges: Vec::new(),
        }
    }

    #[test]
    fn no_more_is_said_than_is_known() {
        let comparison = comparison(0.0, 0.0);
        let said = &findings(&comparison)[0];
        assert_eq!(said.layout, "one");
        let sentences = [
            "Response, p99: alike within 0.2 %, the resolution of quantiles",
            "Response, mean: the same in all 3 replications",
            "User cost per million: alike within 0.1 %",
            "Energy per request: 10 % lower",
        ];
        assert_eq!(said.sentences, sentences);
    }

    #[test]
    fn latencies_of_some_requests_only_are_told_once() {
        assert_eq!(caveat(&comparison(5.0, 5.0)), None);
        let parts = caveat(&comparison(80.0, 40.0)).unwrap();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[2], "without 12 % of the requests in one");
    }
}
