//! The values of one metric by layout and replication, and layouts in pairs.
//!
//! The same replication sees the same arrivals in every layout (common random numbers), so layouts are compared in
//! pairs: what the replications of both layouts share, such as a busy day, cancels.

use std::collections::BTreeMap;

use crate::output::SummaryRow;
use crate::stats::mean_interval;

use super::estimate::{Estimate, mean};

/// The values of one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples<'a> {
    /// Their unit.
    pub unit: &'a str,
    by_layout: BTreeMap<&'a str, BTreeMap<u32, f64>>,
}

impl<'a> Samples<'a> {
    /// Takes in a row of the metric.
    pub fn add(&mut self, row: &'a SummaryRow) {
        self.unit = &row.unit;
        self.by_layout.entry(&row.layout).or_default().insert(row.replication, row.value);
    }

    /// The values of a layout in the order of replications; nothing where it has none.
    pub fn values(&self, layout: &str) -> Vec<f64> {
        self.by_layout.get(layout).into_iter().flat_map(BTreeMap::values).copied().collect()
    }

    /// A layout against another in the replications that both have.
    pub fn pairs(&self, layout: &str, base: &str) -> Pairs {
        let (values, bases) = (self.by_layout.get(layout), self.by_layout.get(base));
        let pair = |(replication, value): (&u32, &f64)| Some((*value, *bases?.get(replication)?));
        values.into_iter().flatten().filter_map(pair).collect()
    }
}

/// Pairs of a value and its base, from replications with the same random numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs(pub(super) Vec<(f64, f64)>);

impl FromIterator<(f64, f64)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Pairs {
    /// The mean of value − base with its paired-t interval (Law, §10.2.1); none without pairs.
    pub fn difference(&self, confidence: f64) -> Option<Estimate> {
        let differences: Vec<f64> = self.0.iter().map(|(value, base)| value - base).collect();
        mean(&differences, confidence)
    }

    /// With values `x_i` and bases `b_i` the ratio r = Σx/Σb, in r ± t(1 − (1 − confidence)/2, n − 1)
    /// `s_e`/(√n |mean b|), where `s_e` is the standard deviation of the residuals `e_i` = `x_i` − r `b_i` (the ratio
    /// estimator; Cochran, Sampling Techniques, 3rd ed., ch. 6). None without pairs, or where the bases are zero on
    /// average.
    pub fn ratio(&self, confidence: f64) -> Option<Estimate> {
        let n = self.0.len() as f64;
        let base = self.0.iter().map(|(_, b)| b).sum::<f64>() / n;
        if self.0.is_empty() || base == 0.0 {
            return None;
        }
        let ratio = self.0.iter().map(|(x, _)| x).sum::<f64>() / n / base;
        let residuals: Vec<f64> = self.0.iter().map(|(x, b)| x - ratio * b).collect();
        let half_width = mean_interval(&residuals, confidence)?.half_width / base.abs();
        ratio.is_finite().then(|| Estimate::of(ratio, half_width, self.0.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::estimate::CONFIDENCE;
    use super::*;
    use crate::rng::RootSeed;

    fn close(left: f64, right: f64, tolerance: f64) {
        assert!((left - right).abs() < tolerance, "{left} is not {right}");
    }

    fn pairs(values: &[f64], bases: &[f64]) -> Pairs {
        values.iter().copied().zip(bases.iter().copied()).collect()
    }

    #[test]
    fn the_published_paired_t_interval() {
        // Law and Kelton's two inventory policies, five replications each: 4.98 and [1.65, 8.31] at 90 %.
        let first = [126.97, 124.31, 126.68, 122.66, 127.23];
        let second = [118.21, 120.22, 122.45, 122.68, 119.40];
        let difference = pairs(&first, &second).difference(0.90).unwrap();
        let (low, high) = difference.ends().unwrap();
        close(difference.value, 4.98, 0.005);
        close(low, 1.65, 0.005);
        close(high, 8.31, 0.005);
    }

    #[test]
    fn ratios_by_hand() {
        // Twice the base in every pair: the noise that both share cancels altogether.
        let twice = pairs(&[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0]).ratio(CONFIDENCE).unwrap();
        close(twice.value, 2.0, 1e-12);
        assert!(twice.equal && twice.reach.is_none());
        // Residuals 1.2 − 1.1, 1.0 − 1.1 with r = 1.1: s = 0.1 √2, half width 12.706 · 0.1.
        let wide = pairs(&[1.2, 1.0], &[1.0, 1.0]).ratio(CONFIDENCE).unwrap();
        close(wide.value, 1.1, 1e-12);
        close(wide.half_width().unwrap(), 1.2706, 1e-4);
        // Bases below zero: the width is not.
        let below = pairs(&[-1.2, -1.0], &[-1.0, -1.0]).ratio(CONFIDENCE).unwrap();
        assert_eq!((below.value, below.reach), (wide.value, wide.reach));
        assert_eq!(
            pairs(&[3.0], &[2.0]).ratio(CONFIDENCE),
            Some(Estimate { value: 1.5, reach: None, equal: false, n: 1 })
        );
        assert_eq!(pairs(&[3.0], &[0.0]).ratio(CONFIDENCE), None);
        assert_eq!(pairs(&[], &[]).ratio(CONFIDENCE), None);
        assert_eq!(pairs(&[], &[]).difference(CONFIDENCE), None);
    }

    #[test]
    fn only_replications_that_both_have_are_paired() {
        let row = |layout: &str, replication, value| SummaryRow {
            layout: layout.to_owned(),
            replication,
            metric: "m".to_owned(),
            value,
            unit: "s".to_owned(),
        };
        let rows = [row("b", 2, 5.0), row("b", 0, 3.0), row("a", 0, 1.0), row("a", 1, 7.0), row("a", 2, 2.0)];
        let mut samples = Samples::default();
        for row in &rows {
            samples.add(row);
        }
        assert_eq!(samples.values("a"), [1.0, 7.0, 2.0]);
        assert_eq!(samples.pairs("b", "a"), pairs(&[3.0, 5.0], &[1.0, 2.0]));
        assert_eq!((samples.pairs("b", "c"), samples.pairs("c", "a")), (Pairs::default(), Pairs::default()));
        assert!(samples.values("c").is_empty() && samples.unit == "s");
    }

    #[test]
    fn a_95_percent_interval_of_a_ratio_covers_the_truth_95_times_in_100() {
        // Ten pairs with a base of 10 ± 1 and 1.3 times that ± 0.2, 400 times over.
        let covered = (0..400)
            .filter(|&run| {
                let mut stream = RootSeed::new(11, run).stream("ratio", &[]);
                let pairs: Pairs = (0..10)
                    .map(|_| {
                        let base = 10.0 + stream.draw(&rand_distr::StandardNormal);
                        (1.3 * base + 0.2 * stream.draw(&rand_distr::StandardNormal), base)
                    })
                    .collect();
                let (low, high) = pairs.ratio(CONFIDENCE).unwrap().ends().unwrap();
                low <= 1.3 && 1.3 <= high
            })
            .count();
        // 380 expected; four standard errors are 17.
        assert!((363..=397).contains(&covered), "{covered} of 400 intervals hold the ratio");
    }
}
