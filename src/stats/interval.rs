//! Means with confidence intervals: over replications, over batches of one long run, over paired runs.

use super::moments::Moments;
use super::quantile::{quantile, sorted};
use super::student::student_t_quantile;

/// How many batches a long run is cut into: enough for a stable half-width, few enough that batches are long
/// (Schmeiser 1982, "Batch size effects in the analysis of simulation output": 10 to 30).
pub const BATCHES: usize = 30;

/// A mean and the half-width of its confidence interval: `mean ± half_width`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanInterval {
    /// The mean of the observations.
    pub mean: f64,
    /// Half the width of the interval; infinite with a single observation, which says nothing about spread.
    pub half_width: f64,
    /// How many independent observations (replications, batches, pairs) it rests on.
    pub n: usize,
}

impl MeanInterval {
    /// Whether `value` lies in the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }
}

/// The mean of independent observations with its Student interval at `confidence` (such as 0.95):
/// `t(1 − (1 − confidence)/2, n − 1) · s / √n`. `None` of no observations.
pub fn mean_interval(observations: &[f64], confidence: f64) -> Option<MeanInterval> {
    let moments: Moments = observations.iter().copied().collect();
    let n = observations.len();
    let half_width = moments.variance().map_or(f64::INFINITY, |variance| {
        let t = student_t_quantile(0.5 + confidence / 2.0, (n - 1) as f64);
        t * libm::sqrt(variance / n as f64)
    });
    moments.mean().map(|mean| MeanInterval { mean, half_width, n })
}

/// The ends of an interval of the mean of a log-normal distribution, from independent observations of it, all above zero:
/// with m and s² the mean and variance of their logarithms, exp(m + s²/2 ± t √(s²/n + s⁴/2(n − 1))), t of n − 1 degrees of
/// freedom (Cox's method with Student's t: Olsson 2005, "Confidence intervals for the mean of a log-normal distribution",
/// Journal of Statistics Education 13). It covers where [`mean_interval`] does not, as few observations of a skewed
/// quantity seldom have one of the large ones among them. `None` of fewer than two, or where one is not above zero.
pub fn log_normal_interval(observations: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let moments: Moments = observations.iter().map(|x| libm::log(*x)).collect();
    let (mean, variance) = (moments.mean()?, moments.variance()?);
    let n = observations.len() as f64;
    let t = student_t_quantile(0.5 + confidence / 2.0, n - 1.0);
    let (middle, half) =
        (mean + variance / 2.0, t * libm::sqrt(variance / n + variance * variance / (2.0 * (n - 1.0))));
    (observations.iter().all(|x| *x > 0.0)).then(|| (libm::exp(middle - half), libm::exp(middle + half)))
}

/// The steady-state mean of a series of dependent observations by the method of batch means: the series is cut
/// into `batches` of equal length, whose means are nearly independent when they are long
/// (Law, "Simulation modeling and analysis", section 9.5.3). What does not fill a batch is left out at the
/// front. With fewer observations than batches, each is a batch of its own. `None` of no observations.
pub fn batch_means(series: &[f64], batches: usize, confidence: f64) -> Option<MeanInterval> {
    mean_interval(&means_of_batches(series, batches), confidence)
}

/// Quantiles of a dependent series, one for each probability, each exact of all that was used (as [`batch_means`]) and
/// with an interval from the shares of the batches that lie at or below it; `None` of no observations.
///
/// With h the half width of the interval of these shares, the `p`-quantile lies between the quantiles at `p − h` and
/// `p + h`, at most the least and the greatest (Woodruff 1952, "Confidence intervals for medians and other position
/// measures"; shares of batches in place of his sample: Seila 1982, Mgmt. Sci. 28). The half width is that of the wider
/// side. The quantiles of batches themselves would be biased, and too much alike, where a batch is short.
pub fn batch_quantiles(
    series: &[f64],
    probabilities: &[f64],
    batches: usize,
    confidence: f64,
) -> Option<Vec<MeanInterval>> {
    let (used, length) = in_batches(series, batches);
    let ascending = sorted(used.to_vec());
    let of_one = |&p: &f64| {
        let mean = quantile(&ascending, p)?;
        let shares: Vec<f64> = used
            .chunks_exact(length)
            .map(|batch| batch.iter().filter(|x| **x <= mean).count() as f64 / length as f64)
            .collect();
        let MeanInterval { half_width: share, n, .. } = mean_interval(&shares, confidence)?;
        let half_width = if share.is_finite() {
            let (low, high) = (quantile(&ascending, p - share)?, quantile(&ascending, p + share)?);
            (mean - low).max(high - mean)
        } else {
            f64::INFINITY
        };
        Some(MeanInterval { mean, half_width, n })
    };
    probabilities.iter().map(of_one).collect()
}

/// The correlation between neighbouring means of `batches` batches (as [`batch_means`]); near zero where batches are long
/// enough to be independent. None where there are fewer than three, or they are all equal.
pub fn batch_correlation(series: &[f64], batches: usize) -> Option<f64> {
    let means = means_of_batches(series, batches);
    let moments: Moments = means.iter().copied().collect();
    let (mean, variance) = (moments.mean()?, moments.variance()?);
    let products: f64 = means.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    (means.len() > 2 && variance > 0.0).then(|| products / (variance * (means.len() - 1) as f64))
}

fn means_of_batches(series: &[f64], batches: usize) -> Vec<f64> {
    let (used, length) = in_batches(series, batches);
    used.chunks_exact(length).map(|batch| batch.iter().sum::<f64>() / length as f64).collect()
}

