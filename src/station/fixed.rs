//! Fixed-point time of the stations: picoseconds with 32 fractional bits in a `u128`.

use super::Share;
use crate::units::Time;

/// Fractional bits.
pub const FRACTION: u32 = 32;

/// One, with [`FRACTION`] fractional bits.
pub const ONE: u64 = 1 << FRACTION;

/// Later than the end of the clock.
pub const NEVER: u128 = u128::MAX;

/// Bits of the order of entry in a key of a heap. Finishing times have 97: time has 64, work too, and the fraction 32.
/// After 2^31 jobs the order starts again, which can only be seen among jobs that finish at one time.
const ORDER: u32 = 31;

const ALL: u32 = Share::ALL.ppm();

/// Picoseconds in fixed point.
#[inline]
pub fn fixed(ps: u64) -> u128 {
    u128::from(ps) << FRACTION
}

/// The first whole picosecond that is not before `time`; [`Time::MAX`] beyond the end of the clock.
#[inline]
pub fn whole(time: u128) -> Time {
    let ps = time.saturating_add(u128::from(ONE - 1)) >> FRACTION;
    u64::try_from(ps).map_or(Time::MAX, Time::from_ps)
}

/// A key that sorts by finishing time, then by order of entry.
#[inline]
pub fn key(finish: u128, entered: u32) -> u128 {
    finish << ORDER | u128::from(entered)
}

/// The finishing time in a key.
#[inline]
pub fn finish_of(key: u128) -> u128 {
    key >> ORDER
}

/// The order of entry in a key.
#[inline]
pub fn order_of(key: u128) -> u32 {
    key as u32 & ((1 << ORDER) - 1)
}

/// The next in order of entry; never 0, so that no key is 0.
#[inline]
pub fn following(entered: u32) -> u32 {
    if entered == (1 << ORDER) - 1 { 1 } else { entered + 1 }
}

/// `elapsed` at `share` parts per million, rounded down.
#[inline]
pub fn slowed(elapsed: u128, share: u32) -> u128 {
    // Up to 96 bits × 20 bits: does not overflow.
    if share == ALL { elapsed } else { elapsed * u128::from(share) / u128::from(ALL) }
}

/// The least time of which [`slowed`] makes `wait`; [`NEVER`] where none does.
#[inline]
pub fn lengthened(wait: u128, share: u32) -> u128 {
    match share {
        ALL => wait,
        0 => NEVER,
        // What is not representable is beyond the end of the clock.
        _ => wait.checked_mul(u128::from(ALL)).map_or(NEVER, |wait| wait.div_ceil(u128::from(share))),
    }
}

/// `dividend / divisor` rounded down, and the rest, for divisors from 1 to 2^32: long division by digits of 32 bits,
/// which takes a fraction of the instructions of a division in 128 bits.
#[inline]
fn divide(dividend: u128, divisor: u64) -> (u128, u64) {
    debug_assert!((1..=ONE).contains(&divisor), "{divisor} is no divisor of one digit");
    let (high, low) = ((dividend >> 64) as u64, dividend as u64);
    let (first, rest) = if high < divisor { (0, high) } else { (high / divisor, high % divisor) };
    let middle = rest << 32 | low >> 32;
    let (second, rest) = (middle / divisor, middle % divisor);
    let last = rest << 32 | low & (ONE - 1);
    let (third, rest) = (last / divisor, last % divisor);
    (u128::from(first) << 64 | u128::from(second << 32 | third), rest)
}

/// `dividend / divisor` rounded down, for divisors from 1 to 2^32.
#[inline]
pub fn quotient(dividend: u128, divisor: u64) -> u128 {
    divide(dividend, divisor).0
}

/// The same rounded up.
#[inline]
pub fn quotient_up(dividend: u128, divisor: u64) -> u128 {
    let (quotient, rest) = divide(dividend, divisor);
    quotient + u128::from(rest > 0)
}

/// The share of its capacity that a station has, and has had: a clock that runs at this share of real time.
#[derive(Clone, Copy, Debug)]
pub struct Power {
    /// When the share was set, in fixed point.
    since: u128,
    /// ∫ share dt until then, in fixed point, and millionths of its last digit, so that nothing is lost.
    past: u128,
    millionths: u32,
    share: u32,
}

