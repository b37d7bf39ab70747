//! The average of a level over a window that slides in steps of one second.

use crate::units::{Span, Time};

/// The length of a bucket, Knative's granularity.
const BUCKET: u64 = Span::from_secs(1).as_ps();

/// The integral of a level up to the beginning of each of the latest seconds, in a ring that is allocated once: the integral over
/// any of them takes one difference.
///
/// An average is exact: the time-weighted mean over the last `n` buckets, the one that is open included, or over the
/// time since the window began where that is shorter (Knative's `WindowAverage` divides by the buckets since the first
/// write likewise).
#[derive(Clone, Debug)]
pub struct Window {
    level: u32,
    /// Up to here the level is in the buckets.
    at: Time,
    since: Time,
    /// Level × picoseconds up to `at`, but for what lay behind the ring when it was passed.
    total: u128,
    /// The total at the beginning of second `s`, or at the latest restart within it, at `s` modulo the length.
    ring: Box<[u128]>,
}

impl Window {
    /// A window that begins at `now` with a level of zero and remembers `seconds` buckets.
    pub fn new(now: Time, seconds: u32) -> Self {
        // One more, for the bucket that is open.
        Self { level: 0, at: now, since: now, total: 0, ring: vec![0; seconds as usize + 1].into() }
    }

    /// The level now.
    pub fn level(&self) -> u32 {
        self.level
    }

    /// The level changes at `now`.
    pub fn set(&mut self, now: Time, level: u32) {
        self.advance(now);
        self.level = level;
    }

    /// Forgets what was before `now`.
    pub fn restart(&mut self, now: Time) {
        self.advance(now);
        self.since = now;
        let slot = now.as_ps() / BUCKET % self.ring.len() as u64;
        self.ring[slot as usize] = self.total;
    }

    /// Moves to `now` at an unchanged level.
    pub fn advance(&mut self, now: Time) {
        debug_assert!(self.at <= now, "time runs backwards: {} is after {now}", self.at);
        let (end, len) = (now.as_ps(), self.ring.len() as u64);
        // Older buckets have left the ring.
        let oldest = (end / BUCKET).saturating_sub(len - 1) * BUCKET;
        let mut at = self.at.as_ps().max(oldest);
        while at < end {
            let second = at / BUCKET;
            let until = end.min((second + 1) * BUCKET);
            if at.is_multiple_of(BUCKET) {
                self.ring[(second % len) as usize] = self.total;
            }
            self.total += u128::from(self.level) * u128::from(until - at);
            at = until;
        }
        self.at = now;
    }

    /// The average over the last `seconds` buckets (at most those of the ring) up to the latest change or advance; the
    /// level itself where no time has passed.
    pub fn average(&self, seconds: u32) -> f64 {
        let (end, len) = (self.at.as_ps(), self.ring.len() as u64);
        let newest = end.div_ceil(BUCKET);
        let first = newest.saturating_sub(u64::from(seconds).min(len - 1)).max(self.since.as_ps() / BUCKET);
        let length = end - (first * BUCKET).max(self.since.as_ps()).min(end);
        if length == 0 {
            return f64::from(self.level);
        }
        let integral = self.total - self.ring[(first % len) as usize];
        integral as f64 / length as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000_000;

    fn at_ms(ms: u64) -> Time {
        Time::from_ps(ms * MS)
    }

    #[test]
    fn averages_are_weighted_by_time() {
        let mut window = Window::new(Time::ZERO, 60);
        assert_eq!(window.average(60), 0.0, "no time has passed");
        window.set(at_ms(0), 8);
        assert_eq!(window.average(60), 8.0);
        window.set(at_ms(1_500), 2);
        window.advance(at_ms(6_000));
        // (1.5 · 8 + 4.5 · 2) / 6 since the beginning; of the last four seconds all are at 2.
        assert_eq!(window.average(60), 3.5);
        assert_eq!(window.average(4), 2.0);
        // Two buckets at 6.5 s: the one that is open, and the one before.
        window.advance(at_ms(6_250));
        window.set(at_ms(6_500), 0);
        assert_eq!(window.average(2), 2.0);
        window.advance(at_ms(66_000));
        assert_eq!(window.average(60), 0.5 * 2.0 / 60.0);
        window.advance(at_ms(1_000_000));
        assert_eq!(window.average(60), 0.0);
    }

    #[test]
    fn a_restart_forgets() {
        let mut window = Window::new(Time::ZERO, 60);
        window.advance(at_ms(300_000));
        window.restart(at_ms(300_000));
        window.set(at_ms(300_000), 7);
        window.advance(at_ms(302_000));
        assert_eq!(window.average(60), 7.0);
        window.advance(at_ms(302_500));
        window.set(at_ms(302_500), 3);
        window.restart(at_ms(302_500));
        window.advance(at_ms(303_000));
        assert_eq!(window.average(60), 3.0, "not even the bucket that is open");
    }

    proptest! {
        /// Against the sum over all steps of the level, cut to the window.
        #[test]
        fn an_average_is_the_integral_over_the_length(
            steps in prop::collection::vec((0_u64..4_000, 0_u32..50), 1..60),
            start in 0_u64..100_000,
            rest in 0_u64..3_000,
            seconds in 1_u32..10,
        ) {
            let mut window = Window::new(at_ms(start), 10);
            let (mut now, mut history) = (start, vec![(start, 0_u32)]);
            for (pause, level) in steps {
                now += pause;
                window.set(at_ms(now), level);
                history.push((now, level));
            }
            now += rest;
            window.advance(at_ms(now));
            let from = (now.div_ceil(1_000).saturating_sub(u64::from(seconds)) * 1_000).max(start);
            let ends = history.iter().skip(1).map(|step| step.0).chain([now]);
            let integral: u64 = history
                .iter()
                .zip(ends)
                .map(|(&(begin, level), end)| u64::from(level) * end.max(from).saturating_sub(begin.max(from)))
                .sum();
            if now > from {
                let expected = integral as f64 / (now - from) as f64;
                prop_assert!((window.average(seconds) - expected).abs() < 1e-9 * (1.0 + expected));
            }
        }
    }
}
