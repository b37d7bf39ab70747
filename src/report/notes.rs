//! What the reader must know beside the numbers: what is held equal, and what makes the comparison doubtful.

use super::scale::Scale;
use crate::output::{ExperimentOutput, Manifest, SMALL_LOSS};

/// What is held equal, with values: "640 cores, 2.5 TiB memory", and the manifest's own words.
pub(super) fn basis(manifest: &Manifest) -> String {
    let mut parts = Vec::new();
    for what in quantities(manifest) {
        let values = values_of(manifest, what);
        let (first, unit) = values[0];
        if values.iter().all(|(value, u)| *value == first && *u == unit) {
            let text = Scale::for_values(what, unit, [first].into_iter()).exact(first);
            parts.push(if unit == what { text } else { format!("{text} {what}") });
        }
    }
    match (parts.is_empty(), manifest.basis.is_empty()) {
        (true, true) => "nothing is declared to be held equal".to_owned(),
        (true, false) => manifest.basis.clone(),
        (false, true) => parts.join(", "),
        (false, false) => format!("{} ({})", parts.join(", "), manifest.basis),
    }
}

/// The quantities on which the comparison rests, in order of first mention.
fn quantities(manifest: &Manifest) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for held in manifest.layouts.iter().flat_map(|layout| &layout.held_equal) {
        if !names.contains(&held.what.as_str()) {
            names.push(&held.what);
        }
    }
    names
}

/// The values of one such quantity with their units, layout by layout.
fn values_of<'a>(manifest: &'a Manifest, what: &str) -> Vec<(f64, &'a str)> {
    let held = manifest.layouts.iter().flat_map(|layout| &layout.held_equal);
    held.filter(|held| held.what == what).map(|held| (held.value, held.unit.as_str())).collect()
}

/// What makes the comparison doubtful, worst first.
pub(super) fn flags(out: &ExperimentOutput) -> Vec<String> {
    let mut flags = failed_audits(out);
    flags.extend(not_equal(&out.manifest));
    flags.extend(missing_runs(out));
    flags.extend(rejections(out));
    flags
}

/// One line per layout and law that does not hold.
fn failed_audits(out: &ExperimentOutput) -> Vec<String> {
    let failed = out.manifest.audits.iter().filter(|audit| !audit.holds);
    let line = |audit: &crate::output::AuditRow| {
        let (layout, replication, law) = (&audit.layout, audit.replication, &audit.law);
        format!("AUDIT FAILED in {layout}, replication {replication}: {law}: {} against {}", audit.left, audit.right)
    };
    failed.map(line).collect()
}

/// Quantities that should be alike in all layouts and are not, or that a layout does not state.
fn not_equal(manifest: &Manifest) -> Vec<String> {
    let mut flags = Vec::new();
    for what in quantities(manifest) {
        let values = values_of(manifest, what);
        let alike = values.iter().all(|pair| pair == &values[0]);
        if !alike || values.len() != manifest.layouts.len() {
            let list: Vec<String> = manifest
                .layouts
                .iter()
                .map(|layout| match layout.held_equal.iter().find(|held| held.what == what) {
                    Some(held) => format!("{} {} in {}", held.value, held.unit, layout.name),
                    None => format!("not stated in {}", layout.name),
                })
                .collect();
            flags.push(format!("NOT HELD EQUAL: {what}: {}", list.join(", ")));
        }
    }
    flags
}

/// Runs that the manifest announces and the summary lacks.
fn missing_runs(out: &ExperimentOutput) -> Vec<String> {
    let mut flags = Vec::new();
    for layout in &out.manifest.layouts {
        let ran =
            |replication: u32| out.summary.iter().any(|r| r.layout == layout.name && r.replication == replication);
        let missing: Vec<String> = (0..out.manifest.replications).filter(|r| !ran(*r)).map(|r| r.to_string()).collect();
        if !missing.is_empty() {
            flags.push(format!("NO RESULTS of {}, replication {}", layout.name, missing.join(", ")));
        }
    }
    flags
}

/// Layouts that turned more than a few requests away: their latency and cost are of the requests that were let in.
fn rejections(out: &ExperimentOutput) -> Vec<String> {
    let total = |metric: &str, layout: &str| -> f64 {
        let rows = out.summary.iter().filter(|row| row.metric == metric && row.layout == layout);
        rows.map(|row| row.value).sum()
    };
    let count = Scale { factor: 1.0, unit: String::new() };
    let percent = Scale { factor: 100.0, unit: "%".to_owned() };
    let mut flags = Vec::new();
    for layout in out.manifest.layouts.iter().map(|layout| &layout.name) {
        let (rejected, arrived) = (total("requests.rejected", layout), total("requests.arrived", layout));
        if rejected > SMALL_LOSS * arrived {
            let share = percent.with_unit(rejected / arrived.max(rejected));
            let (rejected, arrived) = (count.number(rejected), count.number(arrived));
            flags.push(format!(
                "REJECTED in {layout}: {rejected} of {arrived} requests, {share}; no mean or percentile has them"
            ));
        }
    }
    flags
}
