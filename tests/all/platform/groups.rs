//! Mixed hosts, functions that may not run everywhere, and hosts that fail: every decision against a platform that looks
//! everything through.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use sdcsim::config::plan::{Binding, KeepAliveMode, Placement};
use sdcsim::ids::{FunctionId, HostId, RequestId, SandboxId};
use sdcsim::platform::Decision;
use sdcsim::platform::serverless::{
    ALL_GROUPS, Groups, HostGroup, Knowledge, Known, Needs, PoolGroup, Rules, Serverless, Shape, Start,
};
use sdcsim::record::Meter;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};

use super::serve::Fun;

const NO_POOL: usize = usize::MAX;

/// A sandbox as the plain platform knows it: since when it is idle, or which request it serves.
#[derive(Clone, Debug)]
struct Held {
    function: u32,
    host: usize,
    /// [`NO_POOL`] where all its memory is beside the cores.
    pool: usize,
    idle_since: Option<u64>,
    request: Option<u32>,
    ready: bool,
}

/// The rules of mixed hosts by definition: lists, and scans of them.
struct Plain {
    rules: Rules,
    shape: Shape,
    functions: Vec<Fun>,
    up: Vec<bool>,
    boxes: Vec<Held>,
    /// Early binding: by host; late binding: one.
    queues: Vec<VecDeque<(u32, u32)>>,
    /// Late binding: groups that those before wait for.
    closed: Groups,
    turn: usize,
}

impl Plain {
    fn new(rules: &Rules, shape: &Shape, functions: &[Fun]) -> Self {
        let hosts = shape.hosts() as usize;
        Self {
            rules: *rules,
            shape: shape.clone(),
            functions: functions.to_vec(),
            up: vec![true; hosts],
            boxes: Vec::new(),
            queues: vec![VecDeque::new(); hosts],
            closed: 0,
            turn: 0,
        }
    }

    fn early(&self) -> bool {
        self.rules.binding == Binding::Early
    }
    fn group(&self, host: usize) -> usize {
        self.shape.group_of(HostId::new(host as u32))
    }
    fn on(&self, host: usize) -> impl Iterator<Item = &Held> {
        self.boxes.iter().filter(move |b| b.host == host)
    }
    fn held(&self, host: usize) -> Bytes {
        let group = self.group(host);
        self.on(host).map(|b| self.functions[b.function as usize].need(&self.shape, group).local).sum()
    }
    fn held_in(&self, pool: usize) -> Bytes {
        let of = |b: &Held| self.functions[b.function as usize].need(&self.shape, self.group(b.host)).remote;
        self.boxes.iter().filter(|b| b.pool == pool).map(of).sum()
    }
    fn load(&self, host: usize) -> usize {
        let waiting = if self.early() { self.queues[host].len() } else { 0 };
        self.on(host).filter(|b| b.request.is_some()).count() + waiting
    }
    fn has_core(&self, host: usize) -> bool {
        let busy = self.on(host).filter(|b| b.request.is_some()).count();
        self.up[host] && busy < self.shape.groups[self.group(host)].cores as usize
    }
    fn idle(&self, host: usize, function: u32) -> Option<usize> {
        let idle = |i: &usize| {
            let b = &self.boxes[*i];
            b.host == host && b.function == function && b.idle_since.is_some()
        };
        (0..self.boxes.len()).filter(idle).max_by_key(|i| self.boxes[*i].idle_since)
    }
    fn pool_memory(&self) -> Vec<(usize, Bytes)> {
        let of = |(group, has): (usize, &PoolGroup)| std::iter::repeat_n((group, has.memory), has.pools as usize);
        self.shape.pools.iter().enumerate().flat_map(of).collect()
    }
    /// The roomiest pool that a host can use, if a function's memory fits there.
    fn pool(&self, host: usize, function: u32) -> Option<usize> {
        let group = self.group(host);
        let remote = self.functions[function as usize].need(&self.shape, group).remote;
        if remote == Bytes::ZERO {
            return Some(NO_POOL);
        }
        let pools = self.pool_memory().into_iter().enumerate();
        let reached = pools.filter(|(_, (of, _))| self.shape.groups[group].pools >> of & 1 == 1);
        let free = reached.map(|(pool, (_, memory))| (memory - self.held_in(pool), std::cmp::Reverse(pool)));
        free.max().filter(|(free, _)| *free >= remote).map(|(_, pool)| pool.0)
    }
    fn fits(&self, host: usize, function: u32) -> bool {
        let group = self.group(host);
        let local = self.functions[function as usize].need(&self.shape, group).local;
        self.held(host) + local <= self.shape.groups[group].memory
    }

