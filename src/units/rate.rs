//! Rates of events, and spans of calendar time.

use super::parse::{MOST, Quantity, UnitDef};

/// Events per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct PerSecond(pub f64);

/// A length of calendar time in years of 365 days, for the life of hardware: beyond what [`Span`](super::Span) holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Years(pub f64);

/// A clock rate of processors, in gigahertz.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Gigahertz(pub f64);

impl Years {
    /// Hours in it, 8,760 a year.
    pub fn as_hours(self) -> f64 {
        self.0 * 8_760.0
    }
}

impl Quantity for PerSecond {
    const WHAT: &'static str = "rate";
    const PLAIN: &'static str = "/s";
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
impl Quantity for Gigahertz {
    const WHAT: &'static str = "clock rate";
    const PLAIN: &'static str = "GHz";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("MHz", 1e-3), UnitDef::new("GHz", 1.0)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for Years {
    const WHAT: &'static str = "calendar time";
    const PLAIN: &'static str = "y";
    const UNITS: &'static [UnitDef] =
        &[UnitDef::alias("d", 1.0 / 365.0), UnitDef::alias("months", 1.0 / 12.0), UnitDef::new("y", 1.0)];
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
