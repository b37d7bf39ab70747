//! The hosts with the sandboxes on them: what these hold, and how requests enter and leave them.
//!
//! `ALL` says whether all rules apply (the general path) or only those that are simple (the straight path): what the
//! latter do not need is then left out of the same code.

use crate::config::plan::{Binding, CpuSharing};
use crate::ids::{FunctionId, FunctionKind, HostId, IdVec, SandboxId};
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::room::Room;
use crate::platform::serverless::host::shape::{Need, Shape};
use crate::platform::serverless::knowledge::Known;
use crate::platform::serverless::rules::Rules;
use crate::record::{Act, Decided, Gauge, Meter};
use crate::units::{Bytes, Time};

use super::states::StateList;
use super::table::{Phase, Sandboxes};
use super::warmth::Warmth;

/// Hosts and their sandboxes.
#[derive(Debug)]
pub struct Cluster {
    /// The rules.
    pub rules: Rules,
    /// What is free on the hosts.
    pub hosts: Hosts,
    /// The sandboxes.
    pub sandboxes: Sandboxes,
    /// Which hosts have got room while requests wait.
    pub room: Room,
    /// What is known of the functions; nothing where the rules are straight.
    pub known: IdVec<FunctionKind, Known>,
    needs: IdVec<FunctionKind, Need>,
    /// Cores that a working sandbox has to itself: one, or none.
    cores_each: u32,
    /// Whether any function needs bandwidth or accelerators.
    needs_extras: bool,
    /// What has happened so far.
    pub(super) counters: Counters,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Sandboxes created.
    pub cold_starts: u64,
    /// Idle sandboxes removed to make room.
    pub evictions: u64,
    /// Sandboxes that lost their function's code or their runtime, or moved to a pool.
    pub demotions: u64,
    /// Starts of requests by what they found (on the general path only).
    pub starts: [u64; Warmth::ALL.len()],
}

impl Cluster {
    /// Hosts of the given shape without sandboxes; `needs` says what a sandbox of each function holds, `all` whether all
    /// rules apply.
    pub fn new(
        rules: Rules,
        shape: Shape,
        needs: IdVec<FunctionKind, Need>,
        known: IdVec<FunctionKind, Known>,
        all: bool,
    ) -> Self {
        let early = rules.binding == Binding::Early;
        let columns = if early { shape.hosts as usize } else { 1 };
        let mut sandboxes = Sandboxes::new(needs.len(), columns, shape.hosts as usize, &rules, all);
        if all {
            sandboxes = sandboxes.with_state_lists(&rules);
        }
        Self {
            sandboxes,
            hosts: Hosts::new(shape, rules.placement),
            room: Room::new(early),
            needs_extras: known.iter().any(|known| known.extras != [0; 2]),
            cores_each: u32::from(rules.cpu == CpuSharing::Exclusive),
            rules,
            needs,
            known,
            counters: Counters::default(),
        }
    }

    /// What has happened so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
    /// Cores that a working sandbox has to itself.
    #[inline]
    pub fn cores_each(&self) -> u32 {
        self.cores_each
    }
    /// What a sandbox of a function holds.
    #[inline]
    pub fn need(&self, function: FunctionId) -> Need {
        self.needs[function]
    }
    /// Bandwidth and accelerators that a request of a function needs.
    #[inline]
    pub fn extras<const ALL: bool>(&self, function: FunctionId) -> [u64; 2] {
        if ALL && self.needs_extras { self.known[function].extras } else { [0; 2] }
    }

    /// Whether a core is free on a host.
    #[inline]
    pub fn core_free(&self, host: HostId) -> bool {
        self.hosts.has_cores(host, self.cores_each)
    }
    /// Whether a core is free on a host, and whatever else a request of `function` needs while it runs.
    #[inline(always)]
    pub fn place_free<const ALL: bool>(&self, host: HostId, function: FunctionId) -> bool {
        self.core_free(host) && (!ALL || self.hosts.has_extras(host, self.extras::<ALL>(function)))
    }
    /// Whether a request of `function` could start on `host` now, in a sandbox that is idle there or a new one.
    pub fn could_start(&self, host: HostId, function: FunctionId) -> bool {
        self.place_free::<true>(host, function)
            && (self.sandboxes.is_warm_on(function, host)
                || self.hosts.has_memory(host, self.need(function).local, self.rules.evict_idle))
    }

