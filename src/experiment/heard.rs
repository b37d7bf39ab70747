//! What is kept of the requests of a run that is over: little, however finely their times were counted.

use crate::record::Component;
use crate::stats::SpanHistogram;
use crate::units::Span;

/// What is kept of what a [`Collector`](super::Collector) heard.
#[derive(Debug)]
pub struct Heard {
    /// Response times.
    pub response: Spread,
    /// Times from arrival until the code runs: queue, dispatch and cold start.
    pub start_delay: Spread,
    /// Total time of each component, in picoseconds.
    pub components: [u128; Component::ALL.len()],
    /// Mean of response over traced duration; none where no request had a duration.
    pub mean_slowdown: Option<f64>,
    /// Requests that waited for a sandbox of their own to start.
    pub cold: u64,
    /// Of those that began to run, the share that started cold; none where nobody began.
    pub cold_share: Option<f64>,
    /// The cold-start shares that half and three quarters of the functions have at most; none without answered requests.
    pub cold_shares: [Option<f64>; 2],
    /// Requests per bin of the window, by arrival: all, and those that started cold.
    pub bins: Vec<[u64; 2]>,
}

/// What is kept of a distribution of times: its exact ends and sum, and its quantiles at the places that are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    count: u64,
    sum_ps: u128,
    mean: Option<Span>,
    max: Option<Span>,
    quantiles: Vec<(f64, Span)>,
}

impl Spread {
    /// Of these times.
    pub fn of(times: &SpanHistogram) -> Self {
        let places = places();
        let found = times.quantiles(&places);
        Self {
            count: times.count(),
            sum_ps: times.sum_ps(),
            mean: times.mean(),
            max: times.max(),
            quantiles: places.into_iter().zip(found).collect(),
        }
    }
    /// How many times.
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Their sum in picoseconds, exact.
    pub fn sum_ps(&self) -> u128 {
        self.sum_ps
    }
    /// Their mean, exact to the nearest picosecond; none of no times.
    pub fn mean(&self) -> Option<Span> {
        self.mean
    }
    /// The greatest, exact; none of no times.
    pub fn max(&self) -> Option<Span> {
        self.max
    }
    /// All quantiles that are kept, in order; nothing of no times.
    pub fn quantiles(&self) -> &[(f64, Span)] {
        &self.quantiles
    }
    /// The `p`-quantile, as [`SpanHistogram::quantile`]; none of no times, and where it was not kept.
    pub fn quantile(&self, p: f64) -> Option<Span> {
        let place = self.quantiles.iter().find(|(place, _)| (place - p).abs() < 1e-9)?;
        Some(place.1)
    }
}

/// The places of the quantiles that are told, in order: the halves of hundredths, finer from 0.99 on.
fn places() -> Vec<f64> {
    let halves = (0..=198).map(|i| f64::from(i) / 200.0);
    let tail = (1..=99).map(|i| 0.99 + f64::from(i) / 10_000.0);
    let far = [0.9995, 0.9999, 0.99999, 1.0];
    let mut places: Vec<f64> = halves.chain(tail).chain(far).map(|p| libm::rint(p * 1e5) / 1e5).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_the_histogram_says() {
        let mut times = SpanHistogram::new();
        (1..=1000).for_each(|ms| times.record(Span::from_ms(ms)));
        let kept = Spread::of(&times);
        assert_eq!(
            (kept.count(), kept.sum_ps(), kept.mean(), kept.max()),
            (1000, times.sum_ps(), times.mean(), times.max())
        );
        for p in [0.0, 0.005, 0.5, 0.9, 0.99, 0.995, 0.999, 0.9995, 0.99999, 1.0] {
            assert_eq!((kept.quantile(p), p), (times.quantile(p), p));
            assert!(kept.quantile(p).is_some());
        }
        assert_eq!(kept.quantile(0.123_456), None);
        assert!(kept.quantiles().is_sorted() && kept.quantiles().len() == 300);
        let none = Spread::of(&SpanHistogram::new());
        assert_eq!((none.quantile(0.5), none.mean(), none.max(), none.count()), (None, None, None, 0));
    }
}
