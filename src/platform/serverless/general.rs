//! The general path: all rules together. The straight path (in `mod.rs`) is this one with everything left out that simple
//! rules do not need; both give the same answers where both apply, which `tests/all/platform/general.rs` holds them to.
//!
//! On this path a sandbox serves up to N requests, starts without a request too (pre-warmed, speculative, autoscaled),
//! and is always in one list of its function (see `shelves`). Requests wait in one of four places: at a sandbox, for any
//! sandbox of their function, on their host (early binding), or in one queue (late binding). A sandbox that has a request
//! less takes the next one that waits at it, then one that waits for its function.

use std::collections::{BTreeSet, VecDeque};

use crate::config::plan::{Binding, EvictionPolicy, ScalingMode, Ties, WhenBusy};
use crate::ids::{FunctionId, FunctionKind, HostId, IdVec, RequestId, SandboxId};
use crate::platform::Decision;
use crate::record::{Act, Decided, Gauge, Meter, Rejection};
use crate::units::{Bytes, Time};

use super::autoscaling::Autoscaling;
use super::choosing::Chooser;
use super::dispatch::delayed::ServiceTimes;
use super::gangs::Gangs;
use super::keep::eviction::{Eviction, Frequency};
use super::keeping::Keeping;
use super::knowledge::Knowledge;
use super::quota::Quota;
use super::sandboxes::Phase;
use super::shelves::Shelf;
use super::{Need, Rules, Serverless, Shape, Start, Waiting, Warmth};

/// The state of the general path.
#[derive(Debug)]
pub(super) struct General {
    pub(super) on: bool,
    /// Requests that wait for any sandbox of their function, by the function's list.
    pub(super) for_function: Vec<VecDeque<Waiting>>,
    /// Those lists of them whose function has a sandbox with a place for a request, and no core for it.
    pub(super) blocked: BTreeSet<u32>,
    /// Requests that wait at a sandbox, by its entry.
    pub(super) at_sandbox: Vec<VecDeque<Waiting>>,
    /// Requests that have left a queue, to be told.
    pub(super) starts: VecDeque<(RequestId, Start)>,
    /// Whether something else has changed that lets waiting requests start, beside what ends and expires.
    pub(super) pending: bool,
    /// Sandboxes started without a request, to be told.
    boots: VecDeque<(SandboxId, Warmth)>,
    pub(super) keeping: Keeping,
    pub(super) chooser: Chooser,
    pub(super) quota: Quota,
    pub(super) autoscaling: Autoscaling,
    pub(super) gangs: Gangs,
    /// Kept where requests may wait for busy sandboxes.
    pub(super) service_times: Option<ServiceTimes>,
    pub(super) frequency: Frequency,
    /// The order of eviction, where it is not that of becoming idle.
    pub(super) eviction: Option<Eviction>,
    /// Whether any function needs bandwidth or accelerators.
    needs_extras: bool,
    pub(super) knowledge: Knowledge,
    /// Sandboxes of each function beside the cores, those that are starting among them.
    pub(super) sandboxes: IdVec<FunctionKind, u32>,
    pub(super) tally: Tally,
}

/// What happened, beside cold starts and evictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sandboxes started without a request.
    pub prewarms: u64,
    /// Starts of requests by the rung that they began on.
    pub starts: [u64; Warmth::ALL.len()],
    /// Sandboxes that lost their function's code or their runtime, or moved to a pool.
    pub demotions: u64,
}

impl General {
    pub(super) fn new(rules: &Rules, shape: &Shape, functions: usize, columns: usize, knowledge: Knowledge) -> Self {
        let on = !rules.is_straight();
        let counted = if on { functions } else { 0 };
        let wait_for_function =
            rules.dispatch.when_busy != WhenBusy::Start || rules.scaling.mode != ScalingMode::PerRequest;
        let lists = if on && wait_for_function { functions * columns } else { 0 };
        let by_idle_time = rules.eviction.policy == EvictionPolicy::Lru && rules.eviction.ties == Ties::LastUse;
        Self {
            on,
            for_function: vec![VecDeque::new(); lists],
            blocked: BTreeSet::new(),
            at_sandbox: Vec::new(),
            starts: VecDeque::new(),
            pending: false,
            boots: VecDeque::new(),
            keeping: Keeping::new(rules, counted, &knowledge),
            chooser: Chooser::new(rules, shape, &knowledge),
            quota: Quota::new(rules, counted, &knowledge),
            autoscaling: Autoscaling::new(rules, counted),
            gangs: Gangs::new(shape.hosts),
            service_times: (rules.dispatch.when_busy != WhenBusy::Start).then(|| ServiceTimes::new(counted)),
            frequency: Frequency::new(counted),
            eviction: (on && rules.evict_idle && !by_idle_time)
                .then(|| Eviction::new(rules.eviction.policy, rules.eviction.ties, shape.hosts as usize)),
            sandboxes: (0..counted).map(|_| 0).collect(),
            needs_extras: knowledge.functions.iter().any(|known| known.extras != [0; 2]),
            knowledge,
            tally: Tally::default(),
        }
    }

