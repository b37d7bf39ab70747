//! What clients and asynchronous queues do with a request that failed or was throttled: wait and try again.
//!
//! Rule: after attempt n the delay is `d = min(maximum, base · factor^(n−1))`, with jitter by Brooker ("Exponential
//! Backoff and Jitter", AWS Architecture Blog, 2015; U is uniform):
//!
//! - none: `d`; full: `U(0, d)`; equal: `d/2 + U(0, d/2)`;
//! - decorrelated: `min(maximum, U(base, factor · previous delay))`, with `previous = base` at first and factor 3.
//!
//! After the last attempt, or when a request would be too old at its next one, it is put into the dead letter queue.
//! Published effect (ibid.): without jitter, competing clients come back together; with full jitter the calls of 100
//! competing clients drop to less than half.

use crate::rng::Stream;
use crate::units::Span;

/// How delays are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Not at all.
    None,
    /// Between zero and the delay.
    Full,
    /// Between half the delay and the delay.
    Equal,
    /// Between the base and a multiple of the previous delay.
    Decorrelated,
}

/// When a request is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included; `u32::MAX` for any number.
    pub attempts: u32,
    /// The delay after the first attempt, before jitter.
    pub base: Span,
    /// By how much delays grow: 2 as a rule, 3 for decorrelated jitter.
    pub factor: f64,
    /// The longest delay.
    pub max_delay: Span,
    /// How delays are spread.
    pub jitter: Jitter,
    /// The greatest age of a request at an attempt, from its arrival; [`Span::MAX`] for any.
    pub max_age: Span,
}

impl Retry {
    /// How long to wait after attempt `attempt` (counted from one) has failed, when the previous delay was `previous`
    /// (zero at first); `None` when there is no other. One draw from the stream, none without jitter.
    pub fn next(&self, attempt: u32, previous: Span, stream: &mut Stream) -> Option<Span> {
        if attempt >= self.attempts {
            return None;
        }
        let (base, most) = (self.base.as_ps_f64(), self.max_delay.as_ps_f64());
        let delay = (base * libm::pow(self.factor, f64::from(attempt.saturating_sub(1)))).min(most);
        let delay = match self.jitter {
            Jitter::None => delay,
            Jitter::Full => stream.uniform() * delay,
            Jitter::Equal => (0.5 + 0.5 * stream.uniform()) * delay,
            Jitter::Decorrelated => {
                let widest = (previous.max(self.base).as_ps_f64() * self.factor).max(base);
                (base + stream.uniform() * (widest - base)).min(most)
            }
        };
        Some(Span::from_ps(libm::rint(delay) as u64))
    }

