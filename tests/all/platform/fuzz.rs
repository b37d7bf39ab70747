//! Random small traces under random rules: nothing panics, nothing is lost, nobody waits for ever, no bound is broken.
//! `PROPTEST_CASES` asks for more of them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sdcsim::config::plan::{
    AccountBurst, Binding, Boundary, Burst, CpuSharing, EvictionPolicy, FunctionBurst, IdleChoice, Jitter,
    KeepAliveMode, Placement, QueueOrder, Retry, ScalingMode, Steal, Ties, TimerOrigin, WhenBusy, WhenShort,
};
use sdcsim::engine::Stop;
use sdcsim::ids::HostId;
use sdcsim::platform::serverless::{ALL_GROUPS, HostGroup, Rules, Shape, WHOLE};
use sdcsim::record::{Act, Component};
use sdcsim::units::{Bytes, Span, Time};

use super::serve::{Case, Fun, Ran, shape};

/// Numbers from which a case is made, one choice after the other; zero is the simplest choice.
struct Knobs<'a>(std::slice::Iter<'a, u32>);

impl Knobs<'_> {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next().expect("there are knobs enough") % n
    }
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
    fn seldom(&mut self) -> bool {
        self.below(4) == 3
    }
    fn seconds(&mut self, most: u32) -> Span {
        Span::from_secs(u64::from(self.below(most + 1)))
    }
}

const KNOBS: usize = 160;

fn keep_alive(rules: &mut Rules, knobs: &mut Knobs) {
    use KeepAliveMode::{Clairvoyant, Fixed, Forever, Histogram, Layered, None, Predictive, RemoteTier};
    rules.keep_alive = knobs.pick(&[Fixed, None, Forever, Histogram, Predictive, Clairvoyant, Layered, RemoteTier]);
    rules.keep_alive_limit = knobs.seconds(30);
    rules.timer_from = knobs.pick(&[TimerOrigin::Completion, TimerOrigin::Completion, TimerOrigin::Arrival]);
    rules.reset_on_use = !knobs.seldom();
    rules.boundary = knobs.pick(&[Boundary::Warm, Boundary::Cold]);
    rules.histogram.range = Span::from_secs(60);
    rules.histogram.bin = Span::from_secs(3);
    rules.histogram.cv_threshold = knobs.pick(&[2.0, 0.0]);
    rules.predictive.limit = knobs.seconds(20);
    rules.layers.languages = 1 + knobs.below(2);
    (rules.layers.language_limit, rules.layers.bare_limit) = (knobs.seconds(20), knobs.seconds(20));
    (rules.layers.language_memory, rules.layers.bare_memory) = knobs.pick(&[(0.5, 0.2), (1.0, 1.0), (0.0, 0.0)]);
    rules.tier_limit = knobs.seconds(60);
    rules.idle_choice = knobs.pick(&[IdleChoice::Mru, IdleChoice::Lru, IdleChoice::Oldest, IdleChoice::Newest]);
}

fn eviction(rules: &mut Rules, knobs: &mut Knobs) {
    use EvictionPolicy::{GreedyDual, Landlord, Lfu, Lru, Size};
    rules.evict_idle = knobs.below(3) != 2;
    rules.eviction.policy = knobs.pick(&[Lru, Lfu, Size, GreedyDual, Landlord]);
    rules.eviction.when_short = knobs.pick(&[WhenShort::Keep, WhenShort::Evict]);
    rules.eviction.ties = knobs.pick(&[Ties::LastUse, Ties::Oldest, Ties::Newest]);
}

fn dispatch(rules: &mut Rules, knobs: &mut Knobs) {
    use Placement::{
        BestFit, BoundedHashing, DataLocality, DotProduct, FirstFit, FirstWarm, JoinIdleQueue, LeastLoaded, OpenWhisk,
        PackageLocality, PowerOfD, Pull, RackAware, Random, RandomLoadUpdate, RoundRobin, Tetris, WorstFit,
    };
    rules.placement = knobs.pick(&[
        FirstWarm,
        RoundRobin,
        LeastLoaded,
        Random,
        PowerOfD,
        JoinIdleQueue,
        Pull,
        OpenWhisk,
        BoundedHashing,
        RandomLoadUpdate,
        PackageLocality,
        DataLocality,
        RackAware,
        BestFit,
        DotProduct,
        Tetris,
        FirstFit,
        WorstFit,
    ]);
    rules.dispatch.rack_nodes = 1 + knobs.below(3);
    rules.dispatch.ring_points = 1 + knobs.below(8);
    rules.cpu = knobs.pick(&[CpuSharing::Exclusive, CpuSharing::Exclusive, CpuSharing::Shared]);
    rules.binding = knobs.pick(&[Binding::Late, Binding::Early]);
    rules.queue_order = knobs.pick(&[QueueOrder::ArrivalFirst, QueueOrder::Strict]);
    rules.start_cores = knobs.pick(&[None, Some(true), Some(false)]);
    let (busy, steal) = (
        knobs.pick(&[WhenBusy::Start, WhenBusy::WaitIfShorter, WhenBusy::Both]),
        knobs.pick(&[Steal::Never, Steal::Head, Steal::Tail]),
    );
    rules.dispatch.when_busy = busy;
    rules.dispatch.wait_factor = knobs.pick(&[1.0, 0.0, 10.0]);
    if rules.binding == Binding::Early {
        rules.dispatch.steal = steal;
    }
}

