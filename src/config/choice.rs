//! What can be chosen by a word: enums without units or options, as typed in files and as models read them.
//!
//! Defined once, since a word needs no resolving; [`super::plan`] has them by their names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which node gets a request; docs/models/dispatch.md has each one's definition, source and published effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// The nodes in turn.
    RoundRobin,
    /// The node with the fewest requests running or waiting; ties go to the lowest number.
    LeastLoaded,
    /// A node with an idle sandbox of the function, else the least loaded.
    #[default]
    FirstWarm,
    /// Any node, by chance.
    Random,
    /// The least loaded of `dispatch.choices` nodes drawn by chance.
    PowerOfD,
    /// The node that has been without a request for longest; any node by chance where all have some.
    JoinIdleQueue,
    /// Hiku: of the nodes that hold an idle sandbox of the function, the one with the fewest requests; the least loaded of
    /// all where none holds one.
    Pull,
    /// OpenWhisk: the function's home node, then on in its co-prime step until a node has a free core and memory; any by
    /// chance where none has.
    OpenWhisk,
    /// Consistent hashing with bounded loads: on the ring from the function's place to the first node below the bound.
    BoundedHashing,
    /// The same with loads that are told every `dispatch.load_age` and blurred by chance (CH-RLU); the bound is in requests
    /// per core.
    RandomLoadUpdate,
    /// The less loaded of the two nodes that hold the packages of the function's application; the least loaded of all
    /// where that one has more requests than the bound times its cores.
    PackageLocality,
    /// The least loaded node that can take the request, in the rack that holds the data of the function's application,
    /// else in any.
    DataLocality,
    /// The least loaded node that can take the request, in the rack where the function ran last, else in any.
    RackAware,
    /// The lowest-numbered node with an idle sandbox of the function, else the lowest-numbered one where a new sandbox fits
    /// now, else the first node, where it waits.
    FirstFit,
    /// The node on which least is left over in all dimensions (cores, memory, pool memory, bandwidth, accelerators).
    BestFit,
    /// The node on which most is left over.
    WorstFit,
    /// The node whose free resources are best aligned with the demand.
    DotProduct,
    /// Tetris: the node with the highest alignment score among those where the demand fits.
    Tetris,
}

/// When the node is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// At arrival; a request waits in its node's queue even when another node becomes free.
    Early,
    /// When a node can run it; requests wait in one queue for each set of node groups that they may run on, first come first served.
    #[default]
    Late,
}

/// Whether a request that arrives may start while others wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QueueOrder {
    /// It is tried first: an idle sandbox takes it, else it starts a new one where there is room; else it joins the queue.
    #[default]
    ArrivalFirst,
    /// It joins the queue behind those that wait for its node (late binding: for all nodes that it may run on).
    Strict,
}

/// What a request does that finds no free sandbox of its function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenBusy {
    /// It starts one and waits for that.
    #[default]
    Start,
    /// It waits for a busy one where that is expected to be free before a new one would be ready.
    WaitIfShorter,
    /// It starts one, and takes whichever is free first.
    Both,
}

/// Whether a node without work takes requests that wait for another node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Steal {
    /// It does not.
    #[default]
    Never,
    /// The first request of the longest queue.
    Head,
    /// The last request of the longest queue.
    Tail,
}

/// How the cores of a node are shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CpuSharing {
    /// A request has a core to itself from start to end, and waits until one is free.
    #[default]
    Exclusive,
    /// All running requests share all cores fairly (processor sharing).
    Shared,
}

/// When the code of functions is in the memory of a virtual machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CodeLoading {
    /// That of every function, on every machine, from its boot on.
    #[default]
    All,
    /// While requests of the function run there, within their memory; it is there at once, which is the best case for
    /// servers.
    OnUse,
}

/// What a request holds of its node's cores, where it has them to itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CoreRule {
    /// One core, whatever its memory; it is billed for the memory that buys one at least.
    #[default]
    Whole,
    /// As much as its memory buys.
    ByMemory,
    /// What the tier has into which its memory falls.
    Tiers,
}

/// Who pays for the memory of idle sandboxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdlePayer {
    /// The provider: it is in the cost of the hardware.
    #[default]
    Provider,
    /// The user, as with provisioned concurrency.
    User,
}

/// A rule for the size of a fixed fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FleetRule {
    /// As many as the busiest moment of the workload needs, in cores and in memory, known in advance, each request with the
    /// time that it takes alone, transfers included.
    Peak,
    /// As many as fit on the nodes.
    All,
}

