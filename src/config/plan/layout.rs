//! One data centre: its platform, its groups of hardware, and what they add up to.

use super::{Affinity, Fabric, NodeGroup, PoolGroup, Serverful, Serverless, Site, StorageGroup};
use crate::config::choice::PriceBasis;
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
    /// On which groups of nodes functions run; the first entry that selects a function counts.
    pub affinity: Vec<Affinity>,
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
    /// From what was typed, with the names of the workload's classes, and which prices count.
    pub fn resolve(raw: &raw::Layout, classes: &[Option<&str>], prices: PriceBasis) -> Self {
        let pools = raw.memory_pools.as_ref().map_or(&[][..], raw::Groups::all);
        let pool = |raw: &raw::MemoryPools, name| PoolGroup::resolve(raw, name, prices);
        let pool_groups = named(pools, |pools| (pools.name.as_ref(), "pool"), pool);
        let node = |raw: &raw::Nodes, name| NodeGroup::resolve(raw, name, &pool_groups, prices);
        let node_groups = named(raw.nodes.all(), |nodes| (nodes.name.as_ref(), nodes.kind.name()), node);
        let storage = |raw: &raw::StoragePool, name| StorageGroup::resolve(raw, name, prices);
        let storage_groups = named(raw.storage.all(), |storage| (storage.name.as_ref(), "storage"), storage);
        let platform = Platform::resolve(&raw.platform);
        let groups: Vec<&str> = node_groups.iter().map(|group| group.name.as_str()).collect();
        let affinity = match &raw.platform {
            raw::Platform::Serverless(raw) => &raw.affinity[..],
            raw::Platform::Serverful(_) => &[],
        };
        let affinity = affinity.iter().map(|raw| Affinity::resolve(raw, &groups, classes)).collect();
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
            affinity,
            platform,
            node_groups,
            pool_groups,
            storage_groups,
            fabric: Fabric::resolve(&raw.fabric, prices),
            site: Site::resolve(&raw.site),
        }
    }

    /// Local and pooled memory.
    pub fn memory(&self) -> Bytes {
        self.local_memory + self.pool_memory
    }

    /// Whether runs of any node group may have part of their memory in pools.
    pub fn has_remote_runs(&self) -> bool {
        self.node_groups.iter().any(|group| group.local_share_min < 1.0)
    }

    /// Nodes, and cores of one, by group of nodes.
    pub fn cores_of_groups(&self) -> Vec<(u32, u32)> {
        self.node_groups.iter().map(|group| (group.count, group.cores)).collect()
    }

    /// How many nodes there are in all groups.
    pub fn nodes(&self) -> u64 {
        self.node_groups.iter().map(|group| u64::from(group.count)).sum()
    }

    /// What it is, for tables: the platform on the hardware.
    pub fn kind(&self) -> &'static str {
        match (&self.platform, self.pool_groups.is_empty(), self.node_groups.len()) {
            (Platform::Serverful(_), _, _) => "virtual machines on servers",
            (Platform::Serverless(_), true, 1) => "functions on nodes with local memory",
            (Platform::Serverless(_), true, _) => "functions on nodes of several kinds with local memory",
            (Platform::Serverless(_), false, 1) => "functions on nodes with remote memory",
            (Platform::Serverless(_), false, _) => "functions on nodes of several kinds, with remote memory",
        }
    }
}

/// The groups with their names: as typed, or by what they are, with their numbers where several would be called alike.
fn named<'r, R, G>(
    groups: &'r [R],
    name_of: impl Fn(&'r R) -> (Option<&'r String>, &'static str),
    group: impl Fn(&'r R, String) -> G,
) -> Vec<G> {
    let names: Vec<_> = groups.iter().map(name_of).collect();
    let unnamed = |kind: &str| names.iter().filter(|(name, other)| name.is_none() && *other == kind).count();
    let name = |index: usize| match names[index] {
        (Some(name), _) => name.clone(),
        (None, kind) if unnamed(kind) == 1 => kind.to_owned(),
        (None, kind) => format!("{kind}-{index}"),
    };
    groups.iter().enumerate().map(|(index, raw)| group(raw, name(index))).collect()
}

/// Of so many things of each size, together.
fn sum(each: impl Iterator<Item = (Bytes, u32)>) -> Bytes {
    Bytes(each.fold(0, |sum, (size, count)| size.0.saturating_mul(u64::from(count)).saturating_add(sum)))
}
