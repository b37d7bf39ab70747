//! Idle sandboxes on the general path: how they rest, fall from rung to rung, are raised again, and go.

use crate::config::plan::{KeepAliveMode, ScalingMode, TimerOrigin};
use crate::ids::{FunctionId, HostId, SandboxId};
use crate::record::{Act, Gauge, Meter};
use crate::units::{Bytes, Span, Time};

use super::keep::eviction::Idle;
use super::keeping::Rest;
use super::sandboxes::Phase;
use super::shelves::Shelf;
use super::{Need, Sandbox, Serverless, Warmth};

impl Serverless {
    /// A sandbox without a request becomes idle, or goes where nothing keeps it.
    #[inline(always)]
    pub(super) fn rest(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let Sandbox { function, host, need, .. } = self.sandboxes[id];
        if self.is_surplus(function) {
            self.dismiss(id, Act::ScaleDown, meter);
            return;
        }
        let rest = if self.rules.scaling.mode == ScalingMode::PerRequest {
            self.keep_until(now, id)
        } else {
            Rest::Until(Time::MAX)
        };
        let Rest::Until(expiry) = rest else {
            self.dismiss(id, Act::Expire, meter);
            return;
        };
        self.hosts.end_work(host, 0, need.local);
        let (kept, expiry) = (self.sandboxes.keeps(expiry, now), expiry.max(now));
        let sandbox = self.sandboxes.get_mut(id);
        // Its place in the list depends on both.
        (sandbox.idle_since, sandbox.expiry) = (now, expiry);
        self.sandboxes.move_to(id, Shelf::Open(function, host));
        self.join_idle_orders(id, now, expiry);
        if kept {
            self.told_idle_sandbox(function, host);
        } else {
            self.fall(id, meter);
        }
    }

    /// Removes a sandbox that has no request and is in no order of idle ones.
    #[inline(never)]
    fn dismiss(&mut self, id: SandboxId, act: Act, meter: &mut Meter) {
        let Sandbox { function, host, pool, need, .. } = self.sandboxes[id];
        self.note(meter, act, function, Some(id), Some(host));
        self.sandboxes.take_off(id);
        self.give_memory(host, pool, need, meter);
        self.gone(id, meter);
        self.has_room(host);
    }

    /// Until when a sandbox that becomes idle now is kept.
    #[inline(always)]
    fn keep_until(&mut self, now: Time, id: SandboxId) -> Rest {
        let sandbox = &self.sandboxes[id];
        let origin = match (self.rules.reset_on_use, self.rules.timer_from) {
            (false, _) => sandbox.ready_at,
            (true, TimerOrigin::Completion) => now,
            (true, TimerOrigin::Arrival) => sandbox.last_arrival,
        };
        let function = sandbox.function;
        let busy = if self.rules.keep_alive == KeepAliveMode::Clairvoyant {
            self.busy_of(function).saturating_sub(1)
        } else {
            0
        };
        self.general.keeping.rest(now, origin, function, busy, &self.rules)
    }

    /// Sandboxes of a function that start, run or have just ended, on all hosts.
    fn busy_of(&self, function: FunctionId) -> u32 {
        let hosts = if self.sandboxes.columns == 1 { 1 } else { self.sandboxes.columns };
        let on = |host| self.sandboxes.all_on(Shelf::Open(function, HostId::new(host as u32)));
        let idle = (0..hosts).flat_map(on).filter(|id| self.sandboxes[*id].phase == Phase::Idle).count() as u32;
        self.general.sandboxes[function] - idle
    }

