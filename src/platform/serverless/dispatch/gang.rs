//! All members of a gang at once, or none.

use super::view::ids;
use crate::ids::HostId;
use crate::platform::serverless::host::resources::{Ledger, Resources};

/// How the members of a gang are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// On as few hosts as possible: those with room for most members first.
    #[default]
    Pack,
    /// As evenly as possible: the most members on one host are as few as can be.
    Spread,
}

/// Gang placement: `k` members with the same demand start together, or the ledger stays as it is.
///
/// A host has room for `min ⌊free / demand⌋` members; a gang fits where these sum to `k`, and exactly there. Within one
/// rack, the rack is taken that fits with the least room to spare ([`Layout::Pack`]) or with the most
/// ([`Layout::Spread`]). The lowest numbers win at ties.
///
/// Source: Ousterhout, "Scheduling techniques for concurrent systems", ICDCS 1982; all-or-nothing placement against
/// deadlock of partly placed jobs as in Omega (Schwarzkopf et al., Eurosys 2013). Published effect: a job never
/// holds resources while it waits for the rest of them, and waits longer to begin. Cost: O(n log n) in the hosts.
#[derive(Clone, Debug, Default)]
pub struct Gang {
    /// Room of each host that has any, then members.
    room: Vec<(HostId, u32)>,
    members: Vec<(HostId, u32)>,
}

impl Gang {
    /// With empty buffers, which are used again from gang to gang.
    pub const fn new() -> Self {
        Self { room: Vec::new(), members: Vec::new() }
    }

    /// Places `count` (at least one) members of `demand` anywhere, or within one rack of `rack` hosts by number. Returns
    /// hosts and their members, at least one each, after they have been taken from the ledger; `None`, and nothing taken,
    /// where they do not all fit.
    pub fn place(
        &mut self,
        ledger: &mut Ledger,
        demand: &Resources,
        count: u32,
        layout: Layout,
        rack: Option<u32>,
    ) -> Option<&[(HostId, u32)]> {
        let all = ledger.hosts();
        let size = rack.unwrap_or(all).max(1);
        // No host needs to offer more than the whole gang; the sum is then below 2^64.
        let copies = |host: HostId| ledger.copies(host, demand, count);
        let hosts = |rack: u32| ids(all).skip((rack * size) as usize).take(size as usize);
        let fits = |rack: u32| {
            let room: u64 = hosts(rack).map(|host| u64::from(copies(host))).sum();
            (room >= count.into()).then_some((room, rack))
        };
        let fitting = (0..all.div_ceil(size)).filter_map(fits);
        let (_, rack) = match layout {
            Layout::Pack => fitting.min(),
            Layout::Spread => fitting.min_by_key(|&(room, rack)| (std::cmp::Reverse(room), rack)),
        }?;
        self.room.clear();
        self.room.extend(hosts(rack).map(|host| (host, copies(host))).filter(|(_, copies)| *copies > 0));
        match layout {
            Layout::Pack => self.pack(count),
            Layout::Spread => self.spread(count),
        }
        for (host, members) in &self.members {
            ledger.take(*host, demand, *members);
        }
        Some(&self.members)
    }

    fn pack(&mut self, mut count: u32) {
        self.room.sort_unstable_by_key(|&(host, copies)| (std::cmp::Reverse(copies), host));
        self.members.clear();
        for &(host, copies) in &self.room {
            let members = copies.min(count);
            if members == 0 {
                break;
            }
            self.members.push((host, members));
            count -= members;
        }
    }

