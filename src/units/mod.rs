//! Quantities with their units in the type.
//!
//! A point in simulated time ([`Time`]) and a length of time ([`Span`]) are different types, both whole
//! picoseconds. Sizes and rates are integers ([`Bytes`], [`BitsPerSec`]); what is only ever summed or
//! multiplied into a report (power, energy, money) is `f64`. Every quantity that a user can type
//! implements [`Quantity`], which knows the legal units, parses `"64 GiB"` and prints it back.

mod data;
mod energy;
mod money;
mod parse;
mod rate;
mod time;

pub use data::{BitsPerSec, Bytes};
pub use energy::{Joules, JoulesPerBit, Watts};
pub use money::{Usd, UsdPerGbSecond, UsdPerGhzSecond, UsdPerHour, UsdPerKwh, UsdPerRequest};
pub use parse::{ParseQuantityError, Quantity, UnitDef, article, format_quantity, parse_quantity};
pub use rate::{Gigahertz, PerSecond, Years};
pub use time::{Span, Time};
