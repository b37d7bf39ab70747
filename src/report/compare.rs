//! The layouts side by side: means with confidence intervals, and paired ratios to the first layout.
//!
//! With n replications, mean m and sample standard deviation s of a metric, the 95 % confidence interval of
//! its mean is m ± t(0.975, n−1) s/√n (Student's t; Law, Simulation Modeling and Analysis, 5th ed., §4.5).
//!
//! The same replication sees the same arrivals in every layout (common random numbers), so layouts are
//! compared in pairs: with values `x_i` and, of the first layout, `b_i`, the ratio is r = Σx/Σb, and its
//! interval is r ± t(0.975, n−1) `s_e`/(√n |mean b|), where `s_e` is the standard deviation of the residuals
//! `e_i` = `x_i` − r `b_i` (the ratio estimator; Cochran, Sampling Techniques, 3rd ed., ch. 6). What both
//! layouts share cancels in the residuals. With one replication there is no interval, and none is invented.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::metrics::{self, METRICS};
use crate::output::{Cells, ExperimentOutput, OutputError, Row};
use crate::stats::mean_interval;

/// One metric of one layout, over all replications: a row of `comparison.csv`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonRow {
    /// Which metric.
    pub metric: String,
    /// Which layout.
    pub layout: String,
    /// Mean over replications.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean; none with one replication.
    pub half_width_95: Option<f64>,
    /// The paired ratio to the first layout; none where that is zero or has no value.
    pub ratio_to_first: Option<f64>,
    /// Lower end of the 95 % confidence interval of the ratio; none for the first layout or one replication.
    pub ratio_low: Option<f64>,
    /// Upper end of the same.
    pub ratio_high: Option<f64>,
    /// The unit of the mean and its half width.
    pub unit: String,
    /// How many replications have a value.
    pub n: u32,
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
    /// The layouts in the order of the configuration; ratios are to the first.
    pub layouts: Vec<String>,
    /// Runs per layout.
    pub replications: u32,
    /// What makes the comparison doubtful: requests rejected, audits failed, quantities not held equal.
    pub flags: Vec<String>,
    /// What the runs warned of.
    pub warnings: Vec<String>,
    /// By metric in the catalogue's order, then by layout; metrics that the catalogue lacks come last.
    pub rows: Vec<ComparisonRow>,
}

impl Comparison {
    /// The row of a metric and a layout.
    pub fn row(&self, metric: &str, layout: &str) -> Option<&ComparisonRow> {
        self.rows.iter().find(|row| row.metric == metric && row.layout == layout)
    }
    /// The metrics that have a row, in order.
    pub fn metrics(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rows.iter().map(|row| row.metric.as_str()).collect();
        names.dedup();
        names
    }
}

/// Values of one metric by layout and replication.
type Samples<'a> = BTreeMap<&'a str, BTreeMap<u32, f64>>;

