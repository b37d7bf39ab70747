//! Parts: named chips, memories, network cards, with the source of every number.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use crate::units::{BitsPerSec, Bytes, JoulesPerBit, Span, Usd, Watts};

/// Where the numbers of a part come from: one entry per field.
pub type Sources = BTreeMap<String, Source>;

/// Where one number comes from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Document, data set or measurement.
    pub from: String,
    /// When it was published or read (year, or year-month-day).
    pub date: String,
    /// `a` read in the source named, `b` measured by running the public tool named, `c` background knowledge, not
    /// verified, `unsourced` a placeholder that nobody vouches for.
    pub confidence: String,
    /// For a latency: where it is measured (`device`, `memory-side`, `load-to-use`).
    #[serde(default)]
    pub boundary: Option<String>,
}

/// A processor package.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// Name of the part.
    pub part: String,
    /// Cores in the package; one request runs on one core.
    #[schemars(range(min = 1, max = 100_000))]
    pub cores: u32,
    /// How fast a core runs against the reference machine of the trace, 1 = the same.
    #[serde(default = "unity")]
    #[schemars(range(min = 0.01, max = 100.0))]
    pub speed: f64,
    /// What the two hardware threads of a core do together over one alone, with `platform.cpu = "shared"`; 1 where a
    /// core has one thread. Requests and starts fill idle cores first, then second threads. Thousandths count.
    #[serde(default = "unity")]
    #[schemars(range(min = 1.0, max = 2.0))]
    pub smt_throughput: f64,
    /// Power with all cores idle.
    pub idle_power: Q<Watts>,
    /// Power with all cores busy.
    pub busy_power: Q<Watts>,
    /// Purchase price of the package.
    pub price: Q<Usd>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// Memory beside the cores: DRAM of a server, or HBM of a `SiP`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Name of the part.
    pub part: String,
    /// Capacity of one node.
    pub capacity: Q<Bytes>,
    /// Load-to-use latency without load.
    pub latency: Q<Span>,
    /// Power per GiB, whether used or not (refresh and background).
    pub power_per_gib: Q<Watts>,
    /// Purchase price per GiB.
    pub price_per_gib: Q<Usd>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// A network interface.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nic {
    /// Name of the part.
    pub part: String,
    /// Rate in each direction.
    pub rate: Q<BitsPerSec>,
    /// Time that the interface and its driver add to each message, at each end.
    pub latency: Q<Span>,
    /// Power, whether used or not.
    pub power: Q<Watts>,
    /// Purchase price.
    pub price: Q<Usd>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// A local disk. It adds power and price; images and data come from the storage pool.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Name of the part.
    pub part: String,
    /// Capacity.
    pub capacity: Q<Bytes>,
    /// Power, whether used or not.
    pub power: Q<Watts>,
    /// Purchase price.
    pub price: Q<Usd>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// Latency under load, `L(ρ) = L0 + a·ρ/(1−ρ)^b`, ρ = share of the sustainable bandwidth in use, up to 0.98.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadCurve {
    /// Factor a.
    pub a: Q<Span>,
    /// Exponent b.
    #[schemars(range(min = 0.0, max = 5.0))]
    pub b: f64,
}

/// Energy to move one bit, kept beside the parts that move it.
pub(super) type EnergyPerBit = Q<JoulesPerBit>;

fn unity() -> f64 {
    1.0
}
