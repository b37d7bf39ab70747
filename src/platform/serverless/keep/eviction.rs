//! Which idle sandboxes of a host are evicted under memory pressure.
//!
//! The priority of a sandbox is computed when it becomes idle, and stays until it is used again, expires or is evicted.
//! The lowest priority goes first; ties are [`Ties`].
//!
//! | policy | priority |
//! |---|---|
//! | [`EvictionPolicy::Lru`] | last use |
//! | [`EvictionPolicy::Lfu`] | uses of the function |
//! | [`EvictionPolicy::Size`] | − memory |
//! | [`EvictionPolicy::GreedyDual`] | clock + uses of the function · cold start / memory |
//! | [`EvictionPolicy::Landlord`] | clock + cold start / memory |
//!
//! Uses are counted by [`Frequency`]. The clock is one of each host, in seconds per mebibyte; it begins at zero, and
//! evicting a sandbox raises it to the priority of that one. An expiry does not.
//!
//! Greedy-dual is `FaasCache` (Fuerst and Sharma, ASPLOS'21), which is greedy-dual-size-frequency (Cherkasova, 1998) with
//! the cold-start overhead for cost and the memory for size. Published effect: cold-start overhead down more than 3 times
//! against keep-alive of a fixed time, in the same memory.
//!
//! Landlord (Young, "On-Line File Caching", Algorithmica 33, 2002): each sandbox has a credit. A use sets it to the cold
//! start; to make room, all idle ones are charged in proportion to their memory until the credit of one is spent, and it
//! goes. The clock is the charge per mebibyte so far, so `credit = (priority − clock) · memory`, and nothing is touched
//! but the first. Busy sandboxes need no charge: their credit is set anew when they become idle.
//!
//! **Atomicity**, which is the caller's. *Atomic*: first see whether evicting idle sandboxes makes enough room (their
//! sum); if not, evict none, and let the request wait or be rejected. *Greedy*: evict in order until it fits or none is
//! left, even in vain.

use crate::config::plan::{EvictionPolicy, Ties};
use crate::ids::{FunctionId, HostId};
use crate::units::{Bytes, Span, Time};

use super::heap::Key;
use super::lazy::LazyHeaps;

/// What a priority is computed from, when a sandbox becomes idle.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// When it was last used: the moment of becoming idle, or the arrival of its last request. The caller's choice.
    pub last_use: Time,
    /// Its creation number.
    pub created: u64,
    /// Memory that evicting it frees.
    pub memory: Bytes,
    /// What a cold start of its function costs.
    pub cold_start: Span,
    /// Uses of its function, by [`Frequency`].
    pub uses: u64,
}

impl Idle {
    /// The cold start per memory, in seconds per mebibyte.
    fn cost_per_size(&self) -> f64 {
        self.cold_start.as_secs_f64() / self.memory.max(Bytes(1)).as_mib_f64()
    }
}

/// The idle sandboxes of all hosts, in the order of eviction.
#[derive(Debug)]
pub struct Eviction {
    policy: EvictionPolicy,
    ties: Ties,
    heaps: LazyHeaps,
    /// By host.
    clocks: Vec<f64>,
}

impl Eviction {
    /// No idle sandboxes yet.
    pub fn new(policy: EvictionPolicy, ties: Ties, hosts: usize) -> Self {
        Self { policy, ties, heaps: LazyHeaps::new(hosts), clocks: vec![0.0; hosts] }
    }

    /// The sandbox at slab entry `entry` becomes idle on `host`.
    #[inline]
    pub fn insert(&mut self, host: HostId, entry: u32, idle: &Idle) {
        let clock = self.clocks[host.index()];
        let priority = match self.policy {
            EvictionPolicy::Lru => idle.last_use.as_ps(),
            EvictionPolicy::Lfu => idle.uses,
            EvictionPolicy::Size => u64::MAX - idle.memory.0,
            EvictionPolicy::GreedyDual => in_order_of(clock + idle.uses as f64 * idle.cost_per_size()),
            EvictionPolicy::Landlord => in_order_of(clock + idle.cost_per_size()),
        };
        let (last_use, created) = match self.ties {
            Ties::LastUse => (idle.last_use, idle.created),
            Ties::Oldest => (Time::ZERO, idle.created),
            Ties::Newest => (Time::ZERO, u64::MAX - idle.created),
        };
        self.heaps.insert(host, entry, Key { priority, last_use, created });
    }

