//! Rates of events.

use super::parse::{Quantity, UnitDef};

/// Events per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct PerSecond(pub f64);

/// A share lost or failing per year, such as an annual failure rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct PerYear(pub f64);

impl Quantity for PerSecond {
    const WHAT: &'static str = "rate";
    const UNITS: &'static [UnitDef] = &[
        UnitDef::new("/s", 1.0),
        UnitDef::alias("/min", 1.0 / 60.0),
        UnitDef::alias("/h", 1.0 / 3_600.0),
        UnitDef::alias("/d", 1.0 / 86_400.0),
    ];
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for PerYear {
    const WHAT: &'static str = "rate per year";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("/y", 1.0)];
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
