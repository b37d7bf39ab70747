//! Simulated time: whole picoseconds, so that no result depends on rounding order.
//!
//! A `u64` of picoseconds reaches 213 days, which bounds the length of one run.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use super::parse::{Quantity, UnitDef, format_quantity};

const PS_PER_SEC: u64 = 1_000_000_000_000;

/// A point in simulated time, counted in picoseconds from the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// A length of simulated time in picoseconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// Later than any event; used for "never".
    pub const MAX: Self = Self(u64::MAX);

    /// A point `ps` picoseconds after the start of the run.
    pub const fn from_ps(ps: u64) -> Self {
        Self(ps)
    }
    /// Picoseconds since the start of the run.
    pub const fn as_ps(self) -> u64 {
        self.0
    }
    /// Seconds since the start of the run, for statistics only.
    pub fn as_secs_f64(self) -> f64 {
        Span(self.0).as_secs_f64()
    }
    /// The span from `earlier` to `self`. `earlier` must not be later: that is a bug in the caller.
    #[track_caller]
    pub fn since(self, earlier: Self) -> Span {
        debug_assert!(earlier <= self, "time runs backwards: {earlier} is after {self}");
        Span(self.0.wrapping_sub(earlier.0))
    }
    /// `self + span`, or [`Time::MAX`] when that is beyond the last representable point.
    pub const fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than any run; used for "for ever".
    pub const MAX: Self = Self(u64::MAX);
    /// The shortest span that the clock can tell from none.
    pub const TICK: Self = Self(1);

    /// `n` picoseconds.
    pub const fn from_ps(n: u64) -> Self {
        Self(n)
    }
    /// `n` nanoseconds.
    pub const fn from_ns(n: u64) -> Self {
        Self(n * 1_000)
    }
    /// `n` microseconds.
    pub const fn from_us(n: u64) -> Self {
        Self(n * 1_000_000)
    }
    /// `n` milliseconds.
    pub const fn from_ms(n: u64) -> Self {
        Self(n * 1_000_000_000)
    }
    /// `n` seconds.
    pub const fn from_secs(n: u64) -> Self {
        Self(n * PS_PER_SEC)
    }
    /// `s` seconds rounded to the nearest picosecond; `None` when negative, not a number, or beyond 213 days.
    pub fn try_from_secs_f64(s: f64) -> Option<Self> {
        let ps = s * PS_PER_SEC as f64;
        (ps >= 0.0 && ps < u64::MAX as f64).then(|| Self(libm::rint(ps) as u64))
    }
    /// As [`Span::try_from_secs_f64`] with out-of-range values clamped to the ends (not-a-number becomes zero).
    pub fn from_secs_f64(s: f64) -> Self {
        Self::try_from_secs_f64(s).unwrap_or(if s > 0.0 { Self::MAX } else { Self::ZERO })
    }
    /// Picoseconds.
    pub const fn as_ps(self) -> u64 {
        self.0
    }
    /// Seconds, for statistics only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / PS_PER_SEC as f64
    }
    /// Picoseconds as a double, for ratios in statistics.
    #[inline]
    pub fn as_ps_f64(self) -> f64 {
        // Signed numbers convert in one instruction, unsigned ones in six.
        i64::try_from(self.0).map_or(self.0 as f64, |ps| ps as f64)
    }
    /// `self − other`, or zero when `other` is longer.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
    /// `self × factor` rounded to the nearest picosecond; `factor` must be finite and not negative.
    #[inline]
    pub fn scale(self, factor: f64) -> Self {
        debug_assert!(factor >= 0.0 && factor.is_finite(), "a span cannot be scaled by {factor}");
        Self(round(self.0 as f64 * factor) as u64)
    }
    /// Rounds up to a whole multiple of `quantum` (billing); a zero quantum changes nothing.
    pub const fn round_up_to(self, quantum: Self) -> Self {
        if quantum.0 == 0 { self } else { Self(self.0.div_ceil(quantum.0) * quantum.0) }
    }
}

/// To the nearest whole number, halves to the even one, of a number that is not negative: what `rint` gives, in two
/// additions. From 2^52 on, every double is whole.
#[inline]
fn round(x: f64) -> f64 {
    const WHOLE: f64 = (1_u64 << 52) as f64;
    if x < WHOLE { (x + WHOLE) - WHOLE } else { x }
}

/// Saturates at [`Time::MAX`], which never comes: what is due then is still open when the run ends, and counted so.
impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        self.saturating_add(span)
    }
}
impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
/// Saturates at [`Span::MAX`].
impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl SubAssign for Span {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
/// Saturates at [`Span::MAX`].
impl Mul<u64> for Span {
    type Output = Self;
    fn mul(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}
impl Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, |sum, span| sum + span)
    }
}

impl Quantity for Span {
    const WHAT: &'static str = "time";
    const PLAIN: &'static str = "s";
    const UNITS: &'static [UnitDef] = &[
        UnitDef::new("ps", 1.0),
        UnitDef::new("ns", 1e3),
        UnitDef::new("us", 1e6),
        UnitDef::alias("µs", 1e6),
        UnitDef::new("ms", 1e9),
        UnitDef::new("s", 1e12),
        UnitDef::new("min", 60e12),
        UnitDef::new("h", 3_600e12),
        UnitDef::new("d", 86_400e12),
    ];
    /// 213 days, the longest trace: what the clock reaches in whole days.
    const MAX: f64 = 213.0 * 86_400e12;
    fn from_base(base: f64) -> Self {
        Self(libm::rint(base) as u64)
    }
    fn base(self) -> f64 {
        self.0 as f64
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(*self))
    }
}
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}
