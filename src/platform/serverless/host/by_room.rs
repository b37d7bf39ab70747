//! Hosts by what they have room for, the lowest number first: a tree of maxima.
//!
//! A change replays the maxima on the way from the host to the root, as far as they change. A search descends from the left
//! only where both the memory and the cores that it asks for may be.

use std::ops::Range;

use crate::ids::HostId;
use crate::units::Bytes;

/// What is free on a host, or the most of each that is free on one of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) memory: Bytes,
    /// In units of the ledger.
    pub(super) cores: u64,
}

impl Room {
    fn most(self, other: Self) -> Self {
        Self { memory: self.memory.max(other.memory), cores: self.cores.max(other.cores) }
    }
    fn holds(self, need: Self) -> bool {
        self.memory >= need.memory && self.cores >= need.cores
    }
}

#[derive(Debug)]
pub(super) struct ByRoom {
    /// An implicit binary tree: all hosts at 1, the children of `i` at `2i` and `2i + 1`, hosts from `leaves` on.
    rooms: Vec<Room>,
    leaves: usize,
}

impl ByRoom {
    /// At least one host, each with its room.
    pub(super) fn new(rooms: impl ExactSizeIterator<Item = Room>) -> Self {
        let leaves = rooms.len().next_power_of_two();
        let mut tree = vec![Room::default(); 2 * leaves];
        for (leaf, room) in tree[leaves..].iter_mut().zip(rooms) {
            *leaf = room;
        }
        for node in (1..leaves).rev() {
            tree[node] = tree[2 * node].most(tree[2 * node + 1]);
        }
        Self { rooms: tree, leaves }
    }

    /// A host has got more room, or less.
    pub(super) fn set(&mut self, host: HostId, room: Room) {
        let mut node = self.leaves + host.index();
        self.rooms[node] = room;
        while node > 1 {
            let most = self.rooms[node].most(self.rooms[node ^ 1]);
            node /= 2;
            if self.rooms[node] == most {
                break;
            }
            self.rooms[node] = most;
        }
    }

    /// The lowest-numbered of `hosts` that holds `need` and for which `allowed` holds.
    pub(super) fn first(&self, hosts: Range<u32>, need: Room, allowed: &impl Fn(HostId) -> bool) -> Option<HostId> {
        let hosts = hosts.start as usize..hosts.end as usize;
        self.search(1, 0..self.leaves, &hosts, need, allowed)
    }

    /// `leaves` are those below `node`.
    fn search(
        &self,
        node: usize,
        leaves: Range<usize>,
        hosts: &Range<usize>,
        need: Room,
        allowed: &impl Fn(HostId) -> bool,
    ) -> Option<HostId> {
        if leaves.end <= hosts.start || hosts.end <= leaves.start || !self.rooms[node].holds(need) {
            return None;
        }
        if node >= self.leaves {
            let host = HostId::new(leaves.start as u32);
            return allowed(host).then_some(host);
        }
        let middle = usize::midpoint(leaves.start, leaves.end);
        let left = self.search(2 * node, leaves.start..middle, hosts, need, allowed);
        left.or_else(|| self.search(2 * node + 1, middle..leaves.end, hosts, need, allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn room((memory, cores): (u64, u64)) -> Room {
        Room { memory: Bytes(memory), cores }
    }

    proptest! {
        #[test]
        fn the_first_is_that_of_a_scan(
            mut rooms in prop::collection::vec((0_u64..6, 0_u64..4), 1..40),
            changes in prop::collection::vec((any::<prop::sample::Index>(), (0_u64..6, 0_u64..4)), 0..60),
            (memory, cores) in (0_u64..7, 0_u64..5),
            (from, to, barred) in (0_u32..40, 0_u32..40, any::<u64>()),
        ) {
            let mut tree = ByRoom::new(rooms.iter().copied().map(room).collect::<Vec<_>>().into_iter());
            for (at, change) in changes {
                let at = at.index(rooms.len());
                rooms[at] = change;
                tree.set(HostId::new(at as u32), room(change));
            }
            let hosts = from.min(to)..from.max(to).min(rooms.len() as u32).max(from.min(to));
            let allowed = |host: u32| barred >> host & 1 == 0;
            let fits = |host: &u32| rooms.get(*host as usize).is_some_and(|&(m, c)| m >= memory && c >= cores);
            let expected = hosts.clone().find(|host| fits(host) && allowed(*host));
            let found = tree.first(hosts, room((memory, cores)), &|host: HostId| allowed(host.raw()));
            prop_assert_eq!(found.map(HostId::raw), expected);
        }
    }
}