fn scaling(rules: &mut Rules, knobs: &mut Knobs) {
    rules.scaling.concurrency = knobs.pick(&[1, 2, 3]);
    rules.scaling.sandbox_queue = knobs.pick(&[0, 1, 3]);
    let mode = knobs.pick(&[ScalingMode::PerRequest, ScalingMode::PerRequest, ScalingMode::Knative, ScalingMode::Hpa]);
    let gangs = knobs.seldom();
    let knative = &mut rules.scaling.knative;
    (knative.min_scale, knative.max_scale) = (knobs.below(2), 2 * knobs.below(3));
    knative.target_burst_capacity = knobs.pick(&[211.0, 0.0, 3.0]);
    knative.stable_window = Span::from_secs(20);
    let hpa = &mut rules.scaling.hpa;
    (hpa.min_replicas, hpa.max_replicas) = (1 + knobs.below(2), 2 + knobs.below(4));
    hpa.stabilisation = knobs.seconds(40);
    if rules.binding == Binding::Late {
        rules.scaling.mode = mode;
        if gangs && mode == ScalingMode::PerRequest {
            rules.dispatch.gangs = true;
            rules.scaling.concurrency = 1;
        }
    }
    if rules.scaling.mode != ScalingMode::PerRequest {
        rules.dispatch.when_busy = WhenBusy::Start;
    }
}

fn quotas(rules: &mut Rules, knobs: &mut Knobs) {
    let retry = Retry {
        attempts: 1 + knobs.below(3),
        base: knobs.seconds(3),
        max_delay: Span::from_secs(20),
        jitter: knobs.pick(&[Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated]),
        max_age: Span::from_secs(60),
        ..Retry::default()
    };
    let account = (knobs.seldom(), 1 + knobs.below(5));
    let function = (knobs.seldom(), 1 + knobs.below(3));
    let burst = match knobs.below(6) {
        4 => Burst::Account(AccountBurst { initial: 3, per_minute: 5 }),
        5 => Burst::Function(FunctionBurst { step: 2, interval: Span::from_secs(10) }),
        _ => Burst::Unlimited,
    };
    let (retries, timeout, patience) = (knobs.seldom(), knobs.seldom(), knobs.seldom());
    let (longest, wait) = (Span::from_secs(1) + knobs.seconds(10), knobs.seconds(20));
    let queue = (knobs.seldom(), u64::from(knobs.below(4)));
    if queue.0 {
        rules.queue_limit = queue.1;
    }
    rules.quotas.timeout = timeout.then_some(longest);
    rules.quotas.queue_timeout = patience.then_some(wait);
    if rules.keep_alive != KeepAliveMode::Clairvoyant {
        rules.quotas.account_concurrency = account.0.then_some(account.1);
        rules.quotas.function_concurrency = function.0.then_some(function.1);
        rules.quotas.burst = burst;
        rules.quotas.retry = retries.then_some(retry);
    }
}

/// Memory that some may hold for ever is not taken from others where nothing is evicted.
fn make_legal(rules: &mut Rules, shape: &Shape) {
    if rules.keep_alive == KeepAliveMode::Clairvoyant {
        rules.dispatch.gangs = false;
    }
    if shape.pools() == 0 && rules.keep_alive == KeepAliveMode::RemoteTier {
        rules.keep_alive = KeepAliveMode::Fixed;
    }
    let holds = rules.keep_alive == KeepAliveMode::Forever || rules.scaling.mode != ScalingMode::PerRequest;
    rules.evict_idle |= holds;
}

fn hosts(knobs: &mut Knobs) -> Shape {
    let (hosts, cores) = (1 + knobs.below(4), knobs.pick(&[1, 2, 3, u32::MAX]));
    let shape = shape(hosts, cores, knobs.pick(&[3, 4, 6, 64])).with_extras([10, 2]);
    let pools = knobs.below(3);
    shape.with_pools(pools, Bytes::from_mib(knobs.pick(&[3, 5, 16])))
}

