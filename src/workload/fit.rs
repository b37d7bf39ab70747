//! The shape of a distribution between its percentiles, so that its mean is a given one.
//!
//! Percentiles leave the mean open: it lies between L = Σ Δp·v₀, all values at the lower end of their segment, and
//! U = Σ Δp·v₁. Of all distributions with the percentiles and the mean, the one of greatest entropy has within each segment
//! a density in proportion to exp(−λx), with one λ for all segments. The mean of a segment of width Δv is then
//! v₀ + m·Δv with m = 1/z − 1/(eᶻ − 1), z = λ·Δv; λ is found by bisection, as the mean falls with it. At λ = 0 all m are
//! one half: straight lines. So that drawing stays as cheap as from straight lines, each segment is two of these, which
//! meet at the share 1 − m of its probability and the share m of its width: their mean is the same v₀ + m·Δv.

/// How often λ is doubled and halved: more than all the digits of a double.
const STEPS: u32 = 90;
/// The least and the most m: a segment that is a step would have two values at one probability.
const EDGE: f64 = 1e-9;
/// Means this much apart, as a share, are equal.
const EQUAL: f64 = 1e-9;

/// Two neighbouring knots.
type Segment = [(f64, f64)];

/// Knots with the mean `mean`, made of `straight` and at most one more in each segment; and whether the percentiles allow
/// that mean. Where they do not, it is the nearest that they do.
pub(super) fn bent(straight: &[(f64, f64)], mean: f64) -> (Vec<(f64, f64)>, bool) {
    let (first, last) = (straight[0], straight[straight.len() - 1]);
    let ends = first.0 * first.1 + (1.0 - last.0) * last.1;
    let sum = |of: &dyn Fn(&Segment) -> f64| {
        ends + straight.windows(2).map(|pair| (pair[1].0 - pair[0].0) * of(pair)).sum::<f64>()
    };
    let (low, high) = (sum(&|pair| pair[0].1), sum(&|pair| pair[1].1));
    let allowed = mean >= low - EQUAL * low.abs() && mean <= high + EQUAL * high.abs();
    let widest = straight.windows(2).map(|pair| pair[1].1 - pair[0].1).fold(0.0, f64::max);
    if widest == 0.0 {
        return (vec![first], allowed);
    }
    let share = |pair: &[(f64, f64)], lambda: f64| share(lambda * ((pair[1].1 - pair[0].1) / widest));
    let mean_at = |lambda: f64| sum(&|pair| pair[0].1 + share(pair, lambda) * (pair[1].1 - pair[0].1));
    let lambda = lambda(mean_at, mean);
    let mut knots = vec![first];
    for pair in straight.windows(2) {
        let ((p, v), (rise, width)) = (pair[0], (pair[1].1 - pair[0].1, pair[1].0 - pair[0].0));
        let m = share(pair, lambda).clamp(EDGE, 1.0 - EDGE);
        if rise > 0.0 && m != 0.5 {
            knots.push((p + (1.0 - m) * width, v + m * rise));
        }
        knots.push(pair[1]);
    }
    (without_flat_middles(&knots), allowed)
}

/// The λ at which `mean_at`, which falls, is `mean`, or the nearest end of a wide range.
fn lambda(mean_at: impl Fn(f64) -> f64, mean: f64) -> f64 {
    let middle = mean_at(0.0);
    if middle == mean {
        return 0.0;
    }
    let sign = if middle > mean { 1.0 } else { -1.0 };
    // Whether λ must be further from zero.
    let beyond = |size: f64| sign * (mean_at(sign * size) - mean) > 0.0;
    let mut high = 1.0;
    for _ in 0..STEPS {
        if !beyond(high) {
            break;
        }
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if beyond(middle) { low = middle } else { high = middle }
    }
    sign * f64::midpoint(low, high)
}

/// The mean of the density in proportion to exp(−z·x) on 0 to 1.
fn share(z: f64) -> f64 {
    // The series, where the terms of the closed form cancel.
    if z.abs() < 1e-3 { 0.5 - z / 12.0 } else { 1.0 / z - 1.0 / libm::expm1(z) }
}

/// Without the knots in the middle of runs of equal values, which change nothing.
fn without_flat_middles(knots: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let middle =
        |i: usize| i > 0 && i + 1 < knots.len() && knots[i - 1].1 == knots[i].1 && knots[i].1 == knots[i + 1].1;
    (0..knots.len()).filter(|i| !middle(*i)).map(|i| knots[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_has_the_mean_of_the_truncated_exponential() {
        // z = 1: 1 − 1/(e − 1); symmetric about one half; the series meets the closed form
        // (the slope alone is 8e-12 here).
        assert!((share(1.0) - (1.0 - 1.0 / (std::f64::consts::E - 1.0))).abs() < 1e-15);
        assert!((share(2.0) + share(-2.0) - 1.0).abs() < 1e-15);
        assert!((share(0.001) - share(0.000_999_999_9)).abs() < 1e-11);
        assert!(share(1e9) < 1e-8 && share(-1e9) > 1.0 - 1e-8 && share(-1e300) == 1.0);
    }

    #[test]
    fn flat_runs_keep_their_ends_only() {
        let (knots, allowed) = bent(&[(0.0, 1.0), (0.25, 1.0), (0.5, 1.0), (1.0, 3.0)], 1.5);
        assert!(allowed);
        // Straight lines have this mean: nothing bends.
        assert_eq!(knots, [(0.0, 1.0), (0.5, 1.0), (1.0, 3.0)]);
        assert_eq!(bent(&[(0.0, 2.0), (0.5, 2.0), (1.0, 2.0)], 2.0), (vec![(0.0, 2.0)], true));
    }
}