impl Power {
    /// The nominal capacity.
    pub const FULL: Self = Self { since: 0, past: 0, millionths: 0, share: ALL };

    /// In parts per million.
    #[inline]
    pub fn share(&self) -> u32 {
        self.share
    }

    /// From `now` on it has `share`.
    pub fn set(&mut self, now: u128, share: Share) {
        let since = self.since_set(now);
        let past = self.past + since / u128::from(ALL);
        *self = Self { since: now, past, millionths: (since % u128::from(ALL)) as u32, share: share.ppm() };
    }

    /// `∫ share dt` from the start of the run to `now` (the local time of what it drives), rounded down.
    #[inline]
    pub fn local(&self, now: u128) -> u128 {
        let all = self.share == ALL;
        self.past + if all { now - self.since } else { self.since_set(now) / u128::from(ALL) }
    }

    /// The same rounded up.
    pub fn local_up(&self, now: u128) -> u128 {
        self.past + self.since_set(now).div_ceil(u128::from(ALL))
    }

    /// When it is `local` by local time, not before the share was set; [`NEVER`] if it never is.
    #[inline]
    pub fn real(&self, local: u128) -> u128 {
        let needed = local.saturating_sub(self.past);
        match self.share {
            ALL => self.since.saturating_add(needed),
            0 => NEVER,
            share => {
                // 97 bits × 20 bits: does not overflow.
                let needed = (needed * u128::from(ALL)).saturating_sub(u128::from(self.millionths));
                self.since.saturating_add(needed.div_ceil(u128::from(share)))
            }
        }
    }

    /// What has come since the share was set, in millionths.
    fn since_set(&self, now: u128) -> u128 {
        (now - self.since) * u128::from(self.share) + u128::from(self.millionths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn long_division_divides(dividend: u128, shift in 0_u32..128, divisor in 1..=ONE) {
            let dividend = dividend >> shift;
            prop_assert_eq!(quotient(dividend, divisor), dividend / u128::from(divisor));
            prop_assert_eq!(quotient_up(dividend, divisor), dividend.div_ceil(u128::from(divisor)));
        }

        #[test]
        fn lengthened_is_the_least_that_suffices(wait in 0_u128..1 << 96, share in 1..=ALL) {
            let least = lengthened(wait, share);
            prop_assert!(slowed(least, share) >= wait);
            prop_assert!(least == 0 || slowed(least - 1, share) < wait);
        }
    }

    #[test]
    fn capacity_adds_up_exactly() {
        let mut power = Power::FULL;
        for i in 1..=1000 {
            power.set(fixed(7 * i), Share::from_ppm(1 + 333 * (i as u32 % 3)));
        }
        // 7 ps at 1, then 333 times 334, 667 and 1 millionths, and at last 334 once more.
        let millionths = |i: u64| 1 + 333 * (i % 3);
        let past: u64 = 7_000_000 + (1..1000).map(|i| 7 * millionths(i)).sum::<u64>();
        let exact = |ps: u64| fixed(past + (ps - 7_000) * millionths(1000));
        for ps in [7_001, 7_002, 9_999, 1 << 40] {
            let (now, million) = (fixed(ps), u128::from(ALL));
            assert_eq!((power.local(now), power.local_up(now)), (exact(ps) / million, exact(ps).div_ceil(million)));
            let back = power.real(power.local(now));
            assert!(back <= now && power.local(back) == power.local(now) && power.local(back - 1) < power.local(now));
        }
    }

    #[test]
    fn keys_sort_by_finish_then_by_order() {
        let latest = fixed(u64::MAX) + fixed(u64::MAX);
        let keys = [key(0, 1), key(0, 2), key(1, 1), key(latest, 1), key(latest, following((1 << ORDER) - 2))];
        assert!(keys.is_sorted());
        assert_eq!((finish_of(keys[4]), order_of(keys[4])), (latest, (1 << ORDER) - 1));
        assert_eq!(following(order_of(keys[4])), 1);
    }
}
