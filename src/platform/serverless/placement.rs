//! Where a request runs.

use crate::config::plan::{Binding, Placement, WhenShort};
use crate::ids::{FunctionId, HostId, SandboxId};
use crate::record::Meter;
use crate::units::{Bytes, Time};

use super::{Need, Serverless, Start};

/// Any host, where a list is not kept per host.
const ANYWHERE: HostId = HostId::new(0);

impl Serverless {
    /// Early binding: the host for a request, whatever is free there.
    #[inline]
    pub(super) fn choose_host(&mut self, now: Time, function: FunctionId) -> HostId {
        if self.rules.placement == Placement::RoundRobin {
            return self.hosts.round_robin();
        }
        if self.general.on
            && let Some(host) = self.choose_by_rule(now, function)
        {
            return host;
        }
        let warm = |host| self.sandboxes.first_idle(function, host).is_some();
        let first_warm = self.rules.placement == Placement::FirstWarm;
        first_warm.then(|| self.hosts.least_loaded_of(warm)).flatten().unwrap_or_else(|| self.hosts.least_loaded())
    }

    /// Starts a request on `host` if an idle sandbox or room for a new one is there.
    #[inline(always)]
    pub(super) fn start_on(
        &mut self,
        now: Time,
        host: HostId,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        if self.general.on {
            return self.start_general(now, Some(host), function, arrived, meter);
        }
        if !self.core_free(host) {
            return None;
        }
        if let Some(idle) = self.sandboxes.first_idle(function, host) {
            return Some(self.reuse(now, idle, arrived, meter));
        }
        let need = self.needs[function];
        let pool = self.make_room(host, need, meter)?;
        Some(self.create(host, pool, function, arrived, meter))
    }

    /// Late binding: starts a request wherever it can start now.
    pub(super) fn start_anywhere(
        &mut self,
        now: Time,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        if self.general.on {
            return self.start_general(now, None, function, arrived, meter);
        }
        if self.hosts.all_busy(self.cores_each) {
            return None;
        }
        let mut idle = self.sandboxes.first_idle(function, ANYWHERE);
        while let Some(sandbox) = idle {
            if self.core_free(self.sandboxes[sandbox].host) {
                return Some(self.reuse(now, sandbox, arrived, meter));
            }
            idle = self.sandboxes.next_idle(sandbox);
        }
        let need = self.needs[function];
        let host = self.find_room(now, function, need)?;
        let pool = self.make_room(host, need, meter)?;
        Some(self.create(host, pool, function, arrived, meter))
    }

    /// The same on the general path, for a request that has waited.
    fn start_general(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        self.join(now, host, function, arrived, meter).or_else(|| self.start_new(now, host, function, arrived, meter))
    }

    pub(super) fn core_free(&self, host: HostId) -> bool {
        self.hosts.has_cores(host, self.cores_each)
    }

    /// A host with a free core and room for `need`; failing that, one where idle sandboxes can make room.
    pub(super) fn find_room(&mut self, now: Time, function: FunctionId, need: Need) -> Option<HostId> {
        let in_turn = self.rules.placement == Placement::RoundRobin;
        let extras = if self.general.on { self.general.extras(function) } else { [0; 2] };
        let mut room = self.hosts.with_room(need.local, self.cores_each, extras, false, in_turn);
        if room.is_none() && self.rules.evict_idle {
            room = self.hosts.with_room(need.local, self.cores_each, extras, true, in_turn);
        }
        // The rule is asked only where there is room: looking in vain leaves its state, and its stream, alone.
        if room.is_some()
            && self.general.on
            && let Some(host) = self.choose_by_rule(now, function)
        {
            if self.hosts.has_memory(host, need.local, self.rules.evict_idle) && self.place_free(host, function) {
                return Some(host);
            }
            // It is as idle as before.
            self.told_departure(host);
        }
        room
    }

    /// Evicts idle sandboxes until `need` fits on `host` and into a pool; returns the pool, or `None` when there is
    /// no room even so (nothing is evicted in vain from the host; pools are shared, so theirs may be).
    pub(super) fn make_room(&mut self, host: HostId, need: Need, meter: &mut Meter) -> Option<u32> {
        if !self.hosts.fits(host, need.local) {
            let all_or_none = self.rules.eviction.when_short == WhenShort::Keep;
            if !self.rules.evict_idle || all_or_none && !self.hosts.could_fit(host, need.local) {
                return None;
            }
            while !self.hosts.fits(host, need.local) {
                if self.general.on {
                    if !self.evict_general(host, meter) {
                        return None;
                    }
                    continue;
                }
                let victim = self.sandboxes.least_recently_used(host)?;
                self.evict(victim, meter);
            }
        }
        let pool = self.make_pool_room(need.remote, meter);
        if pool.is_none() && self.rules.binding == Binding::Early && self.short_of_pool.last() != Some(&host) {
            self.short_of_pool.push(host);
        }
        pool
    }

    fn make_pool_room(&mut self, remote: Bytes, meter: &mut Meter) -> Option<u32> {
        loop {
            let pool = self.hosts.roomiest_pool();
            if self.hosts.pool_fits(pool, remote) {
                return Some(pool);
            }
            if !self.rules.evict_idle {
                return None;
            }
            if self.general.on {
                if !self.evict_from_pools(meter) {
                    return None;
                }
                continue;
            }
            let victim = self.sandboxes.longest_idle_with_remote()?;
            self.evict(victim, meter);
        }
    }

    fn evict(&mut self, victim: SandboxId, meter: &mut Meter) {
        self.drop_idle(victim, meter);
        self.evictions += 1;
    }
}
