//! A metric over the first axis of a sweep, in a small panel for each value of the second.

use super::axis::{Axis, Panel as Frame, Tick, left_room, nice_range};
use super::figure::{Figure, Point, text_width};
use super::grid::{self, Grid};
use super::style::{self, Key};
use super::words::if_replicated;
use crate::output::{SweepAxis, metrics};
use crate::report::curves::{Curves, Panel, Place, is_numeric};
use crate::report::scale::Scale;

/// Height of the panel of a figure with one, and of one among many.
const HEIGHTS: [f64; 2] = [130.0, 78.0];
/// Places along the axis above which they have no markers.
const MOST_MARKERS: usize = 16;
/// How many times larger than the least value the greatest is where an axis is logarithmic.
const LOG_FROM: f64 = 10.0;

/// How the values of a metric become places in the figure.
pub(super) struct Scales {
    pub value: Scale,
    pub log: bool,
    pub range: (f64, f64),
}

/// The figure; none where the metric has no value anywhere.
pub(super) fn figure(curves: &Curves) -> Option<(Figure, String)> {
    let places = curves.panels.iter().flat_map(|panel| panel.curves.iter().flatten());
    let scales = Scales::of(curves.metric, &curves.unit, curves.log, &places.copied().collect::<Vec<_>>())?;
    let ticks = scales.axis((0.0, 0.0)).ticks(4);
    let label = metrics::label(curves.metric);
    let what = format!("{label} over {}", lower_first(&curves.axis.label));
    let keys: Vec<(Key, String)> =
        curves.layouts.iter().enumerate().map(|(i, name)| (Key::Line(style::layout(i)), name.clone())).collect();
    let count = curves.panels.len();
    let height = HEIGHTS[usize::from(count > 1)];
    let (mut figure, grid) = Grid::of(count, height, left_room(&ticks, true), &keys, what);
    for (i, panel) in curves.panels.iter().enumerate() {
        draw(&mut figure, curves, panel, &grid.frame(i), &scales, grid.edge(i));
    }
    let unit = curves.axis.keys.first().map_or("", |key| key.unit.as_str());
    grid.labels(&mut figure, with_unit(&curves.axis.label, unit), with_unit(&label, &scales.value.unit));
    Some((figure, caption(curves, &scales)))
}

/// The label of an axis.
pub(super) fn with_unit(label: &str, unit: &str) -> String {
    if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") }
}

impl Scales {
    /// The range of all places, in a unit that suits them; none where there are none. Where `log` does not say so, the
    /// axis is logarithmic for values far apart.
    pub(super) fn of(metric: &str, unit: &str, log: Option<bool>, places: &[Place]) -> Option<Self> {
        places.first()?;
        let low = places.iter().map(|place| place.interval.map_or(place.mean, |(low, _)| low.max(0.0)));
        let high = places.iter().map(|place| place.interval.map_or(place.mean, |(_, high)| high));
        let (low, high) = (low.fold(f64::INFINITY, f64::min), high.fold(0.0, f64::max));
        let means = || places.iter().map(|place| place.mean);
        let least = means().fold(f64::INFINITY, f64::min);
        let positive = means().filter(|mean| *mean > 0.0).fold(f64::INFINITY, f64::min);
        // Zero has no place on a logarithmic axis: it stands at its end.
        let log = log.unwrap_or(least > 0.0 && high / least > LOG_FROM) && positive.is_finite();
        let typical = if log { libm::sqrt(positive * high) } else { high / 4.0 };
        let value = Scale::for_values(metric, unit, [typical].into_iter());
        let range = if log {
            // Intervals that reach to zero are cut.
            (positive * value.factor / 1.5, high * value.factor * 1.2)
        } else {
            // A little room, so that no marker lies on the frame.
            let room = (high - low) * 0.04;
            nice_range(((low - room).max(0.0) * value.factor, (high + room) * value.factor), 4)
        };
        Some(Self { value, log, range })
    }

    /// The axis between two ends in points.
    pub(super) fn axis(&self, ends: (f64, f64)) -> Axis {
        if self.log { Axis::log(self.range, ends) } else { Axis::linear(self.range, ends) }
    }

    /// What a reader should know of the axis, "vertical" or "horizontal", besides its ticks.
    pub(super) fn remarks(&self, which: &str) -> String {
        if self.log {
            format!(" The {which} axis is logarithmic.")
        } else if self.range.0 == 0.0 {
            String::new()
        } else {
            format!(" The {which} axis does not start at zero.")
        }
    }
}

/// The same ticks without their labels.
pub(super) fn bare(ticks: &[Tick]) -> Vec<Tick> {
    ticks.iter().map(|tick| Tick { value: tick.value, label: String::new() }).collect()
}

