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

/// `P(X ≤ x)` of a step function given as ascending (value, cumulative probability).
pub fn step_cdf(steps: &[(f64, f64)], x: f64) -> f64 {
    upto(steps, steps.partition_point(|step| step.0 <= x))
}

/// `P(X < x)` of a step function given as ascending (value, cumulative probability).
pub fn step_cdf_left(steps: &[(f64, f64)], x: f64) -> f64 {
    upto(steps, steps.partition_point(|step| step.0 < x))
}

/// `P(X ≤ x)` of a distribution that is linear between knots, ascending (value, cumulative probability). The
/// first knot's probability is an atom at its value; two knots of one value are a jump.
pub fn linear_cdf(knots: &[(f64, f64)], x: f64) -> f64 {
    interpolate(knots, knots.partition_point(|knot| knot.0 <= x), x)
}

/// `P(X < x)` of a distribution that is linear between knots, see [`linear_cdf`].
pub fn linear_cdf_left(knots: &[(f64, f64)], x: f64) -> f64 {
    interpolate(knots, knots.partition_point(|knot| knot.0 < x), x)
}

fn upto(steps: &[(f64, f64)], count: usize) -> f64 {
    count.checked_sub(1).map_or(0.0, |last| steps[last].1)
}

/// Between knot `next − 1` and knot `next`.
fn interpolate(knots: &[(f64, f64)], next: usize, x: f64) -> f64 {
    if next == 0 || next == knots.len() {
        return upto(knots, next);
    }
    let ((x0, p0), (x1, p1)) = (knots[next - 1], knots[next]);
    p0 + (p1 - p0) * (x - x0) / (x1 - x0)
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
        let steps = [(1.0, 0.25), (2.0, 1.0)];
        let distance =
            |sample: &[f64]| ks_distance_with_jumps(sample, |x| step_cdf(&steps, x), |x| step_cdf_left(&steps, x));
        // The sample that is the distribution is at no distance, although F jumps at its points.
        assert_eq!(distance(&[1.0, 2.0, 2.0, 2.0]), 0.0);
        assert_eq!(distance(&[1.0, 1.0, 2.0, 2.0]), 0.25);
        // Just before 3 the distribution is all there and the sample is not.
        assert_eq!(distance(&[1.0, 3.0, 3.0, 3.0]), 0.75);
        assert_eq!((step_cdf(&steps, 0.9), step_cdf(&steps, 1.0), step_cdf_left(&steps, 1.0)), (0.0, 0.25, 0.0));
    }

    #[test]
    fn knots_are_joined_by_lines_and_may_jump() {
        let knots = [(0.0, 0.1), (1.0, 0.3), (1.0, 0.5), (3.0, 1.0)];
        let check = |x, left: f64, right: f64| {
            let got = (linear_cdf_left(&knots, x), linear_cdf(&knots, x));
            assert!((got.0 - left).abs() < 1e-12 && (got.1 - right).abs() < 1e-12, "{x}: {got:?}");
        };
        check(-1.0, 0.0, 0.0);
        check(0.0, 0.0, 0.1);
        check(0.5, 0.2, 0.2);
        check(1.0, 0.3, 0.5);
        check(2.0, 0.75, 0.75);
        check(3.0, 1.0, 1.0);
        check(4.0, 1.0, 1.0);
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
