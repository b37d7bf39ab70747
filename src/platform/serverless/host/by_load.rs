//! Hosts by load, the lowest number first at ties: a tournament of fours.
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

/// Matches between how many.
const WAYS: usize = 4;

#[derive(Debug)]
pub struct ByLoad {
    /// An implicit tree of fours: the winners below each node; the children of node `n` are the nodes from `4n + 1` on, and
    /// below the last row of nodes are the hosts.
    matches: Vec<[Key; WAYS]>,
    /// The first node above hosts.
    last_row: usize,
    /// How many hosts fit.
    leaves: usize,
    winner: Key,
}

fn host(key: Key) -> HostId {
    HostId::new(key as u32)
}

#[inline(always)]
fn winner([a, b, c, d]: [Key; WAYS]) -> Key {
    a.min(b).min(c.min(d))
}

impl ByLoad {
    /// So many hosts without load; at least one.
    pub fn new(hosts: u32) -> Self {
        let (mut leaves, mut last_row) = (WAYS, 0);
        while leaves < hosts as usize {
            leaves *= WAYS;
            last_row = WAYS * last_row + 1;
        }
        let mut matches = vec![[Key::MAX; WAYS]; last_row + leaves / WAYS];
        for key in 0..u64::from(hosts) {
            matches[last_row + key as usize / WAYS][key as usize % WAYS] = key;
        }
        for node in (1..matches.len()).rev() {
            matches[(node - 1) / WAYS][(node - 1) % WAYS] = winner(matches[node]);
        }
        Self { winner: winner(matches[0]), matches, last_row, leaves }
    }

    #[inline(always)]
    fn key(&self, host: HostId) -> Key {
        self.matches[self.last_row + host.index() / WAYS][host.index() % WAYS]
    }
    /// One request more.
    #[inline]
    pub fn raise(&mut self, host: HostId) {
        self.set(host, self.key(host) + REQUEST);
    }
    /// One request less; there must be one.
    #[inline]
    pub fn lower(&mut self, host: HostId) {
        self.set(host, self.key(host) - REQUEST);
    }

    /// Requests on a host.
    pub fn load(&self, host: HostId) -> u32 {
        ((self.key(host) & !DOWN) >> 32) as u32
    }
    /// A host goes down, or is up again.
    pub fn set_down(&mut self, host: HostId, down: bool) {
        let key = self.key(host) & !DOWN;
        self.set(host, if down { key | DOWN } else { key });
    }

    #[inline]
    fn set(&mut self, host: HostId, mut key: Key) {
        let (mut node, mut place) = (self.last_row + host.index() / WAYS, host.index() % WAYS);
        loop {
            let of_node = &mut self.matches[node];
            let before = winner(*of_node);
            of_node[place] = key;
            key = winner(*of_node);
            if key == before {
                return;
            }
            if node == 0 {
                self.winner = key;
                return;
            }
            (node, place) = ((node - 1) / WAYS, (node - 1) % WAYS);
        }
    }

    /// The host with the least load.
    pub fn first(&self) -> HostId {
        host(self.winner)
    }

    /// The least load.
    pub fn least(&self) -> u32 {
        (self.winner >> 32) as u32
    }

    /// The host with the least load among those of `hosts` that are up, have less than `below` and for which `allowed`
    /// holds.
    pub fn first_of(&self, hosts: Range<u32>, below: u32, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        let bound = (Key::from(below) * REQUEST).min(DOWN);
        let mut best = bound;
        let hosts = hosts.start as usize..hosts.end as usize;
        self.search(0, 0..self.leaves, &hosts, &mut best, &allowed);
        (best < bound).then(|| host(best))
    }
    /// The least load of those of `hosts` that are up, `u32::MAX` where none is.
    pub fn least_of(&self, hosts: Range<u32>) -> u32 {
        let mut least = DOWN;
        let hosts = hosts.start as usize..hosts.end as usize;
        self.search(0, 0..self.leaves, &hosts, &mut least, &|_| true);
        if least < DOWN { (least >> 32) as u32 } else { u32::MAX }
    }

    /// Looks for a better one than `best` at `node`, below which `leaves` are; the most promising branches first.
    fn search(
        &self,
        node: usize,
        leaves: Range<usize>,
        hosts: &Range<usize>,
        best: &mut Key,
        allowed: &impl Fn(HostId) -> bool,
    ) {
        let width = leaves.len() / WAYS;
        let keys = self.matches[node];
        let mut order = [0, 1, 2, 3];
        order.sort_unstable_by_key(|&child| keys[child]);
        for child in order {
            let first = leaves.start + child * width;
            if keys[child] >= *best {
                return;
            }
            if first + width <= hosts.start || hosts.end <= first {
                continue;
            }
            if width > 1 {
                self.search(WAYS * node + 1 + child, first..first + width, hosts, best, allowed);
            } else if allowed(host(keys[child])) {
                *best = keys[child];
            }
        }
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
                    let of = |below| tree.first_of(range.clone(), below, |h| barred >> h.raw() & 1 == 0);
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
