//! Distributions given by percentiles: the piecewise-linear inverse of a cumulative distribution function.
//!
//! Between two knots (p₀, v₀) and (p₁, v₁) the quantile of u is v₀ + (v₁ − v₀)·(u − p₀)/(p₁ − p₀), that is, values
//! are uniform between neighbouring percentiles; below the first and above the last knot it is flat. Drawing the
//! quantile of a uniform number (inverse-transform sampling) gives the distribution, with one uniform per draw.
//! The mean follows in closed form: Σ (p₁ − p₀)·(v₀ + v₁)/2 over the segments, and the flat ends. Where the mean is known
//! too, each segment becomes two straight lines that give it ([`InverseCdf::with_mean`]).

use super::fit;
use crate::rng::Stream;

/// A distribution as the piecewise-linear inverse of its percentiles. Values carry whatever unit the knots do.
#[derive(Clone, Debug, PartialEq)]
pub struct InverseCdf {
    /// (probability, value), both rising; at least one.
    knots: Box<[(f64, f64)]>,
    /// The mean that was asked for, where one was.
    asked: Option<f64>,
}

impl InverseCdf {
    /// From knots (probability in [0, 1], finite value).
    ///
    /// Values that fall where the probability rises are put in order by sorting them, and the number of knots that
    /// moved is returned: rearrangement never takes an estimated quantile function further from the true one
    /// (Chernozhukov, Fernández-Val and Galichon, Econometrica 78, 2010). `None` when there is no knot, a number is
    /// not finite, or the probabilities do not rise within [0, 1].
    pub fn mended(knots: &[(f64, f64)]) -> Option<(Self, usize)> {
        let rising = knots.windows(2).all(|pair| pair[0].0 <= pair[1].0);
        let legal = knots.iter().all(|(p, v)| (0.0..=1.0).contains(p) && v.is_finite());
        if knots.is_empty() || !rising || !legal {
            return None;
        }
        let mut values: Vec<f64> = knots.iter().map(|knot| knot.1).collect();
        values.sort_by(f64::total_cmp);
        let moved = knots.iter().zip(&values).filter(|(knot, value)| knot.1 != **value).count();
        let knots = knots.iter().zip(values).map(|(knot, value)| (knot.0, value)).collect();
        Some((Self { knots, asked: None }, moved))
    }

    /// The same percentiles with the mean `mean`, by the shape of each segment between them; and whether they allow it.
    /// Where they do not, the mean is the nearest that they do: that of all values at an end of their segment.
    pub fn with_mean(self, mean: f64) -> (Self, bool) {
        let (knots, allowed) = fit::bent(&self.knots, mean);
        (Self { knots: knots.into(), asked: Some(mean) }, allowed)
    }

    /// The mean that [`Self::with_mean`] was asked for; `None` where segments are straight.
    pub fn asked_mean(&self) -> Option<f64> {
        self.asked
    }

    /// One value with certainty.
    pub fn constant(value: f64) -> Self {
        Self { knots: Box::new([(0.0, value)]), asked: None }
    }