/// Other groups of hosts and pools beside the first, and functions that may not run everywhere.
fn mix(shape: &mut Shape, functions: &mut [Fun], knobs: &mut Knobs) {
    let pools = if shape.pools() == 0 { 0 } else { knobs.below(3) };
    *shape = shape.clone().with_pools(pools, Bytes::from_mib(knobs.pick(&[3, 5, 16])));
    for _ in 0..knobs.pick(&[0, 0, 1, 2]) {
        shape.groups.push(HostGroup {
            hosts: 1 + knobs.below(3),
            cores: knobs.pick(&[1, 2, 4]),
            memory: Bytes::from_mib(knobs.pick(&[2, 3, 6, 64])),
            other_demands: [knobs.pick(&[0, 10]), knobs.pick(&[0, 2])],
            pools: knobs.pick(&[0, 1, 2, ALL_GROUPS]),
        });
    }
    for fun in functions {
        fun.groups = [knobs.pick(&[ALL_GROUPS, 1, 2, 3, 4, 6]), knobs.pick(&[ALL_GROUPS, 0, 1, 2, 4, 5])];
        // The first group has room for any.
        let holds = |group: usize| {
            let (has, need) = (&shape.groups[group], fun.need(shape, group));
            let pools = shape.pools.iter().enumerate().filter(|(i, _)| has.pools >> i & 1 == 1);
            has.memory >= need.local
                && has.other_demands.iter().zip(fun.other_demands).all(|(has, need)| *has >= need)
                && (need.remote == Bytes::ZERO || pools.map(|(_, pool)| pool.memory).max() >= Some(need.remote))
        };
        let held = (0..shape.groups.len()).filter(|&group| holds(group)).fold(0, |held, group| held | 1 << group);
        if fun.groups[0] & held == 0 {
            fun.groups[0] = ALL_GROUPS;
        }
    }
}

fn functions(knobs: &mut Knobs, shape: &Shape) -> Vec<Fun> {
    let count = 1 + knobs.below(4);
    let function = |_| Fun {
        local: Bytes::from_mib(1 + u64::from(knobs.below(3))),
        remote: Bytes::from_mib(if shape.pools() == 0 { 0 } else { u64::from(knobs.below(3)) }),
        cold: knobs.seconds(6),
        app: knobs.below(2),
        other_demands: [u64::from(knobs.pick(&[0_u32, 0, 6])), u64::from(knobs.pick(&[0_u32, 0, 1]))],
        cores: knobs.pick(&[WHOLE, WHOLE, 500_000, 333_333, 72_357]),
        groups: [ALL_GROUPS; 2],
    };
    (0..count).map(function).collect()
}

/// Gap in s, function, run time in s, how many at once.
type Request = (u32, u32, u32, u32);

/// Groups of requests arrive at times that differ below the millisecond from those of all other events, so that a time
/// tells whose it is.
fn requests(of: &[Request], functions: usize, gangs: bool) -> Vec<(Time, u32, Span)> {
    let mut now = Span::ZERO;
    let mut list = Vec::new();
    for (i, &(gap, function, run, copies)) in of.iter().enumerate() {
        now += Span::from_secs(gap.into());
        let at = Time::ZERO + now + Span::from_us(1 + i as u64);
        let copies = if gangs { copies } else { 1 };
        list.extend((0..copies).map(|_| (at, function % functions as u32, Span::from_secs(run.into()))));
    }
    // With gaps of zero, later groups stay behind earlier ones.
    list.sort_by_key(|(at, ..)| *at);
    list
}

fn case(knobs: &[u32], of: &[Request]) -> Case {
    let mut knobs = Knobs(knobs.iter());
    let mut shape = hosts(&mut knobs);
    let mut rules = Rules::fixed(Span::ZERO);
    rules.general = true;
    keep_alive(&mut rules, &mut knobs);
    eviction(&mut rules, &mut knobs);
    dispatch(&mut rules, &mut knobs);
    scaling(&mut rules, &mut knobs);
    quotas(&mut rules, &mut knobs);
    make_legal(&mut rules, &shape);
    let mut functions = functions(&mut knobs, &shape);
    let requests = requests(of, functions.len(), rules.dispatch.gangs);
    let (seed, events) = (u64::from(knobs.below(1000)), 50_000);
    mix(&mut shape, &mut functions, &mut knobs);
    Case { requests, seed, events, ..Case::unlimited(rules, functions).on(shape) }
}

