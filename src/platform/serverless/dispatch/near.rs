//! Near the data, or in the same rack.

use crate::ids::{FunctionId, HostId};

use super::view::{View, ids, least, least_with_memory};

/// What happens where no host can take the request now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Full {
    /// It goes to the least loaded of the nearest hosts, and waits there.
    #[default]
    Nearest,
    /// It goes to the least loaded of all.
    Anywhere,
}

/// Data locality: of the hosts that can take the request, one of those nearest to the pool or store that holds the
/// function's input, the least loaded of them, the lowest number at ties.
///
/// Source: the preference of delay scheduling (Zaharia, Borthakur, Sen Sarma, Elmeleegy, Shenker and Stoica, Eurosys
/// 2010) for the node, then the rack, then any, with no delay. Published effect there: almost all tasks local, throughput
/// up to twice. Cost: a scan of the distances up to the first with a free host; commonly one rack.
#[derive(Clone, Debug)]
pub struct NearData {
    /// Of each function: the pool with its data.
    homes: Vec<u32>,
    /// Of each pool: hosts by distance, then number, with that distance.
    order: Vec<Vec<(u32, HostId)>>,
    full: Full,
}

impl NearData {
    /// `homes` are the pools of the functions, given or `hash mod pools`; `distance(host, pool)` in any unit (hops,
    /// ns). Holds eight bytes for each pair of host and pool.
    pub fn new(hosts: u32, pools: u32, homes: Vec<u32>, full: Full, distance: impl Fn(HostId, u32) -> u32) -> Self {
        let by_distance = |pool| {
            let mut order: Vec<(u32, HostId)> = ids(hosts).map(|host| (distance(host, pool), host)).collect();
            order.sort_unstable();
            order
        };
        Self { homes, order: (0..pools).map(by_distance).collect(), full }
    }

    /// The host for a request.
    pub fn choose<V: View>(&self, view: &V, function: FunctionId) -> Option<HostId> {
        let order = &self.order[self.homes[function.index()] as usize];
        let mut tiers = order.chunk_by(|a, b| a.0 == b.0);
        let free = |tier: &[(u32, HostId)]| {
            least(view, tier.iter().map(|&(_, host)| host).filter(|&host| view.can_take(host)))
        };
        let tiers_again = || order.chunk_by(|a, b| a.0 == b.0);
        let with_memory = |tier: &[(u32, HostId)]| least_with_memory(view, tier.iter().map(|&(_, host)| host));
        let any = |tier: &[(u32, HostId)]| least(view, tier.iter().map(|&(_, host)| host));
        tiers.find_map(free).or_else(|| match self.full {
            Full::Nearest => tiers_again().find_map(with_memory).or_else(|| tiers_again().find_map(any)),
            Full::Anywhere => view.least_loaded(),
        })
    }
}

/// Where a function's requests begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HomeRack {
    /// In the rack of the host that took the last one.
    #[default]
    Last,
    /// Always in the rack that its hash names.
    Fixed,
}

/// Rack-aware: the least loaded host that can take the request in the function's rack; else in all racks; else the
/// least loaded of its rack, where the request waits ([`Full::Nearest`]), or of all.
///
/// Source: the locality of racks in delay scheduling (as [`NearData`]) and in Quincy (Isard et al., SOSP 2009); hosts of
/// one rack share a switch, and what their sandboxes cache. Cost: a scan of the rack.
#[derive(Clone, Debug)]
pub struct Racks {
    hosts_per_rack: u32,
    /// The rack of each function.
    homes: Vec<u32>,
    home: HomeRack,
    full: Full,
}

impl Racks {
    /// Racks of `hosts_per_rack` (at least one) hosts by number, the last one perhaps smaller; the first request of a
    /// function goes to rack `hash mod racks`.
    pub fn new(hosts: u32, hosts_per_rack: u32, hashes: &[u64], home: HomeRack, full: Full) -> Self {
        let racks = u64::from(hosts.div_ceil(hosts_per_rack));
        let homes = hashes.iter().map(|hash| (hash % racks) as u32).collect();
        Self { hosts_per_rack, homes, home, full }
    }

