//! Prices and amounts of money, in US dollars.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

use super::parse::{MOST, Quantity, UnitDef, format_quantity};

/// An amount of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Usd(pub f64);

/// A price for time, stored per hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct UsdPerHour(pub f64);

/// A price for memory held over time, stored per GiB-second (clouds write "GB-second" and mean 2^30 bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct UsdPerGbSecond(pub f64);

/// A price for clock cycles of a processor, stored per gigahertz and second.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct UsdPerGhzSecond(pub f64);

/// A price for a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct UsdPerRequest(pub f64);

/// A price for electric energy, stored per kilowatt-hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct UsdPerKwh(pub f64);

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Mul<f64> for Usd {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}
impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|u| u.0).sum())
    }
}

impl Quantity for Usd {
    const WHAT: &'static str = "amount of money";
    const PLAIN: &'static str = "USD";
    const UNITS: &'static [UnitDef] =
        &[UnitDef::new("USD", 1.0), UnitDef::alias("kUSD", 1e3), UnitDef::alias("MUSD", 1e6)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for UsdPerHour {
    const WHAT: &'static str = "price for time";
    const PLAIN: &'static str = "USD/h";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("USD/h", 1.0), UnitDef::alias("USD/s", 3_600.0)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for UsdPerGbSecond {
    const WHAT: &'static str = "price for memory over time";
    const PLAIN: &'static str = "USD/GB-s";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("USD/GB-s", 1.0), UnitDef::alias("USD/GB-h", 1.0 / 3_600.0)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for UsdPerGhzSecond {
    const WHAT: &'static str = "price for clock cycles";
    const PLAIN: &'static str = "USD/GHz-s";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("USD/GHz-s", 1.0), UnitDef::alias("USD/GHz-h", 1.0 / 3_600.0)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for UsdPerRequest {
    const WHAT: &'static str = "price for requests";
    const PLAIN: &'static str = "USD/M";
    const UNITS: &'static [UnitDef] =
        &[UnitDef::alias("USD/request", 1.0), UnitDef::new("USD/M", 1e-6), UnitDef::alias("USD/k", 1e-3)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}
impl Quantity for UsdPerKwh {
    const WHAT: &'static str = "price of electricity";
    const PLAIN: &'static str = "USD/kWh";
    const UNITS: &'static [UnitDef] = &[UnitDef::new("USD/kWh", 1.0), UnitDef::alias("USD/MWh", 1e-3)];
    const MAX: f64 = MOST;
    fn from_base(base: f64) -> Self {
        Self(base)
    }
    fn base(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(*self))
    }
}
