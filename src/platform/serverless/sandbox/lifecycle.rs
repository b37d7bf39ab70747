//! How idle sandboxes rest, are demoted step by step, make room for others, and are terminated.

use crate::config::plan::{KeepAliveMode, WhenShort};
use crate::ids::{FunctionId, HostId, SandboxId};
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::shape::{Groups, Need};
use crate::record::{Act, Gauge, Meter, Powered};
use crate::units::{Bytes, Span, Time};

use super::cluster::Cluster;
use super::states::StateList;
use super::table::{Holding, Phase, Sandbox};
use super::warmth::Warmth;

/// Some of the pools.
#[derive(Clone, Copy, Debug)]
pub enum Pools {
    /// Those of some groups.
    Of(Groups),
    /// This one.
    One(u32),
}

impl Pools {
    fn has(self, hosts: &Hosts, pool: u32) -> bool {
        match self {
            Self::Of(groups) => hosts.reaches(groups, pool),
            Self::One(one) => one == pool,
        }
    }
    /// The one with most room.
    fn roomiest(self, hosts: &Hosts) -> Option<u32> {
        match self {
            Self::Of(groups) => hosts.roomiest_pool(groups),
            Self::One(pool) => Some(pool),
        }
    }
}

impl Cluster {
    /// A sandbox without a request, of which `sandbox` is a copy, becomes idle, to be kept until `expiry`. Tells whether it
    /// is: one whose time is over already is demoted, or terminated, at once. On the straight path it has not left its core.
    #[inline(always)]
    pub fn rest<const ALL: bool>(
        &mut self,
        now: Time,
        id: SandboxId,
        sandbox: &Sandbox,
        expiry: Time,
        meter: &mut Meter,
    ) -> bool {
        let Sandbox { function, host, need, list, pool, .. } = *sandbox;
        let kept = self.sandboxes.keeps(expiry, now);
        if !ALL {
            self.hosts.end_work(host, self.cores::<ALL>(function), if kept { need.local } else { Bytes::ZERO });
            if !kept {
                self.dismiss::<ALL>(id, Act::Expire, meter);
                return false;
            }
        }
        let expiry = if ALL { expiry.max(now) } else { expiry };
        let resting = self.sandboxes.get_mut(id);
        // Its place in the list depends on both.
        (resting.idle_since, resting.expiry) = (now, expiry);
        if ALL {
            resting.phase = Phase::Idle;
            let open = *resting;
            self.sandboxes.take_out(&open);
            self.hosts.end_work(host, 0, need.local);
            self.hosts.note_room(host);
            self.hosts.add_idle_remote(pool, need.remote);
        }
        self.sandboxes.put::<ALL>(id, StateList::Open(function, host), list, now);
        self.join_orders::<ALL>(id, function, host, expiry);
        if !kept {
            self.expire::<ALL>(id, meter);
        }
        kept
    }

