//! A serverless platform: one request per sandbox, sandboxes that come and go.
//!
//! Rules (each a config key): a sandbox free since `f` serves an arrival at `t` if `f ≤ t ≤ f + T` (fixed
//! keep-alive `T`, counted from completion or from arrival; whether the end of the interval belongs to it is a
//! key). Which idle sandbox is taken is a key too. A cold start reserves memory, and a core where cores are
//! exclusive, from the decision on. Requests that find no place wait first come first served, on their host
//! (early binding) or in one queue (late binding); the head of a queue is never overtaken.
//!
//! Expired sandboxes need no timers: expiry times are kept in order, and every call first removes those that
//! are due, at their own time. Only while requests wait does the platform ask to be woken.

mod autoscaling;
mod by_load;
mod choosing;
pub mod dispatch;
mod gangs;
mod general;
mod hosts;
pub mod keep;
mod keeping;
mod knowledge;
pub mod limits;
mod lists;
mod placement;
mod queues;
mod quota;
mod rules;
mod rungs;
mod sandboxes;
pub mod scale;
mod shelves;
mod warmth;

pub use general::Tally;
pub use hosts::{Need, Shape};
pub use knowledge::{Knowledge, Known};
pub use rules::Rules;
pub use sandboxes::Sandbox;
pub use warmth::Warmth;

use std::collections::VecDeque;

use crate::config::plan::{Binding, Boundary, CpuSharing, KeepAliveMode, TimerOrigin};
use crate::ids::{FunctionId, FunctionKind, HostId, IdVec, RequestId, SandboxId};
use crate::platform::Decision;
use crate::record::{Gauge, Meter, Rejection};
use crate::units::{Bytes, Span, Time};

use general::General;
use hosts::Hosts;
use sandboxes::Sandboxes;

/// A request that starts: in which sandbox, and whether that sandbox must start first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// What there was of it; it must be started first unless it was warm.
    pub from: Warmth,
}

impl Start {
    /// Whether the sandbox must be started first.
    #[inline]
    pub fn is_cold(self) -> bool {
        self.from != Warmth::Warm
    }
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    request: RequestId,
    function: FunctionId,
    arrived: Time,
    /// With the first member of a gang: how many it has; with others none, alone one.
    gang: u32,
}

/// The state of a serverless platform.
#[derive(Debug)]
pub struct Serverless {
    rules: Rules,
    /// Cores that a working sandbox has to itself: one, or none.
    cores_each: u32,
    needs: IdVec<FunctionKind, Need>,
    hosts: Hosts,
    sandboxes: Sandboxes,
    /// Late binding: the queue.
    queue: VecDeque<Waiting>,
    /// Early binding: a queue for each host, and hosts whose head may now start.
    host_queues: Vec<VecDeque<Waiting>>,
    ready_hosts: VecDeque<HostId>,
    /// Hosts whose head has found no memory in the pools, which others may free.
    short_of_pool: Vec<HostId>,
    waiting: u64,
    cold_starts: u64,
    evictions: u64,
    general: General,
}

impl Serverless {
    /// A platform with no sandboxes on hosts of the given shape; `needs` says what a sandbox of each function holds.
    pub fn new(mut rules: Rules, shape: Shape, needs: IdVec<FunctionKind, Need>, knowledge: Knowledge) -> Self {
        match rules.keep_alive {
            KeepAliveMode::Forever => rules.keep_alive_limit = Span::MAX,
            // An idle time of zero is one too many.
            KeepAliveMode::None => (rules.keep_alive_limit, rules.boundary) = (Span::ZERO, Boundary::Cold),
            _ => {}
        }
        let host_lists = match rules.binding {
            Binding::Early => shape.hosts as usize,
            Binding::Late => 1,
        };
        let general = General::new(&rules, &shape, needs.len(), host_lists, knowledge);
        let mut sandboxes = Sandboxes::new(needs.len(), host_lists, shape.hosts as usize, &rules);
        if general.on {
            sandboxes = sandboxes.with_shelves(&rules);
        }
        let early_queues = if rules.binding == Binding::Early { shape.hosts as usize } else { 0 };
        Self {
            sandboxes,
            hosts: Hosts::new(shape, rules.placement),
            cores_each: u32::from(rules.cpu == CpuSharing::Exclusive),
            rules,
            needs,
            queue: VecDeque::new(),
            host_queues: vec![VecDeque::new(); early_queues],
            ready_hosts: VecDeque::new(),
            short_of_pool: Vec::new(),
            waiting: 0,
            cold_starts: 0,
            evictions: 0,
            general,
        }
    }

    /// A sandbox that exists.
    pub fn sandbox(&self, id: SandboxId) -> &Sandbox {
        &self.sandboxes[id]
    }
    /// Sandboxes created so far.
    pub fn cold_starts(&self) -> u64 {
        self.cold_starts
    }
    /// Idle sandboxes removed to make room so far.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Local and pooled memory that is taken, by the ledger of the hosts.
    pub fn held(&self) -> (Bytes, Bytes) {
        self.hosts.held()
    }

