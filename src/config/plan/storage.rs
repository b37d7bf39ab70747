//! The storage nodes.

use super::{Known, Sourced};
use crate::config::choice::PriceBasis;
use crate::config::raw;
use crate::units::{BitsPerSec, Span, Usd, Watts};

/// The storage nodes: images, inputs and outputs.
#[derive(Clone, Debug)]
pub struct StorageGroup {
    /// Its name, unique among the layout's storage groups.
    pub name: String,
    /// Name of the part.
    pub part: String,
    /// How many storage nodes.
    pub count: u32,
    /// Time until the first byte of a read or the acknowledgement of a write, at the device.
    pub latency: Span,
    /// Sustained bandwidth of one storage node; image fetches share the sum fairly.
    pub bandwidth: BitsPerSec,
    /// Power of one storage node without reads or writes.
    pub idle_power: Sourced<Watts>,
    /// Power of one storage node at its full bandwidth.
    pub busy_power: Sourced<Watts>,
    /// Purchase price of one storage node.
    pub price: Sourced<Usd>,
}

impl StorageGroup {
    /// From what was typed, with the group's name, and which prices count.
    pub fn resolve(raw: &raw::StoragePool, name: String, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        let idle_power = known.quantity("idle_power", raw.idle_power.0);
        Self {
            name,
            part: raw.part.clone(),
            count: raw.count,
            latency: raw.latency.0,
            bandwidth: raw.bandwidth.0,
            busy_power: known.quantity_or("busy_power", raw.busy_power.map(|power| power.0), &idle_power),
            idle_power,
            price: known.price("price", &raw.price),
        }
    }
}
