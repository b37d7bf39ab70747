//! Lines of accounts: a quantity at a rate.

use super::load::PartGroup;
use crate::config::plan::Confidence;

/// Who pays for a line, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Energy of the parts of one kind, in joules.
    Energy(PartGroup),
    /// What the provider writes off of the hardware, in US dollars.
    Hardware,
    /// What the provider pays for electricity, in US dollars.
    Electricity,
    /// What users pay, in US dollars.
    User,
}

/// A quantity at a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Who pays, and for what.
    pub account: Account,
    /// What the quantity is of.
    pub what: &'static str,
    /// How much of it.
    pub quantity: f64,
    /// Its unit.
    pub unit: &'static str,
    /// For one unit of it: watts, joules or US dollars.
    pub rate: f64,
    /// In the unit of the account. Quantity times rate, and where the quantity is power, times the window.
    pub amount: f64,
    /// How sure the rate is, of energy.
    pub confidence: Option<Confidence>,
}

/// A line of money.
pub(super) fn line(account: Account, what: &'static str, quantity: f64, unit: &'static str, rate: f64) -> Line {
    Line { account, what, quantity, unit, rate, amount: quantity * rate, confidence: None }
}
