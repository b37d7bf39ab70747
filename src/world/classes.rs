//! Which run times and paths hold for a function on a host.

use crate::ids::{FunctionId, HostId};
use crate::memory::run::Execution;
use crate::units::{Bytes, Span};

use super::hardware::{Hardware, Hosts};
use super::paths::Paths;

/// Run times by group of hosts and memory profile, paths by group of hosts and what is moved.
#[derive(Debug)]
pub(super) struct Classes {
    /// Whether all functions are alike on all hosts; then these are theirs, and nothing needs to be looked up.
    alike: bool,
    first: (Execution, Paths),
    executions: Vec<Execution>,
    /// By group, where its run times begin; behind them follow those of the next.
    first_of: Vec<usize>,
    paths: Vec<Paths>,
    profiles: usize,
    transfers: usize,
    /// By function; empty where all have the first.
    profile_of: Vec<u32>,
    transfers_of: Vec<u32>,
    /// By host; empty where there is one group.
    group_of: Vec<u8>,
    uses_pools: Vec<bool>,
    offset: Span,
    /// Whether the platform's decision is the last that happens before any request is served.
    pub(super) nothing_to_receive: bool,
}

impl Classes {
    pub(super) fn new(hardware: &Hardware) -> Self {
        let first = &hardware.hosts[0];
        let groups = hardware.hosts.iter().enumerate();
        let group_of = groups.flat_map(|(group, hosts)| std::iter::repeat_n(group as u8, hosts.count as usize));
        Self {
            alike: hardware.hosts.len() == 1 && first.executions.len() == 1 && first.paths.len() == 1,
            first: (first.executions[0], first.paths[0]),
            executions: hardware.hosts.iter().flat_map(|hosts| hosts.executions.iter().copied()).collect(),
            paths: hardware.hosts.iter().flat_map(|hosts| hosts.paths.iter().copied()).collect(),
            first_of: first_of(hardware),
            profiles: first.distances.len(),
            transfers: first.paths.len(),
            profile_of: hardware.profiles.iter().copied().collect(),
            transfers_of: hardware.transfers.iter().copied().collect(),
            group_of: if hardware.hosts.len() > 1 { group_of.collect() } else { Vec::new() },
            uses_pools: hardware.hosts.iter().map(|hosts| hosts.uses_pools).collect(),
            offset: hardware.least_offset(),
            nothing_to_receive: hardware
                .hosts
                .iter()
                .flat_map(|hosts| &hosts.paths)
                .all(|paths| paths.offset() == hardware.least_offset() && paths.transfers[0] == Bytes::ZERO),
        }
    }
    /// Until the platform decides on a request.
    pub(super) fn offset(&self) -> Span {
        self.offset
    }
    /// The group of a host.
    #[inline]
    pub(super) fn group(&self, host: HostId) -> usize {
        self.group_of.get(host.index()).copied().unwrap_or(0).into()
    }
    /// Whether sandboxes on a host may use pools.
    pub(super) fn uses_pools(&self, host: HostId) -> bool {
        self.uses_pools[self.group(host)]
    }
    /// The number of the run times of a function on a host with this split of memory, in order of groups, splits and
    /// memory profiles.
    #[inline]
    pub(super) fn profile(&self, function: FunctionId, host: HostId, split: u8) -> usize {
        let profile = self.profile_of.get(function.index()).copied().unwrap_or(0) as usize;
        self.first_of[self.group(host)] + usize::from(split) * self.profiles + profile
    }
    /// Run times of a function on a host, with this split of memory.
    #[inline(always)]
    pub(super) fn execution(&self, function: FunctionId, host: HostId, split: u8) -> &Execution {
        if self.alike { &self.first.0 } else { self.own_execution(function, host, split) }
    }
    #[inline(never)]
    fn own_execution(&self, function: FunctionId, host: HostId, split: u8) -> &Execution {
        &self.executions[self.profile(function, host, split)]
    }
    /// Whether all functions are alike on all hosts, with [these](Classes::first).
    pub(super) fn are_alike(&self) -> bool {
        self.alike
    }
    /// Run times and paths of the first function on the first host.
    #[inline(always)]
    pub(super) fn first(&self) -> &(Execution, Paths) {
        &self.first
    }
    /// Whether no run is changed by what others do, with cores of its own.
    pub(super) fn are_undisturbed(&self) -> bool {
        self.executions.iter().all(|run| !run.is_remote()) && self.paths.iter().all(|paths| !paths.moves())
    }
    /// What is left of the way of a function's requests to a host when the platform has decided.
    pub(super) fn rest_of_way(&self, function: FunctionId, host: HostId) -> Span {
        self.paths(function, host).offset().saturating_sub(self.offset)
    }
    /// Paths of a function's requests to a host.
    #[inline(always)]
    pub(super) fn paths(&self, function: FunctionId, host: HostId) -> &Paths {
        if self.alike { &self.first.1 } else { self.own_paths(function, host) }
    }
    #[inline(never)]
    fn own_paths(&self, function: FunctionId, host: HostId) -> &Paths {
        let transfers = self.transfers_of.get(function.index()).copied().unwrap_or(0) as usize;
        &self.paths[self.group(host) * self.transfers + transfers]
    }
}

/// Where the run times of each group of hosts begin.
fn first_of(hardware: &Hardware) -> Vec<usize> {
    let mut first = 0;
    let of = |hosts: &Hosts| {
        first += hosts.executions.len();
        first - hosts.executions.len()
    };
    hardware.hosts.iter().map(of).collect()
}
