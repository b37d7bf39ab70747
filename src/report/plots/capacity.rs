//! Installed, allocated and used capacity over time: the gaps are what is paid for and not used.

use super::axis::{Axis, BOTTOM_ROOM, Panel, left_room, nice_end};
use super::figure::WIDTH;
use super::figure::{Anchor, Color, Figure, Hatch, INK, Point};
use super::style::{self, ALLOCATED, Key, LIMIT_DASH, USED};
use crate::output::ExperimentOutput;
use crate::report::scale::Scale;

/// Points of a series that are drawn at most; more are averaged to as many.
const MOST_POINTS: usize = 300;

/// A resource: what its series begin with, which of them is the used part, and its unit.
struct Resource {
    prefix: &'static str,
    used: &'static str,
    unit: &'static str,
}

const RESOURCES: [Resource; 2] = [
    Resource { prefix: "cores", used: "busy", unit: "cores" },
    Resource { prefix: "memory", used: "used", unit: "GiB" },
];

/// One series of one run: bins as (start in seconds, value), and the end of the last.
struct Series {
    bins: Vec<(f64, f64)>,
    end: f64,
}

/// Height of the row of one layout.
const ROW: f64 = 62.0;

/// What is common to all panels.
struct Grid<'a> {
    out: &'a ExperimentOutput,
    replication: u32,
    layouts: Vec<&'a str>,
    /// Where the first row begins.
    top: f64,
    /// The end of the longest run in seconds.
    end: f64,
}

/// One row of panels per layout, a panel per resource.
pub(super) fn figure(out: &ExperimentOutput) -> Option<(Figure, String)> {
    let replication = out.series.iter().map(|row| row.replication).min()?;
    let names = out.manifest.layouts.iter().map(|layout| layout.name.as_str());
    let read = |layout: &str| series(out, layout, replication, "cores.allocated");
    let layouts: Vec<&str> = names.filter(|name| read(name).is_some()).collect();
    let end = layouts.iter().filter_map(|layout| Some(read(layout)?.end)).fold(0.0, f64::max);
    if end <= 0.0 {
        return None;
    }
    let keys = [
        (Key::Limit, "Installed".to_owned()),
        (Key::Bar(ALLOCATED, Hatch::None), "Allocated".to_owned()),
        (Key::Bar(USED, Hatch::None), "Used".to_owned()),
    ];
    let height = style::legend_height(WIDTH, 4.0, &keys) + ROW * layouts.len() as f64 + BOTTOM_ROOM - 8.0;
    let mut figure = Figure::new(WIDTH, libm::ceil(height), "Capacity over time".to_owned());
    let top = style::legend(&mut figure, 4.0, 1.0, &keys);
    let grid = Grid { out, replication, layouts, top, end };
    for (column, resource) in RESOURCES.iter().enumerate() {
        let (left, right) = (WIDTH * column as f64 / 2.0, WIDTH * (column + 1) as f64 / 2.0 - 6.0);
        grid.column(&mut figure, resource, (left, right));
    }
    let several = out.manifest.replications > 1;
    let which = if several { format!(" Replication {replication} is shown.") } else { String::new() };
    let caption = format!(
        "Capacity over time, one row per layout: installed (dashed), allocated to virtual machines or sandboxes \
         (light) and used by running requests (dark). Light without dark is held and idle; white below the dashes \
         is not held at all.{which}"
    );
    Some((figure, caption))
}

