//! Remote memory.

use super::{IdleRule, Known, Sourced};
use crate::config::choice::{Fidelity, PriceBasis};
use crate::config::raw;
use crate::units::{BitsPerSec, Bytes, Span, Usd, Watts};

/// Remote memory, reached by loads and stores over the fabric.
#[derive(Clone, Debug)]
pub struct PoolGroup {
    /// Its name, unique among the layout's pool groups.
    pub name: String,
    /// Name of the part.
    pub part: String,
    /// How many pools; a sandbox has its remote memory in one of them.
    pub count: u32,
    /// Capacity of one pool.
    pub capacity: Bytes,
    /// Share of each function's memory that is local; the rest is in a pool.
    pub local_share: f64,
    /// The least that it gives way to, where that is said.
    pub local_share_min: Option<f64>,
    /// Latency of the pool itself without load; the fabric's round trip comes on top.
    pub latency: Span,
    /// Sustainable bandwidth of one pool.
    pub bandwidth: BitsPerSec,
    /// How its latency rises with load.
    pub load_curve: LoadCurve,
    /// How closely contention is followed.
    pub fidelity: Fidelity,
    /// What becomes of pools that are idle.
    pub idle: IdleRule,
    /// Power per GiB that nobody holds.
    pub free_power_per_gib: Sourced<Watts>,
    /// Power per GiB that is held, without accesses: refresh and background.
    pub idle_power_per_gib: Sourced<Watts>,
    /// Power per GiB at the full bandwidth.
    pub busy_power_per_gib: Sourced<Watts>,
    /// Controller, board and interface of one pool: power, whether used or not.
    pub controller_power: Sourced<Watts>,
    /// Purchase price per GiB.
    pub price_per_gib: Sourced<Usd>,
    /// Controller, board and interface of one pool: purchase price.
    pub controller_price: Sourced<Usd>,
}

impl PoolGroup {
    /// Whether there is anything of them: pools without memory are not bought.
    pub fn exist(&self) -> bool {
        self.capacity > Bytes::ZERO
    }
    /// From what was typed, with the group's name, and which prices count.
    pub fn resolve(raw: &raw::MemoryPools, name: String, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        let idle = known.quantity("idle_power_per_gib", raw.idle_power_per_gib.0);
        let busy = raw.busy_power_per_gib.map(|power| power.0);
        Self {
            name,
            part: raw.part.clone(),
            count: raw.count,
            capacity: raw.capacity.0,
            local_share: raw.local_share,
            local_share_min: raw.local_share_min,
            latency: raw.latency.0,
            bandwidth: raw.bandwidth.0,
            load_curve: LoadCurve::resolve(&raw.load_curve),
            fidelity: raw.fidelity,
            busy_power_per_gib: known.quantity_or("busy_power_per_gib", busy, &idle),
            idle: IdleRule::resolve(raw.idle, raw.off_after.0, raw.off_power.0, &known),
            free_power_per_gib: known.quantity_or(
                "free_power_per_gib",
                raw.free_power_per_gib.map(|power| power.0),
                &idle,
            ),
            idle_power_per_gib: idle,
            controller_power: known.quantity("controller_power", raw.controller_power.0),
            price_per_gib: known.price("price_per_gib", &raw.price_per_gib),
            controller_price: known.price("controller_price", &raw.controller_price),
        }
    }
}

/// Latency under load, `L(ρ) = L0 + a·ρ/(1−ρ)^b`, ρ = share of the sustainable bandwidth in use, up to 0.98.
#[derive(Clone, Debug)]
pub struct LoadCurve {
    /// Factor a.
    pub a: Span,
    /// Exponent b.
    pub b: f64,
}

impl LoadCurve {
    /// From what was typed.
    pub fn resolve(raw: &raw::LoadCurve) -> Self {
        Self { a: raw.a.0, b: raw.b }
    }
}
