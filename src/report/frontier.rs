//! One metric against another: what figures of that kind are made of.

use super::curves::{Lines, Measured, Place, is_numeric};
use crate::output::SweepFigure;
use crate::output::metrics::{self, Better};
use crate::output::{SweepAxis, SweepKey};

/// Two metrics, a curve for each layout through the points of the first axis, a panel for each value of the second.
#[derive(Clone, Debug)]
pub(in crate::report) struct Frontier<'a> {
    pub x: Side<'a>,
    pub y: Side<'a>,
    /// The axis of the panels; none where there is one panel.
    pub panels_by: Option<&'a SweepAxis>,
    /// The axis along which curves run.
    pub axis: &'a SweepAxis,
    pub curves: Vec<Curve<'a>>,
    /// The value of each panel in words; one that is empty where there is one panel.
    pub panels: Vec<String>,
    /// What the figure leaves out, for its caption; may be empty.
    pub left_out: String,
    pub replications: u32,
}

/// One of the two metrics.
#[derive(Clone, Debug)]
pub(in crate::report) struct Side<'a> {
    pub name: &'a str,
    /// The unit of the values, as in the table.
    pub unit: &'a str,
    /// Whether the axis is logarithmic; without it, the values decide.
    pub log: Option<bool>,
}

/// One layout.
#[derive(Clone, Debug)]
pub(in crate::report) struct Curve<'a> {
    pub layout: &'a str,
    /// Whether it is a bound, not a candidate.
    pub bound: bool,
    /// What varies of it along the first axis; nothing where it is the same all along.
    pub key: Option<&'a SweepKey>,
    /// By panel: the points that have both values, in the order of the axis.
    pub spots: Vec<Vec<Spot>>,
}

/// The values of both metrics at one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct Spot {
    pub x: Place,
    pub y: Place,
}

/// The figures of metric against metric that the experiment asks for and that have values.
pub(super) fn frontiers<'a>(lines: &'a Lines<'a>) -> Vec<Frontier<'a>> {
    lines.manifest.figure.iter().filter_map(|figure| frontier(lines, figure)).collect()
}

fn frontier<'a>(lines: &'a Lines<'a>, figure: &'a SweepFigure) -> Option<Frontier<'a>> {
    let (x, y) = (lines.measured(figure.x.as_ref()?)?, lines.measured(&figure.y)?);
    let (axis, panels) = (&lines.manifest.axis[0], lines.panels());
    let curve = |(i, layout): (usize, &'a String)| Curve {
        layout,
        bound: figure.bounds.contains(layout),
        key: axis.keys.iter().find(|key| is_of(key, i, layout)),
        spots: (0..panels.len()).map(|panel| spots(x, y, i, panel)).collect(),
    };
    Some(Frontier {
        x: Side { name: x.name, unit: &x.unit, log: figure.x_log },
        y: Side { name: y.name, unit: &y.unit, log: figure.y_log },
        panels_by: lines.panels_by(),
        axis,
        curves: lines.shown().iter().enumerate().map(curve).collect(),
        panels,
        left_out: lines.left_out(),
        replications: lines.manifest.replications,
    })
}

fn spots(x: &Measured, y: &Measured, layout: usize, panel: usize) -> Vec<Spot> {
    let ys = y.along(layout, panel);
    let spot = |x: Place| ys.iter().find(|y| y.index == x.index).map(|y| Spot { x, y: *y });
    x.along(layout, panel).into_iter().filter_map(spot).collect()
}

/// Whether a key as typed, `layout[0].nodes` or `layout[name=servers].nodes`, is one of this layout; what is not of any
/// layout is of all.
fn is_of(key: &SweepKey, index: usize, layout: &str) -> bool {
    let Some(rest) = key.key.strip_prefix("layout[") else { return true };
    let which = rest.split(']').next().unwrap_or_default().trim();
    match which.split_once('=') {
        Some((_, name)) => name.trim().trim_matches(['"', '\'']) == layout,
        None => which.parse() == Ok(index),
    }
}

impl Frontier<'_> {
    /// Whether lines between the points of a curve mean anything.
    pub(in crate::report) fn is_continuous(&self) -> bool {
        is_numeric(self.axis)
    }

    /// Which points of a panel no curve beats in both metrics, bounds apart, from left to right; with `place`, where a point
    /// stands on axes on which curves are straight lines between its points. A continuous curve beats whatever lies above
    /// and beyond any part of it, a broken one what lies above and beyond its points. None where neither way is better for
    /// one of the metrics.
    pub(in crate::report) fn undominated(&self, panel: usize, place: impl Fn(&Spot) -> (f64, f64)) -> Vec<Spot> {
        let sign = |name: &str| match metrics::find(name).map(|metric| metric.better) {
            Some(Better::Lower) => Some(1.0),
            Some(Better::Higher) => Some(-1.0),
            _ => None,
        };
        let (Some(across), Some(up)) = (sign(self.x.name), sign(self.y.name)) else { return Vec::new() };
        // Less is better in both.
        let cost = |spot: &Spot| {
            let (x, y) = place(spot);
            (across * x, up * y)
        };
        let candidates = || self.curves.iter().filter(|curve| !curve.bound).map(|curve| &curve.spots[panel]);
        let mut pieces: Vec<[(f64, f64); 2]> = candidates().flatten().map(|spot| [cost(spot); 2]).collect();
        if self.is_continuous() {
            pieces.extend(candidates().flat_map(|spots| spots.windows(2)).map(|pair| [cost(&pair[0]), cost(&pair[1])]));
        }
        let is_beaten = |spot: &Spot| pieces.iter().any(|piece| beats(*piece, cost(spot)));
        let mut kept: Vec<Spot> = candidates().flatten().copied().filter(|spot| !is_beaten(spot)).collect();
        kept.sort_by(|a, b| a.x.mean.total_cmp(&b.x.mean));
        kept
    }
}

