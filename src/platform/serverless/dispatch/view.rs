//! What a rule sees of the hosts.

use crate::ids::{FunctionId, HostId};

/// What a rule sees of the hosts. The defaults scan them; a platform that keeps them in order overrides them.
pub trait View {
    /// Hosts, up or not.
    fn hosts(&self) -> u32;
    /// Requests that run, start or wait on a host.
    fn load(&self, host: HostId) -> u32;
    /// Whether an idle sandbox of `function` is there.
    fn is_warm(&self, host: HostId, function: FunctionId) -> bool;
    /// Whether the request at hand could start there now: a core and room.
    fn can_take(&self, host: HostId) -> bool;
    /// Whether a host may get the request at all: it is not down, and not barred for its function.
    fn is_up(&self, _host: HostId) -> bool {
        true
    }
    /// Whether a host has memory for the request at hand now, or an idle sandbox for it, whether a core is free or not.
    /// A host that has none is not chosen while another one has it.
    fn has_memory(&self, _host: HostId) -> bool {
        true
    }
    /// Hosts that are up.
    fn hosts_up(&self) -> u32 {
        ids(self.hosts()).filter(|&host| self.is_up(host)).count() as u32
    }
    /// The `n`-th of them, counted from zero.
    fn nth_up(&self, n: u32) -> Option<HostId> {
        ids(self.hosts()).filter(|&host| self.is_up(host)).nth(n as usize)
    }
    /// Requests on all hosts that are up.
    fn total_load(&self) -> u64 {
        ids(self.hosts()).filter(|&host| self.is_up(host)).map(|host| u64::from(self.load(host))).sum()
    }
    /// The host with the least load among those that are up and for which `allowed` holds, the lowest number at ties:
    /// with nothing barred, join the shortest queue.
    fn least_loaded_of(&self, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        least(self, ids(self.hosts()).filter(|&host| allowed(host)))
    }
    /// The same among those that are up and have memory.
    fn least_loaded_with_memory(&self) -> Option<HostId> {
        self.least_loaded_of(|host| self.has_memory(host))
    }
    /// The same; among all that are up where none has memory.
    fn least_loaded(&self) -> Option<HostId> {
        self.least_loaded_with_memory().or_else(|| self.least_loaded_of(|_| true))
    }
}

pub(super) fn ids(hosts: u32) -> impl Iterator<Item = HostId> {
    (0..hosts).map(HostId::new)
}

/// The least loaded of some hosts that is up, the first of them at ties.
pub(super) fn least<V: View + ?Sized>(view: &V, some: impl Iterator<Item = HostId>) -> Option<HostId> {
    some.filter(|&host| view.is_up(host)).min_by_key(|&host| view.load(host))
}
/// The same of those that have memory too.
pub(super) fn least_with_memory<V: View + ?Sized>(view: &V, some: impl Iterator<Item = HostId>) -> Option<HostId> {
    least(view, some.filter(|&host| view.has_memory(host)))
}
