//! One metric against another: a curve for each layout through the points of a sweep's first axis, and the points that
//! no other one beats.

use super::axis::{Axis, Panel as Frame, left_room};
use super::figure::{Anchor, Figure, Marker, Point, TEXT, text_width};
use super::grid::{self, Grid};
use super::style::{self, Key, Look};
use super::sweep::{Scales, bare, lower_first, with_unit};
use super::words::if_replicated;
use crate::output::metrics;
use crate::report::curves::Place;
use crate::report::frontier::{Curve, Frontier, Side, Spot};

/// Height of the panel of a figure with one, and of one among many.
const HEIGHTS: [f64; 2] = [168.0, 110.0];
/// Width of the line through the points that no other one beats.
const BAND: f64 = 5.0;
/// The look of a bound.
const BOUND: Look = Look { color: (0x77, 0x77, 0x77), dash: &[3.0, 2.0], marker: Marker::Circle };
/// From a point to its label.
const OFF: f64 = 4.0;

/// How both metrics become places in the figure.
struct Sides {
    x: Scales,
    y: Scales,
}

/// The figure; none where no point has both values.
pub(super) fn figure(frontier: &Frontier) -> Option<(Figure, String)> {
    let spots = || frontier.curves.iter().flat_map(|curve| curve.spots.iter().flatten());
    let scales = |side: &Side, places: Vec<Place>| Scales::of(side.name, side.unit, side.log, &places);
    let x = scales(&frontier.x, spots().map(|spot| spot.x).collect())?;
    let y = scales(&frontier.y, spots().map(|spot| spot.y).collect())?;
    let sides = Sides { x, y };
    let ticks = sides.y.axis((0.0, 0.0)).ticks(5);
    let label = |side: &Side| metrics::label(side.name);
    let what = format!("{} over {}", label(&frontier.y), lower_first(&label(&frontier.x)));
    let (x, y) = (sides.x.axis((0.0, 1.0)), sides.y.axis((0.0, 1.0)));
    let place = |spot: &Spot| (along(&x, &sides.x, spot.x.mean), along(&y, &sides.y, spot.y.mean));
    let best: Vec<Vec<Spot>> = (0..frontier.panels.len()).map(|i| frontier.undominated(i, place)).collect();
    let marked = best.iter().any(|spots| spots.len() > 1);
    let count = frontier.panels.len();
    let height = HEIGHTS[usize::from(count > 1)];
    let (mut figure, grid) = Grid::of(count, height, left_room(&ticks, true), &keys(frontier, marked), what);
    for (i, best) in best.iter().enumerate() {
        draw(&mut figure, frontier, (i, best), &grid.frame(i), &sides, grid.edge(i));
    }
    let (x, y) = (label(&frontier.x), label(&frontier.y));
    grid.labels(&mut figure, with_unit(&x, &sides.x.value.unit), with_unit(&y, &sides.y.value.unit));
    let caption = caption(frontier, &sides, marked);
    Some((figure, caption))
}

fn look(curve: &Curve, index: usize) -> Look {
    if curve.bound { BOUND } else { style::layout(index) }
}

fn keys(frontier: &Frontier, marked: bool) -> Vec<(Key, String)> {
    let key = |(i, curve): (usize, &Curve)| {
        let name = if curve.bound { format!("{} (bound)", curve.layout) } else { curve.layout.to_owned() };
        (Key::Mark(look(curve, i)), name)
    };
    let mut keys: Vec<(Key, String)> = frontier.curves.iter().enumerate().map(key).collect();
    if marked {
        keys.push((Key::Band, "frontier".to_owned()));
    }
    keys
}

/// One panel; with ticks on its left and below it where it stands at the edge.
fn draw(
    figure: &mut Figure,
    frontier: &Frontier,
    (panel, best): (usize, &[Spot]),
    frame: &Frame,
    sides: &Sides,
    (left, below): (bool, bool),
) {
    let (x, y) = (sides.x.axis((frame.left, frame.right)), sides.y.axis((frame.bottom, frame.top)));
    let (x_ticks, y_ticks) = (x.ticks(5), y.ticks(5));
    frame.x_grid(figure, &x, &x_ticks);
    if below {
        frame.x_axis(figure, &x, &x_ticks, "");
    }
    frame.y_axis(figure, &y, &if left { y_ticks } else { bare(&y_ticks) }, "");
    if let Some(axis) = frontier.panels_by {
        grid::title(figure, frame, &axis.label, &frontier.panels[panel]);
    }
    let at = |spot: &Spot| (along(&x, &sides.x, spot.x.mean), along(&y, &sides.y, spot.y.mean));
    if best.len() > 1 {
        figure.stroke(best.iter().map(at).collect(), BAND, style::FRONTIER, &[]);
    }
    frame.frame(figure);
    let curves: Vec<Vec<Point>> = frontier.curves.iter().map(|c| c.spots[panel].iter().map(at).collect()).collect();
    for (i, (curve, points)) in frontier.curves.iter().zip(&curves).enumerate() {
        let look = look(curve, i);
        if points.len() > 1 && frontier.is_continuous() {
            figure.stroke(points.clone(), 1.0, look.color, look.dash);
        }
    }
    for (i, (curve, points)) in frontier.curves.iter().zip(&curves).enumerate() {
        for (spot, at) in curve.spots[panel].iter().zip(points) {
            whiskers(figure, spot, *at, (&x, &y), sides);
            mark(figure, curve, look(curve, i), *at);
        }
    }
    labels(figure, frontier, panel, frame, &curves);
}

/// Where a value stands.
fn along(axis: &Axis, scales: &Scales, value: f64) -> f64 {
    axis.place(value * scales.value.factor)
}