    /// Bandwidth and accelerators that a request of a function needs.
    #[inline]
    pub(super) fn extras(&self, function: FunctionId) -> [u64; 2] {
        if self.needs_extras { self.knowledge.functions[function].extras } else { [0; 2] }
    }
}

impl Serverless {
    /// Takes a request that arrives now (or comes again).
    #[inline(never)]
    pub(super) fn request_general(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        self.advance(now, meter);
        let waiting = Waiting { request, function, arrived: now, gang: 1 };
        if !self.general.quota.admit(function) {
            self.general.keeping.passed(function);
            self.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        self.general.keeping.arrived(now, function, &self.rules);
        let decision = self.place(now, waiting, meter);
        if let Decision::Reject(reason) = decision {
            let act = if reason == Rejection::Throttled { Act::Throttle } else { Act::Reject };
            self.note(meter, act, function, None, None);
            self.general.keeping.left(function);
            self.general.quota.release(function);
        } else {
            self.autoscale_arrival(now, function, meter);
        }
        decision
    }

    #[inline(always)]
    fn place(&mut self, now: Time, waiting: Waiting, meter: &mut Meter) -> Decision<Start> {
        let function = waiting.function;
        let host = match self.rules.binding {
            Binding::Early => {
                let host = self.choose_host(now, function);
                self.hosts.assign(host);
                Some(host)
            }
            Binding::Late => None,
        };
        let behind = match host {
            Some(host) => self.waiting > 0 && !self.host_queues[host.index()].is_empty(),
            None => !self.queue.is_empty(),
        };
        if !behind {
            if let Some(start) = self.join(now, host, function, now, meter) {
                return Decision::Start(start);
            }
            if self.waits_for_busy(now, host, &waiting, meter) {
                self.note(meter, Act::Wait, function, None, host);
                return Decision::Wait;
            }
        }
        // From here on it counts as a new sandbox, even if one becomes free before its turn comes.
        if !self.general.quota.may_add(now, function) {
            if let Some(host) = host {
                self.unassign(host);
            }
            return Decision::Reject(Rejection::Throttled);
        }
        if !behind && let Some(start) = self.start_new(now, host, function, now, meter) {
            return Decision::Start(start);
        }
        let decision = self.queue_up(host, waiting, meter);
        if decision == Decision::Wait {
            self.note(meter, Act::Wait, function, None, host);
            self.call_thief(function);
        } else {
            self.general.quota.give_back(function);
        }
        decision
    }

    /// Starts a request in a sandbox that is ready and has a place for it.
    #[inline(always)]
    pub(super) fn join(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        if host.is_none() && self.hosts.all_busy(self.cores_each) {
            return None;
        }
        let mut next = self.sandboxes.first_idle(function, host.unwrap_or(HostId::new(0)));
        while let Some(id) = next {
            if self.place_free(self.sandboxes[id].host, function) {
                return Some(self.enter(now, id, arrived, meter));
            }
            next = if host.is_some() { None } else { self.sandboxes.next_idle(id) };
        }
        None
    }

    /// Whether a core is free on a host, and whatever else a request of `function` needs while it runs.
    #[inline]
    pub(super) fn place_free(&self, host: HostId, function: FunctionId) -> bool {
        self.core_free(host) && self.hosts.has_extras(host, self.general.extras(function))
    }
    #[inline(always)]
    pub(super) fn take_place(&mut self, host: HostId, function: FunctionId, idle: Bytes, meter: &mut Meter) {
        self.hosts.begin_work(host, self.cores_each, idle);
        self.hosts.take_extras(host, self.general.extras(function));
        meter.raise(Gauge::CoresAllocated, self.cores_each.into());
        if self.rules.binding == Binding::Late {
            self.hosts.assign(host);
        }
    }
    #[inline(always)]
    fn give_place(&mut self, host: HostId, function: FunctionId, meter: &mut Meter) {
        self.hosts.end_work(host, self.cores_each, Bytes::ZERO);
        self.hosts.give_extras(host, self.general.extras(function));
        meter.lower(Gauge::CoresAllocated, self.cores_each.into());
    }

    /// A request begins in a sandbox that has a place and a core for it.
    #[inline(always)]
    pub(super) fn enter(&mut self, now: Time, id: SandboxId, arrived: Time, meter: &mut Meter) -> Start {
        let sandbox = self.sandboxes.get_mut(id);
        let (host, function, need) = (sandbox.host, sandbox.function, sandbox.need);
        let was_idle = sandbox.phase == Phase::Idle;
        (sandbox.last_arrival, sandbox.last_begun) = (arrived, now);
        sandbox.phase = Phase::Working;
        sandbox.active += 1;
        let active = sandbox.active;
        if was_idle {
            self.leave_idle_orders(id);
        }
        self.take_place(host, function, if was_idle { need.local } else { Bytes::ZERO }, meter);
        if active == 1 {
            meter.raise(Gauge::MemoryUsed, need.total().0);
        }
        if active == self.rules.scaling.concurrency {
            self.sandboxes.move_to(id, Shelf::Full(function, host));
        }
        self.general.frequency.used(function);
        self.general.tally.starts[Warmth::Warm as usize] += 1;
        self.note(meter, Act::Warm, function, Some(id), Some(host));
        Start { sandbox: id, from: Warmth::Warm }
    }

    /// Takes a sandbox that is idle beside the cores out of the orders of eviction and expiry.
    #[inline(always)]
    pub(super) fn leave_idle_orders(&mut self, id: SandboxId) {
        let host = self.sandboxes[id].host;
        match &mut self.general.eviction {
            Some(eviction) => {
                eviction.remove(id.raw());
                self.sandboxes.leave_expiry(id);
            }
            None => self.sandboxes.leave_idle(id, Some(host)),
        }
    }

    /// Starts a sandbox for a request: from the highest rung that there is, else from nothing.
    pub(super) fn start_new(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        if self.rules.scaling.mode != ScalingMode::PerRequest {
            return None;
        }
        let (id, from) = self.claim(now, function, host, meter)?;
        let Need { local, remote } = self.sandboxes[id].need;
        let host = self.sandboxes[id].host;
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.last_arrival, sandbox.last_begun) = (arrived, now);
        sandbox.active = 1;
        meter.raise(Gauge::MemoryUsed, (local + remote).0);
        self.general.frequency.used(function);
        self.general.tally.starts[from as usize] += 1;
        let act = match from {
            Warmth::Bare => Act::FromBare,
            Warmth::Language => Act::FromLanguage,
            Warmth::Pool => Act::FromPool,
            Warmth::Nothing | Warmth::Warm => Act::Cold,
        };
        self.note(meter, act, function, Some(id), Some(host));
        Some(Start { sandbox: id, from })
    }