impl Grid<'_> {
    /// The panels of one resource, with the same scale in all rows.
    fn column(&self, figure: &mut Figure, resource: &Resource, (left, right): (f64, f64)) {
        let read = |layout: &str, part: &str| {
            series(self.out, layout, self.replication, &format!("{}.{part}", resource.prefix))
        };
        let mut highest = 0.0_f64;
        for (layout, part) in self.layouts.iter().flat_map(|layout| ["installed", "allocated"].map(|p| (layout, p))) {
            let bins = read(layout, part).map_or_else(Vec::new, |series| series.bins);
            highest = bins.iter().map(|bin| bin.1).fold(highest, f64::max);
        }
        let scale = Scale::for_values("", resource.unit, [highest / 4.0].into_iter());
        let range = (0.0, nice_end(highest * scale.factor * 1.02, 3));
        let ticks = Axis::linear(range, (0.0, 0.0)).ticks(3);
        let label = if resource.unit == "cores" { "Cores".to_owned() } else { format!("Memory ({})", scale.unit) };
        let (unit, unit_s, step) = time_unit(self.end);
        let left = left + left_room(&ticks, true);
        for (i, layout) in self.layouts.iter().enumerate() {
            let top = self.top + ROW * i as f64 + 10.0;
            let panel = Panel { left, top, right, bottom: top + ROW - 20.0 };
            let x = Axis::linear((0.0, self.end / unit_s), (panel.left, panel.right));
            let y = Axis::linear(range, (panel.bottom, panel.top));
            let x_ticks = step.map_or_else(|| x.ticks(4), |step| x.ticks_every(step));
            panel.x_grid(figure, &x, &x_ticks);
            panel.y_axis(figure, &y, &ticks, &label);
            let place = |(time, value): Point| (x.place(time / unit_s), y.place(value * scale.factor));
            area(figure, read(layout, "allocated"), ALLOCATED, panel.bottom, place);
            area(figure, read(layout, resource.used), USED, panel.bottom, place);
            if let Some(installed) = read(layout, "installed") {
                figure.stroke(steps(&installed).into_iter().map(place).collect(), 0.8, INK, LIMIT_DASH);
            }
            if i + 1 == self.layouts.len() {
                panel.x_axis(figure, &x, &x_ticks, unit);
            }
            panel.frame(figure);
            figure.text((panel.left, top - 3.5), *layout, Anchor::Start);
        }
    }
}

/// A filled step line down to the axis.
fn area(figure: &mut Figure, series: Option<Series>, color: Color, floor: f64, place: impl Fn(Point) -> Point) {
    let Some(series) = series else { return };
    let line: Vec<Point> = steps(&series).into_iter().map(place).collect();
    let (Some(first), Some(last)) = (line.first(), line.last()) else { return };
    let mut corners = vec![(first.0, floor)];
    let end = (last.0, floor);
    corners.extend(&line);
    corners.push(end);
    figure.fill(corners, color, 1.0);
}

/// The corners of a step line through the bins.
fn steps(series: &Series) -> Vec<Point> {
    let ends = series.bins.iter().skip(1).map(|bin| bin.0).chain([series.end]);
    series.bins.iter().zip(ends).flat_map(|((start, value), end)| [(*start, *value), (end, *value)]).collect()
}

/// A series in order of time, thinned by means over neighbouring bins; none where it has no rows.
fn series(out: &ExperimentOutput, layout: &str, replication: u32, name: &str) -> Option<Series> {
    let rows = out.series.iter().filter(|r| r.layout == layout && r.replication == replication && r.series == name);
    let mut bins: Vec<(f64, f64)> = rows.map(|row| (row.time_s, row.value)).collect();
    bins.sort_by(|a, b| a.0.total_cmp(&b.0));
    let last = bins.last()?.0;
    // The last bin ends with the period; where nobody says when that is, it is as wide as the one before it.
    let run = out.manifest.runs.iter().find(|run| run.layout == layout && run.replication == replication);
    let told = run.map(|run| run.to_s).filter(|end| *end > last);
    let end = told.unwrap_or_else(|| last + bins.len().checked_sub(2).map_or(1.0, |i| last - bins[i].0));
    let stride = bins.len().div_ceil(MOST_POINTS);
    let mean = |chunk: &[(f64, f64)]| (chunk[0].0, chunk.iter().map(|bin| bin.1).sum::<f64>() / chunk.len() as f64);
    Some(Series { bins: bins.chunks(stride).map(mean).collect(), end })
}

/// A unit of time in which a run of `end` seconds is a small number: its axis label, its seconds, and for
/// hours and minutes, which don't count in tens, a step of ticks that leaves at most five of them.
fn time_unit(end: f64) -> (&'static str, f64, Option<f64>) {
    const HOURS: &[f64] = &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0];
    const MINUTES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0];
    let step = |unit: f64, steps: &[f64]| steps.iter().copied().find(|step| end / unit / step < 5.0);
    match end {
        end if end >= 4.0 * 86_400.0 => ("Time (d)", 86_400.0, None),
        end if end >= 4.0 * 3600.0 => ("Time (h)", 3600.0, step(3600.0, HOURS)),
        end if end >= 240.0 => ("Time (min)", 60.0, step(60.0, MINUTES)),
        end if end >= 1.0 => ("Time (s)", 1.0, None),
        _ => ("Time (ms)", 1e-3, None),
    }
}
