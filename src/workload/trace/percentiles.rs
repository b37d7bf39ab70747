//! Percentiles of several rows or days put together.

use crate::workload::InverseCdf;

/// Percentiles of one function or app, averaged over its rows by weight: each percentile of the whole is the weighted
/// mean of the rows' own (Vincent averaging), but the ends are the true ends, the least and the largest.
#[derive(Clone, Debug, Default)]
pub(super) struct Percentiles {
    weight: f64,
    sums: Vec<f64>,
    least: f64,
    largest: f64,
}

impl Percentiles {
    /// Adds a row of values at rising probabilities, the same for each row, with a positive weight.
    pub(super) fn add(&mut self, weight: f64, values: &[f64]) {
        let (first, last) = (values[0], values[values.len() - 1]);
        if self.sums.is_empty() {
            *self = Self { weight: 0.0, sums: vec![0.0; values.len()], least: first, largest: last };
        }
        self.weight += weight;
        self.least = self.least.min(first);
        self.largest = self.largest.max(last);
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += weight * value;
        }
    }

    /// The inverse distribution, and how many knots had to be put in order; `None` without rows.
    pub(super) fn inverse(&self, probabilities: &[f64]) -> Option<(InverseCdf, usize)> {
        let n = self.sums.len();
        let value = |i| match i {
            0 => self.least,
            i if i + 1 == n => self.largest,
            i => self.sums[i] / self.weight,
        };
        let knots: Vec<(f64, f64)> = probabilities.iter().copied().zip((0..n).map(value)).collect();
        InverseCdf::mended(&knots)
    }
}
