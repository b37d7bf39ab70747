//! The layout: one data centre, its platform and its hardware.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{Fidelity, Idle, NodeKind};
use super::super::quantity::Q;
use super::parts::EnergyPerBit;
use super::{Cpu, Disk, Groups, LoadCurve, Memory, Nic, Platform, Price, Sources};
use crate::units::{BitsPerSec, Bytes, Span, UsdPerKwh, Watts, Years};

/// One data centre: a platform on hardware.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Name in tables and plots; unique within the experiment.
    pub name: String,
    /// A sentence for the report.
    #[serde(default)]
    pub description: String,
    /// How requests reach cores: a serverless platform or a fleet of virtual machines.
    pub platform: Platform,
    /// The machines with cores, in one or several groups; at most 64.
    pub nodes: Groups<Nodes>,
    /// Remote memory, in one or several groups of pools; without it, all memory is local. Each node group uses those that
    /// it names in `pools`, and all of them where it has no such key; `sdcsim check` tells.
    #[serde(default)]
    pub memory_pools: Option<Groups<MemoryPools>>,
    /// The storage nodes, in one or several groups, which all node groups use alike. Functions take turns on all nodes of
    /// all groups, by their number in the workload: the image and the data of one are on one node.
    pub storage: Groups<StoragePool>,
    /// The network between all of them.
    pub fabric: Fabric,
    /// The building: electricity and amortisation.
    pub site: Site,
}

/// Machines with cores that are all alike.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Name of the group, for affinity and results; its kind where it is left out, with its number counted from zero
    /// where several groups of the kind have no name (`server-0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a node is.
    pub kind: NodeKind,
    /// How many nodes.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub count: u32,
    /// Processor packages in a node.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 64))]
    pub packages: u32,
    /// The processor package.
    pub cpu: Cpu,
    /// The memory beside the cores.
    pub memory: Memory,
    /// The network interface.
    pub nic: Nic,
    /// Accelerators in a node; they have no price or power of their own here.
    #[serde(default)]
    pub accelerators: u32,
    /// The local disk, if any.
    #[serde(default)]
    pub disk: Option<Disk>,
    /// Names of the groups of memory pools that sandboxes on these nodes use; all of them where it is left out, and
    /// none with `[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pools: Option<Vec<String>>,
    /// Share of each function's memory that is beside the cores of these nodes; the rest is in a pool. Left out, that
    /// of the pools that the group uses, and 1 where it uses none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub local_share: Option<f64>,
    /// Least share of a sandbox's memory that is beside the cores of these nodes where they are full: `local_share` gives
    /// way down to it, and up to 1 where the pools are full. Left out, that of the pools that the group uses; where these
    /// say nothing, 0, and 1 where all memory is local. Gangs keep to `local_share`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub local_share_min: Option<f64>,
    /// What becomes of nodes that are idle.
    #[serde(default)]
    pub idle: Idle,
    /// With `idle = "off-after"`: after how long without a sandbox or virtual machine on it a node is switched off.
    #[serde(default = "ten_minutes")]
    pub off_after: Q<Span>,
    /// With `idle = "off-after"`: power of a node that is switched off.
    #[serde(default)]
    pub off_power: Q<Watts>,
    /// Board, fans and power supply: power with all cores idle.
    #[serde(default)]
    pub chassis_idle_power: Q<Watts>,
    /// Board, fans and power supply: power with all cores busy; as with all idle where it is left out.
    #[serde(default)]
    pub chassis_busy_power: Option<Q<Watts>>,
    /// Board, case, fans, power supply and assembly: purchase price.
    #[serde(default)]
    pub chassis_price: Price,
    /// Where the chassis numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// Remote memory, reached by loads and stores over the fabric.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryPools {
    /// Name of the group, for `nodes.pools` and results; `pool` where it is left out, with its number counted from zero
    /// where several groups have no name (`pool-0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Name of the part.
    pub part: String,
    /// How many pools; a sandbox has its remote memory in one of them.
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Capacity of one pool; pools of 0 B are not there, and cost nothing.
    pub capacity: Q<Bytes>,
    /// Share of each function's memory that is local, on node groups that say nothing else; the rest is in a pool.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub local_share: f64,
    /// Least share of a sandbox's memory that is local where a node is full, on node groups that say nothing else:
    /// `local_share` gives way down to it, and up to 1 where the pools are full. Left out, 0, and 1 where all memory is
    /// local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub local_share_min: Option<f64>,
    /// Latency of the pool itself without load; the fabric's round trip comes on top.
    pub latency: Q<Span>,
    /// Sustainable bandwidth of one pool.
    pub bandwidth: Q<BitsPerSec>,
    /// How its latency rises with load.
    pub load_curve: LoadCurve,
    /// How closely contention is followed.
    #[serde(default)]
    pub fidelity: Fidelity,
    /// What becomes of pools that are idle.
    #[serde(default)]
    pub idle: Idle,
    /// With `idle = "off-after"`: after how long without memory that a sandbox holds a pool is switched off.
    #[serde(default = "ten_minutes")]
    pub off_after: Q<Span>,
    /// With `idle = "off-after"`: power of a pool that is switched off.
    #[serde(default)]
    pub off_power: Q<Watts>,
    /// Power per GiB that no sandbox holds, as far as it sleeps (self-refresh); as without accesses where it is left out.
    #[serde(default)]
    pub free_power_per_gib: Option<Q<Watts>>,
    /// Power per GiB that is held, without accesses: refresh and background.
    pub idle_power_per_gib: Q<Watts>,
    /// Power per GiB at the full bandwidth; as without accesses where it is left out.
    #[serde(default)]
    pub busy_power_per_gib: Option<Q<Watts>>,
    /// Controller, board and interface of one pool: power, whether used or not.
    pub controller_power: Q<Watts>,
    /// Purchase price per GiB.
    pub price_per_gib: Price,
    /// Controller, board and interface of one pool: purchase price.
    pub controller_price: Price,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// Storage nodes that are all alike: images, inputs and outputs.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoragePool {
    /// Name of the group, for results; `storage` where it is left out, with its number counted from zero where several
    /// groups have no name (`storage-0`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Name of the part.
    pub part: String,
    /// How many storage nodes.
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Time until the first byte of a read or the acknowledgement of a write, at the device.
    pub latency: Q<Span>,
    /// Sustained bandwidth of one storage node, for reads and writes together. What belongs to function number f (image,
    /// snapshot, data) is on node f modulo the number of all storage nodes, and who fetches from one node shares it fairly.
    pub bandwidth: Q<BitsPerSec>,
    /// Power of one storage node without reads or writes.
    pub idle_power: Q<Watts>,
    /// Power of one storage node at its full bandwidth; as without reads or writes where it is left out.
    #[serde(default)]
    pub busy_power: Option<Q<Watts>>,
    /// Purchase price of one storage node.
    pub price: Price,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// The network between nodes, pools and storage.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fabric {
    /// Packet-switched Ethernet, leaf switches under spine switches.
    LeafSpine(LeafSpine),
    /// Circuit-switched optics.
    Photonic(Photonic),
}