/// Whether some place on a straight line costs less than a point in one respect, and no more in the other. Less than a
/// billionth is nothing.
fn beats([from, to]: [(f64, f64); 2], (x, y): (f64, f64)) -> bool {
    let size = 1e-9 * (x.abs() + y.abs()).max(1e-300);
    // The part of the line that costs no more in x; within it the least y is at one of its ends.
    let share =
        |at: f64| if (to.0 - from.0).abs() > 0.0 { ((at - from.0) / (to.0 - from.0)).clamp(0.0, 1.0) } else { 0.0 };
    let at = |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
    let ends = [from, to, at(share(x))];
    ends.into_iter().any(|(a, b)| a <= x + size && b <= y + size && (a < x - size || b < y - size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SweepKey {
        SweepKey { key: text.to_owned(), ..SweepKey::default() }
    }

    fn curve<'a>(layout: &'a str, bound: bool, spots: &[(f64, f64)]) -> Curve<'a> {
        let place = |mean: f64| Place { index: 0, mean, interval: None };
        let spots = spots.iter().map(|(x, y)| Spot { x: place(*x), y: place(*y) }).collect();
        Curve { layout, bound, key: None, spots: vec![spots] }
    }

    fn undominated(x: &str, y: &str, values: &[&str], curves: Vec<Curve<'_>>) -> Vec<(f64, f64)> {
        let side = |name| Side { name, unit: "s", log: None };
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let key = SweepKey { numeric: true, values, ..SweepKey::default() };
        let axis = SweepAxis { keys: vec![key], ..SweepAxis::default() };
        let frontier = Frontier {
            x: side(x),
            y: side(y),
            panels_by: None,
            axis: &axis,
            curves,
            panels: vec![String::new()],
            left_out: String::new(),
            replications: 1,
        };
        let kept = frontier.undominated(0, |spot| (spot.x.mean, spot.y.mean));
        kept.iter().map(|spot| (spot.x.mean, spot.y.mean)).collect()
    }

    #[test]
    fn what_nobody_beats_is_kept_and_bounds_do_not_count() {
        let fixed = || curve("fixed", false, &[(1.0, 9.0), (2.0, 5.0), (4.0, 4.0), (4.0, 3.0)]);
        let other = || curve("other", false, &[(2.0, 6.0), (3.0, 5.0), (5.0, 3.0), (6.0, 1.0)]);
        let bound = curve("bound", true, &[(1.0, 1.0)]);
        let words: &[&str] = &["a", "b", "c", "d"];
        let kept = undominated("response.mean", "response.p99", words, vec![fixed(), other(), bound]);
        assert_eq!(kept, [(1.0, 9.0), (2.0, 5.0), (4.0, 3.0), (6.0, 1.0)]);
        // More utilisation is better: the frontier is at the lower right.
        assert_eq!(undominated("cores.utilisation", "response.p99", words, vec![fixed()]), [(4.0, 3.0)]);
        let neither = undominated("cores.installed", "response.p99", words, vec![fixed()]);
        assert!(neither.is_empty(), "neither way is better");
    }

    #[test]
    fn what_lies_above_a_line_is_beaten_if_there_is_anything_between_its_points() {
        let curves = || vec![curve("line", false, &[(1.0, 9.0), (5.0, 1.0)]), curve("one", false, &[(4.0, 4.0)])];
        let all = [(1.0, 9.0), (4.0, 4.0), (5.0, 1.0)];
        assert_eq!(undominated("response.mean", "response.p99", &["a", "b"], curves()), all);
        // At x = 4 the line is at 3.
        assert_eq!(undominated("response.mean", "response.p99", &["1", "2"], curves()), [all[0], all[2]]);
    }

    #[test]
    fn keys_find_their_layouts() {
        assert!(is_of(&key("layout[1].nodes.count"), 1, "b") && !is_of(&key("layout[1].nodes.count"), 0, "a"));
        assert!(is_of(&key("layout[name=b].nodes.count"), 1, "b") && !is_of(&key("layout[name=b].x"), 0, "a"));
        assert!(is_of(&key("layout[ name = 'b' ].x"), 1, "b"), "as the config reads it");
        assert!(is_of(&key("workload.profile.memory_stall"), 3, "d"));
    }
}
