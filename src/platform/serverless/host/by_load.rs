//! Hosts by load, the lowest number first at ties: a tournament tree.
//!
//! A change of load replays the matches on the way from the host to the root, as far as their winner changes; the root
//! is the winner. A search among some hosts only descends where a better one may be.

use crate::ids::HostId;

/// Loads and hosts as one number, so that one comparison orders them.
type Key = u64;

/// One request of load.
const REQUEST: Key = 1 << 32;

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
        (self.winners[self.leaves + host.index()] >> 32) as u32
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

    /// The host with the least load among those with less than `below` for which `allowed` holds.
    pub fn first_of(&self, below: u32, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        let bound = Key::from(below) * REQUEST;
        let mut best = bound;
        self.search(1, &mut best, &allowed);
        (best < bound).then(|| host(best))
    }

    fn search(&self, node: usize, best: &mut Key, allowed: &impl Fn(HostId) -> bool) {
        if self.winners[node] >= *best {
            return;
        }
        if node >= self.leaves {
            if allowed(host(self.winners[node])) {
                *best = self.winners[node];
            }
            return;
        }
        let (left, right) = (2 * node, 2 * node + 1);
        let (nearer, farther) = if self.winners[left] < self.winners[right] { (left, right) } else { (right, left) };
        self.search(nearer, best, allowed);
        self.search(farther, best, allowed);
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
            changes in prop::collection::vec((any::<u32>(), any::<bool>()), 0..200),
            barred in any::<u64>(),
        ) {
            let mut tree = ByLoad::new(hosts);
            let mut loads = vec![0; hosts as usize];
            for (at, more) in changes {
                let at = at % hosts;
                let load = &mut loads[at as usize];
                if more || *load == 0 {
                    *load += 1;
                    tree.raise(HostId::new(at));
                } else {
                    *load -= 1;
                    tree.lower(HostId::new(at));
                }
                let scan = |allowed: &dyn Fn(u32) -> bool| {
                    (0..hosts).filter(|&h| allowed(h)).min_by_key(|&h| (loads[h as usize], h))
                };
                prop_assert_eq!(Some(tree.first().raw()), scan(&|_| true));
                prop_assert_eq!(Some(&tree.least()), loads.iter().min());
                let allowed = |h: u32| barred >> h & 1 == 0;
                prop_assert_eq!(tree.first_of(u32::MAX, |h| allowed(h.raw())).map(HostId::raw), scan(&allowed));
                for below in 0..3 {
                    let few = |h: u32| allowed(h) && loads[h as usize] < below;
                    prop_assert_eq!(tree.first_of(below, |h| allowed(h.raw())).map(HostId::raw), scan(&few));
                }
            }
        }
    }
}
