//! Where the mean response time goes, layout by layout.

use super::axis::{Axis, BOTTOM_ROOM, Panel, nice_end};
use super::figure::WIDTH;
use super::figure::{Anchor, Figure, Hatch, TEXT, text_width};
use super::style::{self, Key};
use super::words::if_replicated;
use crate::output::metrics::COMPONENTS;
use crate::output::{BreakdownRow, ExperimentOutput};
use crate::report::compare::Comparison;
use crate::report::scale::Scale;
use crate::verdict::{CONFIDENCE, Sampling};

/// Components below this share of the mean in every layout are drawn together.
const LEAST_SHARE: f64 = 0.005;

/// One stacked bar: a layout, its parts in seconds, and the interval of their sum.
struct Bar<'a> {
    layout: &'a str,
    parts: Vec<f64>,
    ends: Option<(f64, f64)>,
}

/// Stacked bars, one per layout.
pub(super) fn figure(out: &ExperimentOutput, comparison: &Comparison) -> Option<(Figure, String)> {
    let (names, bars) = bars(out, comparison);
    let longest =
        bars.iter().map(|bar| bar.ends.map_or_else(|| bar.parts.iter().sum(), |(_, high)| high)).fold(0.0, f64::max);
    if longest == 0.0 {
        return None;
    }
    let shown = |i: usize| bars.iter().any(|bar| bar.parts[i] > 0.0);
    let keys: Vec<(Key, String)> = names
        .iter()
        .enumerate()
        .filter(|(i, _)| shown(*i))
        .map(|(_, (name, label))| {
            let (color, hatch) = style::component(name);
            (Key::Bar(color, hatch), (*label).to_owned())
        })
        .collect();
    let scale = Scale::for_values("", "s", [longest / 4.0].into_iter());
    let row = 23.0;
    let height = style::legend_height(WIDTH, 4.0, &keys) + row * bars.len() as f64 + BOTTOM_ROOM + 4.0;
    let mut figure = Figure::new(WIDTH, libm::ceil(height), "Mean response time by component".to_owned());
    let top = style::legend(&mut figure, 4.0, 1.0, &keys);
    let end = nice_end(longest * scale.factor, 5);
    let panel = Panel { left: 8.0, top, right: WIDTH - 14.0, bottom: top + row * bars.len() as f64 + 2.0 };
    let x = Axis::linear((0.0, end), (panel.left, panel.right));
    panel.x_grid(&mut figure, &x, &x.ticks(5));
    panel.x_axis(&mut figure, &x, &x.ticks(5), &format!("Mean response time ({})", scale.unit));
    for (i, bar) in bars.iter().enumerate() {
        draw(&mut figure, bar, &names, &x, &scale, panel.top + row * i as f64);
    }
    panel.frame(&mut figure);
    let whisker = if_replicated(out.manifest.replications, " Whiskers: 95 % confidence interval of the whole.");
    let caption = format!(
        "The mean response time, split into what requests wait for and do, in the order in which they meet it. \
         Components below {} % of the mean in every layout are drawn together as \"other\".{whisker}",
        100.0 * LEAST_SHARE
    );
    Some((figure, caption))
}

/// The name of the layout with its mean, and its bar below.
fn draw(figure: &mut Figure, bar: &Bar, names: &[(&str, &str)], x: &Axis, scale: &Scale, top: f64) {
    let total: f64 = bar.parts.iter().sum();
    let text = format!("{}: {}", bar.layout, scale.interval(total, bar.ends));
    let left = x.place(0.0) + 3.0;
    // On white, so that grid lines don't cross the text.
    figure.rect((left - 1.0, top + 1.0), (left + text_width(&text) + 1.0, top + 9.5), super::figure::PAPER);
    figure.text((left, top + 1.0 + TEXT), text, Anchor::Start);
    let (top, bottom) = (top + 10.5, top + 20.5);
    let mut sum = 0.0;
    for (part, (name, _)) in bar.parts.iter().zip(names).filter(|(part, _)| **part > 0.0) {
        let (from, to) = (x.place(sum * scale.factor), x.place((sum + part) * scale.factor));
        let (color, hatch) = style::component(name);
        figure.bar((from, top), (to, bottom), color, if to - from > 2.0 { hatch } else { Hatch::None });
        sum += part;
        if to - from > 1.0 {
            figure.line((to, top), (to, bottom), 0.35, super::figure::PAPER);
        }
    }
    if let Some((low, high)) = bar.ends.filter(|(low, high)| low < high) {
        let place = |value: f64| x.place(value.max(0.0) * scale.factor);
        figure.whisker_x(place(low), place(high), f64::midpoint(top, bottom));
    }
}

/// The components worth a colour of their own (name, label), and the bars in the order of the layouts.
fn bars<'a>(out: &ExperimentOutput, comparison: &'a Comparison) -> (Vec<(&'static str, &'static str)>, Vec<Bar<'a>>) {
    let rows = |layout: &str| out.breakdown.iter().filter(move |row| row.layout == layout).collect::<Vec<_>>();
    let mean = |rows: &[&BreakdownRow], keep: &dyn Fn(&str) -> bool| {
        let runs = rows.iter().map(|row| row.replication).collect::<std::collections::BTreeSet<_>>().len();
        rows.iter().filter(|row| keep(&row.component)).map(|row| row.mean_s).sum::<f64>() / runs.max(1) as f64
    };
    let large = |name: &str| {
        comparison.layouts.iter().any(|layout| {
            let rows = rows(layout);
            mean(&rows, &|component| component == name) >= LEAST_SHARE * mean(&rows, &|_| true).max(f64::MIN_POSITIVE)
        })
    };
    let mut names: Vec<(&str, &str)> = COMPONENTS.iter().map(|c| (c.name, c.label)).filter(|c| large(c.0)).collect();
    let own: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    names.push(("other", "Other"));
    let mut bars = Vec::new();
    for layout in &comparison.layouts {
        let rows = rows(layout);
        if rows.is_empty() {
            continue;
        }
        let mut parts: Vec<f64> = own.iter().map(|name| mean(&rows, &|component| component == *name)).collect();
        parts.push(mean(&rows, &|component| !own.contains(&component)));
        let mut totals = std::collections::BTreeMap::<u32, f64>::new();
        for row in &rows {
            *totals.entry(row.replication).or_default() += row.mean_s;
        }
        let totals: Vec<f64> = totals.into_values().collect();
        let ends = Sampling::of(&out.manifest).mean(&totals, CONFIDENCE).and_then(|mean| mean.ends());
        bars.push(Bar { layout, parts, ends });
    }
    (names, bars)
}