    /// Takes a request of `function` that arrives now.
    #[inline(always)]
    pub fn request(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        if self.general.on {
            return self.request_general(now, request, function, meter);
        }
        self.advance(now, meter);
        let (start, host) = match self.rules.binding {
            Binding::Late if self.queue.is_empty() => (self.start_anywhere(now, function, now, meter), None),
            Binding::Late => (None, None),
            Binding::Early => {
                let host = self.choose_host(now, function);
                self.hosts.assign(host);
                let free = self.waiting == 0 || self.host_queues[host.index()].is_empty();
                let start = if free { self.start_on(now, host, function, now, meter) } else { None };
                (start, Some(host))
            }
        };
        match start {
            Some(start) => Decision::Start(start),
            None => self.queue_up(host, Waiting { request, function, arrived: now, gang: 1 }, meter),
        }
    }

    /// A request that cannot start waits, on its host or in the one queue, if it may.
    fn queue_up(&mut self, host: Option<HostId>, waiting: Waiting, meter: &mut Meter) -> Decision<Start> {
        if self.waiting >= self.rules.queue_limit {
            if let Some(host) = host {
                self.unassign(host);
            }
            return Decision::Reject(Rejection::QueueFull);
        }
        match host {
            Some(host) => self.host_queues[host.index()].push_back(waiting),
            None => self.queue.push_back(waiting),
        }
        self.waiting += 1;
        meter.raise(Gauge::Waiting, 1);
        Decision::Wait
    }

    /// The request in `sandbox` has finished; the sandbox becomes idle, or is removed where nothing keeps it. Call
    /// [`Serverless::advance`] first.
    #[inline(always)]
    pub fn finish(&mut self, now: Time, sandbox: SandboxId, meter: &mut Meter) {
        if self.general.on {
            self.finish_general(now, sandbox, meter);
            return;
        }
        let Sandbox { host, need, last_arrival, .. } = self.sandboxes[sandbox];
        let cores = self.cores_each;
        meter.lower(Gauge::CoresAllocated, cores.into());
        meter.lower(Gauge::MemoryUsed, need.total().0);
        if let Some(expiry) = self.expiry(now, last_arrival) {
            self.hosts.end_work(host, cores, need.local);
            self.sandboxes.make_idle(sandbox, now, expiry);
        } else {
            self.hosts.end_work(host, cores, Bytes::ZERO);
            self.remove(sandbox, meter);
        }
        self.hosts.unassign(host);
        self.has_room(host);
    }

    /// Something has become free on a host: who waits there may start, and who waits for memory in pools, anywhere.
    #[inline(always)]
    fn has_room(&mut self, host: HostId) {
        if self.waiting > 0 && self.rules.binding == Binding::Early {
            self.ready_hosts.push_back(host);
            self.ready_hosts.extend(self.short_of_pool.drain(..));
        }
    }

    /// Until when a sandbox that finishes now is kept; `None` when it is not kept at all.
    #[inline]
    fn expiry(&self, now: Time, last_arrival: Time) -> Option<Time> {
        let origin = match self.rules.timer_from {
            TimerOrigin::Completion => now,
            TimerOrigin::Arrival => last_arrival,
        };
        let expiry = origin.saturating_add(self.rules.keep_alive_limit);
        self.sandboxes.keeps(expiry, now).then_some(expiry)
    }

    /// Whether the rules need the general path.
    #[inline]
    pub fn is_general(&self) -> bool {
        self.general.on
    }
    /// Whether there may be something for [`Serverless::take_boot`] or [`Serverless::start_waiting`] after something has
    /// ended.
    #[inline]
    pub fn may_start(&self) -> bool {
        self.waiting > 0 || self.is_pending()
    }
    /// Whether any request waits.
    #[inline]
    pub fn any_waits(&self) -> bool {
        self.waiting > 0
    }

    /// A waiting request that can start now, if any; call until there is none after each finish and each wake.
    pub fn start_waiting(&mut self, now: Time, meter: &mut Meter) -> Option<(RequestId, Start)> {
        self.advance(now, meter);
        if self.general.on {
            self.general.pending = false;
            if !self.general.blocked.is_empty() {
                self.serve_blocked(now, meter);
            }
            if let Some(start) = self.take_start() {
                return Some(start);
            }
        }
        if let Some(&head) = self.queue.front() {
            if head.gang > 1 {
                return if self.start_waiting_gang(now, head.gang, meter) { self.take_start() } else { None };
            }
            let start = self.start_anywhere(now, head.function, head.arrived, meter)?;
            self.queue.pop_front();
            return Some((head.request, self.leave_queue(start, meter)));
        }
        while let Some(&host) = self.ready_hosts.front() {
            let head = self.host_queues[host.index()].front().copied();
            if let Some(head) = head
                && let Some(start) = self.start_on(now, host, head.function, head.arrived, meter)
            {
                self.host_queues[host.index()].pop_front();
                return Some((head.request, self.leave_queue(start, meter)));
            }
            if self.general.on && self.steal(host) {
                continue;
            }
            self.ready_hosts.pop_front();
        }
        None
    }

