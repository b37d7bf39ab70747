//! The hybrid histogram policy: Shahrad et al., "Serverless in the Wild", USENIX ATC 2020, §4.2.
//!
//! For each application, a histogram of its idle times (from the end of an execution to the next arrival) decides how
//! long it is unloaded and how long it is then kept. Three cases, asked in this order:
//!
//! 1. [`Pattern::Rare`], more idle times out of the histogram's range than [`HistogramRule::out_of_range_share`]: the
//!    next idle time `f` is forecast. Pre-warming window `f · (1 − m)`, keep-alive window `2 · m · f`, margin `m = 0.15`.
//! 2. [`Pattern::Unclear`], fewer than [`HistogramRule::few`] idle times, or a coefficient of variation of the bin counts
//!    below [`HistogramRule::cv_threshold`] (an even histogram says nothing): it stays loaded for the whole range.
//! 3. [`Pattern::Clear`]: the head is the lower edge of the bin with the 5th percentile, the tail the upper edge of that
//!    with the 99th. Pre-warming window `head · (1 − margin)`; it is kept until `tail · (1 + margin)`, margin 0.10.
//!    With the head in the first bin the pre-warming window is zero: it stays loaded.
//!
//! A percentile `p` of `n` idle times in range lies in the first bin up to which there are `p · n` of them. An idle time
//! equal to the range is out of it.
//!
//! **Stands for ARIMA**: the paper fits an ARIMA model of any order (`auto_arima`) at every arrival. Here the forecast is
//! that of ARIMA(1,0,0) by the Yule–Walker equations over the last [`REMEMBERED`] idle times `x₁ … xₙ`:
//! `μ = Σxᵢ/n`, `φ = Σ (xᵢ−μ)(xᵢ₊₁−μ) / Σ (xᵢ−μ)²` (zero where n < 4 or all are equal), `f = μ + φ·(xₙ−μ)`, clamped to
//! the smallest and the largest of them.
//!
//! Published effect (Azure, one week): at the same memory, a fixed keep-alive of 10 min has about 2.5 times the cold
//! starts at the 75th percentile of applications.

use crate::config::plan::HistogramRule;
use crate::units::Span;

use super::windows::Windows;

/// Idle times that the forecast remembers; a choice of ours, the paper does not bound it.
pub const REMEMBERED: usize = 16;

/// The pattern of the idle times of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Most are out of range: the next one is forecast.
    Rare,
    /// Too few, or too evenly spread: a standard keep-alive.
    Unclear,
    /// The histogram is representative.
    Clear,
}

/// The bin with a percentile, followed from one observation to the next.
#[derive(Clone, Copy, Debug, Default)]
struct Percentile {
    bin: u32,
    /// Idle times in lower bins.
    below: u32,
}

impl Percentile {
    /// One more idle time, in bin `added`, makes `total` of them.
    #[inline]
    fn follow(&mut self, bins: &[u32], added: usize, share: f64, total: u32) {
        self.below += u32::from(added < self.bin as usize);
        let rank = share * f64::from(total);
        while f64::from(self.below + bins[self.bin as usize]) < rank {
            self.below += bins[self.bin as usize];
            self.bin += 1;
        }
        while self.bin > 0 && f64::from(self.below) >= rank {
            self.bin -= 1;
            self.below -= bins[self.bin as usize];
        }
    }
}

/// The last idle times of an application, in picoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    times: [f64; REMEMBERED],
    /// How many have been seen, ever.
    seen: u32,
}

impl Recent {
    #[inline]
    fn push(&mut self, idle: Span) {
        self.times[self.seen as usize % REMEMBERED] = idle.as_ps_f64();
        self.seen += 1;
    }

    /// The forecast of the next one, by the equations above; zero before the first.
    fn forecast(&self) -> Span {
        let seen = self.seen as usize;
        let count = seen.min(REMEMBERED);
        if count == 0 {
            return Span::ZERO;
        }
        let oldest = if seen > REMEMBERED { seen % REMEMBERED } else { 0 };
        let at = |i: usize| self.times[(oldest + i) % REMEMBERED];
        let (mut sum, mut least, mut most) = (0.0, f64::INFINITY, 0.0_f64);
        for i in 0..count {
            sum += at(i);
            least = least.min(at(i));
            most = most.max(at(i));
        }
        let mean = sum / count as f64;
        let (mut lagged, mut squares) = (0.0, 0.0);
        for i in 0..count {
            let off = at(i) - mean;
            squares += off * off;
            if i > 0 {
                lagged += off * (at(i - 1) - mean);
            }
        }
        let phi = if count < 4 || squares == 0.0 { 0.0 } else { lagged / squares };
        let next = mean + phi * (at(count - 1) - mean);
        Span::from_ps(libm::rint(next.clamp(least, most)) as u64)
    }
}

