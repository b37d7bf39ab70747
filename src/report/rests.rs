//! What energy and money rest on: how sure the numbers of the parts are, and how far ratios move within their ranges.

use serde::Serialize;

use super::compare::{Comparison, ComparisonRow};
use super::scale::ratio;
use crate::output::{RangeRow, metrics};

/// What is said of one layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Rests<'a> {
    pub layout: &'a str,
    /// As "energy a 34 %, b 52 %, c 14 %", and of all layouts but the first "Energy, total ×1.05 within ×0.94 to ×1.21" with
    /// the numbers that decide it.
    pub sentences: Vec<String>,
}

/// Most numbers that are named as those that decide a ratio.
const NAMED: usize = 2;

/// Ranges that are narrower than this share of the ratio, and shares below it, are not told.
const TOLD: f64 = 0.005;

/// What is said of each layout; nothing of those without such numbers.
pub(super) fn rests(comparison: &Comparison) -> Vec<Rests<'_>> {
    let of_layout = |layout: &String| {
        let shares = [("energy", "share.energy."), ("provider cost", "share.provider.")];
        let of_shares = shares.iter().filter_map(|(what, start)| confidence(layout, &comparison.rows, what, start));
        of_shares.chain(ratios(layout, comparison)).collect::<Vec<String>>()
    };
    let all = comparison.layouts.iter().map(|layout| Rests { layout, sentences: of_layout(layout) });
    all.filter(|rests| !rests.sentences.is_empty()).collect()
}

/// "energy a 34 %, b 52 %, c 14 %": the mean share of each confidence that there is.
fn confidence(layout: &str, rows: &[ComparisonRow], what: &str, start: &str) -> Option<String> {
    let mine = rows.iter().filter(|row| row.layout == layout && row.mean >= TOLD);
    let shares = mine.filter_map(|row| Some(format!("{} {:.0} %", row.metric.strip_prefix(start)?, row.mean * 100.0)));
    let shares: Vec<String> = shares.collect();
    (!shares.is_empty()).then(|| format!("{what} {}", shares.join(", ")))
}

/// The ranges of the ratios of a layout, with what decides them; metrics that move alike are told together.
fn ratios(layout: &str, comparison: &Comparison) -> Vec<String> {
    let mine = || comparison.ranges.iter().filter(|range| range.layout == layout);
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for range in mine().filter(|range| range.number.is_empty() && range.high - range.low >= TOLD * range.high) {
        let row = comparison.row(&range.metric, layout);
        let Some(times) = row.and_then(|row| row.ratio_to_first) else { continue };
        let numbers = mine().filter(|number| number.metric == range.metric && !number.number.is_empty());
        let named = numbers.take(NAMED).map(|number| format!("by {} {}", number.number, ends(number)));
        let said = [format!("{} within {}", ratio(times), ends(range))].into_iter().chain(named).collect();
        let label = metrics::label(&range.metric);
        match told.iter_mut().find(|(_, known)| *known == said) {
            Some((labels, _)) => *labels = format!("{labels} and {}", label.to_lowercase()),
            None => told.push((label, said)),
        }
    }
    told.into_iter().flat_map(|(labels, said)| with_label(&labels, said)).collect()
}

/// The first sentence with its label in front.
fn with_label(labels: &str, mut said: Vec<String>) -> Vec<String> {
    if let Some(first) = said.first_mut() {
        *first = format!("{labels} {first}");
    }
    said
}

/// "×0.94 to ×1.21".
fn ends(range: &RangeRow) -> String {
    format!("{} to {}", ratio(range.low), ratio(range.high))
}
