//! Predictive pre-warming: a function is loaded around the moment at which its next request is expected.
//!
//! The gaps `g` between the arrivals of a function give a running mean and mean deviation, by the estimator of TCP's
//! retransmission timer (Jacobson, "Congestion Avoidance and Control", SIGCOMM 1988; RFC 6298):
//!
//! - first gap: `m = g`, `d = g / 2`;
//! - later ones: `d ← d + (|g − m| − d) / 4`, then `m ← m + (g − m) / 8`.
//!
//! The next arrival is expected within `m ± k · max(d, granularity)` of the last one, `k = 4`. Outside this window the
//! function is unloaded; where it begins before the function is idle, it stays loaded. It is never kept for longer than
//! `limit` at a time. Before [`PredictiveRule::few`] gaps it stays loaded for `limit`, as with a fixed keep-alive.
//!
//! Source of the scheme: unloading until shortly before a forecast arrival is the time-series case of Shahrad et al.
//! (ATC'20), and all of `IceBreaker` (Roy et al., ASPLOS'22), which forecasts by Fourier series and chooses between nodes
//! too. `IceBreaker` publishes 45 % less keep-alive cost and 27 % less service time; this plainer forecast need not reach it.

use crate::config::plan::PredictiveRule;
use crate::units::Span;

use super::windows::Windows;

/// What is known of the arrivals of one function. 24 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArrivalForecast {
    /// In picoseconds.
    mean: f64,
    /// In picoseconds.
    deviation: f64,
    gaps: u32,
}

impl ArrivalForecast {
    /// A request arrived `gap` after the one before it.
    #[inline]
    pub fn observe(&mut self, rule: &PredictiveRule, gap: Span) {
        let gap = gap.as_ps_f64();
        if self.gaps == 0 {
            (self.mean, self.deviation) = (gap, gap / 2.0);
        } else {
            let off = gap - self.mean;
            self.deviation += rule.deviation_weight * (off.abs() - self.deviation);
            self.mean += rule.mean_weight * off;
        }
        self.gaps = self.gaps.saturating_add(1);
    }

    /// When the next arrival is expected, counted from the last one; `None` before the first gap.
    pub fn expected(&self) -> Option<Span> {
        (self.gaps > 0).then(|| to_span(self.mean))
    }

    /// The windows of the function, if it becomes idle `elapsed` after its last arrival (of any request of it). A
    /// keep-alive window of zero: the request is overdue, and no longer waited for.
    #[inline]
    pub fn windows(&self, rule: &PredictiveRule, elapsed: Span) -> Windows {
        if self.gaps == 0 || self.gaps < rule.few {
            return Windows::stay(rule.limit);
        }
        let half = rule.deviations * self.deviation.max(rule.granularity.as_ps_f64());
        let prewarm = to_span(self.mean - half).saturating_sub(elapsed);
        let end = to_span(self.mean + half).saturating_sub(elapsed);
        Windows { prewarm, keep_alive: end.saturating_sub(prewarm).min(rule.limit) }
    }
}

/// To whole picoseconds; negative times become zero.
fn to_span(ps: f64) -> Span {
    Span::from_ps(libm::rint(ps.max(0.0)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(n: u64) -> Span {
        Span::from_secs(n)
    }

    fn after(rule: &PredictiveRule, gaps: &[u64]) -> ArrivalForecast {
        let mut forecast = ArrivalForecast::default();
        for &gap in gaps {
            forecast.observe(rule, secs(gap));
        }
        forecast
    }

    #[test]
    fn stays_loaded_before_two_gaps() {
        let rule = PredictiveRule::default();
        assert_eq!(after(&rule, &[]).windows(&rule, secs(1)), Windows::stay(secs(600)));
        assert_eq!(after(&rule, &[900]).windows(&rule, secs(1)), Windows::stay(secs(600)));
    }

    #[test]
    fn by_hand() {
        let rule = PredictiveRule { deviations: 1.0, ..PredictiveRule::default() };
        // m = 800, d = 400; then |1600 − 800| = 800: d = 500, m = 900. Window 400 to 1400 s after the arrival.
        let forecast = after(&rule, &[800, 1_600]);
        assert_eq!(forecast.expected(), Some(secs(900)));
        assert_eq!(forecast.windows(&rule, secs(100)), Windows { prewarm: secs(300), keep_alive: secs(600) });
        let rule = PredictiveRule { limit: secs(9_000), ..rule };
        assert_eq!(forecast.windows(&rule, secs(100)), Windows { prewarm: secs(300), keep_alive: secs(1_000) });
        // Inside the window it stays loaded, after it no longer.
        assert_eq!(forecast.windows(&rule, secs(600)), Windows::stay(secs(800)));
        assert_eq!(forecast.windows(&rule, secs(1_400)), Windows::stay(Span::ZERO));
    }

    #[test]
    fn regular_arrivals_are_met_within_the_granularity() {
        let rule = PredictiveRule::default();
        let forecast = after(&rule, &[1_800; 100]);
        assert_eq!(forecast.windows(&rule, Span::ZERO), Windows { prewarm: secs(1_796), keep_alive: secs(8) });
    }

    proptest! {
        #[test]
        fn never_longer_than_the_limit(gaps in prop::collection::vec(0_u64..100_000, 0..40), elapsed in 0_u64..100_000) {
            let rule = PredictiveRule::default();
            let windows = after(&rule, &gaps).windows(&rule, secs(elapsed));
            prop_assert!(windows.keep_alive <= rule.limit);
        }
    }
}
