//! Where requests go, and what they do where no sandbox is free.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use crate::units::Span;

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
    /// The node on which least is left over in all dimensions (cores, memory, pool memory, bandwidth, accelerators).
    BestFit,
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
    /// When a node can run it; requests wait in one queue, first come first served.
    #[default]
    Late,
}

/// Parameters of the placements that have any, and what requests do that find no free sandbox.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dispatch {
    /// Nodes that `power-of-d` draws.
    #[schemars(range(min = 1, max = 16))]
    pub choices: u32,
    /// Load bound of the placements that have one: with `bounded-hashing`, no node gets more than this times the mean
    /// load, rounded up; with `random-load-update` and `package-locality`, requests per core.
    #[schemars(range(min = 1.001, max = 1000.0))]
    pub load_bound: f64,
    /// Places of each node on the ring of consistent hashing.
    #[schemars(range(min = 1, max = 10_000))]
    pub ring_points: u32,
    /// With `random-load-update`: time between two tellings of the loads.
    pub load_age: Q<Span>,
    /// Nodes in one rack.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub rack_nodes: u32,
    /// Whether a request that finds no free sandbox starts one, or waits for one that is busy.
    pub when_busy: WhenBusy,
    /// With `when_busy = "wait-if-shorter"`: it waits where the expected wait is below this times the cold start.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub wait_factor: f64,
    /// Whether a node without work takes a request that waits for another node; with `binding = "early"`.
    pub steal: Steal,
    /// Whether invocations of one function that arrive at the same time are a gang: all start at once, or none.
    pub gangs: bool,
}

impl Default for Dispatch {
    fn default() -> Self {
        Self {
            choices: 2,
            load_bound: 1.25,
            ring_points: 100,
            load_age: Q(Span::from_secs(10)),
            rack_nodes: 16,
            when_busy: WhenBusy::Start,
            wait_factor: 1.0,
            steal: Steal::Never,
            gangs: false,
        }
    }
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
