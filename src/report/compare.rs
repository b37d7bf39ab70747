//! The layouts side by side: means with confidence intervals, and paired ratios to the first layout.
//!
//! [`crate::verdict`] has the formulas. With one replication there is no interval, and none is invented.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::metrics::{self, METRICS};
use crate::output::{Cells, ExperimentOutput, OutputError, RangeRow, Row};
use crate::stats::SpanHistogram;
use crate::verdict::{CONFIDENCE, Estimate, Samples, Sampling};

/// One metric of one layout, over all replications: a row of `comparison.csv`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonRow {
    /// Which metric.
    pub metric: String,
    /// Which layout.
    pub layout: String,
    /// Mean over replications.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean, the resolution of quantiles included; none with one
    /// replication, and where all are equal. Of an interval that reaches further to one side, the reach to that side.
    pub half_width_95: Option<f64>,
    /// The lower end of the same interval.
    pub mean_low: Option<f64>,
    /// The upper end of the same.
    pub mean_high: Option<f64>,
    /// The paired ratio to the first layout; none where that is zero or has no value. With populations that differ, the
    /// geometric mean of the ratios in single replications where all values are above zero.
    pub ratio_to_first: Option<f64>,
    /// Lower end of the 95 % confidence interval of the ratio; none for the first layout, with one replication, and where
    /// it is equal in all.
    pub ratio_low: Option<f64>,
    /// Upper end of the same.
    pub ratio_high: Option<f64>,
    /// The lowest ratio within the ranges of prices and powers, what was used held fixed; none of what does not rest on them.
    pub range_low: Option<f64>,
    /// The highest of the same.
    pub range_high: Option<f64>,
    /// The unit of the mean and its half width.
    pub unit: String,
    /// How many replications have a value.
    pub n: u32,
    /// What two replications or more have in common, all of them.
    pub equal: Equal,
}

/// What is equal in all replications, and so has no interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Equal {
    /// The value.
    pub value: bool,
    /// The ratio to the first layout.
    pub ratio: bool,
}

impl Equal {
    /// Text of the column `equal`: `value`, `ratio`, `value ratio`, or nothing.
    fn words(self) -> &'static str {
        match (self.value, self.ratio) {
            (true, true) => "value ratio",
            (true, false) => "value",
            (false, true) => "ratio",
            (false, false) => "",
        }
    }
}

impl ComparisonRow {
    /// The paired ratio to the first layout with its interval; none where that is zero or has no value.
    pub fn ratio(&self) -> Option<Estimate> {
        let value = self.ratio_to_first?;
        let reach = self.ratio_low.zip(self.ratio_high).map(|(low, high)| (value - low, high - value));
        Some(Estimate { value, reach, equal: self.equal.ratio, n: self.n as usize })
    }
    /// The ends of the interval of the mean.
    pub fn ends(&self) -> Option<(f64, f64)> {
        self.mean_low.zip(self.mean_high)
    }
}

/// The layouts side by side, and what must be told beside the numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the experiment.
    pub experiment: String,
    /// The question that it answers.
    pub question: String,
    /// Version, seed, replications and configuration in one line.
    pub facts: String,
    /// What is held equal, with values and units.
    pub basis: String,
    /// What all is accounted over, in words; empty where the manifest does not say.
    pub measured: String,
    /// The layouts in the order of the configuration; ratios are to the first.
    pub layouts: Vec<String>,
    /// Runs per layout.
    pub replications: u32,
    /// What intervals are over, and what they say nothing of.
    pub varies: Vec<String>,
    /// What replications are samples of.
    #[serde(skip)]
    pub sampling: Sampling,
    /// What makes the comparison doubtful: requests rejected, audits failed, quantities not held equal.
    pub flags: Vec<String>,
    /// What the runs warned of.
    pub warnings: Vec<String>,
    /// By metric in the catalogue's order, then by layout; metrics that the catalogue lacks come last.
    pub rows: Vec<ComparisonRow>,
    /// How far ratios move within the ranges of prices and powers.
    #[serde(skip)]
    pub ranges: Vec<RangeRow>,
}

impl Comparison {
    /// The row of a metric and a layout.
    pub fn row(&self, metric: &str, layout: &str) -> Option<&ComparisonRow> {
        self.rows.iter().find(|row| row.metric == metric && row.layout == layout)
    }
    /// Flags and warnings together.
    pub fn doubts(&self) -> Vec<String> {
        self.flags.iter().chain(&self.warnings).cloned().collect()
    }
    /// The metrics that have a row, in order.
    pub fn metrics(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rows.iter().map(|row| row.metric.as_str()).collect();
        names.dedup();
        names
    }
}

