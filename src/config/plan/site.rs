//! The building.

use crate::config::raw;
use crate::units::{UsdPerKwh, Years};

/// The building.
#[derive(Clone, Debug)]
pub struct Site {
    /// Power usage effectiveness: power of the building over power of its machines.
    pub pue: f64,
    /// Price of electricity.
    pub electricity: UsdPerKwh,
    /// Time over which hardware is written off.
    pub hardware_life: Years,
}

impl Site {
    /// From what was typed.
    pub fn resolve(raw: &raw::Site) -> Self {
        Self { pue: raw.pue, electricity: raw.electricity.0, hardware_life: raw.hardware_life.0 }
    }
}