    #[inline(always)]
    pub(super) fn take_place<const ALL: bool>(
        &mut self,
        host: HostId,
        function: FunctionId,
        idle: Bytes,
        meter: &mut Meter,
    ) {
        self.hosts.begin_work(host, self.cores_each, idle);
        if ALL {
            self.hosts.take_extras(host, self.extras::<ALL>(function));
        }
        meter.raise(Gauge::CoresAllocated, self.cores_each.into());
        if self.rules.binding == Binding::Late {
            self.hosts.assign(host);
        }
    }
    #[inline(always)]
    fn give_place<const ALL: bool>(&mut self, host: HostId, function: FunctionId, meter: &mut Meter) {
        self.hosts.end_work(host, self.cores_each);
        if ALL {
            self.hosts.give_extras(host, self.extras::<ALL>(function));
        }
        meter.lower(Gauge::CoresAllocated, self.cores_each.into());
    }

    pub(super) fn take_memory(&mut self, host: HostId, pool: u32, need: Need, meter: &mut Meter) {
        self.hosts.take_memory(host, pool, need);
        meter.raise(Gauge::LocalAllocated, need.local.0);
        meter.raise(Gauge::PoolAllocated, need.remote.0);
    }
    pub(super) fn give_memory(&mut self, host: HostId, pool: u32, need: Need, meter: &mut Meter) {
        self.hosts.free_memory(host, pool, need);
        meter.lower(Gauge::LocalAllocated, need.local.0);
        meter.lower(Gauge::PoolAllocated, need.remote.0);
    }

