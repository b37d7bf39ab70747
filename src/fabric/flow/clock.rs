//! Exact arithmetic of shared rates: clocks of work that tick at a rational rate.
//!
//! Time is fixed point, picoseconds with 32 fractional bits. Work is what one bit per second moves in such a unit of
//! time, 2⁻³²·10⁻¹² bit, so a clock at a whole rate is exact. Readings of clocks wrap around; any two that are compared
//! lie less than 2¹²⁷ apart, which [`MOST_BYTES`] of a flow ensures.

use std::cmp::Ordering;

use crate::units::{Bytes, Time};

const FRACTION: u32 = 32;

/// Later than any time; the fixed-point form of "never".
pub(super) const NEVER: u128 = 1 << 120;

/// The work in one byte.
pub(super) const BYTE: u128 = 8_000_000_000_000 << FRACTION;

/// The most bytes of one flow, 2 PiB.
pub(super) const MOST_BYTES: Bytes = Bytes(1 << 51);

/// A time in fixed point.
pub(super) fn fixed(time: Time) -> u128 {
    u128::from(time.as_ps()) << FRACTION
}

/// The first whole picosecond that is not before `time`; [`Time::MAX`] beyond the end of the clock.
pub(super) fn whole(time: u128) -> Time {
    let ps = time.div_ceil(1 << FRACTION);
    u64::try_from(ps).map_or(Time::MAX, Time::from_ps)
}

/// A rate of `bits / over` bits per second; `over` is above zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub bits: u64,
    pub over: u32,
}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> Ordering {
        let product = |a: &Self, b: &Self| u128::from(a.bits) * u128::from(b.over);
        product(self, other).cmp(&product(other, self))
    }
}
impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
/// As numbers: 2/2 equals 1/1.
impl PartialEq for Rate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Rate {}

/// Work that is done at some rate: `value` at the time `at`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub at: u128,
    pub value: u128,
}

impl Clock {
    /// What the clock shows at `time`, rounded down; what it has, at times before.
    #[inline]
    pub fn reads(&self, time: u128, rate: Rate) -> u128 {
        let elapsed = time.saturating_sub(self.at);
        let (bits, over) = (u128::from(rate.bits), u128::from(rate.over));
        let gained = if over == 1 {
            elapsed.wrapping_mul(bits)
        } else {
            let (turns, rest) = divide(elapsed, over);
            turns.wrapping_mul(bits).wrapping_add(divide(rest * bits, over).0)
        };
        self.value.wrapping_add(gained)
    }

    /// Moves the clock to `time`, at `rate` until then.
    #[inline]
    pub fn advance(&mut self, time: u128, rate: Rate) {
        if time > self.at {
            *self = Self { at: time, value: self.reads(time, rate) };
        }
    }

    /// When the clock shows `mark`, rounded up; at once if it already does.
    #[inline]
    pub fn time_of(&self, mark: u128, rate: Rate) -> u128 {
        let needed = mark.wrapping_sub(self.value);
        if needed.cast_signed() <= 0 {
            return self.at;
        }
        if rate.bits == 0 {
            return NEVER;
        }
        let (bits, over) = (u128::from(rate.bits), u128::from(rate.over));
        let (turns, rest) = divide(needed, bits);
        let (more, odd) = divide(rest * over, bits);
        let span = turns.saturating_mul(over).saturating_add(more + u128::from(odd > 0));
        self.at.saturating_add(span).min(NEVER)
    }
}

/// Quotient and rest. Most dividends here fit into 64 bits, where the processor divides in one instruction.
#[inline]
fn divide(a: u128, b: u128) -> (u128, u128) {
    if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
        return (u128::from(a / b), u128::from(a % b));
    }
    let quotient = a / b;
    (quotient, a - quotient * b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::BitsPerSec;
    use proptest::prelude::*;

    #[test]
    fn rates_compare_as_numbers() {
        let rate = |bits, over| Rate { bits, over };
        assert_eq!(rate(2, 2), rate(1, 1));
        assert!(rate(10, 3) < rate(7, 2) && rate(u64::MAX, 2) > rate(u64::MAX, 3));
    }

    #[test]
    fn a_clock_without_rate_stands() {
        let clock = Clock { at: 5, value: 7 };
        assert_eq!(
            (clock.time_of(8, Rate { bits: 0, over: 1 }), clock.reads(99, Rate { bits: 0, over: 3 })),
            (NEVER, 7)
        );
        assert_eq!(clock.time_of(7, Rate { bits: 0, over: 1 }), 5);
    }

    proptest! {
        /// The clock shows a mark at the moment given, and not one unit of time earlier; wherever its value starts.
        #[test]
        fn a_mark_is_reached_when_it_says(
            (bits, over) in (1_u64..1 << 50, 1_u32..1 << 20),
            (at, needed) in (0_u128..1 << 96, 1_u128..1 << 126),
            value in any::<u128>(),
        ) {
            let (clock, rate) = (Clock { at, value }, Rate { bits, over });
            let mark = value.wrapping_add(needed);
            let time = clock.time_of(mark, rate);
            prop_assume!(time < NEVER);
            prop_assert!(mark.wrapping_sub(clock.reads(time, rate)).cast_signed() <= 0);
            prop_assert!(mark.wrapping_sub(clock.reads(time - 1, rate)).cast_signed() > 0);
        }

        #[test]
        fn at_a_whole_rate_it_is_the_transfer_time(bits in 1_u64..1 << 50, bytes in 0..=MOST_BYTES.0) {
            let needed = u128::from(bytes) * BYTE;
            let time = whole(Clock::default().time_of(needed, Rate { bits, over: 1 }));
            prop_assert_eq!(time, Time::ZERO + BitsPerSec(bits).transfer_time(Bytes(bytes)));
        }
    }
}
