//! Estimates from replications, each with its interval.

use crate::stats::mean_interval;

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
    /// How far its interval reaches below it and above it; none where one replication says nothing about spread, and where
    /// all are equal.
    pub reach: Option<(f64, f64)>,
    /// Whether two replications or more all say the same: there is no spread that an interval could be made of.
    pub equal: bool,
    /// Replications, or pairs of them, that it rests on.
    pub n: usize,
}

impl Estimate {
    /// Of this many observations with an interval of this half width, which is infinite of one, and none of rounding alone.
    pub(super) fn of(value: f64, half_width: f64, n: usize) -> Self {
        let equal = n > 1 && half_width <= ROUNDING * value.abs();
        Self { value, reach: Some((half_width, half_width)).filter(|_| n > 1 && !equal), equal, n }
    }

    /// With the interval from `low` to `high` in place of its own, widened to hold the value; none where that has no end.
    pub(super) fn between(self, (low, high): (f64, f64)) -> Self {
        let reach = ((self.value - low).max(0.0), (high - self.value).max(0.0));
        Self { reach: Some(reach).filter(|(below, above)| below.is_finite() && above.is_finite()), ..self }
    }

    /// Half the width of the interval; of one that reaches further to one side, the reach to that side.
    pub fn half_width(&self) -> Option<f64> {
        self.reach.map(|(below, above)| below.max(above))
    }

    /// The ends of the interval, the lower one first; the value itself where all replications say the same.
    pub fn ends(&self) -> Option<(f64, f64)> {
        let reach = self.reach.or(self.equal.then_some((0.0, 0.0)));
        reach.map(|(below, above)| (self.value - below, self.value + above))
    }

    /// With an interval that is wider by `resolution`, the share of itself by which each observation may be off.
    #[must_use]
    pub fn known_to(self, resolution: f64) -> Self {
        let wider = |reach: f64| reach + resolution * self.value.abs();
        let reach = self.reach.or(self.equal.then_some((0.0, 0.0)));
        Self { reach: reach.map(|(below, above)| (wider(below), wider(above))), equal: false, ..self }
    }
}

/// The mean of independent values, m ± t(1 − (1 − confidence)/2, n − 1) s/√n; none of no values.
pub fn mean(values: &[f64], confidence: f64) -> Option<Estimate> {
    let interval = mean_interval(values, confidence)?;
    // Equal values have a mean that is one of them to the last digit.
    let value = values.first().copied().filter(|first| values.iter().all(|value| value == first));
    Some(Estimate::of(value.unwrap_or(interval.mean), interval.half_width, values.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_by_hand() {
        // 1, 2, 3: s = 1, t(0.975, 2) = 4.303, so the half width is 4.303/√3 = 2.484.
        let three = mean(&[1.0, 2.0, 3.0], CONFIDENCE).unwrap();
        assert_eq!((three.value, three.n), (2.0, 3));
        assert!((three.half_width().unwrap() - 2.4841).abs() < 1e-4, "{three:?}");
        let (low, high) = three.ends().unwrap();
        assert!((low + 0.4841).abs() < 1e-4 && (high - 4.4841).abs() < 1e-4);
        let one = mean(&[5.0], CONFIDENCE).unwrap();
        assert_eq!((one, one.ends()), (Estimate { value: 5.0, reach: None, equal: false, n: 1 }, None));
        assert_eq!(mean(&[], CONFIDENCE), None);
    }

    #[test]
    fn equal_values_have_no_interval() {
        let equal = mean(&[0.1, 0.1, 0.1], CONFIDENCE).unwrap();
        assert_eq!(equal, Estimate { value: 0.1, reach: None, equal: true, n: 3 });
        assert_eq!(equal.ends(), Some((0.1, 0.1)));
        // But known no better than they were measured.
        let known = equal.known_to(0.01);
        assert!(!known.equal && (known.half_width().unwrap() - 0.001).abs() < 1e-12);
        assert_eq!(mean(&[5.0], CONFIDENCE).unwrap().known_to(0.01).reach, None);
        assert!(!mean(&[1.0, 1.0 + 1e-9], CONFIDENCE).unwrap().equal);
    }

    #[test]
    fn intervals_that_hold_together_are_wider() {
        assert!((each_of(1) - 0.95).abs() < 1e-15 && (each_of(20) - 0.9975).abs() < 1e-15);
        assert_eq!(each_of(0), each_of(1));
        // t(1 − 0.0025/2, 2) = 28.26 by the closed form (2p − 1) √(2/(4p(1 − p))), so 16.31 about the mean of 1, 2, 3.
        let wide = mean(&[1.0, 2.0, 3.0], each_of(20)).unwrap().half_width().unwrap();
        let p = 1.0 - 0.0025 / 2.0;
        let t = (2.0 * p - 1.0) * libm::sqrt(2.0 / (4.0 * p * (1.0 - p)));
        assert!((wide - t / libm::sqrt(3.0)).abs() < 1e-6 * wide, "{wide} against {t}");
    }
}
