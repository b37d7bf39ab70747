//! What was simulated beside what was measured: a table for people, JSON for programs.

use std::fmt;

use serde::Serialize;

use crate::workload::trace::cloud_rates::MeasuredRate;

use super::row::{CONFIDENCE, Simulated};
use super::{RatesSpec, ServiceTimes};

/// All rows of a table.
#[derive(Clone, Debug, Serialize)]
pub struct RatesResult {
    /// How long an idle sandbox is kept, in seconds.
    pub keep_alive_s: f64,
    /// Distribution of service times: `exponential` or `constant`.
    pub service: &'static str,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Mean over the rows of the absolute relative error of the cold-start probability. Rows that measured none have no
    /// error, and are left out; missing where that is all of them.
    pub mean_error_cold_probability: Option<f64>,
    /// The same of the mean number of sandboxes.
    pub mean_error_instances: Option<f64>,
    /// Mean over the rows of the half-width of the cold-start probability, relative to it: how much of the errors may be
    /// noise. Rows that simulated none are left out.
    pub mean_noise_cold_probability: Option<f64>,
    /// The same of the mean number of sandboxes.
    pub mean_noise_instances: Option<f64>,
    /// In the order of the table.
    pub rows: Vec<RowResult>,
}

/// One arrival rate.
#[derive(Clone, Debug, Serialize)]
pub struct RowResult {
    /// Requests a second.
    pub rate_per_s: f64,
    /// Requests after the warm-up.
    pub requests: u64,
    /// Simulated time after the warm-up, in seconds.
    pub simulated_s: f64,
    /// Share of requests that a sandbox was started for.
    pub cold_probability: Figure,
    /// Time average of the number of sandboxes that exist.
    pub mean_instances: Figure,
}

/// One figure, measured and simulated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// On the cloud.
    pub measured: f64,
    /// On the platform.
    pub simulated: f64,
    /// Half the width of the interval around `simulated`.
    pub half_width: f64,
    /// `simulated / measured − 1`; missing where zero was measured.
    pub relative_error: Option<f64>,
}

impl Figure {
    fn new(measured: f64, simulated: f64, half_width: f64) -> Self {
        let relative_error = (measured > 0.0).then(|| simulated / measured - 1.0);
        Self { measured, simulated, half_width, relative_error }
    }

    fn noise(&self) -> Option<f64> {
        (self.simulated > 0.0).then(|| self.half_width / self.simulated)
    }
}

impl RowResult {
    pub(super) fn new(row: &MeasuredRate, simulated: &Simulated) -> Self {
        let (cold, instances) = (simulated.cold_probability, simulated.mean_instances);
        Self {
            rate_per_s: row.rate.0,
            requests: simulated.requests,
            simulated_s: simulated.time.as_secs_f64(),
            cold_probability: Figure::new(row.cold_probability, cold.mean, cold.half_width),
            mean_instances: Figure::new(row.mean_instances, instances.mean, instances.half_width),
        }
    }
}

impl RatesResult {
    pub(super) fn new(rows: Vec<RowResult>, spec: &RatesSpec) -> Self {
        let mean = |of: fn(&RowResult) -> Option<f64>| {
            let values: Vec<f64> = rows.iter().filter_map(of).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        Self {
            keep_alive_s: spec.keep_alive.as_secs_f64(),
            service: match spec.service {
                ServiceTimes::Exponential => "exponential",
                ServiceTimes::Constant => "constant",
            },
            confidence: CONFIDENCE,
            mean_error_cold_probability: mean(|row| row.cold_probability.relative_error.map(f64::abs)),
            mean_error_instances: mean(|row| row.mean_instances.relative_error.map(f64::abs)),
            mean_noise_cold_probability: mean(|row| row.cold_probability.noise()),
            mean_noise_instances: mean(|row| row.mean_instances.noise()),
            rows,
        }
    }

    /// For programs.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("results are numbers and text")
    }
}

/// A line for each rate, then the mean errors.
impl fmt::Display for RatesResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = format!("± {:.0} %", self.confidence * 100.0);
        let titles = format!("{:>9} {:>9} {width:>8} {:>9}", "measured", "simulated", "error");
        writeln!(f, "{:>10}   {:>38}   {:>38}", "", "cold starts (%)", "sandboxes (time average)")?;
        writeln!(f, "{:>10}   {titles}   {titles}", "rate (/s)")?;
        for row in &self.rows {
            let (cold, instances) = (row.cold_probability, row.mean_instances);
            writeln!(f, "{:>10.6}   {}   {}", row.rate_per_s, columns(cold, 100.0), columns(instances, 1.0))?;
        }
        let means = |label: &str, cold: Option<f64>, instances: Option<f64>| {
            format!("{label:<10}   {:>38}   {:>38}", percentage(cold), percentage(instances))
        };
        writeln!(f, "{}", means("mean error", self.mean_error_cold_probability, self.mean_error_instances))?;
        writeln!(f, "{}", means("mean noise", self.mean_noise_cold_probability, self.mean_noise_instances))?;
        writeln!(f, "\nerror: simulated over measured, less one; its mean without signs")?;
        writeln!(f, "noise: half-width ({width}) of the simulated figure over that figure")?;
        writeln!(f, "keep-alive {} s, {} service times", self.keep_alive_s, self.service)
    }
}

fn percentage(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn columns(figure: Figure, factor: f64) -> String {
    let Figure { measured, simulated, half_width, relative_error } = figure;
    let error = relative_error.map_or("-".to_owned(), |error| format!("{:+.1} %", error * 100.0));
    format!("{:>9.4} {:>9.4} {:>8.4} {error:>9}", measured * factor, simulated * factor, half_width * factor)
}
