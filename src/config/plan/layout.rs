//! One data centre: its platform, its groups of hardware, and what they add up to.

use super::{Fabric, NodeGroup, PoolGroup, Serverful, Serverless, Site, StorageGroup};
use crate::config::raw;
use crate::units::Bytes;

/// A layout that can be built.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Name in tables and plots; unique within the experiment.
    pub name: String,
    /// A sentence for the report.
    pub description: String,
    /// How requests reach cores.
    pub platform: Platform,
    /// The machines with cores; one group at least.
    pub node_groups: Vec<NodeGroup>,
    /// Remote memory; none where all memory is local.
    pub pool_groups: Vec<PoolGroup>,
    /// The storage nodes; one group at least.
    pub storage_groups: Vec<StorageGroup>,
    /// The network between all of them.
    pub fabric: Fabric,
    /// The building.
    pub site: Site,
    /// Cores of all nodes.
    pub cores: u64,
    /// Memory beside the cores, of all nodes.
    pub local_memory: Bytes,
    /// Memory of all pools.
    pub pool_memory: Bytes,
    /// Virtual machines that the nodes hold; zero for serverless platforms.
    pub vm_limit: u32,
}

/// How requests reach cores.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each layout")]
pub enum Platform {
    /// Functions in sandboxes that come and go with the requests.
    Serverless(Serverless),
    /// A fleet of virtual machines that serve all functions.
    Serverful(Serverful),
}

impl Platform {
    /// From what was typed.
    pub fn resolve(raw: &raw::Platform) -> Self {
        match raw {
            raw::Platform::Serverless(raw) => Self::Serverless(Serverless::resolve(raw)),
            raw::Platform::Serverful(raw) => Self::Serverful(Serverful::resolve(raw)),
        }
    }
}

impl Layout {
    /// From what was typed.
    pub fn resolve(raw: &raw::Layout) -> Self {
        let pool_groups: Vec<PoolGroup> =
            raw.memory_pools.iter().map(|pools| PoolGroup::resolve(pools, "pool".to_owned())).collect();
        let node_groups = vec![NodeGroup::resolve(&raw.nodes, "nodes".to_owned(), &pool_groups)];
        let storage_groups = vec![StorageGroup::resolve(&raw.storage, "storage".to_owned())];
        let platform = Platform::resolve(&raw.platform);
        let vm_limit = match &platform {
            Platform::Serverless(_) => 0,
            Platform::Serverful(platform) => {
                let sum = node_groups.iter().map(|group| group.machines(&platform.vm)).fold(0, u64::saturating_add);
                u32::try_from(sum).unwrap_or(u32::MAX)
            }
        };
        Self {
            name: raw.name.clone(),
            description: raw.description.clone(),
            cores: node_groups.iter().map(NodeGroup::all_cores).sum(),
            local_memory: sum(node_groups.iter().map(|group| (group.memory.capacity, group.count))),
            pool_memory: sum(pool_groups.iter().map(|group| (group.capacity, group.count))),
            vm_limit,
            platform,
            node_groups,
            pool_groups,
            storage_groups,
            fabric: Fabric::resolve(&raw.fabric),
            site: Site::resolve(&raw.site),
        }
    }

    /// Local and pooled memory.
    pub fn memory(&self) -> Bytes {
        self.local_memory + self.pool_memory
    }

    /// Whether runs of any node group have part of their memory in pools.
    pub fn has_remote_runs(&self) -> bool {
        self.node_groups.iter().any(|group| group.local_share < 1.0)
    }

    /// How many nodes there are in all groups.
    pub fn nodes(&self) -> u64 {
        self.node_groups.iter().map(|group| u64::from(group.count)).sum()
    }

    /// What it is, for tables: the platform on the hardware.
    pub fn kind(&self) -> &'static str {
        match (&self.platform, self.pool_groups.is_empty()) {
            (Platform::Serverful(_), _) => "virtual machines on servers",
            (Platform::Serverless(_), true) => "functions on nodes with local memory",
            (Platform::Serverless(_), false) => "functions on nodes with remote memory",
        }
    }
}

/// Of so many things of each size, together.
fn sum(each: impl Iterator<Item = (Bytes, u32)>) -> Bytes {
    Bytes(each.fold(0, |sum, (size, count)| size.0.saturating_mul(u64::from(count)).saturating_add(sum)))
}
