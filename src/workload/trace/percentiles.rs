//! Percentiles of several rows or days put together.

use crate::workload::InverseCdf;

/// Percentiles of one function or app, row by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Percentiles(Vec<Row>);

#[derive(Clone, Debug)]
struct Row {
    weight: f64,
    values: Vec<f64>,
    mean: Option<f64>,
}

/// What became of the rows.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) inverse: InverseCdf,
    /// Knots that had to be put in order.
    pub(super) moved: usize,
    /// Whether the mean is one that the percentiles allow.
    pub(super) allowed: bool,
    /// How many rows there were.
    pub(super) rows: usize,
}

/// Shares this far apart are equal: those of counts such as 99 of 100 against 0.99.
const EQUAL: f64 = 1e-12;

impl Percentiles {
    /// Adds a row of values at rising probabilities, the same for each row, with a positive weight, and their mean where
    /// it is known.
    pub(super) fn add(&mut self, weight: f64, values: &[f64], mean: Option<f64>) {
        self.0.push(Row { weight, values: values.to_vec(), mean });
    }

    /// The distribution of the rows: of one row its own, of several their mixture by weight, of which the percentiles and
    /// the mean are taken. `None` without rows.
    pub(super) fn joined(&self, probabilities: &[f64]) -> Option<Joined> {
        let (mut moved, mut parts) = (0, Vec::new());
        for row in &self.0 {
            let knots: Vec<(f64, f64)> = probabilities.iter().copied().zip(row.values.iter().copied()).collect();
            let (straight, of_row) = InverseCdf::mended(&knots)?;
            moved += of_row;
            let (inverse, allowed) = row.mean.map_or((straight.clone(), true), |mean| straight.with_mean(mean));
            parts.push((row.weight, inverse, allowed));
        }
        let rows = parts.len();
        if rows <= 1 {
            let (_, inverse, allowed) = parts.pop()?;
            return Some(Joined { inverse, moved, allowed, rows });
        }
        let all_allowed = parts.iter().all(|(_, _, allowed)| *allowed);
        let parts: Vec<(f64, InverseCdf)> = parts.into_iter().map(|(weight, inverse, _)| (weight, inverse)).collect();
        let (straight, _) = InverseCdf::mended(&mixture(&parts, probabilities))?;
        let (inverse, allowed) = self.mean().map_or((straight.clone(), true), |mean| straight.with_mean(mean));
        Some(Joined { inverse, moved, allowed: allowed && all_allowed, rows })
    }

    /// The mean of all rows by weight, to the whole number; `None` where a row has none.
    fn mean(&self) -> Option<f64> {
        let sum: Option<f64> = self.0.iter().map(|row| Some(row.weight * row.mean?)).sum();
        Some(libm::rint(sum? / self.0.iter().map(|row| row.weight).sum::<f64>()))
    }
}

/// The quantiles of a mixture of distributions by weight: of p the least value at or below which at least p of it lies.
/// Between the knots of its parts the distribution is linear, so that this is exact.
fn mixture(parts: &[(f64, InverseCdf)], probabilities: &[f64]) -> Vec<(f64, f64)> {
    let weight: f64 = parts.iter().map(|part| part.0).sum();
    let mut values: Vec<f64> = parts.iter().flat_map(|part| part.1.knots().iter().map(|knot| knot.1)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let shares = |of: fn(&InverseCdf, f64) -> f64, value: f64| {
        parts.iter().map(|(weight, part)| weight * of(part, value)).sum::<f64>() / weight
    };
    let upto: Vec<f64> = values.iter().map(|value| shares(InverseCdf::cdf, *value)).collect();
    let quantile = |p: f64| {
        let at = upto.partition_point(|share| *share < p - EQUAL).min(values.len() - 1);
        let below = shares(InverseCdf::cdf_below, values[at]);
        match at.checked_sub(1) {
            Some(before) if below > p => {
                let (from, share) = (values[before], upto[before]);
                from + (values[at] - from) * ((p - share) / (below - share))
            }
            _ => values[at],
        }
    };
    probabilities.iter().map(|p| (*p, quantile(*p))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0];

    fn values(joined: &Joined) -> Vec<f64> {
        P.iter().map(|p| joined.inverse.quantile(*p)).collect()
    }

    #[test]
    fn constants_mix_in_steps() {
        let mut rows = Percentiles::default();
        rows.add(97.0, &[5.0; 7], Some(5.0));
        rows.add(2.0, &[1.0; 7], Some(1.0));
        rows.add(1.0, &[9.0; 7], Some(9.0));
        let joined = rows.joined(&P).unwrap();
        assert_eq!(values(&joined), [1.0, 1.0, 5.0, 5.0, 5.0, 5.0, 9.0]);
        // (97·5 + 2·1 + 9)/100 = 4.96, to the whole number; the percentiles allow it.
        assert_eq!((joined.inverse.asked_mean(), joined.allowed, joined.rows), (Some(5.0), true, 3));
    }

    #[test]
    fn lines_mix_in_lines() {
        let line = |from: f64, to: f64| P.map(|p| from + (to - from) * p);
        let mut rows = Percentiles::default();
        rows.add(1.0, &line(0.0, 100.0), None);
        rows.add(3.0, &line(100.0, 300.0), None);
        let joined = rows.joined(&P).unwrap();
        // A quarter lies below 100; the rest is uniform on 100 to 300.
        let right = [0.0, 4.0, 100.0, 100.0 + 200.0 / 3.0, 100.0 + 400.0 / 3.0, 300.0 - 200.0 * 0.01 / 0.75, 300.0];
        for (value, right) in values(&joined).into_iter().zip(right) {
            assert!((value - right).abs() < 1e-9, "{value} is not {right}");
        }
        assert_eq!((joined.inverse.asked_mean(), joined.moved), (None, 0));
    }
}