    /// Starts a sandbox of a function without a request, if there is room and a core; it is told by
    /// [`Serverless::take_boot`].
    pub(super) fn boot(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        act: Act,
        meter: &mut Meter,
    ) -> Option<SandboxId> {
        let host = match (self.rules.binding, host) {
            (Binding::Late, _) => None,
            (Binding::Early, Some(host)) => Some(host),
            (Binding::Early, None) => Some(self.choose_host(now, function)),
        };
        if let Some(host) = host {
            // It gets no request.
            self.told_departure(host);
        }
        if !self.general.quota.may_add(now, function) {
            return None;
        }
        let Some((id, from)) = self.claim(now, function, host, meter) else {
            self.general.quota.give_back(function);
            return None;
        };
        self.sandboxes.get_mut(id).active = 0;
        self.general.boots.push_back((id, from));
        self.general.tally.prewarms += 1;
        let host = self.sandboxes[id].host;
        self.note(meter, act, function, Some(id), Some(host));
        Some(id)
    }

    /// A sandbox to start, with its memory and a core: one on a lower rung, or a new one.
    fn claim(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        if let Some(raised) = self.raise(now, function, host, meter) {
            return Some(raised);
        }
        let need = self.needs[function];
        let host = match host {
            Some(host) => self.place_free(host, function).then_some(host)?,
            None => self.find_room(now, function, need)?,
        };
        let pool = self.make_room(host, need, meter)?;
        self.take_memory(host, pool, need, meter);
        meter.raise(Gauge::Instances, 1);
        let id = self.sandboxes.create(function, host, pool, need, self.cold_starts, now);
        self.cold_starts += 1;
        self.sandboxes.put(id, Shelf::Full(function, host));
        self.general.frequency.created(function);
        self.general.sandboxes[function] += 1;
        self.take_place(host, function, Bytes::ZERO, meter);
        Some((id, Warmth::Nothing))
    }

