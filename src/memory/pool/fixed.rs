//! Fixed-point numbers of the pool: clocks with 48 fractional bits, rates of hosts with 32, bytes per second with 16.

/// Fractional bits of clocks, in units of work.
pub(super) const CLOCK: u32 = 48;
/// Fractional bits of a host's rate.
pub(super) const RATE: u32 = 32;
/// Fractional bits of bytes per second. From 2.8e14 bytes a second on, a rate is as good as endless.
pub(super) const FLOW: u32 = 16;
/// A host that is not slowed.
pub(super) const ONE: u64 = 1 << RATE;
/// Picoseconds in a second.
const PS: u128 = 1_000_000_000_000;

/// What a clock that runs at `rate` gains while the clock outside it gains `outer`; rounded down.
#[inline]
pub(super) fn inner(outer: u128, rate: u64) -> u128 {
    if rate == ONE {
        return outer;
    }
    let low = outer & u128::from(u32::MAX);
    (outer >> RATE) * u128::from(rate) + ((low * u128::from(rate)) >> RATE)
}

/// What the outer clock gains until one inside it that runs at `rate` has gained `inner`; rounded up, so that
/// [`inner`] of it is never less.
#[inline]
pub(super) fn outer(inner: u128, rate: u64) -> u128 {
    if rate == ONE {
        return inner;
    }
    if rate == 0 {
        return u128::MAX;
    }
    let whole = inner / u128::from(rate);
    let rest = (inner - whole * u128::from(rate)) as u64;
    if whole > u128::MAX >> (RATE + 1) {
        return u128::MAX;
    }
    // The rest is below the rate, so that it fits 64 bits when shifted.
    (whole << RATE) + u128::from((rest << RATE).div_ceil(rate))
}

/// Bytes per second as a fixed-point number, to the nearest.
#[inline]
pub(super) fn flow(bytes_per_s: f64) -> u64 {
    (bytes_per_s * f64::from(1_u32 << FLOW) + 0.5) as u64
}

/// Whole bytes of an integral of flow over picoseconds.
pub(super) fn bytes(integral: u128) -> u128 {
    (integral >> FLOW) / PS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_that_stands_never_gets_there() {
        assert_eq!((outer(1, 0), inner(u128::MAX >> 1, 0)), (u128::MAX, 0));
        assert_eq!(outer(u128::MAX >> 2, 1), u128::MAX);
    }

    proptest! {
        #[test]
        fn the_outer_clock_is_the_first_at_which_the_inner_is_there(gain in 0_u128..1 << 90, rate in 1..=ONE) {
            let there = outer(gain, rate);
            prop_assert!(inner(there, rate) >= gain);
            prop_assert!(there == 0 || inner(there - 1, rate) < gain);
        }
    }
}
