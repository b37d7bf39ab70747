//! Hosts by load, the lowest number first at ties: a tournament tree.
//!
//! A change of load replays the matches on the way from the host to the root, as far as their winner changes; the root
//! is the winner. A search among some hosts only descends where a better one may be. Hosts that are down lose against all
//! others.

use std::ops::Range;

use crate::ids::HostId;

/// Loads and hosts as one number, so that one comparison orders them.
type Key = u64;

/// One request of load.
const REQUEST: Key = 1 << 32;

/// Part of the key of a host that is down.
const DOWN: Key = 1 << 63;

#[derive(Debug)]
pub struct ByLoad {
    /// An implicit binary tree: the winner at 1, the children of `i` at `2i` and `2i + 1`, hosts from `leaves` on.
    winners: Vec<Key>,
    leaves: usize,
}

fn host(key: Key) -> HostId {
    HostId::new(key as u32)
}

impl ByLoad {
    /// So many hosts without load; at least one.
    pub fn new(hosts: u32) -> Self {
        let leaves = (hosts as usize).next_power_of_two();
        let mut winners = vec![Key::MAX; 2 * leaves];
        for (leaf, key) in winners[leaves..].iter_mut().zip(0..u64::from(hosts)) {
            *leaf = key;
        }
        for node in (1..leaves).rev() {
            winners[node] = winners[2 * node].min(winners[2 * node + 1]);
        }
        Self { winners, leaves }
    }

    /// One request more.
    #[inline]
    pub fn raise(&mut self, host: HostId) {
        self.set(host, self.winners[self.leaves + host.index()] + REQUEST);
    }
    /// One request less; there must be one.
    #[inline]
    pub fn lower(&mut self, host: HostId) {
        self.set(host, self.winners[self.leaves + host.index()] - REQUEST);
    }

    /// Requests on a host.
    pub fn load(&self, host: HostId) -> u32 {
        ((self.winners[self.leaves + host.index()] & !DOWN) >> 32) as u32
    }
    /// A host goes down, or is up again.
    pub fn set_down(&mut self, host: HostId, down: bool) {
        let key = self.winners[self.leaves + host.index()] & !DOWN;
        self.set(host, if down { key | DOWN } else { key });
    }

    #[inline]
    fn set(&mut self, host: HostId, key: Key) {
        let mut node = self.leaves + host.index();
        self.winners[node] = key;
        while node > 1 {
            let winner = self.winners[node].min(self.winners[node ^ 1]);
            node /= 2;
            if self.winners[node] == winner {
                break;
            }
            self.winners[node] = winner;
        }
    }

    /// The host with the least load.
    pub fn first(&self) -> HostId {
        host(self.winners[1])
    }

    /// The least load.
    pub fn least(&self) -> u32 {
        (self.winners[1] >> 32) as u32
    }

    /// The host with the least load among those of `hosts` that are up, have less than `below` and for which `allowed`
    /// holds; `may` tells of a node of a tree of the same shape whether any host below it may do.
    pub fn first_of(
        &self,
        hosts: Range<u32>,
        below: u32,
        may: impl Fn(usize) -> bool,
        allowed: impl Fn(HostId) -> bool,
    ) -> Option<HostId> {
        let bound = (Key::from(below) * REQUEST).min(DOWN);
        let mut best = bound;
        let hosts = hosts.start as usize..hosts.end as usize;
        self.search(1, 0..self.leaves, &hosts, &mut best, (&may, &allowed));
        (best < bound).then(|| host(best))
    }
    /// The least load of those of `hosts` that are up, `u32::MAX` where none is.
    pub fn least_of(&self, hosts: Range<u32>) -> u32 {
        let (mut from, mut to) = (self.leaves + hosts.start as usize, self.leaves + hosts.end as usize);
        let mut least = DOWN;
        while from < to {
            if from % 2 == 1 {
                least = least.min(self.winners[from]);
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                least = least.min(self.winners[to]);
            }
            (from, to) = (from / 2, to / 2);
        }
        if least < DOWN { (least >> 32) as u32 } else { u32::MAX }
    }

    /// `leaves` are those below `node`.
    fn search(
        &self,
        node: usize,
        leaves: Range<usize>,
        hosts: &Range<usize>,
        best: &mut Key,
        (may, allowed): (&impl Fn(usize) -> bool, &impl Fn(HostId) -> bool),
    ) {
        if self.winners[node] >= *best || leaves.end <= hosts.start || hosts.end <= leaves.start || !may(node) {
            return;
        }
        if node >= self.leaves {
            if allowed(host(self.winners[node])) {
                *best = self.winners[node];
            }
            return;
        }
        let middle = usize::midpoint(leaves.start, leaves.end);
        let left = (2 * node, leaves.start..middle);
        let right = (2 * node + 1, middle..leaves.end);
        let in_order = self.winners[left.0] < self.winners[right.0];
        let (nearer, farther) = if in_order { (left, right) } else { (right, left) };
        self.search(nearer.0, nearer.1, hosts, best, (may, allowed));
        self.search(farther.0, farther.1, hosts, best, (may, allowed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_winner_is_that_of_a_scan(
            hosts in 1_u32..40,
            changes in prop::collection::vec((any::<u32>(), 0_u32..8), 0..200),
            barred in any::<u64>(),
            (from, to) in (0_u32..40, 0_u32..40),
        ) {
            let mut tree = ByLoad::new(hosts);
            let (mut loads, mut down) = (vec![0; hosts as usize], vec![false; hosts as usize]);
            let range = from.min(hosts)..to.min(hosts).max(from.min(hosts));
            for (at, change) in changes {
                let at = at % hosts;
                let load = &mut loads[at as usize];
                if change == 7 {
                    down[at as usize] = !down[at as usize];
                    tree.set_down(HostId::new(at), down[at as usize]);
                } else if change % 2 == 0 || *load == 0 {
                    *load += 1;
                    tree.raise(HostId::new(at));
                } else {
                    *load -= 1;
                    tree.lower(HostId::new(at));
                }
                let scan = |hosts: Range<u32>, allowed: &dyn Fn(u32) -> bool| {
                    hosts.filter(|&h| allowed(h)).min_by_key(|&h| (loads[h as usize], h))
                };
                let up = |h: u32| !down[h as usize];
                // Where all are down, the root is the one of them that was least loaded.
                let all = scan(0..hosts, &up).or_else(|| scan(0..hosts, &|_| true));
                prop_assert_eq!(Some(tree.first().raw()), all);
                prop_assert_eq!(tree.load(HostId::new(at)), loads[at as usize]);
                for range in [0..hosts, range.clone()] {
                    let least = scan(range.clone(), &up).map_or(u32::MAX, |h| loads[h as usize]);
                    prop_assert_eq!(tree.least_of(range.clone()), least);
                    let allowed = |h: u32| barred >> h & 1 == 0 && up(h);
                    let of = |below| tree.first_of(range.clone(), below, |_| true, |h| barred >> h.raw() & 1 == 0);
                    prop_assert_eq!(of(u32::MAX).map(HostId::raw), scan(range.clone(), &allowed));
                    for below in 0..3 {
                        let few = |h: u32| allowed(h) && loads[h as usize] < below;
                        prop_assert_eq!(of(below).map(HostId::raw), scan(range.clone(), &few));
                    }
                }
            }
        }
    }
}
