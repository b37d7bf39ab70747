//! A token bucket in whole numbers.

use crate::units::{Span, Time};

/// How tokens come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refill {
    /// Evenly over the period; a token counts when it is whole.
    Continuous,
    /// All of a period's tokens at once, at whole multiples of the period since the start of the run.
    Stepwise,
}

/// Tokens: `capacity` at most, `amount` more in each period, full at the start of the run. Exact.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    amount: u32,
    period: Span,
    refill: Refill,
    /// Tokens × picoseconds of a period, and the most of it.
    credit: u128,
    full: u128,
    at: Time,
}

impl Bucket {
    /// A full bucket. The period must not be zero.
    pub fn new(capacity: u32, amount: u32, period: Span, refill: Refill) -> Self {
        assert!(period > Span::ZERO, "a bucket needs a period");
        let full = u128::from(capacity) * u128::from(period.as_ps());
        Self { amount, period, refill, credit: full, full, at: Time::ZERO }
    }

    /// Takes a token at `now`, if there is one.
    pub fn take(&mut self, now: Time) -> bool {
        self.advance(now);
        let token = u128::from(self.period.as_ps());
        let is_there = self.credit >= token;
        if is_there {
            self.credit -= token;
        }
        is_there
    }

    /// Puts a token back that has just been taken.
    pub fn give_back(&mut self) {
        self.credit = (self.credit + u128::from(self.period.as_ps())).min(self.full);
    }

    fn advance(&mut self, now: Time) {
        let period = self.period.as_ps();
        let time = match self.refill {
            Refill::Continuous => now.since(self.at).as_ps(),
            Refill::Stepwise => (now.as_ps() / period - self.at.as_ps() / period) * period,
        };
        self.credit = (self.credit + u128::from(time) * u128::from(self.amount)).min(self.full);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Time {
        Time::ZERO + Span::from_ms(ms)
    }

    #[test]
    fn tokens_come_back_evenly_or_in_steps() {
        let after_ten = |refill, now| {
            let mut bucket = Bucket::new(10, 6, Span::from_secs(60), refill);
            assert!((0..10).all(|_| bucket.take(ms(500))) && !bucket.take(ms(500)));
            (0..20).filter(|_| bucket.take(now)).count()
        };
        assert_eq!(after_ten(Refill::Continuous, ms(10_499)), 0);
        assert_eq!(after_ten(Refill::Continuous, ms(10_500)), 1);
        assert_eq!(after_ten(Refill::Continuous, ms(60_500)), 6);
        assert_eq!(after_ten(Refill::Stepwise, ms(59_999)), 0);
        assert_eq!(after_ten(Refill::Stepwise, ms(60_000)), 6);
        assert_eq!(after_ten(Refill::Stepwise, ms(120_000)), 10);
        assert!(!Bucket::new(0, 6, Span::from_secs(1), Refill::Continuous).take(ms(5_000)));
    }

    proptest! {
        /// Within any time no more is taken than the capacity and what comes back.
        #[test]
        fn never_more_than_the_rate(
            pauses in prop::collection::vec(0_u64..3_000, 1..200),
            capacity in 0_u32..20,
            amount in 0_u32..20,
            stepwise: bool,
        ) {
            let refill = if stepwise { Refill::Stepwise } else { Refill::Continuous };
            let mut bucket = Bucket::new(capacity, amount, Span::from_secs(10), refill);
            let (mut now, mut taken) = (0, 0_u64);
            for pause in pauses {
                now += pause;
                taken += u64::from(bucket.take(ms(now)));
                prop_assert!(taken * 10_000 <= u64::from(capacity) * 10_000 + u64::from(amount) * now);
            }
        }
    }
}
