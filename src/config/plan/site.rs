//! The building.

use super::{Known, Sourced};
use crate::config::choice::PriceBasis;
use crate::config::raw;
use crate::units::{UsdPerKwh, Years};

/// The building.
#[derive(Clone, Debug)]
pub struct Site {
    /// Power usage effectiveness: power of the building over power of its machines.
    pub pue: Sourced<f64>,
    /// Price of electricity.
    pub electricity: Sourced<UsdPerKwh>,
    /// Time over which hardware is written off.
    pub hardware_life: Sourced<Years>,
}

impl Site {
    /// From what was typed.
    pub fn resolve(raw: &raw::Site) -> Self {
        // No price of a part is among its numbers.
        let known = Known { part: "site", sources: &raw.sources, prices: PriceBasis::default() };
        Self {
            pue: known.number("pue", raw.pue),
            electricity: known.quantity("electricity", raw.electricity.0),
            hardware_life: known.quantity("hardware_life", raw.hardware_life.0),
        }
    }
}
