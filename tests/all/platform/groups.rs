//! Mixed hosts, functions that may not run everywhere, and hosts that fail: every decision against a platform that looks
//! everything through.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sdcsim::config::plan::{Binding, KeepAliveMode, Placement, QueueOrder};
use sdcsim::ids::{FunctionId, HostId, RequestId, SandboxId};
use sdcsim::platform::Decision;
use sdcsim::platform::serverless::dispatch::hash;
use sdcsim::platform::serverless::{
    ALL_GROUPS, Groups, HostGroup, Knowledge, Known, Needs, PoolGroup, Rules, Serverless, Shape, Start,
};
use sdcsim::record::Meter;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};

use super::plain::{DEFINED, Held, OTHERS, Plain};
use super::serve::Fun;

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
        let known = |(i, fun): (usize, &Fun)| {
            let hash = hash::mix(i as u64, 0);
            Known { hash, app_hash: hash, allowed: fun.groups[0], preferred: fun.groups[1], ..Known::default() }
        };
        let functions_known = functions.iter().enumerate().map(known).collect();
        let knowledge = Knowledge { functions: functions_known, ..Knowledge::none(root) };
        let need = |function: FunctionId, group| functions[function.index()].need(shape, group);
        let needs = Needs::new(functions.len(), shape.groups.len(), need);
        let mut meter = Meter::without_bins();
        meter.keep_journal();
        Self {
            platform: Serverless::new(*rules, shape, needs, knowledge),
            plain: Plain::new(rules, shape, functions),
            meter,
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
        if !DEFINED.contains(&self.plain.rules.placement) && self.plain.early() {
            let decided = self.meter.journal().last().expect("the decision is noted");
            self.plain.told = decided.host.map(|host| host as usize);
        }
        let expected = self.plain.request(function, request);
        let found = match decided {
            Decision::Start(start) => Some(self.started(request, function, start)),
            Decision::Wait => None,
            Decision::Reject(reason) => return Err(TestCaseError::fail(format!("{reason:?}"))),
        };
        prop_assert_eq!(found, expected, "request {} of {} at {}", request, function, self.now);
        Ok(())
    }
    /// The next request, of one of the functions.
    fn arrive(&mut self, choice: u32) -> Result<(), TestCaseError> {
        self.arrived += 1;
        self.request(self.arrived - 1, choice % self.plain.functions.len() as u32)
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

/// Rules that keep every sandbox.
fn rules(placement: Placement, strict: bool, start_cores: bool) -> Rules {
    Rules {
        placement,
        keep_alive: KeepAliveMode::Forever,
        queue_order: if strict { QueueOrder::Strict } else { QueueOrder::ArrivalFirst },
        start_cores: Some(start_cores),
        general: true,
        ..Rules::fixed(Span::MAX)
    }
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
        (placement, early) in (0..DEFINED.len(), any::<bool>()),
        (strict, start_cores) in any::<(bool, bool)>(),
        // More arrivals than ends, some failures.
        steps in prop::collection::vec((0_u32..16, any::<u32>()), 1..80),
    ) {
        let mut rules = rules(DEFINED[placement], strict, start_cores);
        rules.binding = if early { Binding::Early } else { Binding::Late };
        let shape = shape(&groups, &pools, early);
        let mut both = Both::new(&rules, &shape, &functions);
        for (step, choice) in steps {
            both.now += 1;
            match step {
                0..7 => both.arrive(choice)?,
                7..14 => both.step(choice, step - 7),
                _ => both.fail_or_repair(choice)?,
            }
            both.settle()?;
        }
    }
}

proptest! {
    /// Early binding, whatever the placement: the host is of the groups that count, and has memory if any of them has.
    #[test]
    fn no_placement_chooses_a_host_without_memory(
        (groups, pools, functions) in system(),
        (placement, strict, start_cores) in (0..OTHERS.len(), any::<bool>(), any::<bool>()),
        steps in prop::collection::vec((0_u32..14, any::<u32>()), 1..80),
    ) {
        let mut rules = rules(OTHERS[placement], strict, start_cores);
        (rules.dispatch.rack_nodes, rules.dispatch.ring_points) = (2, 5);
        let shape = shape(&groups, &pools, true);
        let mut both = Both::new(&rules, &shape, &functions);
        for (step, choice) in steps {
            both.now += 1;
            if step < 7 {
                both.arrive(choice)?;
            } else {
                both.step(choice, step - 7);
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
