//! Remote memory.

use crate::config::choice::Fidelity;
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
    /// Power per GiB, whether used or not.
    pub power_per_gib: Watts,
    /// Controller and interface of one pool: power, whether used or not.
    pub controller_power: Watts,
    /// Purchase price per GiB.
    pub price_per_gib: Usd,
    /// Controller and interface of one pool: purchase price.
    pub controller_price: Usd,
}

impl PoolGroup {
    /// From what was typed, with the group's name.
    pub fn resolve(raw: &raw::MemoryPools, name: String) -> Self {
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
            power_per_gib: raw.power_per_gib.0,
            controller_power: raw.controller_power.0,
            price_per_gib: raw.price_per_gib.0,
            controller_price: raw.controller_price.0,
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
