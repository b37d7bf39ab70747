//! What parts of a layout are, and what they follow: their load, their owner, and what becomes of them when they are idle.

use crate::config::plan::Idle;

/// The kind of a part; energy and money are summed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartGroup {
    /// Processor packages.
    Cpu,
    /// Memory beside the cores.
    LocalMemory,
    /// Remote memory.
    MemoryPool,
    /// Network interfaces.
    Nic,
    /// Switch ports and optics.
    Fabric,
    /// Local disks.
    Disk,
    /// Storage nodes.
    Storage,
    /// Boards, cases, power supplies.
    Chassis,
}

impl PartGroup {
    /// All groups in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Cpu,
        Self::LocalMemory,
        Self::MemoryPool,
        Self::Nic,
        Self::Fabric,
        Self::Disk,
        Self::Storage,
        Self::Chassis,
    ];
    /// Its name in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::LocalMemory => "local_memory",
            Self::MemoryPool => "memory_pool",
            Self::Nic => "nic",
            Self::Fabric => "fabric",
            Self::Disk => "disk",
            Self::Storage => "storage",
            Self::Chassis => "chassis",
        }
    }
}

/// What a part draws more with than its idle power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing: it draws the same at all times.
    Steady,
    /// The cores of a group of nodes.
    Cores(usize),
    /// The interfaces of a group of nodes.
    Interfaces(usize),
    /// The bandwidth of a group of pools.
    Pools(usize),
    /// The bandwidth of a group of storage nodes.
    Storage(usize),
    /// That its owner is switched off.
    Off(Owner),
}

/// Which group a part belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// None: it is there for all.
    #[default]
    Nobody,
    /// A group of nodes.
    Nodes(usize),
    /// A group of pools.
    Pools(usize),
    /// A group of storage nodes.
    Storage(usize),
}

/// What of its owner one has to hold to have a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Uses {
    /// Cores, or memory: whichever is held more.
    #[default]
    Either,
    /// Cores.
    Cores,
    /// Memory.
    Memory,
}

/// What becomes of a part that is idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub owner: Owner,
    /// What it is for.
    pub uses: Uses,
    /// The rule of its owner.
    pub idle: Idle,
}
