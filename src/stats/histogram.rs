//! A mergeable histogram of spans with a bounded relative error.

use crate::units::Span;

/// Each power of two is cut into 2^7 equal buckets.
const BITS: u32 = 7;
const PER_OCTAVE: u64 = 1 << BITS;

/// Counts of spans in log-linear buckets: constant memory, whatever the number of spans.
///
/// Spans below 2^8 ps have a bucket each; above, every power of two is cut into 2^7 equal buckets, as in
/// `HdrHistogram` (G. Tene). A bucket is told by its middle, so a span is off by at most half a bucket:
/// a relative error of at most [`SpanHistogram::RELATIVE_ERROR`]. Count, sum, mean, least and greatest are
/// exact. At most 7,424 buckets (59 KB) are held; fewer when all spans are short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanHistogram {
    /// Counts by bucket, up to the highest that was used.
    counts: Vec<u64>,
    count: u64,
    sum: u128,
    /// [`Span::MAX`] of no spans.
    min: Span,
    max: Span,
}

impl SpanHistogram {
    /// The bound on the relative error of [`SpanHistogram::quantile`]: 2^-8, about 0.4 %.
    pub const RELATIVE_ERROR: f64 = 1.0 / 256.0;

    /// Of no spans.
    pub const fn new() -> Self {
        Self { counts: Vec::new(), count: 0, sum: 0, min: Span::MAX, max: Span::ZERO }
    }
    /// Takes one span.
    #[inline]
    pub fn record(&mut self, span: Span) {
        self.record_n(span, 1);
    }
    /// Takes the same span `n` times.
    #[inline]
    pub fn record_n(&mut self, span: Span, n: u64) {
        if n == 0 {
            return;
        }
        let bucket = bucket_of(span.as_ps());
        match self.counts.get_mut(bucket) {
            Some(count) => *count += n,
            None => self.lengthen(bucket, n),
        }
        self.min = self.min.min(span);
        self.max = self.max.max(span);
        self.count += n;
        self.sum += u128::from(span.as_ps()) * u128::from(n);
    }
    #[cold]
    fn lengthen(&mut self, bucket: usize, n: u64) {
        self.counts.resize(bucket + 1, 0);
        self.counts[bucket] = n;
    }
    /// Takes all spans that `other` took. The order of merging does not matter.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
    }
    /// How many spans.
    pub const fn count(&self) -> u64 {
        self.count
    }
    /// Their sum in picoseconds, exact.
    pub const fn sum_ps(&self) -> u128 {
        self.sum
    }
    /// Their mean, exact to the nearest picosecond; `None` of no spans.
    pub fn mean(&self) -> Option<Span> {
        let count = u128::from(self.count);
        (count > 0).then(|| Span::from_ps(((self.sum + count / 2) / count) as u64))
    }
    /// The least, exact; `None` of no spans.
    pub fn min(&self) -> Option<Span> {
        (self.count > 0).then_some(self.min)
    }
    /// The greatest, exact; `None` of no spans.
    pub fn max(&self) -> Option<Span> {
        (self.count > 0).then_some(self.max)
    }
    /// The `p`-quantile, `p` in [0, 1], linear between order statistics as [`super::quantile`] (type 7); each
    /// order statistic is off by at most [`SpanHistogram::RELATIVE_ERROR`] of itself. `None` of no spans.
    pub fn quantile(&self, p: f64) -> Option<Span> {
        if self.count == 0 {
            return None;
        }
        let position = p.clamp(0.0, 1.0) * (self.count - 1) as f64;
        let below = libm::floor(position);
        let (low, high) = self.order_statistics(below as u64);
        let share = position - below;
        Some(Span::from_ps((low.as_ps() as f64 * (1.0 - share) + high.as_ps() as f64 * share) as u64).clamp(low, high))
    }
    /// The buckets that are not empty, shortest first, as (longest span in it, number of spans up to there):
    /// the knots of the cumulative distribution. The last is (greatest, count).
    pub fn cumulative(&self) -> impl Iterator<Item = (Span, u64)> + '_ {
        let filled = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.scan(0, |total, (bucket, &count)| {
            *total += count;
            Some((Span::from_ps(last_of(bucket)).min(self.max), *total))
        })
    }
    /// Estimates of the spans of rank `rank` and `rank + 1` (the greatest again at the end), counted from zero.
    fn order_statistics(&self, rank: u64) -> (Span, Span) {
        let next = (rank + 1).min(self.count - 1);
        let (mut total, mut low) = (0, None);
        for (bucket, &count) in self.counts.iter().enumerate() {
            total += count;
            if low.is_none() && total > rank {
                low = Some(self.estimate(bucket, rank));
            }
            if let (Some(low), true) = (low, total > next) {
                return (low, self.estimate(bucket, next));
            }
        }
        (self.max, self.max)
    }
    /// The middle of a bucket, or the exact ends for the first and last rank.
    fn estimate(&self, bucket: usize, rank: u64) -> Span {
        if rank == 0 {
            return self.min;
        }
        if rank == self.count - 1 {
            return self.max;
        }
        let (first, last) = (first_of(bucket), last_of(bucket));
        Span::from_ps(first + (last - first) / 2).clamp(self.min, self.max)
    }
}

