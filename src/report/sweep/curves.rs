//! What is kept of the table of a sweep for its figures and its page: little, however many points there are.

use std::collections::BTreeMap;

use crate::output::metrics;
use crate::output::{SweepAxis, SweepManifest, SweepRow};

/// The metrics that have a figure, in the order of the page.
const DRAWN: &[&str] = &[
    "response.p99",
    "response.mean",
    "cost.user_per_million",
    "cost.provider_per_million",
    "energy_per_request",
    "cores.utilisation",
    "memory.utilisation",
];

/// Panels that a figure has at most: the values of the second axis are thinned to as many.
const MOST_PANELS: usize = 8;
/// Layouts that a figure shows at most: more can't be told apart.
const MOST_LAYOUTS: usize = 12;

/// One metric over the first axis, a panel for each value of the second.
#[derive(Clone, Debug)]
pub(in crate::report) struct Curves<'a> {
    pub metric: &'static str,
    /// The unit of the values, as in the table.
    pub unit: String,
    /// The axis along x.
    pub axis: &'a SweepAxis,
    /// The axis of the panels; none where there is one panel.
    pub panels_by: Option<&'a SweepAxis>,
    pub layouts: Vec<String>,
    pub panels: Vec<Panel>,
    /// What the figure leaves out, for its caption; may be empty.
    pub left_out: String,
    pub replications: u32,
}

/// The curves at one value of the second axis.
#[derive(Clone, Debug)]
pub(in crate::report) struct Panel {
    /// The value in words, with its unit; empty where there is one panel.
    pub value: String,
    /// By layout: the places along the first axis that have a value, in order.
    pub curves: Vec<Vec<Place>>,
}

/// A value at one place along the first axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct Place {
    /// Which value of the axis.
    pub index: usize,
    pub mean: f64,
    pub interval: Option<(f64, f64)>,
}

/// By layout, panel and place along the first axis.
type Values = BTreeMap<(usize, usize, usize), (f64, Option<(f64, f64)>)>;

/// Collects the rows that figures show: those at the first value of every axis after the second.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    manifest: &'a SweepManifest,
    /// Values of the second axis that have a panel.
    panels: Vec<usize>,
    layouts: Vec<String>,
    by_metric: Vec<(String, Values)>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(manifest: &'a SweepManifest) -> Self {
        let count = manifest.axis.get(1).map_or(1, SweepAxis::len);
        let drawn = count.min(MOST_PANELS);
        // Evenly thinned, with both ends.
        let panels = (0..drawn).map(|i| if drawn > 1 { i * (count - 1) / (drawn - 1) } else { 0 }).collect();
        let by_metric = DRAWN.iter().map(|_| (String::new(), Values::new())).collect();
        Self { manifest, panels, layouts: Vec::new(), by_metric }
    }

    pub(super) fn add(&mut self, row: &SweepRow) {
        let Some(metric) = DRAWN.iter().position(|metric| *metric == row.metric) else { return };
        let indices = self.manifest.indices(row.point);
        let second = indices.get(1).copied().unwrap_or(0);
        let Some(panel) = self.panels.iter().position(|panel| *panel == second) else { return };
        if indices.iter().skip(2).any(|index| *index > 0) {
            return;
        }
        let layout = self.layouts.iter().position(|layout| *layout == row.layout).unwrap_or_else(|| {
            self.layouts.push(row.layout.clone());
            self.layouts.len() - 1
        });
        let (unit, values) = &mut self.by_metric[metric];
        row.unit.clone_into(unit);
        values.insert((layout, panel, indices[0]), (row.mean, row.interval));
    }

    /// What was collected, by metric; those without a value are left out.
    pub(super) fn curves(&self) -> Vec<Curves<'_>> {
        let measured = DRAWN.iter().zip(&self.by_metric).filter(|(_, (_, values))| !values.is_empty());
        measured.map(|(metric, (unit, values))| self.of_metric(metric, unit, values)).collect()
    }

    fn of_metric(&self, metric: &'static str, unit: &str, values: &Values) -> Curves<'_> {
        let shown = self.layouts.len().min(MOST_LAYOUTS);
        let curve = |layout: usize, panel: usize| -> Vec<Place> {
            let along = values.range((layout, panel, 0)..=(layout, panel, usize::MAX));
            along
                .map(|((.., index), (mean, interval))| Place { index: *index, mean: *mean, interval: *interval })
                .collect()
        };
        let second = self.manifest.axis.get(1).filter(|axis| axis.len() > 1);
        let panel = |(i, index): (usize, &usize)| Panel {
            value: second.map_or(String::new(), |axis| in_words(axis, *index)),
            curves: (0..shown).map(|layout| curve(layout, i)).collect(),
        };
        Curves {
            metric,
            unit: unit.to_owned(),
            axis: &self.manifest.axis[0],
            panels_by: second,
            layouts: self.layouts[..shown].to_vec(),
            panels: self.panels.iter().enumerate().map(panel).collect(),
            left_out: self.left_out(),
            replications: self.manifest.replications,
        }
    }

    fn left_out(&self) -> String {
        let mut words = Vec::new();
        if let Some(second) = self.manifest.axis.get(1).filter(|axis| axis.len() > self.panels.len()) {
            words.push(format!(" {} of {} values of {} are drawn.", self.panels.len(), second.len(), second.label));
        }
        for axis in self.manifest.axis.iter().skip(2).filter(|axis| axis.len() > 1) {
            words.push(format!(" {} is held at {}.", axis.label, in_words(axis, 0)));
        }
        if self.layouts.len() > MOST_LAYOUTS {
            words.push(format!(" Only the first {MOST_LAYOUTS} of {} layouts are drawn.", self.layouts.len()));
        }
        words.concat()
    }
}

/// A value of an axis with its unit.
pub(super) fn in_words(axis: &SweepAxis, index: usize) -> String {
    let Some(key) = axis.keys.first() else { return String::new() };
    let space = if key.unit.is_empty() { "" } else { " " };
    format!("{}{space}{}", key.values[index], key.unit)
}

/// The least and the greatest mean of each headline metric in each layout, and where they are.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Layouts in the order of the table.
    pub layouts: Vec<String>,
    /// By position in the catalogue and layout.
    pub spans: BTreeMap<(usize, usize), Span>,
}

/// The ends of what a metric was over all points.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub unit: String,
    /// The least mean and its point.
    pub least: (f64, usize),
    /// The greatest mean and its point.
    pub most: (f64, usize),
}

impl Spans {
    pub(super) fn add(&mut self, row: &SweepRow) {
        let headline = |metric: &metrics::Metric| metric.headline && metric.name == row.metric;
        let Some(metric) = metrics::METRICS.iter().position(headline) else { return };
        let layout = self.layouts.iter().position(|layout| *layout == row.layout).unwrap_or_else(|| {
            self.layouts.push(row.layout.clone());
            self.layouts.len() - 1
        });
        let here = (row.mean, row.point);
        let span = self.spans.entry((metric, layout)).or_insert_with(|| Span {
            unit: row.unit.clone(),
            least: here,
            most: here,
        });
        if row.mean < span.least.0 {
            span.least = here;
        }
        if row.mean > span.most.0 {
            span.most = here;
        }
    }
}
