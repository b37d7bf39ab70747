//! The distribution of response times: its body, and its tail on a logarithmic scale.

use std::collections::BTreeMap;

use super::axis::{Axis, BOTTOM_ROOM, Panel, left_room};
use super::figure::WIDTH;
use super::figure::{Figure, Point};
use super::style::{self, Key};
use super::words::if_replicated;
use crate::output::ExperimentOutput;

/// One layout's response time at each quantile: lowest, mean and highest over replications, in seconds.
type Curve = Vec<(f64, [f64; 3])>;

/// The two panels above each other with one axis of response times.
pub(super) fn figure(out: &ExperimentOutput) -> Option<(Figure, String)> {
    let curves: Vec<(usize, &str, Curve)> = out
        .manifest
        .layouts
        .iter()
        .enumerate()
        .map(|(index, layout)| (index, layout.name.as_str(), curve(out, &layout.name)))
        .filter(|(_, _, curve)| !curve.is_empty())
        .collect();
    let points = || curves.iter().flat_map(|(_, _, curve)| curve);
    let low = points().map(|(_, [low, ..])| *low).fold(f64::INFINITY, f64::min);
    let high = points().map(|(_, [.., high])| *high).fold(0.0, f64::max);
    if curves.is_empty() {
        return None;
    }
    let tail_low = points().map(|(q, _)| 1.0 - q).filter(|rest| *rest > 1e-12).fold(0.1, f64::min);
    let title = "Distribution of response times".to_owned();
    let mut figure = Figure::new(WIDTH, 262.0, title);
    let keys: Vec<(Key, String)> =
        curves.iter().map(|(i, name, _)| (Key::Line(style::layout(*i)), (*name).to_owned())).collect();
    let top = style::legend(&mut figure, 4.0, 1.0, &keys);
    let share = Axis::linear((0.0, 1.0), (0.0, 0.0)).ticks(5);
    let rest = Axis::log((tail_low, 1.0), (0.0, 0.0)).ticks(6);
    let left = left_room(&share, true).max(left_room(&rest, true));
    let right = WIDTH - 8.0;
    let height = (figure.height - top - BOTTOM_ROOM - 12.0) / 2.0;
    let body = Panel { left, top: top + 2.0, right, bottom: top + 2.0 + height };
    let tail = Panel { left, top: body.bottom + 10.0, right, bottom: body.bottom + 10.0 + height };
    let x = Axis::log((low, high), (left, right));
    let ticks = x.ticks(8);
    for (panel, y, y_ticks, y_label, x_label) in [
        (body, Axis::linear((0.0, 1.0), (body.bottom, body.top)), share, "Share of requests", ""),
        (
            tail,
            Axis::log((tail_low, 1.0), (tail.bottom, tail.top)),
            rest,
            "Share that takes longer",
            "Response time (s)",
        ),
    ] {
        panel.x_grid(&mut figure, &x, &ticks);
        if !x_label.is_empty() {
            panel.x_axis(&mut figure, &x, &ticks, x_label);
        }
        panel.y_axis(&mut figure, &y, &y_ticks, y_label);
        let height_of = |q: f64| if x_label.is_empty() { Some(q) } else { Some(1.0 - q).filter(|rest| *rest > 1e-12) };
        draw(&mut figure, &curves, &x, &y, height_of);
        panel.frame(&mut figure);
    }
    let band = if_replicated(out.manifest.replications, " Lines are means over replications, bands their range.");
    let caption = format!(
        "Response times on a logarithmic axis. Top: the share of requests that took at most so long; further left is \
         faster. Bottom: the share that took longer, on a logarithmic axis, which shows the tail: the curve crosses \
         0.01 at the 99th percentile and 0.001 at the 99.9th.{band}"
    );
    Some((figure, caption))
}

/// Bands behind all lines, then lines.
fn draw(
    figure: &mut Figure,
    curves: &[(usize, &str, Curve)],
    x: &Axis,
    y: &Axis,
    height_of: impl Fn(f64) -> Option<f64>,
) {
    let path = |curve: &Curve, which: usize| -> Vec<Point> {
        curve.iter().filter_map(|(q, times)| Some((x.place(times[which]), y.place(height_of(*q)?)))).collect()
    };
    for (index, _, curve) in curves.iter().filter(|(_, _, curve)| curve.iter().any(|(_, t)| t[0] < t[2])) {
        let mut band = path(curve, 0);
        band.extend(path(curve, 2).into_iter().rev());
        figure.fill(band, style::layout(*index).color, 0.2);
    }
    for (index, _, curve) in curves {
        let look = style::layout(*index);
        figure.stroke(path(curve, 1), 1.1, look.color, look.dash);
    }
}

/// A layout's quantiles in order, over the replications that have them. Times of zero have no logarithm.
fn curve(out: &ExperimentOutput, layout: &str) -> Curve {
    let mut by_quantile: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for row in out.quantiles.iter().filter(|row| row.layout == layout && row.response_s > 0.0) {
        // Quantiles are 0 to 1, and the bits of such floats are in their order.
        by_quantile.entry((row.quantile + 0.0).to_bits()).or_default().push(row.response_s);
    }
    let summary = |(bits, times): (u64, Vec<f64>)| {
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let low = times.iter().copied().fold(f64::INFINITY, f64::min);
        let high = times.iter().copied().fold(0.0, f64::max);
        (f64::from_bits(bits), [low, mean, high])
    };
    by_quantile.into_iter().map(summary).collect()
}