    /// The groups that a function tries first, and the others, of those that are not closed.
    fn tiers(&self, function: u32) -> [Groups; 2] {
        match self.all_tiers(function).map(|tier| tier & !self.closed) {
            [0, others] => [others, 0],
            tiers => tiers,
        }
    }
    fn allowed(&self, function: u32) -> Groups {
        self.all_tiers(function).into_iter().fold(0, |all, tier| all | tier)
    }
    fn all_tiers(&self, function: u32) -> [Groups; 2] {
        let fun = &self.functions[function as usize];
        let all = (1 << self.shape.groups.len()) - 1;
        let holds = |group: usize| {
            let (has, need) = (&self.shape.groups[group], fun.need(&self.shape, group));
            let pools = self.shape.pools.iter().enumerate().filter(|(i, _)| has.pools >> i & 1 == 1);
            let pooled = pools.filter(|(_, pool)| pool.pools > 0).map(|(_, pool)| pool.memory).max();
            has.memory >= need.local && (need.remote == Bytes::ZERO || pooled >= Some(need.remote))
        };
        let allowed = fun.groups[0] & all;
        let holding = (0..self.shape.groups.len()).filter(|&g| holds(g)).fold(0, |held, g| held | 1 << g) & allowed;
        let allowed = if holding == 0 { allowed } else { holding };
        match allowed & fun.groups[1] {
            0 => [allowed, 0],
            first => [first, allowed & !first],
        }
    }
    fn hosts_of(&self, groups: Groups) -> Vec<usize> {
        (0..self.up.len()).filter(|&host| groups >> self.group(host) & 1 == 1).collect()
    }
    /// The first of some hosts by the placement.
    fn choose_of(&mut self, some: &[usize], function: u32) -> Option<usize> {
        match self.rules.placement {
            Placement::RoundRobin => {
                let hosts = self.up.len();
                let host = (0..hosts).map(|i| (self.turn + i) % hosts).find(|host| some.contains(host))?;
                self.turn = (host + 1) % hosts;
                Some(host)
            }
            Placement::FirstWarm if self.early() => {
                let warm = some.iter().copied().filter(|&host| self.idle(host, function).is_some());
                let first = warm.min_by_key(|&host| (self.load(host), host));
                first.or_else(|| some.iter().copied().min_by_key(|&host| (self.load(host), host)))
            }
            _ => some.iter().copied().min_by_key(|&host| (self.load(host), host)),
        }
    }

    fn choose_host(&mut self, function: u32) -> usize {
        let [first, others] = self.tiers(function);
        let may = |host: &usize| {
            let new = self.fits(*host, function) && self.pool(*host, function).is_some();
            self.queues[*host].is_empty() && self.has_core(*host) && (self.idle(*host, function).is_some() || new)
        };
        let start_in = |groups| self.hosts_of(groups).iter().any(may);
        let any_up = |groups| self.hosts_of(groups).iter().any(|&host| self.up[host]);
        let groups = match (start_in(first), start_in(others), any_up(first), any_up(others)) {
            (false, true, ..) | (false, false, false, true) => others,
            _ => first,
        };
        let all = self.hosts_of(groups);
        let up: Vec<usize> = all.iter().copied().filter(|&host| self.up[host]).collect();
        if up.is_empty() {
            let placement = std::mem::replace(&mut self.rules.placement, Placement::RoundRobin);
            let host = self.choose_of(&all, function);
            self.rules.placement = placement;
            return host.unwrap();
        }
        self.choose_of(&up, function).unwrap()
    }

