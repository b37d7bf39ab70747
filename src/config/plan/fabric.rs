//! The network.

use super::{Known, Sourced};
use crate::config::choice::PriceBasis;
use crate::config::raw;
use crate::units::{BitsPerSec, JoulesPerBit, Span, Usd, Watts};

/// The network between nodes, pools and storage.
#[derive(Clone, Debug)]
pub enum Fabric {
    /// Packet-switched Ethernet, leaf switches under spine switches.
    LeafSpine(LeafSpine),
    /// Circuit-switched optics.
    Photonic(Photonic),
}

impl Fabric {
    /// From what was typed, and which prices count.
    pub fn resolve(raw: &raw::Fabric, prices: PriceBasis) -> Self {
        match raw {
            raw::Fabric::LeafSpine(raw) => Self::LeafSpine(LeafSpine::resolve(raw, prices)),
            raw::Fabric::Photonic(raw) => Self::Photonic(Photonic::resolve(raw, prices)),
        }
    }

    /// Rate of one port in each direction.
    pub fn port_rate(&self) -> BitsPerSec {
        match self {
            Self::LeafSpine(ethernet) => ethernet.port_rate,
            Self::Photonic(optics) => optics.port_rate,
        }
    }

    /// Ports that carry the bandwidth of a pool or storage node.
    pub fn ports_for(&self, bandwidth: BitsPerSec) -> f64 {
        bandwidth.0.div_ceil(self.port_rate().0.max(1)).max(1) as f64
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
    /// Rate of one port in each direction.
    pub port_rate: BitsPerSec,
    /// Power of one switch port with its transceiver, whether used or not.
    pub port_power: Sourced<Watts>,
    /// Purchase price of one switch port with its transceiver.
    pub port_price: Sourced<Usd>,
    /// Switch ports for each port of a device: the leaf port and its share of leaf-to-spine links.
    pub ports_per_device: f64,
}

impl LeafSpine {
    /// From what was typed.
    pub fn resolve(raw: &raw::LeafSpine, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        Self {
            part: raw.part.clone(),
            switch_latency: raw.switch_latency.0,
            propagation: raw.propagation.0,
            port_rate: raw.port_rate.0,
            port_power: known.quantity("port_power", raw.port_power.0),
            port_price: known.price("port_price", &raw.port_price),
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
    /// Energy per transported bit, beyond what interfaces and ports draw at all times.
    pub energy_per_bit: Sourced<JoulesPerBit>,
    /// Rate of one port in each direction.
    pub port_rate: BitsPerSec,
    /// Power of one switch port, whether used or not.
    pub port_power: Sourced<Watts>,
    /// Purchase price of one port of the switch.
    pub port_price: Sourced<Usd>,
}

impl Photonic {
    /// From what was typed.
    pub fn resolve(raw: &raw::Photonic, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        Self {
            part: raw.part.clone(),
            reconfiguration: raw.reconfiguration.0,
            propagation: raw.propagation.0,
            energy_per_bit: known.quantity("energy_per_bit", raw.energy_per_bit.0),
            port_rate: raw.port_rate.0,
            port_power: known.quantity("port_power", raw.port_power.0),
            port_price: known.price("port_price", &raw.port_price),
        }
    }
}
