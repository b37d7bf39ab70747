//! Amounts of data and rates of moving it.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use super::parse::{Quantity, UnitDef, format_quantity};
use super::time::Span;

/// An amount of data or memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// A data rate in bits per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitsPerSec(pub u64);

impl Bytes {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// More than any machine holds; used for "unlimited".
    pub const MAX: Self = Self(u64::MAX);

    /// `n` mebibytes (2^20 bytes), the unit that clouds call "MB" when they size functions.
    pub const fn from_mib(n: u64) -> Self {
        Self(n << 20)
    }
    /// `n` gibibytes (2^30 bytes).
    pub const fn from_gib(n: u64) -> Self {
        Self(n << 30)
    }
    /// Mebibytes, for reports.
    pub fn as_mib_f64(self) -> f64 {
        self.0 as f64 / f64::from(1_u32 << 20)
    }
    /// Gibibytes, for reports and bills.
    pub fn as_gib_f64(self) -> f64 {
        self.0 as f64 / f64::from(1_u32 << 30)
    }
    /// `self − other`, or zero when `other` is larger.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
    /// Rounds up to a whole multiple of `step` (billing); a zero step changes nothing.
    pub const fn round_up_to(self, step: Self) -> Self {
        if step.0 == 0 { self } else { Self(self.0.div_ceil(step.0) * step.0) }
    }
    /// `self × factor`, rounded to the nearest byte.
    pub fn scale(self, factor: f64) -> Self {
        Self(libm::rint(self.0 as f64 * factor) as u64)
    }
}

impl BitsPerSec {
    /// The time that `bytes` take at this rate, exact in 128 bits and rounded up to a picosecond.
    /// A zero rate never finishes ([`Span::MAX`]).
    pub fn transfer_time(self, bytes: Bytes) -> Span {
        if bytes.0 == 0 {
            return Span::ZERO;
        }
        if self.0 == 0 {
            return Span::MAX;
        }
        let ps = (u128::from(bytes.0) * 8 * 1_000_000_000_000).div_ceil(u128::from(self.0));
        u64::try_from(ps).map_or(Span::MAX, Span::from_ps)
    }
    /// Bytes per second, for models in floating point.
    pub fn bytes_per_sec_f64(self) -> f64 {
        self.0 as f64 / 8.0
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Sub for Bytes {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl SubAssign for Bytes {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
impl Mul<u64> for Bytes {
    type Output = Self;
    fn mul(self, n: u64) -> Self {
        Self(self.0 * n)
    }
}
impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        Self(sizes.map(|b| b.0).sum())
    }
}

impl Quantity for Bytes {
    const WHAT: &'static str = "amount of data";
    const PLAIN: &'static str = "B";
    const UNITS: &'static [UnitDef] = &[
        UnitDef::new("B", 1.0),
        UnitDef::new("KiB", 1024.0),
        UnitDef::new("MiB", 1_048_576.0),
        UnitDef::new("GiB", 1_073_741_824.0),
        UnitDef::new("TiB", 1_099_511_627_776.0),
        UnitDef::alias("kB", 1e3),
        UnitDef::alias("MB", 1e6),
        UnitDef::alias("GB", 1e9),
        UnitDef::alias("TB", 1e12),
    ];
    const MAX: f64 = 9e18;
    fn from_base(base: f64) -> Self {
        Self(libm::rint(base) as u64)
    }
    fn base(self) -> f64 {
        self.0 as f64
    }
}

impl Quantity for BitsPerSec {
    const WHAT: &'static str = "data rate";
    const PLAIN: &'static str = "bit/s";
    const UNITS: &'static [UnitDef] = &[
        UnitDef::new("bit/s", 1.0),
        UnitDef::new("kbit/s", 1e3),
        UnitDef::new("Mbit/s", 1e6),
        UnitDef::new("Gbit/s", 1e9),
        UnitDef::new("Tbit/s", 1e12),
        UnitDef::alias("B/s", 8.0),
        UnitDef::alias("MB/s", 8e6),
        UnitDef::alias("GB/s", 8e9),
        UnitDef::alias("TB/s", 8e12),
        UnitDef::alias("MiB/s", 8.0 * 1_048_576.0),
        UnitDef::alias("GiB/s", 8.0 * 1_073_741_824.0),
    ];
    const MAX: f64 = 1.8e19;
    fn from_base(base: f64) -> Self {
        Self(libm::rint(base) as u64)
    }
    fn base(self) -> f64 {
        self.0 as f64
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(*self))
    }
}
impl fmt::Display for BitsPerSec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(*self))
    }
}