    pub(super) fn take_memory(&mut self, host: HostId, pool: u32, need: Need, meter: &mut Meter) {
        self.hosts.take_memory(host, pool, need);
        meter.raise(Gauge::LocalAllocated, need.local.0);
        meter.raise(Gauge::PoolAllocated, need.remote.0);
    }

    /// A sandbox that was started has become ready. Call [`Serverless::advance`] first.
    pub fn ready(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        if !self.general.on {
            return;
        }
        let sandbox = self.sandboxes.get_mut(id);
        (sandbox.ready_at, sandbox.phase) = (now, Phase::Working);
        sandbox.last_begun = now;
        let (host, function) = (sandbox.host, sandbox.function);
        let has_place = sandbox.active < self.rules.scaling.concurrency;
        if sandbox.active == 0 {
            self.give_place(host, function, meter);
            if self.rules.binding == Binding::Late {
                self.unassign(host);
            }
        }
        self.autoscale_ready(function, true);
        self.settle(now, id, meter);
        if has_place {
            self.general.pending = true;
            self.has_room(host);
        }
    }

    /// A request has left; the sandbox takes those that wait for it, and rests where none does.
    #[inline(never)]
    pub(super) fn finish_general(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let sandbox = self.sandboxes.get_mut(id);
        let (host, function, need) = (sandbox.host, sandbox.function, sandbox.need);
        let served = now.since(sandbox.last_begun);
        sandbox.active -= 1;
        let active = sandbox.active;
        self.give_place(host, function, meter);
        self.hosts.unassign(host);
        if active == 0 {
            meter.lower(Gauge::MemoryUsed, need.total().0);
        }
        if let Some(times) = &mut self.general.service_times {
            times.observe(function, served);
        }
        self.general.quota.release(function);
        self.general.keeping.completed(now, function);
        self.autoscale_departure(now, function);
        self.settle(now, id, meter);
        self.told_departure(host);
        self.has_room(host);
    }

    /// A sandbox that is ready takes requests that wait for it; then it is full, open, idle or gone.
    #[inline(always)]
    fn settle(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        if self.waiting > 0 {
            self.serve_those_waiting_for(now, id, meter);
        }
        let sandbox = self.sandboxes.get_mut(id);
        let (function, host) = (sandbox.function, sandbox.host);
        if sandbox.active == 0 {
            self.rest(now, id, meter);
        } else if sandbox.active < self.rules.scaling.concurrency {
            sandbox.idle_since = now;
            self.sandboxes.move_to(id, Shelf::Open(function, host));
            self.note_blocked(function, host);
        }
    }

    #[inline(never)]
    fn serve_those_waiting_for(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        while self.sandboxes[id].active < self.rules.scaling.concurrency
            && self.place_free(self.sandboxes[id].host, self.sandboxes[id].function)
            && let Some(waiting) = self.next_for(id)
        {
            let start = self.enter(now, id, waiting.arrived, meter);
            self.leave_queue(start, meter);
            self.general.starts.push_back((waiting.request, start));
        }
    }

    /// Whether to call [`Serverless::take_boot`] and [`Serverless::start_waiting`] now, although nothing has ended.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.general.pending || !self.general.boots.is_empty() || !self.general.starts.is_empty()
    }
    /// A start that was decided in passing, if any.
    pub(super) fn take_start(&mut self) -> Option<(RequestId, Start)> {
        self.general.starts.pop_front()
    }
    /// A sandbox that was started without a request, if any, and what there was of it: start it, then call
    /// [`Serverless::ready`].
    #[inline]
    pub fn take_boot(&mut self) -> Option<(SandboxId, Warmth)> {
        self.general.boots.pop_front()
    }
    /// What happened, beside cold starts and evictions.
    pub fn tally(&self) -> Tally {
        let mut tally = self.general.tally;
        if !self.general.on {
            // On the straight path each sandbox is started for a request, from nothing.
            tally.starts[Warmth::Nothing as usize] = self.cold_starts;
        }
        tally
    }

    /// When something is due that no request brings about; call [`Serverless::due`] then.
    #[inline]
    pub(super) fn next_timer(&self) -> Time {
        self.general.keeping.next_prewarm().min(self.general.autoscaling.next_tick())
    }
    /// Does what is due now: pre-warms, looks of autoscalers. Call [`Serverless::advance`] first.
    pub fn due(&mut self, now: Time, meter: &mut Meter) {
        if self.general.on {
            self.prewarm(now, meter);
            self.autoscale(now, meter);
        }
    }

    #[inline]
    pub(super) fn note(
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
