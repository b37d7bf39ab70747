//! A mergeable histogram of spans with a bounded relative error.

use crate::units::Span;

/// Each power of two is cut into 2^10 equal buckets.
const BITS: u32 = 10;
const PER_OCTAVE: u64 = 1 << BITS;

/// Counts of spans in log-linear buckets: constant memory, whatever the number of spans.
///
/// Spans below 2^11 ps have a bucket each; above, every power of two is cut into 2^10 equal buckets, as in
/// `HdrHistogram` (G. Tene). The spans of a bucket are taken to lie evenly in it, in order of rank, so a span is off by
/// less than the width of its bucket, a relative error of at most [`SpanHistogram::RELATIVE_ERROR`], and where the
/// distribution is smooth by far less. Count, sum, mean, least and greatest are exact. At most 56,320 buckets (451 kB)
/// are held; fewer when all spans are short: those up to an hour take 349 kB.
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
    /// The bound on the relative error of [`SpanHistogram::quantile`]: 2^-10, less than 0.1 %.
    pub const RELATIVE_ERROR: f64 = 1.0 / PER_OCTAVE as f64;

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
        self.quantiles(&[p]).pop()
    }
    /// As [`SpanHistogram::quantile`] for each of these `p`, which ascend, in one walk over the buckets; nothing of no
    /// spans.
    pub fn quantiles(&self, ascending: &[f64]) -> Vec<Span> {
        debug_assert!(ascending.is_sorted(), "one walk needs them in order");
        if self.count == 0 {
            return Vec::new();
        }
        let mut walk = Walk { of: self, bucket: bucket_of(self.min.as_ps()), before: 0 };
        let of_one = |p: &f64| {
            let position = p.clamp(0.0, 1.0) * (self.count - 1) as f64;
            let below = libm::floor(position);
            let low = walk.to(below as u64);
            let high = walk.clone().to((below as u64 + 1).min(self.count - 1));
            let share = position - below;
            let between = low.as_ps() as f64 * (1.0 - share) + high.as_ps() as f64 * share;
            Span::from_ps(between as u64).clamp(low, high)
        };
        ascending.iter().map(of_one).collect()
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
}

/// A walk from the shortest span to the longest.
#[derive(Clone)]
struct Walk<'h> {
    of: &'h SpanHistogram,
    bucket: usize,
    /// How many spans are in shorter buckets.
    before: u64,
}

impl Walk<'_> {
    /// The span of rank `rank`, counted from zero, which must not be below one asked for before.
    fn to(&mut self, rank: u64) -> Span {
        let SpanHistogram { counts, count, min, max, .. } = self.of;
        while self.before + counts[self.bucket] <= rank {
            self.before += counts[self.bucket];
            self.bucket += 1;
        }
        if rank == 0 || rank == count - 1 {
            return if rank == 0 { *min } else { *max };
        }
        let low = first_of(self.bucket).max(min.as_ps());
        let width = last_of(self.bucket).min(max.as_ps()) - low;
        let share = ((rank - self.before) as f64 + 0.5) / counts[self.bucket] as f64;
        Span::from_ps(low + (width as f64 * share) as u64)
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
        assert_eq!((first_of(0), last_of(last), last), (0, u64::MAX, 56_319));
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

    #[test]
    fn spans_of_one_bucket_are_told_apart_by_rank() {
        // A thousand spans spread evenly over a part of one bucket, and twice over the bounds of another.
        let start = 1 << 40;
        let spans: Vec<u64> = (0..1000).map(|i| start + i * 1_000_000).collect();
        assert_eq!(bucket_of(spans[0]), bucket_of(spans[999]));
        let histogram = of(&spans);
        for (p, exact) in [(0.1, 99.9), (0.5, 499.5), (0.9, 899.1)] {
            let (got, exact) = (histogram.quantile(p).unwrap().as_ps() - start, exact * 1e6);
            assert!((got as f64 - exact).abs() < 1e6, "{got} for {exact}");
        }
    }

    #[test]
    fn equal_spans_are_exact() {
        let equal = of(&[123_456_789_012; 7]);
        assert!([0.1, 0.5, 0.99].iter().all(|p| equal.quantile(*p) == Some(Span::from_ps(123_456_789_012))));
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
        fn many_quantiles_are_those_asked_for_one_by_one(spans in spans(), mut grid in prop::collection::vec(0.0..=1.0_f64, 0..9)) {
            grid.sort_by(f64::total_cmp);
            let histogram = of(&spans);
            let one_by_one: Vec<Span> = grid.iter().filter_map(|p| histogram.quantile(*p)).collect();
            prop_assert_eq!(histogram.quantiles(&grid), one_by_one);
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
