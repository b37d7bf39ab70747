//! The distance between a sample and a distribution (Kolmogorov and Smirnov).

/// `sup |F_n(x) − F(x)|` between the empirical distribution of a sample in ascending order and a continuous
/// distribution `F`; 0 of an empty sample.
///
/// Between two neighbours of the sample `F_n` is constant and `F` does not fall, so the supremum is reached at
/// a sample point or just before one (Kolmogorov 1933; Knuth, TAOCP 2, section 3.3.1).
pub fn ks_distance(sorted_sample: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    ks_distance_with_jumps(sorted_sample, &cdf, &cdf)
}

/// As [`ks_distance`] where `F` may jump: `cdf(x)` is `P(X ≤ x)`, `cdf_left(x)` is `P(X < x)`.
pub fn ks_distance_with_jumps(sorted_sample: &[f64], cdf: impl Fn(f64) -> f64, cdf_left: impl Fn(f64) -> f64) -> f64 {
    debug_assert!(sorted_sample.is_sorted(), "the distance needs an ascending sample");
    let n = sorted_sample.len() as f64;
    let (mut below, mut distance) = (0, 0.0_f64);
    for equal in sorted_sample.chunk_by(|a, b| a == b) {
        let upto = below + equal.len();
        let at = (upto as f64 / n - cdf(equal[0])).abs();
        let before = (below as f64 / n - cdf_left(equal[0])).abs();
        distance = distance.max(at).max(before);
        below = upto;
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;
    use crate::stats::sorted;

    fn uniform(x: f64) -> f64 {
        x.clamp(0.0, 1.0)
    }

    #[test]
    fn distances_by_hand() {
        let check = |sample: &[f64], expected: f64| {
            let got = ks_distance(sample, uniform);
            assert!((got - expected).abs() < 1e-12, "{sample:?}: {got}, not {expected}");
        };
        check(&[], 0.0);
        check(&[0.5], 0.5);
        check(&[0.25, 0.75], 0.25);
        check(&[0.5, 0.5], 0.5);
        check(&[0.9, 0.95], 0.9);
        check(&[0.05, 0.1], 0.9);
    }

    #[test]
    fn steps_are_compared_on_both_sides() {
        // A quarter at 1 and the rest at 2.
        let steps = |x: f64| f64::from(u8::from(x >= 1.0)) * 0.25 + f64::from(u8::from(x >= 2.0)) * 0.75;
        let steps_left = |x: f64| f64::from(u8::from(x > 1.0)) * 0.25 + f64::from(u8::from(x > 2.0)) * 0.75;
        let distance = |sample: &[f64]| ks_distance_with_jumps(sample, steps, steps_left);
        // The sample that is the distribution is at no distance, although F jumps at its points.
        assert_eq!(distance(&[1.0, 2.0, 2.0, 2.0]), 0.0);
        assert_eq!(distance(&[1.0, 1.0, 2.0, 2.0]), 0.25);
        // Just before 3 the distribution is all there and the sample is not.
        assert_eq!(distance(&[1.0, 3.0, 3.0, 3.0]), 0.75);
    }

    #[test]
    fn a_right_sample_is_near_and_a_wrong_one_is_not() {
        let mut stream = RootSeed::new(3, 0).stream("ks", &[]);
        let exponential = |x: f64| 1.0 - libm::exp(-x);
        let sample = sorted((0..10_000).map(|_| stream.exponential()).collect());
        // The 0.1 % point of the Kolmogorov distribution is 1.95 / sqrt(n).
        assert!(ks_distance(&sample, exponential) < 0.0195);
        let wrong = sorted(sample.iter().map(|x| 1.1 * x).collect());
        assert!(ks_distance(&wrong, exponential) > 0.0195);
    }
}
