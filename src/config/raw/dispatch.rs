//! Where requests go, and what they do where no sandbox is free.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{Steal, WhenBusy};
use super::super::quantity::Q;
use crate::units::Span;

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
