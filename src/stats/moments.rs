//! Mean and variance in one pass.

/// Count, mean and variance of a stream of numbers, mergeable.
///
/// Updating is Welford's (1962, "Note on a method for calculating corrected sums of squares and products"),
/// merging is Chan, Golub and `LeVeque`'s (1979, "Updating formulae and a pairwise algorithm"). Merge in a
/// fixed order: floating-point sums depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
}

impl Moments {
    /// Of no numbers.
    pub const fn new() -> Self {
        Self { count: 0, mean: 0.0, squares: 0.0 }
    }
    /// Takes one number.
    pub fn push(&mut self, x: f64) {
        self.count += 1;
        let deviation = x - self.mean;
        self.mean += deviation / self.count as f64;
        self.squares += deviation * (x - self.mean);
    }
    /// Takes all numbers that `other` took.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let count = self.count + other.count;
        let deviation = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.mean += deviation * share;
        self.squares += other.squares + deviation * deviation * share * self.count as f64;
        self.count = count;
    }
    /// How many numbers.
    pub const fn count(&self) -> u64 {
        self.count
    }
    /// Their mean; `None` of no numbers.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }
    /// The unbiased sample variance, Σ(x − mean)² / (n − 1); `None` of fewer than two numbers.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut moments = Self::new();
        for x in numbers {
            moments.push(x);
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_samples() {
        let of = |xs: &[f64]| xs.iter().copied().collect::<Moments>();
        assert_eq!((of(&[]).mean(), of(&[]).variance()), (None, None));
        assert_eq!((of(&[3.0]).mean(), of(&[3.0]).variance()), (Some(3.0), None));
        let m = of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((m.count(), m.mean(), m.variance()), (8, Some(5.0), Some(32.0 / 7.0)));
        // A large offset must not eat the variance.
        assert_eq!(of(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]).variance(), Some(30.0));
    }

    proptest! {
        #[test]
        fn merging_is_as_good_as_pushing(xs in prop::collection::vec(-1e6..1e6_f64, 0..60), cut in 0_usize..60) {
            let cut = cut.min(xs.len());
            let whole: Moments = xs.iter().copied().collect();
            let mut parts: Moments = xs[..cut].iter().copied().collect();
            parts.merge(&xs[cut..].iter().copied().collect());
            prop_assert_eq!(whole.count(), parts.count());
            prop_assert!((whole.mean - parts.mean).abs() <= 1e-8);
            prop_assert!((whole.squares - parts.squares).abs() <= 1e-10 * whole.squares.max(1.0));
        }
    }
}
