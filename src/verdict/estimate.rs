//! Estimates from replications, each with its interval.

use crate::stats::mean_interval;

/// The confidence of an interval that stands alone.
pub const CONFIDENCE: f64 = 0.95;

/// The confidence of each of `count` intervals of which all are to hold at once with [`CONFIDENCE`] (Bonferroni's
/// inequality; Law, Simulation Modeling and Analysis, 5th ed., §9.7).
pub fn each_of(count: usize) -> f64 {
    1.0 - (1.0 - CONFIDENCE) / count.max(1) as f64
}

/// A mean, a difference or a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Half the width of its interval; none where one replication says nothing about spread.
    pub half_width: Option<f64>,
    /// Replications, or pairs of them, that it rests on.
    pub n: usize,
}

impl Estimate {
    /// The ends of the interval, the lower one first.
    pub fn ends(&self) -> Option<(f64, f64)> {
        self.half_width.map(|half| (self.value - half, self.value + half))
    }
}

/// The mean of independent values, m ± t(1 − (1 − confidence)/2, n − 1) s/√n; none of no values.
pub fn mean(values: &[f64], confidence: f64) -> Option<Estimate> {
    let interval = mean_interval(values, confidence)?;
    let half_width = Some(interval.half_width).filter(|_| values.len() > 1);
    Some(Estimate { value: interval.mean, half_width, n: values.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_by_hand() {
        // 1, 2, 3: s = 1, t(0.975, 2) = 4.303, so the half width is 4.303/√3 = 2.484.
        let three = mean(&[1.0, 2.0, 3.0], CONFIDENCE).unwrap();
        assert_eq!((three.value, three.n), (2.0, 3));
        assert!((three.half_width.unwrap() - 2.4841).abs() < 1e-4, "{three:?}");
        let (low, high) = three.ends().unwrap();
        assert!((low + 0.4841).abs() < 1e-4 && (high - 4.4841).abs() < 1e-4);
        let one = mean(&[5.0], CONFIDENCE).unwrap();
        assert_eq!((one, one.ends()), (Estimate { value: 5.0, half_width: None, n: 1 }, None));
        assert_eq!(mean(&[], CONFIDENCE), None);
    }

    #[test]
    fn intervals_that_hold_together_are_wider() {
        assert!((each_of(1) - 0.95).abs() < 1e-15 && (each_of(20) - 0.9975).abs() < 1e-15);
        assert_eq!(each_of(0), each_of(1));
        // t(1 − 0.0025/2, 2) = 28.26 by the closed form (2p − 1) √(2/(4p(1 − p))), so 16.31 about the mean of 1, 2, 3.
        let wide = mean(&[1.0, 2.0, 3.0], each_of(20)).unwrap().half_width.unwrap();
        let p = 1.0 - 0.0025 / 2.0;
        let t = (2.0 * p - 1.0) * libm::sqrt(2.0 / (4.0 * p * (1.0 - p)));
        assert!((wide - t / libm::sqrt(3.0)).abs() < 1e-6 * wide, "{wide} against {t}");
    }
}
