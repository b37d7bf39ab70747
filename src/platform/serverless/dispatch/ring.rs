//! Consistent hashing, with a bound on the load of each host.

use crate::ids::{FunctionId, HostId};

use super::hash;
use super::view::View;

/// Virtual nodes of a host where nothing else is said.
pub const VIRTUAL_NODES: u32 = 100;

/// A ring of virtual nodes, and where each key begins its walk on it.
///
/// Source: Karger, Lehman, Leighton, Panigrahy, Levine and Lewin, STOC 1997. A host that leaves moves only the keys
/// that it had. Keys are functions by default; with the hashes of their packages or colours, those.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Hosts in the order of the hashes of their virtual nodes.
    nodes: Vec<HostId>,
    /// Of each function: the first virtual node at or behind its hash.
    starts: Vec<u32>,
}

impl Ring {
    /// `virtual_nodes` for each of at least one host (default [`VIRTUAL_NODES`]); `hashes` are those of the functions
    /// (or of their colours), by id.
    pub fn new(hosts: u32, virtual_nodes: u32, hashes: &[u64]) -> Self {
        let node = |host: u32| (0..virtual_nodes).map(move |i| (hash::mix(hash::mix(host.into(), 0), i.into()), host));
        let mut nodes: Vec<(u64, u32)> = (0..hosts).flat_map(node).collect();
        nodes.sort_unstable();
        let start = |key: &u64| {
            let at = nodes.partition_point(|(hash, _)| hash < key);
            (if at == nodes.len() { 0 } else { at }) as u32
        };
        let starts = hashes.iter().map(start).collect();
        Self { nodes: nodes.into_iter().map(|(_, host)| HostId::new(host)).collect(), starts }
    }

    /// The virtual nodes clockwise from a function's hash, once round; a host comes as often as it has nodes.
    pub fn walk(&self, function: FunctionId) -> impl Iterator<Item = HostId> {
        let (before, from) = self.nodes.split_at(self.starts[function.index()] as usize);
        from.iter().chain(before).copied()
    }
}

/// Consistent hashing with bounded loads: with `m` requests in the system, `n` hosts and the one that arrives, no host
/// takes more than `⌈c (m + 1) / n⌉`. A request goes to the first host on its walk that is below and has memory; where none
/// is, to the least loaded one that has memory, above the bound.
///
/// Source: Mirrokni, Thorup and Zadimoghaddam, SODA 2018. Published effect: with `c` = 1 + ε a removal or arrival moves
/// O(1/ε²) keys; at a video service it took away the bottleneck of the shared cache (Rodland, Vimeo 2016). Deviation:
/// requests that run are not moved when the bound drops, so that it holds for each host at the moment it takes a
/// request. Cost: expected O(1/ε²) steps.
#[derive(Clone, Debug)]
pub struct BoundedLoads {
    ring: Ring,
    factor: Millionths,
}

/// Of one; whole, so that the bound is exact.
type Millionths = u64;
const ONE: Millionths = 1_000_000;

impl BoundedLoads {
    /// On `ring`, with `factor` = c ≥ 1 to six decimals (default 1.25, the lower end of what `HAProxy` advises).
    pub fn new(ring: Ring, factor: f64) -> Self {
        assert!((1.0..1e6).contains(&factor), "the bound on load must not be below the mean: {factor}");
        Self { ring, factor: libm::rint(factor * ONE as f64) as Millionths }
    }

    /// The most requests that a host may have with the one that arrives, when `total` are there before it.
    pub fn bound(&self, total: u64, hosts: u32) -> u32 {
        let all = u128::from(self.factor) * (u128::from(total) + 1);
        let bound = all.div_ceil(u128::from(ONE) * u128::from(hosts.max(1)));
        u32::try_from(bound).unwrap_or(u32::MAX)
    }

