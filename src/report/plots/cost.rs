//! What users pay against how long they wait.

use super::axis::{Axis, BOTTOM_ROOM, Panel, left_room, nice_end};
use super::figure::Figure;
use super::figure::WIDTH;
use super::style::{self, Key};
use super::words::if_replicated;
use crate::report::compare::{Comparison, ComparisonRow};
use crate::report::scale::Scale;

/// One marker per layout, with intervals.
pub(super) fn figure(comparison: &Comparison) -> Option<(Figure, String)> {
    let million = comparison.metrics().contains(&"cost.user_per_million");
    let (metric, what) =
        if million { ("cost.user_per_million", "User cost per million requests") } else { ("cost.user", "User cost") };
    let points: Vec<(usize, &ComparisonRow, &ComparisonRow)> = comparison
        .layouts
        .iter()
        .enumerate()
        .filter_map(|(i, layout)| Some((i, comparison.row("response.p99", layout)?, comparison.row(metric, layout)?)))
        .collect();
    let high = |row: &ComparisonRow| row.mean_high.unwrap_or(row.mean);
    let x_high = points.iter().map(|(_, x, _)| high(x)).fold(0.0, f64::max);
    let y_high = points.iter().map(|(_, _, y)| high(y)).fold(0.0, f64::max);
    if points.is_empty() {
        return None;
    }
    let time = Scale::for_values("", "s", [x_high / 4.0].into_iter());
    let money = Scale::for_values("", "USD", [y_high / 4.0].into_iter());
    let mut figure = Figure::new(WIDTH, 178.0, format!("{what} against 99th percentile of response time"));
    let keys: Vec<(Key, String)> =
        points.iter().map(|(i, x, _)| (Key::Point(style::layout(*i)), x.layout.clone())).collect();
    let top = style::legend(&mut figure, 4.0, 1.0, &keys);
    // Room beyond the last point, so that no marker is cut.
    let x_range = (0.0, nice_end(x_high * time.factor * 1.04, 5));
    let y_range = (0.0, nice_end(y_high * money.factor * 1.04, 5));
    let y_ticks = Axis::linear(y_range, (0.0, 0.0)).ticks(5);
    let panel = Panel {
        left: left_room(&y_ticks, true),
        top: top + 2.0,
        right: WIDTH - 10.0,
        bottom: figure.height - BOTTOM_ROOM,
    };
    let x = Axis::linear(x_range, (panel.left, panel.right));
    let y = Axis::linear(y_range, (panel.bottom, panel.top));
    panel.x_grid(&mut figure, &x, &x.ticks(5));
    panel.x_axis(&mut figure, &x, &x.ticks(5), &format!("99th percentile of response time ({})", time.unit));
    panel.y_axis(&mut figure, &y, &y_ticks, &format!("{what} ({})", money.unit));
    panel.frame(&mut figure);
    for (index, wait, pay) in &points {
        let (at_x, at_y) = (x.place(wait.mean * time.factor), y.place(pay.mean * money.factor));
        if let Some((low, high)) = wait.ends() {
            let place = |value: f64| x.place(value * time.factor);
            figure.whisker_x(place(low), place(high), at_y);
        }
        if let Some((low, high)) = pay.ends() {
            let place = |value: f64| y.place(value * money.factor);
            figure.whisker_y(at_x, place(low), place(high));
        }
        let look = style::layout(*index);
        figure.marker((at_x, at_y), look.marker, look.color);
    }
    let whisker = if_replicated(comparison.replications, " Bars are 95 % confidence intervals.");
    let caption = format!(
        "{what} against the response time that 99 of 100 requests keep. Towards the lower left is cheaper and \
         faster; a layout with another to its lower left is worse in both.{whisker}"
    );
    Some((figure, caption))
}
