//! What hosts and pools have, and what sandboxes need on them.

use crate::ids::{FunctionId, FunctionKind, HostId, IdVec};
use crate::units::Bytes;

pub use super::splits::Need;
use super::splits::Splits;

/// Some of at most 64 groups, a bit for each.
pub type Groups = u64;

/// All groups.
pub const ALL_GROUPS: Groups = Groups::MAX;

/// The most groups of hosts, and of pools.
pub const MOST_GROUPS: usize = Groups::BITS as usize;

/// The groups of a set, by number.
pub(crate) fn each(mut groups: Groups) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let group = (groups != 0).then(|| groups.trailing_zeros() as usize)?;
        groups &= groups - 1;
        Some(group)
    })
}

/// What a sandbox of each function holds on a host of each group, where it has the split that it prefers.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// How many groups differ; one where all are alike.
    groups: usize,
    /// By function, then by group.
    of: Vec<Need>,
    /// By group, what the split gives way to; empty where none does.
    splits: Vec<Splits>,
}

impl Needs {
    /// For so many functions on so many groups of hosts.
    pub fn new(functions: usize, groups: usize, need: impl Fn(FunctionId, usize) -> Need) -> Self {
        let need = &need;
        let of = |function| (0..groups).map(move |group| need(FunctionId::new(function as u32), group));
        Self { groups, of: (0..functions).flat_map(of).collect(), splits: Vec::new() }
    }
    /// For functions with so much `memory` each, divided by the `splits` of each group of hosts.
    pub fn split(memory: impl ExactSizeIterator<Item = Bytes>, splits: Vec<Splits>) -> Self {
        let functions: Vec<Bytes> = memory.collect();
        let preferred = |function: FunctionId, group: usize| splits[group].preferred_of(functions[function.index()]);
        let needs = Self::new(functions.len(), splits.len(), preferred);
        let give_way = splits.iter().any(Splits::give_way);
        Self { splits: if give_way { splits } else { Vec::new() }, ..needs }
    }
    /// Whether any split gives way to others.
    #[inline]
    pub fn give_way(&self) -> bool {
        !self.splits.is_empty()
    }
    /// The least that a sandbox needs of a host of a group, with so much room in a pool; `None` where even that is not
    /// enough.
    pub fn least_local(&self, function: FunctionId, group: usize, pool: Bytes) -> Option<Bytes> {
        let preferred = self.of(function, group);
        match self.splits.get(group) {
            Some(splits) => splits.least_local(preferred.total(), pool),
            None => (preferred.remote <= pool).then_some(preferred.local),
        }
    }
    /// The split nearest to the preferred one that finds room on a host of a group and in a pool, with its number.
    pub fn nearest(&self, function: FunctionId, group: usize, host: Bytes, pool: Bytes) -> Option<(usize, Need)> {
        let preferred = self.of(function, group);
        match self.splits.get(group) {
            Some(splits) => splits.nearest(preferred.total(), host, pool),
            None => (preferred.local <= host && preferred.remote <= pool).then_some((0, preferred)),
        }
    }
    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.of.len() / self.groups.max(1)
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
    /// The function whose memory is the median of all, the smaller one of two.
    pub fn median(&self) -> Option<FunctionId> {
        let mut all: Vec<(Bytes, u32)> =
            self.of.iter().step_by(self.groups.max(1)).map(|need| need.total()).zip(0..).collect();
        let middle = all.len().checked_sub(1)? / 2;
        let (_, (_, function), _) = all.select_nth_unstable(middle);
        Some(FunctionId::new(*function))
    }
    /// What a sandbox of `function` holds on a host of `group`.
    #[inline]
    pub fn of(&self, function: FunctionId, group: usize) -> Need {
        if self.groups == 1 { self.of[function.index()] } else { self.of[function.index() * self.groups + group] }
    }
}

/// The same on all hosts.
impl FromIterator<Need> for Needs {
    fn from_iter<I: IntoIterator<Item = Need>>(needs: I) -> Self {
        Self { groups: 1, of: needs.into_iter().collect(), splits: Vec::new() }
    }
}
impl From<IdVec<FunctionKind, Need>> for Needs {
    fn from(needs: IdVec<FunctionKind, Need>) -> Self {
        needs.iter().copied().collect()
    }
}

/// Hosts that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostGroup {
    /// How many.
    pub hosts: u32,
    /// Cores of a host; `u32::MAX` for unlimited.
    pub cores: u32,
    /// Memory of a host; [`Bytes::MAX`] for unlimited.
    pub memory: Bytes,
    /// Bandwidth of a host in bit/s and accelerators in it, for requests that need some.
    pub other_demands: [u64; 2],
    /// The groups of pools that its hosts may use.
    pub pools: Groups,
}

/// Memory pools that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolGroup {
    /// How many.
    pub pools: u32,
    /// Memory of a pool.
    pub memory: Bytes,
}

/// The hosts and the memory pools, in at most [`MOST_GROUPS`] groups each. Both are numbered through in the order of their
/// groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Hosts; at least one.
    pub groups: Vec<HostGroup>,
    /// Pools; none where all memory is local.
    pub pools: Vec<PoolGroup>,
}

impl Shape {
    /// Hosts that are all alike, without pools.
    pub fn uniform(hosts: u32, cores: u32, memory: Bytes) -> Self {
        let group = HostGroup { hosts, cores, memory, other_demands: [0; 2], pools: ALL_GROUPS };
        Self { groups: vec![group], pools: Vec::new() }
    }
    /// The same with a group of pools more, where it has any.
    pub fn with_pools(mut self, pools: u32, memory: Bytes) -> Self {
        if pools > 0 {
            self.pools.push(PoolGroup { pools, memory });
        }
        self
    }
    /// The same with bandwidth and accelerators in each host.
    pub fn with_extras(mut self, other_demands: [u64; 2]) -> Self {
        for group in &mut self.groups {
            group.other_demands = other_demands;
        }
        self
    }

    /// How many hosts there are.
    pub fn hosts(&self) -> u32 {
        self.groups.iter().map(|group| group.hosts).sum()
    }
    /// How many pools there are.
    pub fn pools(&self) -> u32 {
        self.pools.iter().map(|group| group.pools).sum()
    }
    /// The group of a host that exists.
    pub fn group_of(&self, host: HostId) -> usize {
        let mut first = 0;
        let behind = |group: &HostGroup| {
            first += group.hosts;
            host.raw() < first
        };
        self.groups.iter().position(behind).expect("the host exists")
    }
    /// All groups of hosts.
    pub fn all(&self) -> Groups {
        ALL_GROUPS >> (MOST_GROUPS - self.groups.len().clamp(1, MOST_GROUPS))
    }
    /// Whether all hosts are alike, and all pools, and each host may use any of these.
    pub fn is_uniform(&self) -> bool {
        let pools = self.pools.len();
        self.groups.len() == 1 && pools <= 1 && (pools == 0 || self.groups[0].pools & 1 == 1)
    }
}