    #[inline(always)]
    fn join_idle_orders(&mut self, id: SandboxId, since: Time, expiry: Time) {
        let sandbox = self.sandboxes[id];
        let Some(eviction) = &mut self.general.eviction else {
            self.sandboxes.begin_idle(id, since, expiry, Some(sandbox.host));
            return;
        };
        let idle = Idle {
            last_use: since,
            created: sandbox.created,
            memory: sandbox.need.total(),
            cold_start: self.general.knowledge.functions[sandbox.function].cold_start,
            uses: self.general.frequency.uses(sandbox.function),
        };
        eviction.insert(sandbox.host, id.raw(), &idle);
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.idle_since, sandbox.expiry, sandbox.phase) = (since, expiry, Phase::Idle);
        self.sandboxes.join_expiry(id);
    }

    /// The time of an idle sandbox is over: it falls to the next rung, or goes. Its list, its orders and the meter say
    /// where it is; the meter has been moved to its time.
    pub(super) fn fall(&mut self, id: SandboxId, meter: &mut Meter) {
        let warmth = self.sandboxes[id].warmth;
        match (self.rules.keep_alive, warmth) {
            (KeepAliveMode::Layered, Warmth::Warm) => self.lose_code(id, meter),
            (KeepAliveMode::Layered, Warmth::Language) => self.lose_runtime(id, meter),
            (KeepAliveMode::RemoteTier, Warmth::Warm) => self.move_to_pool(id, meter),
            _ => self.end(id, Act::Expire, meter),
        }
    }

    fn lose_code(&mut self, id: SandboxId, meter: &mut Meter) {
        let layers = self.rules.layers;
        let sandbox = self.sandboxes[id];
        let language = self.language_of(sandbox.function);
        self.lower(id, Warmth::Language, layers.language_memory, layers.language_limit, meter);
        self.sandboxes.move_to(id, Shelf::Language(language, sandbox.host));
        self.forget(sandbox.function);
        self.autoscale_ready(sandbox.function, false);
        self.note(meter, Act::ToLanguage, sandbox.function, Some(id), Some(sandbox.host));
    }

    fn lose_runtime(&mut self, id: SandboxId, meter: &mut Meter) {
        let layers = self.rules.layers;
        let sandbox = self.sandboxes[id];
        // Shares are of the memory that it had at first.
        let share = if layers.language_memory > 0.0 { layers.bare_memory / layers.language_memory } else { 0.0 };
        self.lower(id, Warmth::Bare, share.min(1.0), layers.bare_limit, meter);
        self.sandboxes.move_to(id, Shelf::Bare(sandbox.host));
        self.note(meter, Act::ToBare, sandbox.function, Some(id), Some(sandbox.host));
    }

    /// Falls one rung on the same host: less memory, a new time to go.
    fn lower(&mut self, id: SandboxId, warmth: Warmth, share: f64, limit: Span, meter: &mut Meter) {
        let Need { local, remote } = self.sandboxes[id].need;
        let left = Need { local: local.scale(share), remote: remote.scale(share) };
        let freed = Need { local: local - left.local, remote: remote - left.remote };
        let (host, pool, since) = (self.sandboxes[id].host, self.sandboxes[id].pool, meter.now());
        self.leave_idle_orders(id);
        self.hosts.remove_idle(host, freed.local);
        self.give_memory(host, pool, freed, meter);
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.need, sandbox.warmth, sandbox.idle_since) = (left, warmth, since);
        self.join_idle_orders(id, since, since.saturating_add(limit));
        self.general.tally.demotions += 1;
        self.has_room(host);
    }

    fn give_memory(&mut self, host: HostId, pool: u32, need: Need, meter: &mut Meter) {
        self.hosts.free_memory(host, pool, need);
        meter.lower(Gauge::LocalAllocated, need.local.0);
        meter.lower(Gauge::PoolAllocated, need.remote.0);
    }

    /// Moves an idle sandbox to the roomiest pool; those that have been there for longest make room. It goes where no
    /// pool is large enough.
    fn move_to_pool(&mut self, id: SandboxId, meter: &mut Meter) {
        let sandbox = self.sandboxes[id];
        let (host, function, now) = (sandbox.host, sandbox.function, meter.now());
        let whole = Need { local: Bytes::ZERO, remote: sandbox.need.total() };
        self.leave_idle_orders(id);
        self.hosts.remove_idle(host, sandbox.need.local);
        self.give_memory(host, sandbox.pool, sandbox.need, meter);
        let pool = loop {
            if !self.hosts.pools_could_fit(whole.remote) {
                // None goes in vain.
                break None;
            }
            let pool = self.hosts.roomiest_pool();
            if self.hosts.pool_fits(pool, whole.remote) {
                break Some(pool);
            }
            let Some(first) = self.sandboxes.first_in_pools() else { break None };
            self.end(first, Act::Evict, meter);
            self.evictions += 1;
        };
        self.has_room(host);
        let Some(pool) = pool else {
            self.sandboxes.take_off(id);
            self.note(meter, Act::Expire, function, Some(id), Some(host));
            self.gone(id, meter);
            return;
        };
        self.take_memory(host, pool, whole, meter);
        let moved = self.sandboxes.get_mut(id);
        (moved.need, moved.pool, moved.warmth) = (whole, pool, Warmth::Pool);
        moved.idle_since = now;
        self.sandboxes.move_to(id, Shelf::Pool(function));
        self.sandboxes.begin_idle(id, now, now.saturating_add(self.rules.tier_limit), None);
        self.general.tally.demotions += 1;
        // It serves nobody there.
        self.general.sandboxes[function] -= 1;
        self.autoscale_ready(function, false);
        self.note(meter, Act::ToPool, function, Some(id), Some(host));
    }

    /// Removes an idle sandbox, from whichever rung.
    pub(super) fn end(&mut self, id: SandboxId, act: Act, meter: &mut Meter) {
        let Sandbox { host, need, warmth, .. } = self.sandboxes[id];
        if warmth == Warmth::Pool {
            self.sandboxes.leave_idle(id, None);
        } else {
            self.leave_idle_orders(id);
            self.hosts.remove_idle(host, need.local);
        }
        self.dismiss(id, act, meter);
    }

    /// A sandbox that holds nothing any more is no more.
    fn gone(&mut self, id: SandboxId, meter: &mut Meter) {
        let sandbox = self.sandboxes[id];
        match sandbox.warmth {
            Warmth::Warm => {
                self.forget(sandbox.function);
                self.autoscale_ready(sandbox.function, false);
            }
            Warmth::Pool => self.general.frequency.removed(sandbox.function),
            Warmth::Nothing | Warmth::Bare | Warmth::Language => {}
        }
        meter.lower(Gauge::Instances, 1);
        self.sandboxes.get_mut(id).phase = Phase::Starting;
        self.sandboxes.remove(id);
    }

    /// A function has a sandbox less.
    fn forget(&mut self, function: FunctionId) {
        self.general.frequency.removed(function);
        self.general.sandboxes[function] -= 1;
    }

    /// Evicts an idle sandbox that a host holds: it moves to a pool where the rule says so.
    pub(super) fn evict_general(&mut self, host: HostId, meter: &mut Meter) -> bool {
        let victim = match &mut self.general.eviction {
            Some(eviction) => eviction.first(host).map(SandboxId::new),
            None => self.sandboxes.least_recently_used(host),
        };
        let Some(victim) = victim else { return false };
        if let Some(eviction) = &mut self.general.eviction {
            eviction.charge(host);
        }
        self.evictions += 1;
        if self.rules.keep_alive == KeepAliveMode::RemoteTier && self.sandboxes[victim].warmth == Warmth::Warm {
            self.move_to_pool(victim, meter);
        } else {
            self.end(victim, Act::Evict, meter);
        }
        true
    }

    /// Makes room in a pool: those that were moved there first, then whatever idle sandbox has been for longest.
    pub(super) fn evict_from_pools(&mut self, meter: &mut Meter) -> bool {
        let idle = self.sandboxes.first_in_pools().or_else(|| self.sandboxes.longest_idle_with_remote());
        let Some(victim) = idle else { return false };
        self.end(victim, Act::Evict, meter);
        self.evictions += 1;
        true
    }

    /// Raises a sandbox from a lower rung for a function: its own in a pool, one of its language, a bare one.
    pub(super) fn raise(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        match self.rules.keep_alive {
            KeepAliveMode::RemoteTier => self.raise_from_pool(now, function, host, meter).map(|id| (id, Warmth::Pool)),
            KeepAliveMode::Layered => {
                let on = host.unwrap_or(HostId::new(0));
                let language = self.language_of(function);
                let shelves = [(Shelf::Language(language, on), Warmth::Language), (Shelf::Bare(on), Warmth::Bare)];
                let raise = |(shelf, warmth)| self.raise_on_host(function, host, shelf, meter).map(|id| (id, warmth));
                shelves.into_iter().find_map(raise)
            }
            _ => None,
        }
    }

    fn raise_from_pool(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        meter: &mut Meter,
    ) -> Option<SandboxId> {
        let id = self.sandboxes.first_on(Shelf::Pool(function))?;
        let need = self.needs[function];
        let host = match host {
            Some(host) => self.place_free(host, function).then_some(host)?,
            None => self.find_room(now, function, need)?,
        };
        // What it holds in the pool is free for what it will need there; while room is made it must not go itself.
        let held = self.sandboxes[id];
        self.sandboxes.leave_idle(id, None);
        self.sandboxes.get_mut(id).phase = Phase::Starting;
        self.give_memory(held.host, held.pool, held.need, meter);
        let Some(pool) = self.make_room(host, need, meter) else {
            if self.hosts.pool_fits(held.pool, held.need.remote) {
                self.take_memory(held.host, held.pool, held.need, meter);
                self.sandboxes.begin_idle(id, held.idle_since, held.expiry, None);
            } else {
                // Those that made room have taken its place.
                self.sandboxes.take_off(id);
                self.note(meter, Act::Evict, function, Some(id), None);
                self.gone(id, meter);
                self.evictions += 1;
            }
            self.told_departure(host);
            return None;
        };
        self.take_memory(host, pool, need, meter);
        // Its pages come from where it was; if it has remote memory, from where that is now.
        let pool = if need.remote == Bytes::ZERO { held.pool } else { pool };
        self.begin_start(id, function, host, pool, need);
        self.general.sandboxes[function] += 1;
        self.take_place(host, function, Bytes::ZERO, meter);
        Some(id)
    }

    fn raise_on_host(
        &mut self,
        function: FunctionId,
        host: Option<HostId>,
        shelf: Shelf,
        meter: &mut Meter,
    ) -> Option<SandboxId> {
        let need = self.needs[function];
        let suits = |id: &SandboxId| {
            let on = self.sandboxes[*id].host;
            let more = need.local.saturating_sub(self.sandboxes[*id].need.local);
            host.is_none_or(|host| host == on)
                && self.place_free(on, function)
                && (self.hosts.fits(on, more) || self.rules.evict_idle && self.hosts.could_fit(on, need.local))
        };
        let id = self.sandboxes.all_on(shelf).find(suits)?;
        let held = self.sandboxes[id];
        // While room is made it must not go itself.
        self.leave_idle_orders(id);
        self.sandboxes.get_mut(id).phase = Phase::Starting;
        self.hosts.remove_idle(held.host, held.need.local);
        self.give_memory(held.host, held.pool, held.need, meter);
        let Some(pool) = self.make_room(held.host, need, meter) else {
            self.take_memory(held.host, held.pool, held.need, meter);
            self.hosts.end_work(held.host, 0, held.need.local);
            self.join_idle_orders(id, held.idle_since, held.expiry);
            return None;
        };
        self.take_memory(held.host, pool, need, meter);
        self.begin_start(id, function, held.host, pool, need);
        self.general.frequency.created(function);
        self.general.sandboxes[function] += 1;
        self.take_place(held.host, function, Bytes::ZERO, meter);
        Some(id)
    }

    fn begin_start(&mut self, id: SandboxId, function: FunctionId, host: HostId, pool: u32, need: Need) {
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.function, sandbox.host, sandbox.pool, sandbox.need) = (function, host, pool, need);
        (sandbox.warmth, sandbox.phase, sandbox.ready_at) = (Warmth::Warm, Phase::Starting, Time::MAX);
        self.sandboxes.move_to(id, Shelf::Full(function, host));
    }

    fn language_of(&self, function: FunctionId) -> u32 {
        let languages = u64::from(self.rules.layers.languages.max(1));
        (self.general.knowledge.functions[function].app_hash % languages) as u32
    }
}