    /// The host for a request.
    pub fn choose<V: View>(&self, view: &V, function: FunctionId) -> Option<HostId> {
        let bound = self.bound(view.total_load(), view.hosts_up());
        let below = |host: &HostId| view.load(*host) < bound && view.is_up(*host);
        // Some host is below, for c ≥ 1; unless requests are counted that are on hosts that are down.
        let first = self.ring.walk(function).find(below);
        if first.is_some_and(|host| view.has_memory(host)) {
            return first;
        }
        // The least loaded one that has memory is below if any is.
        match view.least_loaded_with_memory() {
            Some(least) if below(&least) => self.ring.walk(function).find(|host| below(host) && view.has_memory(*host)),
            None => first.or_else(|| view.least_loaded()),
            least => least,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::servers::Servers;
    use super::*;
    use proptest::prelude::*;

    const F: FunctionId = FunctionId::new(0);

    #[test]
    fn the_bound_is_exact() {
        let rule = BoundedLoads::new(Ring::new(10, 1, &[]), 1.1);
        for (total, hosts, bound) in [(9, 1, 11), (9, 10, 2), (99, 10, 11), (100, 10, 12), (0, 10, 1), (0, 0, 2)] {
            assert_eq!(rule.bound(total, hosts), bound, "{total} on {hosts}");
        }
    }

    #[test]
    fn virtual_nodes_share_the_keys() {
        let hashes: Vec<u64> = (0..100_000).map(|key| hash::mix(key, 7)).collect();
        let ring = Ring::new(10, 1_000, &hashes);
        let mut keys = [0_u32; 10];
        for function in (0..100_000).map(FunctionId::new) {
            keys[ring.walk(function).next().unwrap().index()] += 1;
        }
        // A host's arc is a sum of 1000 exponential gaps: relative deviation 3.2 %, of its count of keys 1 %.
        assert!(keys.iter().all(|&n| n.abs_diff(10_000) < 1_400), "{keys:?}");
    }

    #[test]
    fn a_lost_host_moves_only_its_own_keys() {
        let hashes: Vec<u64> = (0..1_000).map(|key| hash::mix(key, 3)).collect();
        let (ten, nine) = (Ring::new(10, 50, &hashes), Ring::new(9, 50, &hashes));
        let first = |ring: &Ring, f| ring.walk(FunctionId::new(f)).next().unwrap().raw();
        for f in 0..1_000 {
            assert!(first(&ten, f) == 9 || first(&ten, f) == first(&nine, f));
        }
    }

    #[test]
    fn the_next_host_takes_what_is_above_the_bound() {
        let ring = Ring::new(4, 1, &[12_345]);
        let order: Vec<HostId> = ring.walk(F).collect();
        let rule = BoundedLoads::new(ring, 1.25);
        let mut view = Servers::new(4);
        // Bounds for m = 0 … 4: ⌈0.3125⌉, ⌈0.625⌉, ⌈0.9375⌉ = 1, ⌈1.25⌉, ⌈1.5625⌉ = 2.
        for expected in [0, 1, 2, 0, 1] {
            let host = rule.choose(&view, F).unwrap();
            assert_eq!(host, order[expected]);
            view.arrive(host);
        }
        let mut without = Servers::new(4);
        without.up[order[0].index()] = false;
        assert_eq!(rule.choose(&without, F), Some(order[1]));
    }

    proptest! {
        #[test]
        fn no_host_is_ever_above_its_bound(
            hosts in 1_u32..20,
            virtual_nodes in 1_u32..8,
            factor in 1.0_f64..3.0,
            keys in prop::collection::vec(any::<u64>(), 1..6),
            events in prop::collection::vec((any::<u32>(), any::<bool>()), 0..200),
        ) {
            let rule = BoundedLoads::new(Ring::new(hosts, virtual_nodes, &keys), factor);
            let mut view = Servers::new(hosts);
            let mut running: Vec<HostId> = Vec::new();
            let mut departed = false;
            for (pick, arrives) in events {
                if arrives || running.is_empty() {
                    let function = FunctionId::new(pick % keys.len() as u32);
                    let host = rule.choose(&view, function).unwrap();
                    view.arrive(host);
                    running.push(host);
                    // The definition, with room for the rounding of c to six decimals and of doubles.
                    let bound = |slack: f64| libm::ceil((factor + slack) * view.total as f64 / f64::from(hosts));
                    let load = f64::from(view.load(host));
                    prop_assert!(load <= bound(1e-6), "{load} > {}", bound(1e-6));
                    let most = view.loads.iter().max().unwrap();
                    prop_assert!(departed || f64::from(*most) <= bound(1e-6), "without departures, no host");
                } else {
                    view.depart(running.swap_remove(pick as usize % running.len()));
                    departed = true;
                }
            }
        }
    }
}