    fn leave_queue(&mut self, start: Start, meter: &mut Meter) -> Start {
        self.waiting -= 1;
        if self.waiting == 0 {
            self.ready_hosts.clear();
            self.short_of_pool.clear();
        }
        meter.lower(Gauge::Waiting, 1);
        start
    }

    /// When an expiry may next let a waiting request start; [`Time::MAX`] when none waits or nothing expires.
    /// The caller then calls [`Serverless::start_waiting`].
    #[inline(always)]
    pub fn next_wake(&mut self) -> Time {
        let timers = if self.general.on { self.next_timer() } else { Time::MAX };
        if self.waiting > 0 { timers.min(self.next_room()) } else { timers }
    }

    /// When an expiry next makes room.
    #[inline(never)]
    fn next_room(&mut self) -> Time {
        let expiry = self.sandboxes.next_expiry();
        match self.rules.boundary {
            Boundary::Warm => expiry.saturating_add(Span::TICK),
            Boundary::Cold => expiry,
        }
    }

    /// Moves to `now`, with the meter: sandboxes whose time is over are removed, each at its own time.
    #[inline]
    pub fn advance(&mut self, now: Time, meter: &mut Meter) {
        self.expire(now, meter);
        meter.advance(now);
    }

    /// Removes the sandboxes whose time is over before an arrival at `now`, each at its own time.
    #[inline]
    pub fn expire(&mut self, now: Time, meter: &mut Meter) {
        if self.sandboxes.may_be_over(now) {
            self.expire_all(now, meter);
        }
    }

    #[inline(never)]
    fn expire_all(&mut self, now: Time, meter: &mut Meter) {
        while let Some(sandbox) = self.sandboxes.first_over(now) {
            self.expire_one(sandbox, meter);
        }
    }

    fn expire_one(&mut self, sandbox: SandboxId, meter: &mut Meter) {
        meter.advance(self.sandboxes[sandbox].expiry);
        if self.general.on {
            self.fall(sandbox, meter);
        } else {
            self.drop_idle(sandbox, meter);
        }
    }

    /// Lets all idle sandboxes run out, for waste accounted to completion. Those kept for ever stay.
    pub fn run_out(&mut self, meter: &mut Meter) {
        while let Some(sandbox) = self.sandboxes.first_to_expire() {
            self.expire_one(sandbox, meter);
        }
    }

    fn drop_idle(&mut self, sandbox: SandboxId, meter: &mut Meter) {
        let Sandbox { host, need, .. } = self.sandboxes[sandbox];
        self.sandboxes.end_idle(sandbox);
        self.hosts.remove_idle(host, need.local);
        self.remove(sandbox, meter);
        self.has_room(host);
    }

    fn remove(&mut self, sandbox: SandboxId, meter: &mut Meter) {
        let Sandbox { host, pool, need, .. } = self.sandboxes[sandbox];
        self.hosts.free_memory(host, pool, need);
        meter.lower(Gauge::LocalAllocated, need.local.0);
        meter.lower(Gauge::PoolAllocated, need.remote.0);
        meter.lower(Gauge::Instances, 1);
        self.sandboxes.remove(sandbox);
    }

    /// Takes an idle sandbox into use.
    #[inline(always)]
    fn reuse(&mut self, now: Time, sandbox: SandboxId, arrived: Time, meter: &mut Meter) -> Start {
        let Sandbox { host, need, idle_since, .. } = self.sandboxes.use_again(sandbox, arrived);
        debug_assert!(idle_since <= now);
        self.occupy(host, need, need.local, meter);
        Start { sandbox, from: Warmth::Warm }
    }

    /// Creates a sandbox; the caller has made sure that there is room.
    fn create(&mut self, host: HostId, pool: u32, function: FunctionId, arrived: Time, meter: &mut Meter) -> Start {
        let need = self.needs[function];
        self.hosts.take_memory(host, pool, need);
        meter.raise(Gauge::LocalAllocated, need.local.0);
        meter.raise(Gauge::PoolAllocated, need.remote.0);
        meter.raise(Gauge::Instances, 1);
        self.occupy(host, need, Bytes::ZERO, meter);
        let sandbox = self.sandboxes.create(function, host, pool, need, self.cold_starts, arrived);
        self.cold_starts += 1;
        Start { sandbox, from: Warmth::Nothing }
    }

    /// A sandbox begins to work; it was idle with `idle` memory before, or is new.
    #[inline(always)]
    fn occupy(&mut self, host: HostId, need: Need, idle: Bytes, meter: &mut Meter) {
        let cores = self.cores_each;
        self.hosts.begin_work(host, cores, idle);
        meter.raise(Gauge::CoresAllocated, cores.into());
        if self.rules.binding == Binding::Late {
            self.hosts.assign(host);
        }
        meter.raise(Gauge::MemoryUsed, need.total().0);
    }
}