    fn begin(&mut self, i: usize, request: u32) -> (usize, bool) {
        (self.boxes[i].idle_since, self.boxes[i].request) = (None, Some(request));
        (self.boxes[i].host, false)
    }
    fn create(&mut self, host: usize, function: u32, request: u32) -> Option<(usize, bool)> {
        if !self.has_core(host) || !self.fits(host, function) {
            return None;
        }
        let pool = self.pool(host, function)?;
        self.boxes.push(Held { function, host, pool, idle_since: None, request: Some(request), ready: false });
        Some((host, true))
    }
    /// Starts a request on a host, or anywhere: where, and whether in a new sandbox.
    fn start(&mut self, host: Option<usize>, function: u32, request: u32) -> Option<(usize, bool)> {
        if let Some(host) = host {
            let warm = self.idle(host, function).filter(|_| self.has_core(host));
            return match warm {
                Some(i) => Some(self.begin(i, request)),
                None => self.create(host, function, request),
            };
        }
        let tiers = self.tiers(function).map(|tier| self.hosts_of(tier));
        for tier in &tiers {
            let idle = |i: &usize| {
                let b = &self.boxes[*i];
                b.function == function && b.idle_since.is_some() && tier.contains(&b.host) && self.has_core(b.host)
            };
            if let Some(i) = (0..self.boxes.len()).filter(idle).max_by_key(|i| self.boxes[*i].idle_since) {
                return Some(self.begin(i, request));
            }
        }
        for tier in tiers {
            let room = |host: &usize| {
                self.has_core(*host) && self.fits(*host, function) && self.pool(*host, function).is_some()
            };
            let some: Vec<usize> = tier.into_iter().filter(room).collect();
            if let Some(host) = self.choose_of(&some, function) {
                return self.create(host, function, request);
            }
        }
        None
    }

    fn request(&mut self, function: u32, request: u32) -> Option<(usize, bool)> {
        if !self.early() {
            let closed = self.queues[0].iter().fold(0, |all, waiting| all | self.allowed(waiting.1));
            let start = self.start_past(closed, function, request);
            if start.is_none() {
                self.queues[0].push_back((request, function));
            }
            return start;
        }
        let host = self.choose_host(function);
        let start = if self.queues[host].is_empty() { self.start(Some(host), function, request) } else { None };
        if start.is_none() {
            self.queues[host].push_back((request, function));
        }
        start
    }
    /// Late binding: starts a request on groups that nobody before it waits for.
    fn start_past(&mut self, closed: Groups, function: u32, request: u32) -> Option<(usize, bool)> {
        if self.allowed(function) & !closed == 0 {
            return None;
        }
        self.closed = closed;
        let start = self.start(None, function, request);
        self.closed = 0;
        start
    }
    /// The first that can start, in order of arrival, where each closes its groups to those behind it.
    fn start_late(&mut self) -> Option<(u32, (usize, bool))> {
        let mut closed = 0;
        for at in 0..self.queues[0].len() {
            let (request, function) = self.queues[0][at];
            if let Some(start) = self.start_past(closed, function, request) {
                self.queues[0].remove(at);
                return Some((request, start));
            }
            closed |= self.allowed(function);
        }
        None
    }
    /// Starts `request`, if it is the next that may.
    fn start_next(&mut self, request: u32) -> Option<(usize, bool)> {
        if !self.early() {
            return self.start_late().filter(|(first, _)| *first == request).map(|(_, start)| start);
        }
        // Hosts may be served in any order.
        let host = self.queues.iter().position(|queue| queue.front().is_some_and(|head| head.0 == request))?;
        let (_, function) = self.queues[host].pop_front()?;
        self.start(Some(host), function, request)
    }
    /// Whether any that waits could start.
    fn any_can_start(&mut self) -> bool {
        if !self.early() {
            return self.start_late().is_some();
        }
        let heads: Vec<_> =
            (0..self.queues.len()).filter_map(|host| Some((host, *self.queues[host].front()?))).collect();
        heads.into_iter().any(|(host, (request, function))| self.start(Some(host), function, request).is_some())
    }
    fn fail(&mut self, host: usize) {
        self.up[host] = false;
        self.boxes.retain(|b| b.host != host || b.request.is_some());
        if self.early() {
            for (request, function) in std::mem::take(&mut self.queues[host]) {
                let other = self.choose_host(function);
                self.queues[other].push_back((request, function));
            }
        }
    }
    /// A request ends, or is called off.
    fn end(&mut self, request: u32, now: u64, keep: bool) {
        let i = self.boxes.iter().position(|b| b.request == Some(request)).expect("it runs");
        if keep {
            (self.boxes[i].request, self.boxes[i].idle_since) = (None, Some(now));
        } else {
            self.boxes.remove(i);
        }
    }
}