impl Default for SpanHistogram {
    fn default() -> Self {
        Self::new()
    }
}

/// The bucket that holds a span of `ps` picoseconds.
fn bucket_of(ps: u64) -> usize {
    let shift = (u64::BITS - ps.leading_zeros()).saturating_sub(BITS + 1);
    (u64::from(shift) * PER_OCTAVE + (ps >> shift)) as usize
}

/// The shortest span in a bucket, in picoseconds.
fn first_of(bucket: usize) -> u64 {
    let (shift, mantissa) = split(bucket);
    mantissa << shift
}

/// The longest span in a bucket, in picoseconds.
fn last_of(bucket: usize) -> u64 {
    let (shift, mantissa) = split(bucket);
    (mantissa << shift) + ((1 << shift) - 1)
}

/// Undoes [`bucket_of`]: the width of the bucket as a power of two, and its first span in units of the width.
fn split(bucket: usize) -> (u32, u64) {
    let bucket = bucket as u64;
    let shift = (bucket / PER_OCTAVE).saturating_sub(1);
    (shift as u32, bucket - shift * PER_OCTAVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_join_without_gaps() {
        let last = bucket_of(u64::MAX);
        assert_eq!((first_of(0), last_of(last), last), (0, u64::MAX, 7423));
        for bucket in 0..=last {
            assert_eq!((bucket_of(first_of(bucket)), bucket_of(last_of(bucket))), (bucket, bucket));
            assert!(bucket == last || last_of(bucket) + 1 == first_of(bucket + 1), "gap after bucket {bucket}");
        }
    }

    #[test]
    fn the_empty_histogram_says_so() {
        let empty = SpanHistogram::new();
        assert_eq!((empty.mean(), empty.min(), empty.max(), empty.quantile(0.5)), (None, None, None, None));
        let mut one = SpanHistogram::new();
        one.merge(&empty);
        assert_eq!(one, empty);
        one.record(Span::from_ps(12_345));
        assert_eq!(one.quantile(0.0), Some(Span::from_ps(12_345)));
        assert_eq!(one.quantile(0.7), Some(Span::from_ps(12_345)));
        assert_eq!(one.cumulative().collect::<Vec<_>>(), [(Span::from_ps(12_345), 1)]);
    }

    fn of(spans: &[u64]) -> SpanHistogram {
        let mut histogram = SpanHistogram::new();
        for &ps in spans {
            histogram.record(Span::from_ps(ps));
        }
        histogram
    }

    /// Spans of all magnitudes alike.
    fn spans() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec((0_u32..63, any::<u64>()).prop_map(|(bits, x)| x >> bits), 1..200)
    }

    proptest! {
        #[test]
        fn quantiles_keep_the_error_bound(spans in spans(), p in 0.0..=1.0_f64) {
            let histogram = of(&spans);
            let mut exact: Vec<f64> = spans.iter().map(|&ps| ps as f64).collect();
            exact.sort_by(f64::total_cmp);
            let expected = crate::stats::quantile(&exact, p).unwrap();
            let got = histogram.quantile(p).unwrap().as_ps() as f64;
            // One picosecond for rounding to the clock.
            prop_assert!((got - expected).abs() <= expected * SpanHistogram::RELATIVE_ERROR + 1.0, "{got} for {expected}");
        }

        #[test]
        fn count_mean_and_ends_are_exact(spans in spans()) {
            let histogram = of(&spans);
            let sum: u128 = spans.iter().map(|&ps| u128::from(ps)).sum();
            prop_assert_eq!((histogram.count(), histogram.sum_ps()), (spans.len() as u64, sum));
            prop_assert_eq!(histogram.min().map(Span::as_ps), spans.iter().copied().min());
            prop_assert_eq!(histogram.max().map(Span::as_ps), spans.iter().copied().max());
            let mean = histogram.mean().unwrap().as_ps();
            prop_assert!((u128::from(mean) * spans.len() as u128).abs_diff(sum) * 2 <= spans.len() as u128);
            prop_assert_eq!(histogram.cumulative().last(), Some((histogram.max().unwrap(), histogram.count())));
        }

        #[test]
        fn merging_is_the_same_as_recording(spans in spans(), cut in 0_usize..200) {
            let cut = cut.min(spans.len());
            let mut parts = of(&spans[..cut]);
            parts.merge(&of(&spans[cut..]));
            prop_assert_eq!(parts, of(&spans));
        }
    }
}