/// The idle times of one application. All memory is taken once: four bytes a bin.
#[derive(Clone, Debug)]
pub struct IdleTimes {
    bins: Box<[u32]>,
    in_range: u32,
    out_of_range: u32,
    /// Σ count² over the bins. With it the coefficient of variation is exact, and needs no loop over the bins.
    squares: u64,
    head: Percentile,
    tail: Percentile,
    recent: Recent,
}

impl IdleTimes {
    /// None yet. `rule.bin` must not be zero; a range that is no multiple of it is rounded up.
    pub fn new(rule: &HistogramRule) -> Self {
        let bins = rule.range.as_ps().div_ceil(rule.bin.as_ps());
        Self {
            bins: vec![0; bins as usize].into_boxed_slice(),
            in_range: 0,
            out_of_range: 0,
            squares: 0,
            head: Percentile::default(),
            tail: Percentile::default(),
            recent: Recent::default(),
        }
    }

    /// The application had been idle for so long when a request arrived.
    #[inline]
    pub fn observe(&mut self, rule: &HistogramRule, idle: Span) {
        self.recent.push(idle);
        let bin = (idle.as_ps() / rule.bin.as_ps()) as usize;
        let Some(count) = self.bins.get_mut(bin) else {
            self.out_of_range += 1;
            return;
        };
        self.squares += 2 * u64::from(*count) + 1;
        *count += 1;
        self.in_range += 1;
        self.head.follow(&self.bins, bin, rule.head, self.in_range);
        self.tail.follow(&self.bins, bin, rule.tail, self.in_range);
    }

    /// Idle times seen.
    pub fn observations(&self) -> u32 {
        self.in_range + self.out_of_range
    }

    /// The square of the coefficient of variation of the bin counts (standard deviation over mean, of the whole
    /// population of bins): `bins · Σ count² / (Σ count)² − 1`.
    #[inline]
    fn cv_squared(&self) -> f64 {
        let total = f64::from(self.in_range);
        self.bins.len() as f64 * self.squares as f64 / (total * total) - 1.0
    }

    /// Which of the three cases applies.
    #[inline]
    pub fn pattern(&self, rule: &HistogramRule) -> Pattern {
        let seen = self.observations();
        if seen == 0 || seen < rule.few {
            Pattern::Unclear
        } else if f64::from(self.out_of_range) > rule.out_of_range_share * f64::from(seen) {
            Pattern::Rare
        } else if self.in_range == 0 || self.cv_squared() < rule.cv_threshold * rule.cv_threshold {
            Pattern::Unclear
        } else {
            Pattern::Clear
        }
    }

