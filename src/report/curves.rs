//! What is kept of the table of a sweep for its figures and its page: little, however many points there are.

use std::collections::BTreeMap;

use super::findings::KEY_METRICS;
use crate::output::metrics;
use crate::output::{SweepAxis, SweepManifest, SweepRow};

/// Panels that a figure has at most: the values of the second axis are thinned to as many.
const MOST_PANELS: usize = 8;
/// Layouts that a figure shows at most: more can't be told apart.
const MOST_LAYOUTS: usize = 12;

/// One metric over the first axis, a panel for each value of the second.
#[derive(Clone, Debug)]
pub(in crate::report) struct Curves<'a> {
    pub metric: &'a str,
    /// The unit of the values, as in the table.
    pub unit: String,
    /// Whether the vertical axis is logarithmic; without it, the values decide.
    pub log: Option<bool>,
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
pub(super) type Values = BTreeMap<(usize, usize, usize), (f64, Option<(f64, f64)>)>;

/// Collects the rows that figures show: those at the first value of every axis after the second.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    pub(super) manifest: &'a SweepManifest,
    /// Values of the second axis that have a panel.
    panels: Vec<usize>,
    layouts: Vec<String>,
    metrics: Vec<Measured<'a>>,
}

/// What was measured of one metric.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    pub name: &'a str,
    pub unit: String,
    pub values: Values,
}

impl<'a> Lines<'a> {
    pub(super) fn new(manifest: &'a SweepManifest) -> Self {
        let count = manifest.axis.get(1).map_or(1, SweepAxis::len);
        let drawn = count.min(MOST_PANELS);
        // Evenly thinned, with both ends.
        let panels = (0..drawn).map(|i| if drawn > 1 { i * (count - 1) / (drawn - 1) } else { 0 }).collect();
        let mut metrics: Vec<Measured> = Vec::new();
        let asked = manifest.figure.iter().flat_map(|figure| std::iter::once(&figure.y).chain(&figure.x));
        for name in asked.map(String::as_str).chain(KEY_METRICS.iter().copied()) {
            if metrics.iter().all(|metric| metric.name != name) {
                metrics.push(Measured { name, unit: String::new(), values: Values::new() });
            }
        }
        Self { manifest, panels, layouts: Vec::new(), metrics }
    }

    pub(super) fn add(&mut self, row: &SweepRow) {
        let Some(metric) = self.metrics.iter().position(|metric| metric.name == row.metric) else { return };
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
        let measured = &mut self.metrics[metric];
        row.unit.clone_into(&mut measured.unit);
        measured.values.insert((layout, panel, indices[0]), (row.mean, row.interval));
    }

    /// What was collected, by metric: those that were asked for, then the others; without those that have no value.
    pub(super) fn curves(&self) -> Vec<Curves<'_>> {
        let asked = self.manifest.figure.iter().filter(|figure| figure.x.is_none());
        let mut drawn: Vec<(&str, Option<bool>)> = asked.map(|figure| (figure.y.as_str(), figure.y_log)).collect();
        for name in KEY_METRICS {
            if drawn.iter().all(|(other, _)| other != name) {
                drawn.push((name, None));
            }
        }
        drawn.into_iter().filter_map(|(name, log)| Some(self.of_metric(self.measured(name)?, log))).collect()
    }

    /// A metric, where it has a value anywhere.
    pub(super) fn measured(&self, name: &str) -> Option<&Measured<'a>> {
        self.metrics.iter().find(|metric| metric.name == name && !metric.values.is_empty())
    }

    fn of_metric(&self, measured: &Measured<'a>, log: Option<bool>) -> Curves<'_> {
        let panel = |index: usize, value: String| Panel {
            value,
            curves: (0..self.shown().len()).map(|layout| measured.along(layout, index)).collect(),
        };
        Curves {
            metric: measured.name,
            unit: measured.unit.clone(),
            log,
            axis: &self.manifest.axis[0],
            panels_by: self.panels_by(),
            layouts: self.shown().to_vec(),
            panels: self.panels().into_iter().enumerate().map(|(i, value)| panel(i, value)).collect(),
            left_out: self.left_out(),
            replications: self.manifest.replications,
        }
    }

    /// The layouts that figures show.
    pub(super) fn shown(&self) -> &[String] {
        &self.layouts[..self.layouts.len().min(MOST_LAYOUTS)]
    }

    /// The axis of the panels; none where there is one panel.
    pub(super) fn panels_by(&self) -> Option<&'a SweepAxis> {
        self.manifest.axis.get(1).filter(|axis| axis.len() > 1)
    }

    /// The value of each panel in words; one that is empty where there is one panel.
    pub(super) fn panels(&self) -> Vec<String> {
        let by = self.panels_by();
        self.panels.iter().map(|index| by.map_or(String::new(), |axis| in_words(axis, *index))).collect()
    }

    /// What figures leave out, in words; empty where that is nothing.
    pub(super) fn left_out(&self) -> String {
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

impl Measured<'_> {
    /// The places along the first axis that have a value, in order.
    pub(super) fn along(&self, layout: usize, panel: usize) -> Vec<Place> {
        let along = self.values.range((layout, panel, 0)..=(layout, panel, usize::MAX));
        along.map(|((.., index), (mean, interval))| Place { index: *index, mean: *mean, interval: *interval }).collect()
    }
}

/// Whether lines between the values of the axis mean anything.
pub(in crate::report) fn is_numeric(axis: &SweepAxis) -> bool {
    let parses = |text: &String| text.parse::<f64>().is_ok_and(f64::is_finite);
    axis.keys.first().is_some_and(|key| key.numeric && key.values.iter().all(parses))
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
    /// Where the least mean is.
    pub least: End,
    /// Where the greatest mean is.
    pub most: End,
}

/// A mean at one point.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub mean: f64,
    pub interval: Option<(f64, f64)>,
    pub point: usize,
}

impl Span {
    /// Whether the two ends are no further apart than their intervals reach: they may differ by chance alone.
    pub(super) fn within_noise(&self) -> bool {
        let reach = |end: &End| end.interval.unwrap_or((end.mean, end.mean));
        self.least.mean != self.most.mean && reach(&self.least).1 >= reach(&self.most).0
    }
}

impl Spans {
    pub(super) fn add(&mut self, row: &SweepRow) {
        let headline = |metric: &metrics::Metric| metric.headline && metric.name == row.metric;
        let Some(metric) = metrics::METRICS.iter().position(headline) else { return };
        let layout = self.layouts.iter().position(|layout| *layout == row.layout).unwrap_or_else(|| {
            self.layouts.push(row.layout.clone());
            self.layouts.len() - 1
        });
        let here = End { mean: row.mean, interval: row.interval, point: row.point };
        let span = self.spans.entry((metric, layout)).or_insert_with(|| Span {
            unit: row.unit.clone(),
            least: here,
            most: here,
        });
        if row.mean < span.least.mean {
            span.least = here;
        }
        if row.mean > span.most.mean {
            span.most = here;
        }
    }
}
