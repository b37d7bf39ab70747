//! The platform: it routes what happens to the rooms that know what to do.
//!
//! The general path is all rules together. On it a sandbox serves up to N requests, starts without a request too
//! (pre-warmed, speculative, autoscaled), and is always in one state list of its function. Requests wait in one of four
//! places: at a sandbox, for any sandbox of their function, on their host (early binding), or in one queue (late binding).
//! A sandbox that has a request less takes the next one that waits at it, then one that waits for its function.
//!
//! The straight path is the same code with everything left out that simple rules do not need (`ALL` is false); both give
//! the same answers where both apply, which `tests/all/platform/general.rs` tests.

use std::collections::VecDeque;

use crate::config::plan::{Binding, Boundary, KeepAliveMode, ScalingMode, TimerOrigin, WhenBusy};
use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::platform::decision::Decision;
use crate::record::{Act, Counter, Counters, Gauge, Meter, Rejection};
use crate::units::{Bytes, Span, Time};

use super::dispatch::delayed::ServiceTimes;
use super::dispatch::place::Placement;
use super::host::shape::{ALL_GROUPS, Groups, Needs, Shape};
use super::keep::feed::{KeepAlive, Rest};
use super::knowledge::Knowledge;
use super::limits::quota::Quota;
use super::request::{Start, Waiting};
use super::rules::Rules;
use super::sandbox::cluster::Cluster;
use super::sandbox::lifecycle::Pools;
use super::sandbox::table::Sandbox;
use super::sandbox::warmth::Warmth;
use super::scale::feed::Autoscaler;
use super::wait::gangs::Gangs;
use super::wait::queues::Queues;

/// The state of a serverless platform.
#[derive(Debug)]
pub struct Serverless {
    /// Whether all rules apply.
    all: bool,
    pub(super) cluster: Cluster,
    pub(super) queues: Queues,
    pub(super) placement: Placement,
    pub(super) keep_alive: KeepAlive,
    pub(super) quota: Quota,
    pub(super) autoscaler: Autoscaler,
    pub(super) gangs: Gangs,
    /// Kept where requests may wait for busy sandboxes.
    pub(super) service_times: Option<ServiceTimes>,
    /// Requests that have left a queue, to be told.
    pub(super) starts: VecDeque<(RequestId, Start)>,
    /// Whether something else has changed that lets waiting requests start, beside what ends and expires.
    pub(super) pending: bool,
    /// Sandboxes started without a request, to be told; and how many there have been.
    boots: VecDeque<(SandboxId, Warmth)>,
    prewarms: u64,
}

impl Serverless {
    /// A platform with no sandboxes on hosts of the given shape; `needs` says what a sandbox of each function holds.
    pub fn new(mut rules: Rules, shape: &Shape, needs: Needs, knowledge: Knowledge) -> Self {
        match rules.keep_alive {
            KeepAliveMode::Forever => rules.keep_alive_limit = Span::MAX,
            // An idle time of zero is one too many.
            KeepAliveMode::None => (rules.keep_alive_limit, rules.boundary) = (Span::ZERO, Boundary::Cold),
            _ => {}
        }
        let prefers = knowledge.functions.iter().any(|known| known.prefers(shape));
        // Requests that hold more than a core and memory are counted on the general path only.
        let demands = knowledge.functions.iter().any(|known| known.extras != [0; 2]);
        let all = !rules.is_straight() || !shape.is_uniform() || prefers || demands;
        let functions = if all { needs.len() } else { 0 };
        let (hosts, early) = (shape.hosts(), rules.binding == Binding::Early);
        let columns = if early { hosts as usize } else { 1 };
        let waits = rules.dispatch.when_busy != WhenBusy::Start || rules.scaling.mode != ScalingMode::PerRequest;
        let lists = if all && waits { functions * columns } else { 0 };
        let placement = Placement::new(&rules, shape, &knowledge);
        let Knowledge { functions: known, oracle, .. } = knowledge;
        let apps = known.iter().map(|known| known.app);
        Self {
            all,
            queues: Queues::new(if early { hosts as usize } else { 0 }, lists),
            placement,
            keep_alive: KeepAlive::new(&rules, functions, apps, oracle),
            quota: Quota::new(&rules, functions, |function| known.get(function)?.reserved),
            autoscaler: Autoscaler::new(&rules, functions),
            gangs: Gangs::new(hosts),
            service_times: (rules.dispatch.when_busy != WhenBusy::Start).then(|| ServiceTimes::new(functions)),
            cluster: Cluster::new(&rules, shape, needs, known, all),
            starts: VecDeque::new(),
            pending: false,
            boots: VecDeque::new(),
            prewarms: 0,
        }
    }