/// Who decides how many sandboxes a function has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingMode {
    /// Each request that finds none free starts one; keep-alive ends them.
    #[default]
    PerRequest,
    /// The autoscaler of Knative (KPA), from the number of requests of each function.
    Knative,
    /// The horizontal autoscaler of Kubernetes (HPA), from the utilisation of each function's sandboxes.
    Hpa,
}

/// AWS Lambda until 2023.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountBurst {
    /// Requests at a time that are always allowed.
    pub initial: u32,
    /// How many more after each minute.
    pub per_minute: u32,
}

impl Default for AccountBurst {
    fn default() -> Self {
        Self { initial: 3_000, per_minute: 500 }
    }
}

/// How chance changes the delays before further attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// Not at all.
    None,
    /// Uniform from zero to the delay.
    #[default]
    Full,
    /// Half of the delay, and uniform up to as much again.
    Equal,
    /// Uniform from the base to `factor` times the delay before; 3 in its source (Brooker, AWS Architecture Blog, 2015).
    Decorrelated,
}

/// The keep-alive rule; docs/models/keep-alive.md has each one's definition, source and published effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeepAliveMode {
    /// A sandbox is removed when it has been idle for the limit; each use resets the timer.
    Fixed,
    /// A sandbox is removed at once.
    None,
    /// A sandbox is never removed, unless for want of memory.
    Forever,
    /// The hybrid histogram of idle times, for each application: removed at once and started again before the next
    /// request is likely, or kept until it is no longer likely.
    Histogram,
    /// As `histogram`, with a forecast of each function's next arrival in place of the histogram.
    Predictive,
    /// A bound, with knowledge of the future: a sandbox is kept until the arrival that it will serve if that comes within
    /// the limit, and is removed at once if not. Run times are those of the trace, without cold starts: where these are
    /// long, another rule may have fewer.
    Clairvoyant,
    /// A sandbox loses its function's code after the limit, then its language runtime, then goes; what is left serves
    /// other functions.
    Layered,
    /// A sandbox moves to a memory pool after the limit, or when its node is short of memory, and goes later. To serve
    /// again it is mapped, by `cold_start.remote`.
    RemoteTier,
}

/// When the keep-alive timer starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimerOrigin {
    /// At the end of the last request.
    #[default]
    Completion,
    /// At the arrival of the last request.
    Arrival,
}

/// What an idle time equal to the limit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Still warm.
    #[default]
    Warm,
    /// Already cold.
    Cold,
}

/// Which idle sandbox serves the next request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdleChoice {
    /// The one created first.
    Oldest,
    /// The one created last.
    Newest,
    /// The most recently used: it became idle last.
    #[default]
    Mru,
    /// The least recently used: it became idle first.
    Lru,
}

/// Which idle sandboxes are evicted when a cold start finds no memory on its node.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Eviction {
    /// The order.
    pub policy: EvictionPolicy,
    /// Whether anything is evicted where that does not make room enough; without effect with late binding, which looks for a
    /// node where it does.
    pub when_short: WhenShort,
    /// Who goes first among those of equal priority.
    pub ties: Ties,
}

/// The order in which idle sandboxes are evicted; docs/models/keep-alive.md has the formulas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvictionPolicy {
    /// The one used longest ago.
    #[default]
    Lru,
    /// The one whose function has been used least often.
    Lfu,
    /// The largest.
    Size,
    /// Greedy-dual: clock + uses × cold-start time / memory (FaasCache).
    GreedyDual,
    /// Landlord: a credit of the cold-start time, charged in proportion to memory, renewed at each use.
    Landlord,
}

/// Whether anything is evicted where that does not make room enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenShort {
    /// Nothing: all that is needed, or none.
    #[default]
    Keep,
    /// All the same: one after the other until it fits or none is left.
    Evict,
}

/// Who goes first among those of equal priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// The one used longest ago; then the one created first.
    #[default]
    LastUse,
    /// The one created first.
    Oldest,
    /// The one created last.
    Newest,
}

/// Where snapshots lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotPlace {
    /// On the storage nodes, for all nodes.
    Store,
    /// On each node on which a start of the function has been completed.
    Node,
}

/// From when a function has a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Templates {
    /// From its deployment, before the first request.
    #[default]
    Deployed,
    /// Made after its first start is complete, in the time `prepare`.
    FirstStart,
    /// Never: only sandboxes that `keep_alive.mode = "remote-tier"` has moved to a pool are mapped.
    Never,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// A classic server: processors, DRAM, disk and network card in one case.
    Server,
    /// A system in package: cores, HBM and a photonic interface.
    Sip,
}

impl NodeKind {
    /// As it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Sip => "sip",
        }
    }
}

