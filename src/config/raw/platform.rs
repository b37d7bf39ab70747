//! The platform: serverless functions, or a fleet of virtual machines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{
    Binding, CodeLoading, CpuSharing, Eviction, FleetRule, IdleChoice, IdlePayer, Placement, QueueOrder,
};
use super::super::quantity::Q;
use super::{Affinity, ColdStart, Cores, Dispatch, KeepAlive, Quotas, Scaling, Sources};
use crate::units::{Bytes, Gigahertz, Span, UsdPerGbSecond, UsdPerGhzSecond, UsdPerHour, UsdPerRequest};

/// How requests reach cores.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "there is one for each layout")]
pub enum Platform {
    /// Functions in sandboxes that come and go with the requests.
    Serverless(Serverless),
    /// A fleet of virtual machines that serve all functions.
    Serverful(Serverful),
}

/// A serverless platform.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Serverless {
    /// Time from the arrival of a request until the platform has decided where it runs, on every request.
    pub dispatch_delay: Q<Span>,
    /// Which node gets a request.
    #[serde(default)]
    pub placement: Placement,
    /// Parameters of the placements that have any, and what requests do that find no free sandbox.
    #[serde(default)]
    pub dispatch: Dispatch,
    /// When the node is chosen.
    #[serde(default)]
    pub binding: Binding,
    /// On which groups of nodes functions run; the first entry that selects a function counts. Without one it runs on any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affinity: Vec<Affinity>,
    /// How the cores of a node are shared.
    #[serde(default)]
    pub cpu: CpuSharing,
    /// What a request holds of them, where it has them to itself.
    #[serde(default)]
    pub cores: Cores,
    /// How many sandboxes a function has, and how many requests one of them serves at a time.
    #[serde(default)]
    pub scaling: Scaling,
    /// What accounts and functions may use, and what becomes of requests beyond it.
    #[serde(default)]
    pub quotas: Quotas,
    /// Requests at a time that functions have to themselves, no fewer and no more, whatever `quotas.function_concurrency`
    /// says; by the function's name, or `app/function` or `owner/app/function` where several have it. All others share what
    /// is left of `quotas.account_concurrency`.
    #[serde(default)]
    pub reserved_concurrency: BTreeMap<String, u32>,
    /// How long an idle sandbox is kept.
    #[serde(default)]
    pub keep_alive: KeepAlive,
    /// Which idle sandbox serves the next request.
    #[serde(default)]
    pub idle_choice: IdleChoice,
    /// Whether idle sandboxes are evicted when a cold start finds no memory.
    #[serde(default = "yes")]
    pub evict_idle: bool,
    /// Which ones, in which order.
    #[serde(default)]
    pub eviction: Eviction,
    /// Most requests waiting for a place; the next one is rejected.
    #[serde(default = "queue_limit")]
    pub queue_limit: u64,
    /// Whether a request that arrives may start while others wait. Those that wait start first come first served.
    #[serde(default)]
    pub queue_order: QueueOrder,
    /// Cores that a sandbox holds while it starts [default: 1 with `cpu = "exclusive"`, 0 with `cpu = "shared"`]. Exclusive
    /// cores: with 1 a request has its core from its decision to its end; with 0 its sandbox, idle or new, is decided on
    /// whatever cores are free, and once it is ready the request waits, first come first served, for a core of its node.
    /// Shared cores: with 1 all of allocating, booting and initialising is work on the cores; with 0 only `cold_start.boot_cpu`
    /// and `cold_start.init_cpu` are.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub start_cores: Option<u32>,
    /// The phases of a cold start, for functions without a cold-start time of their own.
    pub cold_start: ColdStart,
    /// What the user pays.
    pub prices: FunctionPrices,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// What the user of functions pays: `ceil(run/quantum)·quantum`, at least `minimum_time`, times the price of the memory,
/// which is rounded up to `memory_step` and at least `minimum_memory`, and of the clock rate that comes with it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionPrices {
    /// For memory held while running.
    pub memory: Q<UsdPerGbSecond>,
    /// For each request.
    pub request: Q<UsdPerRequest>,
    /// Run time is rounded up to a multiple of it.
    pub quantum: Q<Span>,
    /// Least run time that is billed.
    #[serde(default)]
    pub minimum_time: Q<Span>,
    /// Least memory that is billed.
    pub minimum_memory: Q<Bytes>,
    /// Memory is rounded up to a multiple of it; zero rounds nothing.
    #[serde(default)]
    pub memory_step: Q<Bytes>,
    /// Where the clock rate is billed apart: for the clock rate of the tier while running.
    #[serde(default)]
    pub clock: Q<UsdPerGhzSecond>,
    /// Sizes on offer, smallest first; memory is rounded up to the next one, and beyond the last it is billed as it is.
    #[serde(default)]
    pub tiers: Vec<PriceTier>,
    /// Who pays for the memory of idle sandboxes.
    #[serde(default)]
    pub idle: IdlePrice,
}

