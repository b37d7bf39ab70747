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

mod by_load;
mod hosts;
mod lists;
mod placement;
mod sandboxes;
mod warmth;

pub use hosts::{HostId, Need, Shape};
pub use sandboxes::{Sandbox, SandboxId};
pub use warmth::Warmth;

use std::collections::VecDeque;

use crate::config::raw::{Binding, Boundary, CpuSharing, IdleChoice, KeepAliveMode, Placement, TimerOrigin};
use crate::ids::IdVec;
use crate::platform::{Decision, RequestId};
use crate::record::{Gauge, Meter, Rejection};
use crate::units::{Bytes, Span, Time};
use crate::workload::{FunctionId, FunctionKind};

use hosts::Hosts;
use sandboxes::Sandboxes;

/// The rules of a serverless platform, resolved.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Which host gets a request.
    pub placement: Placement,
    /// When the host is chosen.
    pub binding: Binding,
    /// How the cores of a host are shared.
    pub cpu: CpuSharing,
    /// The keep-alive rule.
    pub keep_alive: KeepAliveMode,
    /// Its limit.
    pub keep_alive_limit: Span,
    /// When its timer starts.
    pub timer_from: TimerOrigin,
    /// What an idle time equal to the limit is.
    pub boundary: Boundary,
    /// Which idle sandbox is taken.
    pub idle_choice: IdleChoice,
    /// Whether idle sandboxes make room for cold starts.
    pub evict_idle: bool,
    /// Most requests waiting.
    pub queue_limit: u64,
}

/// A request that starts: in which sandbox, and whether that sandbox must start first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// Whether the sandbox is new.
    pub cold: bool,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    request: RequestId,
    function: FunctionId,
    arrived: Time,
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
    waiting: u64,
    cold_starts: u64,
    evictions: u64,
}