/// Packet-switched Ethernet: `T = 2·NIC + 3·switch + length·5 ns/m + bytes/rate`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeafSpine {
    /// Name of the part.
    pub part: String,
    /// Delay of one switch; a message crosses leaf, spine and leaf.
    pub switch_latency: Q<Span>,
    /// Propagation time from end to end, 5 ns per metre of fibre.
    pub propagation: Q<Span>,
    /// Rate of one port in each direction. Power and price of a port are of this rate: interfaces have it too, or say how
    /// many ports they take (`nic.ports`); pools and storage nodes take as many as carry their bandwidth.
    pub port_rate: Q<BitsPerSec>,
    /// Power of one switch port with its transceiver, whether used or not.
    pub port_power: Q<Watts>,
    /// Purchase price of one switch port with its transceiver.
    pub port_price: Price,
    /// Switch ports for each port of a device: the leaf port and its share of leaf-to-spine links.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub ports_per_device: f64,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// Circuit-switched optics: `T = reconfiguration + 2·NIC + propagation + bytes/rate`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Photonic {
    /// Name of the part.
    pub part: String,
    /// Time to set up a circuit; paid by every message and once by every run with remote memory.
    pub reconfiguration: Q<Span>,
    /// Propagation time from end to end, 5 ns per metre of fibre.
    pub propagation: Q<Span>,
    /// Energy per transported bit, beyond what interfaces and ports draw at all times.
    pub energy_per_bit: EnergyPerBit,
    /// Rate of one port in each direction. Power and price of a port are of this rate: interfaces have it too, or say how
    /// many ports they take (`nic.ports`); pools and storage nodes take as many as carry their bandwidth.
    pub port_rate: Q<BitsPerSec>,
    /// Power of one switch port, whether used or not.
    pub port_power: Q<Watts>,
    /// Purchase price of one port of the switch.
    pub port_price: Price,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// The building.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Power usage effectiveness: power of the building over power of its machines.
    #[schemars(range(min = 1.0, max = 5.0))]
    pub pue: f64,
    /// Price of electricity.
    pub electricity: Q<UsdPerKwh>,
    /// Time over which hardware is written off.
    pub hardware_life: Q<Years>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

fn one() -> u32 {
    1
}

fn ten_minutes() -> Q<Span> {
    Q(Span::from_secs(600))
}