/// The platform under test beside the plain one.
struct Both {
    platform: Serverless,
    plain: Plain,
    meter: Meter,
    now: u64,
    /// Requests in sandboxes: their function, and which sandbox.
    running: BTreeMap<u32, (u32, SandboxId)>,
    arrived: u32,
}

impl Both {
    fn new(rules: &Rules, shape: &Shape, functions: &[Fun]) -> Self {
        let root = RootSeed::new(1, 0);
        let known = |fun: &Fun| Known { allowed: fun.groups[0], preferred: fun.groups[1], ..Known::default() };
        let knowledge = Knowledge { functions: functions.iter().map(known).collect(), ..Knowledge::none(root) };
        let need = |function: FunctionId, group| functions[function.index()].need(shape, group);
        let needs = Needs::new(functions.len(), shape.groups.len(), need);
        Self {
            platform: Serverless::new(*rules, shape, needs, knowledge),
            plain: Plain::new(rules, shape, functions),
            meter: Meter::without_bins(),
            now: 0,
            running: BTreeMap::new(),
            arrived: 0,
        }
    }
    fn time(&self) -> Time {
        Time::ZERO + Span::from_secs(self.now)
    }
    /// Where a start is, and whether it is cold.
    fn started(&mut self, request: u32, function: u32, start: Start) -> (usize, bool) {
        self.running.insert(request, (function, start.sandbox));
        (self.platform.sandbox(start.sandbox).host.index(), start.is_cold())
    }
    fn request(&mut self, request: u32, function: u32) -> Result<(), TestCaseError> {
        let now = self.time();
        let ids = (RequestId::new(request), FunctionId::new(function));
        let decided = self.platform.request(now, ids.0, ids.1, &mut self.meter);
        let expected = self.plain.request(function, request);
        let found = match decided {
            Decision::Start(start) => Some(self.started(request, function, start)),
            Decision::Wait => None,
            Decision::Reject(reason) => return Err(TestCaseError::fail(format!("{reason:?}"))),
        };
        prop_assert_eq!(found, expected, "request {} of {} at {}", request, function, self.now);
        Ok(())
    }
    /// Ends, readies or cancels one of those that run.
    fn step(&mut self, which: u32, what: u32) {
        let (all, now) = (self.running.len(), self.time());
        let Some((&request, &(_, sandbox))) = self.running.iter().nth(which as usize % all.max(1)) else { return };
        self.platform.advance(now, &mut self.meter);
        let of = |b: &&mut Held| b.request == Some(request);
        let one = self.plain.boxes.iter_mut().find(of).expect("it runs on both");
        match (one.ready, what) {
            (false, 0) => {
                self.running.remove(&request);
                self.platform.cancel(now, sandbox, &mut self.meter);
                self.plain.end(request, self.now, false);
            }
            (false, _) => {
                one.ready = true;
                self.platform.ready(now, sandbox, &mut self.meter);
            }
            (true, _) => {
                self.running.remove(&request);
                if what == 0 {
                    self.platform.cancel(now, sandbox, &mut self.meter);
                } else {
                    self.platform.finish(now, sandbox, &mut self.meter);
                }
                self.plain.end(request, self.now, true);
            }
        }
    }
    /// A host fails, its requests are retried; or it is repaired.
    fn fail_or_repair(&mut self, host: u32) -> Result<(), TestCaseError> {
        let now = self.time();
        let host = host as usize % self.plain.up.len();
        if !self.plain.up[host] {
            self.plain.up[host] = true;
            self.platform.repair_host(now, HostId::new(host as u32), &mut self.meter);
            return Ok(());
        }
        let busy = self.platform.fail_host(now, HostId::new(host as u32), &mut self.meter);
        self.plain.fail(host);
        let lost: Vec<(u32, u32, SandboxId)> =
            self.running.iter().filter(|(_, (_, id))| busy.contains(id)).map(|(r, (f, id))| (*r, *f, *id)).collect();
        let on_host = self.plain.on(host).filter(|b| b.request.is_some()).count();
        prop_assert_eq!((lost.len(), busy.len()), (on_host, on_host));
        for (request, _, sandbox) in &lost {
            self.platform.cancel(now, *sandbox, &mut self.meter);
            self.plain.end(*request, self.now, false);
            self.running.remove(request);
        }
        for (request, function, _) in lost {
            self.request(request, function)?;
        }
        Ok(())
    }
    /// Whoever can start does; nobody holds more than there is, and accounts agree.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        let now = self.time();
        let waiting: BTreeMap<u32, u32> = self.plain.queues.iter().flatten().copied().collect();
        while let Some((request, start)) = self.platform.start_waiting(now, &mut self.meter) {
            let request = request.raw();
            let at = self.started(request, waiting[&request], start);
            prop_assert_eq!(Some(at), self.plain.start_next(request), "request {} at {}", request, self.now);
        }
        prop_assert!(!self.plain.any_can_start(), "at {}", self.now);
        let (hosts, pools) = self.platform.held_by_each();
        let held: Vec<Bytes> = (0..hosts.len()).map(|host| self.plain.held(host)).collect();
        let held_in: Vec<Bytes> = (0..pools.len()).map(|pool| self.plain.held_in(pool)).collect();
        prop_assert_eq!((hosts, pools), (held, held_in));
        for (function, sandbox) in self.running.values() {
            let group = self.plain.group(self.platform.sandbox(*sandbox).host.index());
            let allowed = self.plain.functions[*function as usize].groups[0];
            prop_assert!(allowed >> group & 1 == 1, "{function} is in group {group}, of {allowed:b}");
        }
        Ok(())
    }
}

