//! Configuration resolved: a plan is valid by construction.

mod checks;
mod rules;

pub use rules::{WrongRule, check_serverless_rules};

use crate::config::raw;
use crate::problem::Problems;
use crate::units::Bytes;

use super::load::Loaded;

/// An experiment that can be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The experiment as typed, with all defaults.
    pub experiment: raw::Experiment,
    /// The layouts, resolved.
    pub layouts: Vec<Layout>,
}

/// A layout that can be built.
#[derive(Clone, Debug)]
pub struct Layout {
    /// As typed, with all defaults.
    pub parts: raw::Layout,
    /// Cores of one node.
    pub node_cores: u32,
    /// Cores of all nodes.
    pub cores: u64,
    /// Memory beside the cores, of all nodes.
    pub local_memory: Bytes,
    /// Memory of all pools.
    pub pool_memory: Bytes,
    /// Share of each function's memory that is local.
    pub local_share: f64,
    /// Virtual machines that the nodes hold; zero for serverless platforms.
    pub vm_limit: u32,
}

impl Layout {
    /// Local and pooled memory.
    pub fn memory(&self) -> Bytes {
        self.local_memory + self.pool_memory
    }
    /// What it is, for tables: the platform on the hardware.
    pub fn kind(&self) -> &'static str {
        match (&self.parts.platform, &self.parts.memory_pools) {
            (raw::Platform::Serverful(_), _) => "virtual machines on servers",
            (raw::Platform::Serverless(_), None) => "functions on nodes with local memory",
            (raw::Platform::Serverless(_), Some(_)) => "functions on nodes with remote memory",
        }
    }

    fn resolve(parts: &raw::Layout) -> Self {
        let nodes = &parts.nodes;
        let node_cores = nodes.cpu.cores.saturating_mul(nodes.packages);
        let pools = parts.memory_pools.as_ref();
        let vm_limit = match &parts.platform {
            raw::Platform::Serverless(_) => 0,
            raw::Platform::Serverful(serverful) => {
                let by_memory = nodes.memory.capacity.0.0 / serverful.vm.memory.0.0.max(1);
                let per_node = u64::from(node_cores / serverful.vm.vcpus.max(1)).min(by_memory);
                u32::try_from(per_node.saturating_mul(u64::from(nodes.count))).unwrap_or(u32::MAX)
            }
        };
        Self {
            node_cores,
            cores: u64::from(node_cores) * u64::from(nodes.count),
            local_memory: Bytes(nodes.memory.capacity.0.0.saturating_mul(u64::from(nodes.count))),
            pool_memory: pools
                .map_or(Bytes::ZERO, |pools| Bytes(pools.capacity.0.0.saturating_mul(u64::from(pools.count)))),
            local_share: pools.map_or(1.0, |pools| pools.local_share),
            vm_limit,
            parts: parts.clone(),
        }
    }
}

/// Resolves an experiment; every combination that cannot be run is a problem, located where it was typed.
pub fn resolve(loaded: &Loaded<raw::Experiment>) -> Result<Plan, Problems> {
    let layouts: Vec<Layout> = loaded.raw.layout.iter().map(Layout::resolve).collect();
    let problems = checks::experiment(loaded, &layouts);
    problems.or_ok(Plan { experiment: loaded.raw.clone(), layouts })
}