/// One panel; with ticks on its left and below it where it stands at the edge.
fn draw(figure: &mut Figure, curves: &Curves, panel: &Panel, frame: &Frame, scales: &Scales, edge: (bool, bool)) {
    let (left, below) = edge;
    let (x, ticks, numbers) = along(curves.axis, frame);
    let y = scales.axis((frame.bottom, frame.top));
    let y_ticks = y.ticks(4);
    frame.x_grid(figure, &x, &ticks);
    if below {
        frame.x_axis(figure, &x, &ticks, "");
    }
    frame.y_axis(figure, &y, &if left { y_ticks } else { bare(&y_ticks) }, "");
    frame.frame(figure);
    if let Some(axis) = curves.panels_by {
        grid::title(figure, frame, &axis.label, &panel.value);
    }
    let place = |place: &Place, value: f64| (x.place(numbers[place.index]), y.place(value * scales.value.factor));
    let sorted = |curve: &Vec<Place>| {
        let mut curve = curve.clone();
        curve.sort_by(|a, b| numbers[a.index].total_cmp(&numbers[b.index]));
        curve
    };
    let sorted: Vec<Vec<Place>> = panel.curves.iter().map(sorted).collect();
    if is_numeric(curves.axis) {
        lines(figure, &sorted, place);
    }
    markers(figure, &sorted, !is_numeric(curves.axis), place);
}

/// Lines over the bands of their intervals.
fn lines(figure: &mut Figure, curves: &[Vec<Place>], place: impl Fn(&Place, f64) -> Point) {
    let long = || curves.iter().enumerate().filter(|(_, curve)| curve.len() > 1);
    for (i, curve) in long().filter(|(_, curve)| curve.iter().any(|p| p.interval.is_some())) {
        let low = curve.iter().map(|p| place(p, p.interval.map_or(p.mean, |(low, _)| low)));
        let high = curve.iter().rev().map(|p| place(p, p.interval.map_or(p.mean, |(_, high)| high)));
        figure.fill(low.chain(high).collect(), style::layout(i).color, 0.2);
    }
    for (i, curve) in long() {
        let look = style::layout(i);
        figure.stroke(curve.iter().map(|p| place(p, p.mean)).collect(), 1.1, look.color, look.dash);
    }
}

/// Markers, and where there are no bands, whiskers.
fn markers(figure: &mut Figure, curves: &[Vec<Place>], whiskers: bool, place: impl Fn(&Place, f64) -> Point) {
    for (i, curve) in curves.iter().enumerate().filter(|(_, curve)| whiskers || curve.len() <= MOST_MARKERS) {
        let look = style::layout(i);
        for p in curve {
            let (x, y) = place(p, p.mean);
            if let Some((low, high)) = p.interval.filter(|_| whiskers) {
                figure.whisker_y(x, place(p, low).1, place(p, high).1);
            }
            figure.marker((x, y), look.marker, look.color);
        }
    }
}

/// The axis along the bottom of a panel, its ticks, and where each value of the sweep stands on it. Words stand side
/// by side in their order.
fn along(axis: &SweepAxis, frame: &Frame) -> (Axis, Vec<Tick>, Vec<f64>) {
    let ends = (frame.left + 4.0, frame.right - 4.0);
    let words = || axis.keys.first().map_or(&[][..], |key| &key.values[..]);
    let numbers: Vec<f64> = words().iter().filter_map(|text| text.parse().ok()).collect();
    let room = frame.right - frame.left;
    if !is_numeric(axis) {
        let places = (0..words().len()).map(|i| i as f64);
        let fit = |text: &str| shortened(text, room / words().len().max(1) as f64);
        let ticks = words().iter().enumerate().map(|(i, text)| Tick { value: i as f64, label: fit(text) });
        let range = (-0.5, words().len() as f64 - 0.5);
        return (Axis::linear(range, ends), ticks.collect(), places.collect());
    }
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let x = if axis.log && low > 0.0 { Axis::log((low, high), ends) } else { Axis::linear((low, high), ends) };
    let ticks = x.ticks(if room > 150.0 { 6 } else { 4 });
    (x, ticks, numbers)
}

/// As much of a text as fits.
fn shortened(text: &str, room: f64) -> String {
    if text_width(text) <= room - 2.0 {
        return text.to_owned();
    }
    let mut short: String = text.chars().collect();
    while !short.is_empty() && text_width(&short) + text_width("…") > room - 2.0 {
        short.pop();
    }
    short + "…"
}

fn caption(curves: &Curves, scales: &Scales) -> String {
    let doc = metrics::find(curves.metric).map_or("", |metric| metric.doc);
    let panels = curves.panels_by.map_or(String::new(), |axis| {
        format!(" One panel for each value of {}; all have the same axes.", lower_first(&axis.label))
    });
    let marks = if is_numeric(curves.axis) { " Bands" } else { " Bars" };
    let intervals = if_replicated(curves.replications, &format!("{marks} are 95 % confidence intervals."));
    format!("{doc}{panels}{}{intervals}{}", scales.remarks("vertical"), curves.left_out)
}

/// For the middle of a sentence; abbreviations stay as they are.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