    /// It is used again, or has expired.
    #[inline]
    pub fn remove(&mut self, entry: u32) {
        self.heaps.remove(entry);
    }

    /// The slab entry of the first to go, which the caller evicts now: the clock of the host is raised to its priority.
    pub fn charge_first(&mut self, host: HostId) -> Option<u32> {
        let (key, entry) = self.heaps.first(host)?;
        if matches!(self.policy, EvictionPolicy::GreedyDual | EvictionPolicy::Landlord) {
            // It never drops: nothing idle has a lower priority, and newcomers start from here.
            self.clocks[host.index()] = f64::from_bits(key.priority);
        }
        Some(entry)
    }

    /// The clock of a host, in seconds per mebibyte; zero with a policy that has none.
    pub fn clock(&self, host: HostId) -> f64 {
        self.clocks[host.index()]
    }
}

/// Bits whose order as whole numbers is that of the numbers, for those that are not negative.
fn in_order_of(priority: f64) -> u64 {
    debug_assert!(priority >= 0.0 && priority.is_finite(), "priority {priority}");
    priority.to_bits()
}

/// How often each function has been used since its oldest living sandboxes were created: the frequency of `FaasCache`.
/// It drops to zero when the last sandbox of the function is terminated.
#[derive(Clone, Debug)]
pub struct Frequency {
    of_function: Vec<Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    uses: u64,
    alive: u32,
}

