//! How much of the installed capacity is held, and how much is used.

use std::collections::BTreeMap;

use super::axis::{Axis, BOTTOM_ROOM, Panel};
use super::figure::WIDTH;
use super::figure::{Anchor, Figure, Hatch, TEXT};
use super::style::{self, ALLOCATED, Key, USED};
use super::words::if_replicated;
use crate::output::ExperimentOutput;
use crate::report::compare::Comparison;
use crate::verdict::{CONFIDENCE, Estimate, Sampling};

/// A panel per resource, a pair of bars per layout.
pub(super) fn figure(out: &ExperimentOutput, comparison: &Comparison) -> Option<(Figure, String)> {
    let has = |layout: &&String| comparison.row("cores.utilisation", layout).is_some();
    let layouts: Vec<&String> = comparison.layouts.iter().filter(has).collect();
    if layouts.is_empty() {
        return None;
    }
    let keys =
        [(Key::Bar(ALLOCATED, Hatch::None), "Allocated".to_owned()), (Key::Bar(USED, Hatch::None), "Used".to_owned())];
    let row = 24.0;
    let height = style::legend_height(WIDTH, 4.0, &keys) + row * layouts.len() as f64 + BOTTOM_ROOM + 4.0;
    let mut figure = Figure::new(WIDTH, libm::ceil(height), "Utilisation of cores and memory".to_owned());
    let top = style::legend(&mut figure, 4.0, 1.0, &keys);
    for (column, (resource, used, label)) in
        [("cores", "cores.busy.mean", "Cores"), ("memory", "memory.used.mean", "Memory")].into_iter().enumerate()
    {
        let left = WIDTH * column as f64 / 2.0 + 8.0;
        let right = WIDTH * (column + 1) as f64 / 2.0 - 14.0;
        let panel = Panel { left, top, right, bottom: top + row * layouts.len() as f64 + 1.0 };
        let x = Axis::linear((0.0, 100.0), (left, right));
        panel.x_grid(&mut figure, &x, &x.ticks(4));
        panel.x_axis(&mut figure, &x, &x.ticks(4), &format!("{label} (% of installed)"));
        for (i, layout) in layouts.iter().enumerate() {
            let top = panel.top + row * i as f64;
            let width = super::figure::text_width(layout);
            figure.rect((left + 2.0, top + 1.0), (left + 4.0 + width, top + 9.5), super::figure::PAPER);
            figure.text((left + 3.0, top + 1.0 + TEXT), (*layout).clone(), Anchor::Start);
            let installed = format!("{resource}.installed");
            let allocated = share(out, layout, &format!("{resource}.allocated.mean"), &installed);
            let used = share(out, layout, used, &installed);
            bar(&mut figure, &x, allocated, top + 10.5, ALLOCATED);
            bar(&mut figure, &x, used, top + 16.0, USED);
        }
        panel.frame(&mut figure);
    }
    let whisker = if_replicated(out.manifest.replications, " Whiskers: 95 % confidence intervals.");
    let caption = format!(
        "Capacity that is allocated (light) and used by running requests (dark), mean over time, as a share of what \
         is installed.{whisker}"
    );
    Some((figure, caption))
}

/// A bar of a share, with its whisker.
fn bar(figure: &mut Figure, x: &Axis, share: Option<Estimate>, top: f64, color: super::figure::Color) {
    let Some(share) = share else { return };
    let place = |value: f64| x.place(100.0 * value);
    figure.rect((place(0.0), top), (place(share.value), top + 5.0), color);
    if let Some((low, high)) = share.ends().filter(|(low, high)| low < high) {
        figure.whisker_x(place(low), place(high), top + 2.5);
    }
}

/// One metric over another, replication by replication; none where either is missing.
fn share(out: &ExperimentOutput, layout: &str, part: &str, whole: &str) -> Option<Estimate> {
    let values = |metric: &str| -> BTreeMap<u32, f64> {
        let rows = out.summary.iter().filter(|row| row.layout == layout && row.metric == metric);
        rows.map(|row| (row.replication, row.value)).collect()
    };
    let (parts, wholes) = (values(part), values(whole));
    let pair = |(r, part): (&u32, &f64)| wholes.get(r).filter(|whole| **whole > 0.0).map(|whole| part / whole);
    let shares: Vec<f64> = parts.iter().filter_map(pair).collect();
    Sampling::of(&out.manifest).mean(&shares, CONFIDENCE)
}
