//! The page of a sweep: one HTML file that needs nothing else.

use serde::Serialize;

use crate::output::{SweepManifest, metrics};
use crate::report::curves::{Span, Spans, in_words};
use crate::report::page::{Picture, picture, render};
use crate::report::plots::Plot;
use crate::report::scale::Scale;

/// All that the template is given.
#[derive(Serialize)]
struct Page<'a> {
    manifest: &'a SweepManifest,
    product: String,
    axes: Vec<Axis<'a>>,
    layouts: &'a [String],
    metrics: Vec<Line>,
    plots: Vec<Picture<'a>>,
}

/// One axis in words.
#[derive(Serialize)]
struct Axis<'a> {
    label: &'a str,
    keys: Vec<(&'a str, String)>,
}

/// What a metric was at its ends, by layout.
#[derive(Serialize)]
struct Line {
    label: String,
    name: &'static str,
    doc: &'static str,
    cells: Vec<Option<Ends>>,
}

/// The least and the greatest value, each with where it is.
#[derive(Serialize)]
struct Ends {
    least: String,
    least_at: String,
    most: String,
    most_at: String,
    same: bool,
    /// Whether the two may differ by chance alone.
    noise: bool,
}

/// The page as text.
pub(super) fn html(manifest: &SweepManifest, spans: &Spans, plots: &[Plot]) -> String {
    let axes = manifest.axis.iter().map(|axis| Axis {
        label: &axis.label,
        keys: axis
            .keys
            .iter()
            .map(|key| (key.key.as_str(), format!("{} {}", key.values.join(", "), key.unit).trim_end().to_owned()))
            .collect(),
    });
    let factors: Vec<String> = manifest.axis.iter().map(|axis| axis.len().to_string()).collect();
    let page = Page {
        manifest,
        product: factors.join(" × "),
        axes: axes.collect(),
        layouts: &spans.layouts,
        metrics: lines(manifest, spans),
        plots: plots.iter().map(picture).collect(),
    };
    render(include_str!("../../../assets/sweep.html.j2"), &page)
}

fn lines(manifest: &SweepManifest, spans: &Spans) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, metric) in metrics::METRICS.iter().enumerate() {
        let of = |layout: usize| spans.spans.get(&(index, layout));
        let all: Vec<Option<&Span>> = (0..spans.layouts.len()).map(of).collect();
        let Some(unit) = all.iter().flatten().map(|span| span.unit.as_str()).next() else { continue };
        let values = all.iter().flatten().flat_map(|span| [span.least.mean, span.most.mean]);
        let scale = Scale::for_values(metric.name, unit, values);
        let ends = |span: &Span| Ends {
            least: scale.interval(span.least.mean, span.least.interval),
            least_at: place(manifest, span.least.point),
            most: scale.interval(span.most.mean, span.most.interval),
            most_at: place(manifest, span.most.point),
            same: span.least.mean == span.most.mean,
            noise: span.within_noise(),
        };
        let cells = all.iter().map(|span| span.map(ends)).collect();
        lines.push(Line { label: metrics::label(metric.name), name: metric.name, doc: metric.doc, cells });
    }
    lines
}

/// Where a point is, by the values of its axes.
fn place(manifest: &SweepManifest, point: usize) -> String {
    let indices = manifest.indices(point);
    let values = manifest.axis.iter().zip(indices).map(|(axis, index)| in_words(axis, index));
    values.collect::<Vec<_>>().join(" · ")
}