    /// A sandbox that exists.
    pub fn sandbox(&self, id: SandboxId) -> &Sandbox {
        &self.cluster.sandboxes[id]
    }
    /// Counts what happened so far.
    pub fn count(&self, counters: &mut Counters) {
        let so_far = self.cluster.counters();
        let mut starts = so_far.starts;
        if !self.all {
            // On the straight path each sandbox is started for a request, from nothing.
            starts[Warmth::Nothing as usize] = so_far.cold_starts;
        }
        for (from, n) in Warmth::ALL.into_iter().zip(starts) {
            counters.add(from.counter(), n);
        }
        counters.add(Counter::SandboxesStarted, so_far.cold_starts);
        counters.add(Counter::Prewarmed, self.prewarms);
        counters.add(Counter::Evicted, so_far.evictions);
        counters.add(Counter::Demoted, so_far.demotions);
    }
    /// Local and pooled memory that is taken, by the ledger of the hosts.
    pub fn held(&self) -> (Bytes, Bytes) {
        self.cluster.hosts.held()
    }
    /// The same of each host and of each pool.
    pub fn held_by_each(&self) -> (Vec<Bytes>, Vec<Bytes>) {
        self.cluster.hosts.held_by_each()
    }
    /// Whether the rules need the general path.
    #[inline]
    pub fn is_general(&self) -> bool {
        self.all
    }
    /// Whether there may be something for [`Serverless::take_boot`] or [`Serverless::start_waiting`] after something has
    /// ended.
    #[inline]
    pub fn may_start(&self) -> bool {
        self.any_waits() || self.is_pending()
    }
    /// Whether any request waits.
    #[inline]
    pub fn any_waits(&self) -> bool {
        self.cluster.room.waiting() > 0
    }
    /// Whether to call [`Serverless::take_boot`] and [`Serverless::start_waiting`] now, although nothing has ended.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.pending || !self.boots.is_empty() || !self.starts.is_empty()
    }
    /// A sandbox that was started without a request, if any, and what there was of it: start it, then call
    /// [`Serverless::ready`].
    #[inline]
    pub fn take_boot(&mut self) -> Option<(SandboxId, Warmth)> {
        self.boots.pop_front()
    }

    /// Takes a request of `function` that arrives now, or is retried.
    #[inline(always)]
    pub fn request(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        if self.all {
            return self.request_general(now, request, function, meter);
        }
        self.advance(now, meter);
        self.place::<false>(now, request, function, meter)
    }

    #[inline(never)]
    fn request_general(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        self.advance(now, meter);
        if !self.quota.admit(function) {
            self.keep_alive.passed(function);
            self.cluster.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        self.keep_alive.arrived(now, function, &self.cluster.rules);
        let decision = self.place::<true>(now, request, function, meter);
        if let Decision::Reject(reason) = decision {
            let act = if reason == Rejection::Throttled { Act::Throttle } else { Act::Reject };
            self.cluster.note(meter, act, function, None, None);
            self.keep_alive.left(function);
            self.quota.release(function);
        } else {
            self.autoscale_arrival(now, function, meter);
        }
        decision
    }

    #[inline(always)]
    fn place<const ALL: bool>(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        let host = if self.cluster.rules.binding == Binding::Early {
            let host = self.choose::<ALL>(now, function);
            self.cluster.hosts.assign(host);
            Some(host)
        } else {
            None
        };
        let behind = self.any_waits() && !self.queues.is_empty(host);
        if !behind {
            if let Some(start) = self.join::<ALL>(now, host, function, now, meter) {
                return Decision::Start(start);
            }
            if ALL && self.waits_for_busy(now, host, Waiting { request, function, arrived: now, gang: 1 }, meter) {
                self.cluster.note(meter, Act::Wait, function, None, host);
                return Decision::Wait;
            }
        }
        // From here on it counts as a new sandbox, even if one becomes free before its turn comes.
        if ALL && !self.quota.may_add(now, function) {
            if let Some(host) = host {
                self.unassign(host);
            }
            return Decision::Reject(Rejection::Throttled);
        }
        if !behind && let Some(start) = self.start_new::<ALL>(now, host, function, now, meter) {
            return Decision::Start(start);
        }
        self.queue_up::<ALL>(host, Waiting { request, function, arrived: now, gang: 1 }, meter)
    }

    /// Early binding: the host for a request, or for a sandbox.
    #[inline(always)]
    pub(super) fn choose<const ALL: bool>(&mut self, now: Time, function: FunctionId) -> HostId {
        let queues = &self.queues;
        self.placement.choose::<ALL>(now, function, &mut self.cluster, |host| queues.is_empty(Some(host)))
    }

    /// A request that cannot start waits, on its host or in the one queue, if it may.
    #[inline(never)]
    fn queue_up<const ALL: bool>(
        &mut self,
        host: Option<HostId>,
        waiting: Waiting,
        meter: &mut Meter,
    ) -> Decision<Start> {
        let function = waiting.function;
        if self.cluster.room.waiting() >= self.cluster.rules.queue_limit {
            if let Some(host) = host {
                self.unassign(host);
            }
            self.quota.give_back(function);
            return Decision::Reject(Rejection::QueueFull);
        }
        self.queues.push(host, waiting);
        self.cluster.room.wait(1);
        meter.raise(Gauge::Waiting, 1);
        if ALL {
            self.cluster.note(meter, Act::Wait, function, None, host);
            self.call_thief(function);
        }
        Decision::Wait
    }

    /// A request leaves the host to which it was assigned without having begun there.
    pub(super) fn unassign(&mut self, host: HostId) {
        self.cluster.hosts.unassign(host);
        self.placement.departure(host, &self.cluster.hosts);
    }

    /// Starts a request in a sandbox that is ready and has a place for it.
    #[inline(always)]
    pub(super) fn join<const ALL: bool>(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        let cluster = &mut self.cluster;
        let [first, others] = if ALL && host.is_none() { cluster.tiers(function) } else { [ALL_GROUPS, 0] };
        if host.is_none() && cluster.hosts.all_busy::<ALL>(first | others, cluster.cores_each()) {
            return None;
        }
        let sandbox = cluster.first_open::<ALL>(host, function, first);
        let sandbox = sandbox
            .or_else(|| if ALL && others != 0 { cluster.first_open::<ALL>(host, function, others) } else { None })?;
        cluster.enter::<ALL>(now, sandbox, arrived, meter);
        Some(Start::warm(sandbox))
    }

    /// Starts a sandbox for a request: from the most that there is of one, else from nothing.
    #[inline(never)]
    pub(super) fn start_new<const ALL: bool>(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        if ALL && self.cluster.rules.scaling.mode != ScalingMode::PerRequest {
            return None;
        }
        self.start_in::<ALL>(now, (host, None), function, arrived, meter)
    }
    /// The same on a host, and with a pool, that may be given.
    #[inline(always)]
    pub(super) fn start_in<const ALL: bool>(
        &mut self,
        now: Time,
        on: (Option<HostId>, Option<u32>),
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        let (sandbox, from) = self.claim::<ALL>(now, function, on, meter)?;
        self.cluster.begin::<ALL>(now, sandbox, arrived, from, meter);
        Some(Start { sandbox, from })
    }

    /// Starts a request that has waited.
    pub(super) fn start<const ALL: bool>(
        &mut self,
        now: Time,
        host: Option<HostId>,
        waiting: &Waiting,
        meter: &mut Meter,
    ) -> Option<Start> {
        let (function, arrived) = (waiting.function, waiting.arrived);
        let start = self.join::<ALL>(now, host, function, arrived, meter);
        start.or_else(|| self.start_new::<ALL>(now, host, function, arrived, meter))
    }

    /// Starts a sandbox of a function without a request, if there is room and a core; it is told by
    /// [`Serverless::take_boot`].
    pub(super) fn boot(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        meter: &mut Meter,
    ) -> Option<SandboxId> {
        let host = match (self.cluster.rules.binding, host) {
            (Binding::Late, _) => None,
            (Binding::Early, Some(host)) => Some(host),
            (Binding::Early, None) => Some(self.choose::<true>(now, function)),
        };
        if let Some(host) = host {
            // It gets no request.
            self.placement.departure(host, &self.cluster.hosts);
        }
        if !self.quota.may_add(now, function) {
            return None;
        }
        let Some((id, from)) = self.claim::<true>(now, function, (host, None), meter) else {
            self.quota.give_back(function);
            return None;
        };
        self.boots.push_back((id, from));
        self.prewarms += 1;
        self.cluster.begin_boot(id, Act::Prewarm, meter);
        Some(id)
    }

    /// A sandbox to start, with its memory and a core: a demoted one, or a new one.
    #[inline(always)]
    fn claim<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        (host, pool): (Option<HostId>, Option<u32>),
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        if ALL && let Some(promoted) = self.promote(now, function, (host, pool), meter) {
            return Some(promoted);
        }
        let host = self.host_for_new::<ALL>(now, function, host, ALL_GROUPS)?;
        let need = self.cluster.need::<ALL>(function, host);
        let pools = if ALL { self.cluster.pools_for(host, pool) } else { Pools::Of(ALL_GROUPS) };
        let pool = self.cluster.make_room_in::<ALL>(host, pools, need, meter)?;
        Some((self.cluster.create::<ALL>(host, pool, function, now, meter), Warmth::Nothing))
    }

    fn promote(
        &mut self,
        now: Time,
        function: FunctionId,
        (host, pool): (Option<HostId>, Option<u32>),
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        let Some(demoted) = self.cluster.demoted_to_pool(function, host) else {
            return self.cluster.promote_on_host(function, host, pool, meter);
        };
        let groups = self.cluster.groups_for_demoted(demoted);
        let host = self.host_for_new::<true>(now, function, host, groups)?;
        let pools = self.cluster.pools_for(host, pool);
        if self.cluster.promote_from_pool(demoted, host, pools, meter) {
            return Some((demoted, Warmth::Pool));
        }
        self.placement.departure(host, &self.cluster.hosts);
        None
    }

    /// A host with a free core for a sandbox: this one, or (late binding) any of some groups with room.
    #[inline(always)]
    fn host_for_new<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        groups: Groups,
    ) -> Option<HostId> {
        match host {
            Some(host) => self.cluster.place_free::<ALL>(host, function).then_some(host),
            None => self.placement.find_room::<ALL>(now, function, groups, &mut self.cluster),
        }
    }

    /// The request in `sandbox` has finished; the sandbox becomes idle, or is terminated where nothing keeps it. Call
    /// [`Serverless::advance`] first.
    #[inline(always)]
    pub fn finish(&mut self, now: Time, sandbox: SandboxId, meter: &mut Meter) {
        if self.all {
            self.finish_general(now, sandbox, meter);
        } else {
            self.leave::<false>(now, sandbox, meter);
        }
    }

    #[inline(never)]
    fn finish_general(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        self.leave::<true>(now, id, meter);
    }

    /// A request has left; the sandbox takes those that wait for it, and rests where none does.
    #[inline(always)]
    fn leave<const ALL: bool>(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let sandbox = self.cluster.leave::<ALL>(id, meter);
        let Sandbox { host, function, .. } = sandbox;
        self.cluster.hosts.unassign(host);
        if ALL {
            if let Some(times) = &mut self.service_times {
                times.observe(function, now.since(sandbox.last_begun));
            }
            self.quota.release(function);
            self.keep_alive.completed(now, function);
            self.autoscaler.departure(now, function);
        }
        self.settle::<ALL>(now, id, &sandbox, meter);
        if ALL {
            self.placement.departure(host, &self.cluster.hosts);
        }
        self.cluster.room.freed(host);
    }

    /// A sandbox that was started has become ready. Call [`Serverless::advance`] first.
    pub fn ready(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        if !self.all {
            return;
        }
        let (host, boot) = (self.cluster.sandboxes[id].host, self.cluster.active(id) == 0);
        let has_place = self.cluster.ready(now, id, meter);
        if boot && self.cluster.rules.binding == Binding::Late {
            self.unassign(host);
        }
        let sandbox = self.cluster.sandboxes[id];
        self.settle::<true>(now, id, &sandbox, meter);
        if has_place {
            self.pending = true;
            self.cluster.room.freed(host);
        }
    }

    /// A sandbox that is ready takes requests that wait for it; then it is full, open, idle or terminated. `sandbox` is a
    /// copy of it.
    #[inline(always)]
    pub(super) fn settle<const ALL: bool>(&mut self, now: Time, id: SandboxId, sandbox: &Sandbox, meter: &mut Meter) {
        if ALL && self.any_waits() {
            self.serve_those_waiting_for(now, id, meter);
        }
        let active = if ALL { self.cluster.active(id) } else { 0 };
        if active == 0 {
            self.rest::<ALL>(now, id, sandbox, meter);
        } else if active < self.cluster.rules.scaling.concurrency {
            self.cluster.open(now, id);
            self.note_blocked(sandbox.function, sandbox.host);
        }
    }

    /// A sandbox without a request becomes idle, or is terminated where nothing keeps it.
    #[inline(always)]
    fn rest<const ALL: bool>(&mut self, now: Time, id: SandboxId, sandbox: &Sandbox, meter: &mut Meter) {
        let function = sandbox.function;
        if ALL && self.autoscaler.is_surplus(function, || self.cluster.sandboxes.count(function).exist) {
            self.cluster.dismiss::<ALL>(id, Act::ScaleDown, meter);
            return;
        }
        let rules = &self.cluster.rules;
        let origin = match (rules.reset_on_use, rules.timer_from) {
            (false, _) if ALL => sandbox.ready_at,
            (_, TimerOrigin::Completion) => now,
            (_, TimerOrigin::Arrival) => sandbox.last_arrival,
        };
        let rest = if ALL {
            self.rest_by_rule(now, origin, function)
        } else {
            Rest::Until(origin.saturating_add(rules.keep_alive_limit))
        };
        let Rest::Until(expiry) = rest else {
            self.cluster.dismiss::<ALL>(id, Act::Expire, meter);
            return;
        };
        if self.cluster.rest::<ALL>(now, id, sandbox, expiry, meter) && ALL {
            self.placement.idle_sandbox(function, sandbox.host);
        }
    }

    #[inline(always)]
    fn rest_by_rule(&mut self, now: Time, origin: Time, function: FunctionId) -> Rest {
        let rules = &self.cluster.rules;
        if rules.scaling.mode != ScalingMode::PerRequest {
            return Rest::Until(Time::MAX);
        }
        let clairvoyant = rules.keep_alive == KeepAliveMode::Clairvoyant;
        let busy = if clairvoyant { self.cluster.sandboxes.busy_of(function).saturating_sub(1) } else { 0 };
        self.keep_alive.rest(now, origin, function, busy, rules)
    }

    /// Moves to `now`, with the meter: sandboxes whose time is over are demoted or terminated, each at its own time.
    #[inline]
    pub fn advance(&mut self, now: Time, meter: &mut Meter) {
        self.expire(now, meter);
        meter.advance(now);
    }
    /// The same for the sandboxes alone.
    #[inline]
    pub fn expire(&mut self, now: Time, meter: &mut Meter) {
        if self.cluster.sandboxes.may_be_over(now) {
            self.expire_all(now, meter);
        }
    }
    #[inline(never)]
    fn expire_all(&mut self, now: Time, meter: &mut Meter) {
        while let Some(sandbox) = self.cluster.sandboxes.first_over(now) {
            self.expire_one(sandbox, meter);
        }
    }
    fn expire_one(&mut self, sandbox: SandboxId, meter: &mut Meter) {
        meter.advance(self.cluster.sandboxes[sandbox].expiry);
        if self.all {
            self.cluster.expire::<true>(sandbox, meter);
        } else {
            self.cluster.expire::<false>(sandbox, meter);
        }
    }
    /// Lets all idle sandboxes run out, for waste accounted to completion. Those kept for ever stay.
    pub fn run_out(&mut self, meter: &mut Meter) {
        while let Some(sandbox) = self.cluster.sandboxes.first_to_expire() {
            self.expire_one(sandbox, meter);
        }
    }

    /// When an expiry may next let a waiting request start, or a timer is due; [`Time::MAX`] when none waits or nothing
    /// expires. The caller then calls [`Serverless::due`] and [`Serverless::start_waiting`].
    #[inline(always)]
    pub fn next_wake(&mut self) -> Time {
        let timers = if self.all { self.next_timer() } else { Time::MAX };
        if self.any_waits() { timers.min(self.next_room()) } else { timers }
    }
    #[inline]
    fn next_timer(&self) -> Time {
        self.keep_alive.next_prewarm().min(self.autoscaler.next_tick())
    }
    /// When an expiry next makes room.
    #[inline(never)]
    fn next_room(&mut self) -> Time {
        let expiry = self.cluster.sandboxes.next_expiry();
        match self.cluster.rules.boundary {
            Boundary::Warm => expiry.saturating_add(Span::TICK),
            Boundary::Cold => expiry,
        }
    }
}
