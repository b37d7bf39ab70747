//! The storage nodes.

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
    /// Power of one storage node, whether used or not.
    pub power: Watts,
    /// Purchase price of one storage node.
    pub price: Usd,
}

impl StorageGroup {
    /// From what was typed, with the group's name.
    pub fn resolve(raw: &raw::StoragePool, name: String) -> Self {
        Self {
            name,
            part: raw.part.clone(),
            count: raw.count,
            latency: raw.latency.0,
            bandwidth: raw.bandwidth.0,
            power: raw.power.0,
            price: raw.price.0,
        }
    }
}