/// Compares the layouts of one experiment.
pub fn compare(out: &ExperimentOutput) -> Comparison {
    let manifest = &out.manifest;
    let layouts: Vec<String> = manifest.layouts.iter().map(|layout| layout.name.clone()).collect();
    let mut by_metric: BTreeMap<(usize, &str), (Samples, &str)> = BTreeMap::new();
    for row in &out.summary {
        let (samples, _) = by_metric.entry((order(&row.metric), &row.metric)).or_insert((Samples::new(), &row.unit));
        samples.entry(&row.layout).or_default().insert(row.replication, row.value);
    }
    let mut rows = Vec::new();
    for ((_, metric), (samples, unit)) in &by_metric {
        let first = layouts.first().and_then(|name| samples.get(name.as_str()));
        for (index, layout) in layouts.iter().enumerate() {
            let Some(values) = samples.get(layout.as_str()) else { continue };
            let (mean, half_width_95) = mean_and_half_width(&values.values().copied().collect::<Vec<f64>>());
            let ratio = first.and_then(|first| paired_ratio(values, first, index == 0));
            rows.push(ComparisonRow {
                metric: (*metric).to_owned(),
                layout: layout.clone(),
                mean,
                half_width_95,
                ratio_to_first: ratio.map(|(ratio, _)| ratio),
                ratio_low: ratio.and_then(|(ratio, half)| Some(ratio - half?)),
                ratio_high: ratio.and_then(|(ratio, half)| Some(ratio + half?)),
                unit: (*unit).to_owned(),
                n: values.len() as u32,
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
        flags: super::notes::flags(out),
        warnings: manifest.warnings.clone(),
        replications: manifest.replications,
        layouts,
        rows,
    }
}

/// Position in the catalogue; past its end for a metric that it lacks.
fn order(metric: &str) -> usize {
    let found = metrics::find(metric).map(|found| found.name);
    METRICS.iter().position(|entry| Some(entry.name) == found).unwrap_or(METRICS.len())
}

/// The mean, and half the width of its 95 % confidence interval where there are two values or more.
pub(super) fn mean_and_half_width(values: &[f64]) -> (f64, Option<f64>) {
    let interval = mean_interval(values, 0.95).expect("a mean is taken of rows that are there");
    (interval.mean, Some(interval.half_width).filter(|_| values.len() > 1))
}

/// The ratio of `values` to `first` over the replications that both have, and half the width of its interval.
fn paired_ratio(values: &BTreeMap<u32, f64>, first: &BTreeMap<u32, f64>, same: bool) -> Option<(f64, Option<f64>)> {
    let pairs: Vec<(f64, f64)> = values.iter().filter_map(|(r, x)| Some((*x, *first.get(r)?))).collect();
    let n = pairs.len() as f64;
    let base = pairs.iter().map(|(_, b)| b).sum::<f64>() / n;
    if pairs.is_empty() || base == 0.0 {
        return None;
    }
    let ratio = pairs.iter().map(|(x, _)| x).sum::<f64>() / n / base;
    if same || !ratio.is_finite() {
        return ratio.is_finite().then_some((ratio, None));
    }
    let residuals: Vec<f64> = pairs.iter().map(|(x, b)| x - ratio * b).collect();
    let (_, half) = mean_and_half_width(&residuals);
    Some((ratio, half.map(|half| half / base.abs())))
}

impl Row for ComparisonRow {
    const FILE: &'static str = "comparison.csv";
    const COLUMNS: &'static [&'static str] =
        &["metric", "layout", "mean", "half_width_95", "ratio_to_first", "ratio_low", "ratio_high", "unit", "n"];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let finite = |value: f64| crate::output::number(value, || format!("{} of {}", self.metric, self.layout));
        let optional = |value: Option<f64>| value.map_or_else(|| Ok(String::new()), finite);
        Ok(vec![
            self.metric.clone(),
            self.layout.clone(),
            finite(self.mean)?,
            optional(self.half_width_95)?,
            optional(self.ratio_to_first)?,
            optional(self.ratio_low)?,
            optional(self.ratio_high)?,
            self.unit.clone(),
            self.n.to_string(),
        ])
    }
    fn parse(cells: &Cells) -> Result<Self, crate::output::BadCell> {
        Ok(Self {
            metric: cells.text(0),
            layout: cells.text(1),
            mean: cells.finite(2)?,
            half_width_95: cells.optional(3)?,
            ratio_to_first: cells.optional(4)?,
            ratio_low: cells.optional(5)?,
            ratio_high: cells.optional(6)?,
            unit: cells.text(7),
            n: cells.whole(8)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-3 * right.abs(), "{left} is not {right}");
    }

    #[test]
    fn intervals_by_hand() {
        // 1, 2, 3: s = 1, t(0.975, 2) = 4.303, so the half width is 4.303/√3 = 2.484.
        let (mean, half) = mean_and_half_width(&[1.0, 2.0, 3.0]);
        close(mean, 2.0);
        close(half.unwrap(), 2.4843);
        assert_eq!(mean_and_half_width(&[5.0]), (5.0, None));
    }

    #[test]
    fn ratios_by_hand() {
        let map = |list: &[f64]| -> BTreeMap<u32, f64> { (0..).zip(list.iter().copied()).collect() };
        // Twice the base in every pair: the noise that both share cancels altogether.
        let (ratio, half) = paired_ratio(&map(&[2.0, 4.0, 6.0]), &map(&[1.0, 2.0, 3.0]), false).unwrap();
        close(ratio, 2.0);
        assert!(half.unwrap() < 1e-12);
        // Residuals 1.2 − 1.1, 1.0 − 1.1 with r = 1.1: s = 0.1 √2, half width 12.706 · 0.1.
        let (ratio, half) = paired_ratio(&map(&[1.2, 1.0]), &map(&[1.0, 1.0]), false).unwrap();
        close(ratio, 1.1);
        close(half.unwrap(), 1.2706);
        // Only the replications that both have; none without a base.
        assert_eq!(paired_ratio(&map(&[3.0, 9.0]), &map(&[2.0]), false), Some((1.5, None)));
        assert_eq!(paired_ratio(&map(&[3.0]), &map(&[0.0]), false), None);
        assert_eq!(paired_ratio(&map(&[3.0]), &map(&[]), false), None);
    }
}
