//! The rows of replications that were kept, together with those of the others: the same bytes as of one run of all.

use crate::config::plan::Layout;
use crate::output::{ExperimentOutput, Manifest, SummaryRow};

use super::hardware::is_utilisation;

/// What all replications gave, of `kept` and of `new`, those that follow. The manifest has runs, audits and the warnings of
/// single runs alone.
pub(super) fn joined(layouts: &[Layout], mut kept: ExperimentOutput, mut new: ExperimentOutput) -> ExperimentOutput {
    let summary = with_zeros(&kept.summary, &new.summary);
    new.summary = with_zeros(&new.summary, &kept.summary);
    kept.summary = summary;
    let Manifest { runs, audits, warnings, .. } = kept.manifest;
    let single = |warning: &String| {
        let mut starts = runs.iter().map(|run| warning_of(&run.layout, run.replication));
        starts.any(|start| warning.starts_with(&start))
    };
    let warnings: Vec<String> = warnings.into_iter().filter(single).chain(new.manifest.warnings).collect();
    let manifest = Manifest {
        audits: by_layout(layouts, audits, new.manifest.audits, |row| &row.layout),
        runs: runs.into_iter().chain(new.manifest.runs).collect(),
        warnings,
        ..Manifest::default()
    };
    ExperimentOutput {
        manifest,
        resolved_toml: new.resolved_toml,
        summary: by_layout(layouts, kept.summary, new.summary, |row| &row.layout),
        quantiles: by_layout(layouts, kept.quantiles, new.quantiles, |row| &row.layout),
        breakdown: by_layout(layouts, kept.breakdown, new.breakdown, |row| &row.layout),
        series: by_layout(layouts, kept.series, new.series, |row| &row.layout),
        ranges: Vec::new(),
        resources: by_layout(layouts, kept.resources, new.resources, |row| &row.layout),
    }
}

/// How a warning of a single run begins.
pub(super) fn warning_of(layout: &str, replication: u32) -> String {
    format!("{layout}, replication {replication}: ")
}

/// The order of tables: by layout, then replication.
fn by_layout<T>(layouts: &[Layout], kept: Vec<T>, new: Vec<T>, layout_of: impl Fn(&T) -> &String) -> Vec<T> {
    let mut rows = kept;
    rows.extend(new);
    // Stable: replications stay in order.
    rows.sort_by_key(|row| layouts.iter().position(|layout| layout.name == *layout_of(row)));
    rows
}

/// With a row of zero for the utilisation of what these runs did not use and the `others` did: a mean over replications is over
/// all of them.
fn with_zeros(rows: &[SummaryRow], others: &[SummaryRow]) -> Vec<SummaryRow> {
    let same_run = |a: &SummaryRow, b: &SummaryRow| a.layout == b.layout && a.replication == b.replication;
    let mut all = Vec::with_capacity(rows.len());
    for run in rows.chunk_by(same_run) {
        let mut run = run.to_vec();
        let other = others.chunk_by(same_run).find(|other| other[0].layout == run[0].layout);
        let mut at = 0;
        for row in other.unwrap_or_default() {
            match run.iter().position(|own| own.metric == row.metric) {
                Some(place) => at = place + 1,
                None if is_utilisation(&row.metric) => {
                    run.insert(at, SummaryRow { replication: run[0].replication, value: 0.0, ..row.clone() });
                    at += 1;
                }
                None => {}
            }
        }
        all.extend(run);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(layout: &str, replication: u32, metric: &str, value: f64) -> SummaryRow {
        SummaryRow { layout: layout.into(), replication, metric: metric.into(), value, unit: "1".into() }
    }

    #[test]
    fn what_was_not_used_is_zero_where_others_used_it() {
        let kept = [row("a", 0, "concurrency.mean", 1.0), row("a", 0, "cost.user", 2.0), row("b", 0, "cost.user", 2.0)];
        let new = [
            row("a", 1, "requests.rejected.throttled", 4.0),
            row("a", 1, "concurrency.mean", 1.0),
            row("a", 1, "storage.utilisation.mean", 0.5),
            row("a", 1, "storage.utilisation.busiest", 0.75),
            row("a", 1, "cost.user", 2.0),
        ];
        let zeros = [row("a", 0, "storage.utilisation.mean", 0.0), row("a", 0, "storage.utilisation.busiest", 0.0)];
        let [first, cost, other] = kept.clone();
        let [mean, busiest] = zeros;
        assert_eq!(with_zeros(&kept, &new), [first, mean, busiest, cost, other]);
        assert_eq!(with_zeros(&new, &kept), new);
    }
}
