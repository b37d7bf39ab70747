//! The network.

use crate::config::raw;
use crate::units::{JoulesPerBit, Span, Usd, Watts};

/// The network between nodes, pools and storage.
#[derive(Clone, Debug)]
pub enum Fabric {
    /// Packet-switched Ethernet, leaf switches under spine switches.
    LeafSpine(LeafSpine),
    /// Circuit-switched optics.
    Photonic(Photonic),
}

impl Fabric {
    /// From what was typed.
    pub fn resolve(raw: &raw::Fabric) -> Self {
        match raw {
            raw::Fabric::LeafSpine(raw) => Self::LeafSpine(LeafSpine::resolve(raw)),
            raw::Fabric::Photonic(raw) => Self::Photonic(Photonic::resolve(raw)),
        }
    }
}

/// Packet-switched Ethernet: `T = 2·NIC + 3·switch + length·5 ns/m + bytes/rate`.
#[derive(Clone, Debug)]
pub struct LeafSpine {
    /// Name of the part.
    pub part: String,
    /// Delay of one switch; a message crosses leaf, spine and leaf.
    pub switch_latency: Span,
    /// Propagation time from end to end, 5 ns per metre of fibre.
    pub propagation: Span,
    /// Power of one switch port, whether used or not.
    pub port_power: Watts,
    /// Purchase price of one switch port with its transceiver.
    pub port_price: Usd,
    /// Switch ports per attached device: the leaf port and its share of leaf-to-spine links.
    pub ports_per_device: f64,
}

impl LeafSpine {
    /// From what was typed.
    pub fn resolve(raw: &raw::LeafSpine) -> Self {
        Self {
            part: raw.part.clone(),
            switch_latency: raw.switch_latency.0,
            propagation: raw.propagation.0,
            port_power: raw.port_power.0,
            port_price: raw.port_price.0,
            ports_per_device: raw.ports_per_device,
        }
    }
}

/// Circuit-switched optics: `T = reconfiguration + 2·NIC + propagation + bytes/rate`.
#[derive(Clone, Debug)]
pub struct Photonic {
    /// Name of the part.
    pub part: String,
    /// Time to set up a circuit; paid by every message and once by every run with remote memory.
    pub reconfiguration: Span,
    /// Propagation time from end to end, 5 ns per metre of fibre.
    pub propagation: Span,
    /// Energy per transported bit, lasers included.
    pub energy_per_bit: JoulesPerBit,
    /// Power of one switch port, whether used or not.
    pub port_power: Watts,
    /// Purchase price of one port with its optical engine.
    pub port_price: Usd,
}

impl Photonic {
    /// From what was typed.
    pub fn resolve(raw: &raw::Photonic) -> Self {
        Self {
            part: raw.part.clone(),
            reconfiguration: raw.reconfiguration.0,
            propagation: raw.propagation.0,
            energy_per_bit: raw.energy_per_bit.0,
            port_power: raw.port_power.0,
            port_price: raw.port_price.0,
        }
    }
}
