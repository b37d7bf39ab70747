//! What parts of a layout follow: their load, their owner, and what becomes of them when they are idle.

use crate::config::plan::Idle;

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
