//! Exclusive cores that a start does not hold: a request whose sandbox is ready waits for one on its host.

use std::collections::VecDeque;

use crate::ids::HostId;
use crate::world::hardware::Hardware;
use crate::world::stage::JoinId;

/// The cores of all hosts, each with a queue, first come first served.
#[derive(Debug)]
pub(super) struct OwnCores {
    hosts: Vec<Host>,
    /// Those that have got a core and are to be told, in order.
    granted: VecDeque<JoinId>,
}

#[derive(Clone, Debug)]
struct Host {
    free: u32,
    waiting: VecDeque<JoinId>,
}

impl OwnCores {
    /// All cores free.
    pub(super) fn new(hardware: &Hardware) -> Self {
        let host = |cores| Host { free: cores, waiting: VecDeque::new() };
        let hosts =
            hardware.hosts.iter().flat_map(|group| std::iter::repeat_n(host(group.cores), group.count as usize));
        Self { hosts: hosts.collect(), granted: VecDeque::new() }
    }
    /// Takes a core of a host, if one is free; then nobody waits there.
    pub(super) fn take(&mut self, host: HostId) -> bool {
        let host = &mut self.hosts[host.index()];
        let free = host.free > 0;
        host.free -= u32::from(free);
        free
    }
    /// A request waits for a core of a host.
    pub(super) fn wait(&mut self, host: HostId, join: JoinId) {
        self.hosts[host.index()].waiting.push_back(join);
    }
    /// A core is free again: the first that waits gets it, which is told by [`OwnCores::next`].
    pub(super) fn release(&mut self, host: HostId) {
        let host = &mut self.hosts[host.index()];
        match host.waiting.pop_front() {
            Some(first) => self.granted.push_back(first),
            None => host.free += 1,
        }
    }
    /// Whether any has got a core and has not been told.
    pub(super) fn has_next(&self) -> bool {
        !self.granted.is_empty()
    }
    /// The next of them.
    pub(super) fn next(&mut self) -> Option<JoinId> {
        self.granted.pop_front()
    }
}