fn cases() -> impl Strategy<Value = Case> {
    let request = (0_u32..15, 0_u32..4, 0_u32..12, 1_u32..4);
    (prop::collection::vec(0_u32..5040, KNOBS), prop::collection::vec(request, 1..40))
        .prop_map(|(knobs, requests)| case(&knobs, &requests))
}

/// Every request ends, and all accounts agree.
fn ends(case: &Case, ran: &Ran) -> Result<(), TestCaseError> {
    let report = &ran.report;
    prop_assert_eq!(report.outcome.stop, Stop::Finished);
    let [arrived, completed, rejected, running] = report.requests();
    prop_assert_eq!(running, 0, "requests that never end");
    prop_assert_eq!([arrived, completed + rejected], [case.requests.len() as u64; 2]);
    prop_assert_eq!([completed, rejected], [ran.completed.len() as u64, ran.rejected.len() as u64]);
    prop_assert_eq!(ran.broken_laws(), Vec::<String>::new());
    Ok(())
}

/// When a request was in its sandbox; exact where cores are its own.
#[derive(Clone, Copy)]
struct Stay {
    function: u32,
    from: Time,
    to: Time,
}

fn stays(ran: &Ran) -> Vec<Stay> {
    let stay = |request: &sdcsim::record::Completed| Stay {
        function: request.function.raw(),
        from: request.arrived + request.breakdown.get(Component::Queue),
        to: request.answered,
    };
    ran.completed.iter().map(stay).collect()
}

/// The most at once of intervals that end before others begin at the same time.
fn most(intervals: impl Iterator<Item = (Time, Time, u64)>) -> u64 {
    let mut changes: Vec<(Time, bool, u64)> = intervals
        .filter(|(from, to, _)| from < to)
        .flat_map(|(from, to, n)| [(from, true, n), (to, false, n)])
        .collect();
    changes.sort_unstable();
    let (mut level, mut most) = (0, 0);
    for (_, begins, n) in changes {
        level = if begins { level + n } else { level - n };
        most = most.max(level);
    }
    most
}

/// Starts of the journal with the time at which each has surely not ended yet: of several of one function that began at
/// the same moment, the earliest end, which is that of a timeout where one may have been ended by it. Function, sandbox,
/// host, from, to.
fn starts(ran: &Ran, timeout: Span) -> Vec<(u32, u64, u32, Time, Time)> {
    let mut ends: BTreeMap<(u32, Time), Time> = BTreeMap::new();
    for stay in stays(ran) {
        let end = ends.entry((stay.function, stay.from)).or_insert(stay.to);
        *end = (*end).min(stay.to);
    }
    let begins = |act| matches!(act, Act::Warm | Act::Cold | Act::FromBare | Act::FromLanguage | Act::FromPool);
    let starts = ran.journal().iter().filter(|decided| begins(decided.act));
    let start = |decided: &sdcsim::record::Decided| {
        let (function, sandbox) = (decided.function.raw(), decided.sandbox.expect("a start has a sandbox"));
        let told = ends.get(&(function, decided.at)).copied().unwrap_or(decided.at);
        let to = told.min(decided.at.saturating_add(timeout));
        (function, sandbox, decided.host.expect("a start has a host"), decided.at, to)
    };
    starts.map(start).collect()
}

/// No more requests in a sandbox, on a host, of a function or of all at once than there may be.
fn bounds(case: &Case, ran: &Ran) -> Result<(), TestCaseError> {
    let (rules, shape) = (&case.rules, &case.shape);
    if rules.cpu == CpuSharing::Shared {
        return Ok(());
    }
    let starts = starts(ran, rules.quotas.timeout.unwrap_or(Span::MAX));
    // A timeout is no end that is told.
    let timed_out = rules.quotas.timeout.is_some();
    for id in starts.iter().map(|(_, sandbox, ..)| *sandbox) {
        let within = most(starts.iter().filter(|s| s.1 == id).map(|s| (s.3, s.4, 1)));
        prop_assert!(within <= rules.scaling.concurrency.into(), "sandbox {id} serves {within}");
    }
    for host in 0..shape.hosts() {
        let has = &shape.groups[shape.group_of(HostId::new(host))];
        let on = || starts.iter().filter(|s| s.2 == host);
        let cores = most(on().map(|s| (s.3, s.4, case.functions[s.0 as usize].cores.into())));
        let own = u64::from(has.cores) * u64::from(WHOLE);
        // Without a core for its start, a request may wait for one in its sandbox.
        prop_assert!(!rules.starts_hold_cores() || cores <= own, "host {host} runs {cores} millionths");
        for kind in 0..2 {
            let held = most(on().map(|s| (s.3, s.4, case.functions[s.0 as usize].other_demands[kind])));
            prop_assert!(held <= has.other_demands[kind], "host {host} gives {held} of resource {kind}");
        }
    }
    let quotas = &rules.quotas;
    if quotas.retry.is_none() && !timed_out {
        let whole = |stay: &sdcsim::record::Completed| (stay.arrived, stay.answered, 1);
        let all = most(ran.completed.iter().map(whole));
        prop_assert!(all <= u64::from(quotas.account_concurrency.unwrap_or(u32::MAX)), "the account has {all}");
        for function in 0..case.functions.len() as u32 {
            let of = ran.completed.iter().filter(|request| request.function.raw() == function);
            let all = most(of.map(whole));
            prop_assert!(all <= u64::from(quotas.function_concurrency.unwrap_or(u32::MAX)), "a function has {all}");
        }
    }
    Ok(())
}