    /// The host for a request.
    pub fn choose<V: View>(&mut self, view: &V, function: FunctionId) -> Option<HostId> {
        let first = self.homes[function.index()] * self.hosts_per_rack;
        let rack = || (first..view.hosts().min(first + self.hosts_per_rack)).map(HostId::new);
        let free = |host: &HostId| view.can_take(*host);
        let host = least(view, rack().filter(free)).or_else(|| view.least_loaded_of(|host| free(&host)));
        let near = self.full == Full::Nearest;
        let host = host.or_else(|| near.then(|| least_with_memory(view, rack())).flatten());
        let host = host.or_else(|| view.least_loaded_with_memory());
        let host = host.or_else(|| near.then(|| least(view, rack())).flatten());
        let host = host.or_else(|| view.least_loaded())?;
        if self.home == HomeRack::Last {
            self.homes[function.index()] = host.raw() / self.hosts_per_rack;
        }
        Some(host)
    }
}

#[cfg(test)]
mod tests {
    use super::super::servers::Servers;
    use super::*;
    use proptest::prelude::*;

    const F: FunctionId = FunctionId::new(0);

    fn view(loads: &[u32], free: &[u32]) -> Servers {
        let mut view = Servers::with_loads(loads);
        view.free = (0..loads.len() as u32).map(|host| free.contains(&host)).collect();
        view
    }

    #[test]
    fn racks_first_then_others_then_waiting() {
        let hash = [1_u64];
        let check = |home, full, free: &[u32], expected: [u32; 2]| {
            // Racks 0: hosts 0, 1, 2; 1: 3, 4, 5; 2: 6. The home is rack 1.
            let mut rule = Racks::new(7, 3, &hash, home, full);
            let view = view(&[5, 0, 9, 4, 3, 3, 1], free);
            let chosen = [(); 2].map(|()| rule.choose(&view, F).unwrap().raw());
            assert_eq!(chosen, expected, "{home:?} {full:?} {free:?}");
        };
        check(HomeRack::Fixed, Full::Nearest, &[0, 3, 5, 6], [5, 5]);
        check(HomeRack::Fixed, Full::Nearest, &[0, 2, 6], [6, 6]);
        check(HomeRack::Fixed, Full::Nearest, &[], [4, 4]);
        check(HomeRack::Fixed, Full::Anywhere, &[], [1, 1]);
        // Having moved to rack 0, it waits there.
        check(HomeRack::Last, Full::Anywhere, &[], [1, 1]);
        check(HomeRack::Last, Full::Nearest, &[2], [2, 2]);
    }

    #[test]
    fn a_function_that_moved_stays_in_its_new_rack() {
        let mut rule = Racks::new(4, 2, &[0], HomeRack::Last, Full::Nearest);
        assert_eq!(rule.choose(&view(&[1, 1, 7, 8], &[2, 3]), F), Some(HostId::new(2)));
        assert_eq!(rule.choose(&view(&[1, 1, 7, 8], &[0, 1, 3]), F), Some(HostId::new(3)));
    }

    proptest! {
        #[test]
        fn data_are_as_near_as_can_be(
            hosts in prop::collection::vec((0_u32..5, any::<bool>(), prop::collection::vec(0_u32..4, 2)), 1..12),
            pool in 0_u32..2,
            anywhere in any::<bool>(),
        ) {
            let count = hosts.len() as u32;
            let full = if anywhere { Full::Anywhere } else { Full::Nearest };
            let distance = |host: HostId, pool: u32| hosts[host.index()].2[pool as usize];
            let rule = NearData::new(count, 2, vec![pool], full, distance);
            let loads: Vec<u32> = hosts.iter().map(|host| host.0).collect();
            let free: Vec<u32> = (0..count).filter(|&host| hosts[host as usize].1).collect();
            let view = view(&loads, &free);
            let key = |host: &u32| (distance(HostId::new(*host), pool), loads[*host as usize], *host);
            let load = |host: &u32| (loads[*host as usize], *host);
            let expected = free.iter().copied().min_by_key(key).or_else(|| {
                if anywhere { (0..count).min_by_key(load) } else { (0..count).min_by_key(key) }
            });
            prop_assert_eq!(rule.choose(&view, F).map(HostId::raw), expected);
        }
    }
}