    /// Water filling: the lowest level that holds the gang; the hosts with the highest numbers stay one below it where
    /// it holds more.
    fn spread(&mut self, count: u32) {
        let held = |level: u32| self.room.iter().map(|&(_, copies)| u64::from(copies.min(level))).sum::<u64>();
        let (mut low, mut high) = (0, count);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if held(middle) >= count.into() { high = middle } else { low = middle }
        }
        let mut above = u64::from(count) - held(high - 1);
        self.members.clear();
        for &(host, copies) in &self.room {
            let mut members = copies.min(high - 1);
            if copies >= high && above > 0 {
                members += 1;
                above -= 1;
            }
            if members > 0 {
                self.members.push((host, members));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::serverless::host::resources::KINDS;
    use proptest::prelude::*;

    fn ledger(free: &[[u64; KINDS]]) -> Ledger {
        let capacity = Resources([100; KINDS]);
        let mut ledger = Ledger::new(free.len() as u32, capacity);
        for (host, free) in ids(free.len() as u32).zip(free) {
            ledger.take(host, &Resources(free.map(|amount| 100 - amount)), 1);
        }
        ledger
    }

    #[test]
    fn gangs_are_packed_or_spread() {
        let demand = Resources([2, 0, 0, 0, 1]);
        // Room: 1, 3, 2 | 0, 4, 1.
        let free =
            [[2, 0, 0, 0, 9], [7, 0, 0, 0, 9], [9, 0, 0, 0, 2], [9, 0, 0, 0, 0], [9, 0, 0, 0, 9], [3, 0, 0, 0, 9]];
        let check = |count, layout, rack, expected: Option<&[(u32, u32)]>| {
            let mut gang = Gang::new();
            let mut ledger = ledger(&free);
            let placed = gang.place(&mut ledger, &demand, count, layout, rack);
            let placed = placed.map(|p| p.iter().map(|(host, n)| (host.raw(), *n)).collect::<Vec<_>>());
            assert_eq!(placed.as_deref(), expected, "{count} {layout:?} {rack:?}");
        };
        check(5, Layout::Pack, None, Some(&[(4, 4), (1, 1)]));
        check(11, Layout::Pack, None, Some(&[(4, 4), (1, 3), (2, 2), (0, 1), (5, 1)]));
        check(12, Layout::Pack, None, None);
        check(5, Layout::Spread, None, Some(&[(0, 1), (1, 1), (2, 1), (4, 1), (5, 1)]));
        check(6, Layout::Spread, None, Some(&[(0, 1), (1, 2), (2, 1), (4, 1), (5, 1)]));
        // Racks of three have room for 6 and 5.
        check(5, Layout::Pack, Some(3), Some(&[(4, 4), (5, 1)]));
        check(5, Layout::Spread, Some(3), Some(&[(0, 1), (1, 2), (2, 2)]));
        check(6, Layout::Pack, Some(3), Some(&[(1, 3), (2, 2), (0, 1)]));
        check(7, Layout::Spread, Some(3), None);
        // A demand of nothing fits as often as asked.
        let mut one = ledger(&free[..1]);
        assert_eq!(
            Gang::new().place(&mut one, &Resources::default(), 7, Layout::Pack, None),
            Some(&[(HostId::new(0), 7)][..])
        );
    }

    /// Whether so many members fit on some of these hosts, one at a time, by trying everything.
    fn feasible(free: &mut Vec<[u64; KINDS]>, demand: &[u64; KINDS], count: u32, from: usize) -> bool {
        count == 0
            || (from..free.len()).any(|host| {
                let before = free[host];
                let fits = before.iter().zip(demand).all(|(f, d)| f >= d);
                if fits {
                    free[host] = std::array::from_fn(|k| before[k] - demand[k]);
                }
                let rest = fits && feasible(free, demand, count - 1, host);
                free[host] = before;
                rest
            })
    }

    proptest! {
        #[test]
        fn a_gang_is_placed_whole_wherever_it_fits(
            free in prop::collection::vec(prop::array::uniform5(0_u64..7), 1..6),
            demand in prop::array::uniform5(0_u64..3),
            count in 1_u32..7,
            rack in prop::option::of(1_u32..4),
            spread in any::<bool>(),
        ) {
            let layout = if spread { Layout::Spread } else { Layout::Pack };
            let before = ledger(&free);
            let mut after = before.clone();
            let mut gang = Gang::new();
            let placed = gang.place(&mut after, &Resources(demand), count, layout, rack).map(<[_]>::to_vec);
            let size = rack.map_or(free.len(), |rack| rack as usize);
            let fits = free.chunks(size).any(|rack| feasible(&mut rack.to_vec(), &demand, count, 0));
            prop_assert_eq!(placed.is_some(), fits);
            let placed = placed.unwrap_or_default();
            prop_assert_eq!(placed.iter().map(|p| p.1).sum::<u32>(), if fits { count } else { 0 });
            let racks: Vec<u32> = placed.iter().map(|p| p.0.raw() / size as u32).collect();
            prop_assert!(racks.windows(2).all(|pair| pair[0] == pair[1]), "one rack");
            for host in ids(before.hosts()) {
                let members: u32 = placed.iter().filter(|p| p.0 == host).map(|p| p.1).sum();
                let taken = Resources(demand.map(|amount| amount * u64::from(members)));
                prop_assert!(before.free(host).fits(&taken));
                let left: Vec<u64> = before.free(host).0.iter().zip(taken.0).map(|(f, t)| f - t).collect();
                prop_assert_eq!(&after.free(host).0[..], &left[..]);
            }
            if fits {
                // By definition: fewest hosts, or the lowest level at which the chosen rack holds the gang.
                let rack: Vec<u32> = ids(before.hosts())
                    .filter(|host| host.raw() / size as u32 == racks[0])
                    .map(|host| before.free(host).copies(&Resources(demand), count))
                    .collect();
                if spread {
                    let holds = |level: u32| rack.iter().map(|r| level.min(*r)).sum::<u32>() >= count;
                    let level = (1..=count).find(|&level| holds(level)).unwrap();
                    prop_assert_eq!(placed.iter().map(|p| p.1).max(), Some(level));
                } else {
                    let holds = |mask: &u32| {
                        rack.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, r)| r).sum::<u32>() >= count
                    };
                    let fewest = (0_u32..1 << rack.len()).filter(holds).map(u32::count_ones).min();
                    prop_assert_eq!(Some(placed.len() as u32), fewest);
                }
            }
        }
    }
}