    /// A new sandbox, which starts on a core; there is room for it.
    #[inline(always)]
    pub fn create<const ALL: bool>(
        &mut self,
        host: HostId,
        pool: u32,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> SandboxId {
        let need = self.need(function);
        self.take_memory(host, pool, need, meter);
        meter.raise(Gauge::Instances, 1);
        let id = self.sandboxes.create(function, host, pool, need, self.counters.cold_starts, arrived);
        self.counters.cold_starts += 1;
        if ALL {
            self.sandboxes.put::<ALL>(id, StateList::Full(function, host));
            self.sandboxes.frequency.created(function);
            self.sandboxes.counts[function].exist += 1;
        }
        self.take_place::<ALL>(host, function, Bytes::ZERO, meter);
        id
    }

    /// A request begins in a sandbox that has just begun to start for it.
    #[inline(always)]
    pub fn begin<const ALL: bool>(&mut self, now: Time, id: SandboxId, arrived: Time, from: Warmth, meter: &mut Meter) {
        let sandbox = self.sandboxes.get_mut(id);
        let (function, host, need) = (sandbox.function, sandbox.host, sandbox.need);
        sandbox.last_arrival = arrived;
        meter.raise(Gauge::MemoryUsed, need.total().0);
        if ALL {
            (sandbox.last_begun, sandbox.active) = (now, 1);
            self.sandboxes.frequency.used(function);
            self.counters.starts[from as usize] += 1;
            let act = match from {
                Warmth::Bare => Act::FromBare,
                Warmth::Language => Act::FromLanguage,
                Warmth::Pool => Act::FromPool,
                Warmth::Nothing | Warmth::Warm => Act::Cold,
            };
            self.note(meter, act, function, Some(id), Some(host));
        }
    }
    /// A sandbox has just begun to start, for no request.
    pub fn begin_boot(&mut self, id: SandboxId, act: Act, meter: &mut Meter) {
        let sandbox = self.sandboxes.get_mut(id);
        sandbox.active = 0;
        let (function, host) = (sandbox.function, sandbox.host);
        self.note(meter, act, function, Some(id), Some(host));
    }

    /// A request begins in a sandbox that has a place and a core for it.
    #[inline(always)]
    pub fn enter<const ALL: bool>(&mut self, now: Time, id: SandboxId, arrived: Time, meter: &mut Meter) {
        let sandbox = self.sandboxes.get_mut(id);
        let was_idle = !ALL || sandbox.phase == Phase::Idle;
        debug_assert!(!was_idle || sandbox.idle_since <= now);
        sandbox.last_arrival = arrived;
        if ALL {
            (sandbox.last_begun, sandbox.phase) = (now, Phase::Working);
            sandbox.active += 1;
        }
        let sandbox = *sandbox;
        let (host, function, need) = (sandbox.host, sandbox.function, sandbox.need);
        if !ALL || sandbox.active == self.rules.scaling.concurrency {
            self.sandboxes.take_out(&sandbox);
            if ALL {
                self.sandboxes.put::<ALL>(id, StateList::Full(function, host));
            }
        }
        if was_idle {
            self.sandboxes.leave_orders::<ALL>(id, &sandbox);
        }
        self.take_place::<ALL>(host, function, if was_idle { need.local } else { Bytes::ZERO }, meter);
        if !ALL || sandbox.active == 1 {
            meter.raise(Gauge::MemoryUsed, need.total().0);
        }
        if ALL {
            self.sandboxes.frequency.used(function);
            self.counters.starts[Warmth::Warm as usize] += 1;
            self.note(meter, Act::Warm, function, Some(id), Some(host));
        }
    }

    /// A request has left a sandbox; tells how many are left in it.
    #[inline(always)]
    pub fn leave<const ALL: bool>(&mut self, id: SandboxId, meter: &mut Meter) -> u32 {
        let sandbox = self.sandboxes.get_mut(id);
        let (host, function, need) = (sandbox.host, sandbox.function, sandbox.need);
        if ALL {
            sandbox.active -= 1;
        }
        let active = if ALL { sandbox.active } else { 0 };
        self.give_place::<ALL>(host, function, meter);
        if active == 0 {
            meter.lower(Gauge::MemoryUsed, need.total().0);
        }
        active
    }

    /// A sandbox that was started has become ready; tells whether it has a place for a request more. One without a request
    /// leaves its core.
    pub fn ready(&mut self, now: Time, id: SandboxId, meter: &mut Meter) -> bool {
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.ready_at, sandbox.last_begun, sandbox.phase) = (now, now, Phase::Working);
        let (host, function, active) = (sandbox.host, sandbox.function, sandbox.active);
        if active == 0 {
            self.give_place::<true>(host, function, meter);
        }
        self.sandboxes.counts[function].ready += 1;
        active < self.rules.scaling.concurrency
    }

    /// Requests in a sandbox.
    #[inline]
    pub fn active(&self, id: SandboxId) -> u32 {
        self.sandboxes[id].active
    }
    /// When the latest request of a sandbox began.
    #[inline]
    pub fn last_begun(&self, id: SandboxId) -> Time {
        self.sandboxes[id].last_begun
    }
    /// From when on the timer of a sandbox counts where uses do not reset it: when it was first ready.
    #[inline]
    pub fn ready_at(&self, id: SandboxId) -> Time {
        self.sandboxes[id].ready_at
    }
    /// A sandbox has requests, and a place for more.
    pub fn open(&mut self, now: Time, id: SandboxId) {
        let sandbox = self.sandboxes.get_mut(id);
        sandbox.idle_since = now;
        let (function, host) = (sandbox.function, sandbox.host);
        self.sandboxes.move_to(id, StateList::Open(function, host));
    }

    /// Writes a decision down, where asked for.
    #[inline]
    pub fn note(
        &self,
        meter: &mut Meter,
        act: Act,
        function: FunctionId,
        sandbox: Option<SandboxId>,
        host: Option<HostId>,
    ) {
        let at = meter.now();
        meter.note(|| Decided {
            at,
            act,
            function,
            sandbox: sandbox.map(|id| self.sandboxes[id].created),
            host: host.map(HostId::raw),
        });
    }
}
