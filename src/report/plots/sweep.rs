//! A metric over the first axis of a sweep, in a small panel for each value of the second.

use super::axis::{Axis, BOTTOM_ROOM, Panel as Frame, Tick, left_room, nice_range};
use super::figure::{Anchor, Figure, Point, TEXT, text_width};
use super::style::{self, Key};
use super::{WIDTH, if_replicated};
use crate::output::{SweepAxis, metrics};
use crate::report::scale::Scale;
use crate::report::sweep::curves::{Curves, Panel, Place};

/// Panels beside each other, at most.
const MOST_COLUMNS: usize = 4;
/// Height of the panel of a figure with one, and of one among many.
const HEIGHTS: [f64; 2] = [130.0, 78.0];
/// Between panels beside each other.
const GAP: f64 = 9.0;
/// Places along the axis above which they have no markers.
const MOST_MARKERS: usize = 16;
/// How many times larger than the least value the greatest is where the vertical axis is logarithmic.
const LOG_FROM: f64 = 10.0;

/// How values become places in the figure.
struct Scales {
    value: Scale,
    log: bool,
    range: (f64, f64),
    y_ticks: Vec<Tick>,
}

/// The figure; none where the metric has no value anywhere.
pub(super) fn figure(curves: &Curves) -> Option<(Figure, String)> {
    let scales = scales(curves)?;
    let label = metrics::label(curves.metric);
    let what = format!("{label} over {}", lower_first(&curves.axis.label));
    let count = curves.panels.len();
    let columns = count.min(MOST_COLUMNS);
    let rows = count.div_ceil(columns);
    let width = if columns > 2 { 2.0 * WIDTH } else { WIDTH };
    let keys: Vec<(Key, String)> =
        curves.layouts.iter().enumerate().map(|(i, name)| (Key::Line(style::layout(i)), name.clone())).collect();
    let height = HEIGHTS[usize::from(count > 1)];
    // Above each panel its value; below one that has none under it, its ticks.
    let title = if count > 1 { TEXT + 5.0 } else { 0.0 };
    let between = title + if count.is_multiple_of(columns) { 5.0 } else { TEXT + 8.0 };
    let legend = style::legend_height(width, 4.0, &keys) + 2.0;
    let total = legend + title + height * rows as f64 + between * (rows - 1) as f64 + BOTTOM_ROOM;
    let mut figure = Figure::new(width, libm::ceil(total), what);
    let top = style::legend(&mut figure, 4.0, 1.0, &keys) + 2.0 + title;
    let left = left_room(&scales.y_ticks, true);
    let panel_width = (width - left - 8.0 - GAP * (columns - 1) as f64) / columns as f64;
    for (i, panel) in curves.panels.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let (left, top) = (left + (panel_width + GAP) * column as f64, top + (height + between) * row as f64);
        let frame = Frame { left, top, right: left + panel_width, bottom: top + height };
        draw(&mut figure, curves, panel, &frame, &scales, (column == 0, i + columns >= count));
    }
    labels(&mut figure, curves, &scales, (left, top), &label);
    Some((figure, caption(curves, &scales)))
}

/// The range of all panels, in a unit that suits them.
fn scales(curves: &Curves) -> Option<Scales> {
    let places = || curves.panels.iter().flat_map(|panel| panel.curves.iter().flatten());
    let low = places().map(|place| place.interval.map_or(place.mean, |(low, _)| low.max(0.0)));
    let high = places().map(|place| place.interval.map_or(place.mean, |(_, high)| high));
    let (low, high) = (low.fold(f64::INFINITY, f64::min), high.fold(0.0, f64::max));
    places().next()?;
    let least = places().map(|place| place.mean).fold(f64::INFINITY, f64::min);
    let log = least > 0.0 && high / least > LOG_FROM;
    let typical = if log { least } else { high / 4.0 };
    let value = Scale::for_values(curves.metric, &curves.unit, [typical].into_iter());
    let range = if log {
        // Intervals that reach to zero are cut: they have no place on such an axis.
        (least * value.factor / 1.5, high * value.factor * 1.2)
    } else {
        // A little room, so that no marker lies on the frame.
        let room = (high - low) * 0.04;
        nice_range(((low - room).max(0.0) * value.factor, (high + room) * value.factor), 4)
    };
    let axis = if log { Axis::log(range, (0.0, 0.0)) } else { Axis::linear(range, (0.0, 0.0)) };
    Some(Scales { value, log, range, y_ticks: axis.ticks(4) })
}

/// One panel; with ticks on its left and below it where it stands at the edge.
fn draw(figure: &mut Figure, curves: &Curves, panel: &Panel, frame: &Frame, scales: &Scales, edge: (bool, bool)) {
    let (left, below) = edge;
    let (x, ticks, numbers) = along(curves.axis, frame);
    let ends = (frame.bottom, frame.top);
    let y = if scales.log { Axis::log(scales.range, ends) } else { Axis::linear(scales.range, ends) };
    frame.x_grid(figure, &x, &ticks);
    if below {
        frame.x_axis(figure, &x, &ticks, "");
    }
    if left {
        frame.y_axis(figure, &y, &scales.y_ticks, "");
    } else {
        let bare = |tick: &Tick| Tick { value: tick.value, label: String::new() };
        frame.y_axis(figure, &y, &scales.y_ticks.iter().map(bare).collect::<Vec<_>>(), "");
    }
    frame.frame(figure);
    if let Some(axis) = curves.panels_by {
        let long = format!("{}: {}", axis.label, panel.value);
        let text = if text_width(&long) <= frame.right - frame.left { long } else { panel.value.clone() };
        figure.text((frame.left, frame.top - 3.5), text, Anchor::Start);
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

/// Whether lines between the values of the axis mean anything.
fn is_numeric(axis: &SweepAxis) -> bool {
    let parses = |text: &String| text.parse::<f64>().is_ok_and(f64::is_finite);
    axis.keys.first().is_some_and(|key| key.numeric && key.values.iter().all(parses))
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

/// What stands along both axes, once for all panels.
fn labels(figure: &mut Figure, curves: &Curves, scales: &Scales, (left, top): Point, label: &str) {
    let with_unit =
        |label: &str, unit: &str| if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") };
    let unit = curves.axis.keys.first().map_or("", |key| key.unit.as_str());
    let (width, height) = (figure.width, figure.height);
    let below = (f64::midpoint(left, width - 8.0), height - 3.0);
    figure.text(below, with_unit(&curves.axis.label, unit), Anchor::Middle);
    let beside = (TEXT * 0.9 + 2.0, f64::midpoint(top, height - BOTTOM_ROOM));
    figure.vertical_text(beside, with_unit(label, &scales.value.unit));
}

fn caption(curves: &Curves, scales: &Scales) -> String {
    let doc = metrics::find(curves.metric).map_or("", |metric| metric.doc);
    let panels = curves.panels_by.map_or(String::new(), |axis| {
        format!(" One panel for each value of {}; all have the same axes.", lower_first(&axis.label))
    });
    let log = if scales.log { " The vertical axis is logarithmic." } else { "" };
    let from_zero = scales.log || scales.range.0 == 0.0;
    let cut = if from_zero { "" } else { " The vertical axis does not start at zero." };
    let marks = if is_numeric(curves.axis) { " Bands" } else { " Bars" };
    let intervals = if_replicated(curves.replications, &format!("{marks} are 95 % confidence intervals."));
    format!("{doc}{panels}{log}{cut}{intervals}{}", curves.left_out)
}

/// For the middle of a sentence; abbreviations stay as they are.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
