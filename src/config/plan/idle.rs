//! What becomes of hardware that is idle.

use super::{Known, Sourced};
use crate::config::choice::Idle;
use crate::units::{Span, Watts};

/// What becomes of nodes, or of pools, that are idle.
#[derive(Clone, Debug)]
pub struct IdleRule {
    /// The rule.
    pub mode: Idle,
    /// With [`Idle::OffAfter`]: after how long one is switched off.
    pub after: Span,
    /// With [`Idle::OffAfter`]: power of one that is.
    pub off_power: Sourced<Watts>,
}

impl IdleRule {
    /// From what was typed.
    pub fn resolve(mode: Idle, after: Span, off_power: Watts, known: &Known<'_>) -> Self {
        Self { mode, after, off_power: known.quantity("off_power", off_power) }
    }
    /// After how long without anything on it one is switched off, where that is the rule.
    pub fn off_after(&self) -> Option<Span> {
        (self.mode == Idle::OffAfter).then_some(self.after)
    }
}