/// What fills whole batches, and the length of one.
fn in_batches(series: &[f64], batches: usize) -> (&[f64], usize) {
    let length = (series.len() / batches.max(1)).max(1);
    let unused = series.len() - (series.len() / length).min(batches.max(1)) * length;
    (&series[unused..], length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;

    #[test]
    fn intervals_by_hand() {
        assert_eq!(mean_interval(&[], 0.95), None);
        let one = mean_interval(&[4.0], 0.95).unwrap();
        assert_eq!((one.mean, one.half_width, one.n), (4.0, f64::INFINITY, 1));
        // mean 3, s² = 2.5, t(0.975, 4) = 2.776445
        let five = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert!((five.half_width - 2.776_445_105 * libm::sqrt(0.5)).abs() < 1e-8, "{five:?}");
        assert!(five.contains(1.1) && !five.contains(1.0));
    }

    #[test]
    fn batches_are_of_equal_length_and_the_front_is_left_out() {
        let series: Vec<f64> = (0..11).map(f64::from).collect();
        // Batches of three: 2 3 4 | 5 6 7 | 8 9 10.
        let interval = batch_means(&series, 3, 0.95).unwrap();
        assert_eq!((interval.mean, interval.n), (6.0, 3));
        assert_eq!(batch_means(&series, 100, 0.95).unwrap().n, 11);
        assert_eq!(batch_means(&[], 3, 0.95), None);
        assert_eq!(batch_quantiles(&[], &[0.5], 3, 0.95), None);
        // Means 3, 6, 9 about 6: −3·0 + 0·3 over 2·9.
        assert_eq!(batch_correlation(&series, 3), Some(0.0));
        // 1 1 3 3 about 2: 1 − 1 + 1 over 4/3·3.
        assert!((batch_correlation(&[1.0, 1.0, 3.0, 3.0], 4).unwrap() - 0.25).abs() < 1e-12);
        assert_eq!((batch_correlation(&[1.0; 9], 3), batch_correlation(&[1.0, 2.0], 2)), (None, None));
    }

    #[test]
    fn means_of_a_skewed_quantity_are_covered() {
        // By hand: logarithms 0, 1, 2: m = 1, s² = 1, t = 4.30265: exp(1.5 ± 4.30265 √(1/3 + 1/4)).
        let e = std::f64::consts::E;
        let (low, high) = log_normal_interval(&[1.0, e, e * e], 0.95).unwrap();
        let half = 4.302_652_73 * libm::sqrt(7.0 / 12.0);
        assert!((libm::log(low) - 1.5 + half).abs() < 1e-8 && (libm::log(high) - 1.5 - half).abs() < 1e-8);
        assert_eq!((log_normal_interval(&[1.0], 0.95), log_normal_interval(&[0.0, 1.0], 0.95)), (None, None));
        // Five observations with σ = 1.5, 400 times over: Student's interval holds the mean in two of three.
        let held = |covers: &dyn Fn(&[f64]) -> bool| {
            let of_run = |run| {
                let mut stream = RootSeed::new(6, run).stream("log-normal", &[]);
                (0..5).map(|_| libm::exp(1.5 * stream.draw(&rand_distr::StandardNormal))).collect::<Vec<f64>>()
            };
            (0..400).filter(|run| covers(&of_run(*run))).count()
        };
        let mean = libm::exp(1.125);
        let cox = held(&|of| log_normal_interval(of, 0.95).is_some_and(|(low, high)| low <= mean && mean <= high));
        let student = held(&|of| mean_interval(of, 0.95).unwrap().contains(mean));
        assert!((355..=385).contains(&cox) && student < 300, "{cox} and {student} of 400 intervals hold the mean");
    }

    #[test]
    fn quantiles_by_hand() {
        // Four batches of four: 1 2 3 4 | 5 6 7 8 | 1 2 3 4 | 5 6 7 8, median 4.5: shares 1, 0, 1, 0, so that
        // h = 3.182 · 0.57735/2 = 0.92 and both ends are the extremes.
        let series: Vec<f64> = (0..16).map(|i| f64::from(i % 8 + 1)).collect();
        let median = batch_quantiles(&series, &[0.5], 4, 0.95).unwrap()[0];
        assert_eq!((median.mean, median.half_width, median.n), (4.5, 3.5, 4));
        // Batches that are alike in order leave no doubt but that of the rank.
        let even: Vec<f64> = (0..400).map(|i| f64::from(i % 100)).collect();
        let alike = batch_quantiles(&even, &[0.9], 4, 0.95).unwrap()[0];
        assert!((alike.mean - 89.1).abs() < 1e-9 && alike.half_width == 0.0, "{alike:?}");
        assert_eq!(batch_quantiles(&[3.0], &[0.9], 4, 0.95).unwrap()[0].half_width, f64::INFINITY);
    }

    #[test]
    fn a_95_percent_interval_covers_the_truth_95_times_in_100() {
        // An autoregressive series with coefficient 0.8 and mean 0, 400 times over.
        let covered = (0..400)
            .filter(|&run| {
                let mut stream = RootSeed::new(5, run).stream("ar1", &[]);
                let mut x = stream.draw(&rand_distr::StandardNormal) / 0.6;
                let series: Vec<f64> = (0..6_000)
                    .map(|_| {
                        x = 0.8 * x + stream.draw(&rand_distr::StandardNormal);
                        x
                    })
                    .collect();
                batch_means(&series, BATCHES, 0.95).unwrap().contains(0.0)
            })
            .count();
        // 380 expected; four standard errors are 17.
        assert!((363..=397).contains(&covered), "{covered} of 400 intervals hold the mean");
    }
}
