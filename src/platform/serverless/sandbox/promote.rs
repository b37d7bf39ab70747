//! Demoted sandboxes that are promoted for a function: its own in a pool, one of its language, a bare one.

use crate::config::plan::KeepAliveMode;
use crate::ids::{FunctionId, HostId, SandboxId};
use crate::platform::serverless::host::shape::Groups;
use crate::record::{Act, Meter, Powered};
use crate::units::{Bytes, Time};

use super::cluster::Cluster;
use super::lifecycle::Pools;
use super::states::StateList;
use super::table::{Holding, Phase, Sandbox};
use super::warmth::Warmth;

impl Cluster {
    /// Whether the rules demote idle sandboxes, so that there may be some to promote.
    #[inline]
    pub fn demotes(&self) -> bool {
        matches!(self.rules.keep_alive, KeepAliveMode::RemoteTier | KeepAliveMode::Layered)
    }
    /// The function's own sandbox in a pool, if there is one, that `host` can use (any, where that is none).
    pub fn demoted_to_pool(&self, function: FunctionId, host: Option<HostId>) -> Option<SandboxId> {
        if self.rules.keep_alive != KeepAliveMode::RemoteTier {
            return None;
        }
        let mut demoted = self.sandboxes.all_in(StateList::Pool(function));
        let reaches = |host, id: SandboxId| self.hosts.reaches(self.hosts.pools_of(host), self.sandboxes[id].pool);
        demoted.find(|id| host.is_none_or(|host| reaches(host, *id)))
    }
    /// The groups of hosts to which a sandbox can be promoted from a pool.
    pub fn groups_for_demoted(&self, id: SandboxId) -> Groups {
        self.hosts.groups_that_reach(self.sandboxes[id].pool)
    }

    /// Promotes the function's own sandbox from a pool to `host`, where a place is free; `false` where there is no room.
    pub fn promote_from_pool(&mut self, id: SandboxId, host: HostId, pools: Pools, meter: &mut Meter) -> bool {
        // What it holds in the pool is free for what it will need there; while room is made it must not go itself.
        let held = self.sandboxes[id];
        let function = held.function;
        self.end_idle_in_pool(id);
        self.sandboxes.get_mut(id).phase = Phase::Starting;
        self.give_memory::<true>(held.host, held.pool, held.need, meter);
        let Some(room) = self.make_room_in::<true>(host, pools, function, meter) else {
            if self.hosts.pool_fits(held.pool, held.need.remote) {
                self.take_memory::<true>(held.host, held.pool, held.need, meter);
                self.idle_in_pool(id, held.idle_since, held.expiry);
            } else {
                // Those that made room have taken its place.
                let sandbox = self.sandboxes[id];
                self.sandboxes.take_out(&sandbox);
                self.note(meter, Act::Evict, function, Some(id), None);
                self.remove::<true>(id, meter);
                self.counters.evictions += 1;
            }
            return false;
        };
        self.take_memory::<true>(host, room.pool, room.need, meter);
        meter.occupy(Powered::Node, host.raw(), 1);
        // Its pages come from where it was; if it has remote memory, from where that is now.
        let pool = if room.need.remote == Bytes::ZERO { held.pool } else { room.pool };
        self.begin_start(id, function, host, Holding { pool, ..room });
        self.sandboxes.counts[function].exist += 1;
        self.take_place::<true>(host, function, Bytes::ZERO, meter);
        true
    }

    /// Promotes a sandbox of the function's language, or a bare one, on `host` (on any, where that is none), with
    /// memory in `pool` (in any that the host can use, where that is none).
    pub fn promote_on_host(
        &mut self,
        function: FunctionId,
        host: Option<HostId>,
        pool: Option<u32>,
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        if self.rules.keep_alive != KeepAliveMode::Layered {
            return None;
        }
        let on = host.unwrap_or(HostId::new(0));
        let language = self.language_of(function);
        let lists = [(StateList::Language(language, on), Warmth::Language), (StateList::Bare(on), Warmth::Bare)];
        let tiers = self.tiers(function).into_iter().filter(|tier| *tier != 0);
        lists.into_iter().find_map(|(list, warmth)| {
            let id = tiers.clone().find_map(|tier| self.promote_of(list, function, (host, tier, pool), meter))?;
            Some((id, warmth))
        })
    }

    fn promote_of(
        &mut self,
        list: StateList,
        function: FunctionId,
        (host, groups, pool): (Option<HostId>, Groups, Option<u32>),
        meter: &mut Meter,
    ) -> Option<SandboxId> {
        let suits = |id: &SandboxId| {
            let on = self.sandboxes[*id].host;
            host.is_none_or(|host| host == on)
                && self.hosts.is_in(on, groups)
                && self.place_free::<true>(on, function)
                && self.could_hold_more(*id, function)
        };
        let id = self.sandboxes.all_in(list).find(suits)?;
        let held = self.sandboxes[id];
        let pools = self.pools_for(held.host, pool);
        // While room is made it must not go itself.
        self.leave_orders(id);
        self.sandboxes.get_mut(id).phase = Phase::Starting;
        self.hosts.remove_idle(held.host, held.need.local);
        self.hosts.remove_idle_remote(held.pool, held.need.remote);
        self.give_memory::<true>(held.host, held.pool, held.need, meter);
        let Some(room) = self.make_room_in::<true>(held.host, pools, function, meter) else {
            self.take_memory::<true>(held.host, held.pool, held.need, meter);
            self.hosts.end_work(held.host, 0, held.need.local);
            self.hosts.note_room(held.host);
            self.hosts.add_idle_remote(held.pool, held.need.remote);
            self.idle_again(id, held.idle_since, held.expiry);
            return None;
        };
        self.take_memory::<true>(held.host, room.pool, room.need, meter);
        self.begin_start(id, function, held.host, room);
        self.sandboxes.frequency.created(function);
        self.sandboxes.counts[function].exist += 1;
        self.take_place::<true>(held.host, function, Bytes::ZERO, meter);
        Some(id)
    }

    /// Whether a demoted sandbox finds room on its host to become one of `function`, if need be by evicting others.
    fn could_hold_more(&self, id: SandboxId, function: FunctionId) -> bool {
        let Sandbox { host, need: held, pool, .. } = self.sandboxes[id];
        let group = self.hosts.group(host);
        let own = if held.remote > Bytes::ZERO { self.hosts.pool_room(pool, false) + held.remote } else { Bytes::ZERO };
        let roomiest = self.hosts.most_pool_room(group, false).max(own);
        let least = self.least_local(function, group, roomiest).unwrap_or(self.need_in(function, group).local);
        self.hosts.fits(host, least.saturating_sub(held.local))
            || self.rules.evict_idle && self.hosts.could_fit(host, least)
    }

    fn begin_start(&mut self, id: SandboxId, function: FunctionId, host: HostId, room: Holding) {
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.function, sandbox.host, sandbox.pool) = (function, host, room.pool);
        (sandbox.need, sandbox.split) = (room.need, room.split);
        sandbox.from = sandbox.warmth;
        (sandbox.warmth, sandbox.phase, sandbox.ready_at) = (Warmth::Warm, Phase::Starting, Time::MAX);
        self.sandboxes.move_to(id, StateList::Full(function, host));
    }
}
