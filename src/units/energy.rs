//! Power and energy, in floating point: they are only summed and multiplied into reports.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

use super::data::Bytes;
use super::parse::{MOST, Quantity, UnitDef, format_quantity};
use super::time::Span;

/// Power in watts.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Watts(pub f64);

/// Energy in joules.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Joules(pub f64);

/// Energy per transported bit, in joules per bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct JoulesPerBit(pub f64);

impl Joules {
    /// Kilowatt-hours, the unit in which energy is bought (1 kWh = 3.6 MJ).
    pub fn as_kwh(self) -> f64 {
        self.0 / 3.6e6
    }
}

impl Add for Watts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl Mul<f64> for Watts {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}
/// Energy = power × time.
impl Mul<Span> for Watts {
    type Output = Joules;
    fn mul(self, span: Span) -> Joules {
        Joules(self.0 * span.as_secs_f64())
    }
}
impl Sum for Watts {
    fn sum<I: Iterator<Item = Self>>(powers: I) -> Self {
        Self(powers.map(|w| w.0).sum())
    }
}
impl Add for Joules {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl AddAssign for Joules {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Sum for Joules {
    fn sum<I: Iterator<Item = Self>>(energies: I) -> Self {
        Self(energies.map(|j| j.0).sum())
    }
}
/// Energy = energy per bit × bits.
impl Mul<Bytes> for JoulesPerBit {
    type Output = Joules;
    fn mul(self, bytes: Bytes) -> Joules {
        Joules(self.0 * 8.0 * bytes.0 as f64)
    }
}

impl Quantity for Watts {
    const WHAT: &'static str = "power";
    const PLAIN: &'static str = "W";
    const UNITS: &'static [UnitDef] =
        &[UnitDef::alias("mW", 1e-3), UnitDef::new("W", 1.0), UnitDef::new("kW", 1e3), UnitDef::new("MW", 1e6)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for JoulesPerBit {
    const WHAT: &'static str = "energy per bit";
    const PLAIN: &'static str = "pJ/bit";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("pJ/bit", 1e-12), UnitDef::new("nJ/bit", 1e-9)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Watts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(*self))
    }
}
impl fmt::Display for JoulesPerBit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(*self))
    }
}