    /// The windows of the application, if it becomes idle now.
    #[inline]
    pub fn windows(&self, rule: &HistogramRule) -> Windows {
        match self.pattern(rule) {
            Pattern::Unclear => Windows::stay(rule.range),
            Pattern::Rare => {
                let forecast = self.recent.forecast();
                Windows {
                    prewarm: forecast.scale(1.0 - rule.forecast_margin),
                    keep_alive: forecast.scale(2.0 * rule.forecast_margin),
                }
            }
            Pattern::Clear => {
                let (head, tail) = (rule.bin * u64::from(self.head.bin), rule.bin * u64::from(self.tail.bin + 1));
                let prewarm = head.scale(1.0 - rule.margin);
                Windows { prewarm, keep_alive: tail.scale(1.0 + rule.margin).saturating_sub(prewarm) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(n: u64) -> Span {
        Span::from_secs(n)
    }
    const fn min(n: u64) -> Span {
        secs(60 * n)
    }

    fn hour() -> HistogramRule {
        HistogramRule { range: min(60), ..HistogramRule::default() }
    }

    fn seen(rule: &HistogramRule, idle: impl IntoIterator<Item = Span>) -> IdleTimes {
        let mut times = IdleTimes::new(rule);
        for idle in idle {
            times.observe(rule, idle);
        }
        times
    }

    #[test]
    fn head_is_rounded_down_and_tail_up() {
        // 20 idle times of 5.5 to 24.5 min: 5 % of 20 is the first, 99 % the last.
        let times = seen(&hour(), (5..25).map(|m| min(m) + secs(30)));
        // Counts of twenty bins one, of forty zero: cv² = 60 · 20 / 20² − 1 = 2.
        let rule = HistogramRule { cv_threshold: 1.4, ..hour() };
        // Head 5 min less a tenth; tail 25 min and a tenth more.
        let expected = Windows { prewarm: secs(270), keep_alive: secs(1_650 - 270) };
        assert_eq!((times.pattern(&rule), times.windows(&rule)), (Pattern::Clear, expected));
        let rule = HistogramRule { cv_threshold: 1.42, ..rule };
        assert_eq!((times.pattern(&rule), times.windows(&rule)), (Pattern::Unclear, Windows::stay(min(60))));
    }

    #[test]
    fn stays_loaded_where_the_head_is_in_the_first_bin() {
        let times = seen(&hour(), [secs(59), secs(0), min(3)]);
        assert_eq!(times.windows(&hour()), Windows::stay(secs(264)));
    }

    #[test]
    fn stays_loaded_for_the_range_before_enough_is_known() {
        assert_eq!(IdleTimes::new(&hour()).windows(&hour()), Windows::stay(min(60)));
        let rule = HistogramRule { few: 3, ..hour() };
        let mut times = seen(&rule, [min(20), min(90)]);
        assert_eq!(times.pattern(&rule), Pattern::Unclear);
        times.observe(&rule, min(20));
        assert_eq!(times.pattern(&rule), Pattern::Clear);
    }

    #[test]
    fn most_out_of_range_means_more_than_half() {
        let rule = hour();
        // An idle time equal to the range is out of it.
        let mut times = seen(&rule, [min(60), min(59)]);
        assert_eq!(times.pattern(&rule), Pattern::Clear);
        times.observe(&rule, min(300));
        assert_eq!(times.pattern(&rule), Pattern::Rare);
    }

    #[test]
    fn the_example_of_the_paper() {
        // Forecast 5 h: unloaded for 4 h 15 min, kept for 1.5 h.
        let times = seen(&HistogramRule::default(), [min(300); 6]);
        let expected = Windows { prewarm: min(255), keep_alive: min(90) };
        assert_eq!(times.windows(&HistogramRule::default()), expected);
    }

    #[test]
    fn forecast_by_hand() {
        let forecast = |hours: &[u64]| seen(&hour(), hours.iter().map(|&h| min(60 * h))).recent.forecast();
        // Fewer than four: their mean.
        assert_eq!(forecast(&[4, 8]), min(360));
        // μ = 6, off (−2, 2, −2, 2): φ = −12/16, forecast 6 − 0.75 · 2.
        assert_eq!(forecast(&[4, 8, 4, 8]), min(270));
        // Only the last sixteen count.
        assert_eq!(forecast(&[vec![90], vec![5; REMEMBERED]].concat()), min(300));
    }

    proptest! {
        #[test]
        fn as_computed_from_all_idle_times(
            idle in prop::collection::vec(0_u64..5_000, 1..120),
            head in 0.0..0.5,
            tail in 0.5..1.0,
        ) {
            let rule = HistogramRule { head, tail, cv_threshold: 0.0, out_of_range_share: 1.0, ..hour() };
            let times = seen(&rule, idle.iter().map(|&s| secs(s)));
            let mut minutes: Vec<u64> = idle.iter().map(|s| s / 60).filter(|&m| m < 60).collect();
            minutes.sort_unstable();
            if minutes.is_empty() {
                return Ok(());
            }
            // The first idle time with at least a share of them at or before it.
            let percentile = |share: f64| {
                minutes[(libm::ceil(share * minutes.len() as f64) as usize).max(1) - 1]
            };
            if head > 0.0 {
                prop_assert_eq!(u64::from(times.head.bin), percentile(head));
            }
            prop_assert_eq!(u64::from(times.tail.bin), percentile(tail));

            let mean = minutes.len() as f64 / 60.0;
            let off = (0..60).map(|m| minutes.iter().filter(|&&n| n == m).count() as f64 - mean);
            let variance = off.map(|d| d * d).sum::<f64>() / 60.0;
            prop_assert!((times.cv_squared() - variance / (mean * mean)).abs() < 1e-9);
        }
    }
}