/// Sandboxes on a host hold no more memory than it has. Not for the rules under which they shrink.
fn memory(case: &Case, ran: &Ran) -> Result<(), TestCaseError> {
    if matches!(case.rules.keep_alive, KeepAliveMode::Layered) {
        return Ok(());
    }
    let mut held = vec![Bytes::ZERO; case.shape.hosts() as usize];
    for decided in ran.journal() {
        let Some(host) = decided.host else { continue };
        let group = case.shape.group_of(HostId::new(host));
        let local = case.functions[decided.function.index()].need(&case.shape, group).local;
        let on = &mut held[host as usize];
        match decided.act {
            Act::Cold | Act::FromPool | Act::Prewarm => *on += local,
            Act::ToPool => *on = on.saturating_sub(local),
            Act::Expire | Act::Evict | Act::ScaleDown if case.rules.keep_alive != KeepAliveMode::RemoteTier => {
                *on -= local;
            }
            _ => {}
        }
        if case.rules.keep_alive != KeepAliveMode::RemoteTier {
            prop_assert!(*on <= case.shape.groups[group].memory, "host {host} holds {on}");
        }
    }
    Ok(())
}

/// Nothing of a function is ever on a host on which it may not run. What serves others on the way has their host.
fn allowed(case: &Case, ran: &Ran) -> Result<(), TestCaseError> {
    let begins =
        |act| matches!(act, Act::Warm | Act::Cold | Act::FromBare | Act::FromLanguage | Act::FromPool | Act::Prewarm);
    for decided in ran.journal().iter().filter(|decided| begins(decided.act)) {
        let group = case.shape.group_of(HostId::new(decided.host.expect("a start has a host")));
        let allowed = case.functions[decided.function.index()].groups[0];
        prop_assert!(allowed >> group & 1 == 1, "{decided:?} is in group {group}, of {allowed:b}");
    }
    Ok(())
}

/// All of a gang start at one time, or none of it.
fn gangs(case: &Case, ran: &Ran) -> Result<(), TestCaseError> {
    if !case.rules.dispatch.gangs || case.rules.cpu == CpuSharing::Shared || !case.rules.starts_hold_cores() {
        return Ok(());
    }
    let mut members: BTreeMap<Time, Vec<Time>> = BTreeMap::new();
    for request in &ran.completed {
        let start = request.arrived + request.breakdown.get(Component::Queue);
        members.entry(request.arrived).or_default().push(start);
    }
    for (arrived, starts) in &members {
        let whole = case.requests.iter().filter(|(at, ..)| at == arrived).count();
        // Those that ran too long have started too.
        let ran_out =
            ran.rejected.iter().filter(|(at, _, why)| at == arrived && *why == sdcsim::record::Rejection::RanTooLong);
        // One that has run too long is retried alone, and may end in any way.
        let alone = case.rules.quotas.retry.is_some() && case.rules.quotas.timeout.is_some();
        prop_assert!(alone || starts.len() + ran_out.count() == whole, "a gang starts partly");
        prop_assert!(starts.iter().all(|start| *start == starts[0]), "a gang starts at different times");
    }
    Ok(())
}

fn holds(case: &Case) -> Result<(), TestCaseError> {
    let ran = case.run();
    ends(case, &ran)?;
    bounds(case, &ran)?;
    memory(case, &ran)?;
    gangs(case, &ran)?;
    allowed(case, &ran)?;
    prop_assert_eq!(ran.report.outcome.hash, case.run().report.outcome.hash);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(400),
        max_shrink_iters: 3_000,
        ..ProptestConfig::default()
    })]
    #[test]
    fn whatever_the_rules_all_requests_end_and_no_bound_is_broken(case in cases()) {
        holds(&case)?;
    }
}