/// How closely contention for a pool is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fidelity {
    /// Latency under the load at the start of a run holds for the whole run.
    Analytic,
    /// Latency and demand are solved again, for all that reads from a pool, whenever something begins or ends; latencies are
    /// on a grid with steps of 0.1 %.
    #[default]
    Fluid,
}

/// What becomes of durations that are zero or negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DurationFloor {
    /// They count as 1 ms, and the report says how many.
    #[default]
    OneMillisecond,
    /// The function (2019) or invocation (2021) is left out, and the report says how many.
    Drop,
}

/// What becomes of functions that one of the files leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MissingRows {
    /// They are left out, and the report says how many.
    #[default]
    Drop,
    /// They get the default duration and memory.
    Fill,
}

/// How an application's memory is given to its functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemorySplit {
    /// Divided by the number of its functions, rounded up to a MiB (as FaaSCache and Iluvatar do).
    #[default]
    CeilDivision,
    /// Divided by the number of its functions (as InVitro does).
    PlainDivision,
    /// Each function holds the application's largest percentile (as DSLab does).
    MaxPercentile,
    /// Each function holds the whole application's memory.
    WholeApp,
}

/// Which figure of an application's memory is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryChoice {
    /// The average.
    #[default]
    Average,
    /// Drawn once per function from the percentiles, piecewise linear.
    Sampled,
    /// The largest percentile.
    Maximum,
}

/// What differs from one replication to the next, and so what intervals over replications are about. All layouts see the
/// same in each replication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Vary {
    /// Durations and all that platforms draw; requests arrive at the same instants.
    Draws,
    /// Besides, the instants of arrivals: within each minute of a trace that counts by the minute, and all of a generated
    /// workload. Those of a trace that lists each request stay.
    #[default]
    Arrivals,
    /// Besides, the functions: of a generated workload another population of the same distributions; of a trace its
    /// applications, drawn again with replacement (bootstrap), and of a trace of two days or more its days too, each as a block.
    Population,
}

/// How counts per minute become arrivals within the minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// Independent uniform points in order: a Poisson process, given its count.
    #[default]
    SortedUniform,
    /// The first at the start of the minute, exponential gaps scaled to fill it, as InVitro's load generator does
    /// (Ustiugov et al., WORDS'23).
    Exponential,
    /// Evenly spaced, the first at the start of the minute, as FaaSCache does.
    Even,
    /// All at the start of the minute.
    MinuteStart,
}

/// How values follow each other along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// In equal steps.
    #[default]
    Linear,
    /// In equal ratios; both ends are above zero.
    Log,
}

/// How closely it is told how busy cores, memory, network interfaces, pools and storage nodes were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceDetail {
    /// Not at all, but for the metrics of `summary.csv`.
    None,
    /// By group of nodes, pools and storage nodes, in `resources.csv`.
    #[default]
    Group,
    /// By group, and in `entities/<layout>-<replication>.csv` by node, pool and storage node. Cores and memory are then
    /// followed node by node: the results are the same, and a run takes longer.
    Entity,
}

/// What the layouts of a comparison have in equal measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The same number of cores and the same memory (local plus pooled).
    #[default]
    CoresAndMemory,
    /// The same number of cores.
    Cores,
    /// The same memory (local plus pooled).
    Memory,
    /// The same purchase cost of all hardware.
    PurchaseCost,
    /// The same 99th percentile of response time; checked after the run.
    P99Latency,
    /// Nothing: the table says so.
    Nothing,
}

/// What becomes of nodes and pools that are idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Idle {
    /// They are on, and draw their idle power.
    #[default]
    On,
    /// Each is switched off once nothing has been on it for `off_after`, and draws `off_power` until something comes; it is back
    /// without a delay.
    OffAfter,
    /// They are sold to others: of hardware and idle power, only the share that is held is accounted to this workload.
    Shared,
}

/// On which basis the hardware is priced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceBasis {
    /// What one who buys thousands pays, as those who run data centres do.
    #[default]
    Volume,
    /// What the maker or a shop asks for one.
    List,
}

impl PriceBasis {
    /// As typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::List => "list",
        }
    }
}

/// How sure a number is, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Read in the source named.
    A,
    /// Measured by running the public tool named, or computed from numbers read in the sources named.
    B,
    /// Second-hand or background knowledge, not verified.
    C,
    /// A placeholder that nobody vouches for; so is a number that was changed without a source of its own.
    Unsourced,
}

impl Confidence {
    /// All, surest first.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::Unsourced];
    /// As typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
            Self::Unsourced => "unsourced",
        }
    }
}