    /// As [`Retry::next`] for a request of the given age; `None` too when it would be too old at its next attempt.
    pub fn next_at_age(&self, age: Span, attempt: u32, previous: Span, stream: &mut Stream) -> Option<Span> {
        self.next(attempt, previous, stream).filter(|&delay| age + delay <= self.max_age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;
    use proptest::prelude::*;

    /// Never again.
    const NEVER: Retry = Retry {
        attempts: 1,
        base: Span::ZERO,
        factor: 1.0,
        max_delay: Span::ZERO,
        jitter: Jitter::None,
        max_age: Span::MAX,
    };

    /// Asynchronous invocations of Lambda whose function failed: two retries, after one and two minutes, within six
    /// hours (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation", 2024).
    const LAMBDA_ASYNC_ERROR: Retry = Retry {
        attempts: 3,
        base: Span::from_secs(60),
        factor: 2.0,
        max_delay: Span::from_secs(120),
        jitter: Jitter::None,
        max_age: Span::from_secs(6 * 3_600),
    };

    /// Asynchronous invocations of Lambda that were throttled (429) or met an error of the system (5xx): exponentially
    /// from one second to five minutes, for six hours (ibid.; the factor is not published, 2 is ours).
    const LAMBDA_ASYNC_THROTTLE: Retry = Retry {
        attempts: u32::MAX,
        base: Span::from_secs(1),
        factor: 2.0,
        max_delay: Span::from_secs(300),
        jitter: Jitter::None,
        max_age: Span::from_secs(6 * 3_600),
    };

    /// The standard mode of the AWS SDKs: three attempts, `U(0, 1) · min(2^(n−1), 20)` seconds (AWS SDKs and Tools
    /// Reference Guide, "Retry behavior", 2024). Its retry quota is not modelled.
    const SDK_STANDARD: Retry = Retry {
        attempts: 3,
        base: Span::from_secs(1),
        factor: 2.0,
        max_delay: Span::from_secs(20),
        jitter: Jitter::Full,
        max_age: Span::MAX,
    };

    fn stream() -> Stream {
        RootSeed::new(1, 0).stream("retry", &["test"])
    }

    /// All delays of a request that fails at once each time.
    fn delays(retry: Retry) -> Vec<u64> {
        let (mut stream, mut age, mut previous) = (stream(), Span::ZERO, Span::ZERO);
        let mut delays = Vec::new();
        while let Some(delay) = retry.next_at_age(age, delays.len() as u32 + 1, previous, &mut stream) {
            delays.push(delay.as_ps() / Span::from_secs(1).as_ps());
            (age, previous) = (age + delay, delay);
        }
        delays
    }

    #[test]
    fn published_rules_are_as_documented() {
        assert!(delays(NEVER).is_empty());
        assert_eq!(delays(LAMBDA_ASYNC_ERROR), [60, 120]);
        let throttled = delays(LAMBDA_ASYNC_THROTTLE);
        assert_eq!(throttled[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        // 511 s of doubling, and then every 300 s up to 21,600 s.
        assert_eq!(throttled.len(), 9 + (21_600 - 511) / 300);
        assert!(throttled[9..].iter().all(|&delay| delay == 300));
        let (mut s, sdk) = (stream(), SDK_STANDARD);
        assert!(sdk.next(1, Span::ZERO, &mut s).unwrap() <= Span::from_secs(1));
        assert!(sdk.next(2, Span::ZERO, &mut s).unwrap() <= Span::from_secs(2));
        assert_eq!(sdk.next(3, Span::ZERO, &mut s), None);
    }

    #[test]
    fn an_old_request_is_given_up() {
        let retry = Retry { max_age: Span::from_secs(100), ..LAMBDA_ASYNC_ERROR };
        let next = |age, attempt| retry.next_at_age(Span::from_secs(age), attempt, Span::ZERO, &mut stream());
        assert_eq!(next(40, 1), Some(Span::from_secs(60)));
        assert_eq!(next(41, 1), None);
    }

    #[test]
    fn jitter_has_its_mean() {
        let mean = |jitter, attempt, previous| {
            let (base, factor) = (Span::from_secs(1), if jitter == Jitter::Decorrelated { 3.0 } else { 2.0 });
            let retry = Retry { attempts: 9, base, factor, jitter, ..SDK_STANDARD };
            let (mut stream, n) = (stream(), 100_000);
            let sum: f64 = (0..n).map(|_| retry.next(attempt, previous, &mut stream).unwrap().as_secs_f64()).sum();
            sum / f64::from(n)
        };
        // Delay 4 s after the third attempt; four standard errors of a uniform on [0, w] are 0.0037 w.
        assert_eq!(mean(Jitter::None, 3, Span::ZERO), 4.0);
        assert!((mean(Jitter::Full, 3, Span::ZERO) - 2.0).abs() < 0.015);
        assert!((mean(Jitter::Equal, 3, Span::ZERO) - 3.0).abs() < 0.0075);
        // U(1, 3) at first; U(1, 15) after 5 s; U(1, 60) cut at 20 after 20 s: 20 − 19²/(2 · 59).
        assert!((mean(Jitter::Decorrelated, 1, Span::ZERO) - 2.0).abs() < 0.0075);
        assert!((mean(Jitter::Decorrelated, 2, Span::from_secs(5)) - 8.0).abs() < 0.052);
        assert!((mean(Jitter::Decorrelated, 3, Span::from_secs(20)) - (20.0 - 361.0 / 118.0)).abs() < 0.07);
    }

    #[test]
    fn without_jitter_nothing_is_drawn() {
        let (mut used, mut fresh) = (stream(), stream());
        LAMBDA_ASYNC_ERROR.next(1, Span::ZERO, &mut used);
        assert_eq!(used.bits(), fresh.bits());
        SDK_STANDARD.next(1, Span::ZERO, &mut used);
        fresh.bits();
        assert_eq!(used.bits(), fresh.bits(), "one draw with it");
    }

    proptest! {
        #[test]
        fn delays_are_within_bounds(
            attempt in 1_u32..2_000,
            previous in 0_u64..400_000,
            base in 1_u64..10_000,
            kind in 0_usize..4,
        ) {
            let jitter = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated][kind];
            let (base, most) = (Span::from_ms(base), Span::from_secs(300));
            let retry = Retry { attempts: u32::MAX, base, max_delay: most, jitter, ..SDK_STANDARD };
            let delay = retry.next(attempt, Span::from_ms(previous), &mut stream()).unwrap();
            prop_assert!(delay <= most);
            prop_assert!(jitter == Jitter::Full || delay >= base.min(most).scale(0.5));
        }
    }
}