    /// The value below which a fraction `u` of the distribution lies.
    pub fn quantile(&self, u: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot.0 <= u);
        if above == 0 {
            return self.knots[0].1;
        }
        let (p0, v0) = self.knots[above - 1];
        match self.knots.get(above) {
            Some(&(p1, v1)) => v0 + (v1 - v0) * ((u - p0) / (p1 - p0)),
            None => v0,
        }
    }

    /// One draw, from one uniform number.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        self.quantile(stream.uniform())
    }

    /// The fraction of the distribution at or below `value`: the inverse of [`Self::quantile`], and at a value that
    /// carries weight of its own the upper end of the step.
    pub fn cdf(&self, value: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot.1 <= value);
        if above == 0 {
            return 0.0;
        }
        let (p0, v0) = self.knots[above - 1];
        match self.knots.get(above) {
            Some(&(p1, v1)) => p0 + (p1 - p0) * ((value - v0) / (v1 - v0)),
            None => 1.0,
        }
    }

    /// The fraction of the distribution below `value`: at a value that carries weight of its own the lower end of the step.
    pub fn cdf_below(&self, value: f64) -> f64 {
        let from = self.knots.partition_point(|knot| knot.1 < value);
        match (from.checked_sub(1), self.knots.get(from)) {
            (None, _) => 0.0,
            (Some(below), Some(&(p1, v1))) => {
                let (p0, v0) = self.knots[below];
                p0 + (p1 - p0) * ((value - v0) / (v1 - v0))
            }
            (Some(_), None) => 1.0,
        }
    }

    /// The mean, in closed form.
    pub fn mean(&self) -> f64 {
        let (first, last) = (self.knots[0], self.knots[self.knots.len() - 1]);
        let ends = first.0 * first.1 + (1.0 - last.0) * last.1;
        ends + self.knots.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum::<f64>()
    }

    /// The knots (probability, value) in rising order.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;

    #[test]
    fn quantiles_are_linear_between_the_knots_and_flat_outside() {
        let (inverse, moved) = InverseCdf::mended(&[(0.1, 10.0), (0.5, 20.0), (0.5, 40.0), (0.9, 60.0)]).unwrap();
        assert_eq!(moved, 0);
        for (u, expected) in [(0.0, 10.0), (0.1, 10.0), (0.3, 15.0), (0.5, 40.0), (0.7, 50.0), (0.95, 60.0)] {
            assert_eq!(inverse.quantile(u), expected, "u = {u}");
        }
        for (value, expected) in [(9.0, 0.0), (10.0, 0.1), (15.0, 0.3), (30.0, 0.5), (50.0, 0.7), (60.0, 1.0)] {
            assert!((inverse.cdf(value) - expected).abs() < 1e-12, "value = {value}");
        }
        for (value, expected) in [(10.0, 0.0), (15.0, 0.3), (20.0, 0.5), (30.0, 0.5), (60.0, 0.9), (61.0, 1.0)] {
            assert!((inverse.cdf_below(value) - expected).abs() < 1e-12, "value = {value}");
        }
        // 0.1·10 + 0.4·15 + 0·30 + 0.4·50 + 0.1·60
        assert!((inverse.mean() - 33.0).abs() < 1e-12);
    }

    #[test]
    fn values_out_of_order_are_sorted_and_counted() {
        let (inverse, moved) = InverseCdf::mended(&[(0.0, 3.0), (0.5, 1.0), (1.0, 5.0)]).unwrap();
        assert_eq!((moved, inverse.knots()), (2, &[(0.0, 1.0), (0.5, 3.0), (1.0, 5.0)][..]));
    }

    #[test]
    fn knots_that_are_no_distribution_are_refused() {
        for knots in [&[][..], &[(0.0, f64::NAN)], &[(-0.1, 1.0)], &[(1.5, 1.0)], &[(0.5, 1.0), (0.2, 2.0)]] {
            assert!(InverseCdf::mended(knots).is_none(), "{knots:?}");
        }
    }

    const PERCENTILES: [(f64, f64); 7] =
        [(0.0, 1.0), (0.01, 1.0), (0.25, 2.0), (0.5, 3.0), (0.75, 3.0), (0.99, 40.0), (1.0, 900.0)];

    #[test]
    fn every_mean_that_percentiles_allow_is_met_and_they_stay() {
        let (straight, _) = InverseCdf::mended(&PERCENTILES).unwrap();
        // L = 0.25·1 + 0.25·2 + 0.49·3 + 0.01·40, U = 0.01·1 + 0.24·2 + 0.5·3 + 0.24·40 + 0.01·900.
        let (low, high) = (2.62, 20.59);
        for mean in [low, 2.63, 3.0, 5.0, straight.mean(), 15.0, 20.5, high] {
            let (bent, allowed) = straight.clone().with_mean(mean);
            assert!(allowed && bent.asked_mean() == Some(mean));
            assert!((bent.mean() / mean - 1.0).abs() < 1e-6, "{} is not {mean}", bent.mean());
            for (p, value) in PERCENTILES {
                assert_eq!(bent.quantile(p), value, "percentile {p} at mean {mean}");
            }
            let rising = bent.knots().windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
            assert!(rising, "{:?}", bent.knots());
        }
        for (mean, nearest) in [(2.5, low), (0.0, low), (21.0, high), (1e12, high)] {
            let (bent, allowed) = straight.clone().with_mean(mean);
            assert!(!allowed && (bent.mean() / nearest - 1.0).abs() < 1e-6, "{} is not {nearest}", bent.mean());
        }
    }

    #[test]
    fn the_shape_is_that_of_greatest_entropy() {
        // One segment, mean z = 2 of the truncated exponential: two lines that meet at (1 − m, m).
        let m = 0.5 - 1.0 / (std::f64::consts::E * std::f64::consts::E - 1.0);
        let (bent, _) = InverseCdf::mended(&[(0.0, 0.0), (1.0, 1.0)]).unwrap().0.with_mean(m);
        let knot = bent.knots()[1];
        assert!((knot.0 - (1.0 - m)).abs() < 1e-9 && (knot.1 - m).abs() < 1e-9, "{knot:?}");
        // Two segments share λ: the narrow one stays straighter than the wide one.
        let (bent, _) = InverseCdf::mended(&[(0.0, 0.0), (0.5, 1.0), (1.0, 11.0)]).unwrap().0.with_mean(2.0);
        let (narrow, wide) = (bent.knots()[1].1, (bent.knots()[3].1 - 1.0) / 10.0);
        assert!(narrow > 0.45 && narrow < 0.5 && wide < 0.26 && wide > 0.2, "{narrow} {wide}");
    }

    #[test]
    fn draws_have_the_mean_of_the_closed_form() {
        let (inverse, _) = InverseCdf::mended(&[(0.0, 1.0), (0.5, 2.0), (1.0, 10.0)]).unwrap();
        let mut stream = RootSeed::new(3, 0).stream("test", &[]);
        let n = 100_000;
        let mean = (0..n).map(|_| inverse.sample(&mut stream)).sum::<f64>() / f64::from(n);
        // The standard deviation is 2.8, so that four standard errors are 0.036.
        assert!((mean - inverse.mean()).abs() < 0.036, "{mean} is not {}", inverse.mean());
    }
}
