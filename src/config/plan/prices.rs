//! What the user of functions pays.

use crate::config::choice::IdlePayer;
use crate::config::raw;
use crate::units::{Bytes, Gigahertz, Span, UsdPerGbSecond, UsdPerGhzSecond, UsdPerRequest};

/// What the user of functions pays: `ceil(run/quantum)·quantum`, at least `minimum_time`, times the price of the
/// memory, which is rounded up to `memory_step` and at least `minimum_memory`, and of the clock rate that comes
/// with it.
#[derive(Clone, Debug)]
pub struct FunctionPrices {
    /// For memory held while running.
    pub memory: UsdPerGbSecond,
    /// For each request.
    pub request: UsdPerRequest,
    /// Run time is rounded up to a multiple of it.
    pub quantum: Span,
    /// Least run time that is billed.
    pub minimum_time: Span,
    /// Least memory that is billed.
    pub minimum_memory: Bytes,
    /// Memory is rounded up to a multiple of it; zero rounds nothing.
    pub memory_step: Bytes,
    /// Where the clock rate is billed apart: for the clock rate of the tier while running.
    pub clock: UsdPerGhzSecond,
    /// Sizes on offer, smallest first; memory is rounded up to the next one, and beyond the last it is billed as it
    /// is.
    pub tiers: Vec<PriceTier>,
    /// Who pays for the memory of idle sandboxes.
    pub idle: IdlePrice,
}

impl FunctionPrices {
    /// From what was typed.
    pub fn resolve(raw: &raw::FunctionPrices) -> Self {
        Self {
            memory: raw.memory.0,
            request: raw.request.0,
            quantum: raw.quantum.0,
            minimum_time: raw.minimum_time.0,
            minimum_memory: raw.minimum_memory.0,
            memory_step: raw.memory_step.0,
            clock: raw.clock.0,
            tiers: raw.tiers.iter().map(PriceTier::resolve).collect(),
            idle: IdlePrice::resolve(&raw.idle),
        }
    }
    /// The memory that is billed for a function that holds `memory`, and the clock rate that comes with it.
    #[inline]
    pub fn size(&self, memory: Bytes) -> (Bytes, Option<Gigahertz>) {
        let memory = memory.max(self.minimum_memory).round_up_to(self.memory_step);
        let Some(last) = self.tiers.last() else { return (memory, None) };
        let tier = self.tiers.iter().find(|tier| tier.memory >= memory).unwrap_or(last);
        (memory.max(tier.memory), Some(tier.clock))
    }
}

impl Default for FunctionPrices {
    fn default() -> Self {
        Self::resolve(&raw::FunctionPrices::default())
    }
}

/// A size of function on offer.
#[derive(Clone, Copy, Debug)]
pub struct PriceTier {
    /// Memory of the function.
    pub memory: Bytes,
    /// Clock rate that comes with it, all its cores together.
    pub clock: Gigahertz,
}

impl PriceTier {
    /// From what was typed.
    pub fn resolve(raw: &raw::PriceTier) -> Self {
        Self { memory: raw.memory.0, clock: raw.clock.0 }
    }
}

/// Who pays for the memory of idle sandboxes.
#[derive(Clone, Copy, Debug)]
pub struct IdlePrice {
    /// Who.
    pub payer: IdlePayer,
    /// What the user pays for it, where it is the user.
    pub price: UsdPerGbSecond,
}

impl IdlePrice {
    /// From what was typed.
    pub fn resolve(raw: &raw::IdlePrice) -> Self {
        Self { payer: raw.payer, price: raw.price.0 }
    }
}

impl Default for IdlePrice {
    fn default() -> Self {
        Self::resolve(&raw::IdlePrice::default())
    }
}
