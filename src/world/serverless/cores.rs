//! Exclusive cores that a start does not hold: a request whose sandbox is ready waits for its share of them on its host.

use std::collections::VecDeque;

use crate::ids::{FunctionId, HostId};
use crate::platform::serverless::Cores;
use crate::world::hardware::Hardware;
use crate::world::stage::JoinId;

/// The cores of all hosts, each host with a queue, first come first served.
#[derive(Debug)]
pub(super) struct OwnCores {
    /// What a request of each function has while it runs.
    shares: Cores,
    hosts: Vec<Host>,
    /// Those that have got cores and are to be told, in order.
    granted: VecDeque<JoinId>,
}

#[derive(Clone, Debug)]
struct Host {
    free: u64,
    /// Who waits, and for how much.
    waiting: VecDeque<(JoinId, u64)>,
}

impl OwnCores {
    /// All cores free.
    pub(super) fn new(hardware: &Hardware, shares: Cores) -> Self {
        let host = |cores| Host { free: shares.of_host(cores), waiting: VecDeque::new() };
        let hosts =
            hardware.hosts.iter().flat_map(|group| std::iter::repeat_n(host(group.cores), group.count as usize));
        Self { hosts: hosts.collect(), shares, granted: VecDeque::new() }
    }
    /// A core in the units of [`OwnCores::of`].
    pub(super) fn unit(&self) -> u64 {
        self.shares.unit()
    }
    /// What a request of a function has of the cores while it runs.
    pub(super) fn of(&self, function: FunctionId) -> u64 {
        self.shares.of::<true>(function)
    }
    /// Takes cores of a host for a request of a function, if they are free and nobody waits there.
    pub(super) fn take(&mut self, function: FunctionId, host: HostId) -> bool {
        let needs = self.of(function);
        let host = &mut self.hosts[host.index()];
        let may = host.waiting.is_empty() && host.free >= needs;
        host.free -= if may { needs } else { 0 };
        may
    }
    /// A request of a function waits for cores of a host.
    pub(super) fn wait(&mut self, function: FunctionId, host: HostId, join: JoinId) {
        let needs = self.of(function);
        self.hosts[host.index()].waiting.push_back((join, needs));
    }
    /// What a request of a function has had is free again: those that wait get it in turn, which [`OwnCores::next`] tells.
    pub(super) fn release(&mut self, function: FunctionId, host: HostId) {
        let held = self.of(function);
        let host = &mut self.hosts[host.index()];
        host.free += held;
        while let Some((first, needs)) = host.waiting.front().copied()
            && host.free >= needs
        {
            host.free -= needs;
            host.waiting.pop_front();
            self.granted.push_back(first);
        }
    }
    /// Whether any has got cores and has not been told.
    pub(super) fn has_next(&self) -> bool {
        !self.granted.is_empty()
    }
    /// The next of them.
    pub(super) fn next(&mut self) -> Option<JoinId> {
        self.granted.pop_front()
    }
}
