//! Parts: named chips, memories, network cards, with the source of every number.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use serde_json::Value as Json;

use super::super::choice::Confidence;
use super::super::quantity::Q;
use crate::units::{BitsPerSec, Bytes, JoulesPerBit, Span, Usd, Watts};

/// Where the numbers of a part come from: one entry per field, `"price.list"` for a field in a table.
pub type Sources = BTreeMap<String, Source>;

/// Where one number comes from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Document, data set or measurement.
    pub from: String,
    /// When it was published or read (year, or year-month-day).
    pub date: String,
    /// How sure the number is; results say what share of them rests on which.
    pub confidence: Confidence,
    /// Between which values it may lie, lowest first, each as the number itself is written. Of prices, powers and what the
    /// site has, reports show how far they move ratios.
    #[serde(default)]
    #[schemars(length(min = 2, max = 2))]
    pub range: Option<Vec<Json>>,
    /// The part whose number this one is taken from: within their ranges, both are high or low together.
    #[serde(default)]
    pub like: Option<String>,
    /// For a latency: where it is measured (`device`, `memory-side`, `load-to-use`).
    #[serde(default)]
    pub boundary: Option<String>,
}

/// What is paid to buy one: the same on every basis, or by basis.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Price {
    /// The same on every basis.
    Same(Q<Usd>),
    /// By basis; `prices` of the experiment says which one counts.
    By(ByBasis),
}

/// A price on each basis on which it is known.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByBasis {
    /// What the maker or a shop asks for one.
    #[serde(default)]
    pub list: Option<Q<Usd>>,
    /// What one who buys thousands pays.
    #[serde(default)]
    pub volume: Option<Q<Usd>>,
}

impl Default for Price {
    fn default() -> Self {
        Self::Same(Q::default())
    }
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
    /// How power rises from idle to busy: points `[share of cores busy, share of the difference drawn]` with the first
    /// share rising, straight lines between them and from `[0, 0]` to `[1, 1]`; left out, one straight line.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 2, max = 2), inner(range(min = 0.0, max = 1.0))))]
    pub power_curve: Vec<Vec<f64>>,
    /// Purchase price of the package.
    pub price: Price,
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
    /// Power per GiB that nobody holds, as far as it sleeps (self-refresh); as without accesses where it is left out.
    #[serde(default)]
    pub free_power_per_gib: Option<Q<Watts>>,
    /// Power per GiB that is held, without accesses: refresh and background.
    pub idle_power_per_gib: Q<Watts>,
    /// Power per GiB with all cores of the node busy; as without accesses where it is left out.
    #[serde(default)]
    pub busy_power_per_gib: Option<Q<Watts>>,
    /// Purchase price per GiB.
    pub price_per_gib: Price,
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
    /// Ports of the fabric that it takes, its rate over theirs: 4 where four carry it, 0.25 where four interfaces share
    /// a port by a breakout cable. Power and price of ports are counted by it.
    #[serde(default = "unity")]
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub ports: f64,
    /// Power without traffic.
    pub idle_power: Q<Watts>,
    /// Power with the full rate in both directions; as without traffic where it is left out.
    #[serde(default)]
    pub busy_power: Option<Q<Watts>>,
    /// Purchase price.
    pub price: Price,
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
    /// Power, whether used or not: what it does is not simulated.
    pub power: Q<Watts>,
    /// Purchase price.
    pub price: Price,
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
