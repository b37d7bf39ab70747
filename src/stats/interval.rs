//! Means with confidence intervals: over replications, over batches of one long run, over paired runs.

use super::moments::Moments;
use super::quantile::quantile;
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

/// The steady-state mean of a series of dependent observations by the method of batch means: the series is cut
/// into `batches` of equal length, whose means are nearly independent when they are long
/// (Law, "Simulation modeling and analysis", section 9.5.3). What does not fill a batch is left out at the
/// front. With fewer observations than batches, each is a batch of its own. `None` of no observations.
pub fn batch_means(series: &[f64], batches: usize, confidence: f64) -> Option<MeanInterval> {
    let length = (series.len() / batches.max(1)).max(1);
    let unused = series.len() - (series.len() / length).min(batches.max(1)) * length;
    let used = &series[unused..];
    let means: Vec<f64> = used.chunks_exact(length).map(|batch| batch.iter().sum::<f64>() / length as f64).collect();
    mean_interval(&means, confidence)
}

/// Quantiles of a dependent series, each with an interval from the quantiles of its batches (as
/// [`batch_means`]); `mean` is the exact quantile of all that was used. One entry per probability; `None` of no
/// observations.
pub fn batch_quantiles(
    mut series: Vec<f64>,
    probabilities: &[f64],
    batches: usize,
    confidence: f64,
) -> Option<Vec<MeanInterval>> {
    let length = (series.len() / batches.max(1)).max(1);
    let unused = series.len() - (series.len() / length).min(batches.max(1)) * length;
    let used = &mut series[unused..];
    let mut by_batch = vec![Vec::with_capacity(batches); probabilities.len()];
    for batch in used.chunks_exact_mut(length) {
        batch.sort_unstable_by(f64::total_cmp);
        for (of_batches, &p) in by_batch.iter_mut().zip(probabilities) {
            of_batches.extend(quantile(batch, p));
        }
    }
    used.sort_unstable_by(f64::total_cmp);
    let of_all = |(p, of_batches): (&f64, Vec<f64>)| {
        let interval = mean_interval(&of_batches, confidence)?;
        Some(MeanInterval { mean: quantile(used, *p)?, ..interval })
    };
    probabilities.iter().zip(by_batch).map(of_all).collect()
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
        let medians = batch_quantiles(series.clone(), &[0.5], 3, 0.95).unwrap();
        assert_eq!((medians[0].mean, medians[0].half_width, medians[0].n), (6.0, interval.half_width, 3));
        assert_eq!(batch_quantiles(vec![], &[0.5], 3, 0.95), None);
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