/// Both intervals, where they are wider than the marker.
fn whiskers(figure: &mut Figure, spot: &Spot, (px, py): Point, (x, y): (&Axis, &Axis), sides: &Sides) {
    let ends = |place: &Place, axis: &Axis, scales: &Scales| {
        let (low, high) = place.interval?;
        let ends = (along(axis, scales, low), along(axis, scales, high));
        ((ends.0 - ends.1).abs() > 5.0).then_some(ends)
    };
    if let Some((low, high)) = ends(&spot.x, x, &sides.x) {
        figure.whisker_x(low, high, py);
    }
    if let Some((low, high)) = ends(&spot.y, y, &sides.y) {
        figure.whisker_y(px, low, high);
    }
}

/// Bounds have smaller marks than candidates.
fn mark(figure: &mut Figure, curve: &Curve, look: Look, at: Point) {
    if curve.bound { figure.dot(at, look.color) } else { figure.marker(at, look.marker, look.color) }
}

/// Left, top, right, bottom.
type Rect = [f64; 4];

fn overlap(a: &Rect, b: &Rect) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// The values of the axis beside the points of the first candidate, then beside the ends of the others, wherever there
/// is room.
fn labels(figure: &mut Figure, frontier: &Frontier, panel: usize, frame: &Frame, curves: &[Vec<Point>]) {
    let mut taken: Vec<Rect> = curves.iter().flatten().map(|(x, y)| [x - 2.6, y - 2.6, x + 2.6, y + 2.6]).collect();
    for points in curves {
        taken.extend(points.windows(2).flat_map(|pair| steps(pair[0], pair[1])));
    }
    let candidates = || frontier.curves.iter().zip(curves).filter(|(curve, _)| !curve.bound);
    let all = candidates().take(1).map(|(curve, points)| (curve, points, true));
    for (curve, points, every) in all.chain(candidates().skip(1).map(|(curve, points)| (curve, points, false))) {
        let Some(key) = curve.key else { continue };
        let last = points.len().saturating_sub(1);
        for (i, (spot, at)) in curve.spots[panel].iter().zip(points).enumerate() {
            let end = i == 0 || i == last;
            if !every && !end {
                continue;
            }
            let value = key.values.get(spot.x.index).map_or("", String::as_str);
            let text = if end && !key.unit.is_empty() { format!("{value} {}", key.unit) } else { value.to_owned() };
            if let Some((at, anchor, rect)) = free(*at, &text, frame, &taken) {
                figure.text(at, text, anchor);
                taken.push(rect);
            }
        }
    }
}

/// Small squares along a line, which labels keep clear of.
fn steps(from: Point, to: Point) -> Vec<Rect> {
    let count = (libm::hypot(to.0 - from.0, to.1 - from.1) / 2.0).clamp(1.0, 200.0) as u32;
    let at = |i: u32| {
        let share = f64::from(i) / f64::from(count);
        (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
    };
    (0..=count).map(at).map(|(x, y)| [x - 0.5, y - 0.5, x + 0.5, y + 0.5]).collect()
}

/// A place for a label beside a point: right above, right below, left above or left below, the first that is free.
fn free((x, y): Point, text: &str, frame: &Frame, taken: &[Rect]) -> Option<(Point, Anchor, Rect)> {
    let (width, height) = (text_width(text), TEXT * 0.75);
    let places = [(1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (-1.0, -1.0)];
    let place = |(across, up): (f64, f64)| {
        let base = if up < 0.0 { y - OFF * 0.6 } else { y + OFF * 0.6 + height };
        let left = if across > 0.0 { x + OFF * 0.8 } else { x - OFF * 0.8 - width };
        let anchor = if across > 0.0 { Anchor::Start } else { Anchor::End };
        let at = (if across > 0.0 { left } else { left + width }, base);
        (at, anchor, [left - 0.5, base - height, left + width + 0.5, base + 0.8])
    };
    let inside =
        |r: &Rect| r[0] > frame.left && r[2] < frame.right + 6.0 && r[1] > frame.top - 4.0 && r[3] < frame.bottom;
    places.into_iter().map(place).find(|(.., rect)| inside(rect) && !taken.iter().any(|other| overlap(rect, other)))
}

fn caption(frontier: &Frontier, sides: &Sides, marked: bool) -> String {
    let doc = |side: &Side| metrics::find(side.name).map_or("", |metric| metric.doc);
    let panels = frontier.panels_by.map_or(String::new(), |axis| {
        format!(" One panel for each value of {}; all have the same axes.", lower_first(&axis.label))
    });
    let run = |curve: &Curve| {
        let key = curve.key?;
        let (first, last) = (key.values.first()?, key.values.last()?);
        let name = key.key.split_once("].").map_or(key.key.as_str(), |(_, rest)| rest);
        let space = if key.unit.is_empty() { "" } else { " " };
        Some(format!("{} from {first} to {last}{space}{} ({name})", curve.layout, key.unit))
    };
    let runs: Vec<String> = frontier.curves.iter().filter_map(run).collect();
    let runs = if runs.is_empty() { String::new() } else { format!(" Along each curve: {}.", runs.join("; ")) };
    let bounds = if frontier.curves.iter().any(|curve| curve.bound) { ", bounds apart" } else { "" };
    let band = if marked {
        format!(" The pale line joins the points that no curve beats in both metrics{bounds}.")
    } else {
        String::new()
    };
    let remarks = sides.y.remarks("vertical") + &sides.x.remarks("horizontal");
    let intervals = if_replicated(frontier.replications, " Bars are 95 % confidence intervals.");
    format!(
        "Vertical: {} Horizontal: {}{runs}{band}{panels}{remarks}{intervals}{}",
        doc(&frontier.y),
        doc(&frontier.x),
        frontier.left_out
    )
}
