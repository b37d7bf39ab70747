//! Estimates from replications, each with its interval.

use crate::stats::{log_normal_interval, mean_interval};

/// The confidence of an interval that stands alone.
pub const CONFIDENCE: f64 = 0.95;

/// The confidence of each of `count` intervals of which all are to hold at once with [`CONFIDENCE`] (Bonferroni's
/// inequality; Law, Simulation Modeling and Analysis, 5th ed., §9.7).
pub fn each_of(count: usize) -> f64 {
    1.0 - (1.0 - CONFIDENCE) / count.max(1) as f64
}

/// Differences of this share of a value are rounding.
const ROUNDING: f64 = 1e-12;

/// A mean, a difference or a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Half the width of its interval; none where one replication says nothing about spread, and where all are equal.
    pub half_width: Option<f64>,
    /// Whether two replications or more all say the same: there is no spread that an interval could be made of.
    pub equal: bool,
    /// Replications, or pairs of them, that it rests on.
    pub n: usize,
}

impl Estimate {
    /// Of this many observations with an interval of this half width, which is infinite of one, and none of rounding alone.
    pub(super) fn of(value: f64, half_width: f64, n: usize) -> Self {
        let equal = n > 1 && half_width <= ROUNDING * value.abs();
        Self { value, half_width: Some(half_width).filter(|_| n > 1 && !equal), equal, n }
    }

    /// The ends of the interval, the lower one first; the value itself where all replications say the same.
    pub fn ends(&self) -> Option<(f64, f64)> {
        let half = self.half_width.or(self.equal.then_some(0.0));
        half.map(|half| (self.value - half, self.value + half))
    }

    /// With an interval that is wider by `resolution`, the share of itself by which each observation may be off.
    #[must_use]
    pub fn known_to(self, resolution: f64) -> Self {
        let wider = |half: f64| half + resolution * self.value.abs();
        Self { half_width: self.ends().map(|(low, _)| wider(self.value - low)), equal: false, ..self }
    }
}

/// The mean of independent values, m ± t(1 − (1 − confidence)/2, n − 1) s/√n; none of no values.
pub fn mean(values: &[f64], confidence: f64) -> Option<Estimate> {
    let interval = mean_interval(values, confidence)?;
    // Equal values have a mean that is one of them to the last digit.
    let value = values.first().copied().filter(|first| values.iter().all(|value| value == first));
    Some(Estimate::of(value.unwrap_or(interval.mean), interval.half_width, values.len()))
}

/// As [`mean`], of a quantity that is skewed, such as a mean over populations of which few have the heaviest functions: the
/// interval is that of a log-normal distribution, and the half width that of its wider side; that of [`mean`] where a
/// value is not above zero.
pub fn skewed_mean(values: &[f64], confidence: f64) -> Option<Estimate> {
    let estimate = mean(values, confidence)?;
    let Some((low, high)) = log_normal_interval(values, confidence).filter(|_| !estimate.equal) else {
        return Some(estimate);
    };
    let half_width = (high - estimate.value).max(estimate.value - low);
    Some(Estimate { half_width: Some(half_width).filter(|half| half.is_finite()), ..estimate })
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
        assert_eq!((one, one.ends()), (Estimate { value: 5.0, half_width: None, equal: false, n: 1 }, None));
        assert_eq!(mean(&[], CONFIDENCE), None);
    }

    #[test]
    fn skewed_means_are_wide_to_one_side() {
        let e = std::f64::consts::E;
        let (low, high) = log_normal_interval(&[1.0, e, e * e], CONFIDENCE).unwrap();
        let skewed = skewed_mean(&[1.0, e, e * e], CONFIDENCE).unwrap();
        let (from, to) = skewed.ends().unwrap();
        assert!(from <= low && (to - high).abs() < 1e-9 * high);
        // Where there is hardly any spread, nothing is skewed.
        let [skewed, plain] =
            [skewed_mean, mean].map(|of| of(&[0.99, 1.0, 1.01], CONFIDENCE).unwrap().half_width.unwrap());
        assert!((skewed - plain).abs() < 0.03 * plain, "{skewed} {plain}");
        assert_eq!(skewed_mean(&[0.0, 1.0], CONFIDENCE), mean(&[0.0, 1.0], CONFIDENCE));
        assert_eq!(skewed_mean(&[2.0, 2.0], CONFIDENCE), mean(&[2.0, 2.0], CONFIDENCE));
    }

    #[test]
    fn equal_values_have_no_interval() {
        let equal = mean(&[0.1, 0.1, 0.1], CONFIDENCE).unwrap();
        assert_eq!(equal, Estimate { value: 0.1, half_width: None, equal: true, n: 3 });
        assert_eq!(equal.ends(), Some((0.1, 0.1)));
        // But known no better than they were measured.
        let known = equal.known_to(0.01);
        assert!(!known.equal && (known.half_width.unwrap() - 0.001).abs() < 1e-12);
        assert_eq!(mean(&[5.0], CONFIDENCE).unwrap().known_to(0.01).half_width, None);
        assert!(!mean(&[1.0, 1.0 + 1e-9], CONFIDENCE).unwrap().equal);
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
