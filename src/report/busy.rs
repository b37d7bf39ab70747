//! How busy the hardware was, for the page: where time and money went, and what was full first.

use indexmap::IndexMap;
use serde::Serialize;

use super::scale::{Scale, grouped};
use crate::output::{ExperimentOutput, RESOURCES, ResourceRow};
use crate::verdict::{CONFIDENCE, Estimate, Sampling};

/// The groups of hardware of one layout.
#[derive(Serialize)]
pub(super) struct Busy<'a> {
    layout: &'a str,
    groups: Vec<Line<'a>>,
}

/// One resource of one group over all replications, in words.
#[derive(Serialize)]
struct Line<'a> {
    resource: &'static str,
    doc: &'static str,
    group: &'a str,
    entities: String,
    /// The mean with its interval, and the length of its bar in percent.
    utilisation: String,
    bar: String,
    /// Of the entity for which it is highest; empty where that is not known, as are the following two.
    busiest: String,
    peak_load: String,
    peak_jobs: String,
    /// Whether no resource of the layout has an entity that is busier.
    fullest: bool,
}

/// Whether a resource has groups whose members were not followed one by one.
pub(super) fn unfollowed(out: &ExperimentOutput) -> bool {
    out.resources.iter().any(|row| row.all.used > 0.0 && row.busiest.is_none())
}

/// The layouts that have rows, each with its groups in the order of the file; those apart that nobody used.
pub(super) fn busy(out: &ExperimentOutput) -> Vec<Busy<'_>> {
    let mut layouts: IndexMap<&str, IndexMap<(&str, &str), Vec<&ResourceRow>>> = IndexMap::new();
    for row in &out.resources {
        let groups = layouts.entry(&row.layout).or_default();
        groups.entry((&row.resource, &row.group)).or_default().push(row);
    }
    let sampling = Sampling::of(&out.manifest);
    layouts
        .into_iter()
        .map(|(layout, groups)| Busy { layout, groups: lines(groups.into_values().collect(), sampling) })
        .collect()
}

fn lines(groups: Vec<Vec<&ResourceRow>>, sampling: Sampling) -> Vec<Line<'_>> {
    let used: Vec<_> = groups.into_iter().filter(|rows| rows.iter().any(|row| row.all.used > 0.0)).collect();
    let fullest = used.iter().map(|rows| highest_mean(rows)).fold(0.0, f64::max);
    used.iter().filter_map(|rows| line(rows, sampling, highest_mean(rows) >= fullest)).collect()
}

/// The utilisation of the busiest, mean over replications; of the whole group where it is not known.
fn highest_mean(rows: &[&ResourceRow]) -> f64 {
    let each = rows.iter().map(|row| row.busiest.unwrap_or_else(|| row.all.utilisation()));
    each.sum::<f64>() / rows.len().max(1) as f64
}

fn line<'a>(rows: &[&'a ResourceRow], sampling: Sampling, fullest: bool) -> Option<Line<'a>> {
    let percent = Scale { factor: 100.0, unit: "%".to_owned() };
    let over = |values: Vec<f64>| sampling.mean(&values, CONFIDENCE);
    let all = over(rows.iter().map(|row| row.all.utilisation()).collect())?;
    let busiest = over(rows.iter().filter_map(|row| row.busiest).collect());
    let in_words = |estimate: Estimate| percent.interval(estimate.value, estimate.ends());
    let first = rows[0];
    let resource = RESOURCES.iter().find(|resource| resource.name == first.resource)?;
    let peak_load = rows.iter().filter_map(|row| row.all.peak_load).reduce(f64::max);
    let peak_jobs = rows.iter().filter_map(|row| row.all.peak_jobs).max();
    Some(Line {
        resource: resource.label,
        doc: resource.doc,
        group: &first.group,
        entities: grouped(f64::from(first.entities), 0),
        utilisation: in_words(all),
        bar: format!("{:.1}", (all.value * 100.0).clamp(0.0, 100.0)),
        busiest: busiest.map_or_else(String::new, in_words),
        peak_load: peak_load.map_or_else(String::new, |load| percent.with_unit(load)),
        peak_jobs: peak_jobs.map_or_else(String::new, |jobs| grouped(f64::from(jobs), 0)),
        fullest,
    })
}