    #[inline(always)]
    fn join_orders<const ALL: bool>(&mut self, id: SandboxId, function: FunctionId, host: HostId, expiry: Time) {
        let known = &self.known;
        self.sandboxes.join_orders::<ALL>(id, host, expiry, || known[function].cold_start);
    }
    #[inline(always)]
    pub(super) fn leave_orders(&mut self, id: SandboxId) {
        let sandbox = self.sandboxes[id];
        self.sandboxes.leave_orders::<true>(id, &sandbox);
    }
    /// It is idle, from `since` to `expiry`, and in its list; it joins the orders of idle ones.
    pub(super) fn idle_again(&mut self, id: SandboxId, since: Time, expiry: Time) {
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.idle_since, sandbox.expiry, sandbox.phase) = (since, expiry, Phase::Idle);
        let (function, host) = (sandbox.function, sandbox.host);
        self.join_orders::<true>(id, function, host, expiry);
    }
    /// The same in a pool.
    pub(super) fn idle_in_pool(&mut self, id: SandboxId, since: Time, expiry: Time) {
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.idle_since, sandbox.expiry, sandbox.phase) = (since, expiry, Phase::Idle);
        let (pool, remote) = (sandbox.pool, sandbox.need.remote);
        self.hosts.add_idle_remote(pool, remote);
        self.sandboxes.join_pool_orders(id);
    }
    /// It is idle there no more.
    pub(super) fn end_idle_in_pool(&mut self, id: SandboxId) {
        let (pool, remote) = (self.sandboxes[id].pool, self.sandboxes[id].need.remote);
        self.hosts.remove_idle_remote(pool, remote);
        self.sandboxes.leave_pool_orders(id);
    }

    /// Terminates a sandbox that has no request and is in no order of idle ones.
    #[inline(never)]
    pub fn dismiss<const ALL: bool>(&mut self, id: SandboxId, act: Act, meter: &mut Meter) {
        let sandbox = self.sandboxes[id];
        if ALL {
            self.note(meter, act, sandbox.function, Some(id), Some(sandbox.host));
            self.sandboxes.take_out(&sandbox);
        }
        self.give_memory::<ALL>(sandbox.host, sandbox.pool, sandbox.need, meter);
        if !ALL || sandbox.warmth != Warmth::Pool {
            meter.vacate(Powered::Node, sandbox.host.raw(), 1);
        }
        self.remove::<ALL>(id, meter);
        self.room.freed(sandbox.host);
    }

    /// Terminates an idle sandbox, whatever is left of it.
    #[inline(never)]
    pub fn terminate<const ALL: bool>(&mut self, id: SandboxId, act: Act, meter: &mut Meter) {
        let sandbox = self.sandboxes[id];
        if ALL && sandbox.warmth == Warmth::Pool {
            self.end_idle_in_pool(id);
        } else {
            self.sandboxes.leave_orders::<ALL>(id, &sandbox);
            self.hosts.remove_idle(sandbox.host, sandbox.need.local);
            if ALL {
                self.hosts.remove_idle_remote(sandbox.pool, sandbox.need.remote);
            }
        }
        if !ALL {
            self.sandboxes.take_out(&sandbox);
        }
        self.dismiss::<ALL>(id, act, meter);
    }

    /// A sandbox that holds nothing any more, and is in no list, is no more.
    pub(super) fn remove<const ALL: bool>(&mut self, id: SandboxId, meter: &mut Meter) {
        if ALL {
            let Sandbox { warmth, function, ready_at, .. } = self.sandboxes[id];
            match warmth {
                Warmth::Warm => {
                    self.forget(function);
                    self.sandboxes.counts[function].ready -= u32::from(ready_at < Time::MAX);
                }
                Warmth::Pool => self.sandboxes.frequency.removed(function),
                Warmth::Nothing | Warmth::Bare | Warmth::Language => {}
            }
            self.sandboxes.get_mut(id).phase = Phase::Terminated;
        }
        meter.lower(Gauge::Instances, 1);
        self.sandboxes.remove(id);
    }

    /// A function has a sandbox less.
    fn forget(&mut self, function: FunctionId) {
        self.sandboxes.frequency.removed(function);
        self.sandboxes.counts[function].exist -= 1;
    }

    /// The time of an idle sandbox is over: it is demoted by a step, or terminated. Its list, its orders and the meter say
    /// where it is; the meter has been moved to its time.
    #[inline(never)]
    pub fn expire<const ALL: bool>(&mut self, id: SandboxId, meter: &mut Meter) {
        if !ALL {
            self.terminate::<ALL>(id, Act::Expire, meter);
            return;
        }
        match (self.rules.keep_alive, self.sandboxes[id].warmth) {
            (KeepAliveMode::Layered, Warmth::Warm) => self.lose_code(id, meter),
            (KeepAliveMode::Layered, Warmth::Language) => self.lose_runtime(id, meter),
            (KeepAliveMode::RemoteTier, Warmth::Warm) => self.demote_to_pool(id, meter),
            _ => self.terminate::<ALL>(id, Act::Expire, meter),
        }
    }

    fn lose_code(&mut self, id: SandboxId, meter: &mut Meter) {
        let layers = self.rules.layers;
        let Sandbox { function, host, .. } = self.sandboxes[id];
        let language = self.language_of(function);
        self.demote(id, Warmth::Language, layers.language_memory, layers.language_limit, meter);
        self.sandboxes.move_to(id, StateList::Language(language, host));
        self.forget(function);
        self.sandboxes.counts[function].ready -= 1;
        self.note(meter, Act::ToLanguage, function, Some(id), Some(host));
    }

    fn lose_runtime(&mut self, id: SandboxId, meter: &mut Meter) {
        let layers = self.rules.layers;
        let Sandbox { function, host, .. } = self.sandboxes[id];
        // Shares are of the memory that it had at first.
        let share = if layers.language_memory > 0.0 { layers.bare_memory / layers.language_memory } else { 0.0 };
        self.demote(id, Warmth::Bare, share.min(1.0), layers.bare_limit, meter);
        self.sandboxes.move_to(id, StateList::Bare(host));
        self.note(meter, Act::ToBare, function, Some(id), Some(host));
    }

    /// Demotes it on its host: less memory, a new time to go.
    fn demote(&mut self, id: SandboxId, warmth: Warmth, share: f64, limit: Span, meter: &mut Meter) {
        let Sandbox { need, host, pool, .. } = self.sandboxes[id];
        let left = Need { local: need.local.scale(share), remote: need.remote.scale(share) };
        let freed = Need { local: need.local - left.local, remote: need.remote - left.remote };
        let since = meter.now();
        self.leave_orders(id);
        self.hosts.remove_idle(host, freed.local);
        self.hosts.remove_idle_remote(pool, freed.remote);
        self.give_memory::<true>(host, pool, freed, meter);
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.need, sandbox.warmth) = (left, warmth);
        self.idle_again(id, since, since.saturating_add(limit));
        self.counters.demotions += 1;
        self.room.freed(host);
    }

    /// Moves an idle sandbox to the roomiest pool that its host can use; those that have been there for longest make room. It is terminated
    /// where no pool is large enough.
    fn demote_to_pool(&mut self, id: SandboxId, meter: &mut Meter) {
        let sandbox = self.sandboxes[id];
        let (host, function, now) = (sandbox.host, sandbox.function, meter.now());
        let whole = Need { local: Bytes::ZERO, remote: sandbox.need.total() };
        self.leave_orders(id);
        self.hosts.remove_idle(host, sandbox.need.local);
        self.hosts.remove_idle_remote(sandbox.pool, sandbox.need.remote);
        self.give_memory::<true>(host, sandbox.pool, sandbox.need, meter);
        meter.vacate(Powered::Node, host.raw(), 1);
        let pool = self.room_for_demoted(self.hosts.pools_of(host), whole.remote, meter);
        self.room.freed(host);
        let Some(pool) = pool else {
            let sandbox = self.sandboxes[id];
            self.sandboxes.take_out(&sandbox);
            self.note(meter, Act::Expire, function, Some(id), Some(host));
            self.remove::<true>(id, meter);
            return;
        };
        self.take_memory::<true>(host, pool, whole, meter);
        let moved = self.sandboxes.get_mut(id);
        (moved.need, moved.pool, moved.warmth, moved.idle_since) = (whole, pool, Warmth::Pool, now);
        self.sandboxes.move_to(id, StateList::Pool(function));
        self.idle_in_pool(id, now, now.saturating_add(self.rules.tier_limit));
        self.counters.demotions += 1;
        // It serves nobody there.
        let count = &mut self.sandboxes.counts[function];
        (count.exist, count.ready) = (count.exist - 1, count.ready - 1);
        self.note(meter, Act::ToPool, function, Some(id), Some(host));
    }

    fn room_for_demoted(&mut self, pools: Groups, memory: Bytes, meter: &mut Meter) -> Option<u32> {
        if !self.hosts.pools_could_fit(pools, memory) {
            // None is evicted in vain.
            return None;
        }
        loop {
            let pool = self.hosts.roomiest_pool(pools)?;
            if self.hosts.pool_fits(pool, memory) {
                return Some(pool);
            }
            let first = self.sandboxes.first_in_pools(|pool| self.hosts.reaches(pools, pool))?;
            self.evict::<true>(first, meter);
        }
    }

    /// Terminates an idle sandbox to make room.
    fn evict<const ALL: bool>(&mut self, victim: SandboxId, meter: &mut Meter) {
        self.terminate::<ALL>(victim, Act::Evict, meter);
        self.counters.evictions += 1;
    }

    /// Evicts an idle sandbox that a host holds: it moves to a pool where the rule says so.
    fn evict_from<const ALL: bool>(&mut self, host: HostId, meter: &mut Meter) -> Option<()> {
        let victim = if ALL { self.sandboxes.next_victim(host) } else { self.sandboxes.least_recently_used(host) }?;
        if ALL && self.rules.keep_alive == KeepAliveMode::RemoteTier && self.sandboxes[victim].warmth == Warmth::Warm {
            self.counters.evictions += 1;
            self.demote_to_pool(victim, meter);
        } else {
            self.evict::<ALL>(victim, meter);
        }
        Some(())
    }

    /// Makes room in a pool: those that were moved there first, then whatever idle sandbox has been for longest.
    fn evict_from_pools<const ALL: bool>(&mut self, pools: Pools, meter: &mut Meter) -> Option<()> {
        let within = |pool| !ALL || pools.has(&self.hosts, pool);
        let demoted = if ALL { self.sandboxes.first_in_pools(within) } else { None };
        let victim = demoted.or_else(|| self.sandboxes.longest_idle_with_remote(within))?;
        self.evict::<ALL>(victim, meter);
        Some(())
    }

    /// Evicts idle sandboxes until a sandbox of `function` fits on `host` and into a pool; returns its room, or `None` when
    /// there is none even so (nothing is evicted in vain from the host; pools are shared, so theirs may be).
    #[inline(never)]
    pub fn make_room_in<const ALL: bool>(
        &mut self,
        host: HostId,
        pools: Pools,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Option<Holding> {
        if ALL && self.splits_give_way() {
            return self.make_room_for_any_split(host, pools, function, meter);
        }
        let need = self.need::<ALL>(function, host);
        if !self.hosts.fits(host, need.local) {
            let all_or_none = self.rules.eviction.when_short == WhenShort::Keep;
            if !self.rules.evict_idle || all_or_none && !self.hosts.could_fit(host, need.local) {
                return None;
            }
            while !self.hosts.fits(host, need.local) {
                self.evict_from::<ALL>(host, meter)?;
            }
        }
        let pool = self.make_pool_room::<ALL>(pools, need.remote, meter);
        if pool.is_none() {
            self.room.was_short_of_pool(host);
        }
        pool.map(|pool| Holding { pool, need, split: 0 })
    }

    /// The same where splits give way: to the one nearest to the preferred split that fits now. Only where none does are
    /// idle sandboxes evicted, one after the other until one does: those of the host first.
    fn make_room_for_any_split(
        &mut self,
        host: HostId,
        pools: Pools,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Option<Holding> {
        let evicts = self.rules.evict_idle
            && (self.rules.eviction.when_short == WhenShort::Evict || self.holds_any_split(host, function, true));
        loop {
            let pool = pools.roomiest(&self.hosts);
            let room = pool.map_or(Bytes::ZERO, |pool| self.hosts.pool_room(pool, false));
            if let Some((split, need)) = self.nearest_split(function, host, room) {
                return Some(Holding { pool: pool.unwrap_or(0), need, split: split as u8 });
            }
            let evicted = evicts && {
                let from_host = self.evict_from::<true>(host, meter);
                from_host.or_else(|| self.evict_from_pools::<true>(pools, meter)).is_some()
            };
            if !evicted {
                self.room.was_short_of_pool(host);
                return None;
            }
        }
    }

    fn make_pool_room<const ALL: bool>(&mut self, pools: Pools, remote: Bytes, meter: &mut Meter) -> Option<u32> {
        loop {
            let pool = pools.roomiest(&self.hosts);
            if pool.is_some_and(|pool| self.hosts.pool_fits(pool, remote)) {
                return pool;
            }
            if remote == Bytes::ZERO {
                // There is no pool, and none is needed.
                return Some(0);
            }
            if !self.rules.evict_idle {
                return None;
            }
            self.evict_from_pools::<ALL>(pools, meter)?;
        }
    }

    /// This pool, or (where that is none) those that a host can use.
    pub fn pools_for(&self, host: HostId, pool: Option<u32>) -> Pools {
        pool.map_or_else(|| Pools::Of(self.hosts.pools_of(host)), Pools::One)
    }

    pub(super) fn language_of(&self, function: FunctionId) -> u32 {
        let languages = u64::from(self.rules.layers.languages.max(1));
        (self.known[function].app_hash % languages) as u32
    }
}