fn mib(n: u64) -> Bytes {
    Bytes::from_mib(n)
}

/// Groups of hosts as (hosts, cores, MiB, pools); pools as (pools, MiB).
type Group = (u32, u32, u64, Groups);

fn shape(groups: &[Group], pools: &[(u32, u64)], early: bool) -> Shape {
    let group = |&(hosts, cores, memory, pools): &Group| HostGroup {
        hosts,
        cores,
        memory: mib(memory),
        other_demands: [0; 2],
        pools,
    };
    // With early binding the order of hosts would matter where they compete for a pool.
    let pool = |&(pools, memory): &(u32, u64)| PoolGroup { pools, memory: mib(if early { 1_000 } else { memory }) };
    Shape { groups: groups.iter().map(group).collect(), pools: pools.iter().map(pool).collect() }
}

prop_compose! {
    fn function(groups: usize)(
        (local, remote) in (1_u64..4, 0_u64..3),
        allowed in 1_u64..1 << groups,
        preferred in prop_oneof![Just(ALL_GROUPS), 0_u64..8],
    ) -> Fun {
        Fun { remote: mib(remote), groups: [allowed, preferred], ..Fun::mib(local) }
    }
}

fn system() -> impl Strategy<Value = (Vec<Group>, Vec<(u32, u64)>, Vec<Fun>)> {
    let group = (1_u32..4, 1_u32..4, 2_u64..9, prop::sample::select(vec![0, 1, 2, ALL_GROUPS]));
    let groups = prop::collection::vec(group, 2..5);
    let pools = prop::collection::vec((1_u32..3, 1_u64..7), 0..3);
    (groups, pools).prop_flat_map(|(groups, pools)| {
        let functions = prop::collection::vec(function(groups.len()), 1..4);
        (Just(groups), Just(pools), functions)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(600), ..ProptestConfig::default() })]
    #[test]
    fn every_decision_on_mixed_hosts_is_that_of_a_scan(
        (groups, pools, functions) in system(),
        (placement, early) in (0_usize..3, any::<bool>()),
        // More arrivals than ends, some failures.
        steps in prop::collection::vec((0_u32..16, any::<u32>()), 1..80),
    ) {
        let mut rules = Rules::fixed(Span::MAX);
        rules.keep_alive = KeepAliveMode::Forever;
        rules.placement = [Placement::RoundRobin, Placement::LeastLoaded, Placement::FirstWarm][placement];
        rules.binding = if early { Binding::Early } else { Binding::Late };
        rules.general = true;
        let shape = shape(&groups, &pools, early);
        let mut both = Both::new(&rules, &shape, &functions);
        for (step, choice) in steps {
            both.now += 1;
            match step {
                0..7 => {
                    let request = both.arrived;
                    both.arrived += 1;
                    both.request(request, choice % functions.len() as u32)?;
                }
                7..14 => both.step(choice, step - 7),
                _ => both.fail_or_repair(choice)?,
            }
            both.settle()?;
        }
    }
}

