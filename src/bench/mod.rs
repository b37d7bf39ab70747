//! How fast the simulator is on this machine: the event queue alone, and a replay of functions.
//!
//! Figures depend on the machine and the moment; what was simulated does not, and is printed beside them.

mod clock;
pub mod hold;
mod print;
pub mod replay;

use std::fmt;

use serde::Serialize;

use crate::problem::Problems;

pub use clock::CpuClock;
use print::{grouped, peak};

/// The numbers of pending events of the overview.
const PENDING: [u64; 4] = [1_000, 100_000, 1_000_000, 10_000_000];
/// Operations timed for each.
const EVENTS: u64 = 4_000_000;

/// `sdcsim bench`: both tests, at a few sizes.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// The event queue at rising numbers of pending events.
    pub hold: Vec<hold::HoldResult>,
    /// A replay over 20 hosts in turn, and one over 100 hosts by load.
    pub replay: Vec<replay::ReplayResult>,
}

impl Overview {
    /// Runs them, telling `progress` what comes next.
    pub fn run(mut progress: impl FnMut(&str)) -> Result<Self, Problems> {
        let mut overview = Self { hold: Vec::new(), replay: Vec::new() };
        for pending in PENDING {
            progress(&format!("event queue, {pending} pending"));
            overview.hold.push(hold::run(&hold::HoldSpec { pending, events: EVENTS, ..hold::HoldSpec::default() }));
        }
        for (hosts, placement) in [(20, replay::Place::RoundRobin), (100, replay::Place::LeastLoaded)] {
            progress(&format!("replay over {hosts} hosts"));
            let spec = replay::ReplaySpec { hosts, placement, ..replay::ReplaySpec::default() };
            overview.replay.push(replay::run(&spec, &mut ())?);
        }
        Ok(overview)
    }
}

impl fmt::Display for Overview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for result in &self.hold {
            writeln!(f, "{result}")?;
        }
        for result in &self.replay {
            writeln!(f, "{result}")?;
        }
        Ok(())
    }
}