/// A size of function on offer.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    /// Memory of the function.
    pub memory: Q<Bytes>,
    /// Clock rate that comes with it, all its cores together.
    pub clock: Q<Gigahertz>,
}

/// Who pays for the memory of idle sandboxes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdlePrice {
    /// Who.
    pub payer: IdlePayer,
    /// What the user pays for it, where it is the user.
    pub price: Q<UsdPerGbSecond>,
}

/// A fleet of virtual machines.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Serverful {
    /// Time that the load balancer takes, on every request.
    pub dispatch_delay: Q<Span>,
    /// The machine type.
    pub vm: Vm,
    /// How many machines there are over time.
    pub fleet: Fleet,
    /// The code of functions in the memory of machines.
    #[serde(default)]
    pub code: Code,
    /// How long requests may wait and run; the same keys as on a serverless platform.
    #[serde(default)]
    pub quotas: FleetQuotas,
    /// Most requests waiting for a machine; the next one is rejected.
    #[serde(default = "queue_limit")]
    pub queue_limit: u64,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// The code of functions in the memory of virtual machines.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Code {
    /// When it is there.
    pub loaded: CodeLoading,
    /// With `loaded = "all"`: what the code of a function holds on each machine, at most all of the function's memory. A
    /// request that runs holds the rest of it.
    pub memory: Q<Bytes>,
}

/// 4 MiB is unsourced: the runtimes that functions share are in `vm.system_memory`.
impl Default for Code {
    fn default() -> Self {
        Self { loaded: CodeLoading::default(), memory: Q(Bytes::from_mib(4)) }
    }
}

/// How long requests may wait and run on a fleet.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FleetQuotas {
    /// A request that has waited for so long is lost; left out, it waits as long as it has to.
    pub queue_timeout: Option<Q<Span>>,
    /// A request that has been on its machine for so long is stopped and lost; left out, it runs as long as it has to.
    pub timeout: Option<Q<Span>>,
}

/// A virtual machine type.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vm {
    /// Name of the type.
    pub part: String,
    /// Virtual cores; one is one core of the node.
    #[schemars(range(min = 1, max = 10_000))]
    pub vcpus: u32,
    /// Memory.
    pub memory: Q<Bytes>,
    /// Memory that the operating system and the runtimes hold; requests share the rest.
    pub system_memory: Q<Bytes>,
    /// Price while it exists, from the start of its boot.
    pub price: Q<UsdPerHour>,
    /// Least time that is billed for a machine.
    pub minimum_billed: Q<Span>,
    /// Existence is billed in multiples of it.
    pub quantum: Q<Span>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// How many machines there are over time.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Fleet {
    /// Always the same number.
    Fixed(FixedFleet),
    /// Follows the utilisation of the virtual cores.
    Autoscaled(Autoscaled),
}

/// A fleet of fixed size.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedFleet {
    /// How many machines.
    pub size: FleetSize,
    /// With `size = "peak"`: spare share on top of what the peak needs of cores and memory, before that is rounded up to
    /// machines.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub headroom: f64,
}

/// How many machines a fixed fleet has: a number, `"peak"` for as many as the busiest moment of the workload
/// needs, or `"all"` for as many as fit on the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum FleetSize {
    /// This many.
    Count(u32),
    /// As many as the workload or the hardware says.
    Rule(FleetRule),
}

/// A fleet that follows its utilisation: every interval, `wanted = ceil(machines × utilisation / target)`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaled {
    /// Fewest machines.
    #[schemars(range(min = 1))]
    pub minimum: u32,
    /// Most machines; the hardware may hold fewer, which is then the limit.
    #[schemars(range(min = 1))]
    pub maximum: u32,
    /// Utilisation of the virtual cores that is aimed at.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub target: f64,
    /// Time between two evaluations.
    pub interval: Q<Span>,
    /// Time from the order of a machine until it serves.
    pub boot_delay: Q<Span>,
    /// Time for which fewer machines must be wanted before one is given up.
    pub cooldown: Q<Span>,
}

fn yes() -> bool {
    true
}
fn queue_limit() -> u64 {
    1_000_000
}
