//! Parameters of where requests go.

use crate::config::choice::{Steal, WhenBusy};
use crate::config::raw;
use crate::units::Span;

/// Parameters of the placements that have any, and what requests do that find no free sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch {
    /// Nodes that `power-of-d` draws.
    pub choices: u32,
    /// Load bound of the placements that have one: with `bounded-hashing`, no node gets more than this times the
    /// mean load, rounded up; with `random-load-update` and `package-locality`, requests per core.
    pub load_bound: f64,
    /// Places of each node on the ring of consistent hashing.
    pub ring_points: u32,
    /// With `random-load-update`: time between two tellings of the loads.
    pub load_age: Span,
    /// Nodes in one rack.
    pub rack_nodes: u32,
    /// Whether a request that finds no free sandbox starts one, or waits for one that is busy.
    pub when_busy: WhenBusy,
    /// With `when_busy = "wait-if-shorter"`: it waits where the expected wait is below this times the cold start.
    pub wait_factor: f64,
    /// Whether a node without work takes a request that waits for another node; with `binding = "early"`.
    pub steal: Steal,
    /// Whether invocations of one function that arrive at the same time are a gang: all start at once, or none.
    pub gangs: bool,
}

impl Dispatch {
    /// From what was typed.
    pub fn resolve(raw: &raw::Dispatch) -> Self {
        Self {
            choices: raw.choices,
            load_bound: raw.load_bound,
            ring_points: raw.ring_points,
            load_age: raw.load_age.0,
            rack_nodes: raw.rack_nodes,
            when_busy: raw.when_busy,
            wait_factor: raw.wait_factor,
            steal: raw.steal,
            gangs: raw.gangs,
        }
    }
}

impl Default for Dispatch {
    fn default() -> Self {
        Self::resolve(&raw::Dispatch::default())
    }
}