/// One that must run on a full group closes it to those behind it, and nothing else.
#[test]
fn nobody_waits_behind_a_head_for_a_full_group() {
    let group = HostGroup { hosts: 1, cores: 1, memory: mib(8), other_demands: [0; 2], pools: 0 };
    let shape = Shape { groups: vec![group, group], pools: vec![] };
    let bound = Fun { groups: [1, 0], ..Fun::mib(1) };
    let free = Fun { groups: [ALL_GROUPS, 2], ..Fun::mib(1) };
    let rules = Rules { binding: Binding::Late, placement: Placement::LeastLoaded, ..Rules::fixed(Span::MAX) };
    let mut both = Both::new(&rules, &shape, &[bound, free]);
    // The first takes the server, the second waits for it; the third has the other host to itself, and the fourth waits.
    for (request, function) in [0, 0, 1, 1].into_iter().enumerate() {
        both.now += 1;
        both.request(request as u32, function).unwrap();
    }
    assert_eq!(both.running.keys().copied().collect::<Vec<_>>(), [0, 2]);
    // The server is free: it goes to the second, who came before the fourth.
    both.now += 1;
    // It becomes ready, and finishes.
    both.step(0, 1);
    both.step(0, 1);
    both.settle().unwrap();
    assert_eq!(both.running.keys().copied().collect::<Vec<_>>(), [1, 2]);
}

/// A function on a server holds all its memory there; on a node with a pool, a part.
#[test]
fn a_full_group_of_nodes_falls_back_to_servers() {
    let nodes = HostGroup { hosts: 1, cores: 2, memory: mib(2), other_demands: [0; 2], pools: 1 };
    let servers = HostGroup { memory: mib(8), pools: 0, ..nodes };
    let shape = Shape { groups: vec![nodes, servers], pools: vec![PoolGroup { pools: 1, memory: mib(3) }] };
    let function = Fun { remote: mib(2), groups: [ALL_GROUPS, 1], ..Fun::mib(1) };
    for binding in [Binding::Early, Binding::Late] {
        let rules = Rules { binding, placement: Placement::LeastLoaded, ..Rules::fixed(Span::MAX) };
        let mut both = Both::new(&rules, &shape, &[function]);
        // The node has two cores, and its pool has room for one sandbox.
        for (request, host) in [0, 1, 1].into_iter().enumerate() {
            both.now += 1;
            both.request(request as u32, 0).unwrap();
            let (_, sandbox) = both.running[&(request as u32)];
            assert_eq!(both.platform.sandbox(sandbox).host.index(), host, "{binding:?}: request {request}");
        }
        let held = both.platform.held_by_each();
        assert_eq!(held, (vec![mib(1), mib(6)], vec![mib(2)]));
    }
}
