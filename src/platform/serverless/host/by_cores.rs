//! Hosts by free cores, where requests hold different shares of cores: the most below each node of a tree of the shape of
//! [`super::by_load`].

use std::ops::Range;

use crate::ids::HostId;

/// Free cores, in units of the ledger.
#[derive(Debug)]
pub struct ByCores {
    /// The most at 1, the children of `i` at `2i` and `2i + 1`, hosts from `leaves` on.
    most: Vec<u64>,
    leaves: usize,
}

impl ByCores {
    /// Hosts with so much each; at least one.
    pub fn new(free: impl ExactSizeIterator<Item = u64>) -> Self {
        let leaves = free.len().next_power_of_two();
        let mut most = vec![0; 2 * leaves];
        for (leaf, free) in most[leaves..].iter_mut().zip(free) {
            *leaf = free;
        }
        for node in (1..leaves).rev() {
            most[node] = most[2 * node].max(most[2 * node + 1]);
        }
        Self { most, leaves }
    }
    /// What is free on a host has changed.
    pub fn set(&mut self, host: HostId, free: u64) {
        let mut node = self.leaves + host.index();
        self.most[node] = free;
        while node > 1 {
            let most = self.most[node].max(self.most[node ^ 1]);
            node /= 2;
            if self.most[node] == most {
                break;
            }
            self.most[node] = most;
        }
    }
    /// Whether any host below a node has so much.
    pub fn has(&self, node: usize, cores: u64) -> bool {
        self.most[node] >= cores
    }
    /// Whether any of `hosts` has so much.
    pub fn any_has(&self, hosts: Range<u32>, cores: u64) -> bool {
        let (mut from, mut to) = (self.leaves + hosts.start as usize, self.leaves + hosts.end as usize);
        while from < to {
            if from % 2 == 1 {
                if self.has(from, cores) {
                    return true;
                }
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                if self.has(to, cores) {
                    return true;
                }
            }
            (from, to) = (from / 2, to / 2);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_host_with_so_much_is_that_of_a_scan(
            free in prop::collection::vec(0_u64..9, 1..40),
            changes in prop::collection::vec((any::<u32>(), 0_u64..9), 0..100),
            (from, to, cores) in (0_u32..40, 0_u32..40, 0_u64..10),
        ) {
            let mut free = free;
            let mut tree = ByCores::new(free.iter().copied());
            let hosts = free.len() as u32;
            let range = from.min(hosts)..to.min(hosts).max(from.min(hosts));
            for (at, amount) in changes {
                free[(at % hosts) as usize] = amount;
                tree.set(HostId::new(at % hosts), amount);
            }
            let scan = |hosts: Range<u32>| hosts.into_iter().any(|host| free[host as usize] >= cores);
            prop_assert_eq!(tree.any_has(range.clone(), cores), scan(range));
            prop_assert_eq!(tree.has(1, cores), scan(0..hosts) || cores == 0);
        }
    }
}
