//! The platform: it routes what happens to the rooms that know what to do.
//!
//! The general path is all rules together. On it a sandbox serves up to N requests, starts without a request too
//! (pre-warmed, speculative, autoscaled), and is always in one state list of its function. Requests wait in one of four
//! places: at a sandbox, for any sandbox of their function, on their host (early binding), or for groups of hosts (late binding).
//! A sandbox that has a request less takes the next one that waits at it, then one that waits for its function.
//!
//! The straight path is the same code with everything left out that simple rules do not need (`ALL` is false); both give
//! the same answers where both apply, which `tests/all/platform/general.rs` tests.
//!
//! Here stand the state and its time. What happens, each subject in one file, uses only what stands before it: `starts`,
//! `gangs` and `autoscaling`, `waiting`, `requests`, `failures`.

mod autoscaling;
mod failures;
mod gangs;
mod requests;
mod starts;
mod waiting;

use std::collections::VecDeque;

use crate::config::plan::{Binding, Boundary, KeepAliveMode, ScalingMode, WhenBusy};
use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::platform::serverless::dispatch::delayed::ServiceTimes;
use crate::platform::serverless::dispatch::place::Placement;
use crate::platform::serverless::host::cores::Cores;
use crate::platform::serverless::host::shape::{Needs, Shape};
use crate::platform::serverless::keep::feed::KeepAlive;
use crate::platform::serverless::knowledge::Knowledge;
use crate::platform::serverless::limits::quota::Quota;
use crate::platform::serverless::request::Start;
use crate::platform::serverless::rules::Rules;
use crate::platform::serverless::sandbox::cluster::Cluster;
use crate::platform::serverless::sandbox::table::Sandbox;
use crate::platform::serverless::sandbox::warmth::Warmth;
use crate::platform::serverless::scale::feed::Autoscaler;
use crate::platform::serverless::wait::gangs::Gangs;
use crate::platform::serverless::wait::queues::Queues;
use crate::record::{Counter, Counters, Meter, Stranded};
use crate::units::{Bytes, Span, Time};

/// The state of a serverless platform.
#[derive(Debug)]
pub struct Serverless {
    /// Whether all rules apply.
    all: bool,
    cluster: Cluster,
    queues: Queues,
    placement: Placement,
    keep_alive: KeepAlive,
    quota: Quota,
    autoscaler: Autoscaler,
    gangs: Gangs,
    /// Kept where requests may wait for busy sandboxes.
    service_times: Option<ServiceTimes>,
    /// Requests that have left a queue, to be told.
    starts: VecDeque<(RequestId, Start)>,
    /// Whether something else has changed that lets waiting requests start, beside what ends and expires.
    pending: bool,
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
        // Requests that hold anything else than a core and memory are counted on the general path only.
        let demands = knowledge.functions.iter().any(|known| known.other_demands != [0; 2])
            || Cores::new(rules.holds_cores(), knowledge.functions.iter().map(|known| known.cores)).differ();
        let (hosts, early) = (shape.hosts(), rules.binding == Binding::Early);
        // What idle sandboxes hold in pools, and so which hosts have memory, is known on the general path only.
        let evicts_from_pools = early && rules.evict_idle && shape.pools() > 0;
        let all =
            !rules.is_straight() || !shape.is_uniform() || prefers || demands || evicts_from_pools || needs.give_way();
        let functions = if all { needs.len() } else { 0 };
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
    /// What a request of a function holds of the cores while it starts or runs, in the units in which the meter is told of
    /// cores.
    pub fn cores(&self, function: FunctionId) -> u64 {
        self.cluster.cores::<true>(function)
    }
    /// A core in these units.
    pub fn core_unit(&self) -> u64 {
        self.cluster.core_unit()
    }
    /// What is free and could not be used by one more sandbox of the function whose memory is the median of all; `busy`
    /// tells how many cores of a host work, where nobody holds any.
    pub fn stranded(&self, busy: impl Fn(HostId) -> u32) -> Stranded {
        self.cluster.stranded(busy)
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