impl Serverless {
    /// A platform with no sandboxes on hosts of the given shape; `needs` says what a sandbox of each function holds.
    pub fn new(mut rules: Rules, shape: Shape, needs: IdVec<FunctionKind, Need>) -> Self {
        if rules.keep_alive == KeepAliveMode::Forever {
            rules.keep_alive_limit = Span::MAX;
        }
        let host_lists = match rules.binding {
            Binding::Early => shape.hosts as usize,
            Binding::Late => 1,
        };
        let early_queues = if rules.binding == Binding::Early { shape.hosts as usize } else { 0 };
        Self {
            sandboxes: Sandboxes::new(needs.len(), host_lists, shape.hosts as usize, &rules),
            hosts: Hosts::new(shape, rules.placement),
            cores_each: u32::from(rules.cpu == CpuSharing::Exclusive),
            rules,
            needs,
            queue: VecDeque::new(),
            host_queues: vec![VecDeque::new(); early_queues],
            ready_hosts: VecDeque::new(),
            waiting: 0,
            cold_starts: 0,
            evictions: 0,
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
        self.advance(now, meter);
        let waiting = Waiting { request, function, arrived: now };
        let start = match self.rules.binding {
            Binding::Late if self.queue.is_empty() => self.start_anywhere(now, &waiting, meter),
            Binding::Late => None,
            Binding::Early => {
                let host = self.choose_host(function);
                self.hosts.assign(host);
                let start = if self.waiting == 0 || self.host_queues[host.index()].is_empty() {
                    self.start_on(now, host, &waiting, meter)
                } else {
                    None
                };
                return self.start_or_queue(start, Some(host), waiting, meter);
            }
        };
        self.start_or_queue(start, None, waiting, meter)
    }

    #[inline(always)]
    fn start_or_queue(
        &mut self,
        start: Option<Start>,
        host: Option<HostId>,
        waiting: Waiting,
        meter: &mut Meter,
    ) -> Decision<Start> {
        if let Some(start) = start {
            return Decision::Start(start);
        }
        if self.waiting >= self.rules.queue_limit {
            if let Some(host) = host {
                self.hosts.unassign(host);
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
        if self.rules.binding == Binding::Early {
            self.hosts.unassign(host);
            if self.waiting > 0 {
                self.ready_hosts.push_back(host);
            }
        }
    }

    /// Until when a sandbox that finishes now is kept; `None` when it is not kept at all.
    #[inline]
    fn expiry(&self, now: Time, last_arrival: Time) -> Option<Time> {
        let origin = match self.rules.timer_from {
            TimerOrigin::Completion => now,
            TimerOrigin::Arrival => last_arrival,
        };
        if self.rules.keep_alive == KeepAliveMode::None {
            return None;
        }
        let expiry = origin.saturating_add(self.rules.keep_alive_limit);
        self.sandboxes.keeps(expiry, now).then_some(expiry)
    }

    /// Whether requests wait.
    pub fn has_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// A waiting request that can start now, if any; call until there is none after each finish and each wake.
    pub fn start_waiting(&mut self, now: Time, meter: &mut Meter) -> Option<(RequestId, Start)> {
        self.advance(now, meter);
        if let Some(&head) = self.queue.front() {
            let start = self.start_anywhere(now, &head, meter)?;
            self.queue.pop_front();
            return Some((head.request, self.leave_queue(start, meter)));
        }
        while let Some(&host) = self.ready_hosts.front() {
            let head = self.host_queues[host.index()].front().copied();
            if let Some(head) = head
                && let Some(start) = self.start_on(now, host, &head, meter)
            {
                self.host_queues[host.index()].pop_front();
                return Some((head.request, self.leave_queue(start, meter)));
            }
            self.ready_hosts.pop_front();
        }
        None
    }

    fn leave_queue(&mut self, start: Start, meter: &mut Meter) -> Start {
        self.waiting -= 1;
        if self.waiting == 0 {
            self.ready_hosts.clear();
        }
        meter.lower(Gauge::Waiting, 1);
        start
    }

    /// When an expiry may next let a waiting request start; [`Time::MAX`] when none waits or nothing expires.
    /// The caller then calls [`Serverless::start_waiting`].
    pub fn next_wake(&self) -> Time {
        if self.waiting == 0 {
            return Time::MAX;
        }
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
        while self.sandboxes.is_over(now) {
            self.expire_first(meter);
        }
    }

    #[inline(never)]
    fn expire_first(&mut self, meter: &mut Meter) {
        meter.advance(self.sandboxes.next_expiry());
        let sandbox = self.sandboxes.first_to_expire();
        self.drop_idle(sandbox, meter);
    }

    /// Lets all idle sandboxes run out, for waste accounted to completion. Those kept for ever stay.
    pub fn run_out(&mut self, meter: &mut Meter) {
        while self.sandboxes.next_expiry() < Time::MAX {
            self.expire_first(meter);
        }
    }

    fn drop_idle(&mut self, sandbox: SandboxId, meter: &mut Meter) {
        let Sandbox { host, need, .. } = self.sandboxes[sandbox];
        self.sandboxes.end_idle(sandbox);
        self.hosts.remove_idle(host, need.local);
        self.remove(sandbox, meter);
        if self.rules.binding == Binding::Early && self.waiting > 0 {
            self.ready_hosts.push_back(host);
        }
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
        Start { sandbox, cold: false }
    }

    /// Creates a sandbox; the caller has made sure that there is room.
    fn create(&mut self, host: HostId, pool: u32, waiting: &Waiting, meter: &mut Meter) -> Start {
        let need = self.needs[waiting.function];
        self.hosts.take_memory(host, pool, need);
        meter.raise(Gauge::LocalAllocated, need.local.0);
        meter.raise(Gauge::PoolAllocated, need.remote.0);
        meter.raise(Gauge::Instances, 1);
        self.occupy(host, need, Bytes::ZERO, meter);
        let sandbox = self.sandboxes.create(waiting.function, host, pool, need, self.cold_starts, waiting.arrived);
        self.cold_starts += 1;
        Start { sandbox, cold: true }
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
