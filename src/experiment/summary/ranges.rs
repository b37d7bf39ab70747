//! How far ratios of energy and money move within the ranges of prices and powers.

use crate::config::plan::Plan;
use crate::cost::{Subject, Sum, Usage, ratio_ranges};
use crate::output::{RangeRow, UsedRow};

use super::super::finished::usage_of;

/// The metrics that are compared: their sum, and whether it is divided by the requests that were completed.
const METRICS: [(&str, Sum, bool); 5] = [
    ("cost.provider", Sum::Provider, false),
    ("cost.provider_per_million", Sum::Provider, true),
    ("purchase_cost", Sum::Purchase, false),
    ("energy.total", Sum::Energy, false),
    ("energy_per_request", Sum::Energy, true),
];

/// The ranges of the ratios of each layout to the first.
pub(super) fn ranges(plan: &Plan, used: &[UsedRow]) -> Vec<RangeRow> {
    let usages: Vec<Usage> = used.iter().map(usage_of).collect();
    let subjects = |per_request: bool| -> Vec<Subject> {
        let of_layout = |(index, layout)| {
            let mine = used.iter().zip(&usages).filter(|(row, _)| row.layout == index);
            let weight = |row: &UsedRow| {
                let completed = row.completed as f64;
                if !per_request {
                    1.0
                } else if completed > 0.0 {
                    1.0 / completed
                } else {
                    0.0
                }
            };
            let usages: Vec<(&Usage, f64)> = mine.map(|(row, usage)| (usage, weight(row))).collect();
            Subject::new(layout, &usages)
        };
        plan.layouts.iter().enumerate().map(of_layout).collect()
    };
    let [whole, per_request] = [false, true].map(subjects);
    let mut rows = Vec::new();
    for (metric, sum, divided) in METRICS {
        let subjects = if divided { &per_request } else { &whole };
        for (layout, other) in plan.layouts.iter().zip(subjects).skip(1) {
            rows.extend(ratio_ranges(&subjects[0], other, sum).into_iter().map(|range| RangeRow {
                layout: layout.name.clone(),
                metric: metric.to_owned(),
                number: range.number.unwrap_or_default(),
                low: range.low,
                high: range.high,
            }));
        }
    }
    rows
}