/// Compares the layouts of one experiment.
pub fn compare(out: &ExperimentOutput) -> Comparison {
    let manifest = &out.manifest;
    let layouts: Vec<String> = manifest.layouts.iter().map(|layout| layout.name.clone()).collect();
    let mut by_metric: BTreeMap<(usize, &str), Samples> = BTreeMap::new();
    for row in &out.summary {
        by_metric.entry((order(&row.metric), &row.metric)).or_default().add(row);
    }
    let sampling = Sampling::of(manifest);
    let mut rows = Vec::new();
    for ((_, metric), samples) in &by_metric {
        for (index, layout) in layouts.iter().enumerate() {
            let Some(mean) = sampling.mean(&samples.values(layout), CONFIDENCE) else { continue };
            let ratio = sampling.ratio(&samples.pairs(layout, &layouts[0]), CONFIDENCE);
            let resolution = resolution(metric);
            let mean = if resolution > 0.0 { mean.known_to(resolution) } else { mean };
            // Pairs that are all alike are so however coarsely they are told.
            let coarse = |ratio: &Estimate| resolution > 0.0 && !(ratio.equal && ratio.value == 1.0);
            let ratio = ratio.map(|ratio| if coarse(&ratio) { ratio.known_to(2.0 * resolution) } else { ratio });
            // The first layout is its own base: one, and nothing to be in doubt about.
            let against = ratio.filter(|_| index > 0);
            let ends = against.filter(|ratio| !ratio.equal).and_then(|ratio| ratio.ends());
            let interval = mean.reach.and(mean.ends());
            let is_it = |row: &&RangeRow| row.number.is_empty() && row.layout == *layout && row.metric == *metric;
            let range = out.ranges.iter().find(is_it);
            rows.push(ComparisonRow {
                metric: (*metric).to_owned(),
                layout: layout.clone(),
                mean: mean.value,
                half_width_95: mean.half_width(),
                mean_low: interval.map(|(low, _)| low),
                mean_high: interval.map(|(_, high)| high),
                ratio_to_first: ratio.map(|ratio| ratio.value),
                ratio_low: ends.map(|(low, _)| low),
                ratio_high: ends.map(|(_, high)| high),
                range_low: range.map(|range| range.low),
                range_high: range.map(|range| range.high),
                unit: samples.unit.to_owned(),
                n: mean.n as u32,
                equal: Equal { value: mean.equal, ratio: against.is_some_and(|ratio| ratio.equal) },
            });
        }
    }
    let hash = manifest.config_hash.get(..12).unwrap_or(&manifest.config_hash);
    let plural = if manifest.replications == 1 { "" } else { "s" };
    Comparison {
        experiment: manifest.experiment.clone(),
        question: manifest.question.clone(),
        facts: format!(
            "{} {} · seed {} · {} replication{plural} · config {hash}",
            manifest.program, manifest.version, manifest.seed, manifest.replications
        ),
        basis: super::notes::basis(manifest),
        measured: manifest.measured.clone(),
        flags: super::notes::flags(out),
        warnings: super::gathered::gathered(&manifest.warnings, manifest.replications),
        replications: manifest.replications,
        ranges: out.ranges.clone(),
        varies: manifest.varies.clone(),
        sampling,
        layouts,
        rows,
    }
}

/// By which share of itself a value of this metric may be off: quantiles of times come from histograms.
fn resolution(metric: &str) -> f64 {
    if is_quantile(metric) { SpanHistogram::RELATIVE_ERROR } else { 0.0 }
}

/// Whether the metric is a quantile of times.
pub(super) fn is_quantile(metric: &str) -> bool {
    ["response.p", "start_delay.p"].iter().any(|start| metric.starts_with(start))
}

/// Position in the catalogue; past its end for a metric that it lacks.
fn order(metric: &str) -> usize {
    let found = metrics::find(metric).map(|found| found.name);
    METRICS.iter().position(|entry| Some(entry.name) == found).unwrap_or(METRICS.len())
}

impl Row for ComparisonRow {
    const FILE: &'static str = "comparison.csv";
    const COLUMNS: &'static [&'static str] = &[
        "metric",
        "layout",
        "mean",
        "half_width_95",
        "mean_low",
        "mean_high",
        "ratio_to_first",
        "ratio_low",
        "ratio_high",
        "range_low",
        "range_high",
        "unit",
        "n",
        "equal",
    ];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let finite = |value: f64| crate::output::number(value, || format!("{} of {}", self.metric, self.layout));
        let optional = |value: Option<f64>| value.map_or_else(|| Ok(String::new()), finite);
        Ok(vec![
            self.metric.clone(),
            self.layout.clone(),
            finite(self.mean)?,
            optional(self.half_width_95)?,
            optional(self.mean_low)?,
            optional(self.mean_high)?,
            optional(self.ratio_to_first)?,
            optional(self.ratio_low)?,
            optional(self.ratio_high)?,
            optional(self.range_low)?,
            optional(self.range_high)?,
            self.unit.clone(),
            self.n.to_string(),
            self.equal.words().to_owned(),
        ])
    }
    fn parse(cells: &Cells) -> Result<Self, crate::output::BadCell> {
        Ok(Self {
            metric: cells.text(0),
            layout: cells.text(1),
            mean: cells.finite(2)?,
            half_width_95: cells.optional(3)?,
            mean_low: cells.optional(4)?,
            mean_high: cells.optional(5)?,
            ratio_to_first: cells.optional(6)?,
            ratio_low: cells.optional(7)?,
            ratio_high: cells.optional(8)?,
            range_low: cells.optional(9)?,
            range_high: cells.optional(10)?,
            unit: cells.text(11),
            n: cells.whole(12)?,
            equal: Equal { value: cells.text(13).contains("value"), ratio: cells.text(13).contains("ratio") },
        })
    }
}
