//! The hosts with the sandboxes on them: what these hold, and how requests enter and leave them.
//!
//! `ALL` says whether all rules apply (the general path) or only those that are simple (the straight path): what the
//! latter do not need is then left out of the same code.

use crate::config::plan::{Binding, CpuSharing, Placement};
use crate::ids::{FunctionId, FunctionKind, HostId, IdVec, SandboxId};
use crate::platform::serverless::host::cores::Cores;
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::room::Room;
use crate::platform::serverless::host::shape::{Groups, MOST_GROUPS, Need, Needs, Shape, each};
use crate::platform::serverless::host::stranded::Least;
use crate::platform::serverless::knowledge::Known;
use crate::platform::serverless::rules::Rules;
use crate::record::{Act, Decided, Gauge, Meter, Powered, Stranded};
use crate::units::{Bytes, Time};

use super::states::StateList;
use super::table::{Holding, Phase, Sandbox, Sandboxes};
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
    needs: Needs,
    /// The function whose memory is the median of all; none where there are none.
    median: Option<FunctionId>,
    /// By function, the groups of hosts that it tries first, and the others that it may run on; none where all may run
    /// anywhere.
    tiers: Vec<[Groups; 2]>,
    /// Groups on which nothing may start at the moment.
    closed: Groups,
    /// What a working sandbox has of the cores to itself.
    cores: Cores,
    /// Whether any function needs bandwidth or accelerators.
    has_other_demands: bool,
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
    pub fn new(rules: &Rules, shape: &Shape, needs: Needs, known: IdVec<FunctionKind, Known>, all: bool) -> Self {
        let early = rules.binding == Binding::Early;
        let hosts = shape.hosts() as usize;
        let columns = if early { hosts } else { 1 };
        let mut sandboxes = Sandboxes::new(needs.len(), columns, hosts, rules, all);
        if all {
            sandboxes = sandboxes.with_state_lists(rules);
        }
        let cores = Cores::new(rules.holds_cores(), known.iter().map(|known| known.cores));
        let prefers = known.iter().any(|known| known.prefers(shape));
        let mut hosts = Hosts::new(shape, &cores, rules.placement, prefers);
        if rules.placement == Placement::FirstFit {
            hosts = hosts.with_rooms(rules.evict_idle);
        }
        let constrained = all && (!shape.is_uniform() || prefers);
        let tiers =
            if constrained { tiers(&hosts, &needs, &known, rules.cpu == CpuSharing::Exclusive) } else { Vec::new() };
        Self {
            sandboxes,
            hosts,
            tiers,
            closed: 0,
            room: Room::new(early),
            has_other_demands: known.iter().any(|known| known.other_demands != [0; 2]),
            cores,
            rules: *rules,
            median: needs.median(),
            needs,
            known,
            counters: Counters::default(),
        }
    }

    /// What has happened so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
    /// What a working sandbox of a function has of the cores to itself, in units of the ledger.
    #[inline(always)]
    pub fn cores<const ALL: bool>(&self, function: FunctionId) -> u64 {
        self.cores.of::<ALL>(function)
    }
    /// A core in units of the ledger.
    pub fn core_unit(&self) -> u64 {
        self.cores.unit()
    }
    /// What a sandbox of a function holds on a host.
    #[inline]
    pub fn need<const ALL: bool>(&self, function: FunctionId, host: HostId) -> Need {
        self.need_in(function, if ALL { self.hosts.group(host) } else { 0 })
    }
    /// The same on hosts of a group.
    #[inline]
    pub fn need_in(&self, function: FunctionId, group: usize) -> Need {
        self.needs.of(function, group)
    }
    /// Whether what a sandbox holds where depends on what is free.
    #[inline]
    pub fn splits_give_way(&self) -> bool {
        self.needs.give_way()
    }
    /// The least that a sandbox needs of a host of a group, with so much room in a pool, if that is enough.
    pub fn least_local(&self, function: FunctionId, group: usize, pool: Bytes) -> Option<Bytes> {
        self.needs.least_local(function, group, pool)
    }
    /// The split nearest to the preferred one that fits on a host now, with so much room in a pool; and its number.
    pub fn nearest_split(&self, function: FunctionId, host: HostId, pool: Bytes) -> Option<(usize, Need)> {
        self.needs.nearest(function, self.hosts.group(host), self.hosts.free(host), pool)
    }
    /// Whether a host and the roomiest pool that it may use hold a sandbox of `function`; with `evicting`, once idle ones
    /// are evicted.
    pub fn holds_any_split(&self, host: HostId, function: FunctionId, evicting: bool) -> bool {
        let group = self.hosts.group(host);
        let least = self.least_local(function, group, self.hosts.most_pool_room(group, evicting));
        least.is_some_and(|least| self.hosts.has_memory(host, least, evicting))
    }
    /// The groups of hosts that a function tries first, and the others that it may run on.
    #[inline]
    pub fn tiers(&self, function: FunctionId) -> [Groups; 2] {
        match self.tiers.get(function.index()) {
            // Where all may run anywhere, all wait in one queue, and nothing is closed to its head.
            None => [self.hosts.all(), 0],
            Some(tiers) if self.closed == 0 => *tiers,
            Some(tiers) => self.open_of(*tiers),
        }
    }
    #[inline(never)]
    fn open_of(&self, tiers: [Groups; 2]) -> [Groups; 2] {
        match tiers.map(|tier| tier & !self.closed) {
            [0, others] => [others, 0],
            tiers => tiers,
        }
    }
    #[inline]
    fn all_tiers(&self, function: FunctionId) -> [Groups; 2] {
        self.tiers.get(function.index()).copied().unwrap_or([self.hosts.all(), 0])
    }
    /// The groups that a function may run on.
    #[inline]
    pub fn allowed(&self, function: FunctionId) -> Groups {
        let [first, others] = self.all_tiers(function);
        first | others
    }
    /// Late binding: nothing starts on these groups until the next call, as those that came before wait for them.
    #[inline]
    pub fn close(&mut self, groups: Groups) {
        self.closed = groups;
    }
    /// Whether hosts, pools or functions' choices of them differ.
    #[inline]
    pub fn is_constrained(&self) -> bool {
        !self.tiers.is_empty()
    }
    /// Whether a function may run on a host.
    #[inline]
    pub fn is_allowed(&self, function: FunctionId, host: HostId) -> bool {
        self.hosts.is_in(host, self.allowed(function))
    }
    /// Late binding: those of some groups whose hosts find the memory in pools that a sandbox of `function` needs, if need
    /// be by evicting. Where there is only one group this is not asked beforehand.
    pub fn groups_with_pools(&self, function: FunctionId, groups: Groups, evicting: bool) -> Groups {
        if !self.is_constrained() {
            return groups;
        }
        if self.splits_give_way() {
            let finds = |&group: &usize| {
                self.least_local(function, group, self.hosts.most_pool_room(group, evicting)).is_some()
            };
            return each(groups & self.hosts.all()).filter(finds).fold(0, |groups, group| groups | 1 << group);
        }
        self.hosts.groups_with_pools(groups, |group| self.need_in(function, group).remote, evicting)
    }
    /// Late binding: a host of some groups with a core and room for a sandbox of `function`.
    pub fn with_room<const ALL: bool>(
        &mut self,
        function: FunctionId,
        groups: Groups,
        evicting: bool,
        in_turn: bool,
    ) -> Option<HostId> {
        let other_demands = self.other_demands::<ALL>(function);
        if ALL && self.splits_give_way() {
            let mut least = [Bytes::MAX; MOST_GROUPS];
            for group in each(groups & self.hosts.all()) {
                let pool = self.hosts.most_pool_room(group, evicting);
                least[group] = self.least_local(function, group, pool).unwrap_or(Bytes::MAX);
            }
            let memory = |group: usize| least[group];
            let cores = self.cores.of::<ALL>(function);
            return self.hosts.with_room(groups, memory, cores, other_demands, (evicting, in_turn));
        }
        let needs = &self.needs;
        let memory = |group| needs.of(function, group).local;
        let cores = self.cores.of::<ALL>(function);
        self.hosts.with_room(groups, memory, cores, other_demands, (evicting, in_turn))
    }
    /// The lowest-numbered host of some groups where a new sandbox of `function` fits now, where rooms are kept.
    pub fn first_with_room(&self, function: FunctionId, groups: Groups) -> Option<HostId> {
        let least = |group| self.least_local(function, group, self.hosts.most_pool_room(group, self.rules.evict_idle));
        let found = each(groups & self.hosts.all()).filter(|group| least(*group).is_some());
        let groups = found.fold(0, |groups, group| groups | 1 << group);
        let memory = |group| least(group).unwrap_or(Bytes::MAX);
        let (cores, other_demands) = (self.cores::<true>(function), self.other_demands::<true>(function));
        self.hosts.first_with_room(groups, memory, cores, other_demands)
    }
    /// Bandwidth and accelerators that a request of a function needs.
    #[inline]
    pub fn other_demands<const ALL: bool>(&self, function: FunctionId) -> [u64; 2] {
        if ALL && self.has_other_demands { self.known[function].other_demands } else { [0; 2] }
    }

    /// Whether a host has as much of its cores free as any function needs.
    #[inline]
    pub fn core_free(&self, host: HostId) -> bool {
        self.hosts.has_cores(host, self.cores.least())
    }
    /// Whether what a request of `function` needs of the cores is free on a host, and whatever else a request of `function` needs while it runs.
    #[inline(always)]
    pub fn place_free<const ALL: bool>(&self, host: HostId, function: FunctionId) -> bool {
        if ALL {
            self.hosts.is_free(host, self.cores::<ALL>(function))
                && self.hosts.fits_other_demands(host, self.other_demands::<ALL>(function))
        } else {
            self.hosts.has_cores(host, self.cores::<ALL>(function))
        }
    }
    /// The first open sandbox of a function that has a place: on this host, or (late binding) on any of some groups.
    #[inline(always)]
    pub fn first_open<const ALL: bool>(
        &self,
        host: Option<HostId>,
        function: FunctionId,
        groups: Groups,
    ) -> Option<SandboxId> {
        let mut next = self.sandboxes.first_idle(function, host.unwrap_or(HostId::new(0)));
        while let Some(sandbox) = next {
            let on = match host {
                Some(host) => host,
                None => self.sandboxes[sandbox].host,
            };
            let may = !ALL || host.is_some() || !self.is_constrained() || self.hosts.is_in(on, groups);
            if may && self.place_free::<ALL>(on, function) {
                return Some(sandbox);
            }
            next = if host.is_some() { None } else { self.sandboxes.next_idle(sandbox) };
        }
        None
    }
    /// What one more sandbox of the function whose memory is the median of all could not use.
    pub fn stranded(&self, busy: impl Fn(HostId) -> u32) -> Stranded {
        let Some(function) = self.median else { return Stranded::default() };
        let least = |group: usize, pool: Bytes| Least {
            with_pools: self.least_local(function, group, pool),
            with_room: self.least_local(function, group, Bytes::MAX).unwrap_or(Bytes::ZERO),
        };
        self.hosts.stranded(least, self.cores::<true>(function), busy, self.rules.evict_idle)
    }
    /// Whether a host has memory for a sandbox of `function`, if need be by evicting.
    pub fn has_memory(&self, host: HostId, function: FunctionId) -> bool {
        let evicting = self.rules.evict_idle;
        if self.splits_give_way() {
            return self.holds_any_split(host, function, evicting);
        }
        self.hosts.has_memory(host, self.need::<true>(function, host).local, evicting)
    }
    /// Whether a request of `function` could start on `host` now, in a sandbox that is idle there or a new one.
    pub fn could_start(&self, host: HostId, function: FunctionId) -> bool {
        self.place_free::<true>(host, function) && self.is_allowed(function, host) && self.could_hold(host, function)
    }
    /// The straight path: whether there may be no memory for a new sandbox of `function` on `host`.
    #[inline(always)]
    pub fn may_be_short(&self, host: HostId, function: FunctionId) -> bool {
        let Need { local, remote } = self.need_in(function, 0);
        remote > Bytes::ZERO || !self.hosts.fits(host, local)
    }
    /// Whether a sandbox of `function` is idle on `host`, or there is memory for a new one, in pools too, if need be by
    /// evicting; whether a core is free or not.
    pub fn could_hold(&self, host: HostId, function: FunctionId) -> bool {
        let pooled = || {
            let (remote, group) = (self.need::<true>(function, host).remote, 1 << self.hosts.group(host));
            // With splits that give way, pools have been asked.
            remote == Bytes::ZERO
                || self.splits_give_way()
                || self.hosts.groups_with_pools(group, |_| remote, self.rules.evict_idle) != 0
        };
        self.sandboxes.is_warm_on(function, host) || self.has_memory(host, function) && pooled()
    }

    #[inline(always)]
    pub(super) fn take_place<const ALL: bool>(
        &mut self,
        host: HostId,
        function: FunctionId,
        idle: Bytes,
        meter: &mut Meter,
    ) {
        let cores = self.cores::<ALL>(function);
        self.hosts.begin_work(host, cores, idle);
        if ALL {
            self.hosts.cores_changed(host);
            self.hosts.take_other_demands(host, self.other_demands::<ALL>(function));
            self.hosts.note_room(host);
        }
        meter.raise(Gauge::CoresAllocated, cores);
        if self.rules.binding == Binding::Late {
            self.hosts.assign(host);
        }
    }
    #[inline(always)]
    fn give_place(&mut self, host: HostId, function: FunctionId, meter: &mut Meter) {
        let cores = self.cores::<true>(function);
        self.hosts.end_work(host, cores, Bytes::ZERO);
        self.hosts.cores_changed(host);
        self.hosts.give_other_demands(host, self.other_demands::<true>(function));
        self.hosts.note_room(host);
        meter.lower(Gauge::CoresAllocated, cores);
    }

    /// Told by host and pool on the general path alone, which is taken wherever that is asked for.
    pub(super) fn take_memory<const ALL: bool>(&mut self, host: HostId, pool: u32, need: Need, meter: &mut Meter) {
        self.hosts.take_memory(host, pool, need);
        meter.occupy(Powered::Pool, pool, need.remote.0);
        if ALL {
            self.hosts.note_room(host);
            meter.raise_at(Gauge::LocalAllocated, host.raw(), need.local.0);
            meter.raise_at(Gauge::PoolAllocated, pool, need.remote.0);
        } else {
            meter.raise(Gauge::LocalAllocated, need.local.0);
            meter.raise(Gauge::PoolAllocated, need.remote.0);
        }
    }
    pub(super) fn give_memory<const ALL: bool>(&mut self, host: HostId, pool: u32, need: Need, meter: &mut Meter) {
        self.hosts.free_memory(host, pool, need);
        meter.vacate(Powered::Pool, pool, need.remote.0);
        if ALL {
            self.hosts.note_room(host);
            meter.lower_at(Gauge::LocalAllocated, host.raw(), need.local.0);
            meter.lower_at(Gauge::PoolAllocated, pool, need.remote.0);
        } else {
            meter.lower(Gauge::LocalAllocated, need.local.0);
            meter.lower(Gauge::PoolAllocated, need.remote.0);
        }
    }

    /// A new sandbox, which starts on a core; there is room for it.
    #[inline(always)]
    pub fn create<const ALL: bool>(
        &mut self,
        host: HostId,
        holding: Holding,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> SandboxId {
        let Holding { pool, need, split } = holding;
        self.take_memory::<ALL>(host, pool, need, meter);
        meter.occupy(Powered::Node, host.raw(), 1);
        meter.raise(Gauge::Instances, 1);
        let id = self.sandboxes.create(function, host, pool, need, self.counters.cold_starts, arrived);
        self.counters.cold_starts += 1;
        if ALL {
            self.sandboxes.get_mut(id).split = split;
            self.sandboxes.fill(id, function, host);
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
                self.sandboxes.fill(id, function, host);
            }
        }
        if was_idle {
            self.sandboxes.leave_orders::<ALL>(id, &sandbox);
            if ALL {
                self.hosts.remove_idle_remote(sandbox.pool, need.remote);
            }
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

    /// The request that has just entered a sandbox has waited for its start, and counts as one that was started for it.
    pub fn was_awaited(&mut self, id: SandboxId) {
        self.counters.starts[Warmth::Warm as usize] -= 1;
        self.counters.starts[self.sandboxes[id].from as usize] += 1;
    }

    /// A request has left a sandbox; returns a copy of it. On the straight path it leaves its core when it rests.
    #[inline(always)]
    pub fn leave<const ALL: bool>(&mut self, id: SandboxId, meter: &mut Meter) -> Sandbox {
        let sandbox = self.sandboxes.get_mut(id);
        if ALL {
            sandbox.active -= 1;
        }
        let sandbox = *sandbox;
        if ALL {
            self.give_place(sandbox.host, sandbox.function, meter);
        } else {
            meter.lower(Gauge::CoresAllocated, self.cores::<ALL>(sandbox.function));
        }
        if !ALL || sandbox.active == 0 {
            meter.lower(Gauge::MemoryUsed, sandbox.need.total().0);
        }
        sandbox
    }
    /// A request has been called off, or the start of a sandbox that has none.
    pub fn leave_early(&mut self, id: SandboxId, meter: &mut Meter) {
        let sandbox = &self.sandboxes[id];
        if sandbox.active > 0 {
            self.leave::<true>(id, meter);
        } else {
            self.give_place(sandbox.host, sandbox.function, meter);
        }
    }
    /// Whether a sandbox is not ready yet.
    pub fn is_starting(&self, id: SandboxId) -> bool {
        self.sandboxes[id].phase == Phase::Starting
    }

    /// A sandbox that was started has become ready; tells whether it has a place for a request more. One without a request
    /// leaves its core.
    pub fn ready(&mut self, now: Time, id: SandboxId, meter: &mut Meter) -> bool {
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.ready_at, sandbox.last_begun, sandbox.phase) = (now, now, Phase::Working);
        let (host, function, active) = (sandbox.host, sandbox.function, sandbox.active);
        if active == 0 {
            self.give_place(host, function, meter);
        }
        self.sandboxes.counts[function].ready += 1;
        active < self.rules.scaling.concurrency
    }

    /// Requests in a sandbox.
    #[inline]
    pub fn active(&self, id: SandboxId) -> u32 {
        self.sandboxes[id].active
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

/// The groups that each function tries first, and the others that it may run on. Those whose hosts could never hold it do
/// not count, unless that is so of all; with `own_cores` a request has cores of its own while it runs.
fn tiers(hosts: &Hosts, needs: &Needs, known: &IdVec<FunctionKind, Known>, own_cores: bool) -> Vec<[Groups; 2]> {
    let tiers = |function: FunctionId| {
        let none = Known::default();
        let Known { allowed, preferred, other_demands, cores, .. } = *known.get(function).unwrap_or(&none);
        let allowed = allowed & hosts.populated();
        assert!(allowed != 0, "a function has hosts that it may run on");
        let holding = hosts.groups_that_hold(
            |group, pool| needs.least_local(function, group, pool),
            if own_cores { cores } else { 0 },
            other_demands,
        );
        let holding = holding & allowed;
        let allowed = if holding == 0 { allowed } else { holding };
        match allowed & preferred {
            0 => [allowed, 0],
            first => [first, allowed & !first],
        }
    };
    (0..needs.len()).map(|function| tiers(FunctionId::new(function as u32))).collect()
}
