//! Exact quantiles of a stored sample.

/// The `p`-quantile, `p` in [0, 1], of a sample in ascending order; `None` of an empty sample.
///
/// Linear between order statistics: with `h = (n − 1) p`, `x[⌊h⌋] + (h − ⌊h⌋)(x[⌊h⌋ + 1] − x[⌊h⌋])`. This is type 7
/// of Hyndman and Fan (1996, "Sample quantiles in statistical packages") and numpy's default, "linear".
pub fn quantile(ascending: &[f64], p: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    debug_assert!(ascending.is_sorted(), "quantiles need an ascending sample");
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = libm::floor(position) as usize;
    let (low, high) = (ascending[below], ascending[(below + 1).min(last)]);
    let share = position - below as f64;
    // From the nearer end, so that the result never leaves [low, high] by rounding.
    Some(if share < 0.5 { low + (high - low) * share } else { high - (high - low) * (1.0 - share) })
}

/// The sample in ascending order (in the total order of `f64`).
pub fn sorted(mut sample: Vec<f64>) -> Vec<f64> {
    sample.sort_unstable_by(f64::total_cmp);
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([15, 20, 35, 40, 50], [0, .05, .3, .4, .5, .99, 1])
        let sample = sorted(vec![50.0, 15.0, 40.0, 20.0, 35.0]);
        let expected = [(0.0, 15.0), (0.05, 16.0), (0.3, 23.0), (0.4, 29.0), (0.5, 35.0), (0.99, 49.6), (1.0, 50.0)];
        for (p, value) in expected {
            let got = quantile(&sample, p).unwrap();
            assert!((got - value).abs() < 1e-12, "{p}: {got}, not {value}");
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.5), Some(1.5));
    }
}
