//! Means, shares and quantiles of a run, each with its interval, or with the word that the run is too short for one.

use crate::stats::{MeanInterval, batch_means, batch_quantiles, mean_interval};
use crate::units::Span;

use super::length::Length;
use super::station::Boundary;
use super::{BATCHES, PROBABILITIES, QueueSpec, TooShort};

/// All requests were rejected, or no time passed: there is no mean to tell.
const NO_OBSERVATION: MeanInterval = MeanInterval { mean: f64::NAN, half_width: f64::NAN, n: 0 };

/// What is estimated of one run.
pub(super) struct Estimates {
    length: Length,
    confidence: f64,
    /// What has no interval.
    pub too_short: Vec<TooShort>,
}

/// How the mean and the quantiles of a time are called in the results.
type Keys = (&'static str, [&'static str; PROBABILITIES.len()]);

impl Estimates {
    pub fn of(spec: &QueueSpec) -> Self {
        Self { length: Length::of(spec), confidence: spec.confidence, too_short: Vec::new() }
    }

    /// The mean of a time and its quantiles.
    pub fn time(&mut self, (key, keys): Keys, series: &[f64]) -> (MeanInterval, [MeanInterval; PROBABILITIES.len()]) {
        let mean = batch_means(series, BATCHES, self.confidence).unwrap_or(NO_OBSERVATION);
        let alike = Length::alike(series);
        let lacks = self.length.lacks(self.length.of_mean(), alike);
        let mean = self.judged(key, to_the_tick(mean), lacks);
        let mut quantiles = batch_quantiles(series, &PROBABILITIES, BATCHES, self.confidence)
            .and_then(|found| found.try_into().ok())
            .unwrap_or([NO_OBSERVATION; PROBABILITIES.len()]);
        for ((quantile, key), p) in quantiles.iter_mut().zip(keys).zip(PROBABILITIES) {
            let lacks = self.length.lacks(self.length.of_quantile(p), alike);
            *quantile = self.judged(key, to_the_tick(*quantile), lacks);
        }
        (mean, quantiles)
    }

    /// A share of requests. Where it is none or all, the interval is as wide as n independent requests leave in doubt:
    /// −ln((1 − confidence)/2)/n, the exact binomial bound for large n (Clopper and Pearson 1934).
    pub fn share(&self, yes: impl Iterator<Item = bool>) -> MeanInterval {
        let series: Vec<f64> = yes.map(|yes| f64::from(u8::from(yes))).collect();
        let share = batch_means(&series, BATCHES, self.confidence).unwrap_or(NO_OBSERVATION);
        let least = -libm::log((1.0 - self.confidence) / 2.0) / series.len() as f64;
        if share.half_width > 0.0 { share } else { MeanInterval { half_width: least.min(1.0), ..share } }
    }

    /// The time-weighted mean of a level between the first and the last boundary, with an interval from the means
    /// between neighbouring boundaries.
    pub fn level(&self, boundaries: &[Boundary], integral: fn(&Boundary) -> u128) -> MeanInterval {
        let mean = |from: &Boundary, to: &Boundary| {
            let elapsed = to.at.since(from.at).as_ps();
            (elapsed > 0).then(|| (integral(to) - integral(from)) as f64 / elapsed as f64)
        };
        let batches: Vec<f64> = boundaries.windows(2).filter_map(|pair| mean(&pair[0], &pair[1])).collect();
        let whole = boundaries.first().zip(boundaries.last()).and_then(|(first, last)| mean(first, last));
        match (mean_interval(&batches, self.confidence), whole) {
            (Some(interval), Some(mean)) => MeanInterval { mean, ..interval },
            _ => NO_OBSERVATION,
        }
    }

    /// The level of requests in the system or waiting, which move as the times do.
    pub fn requests(
        &mut self,
        key: &'static str,
        boundaries: &[Boundary],
        integral: fn(&Boundary) -> u128,
    ) -> MeanInterval {
        let lacks = self.length.lacks(self.length.of_mean(), false);
        let level = self.level(boundaries, integral);
        self.judged(key, level, lacks)
    }

    /// The interval, or an infinite one where the run is too short.
    fn judged(&mut self, key: &'static str, interval: MeanInterval, lacks: Option<u64>) -> MeanInterval {
        let Some(enough) = lacks.filter(|_| interval.n > 0) else { return interval };
        self.too_short.push(TooShort { key, enough });
        MeanInterval { half_width: f64::INFINITY, ..interval }
    }
}

/// Times are known to the tick of the clock, no better, even where all are equal.
fn to_the_tick(interval: MeanInterval) -> MeanInterval {
    MeanInterval { half_width: interval.half_width.max(Span::TICK.as_secs_f64()), ..interval }
}