impl Frequency {
    /// For so many functions, none used yet.
    pub fn new(functions: usize) -> Self {
        Self { of_function: vec![Count::default(); functions] }
    }
    /// A sandbox has been created, which is no use of it yet.
    pub fn created(&mut self, function: FunctionId) {
        self.of_function[function.index()].alive += 1;
    }
    /// A request has been given to a sandbox, new or idle.
    #[inline]
    pub fn used(&mut self, function: FunctionId) {
        self.of_function[function.index()].uses += 1;
    }
    /// A sandbox is terminated: evicted, expired or not kept at all.
    pub fn removed(&mut self, function: FunctionId) {
        let count = &mut self.of_function[function.index()];
        count.alive -= 1;
        if count.alive == 0 {
            count.uses = 0;
        }
    }
    /// Uses so far.
    #[inline]
    pub fn uses(&self, function: FunctionId) -> u64 {
        self.of_function[function.index()].uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOST: HostId = HostId::new(0);

    /// Last use in seconds, memory in MiB, cold start in ms, uses.
    const fn idle(created: u64, last_use: u64, memory: u64, cold_start: u64, uses: u64) -> Idle {
        Idle {
            last_use: Time::from_ps(last_use * 1_000_000_000_000),
            created,
            memory: Bytes::from_mib(memory),
            cold_start: Span::from_ms(cold_start),
            uses,
        }
    }

    fn order(policy: EvictionPolicy, ties: Ties, sandboxes: &[Idle]) -> Vec<u32> {
        let mut eviction = Eviction::new(policy, ties, 1);
        for (entry, sandbox) in (0..).zip(sandboxes) {
            eviction.insert(HOST, entry, sandbox);
        }
        std::iter::from_fn(|| evict(&mut eviction, HOST)).collect()
    }

    fn evict(eviction: &mut Eviction, host: HostId) -> Option<u32> {
        let first = eviction.charge_first(host)?;
        eviction.remove(first);
        Some(first)
    }

    #[test]
    fn the_order_of_each_policy() {
        let sandboxes = [
            idle(0, 40, 128, 1_000, 9),
            idle(1, 10, 256, 4_000, 2),
            idle(2, 30, 512, 500, 5),
            idle(3, 20, 256, 250, 2),
        ];
        let order = |policy| order(policy, Ties::LastUse, &sandboxes);
        assert_eq!(order(EvictionPolicy::Lru), [1, 3, 2, 0]);
        assert_eq!(order(EvictionPolicy::Lfu), [1, 3, 2, 0]);
        // Of the two of 256 MiB, the one used longest ago.
        assert_eq!(order(EvictionPolicy::Size), [2, 1, 3, 0]);
        // Milliseconds per MiB: 7.8, 15.6, 0.98, and exactly as much again.
        assert_eq!(order(EvictionPolicy::Landlord), [3, 2, 0, 1]);
        // Times uses: 70, 31, 4.9, 1.95.
        assert_eq!(order(EvictionPolicy::GreedyDual), [3, 2, 1, 0]);
    }

    #[test]
    fn ties_of_priority() {
        let sandboxes = [idle(7, 5, 128, 100, 1), idle(3, 5, 128, 100, 1), idle(9, 4, 128, 100, 1)];
        for policy in [EvictionPolicy::Lfu, EvictionPolicy::Size, EvictionPolicy::GreedyDual, EvictionPolicy::Landlord]
        {
            assert_eq!(order(policy, Ties::LastUse, &sandboxes), [2, 1, 0]);
            assert_eq!(order(policy, Ties::Oldest, &sandboxes), [1, 0, 2]);
            assert_eq!(order(policy, Ties::Newest, &sandboxes), [2, 0, 1]);
        }
    }

    #[test]
    fn the_clock_rises_with_evictions_only() {
        let mut eviction = Eviction::new(EvictionPolicy::GreedyDual, Ties::default(), 2);
        // 1 s / 1 MiB · 3 uses, and 1 s / 2 MiB.
        eviction.insert(HOST, 0, &idle(0, 1, 1, 1_000, 3));
        eviction.insert(HOST, 1, &idle(1, 2, 2, 1_000, 1));
        eviction.remove(0);
        assert_eq!(eviction.clock(HOST), 0.0);
        assert_eq!(evict(&mut eviction, HOST), Some(1));
        assert_eq!(eviction.clock(HOST), 0.5);
        // Newcomers start from the clock: 0.5 + 1/4 on this host, 1/4 on the other.
        eviction.insert(HOST, 2, &idle(2, 3, 4, 1_000, 1));
        eviction.insert(HostId::new(1), 3, &idle(3, 4, 4, 1_000, 1));
        assert_eq!((evict(&mut eviction, HOST), eviction.clock(HOST)), (Some(2), 0.75));
        assert_eq!((evict(&mut eviction, HostId::new(1)), eviction.clock(HostId::new(1))), (Some(3), 0.25));
        assert_eq!(evict(&mut eviction, HOST), None);
    }

    #[test]
    fn frequency_is_forgotten_with_the_last_sandbox() {
        let function = FunctionId::new(1);
        let mut frequency = Frequency::new(2);
        frequency.created(function);
        frequency.created(function);
        for _ in 0..5 {
            frequency.used(function);
        }
        frequency.removed(function);
        assert_eq!(frequency.uses(function), 5);
        frequency.removed(function);
        assert_eq!(frequency.uses(function), 0);
    }

    proptest! {
        /// Landlord as Young states it, every credit charged at every eviction, evicts the same sandboxes. Memory is a
        /// power of two and cold starts are whole seconds, so that credits are exact.
        #[test]
        fn landlord_is_that_of_young(
            steps in prop::collection::vec((0_u32..4, 1_u64..8, any::<bool>(), any::<prop::sample::Index>()), 1..80),
        ) {
            let mut eviction = Eviction::new(EvictionPolicy::Landlord, Ties::default(), 1);
            // Entry, size, cost, credit.
            let mut tenants: Vec<(u32, f64, f64, f64)> = Vec::new();
            for (entry, (size, cost, evicts, renewed)) in (0_u32..).zip(steps) {
                let size = 1 << size;
                eviction.insert(HOST, entry, &idle(entry.into(), entry.into(), size, 1_000 * cost, 1));
                tenants.push((entry, size as f64, cost as f64, cost as f64));
                let at = renewed.index(tenants.len());
                let (used, size, cost, _) = tenants.remove(at);
                let again = idle(used.into(), 1_000 + u64::from(entry), size as u64, 1_000 * cost as u64, 1);
                eviction.remove(used);
                eviction.insert(HOST, used, &again);
                tenants.push((used, size, cost, cost));
                if evicts {
                    let charge = tenants.iter().map(|&(_, size, _, credit)| credit / size).fold(f64::MAX, f64::min);
                    for tenant in &mut tenants {
                        tenant.3 -= charge * tenant.1;
                    }
                    let evicted = evict(&mut eviction, HOST);
                    let spent = tenants.iter().position(|&(entry, _, _, credit)| Some(entry) == evicted && credit == 0.0);
                    prop_assert!(spent.is_some(), "{:?} of {:?}", evicted, tenants);
                    tenants.remove(spent.unwrap_or(0));
                }
            }
        }
    }
}
