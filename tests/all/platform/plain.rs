//! A platform that looks everything through: the rules of placement, queues and groups by their definitions.

use std::collections::VecDeque;

use sdcsim::config::plan::{Binding, Placement, QueueOrder};
use sdcsim::ids::HostId;
use sdcsim::platform::serverless::{Groups, PoolGroup, Rules, Shape};
use sdcsim::units::Bytes;

use super::serve::Fun;

pub(super) const NO_POOL: usize = usize::MAX;

/// Placements that are defined here, by scans of all hosts.
pub(super) const DEFINED: [Placement; 6] = [
    Placement::RoundRobin,
    Placement::LeastLoaded,
    Placement::FirstWarm,
    Placement::FirstFit,
    Placement::BestFit,
    Placement::WorstFit,
];

/// All others.
pub(super) const OTHERS: [Placement; 12] = [
    Placement::Random,
    Placement::PowerOfD,
    Placement::JoinIdleQueue,
    Placement::Pull,
    Placement::OpenWhisk,
    Placement::BoundedHashing,
    Placement::RandomLoadUpdate,
    Placement::PackageLocality,
    Placement::DataLocality,
    Placement::RackAware,
    Placement::DotProduct,
    Placement::Tetris,
];

/// A sandbox as the plain platform knows it: since when it is idle, or which request it serves.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) function: u32,
    pub(super) host: usize,
    /// [`NO_POOL`] where all its memory is beside the cores.
    pub(super) pool: usize,
    pub(super) idle_since: Option<u64>,
    pub(super) request: Option<u32>,
    pub(super) ready: bool,
}

/// The rules of mixed hosts by definition: lists, and scans of them.
pub(super) struct Plain {
    pub(super) rules: Rules,
    pub(super) shape: Shape,
    pub(super) functions: Vec<Fun>,
    pub(super) up: Vec<bool>,
    pub(super) boxes: Vec<Held>,
    /// Early binding: by host; late binding: one.
    pub(super) queues: Vec<VecDeque<(u32, u32)>>,
    /// Late binding: groups that those before wait for.
    pub(super) closed: Groups,
    /// The host that the platform has chosen, for placements that are not defined here: the rules of all hold for it.
    pub(super) told: Option<usize>,
    pub(super) turn: usize,
}

impl Plain {
    pub(super) fn new(rules: &Rules, shape: &Shape, functions: &[Fun]) -> Self {
        let hosts = shape.hosts() as usize;
        Self {
            rules: *rules,
            shape: shape.clone(),
            functions: functions.to_vec(),
            up: vec![true; hosts],
            boxes: Vec::new(),
            queues: vec![VecDeque::new(); hosts],
            closed: 0,
            told: None,
            turn: 0,
        }
    }

    pub(super) fn early(&self) -> bool {
        self.rules.binding == Binding::Early
    }
    fn strict(&self) -> bool {
        self.rules.queue_order == QueueOrder::Strict
    }
    pub(super) fn group(&self, host: usize) -> usize {
        self.shape.group_of(HostId::new(host as u32))
    }
    pub(super) fn on(&self, host: usize) -> impl Iterator<Item = &Held> {
        self.boxes.iter().filter(move |b| b.host == host)
    }
    pub(super) fn held(&self, host: usize) -> Bytes {
        let group = self.group(host);
        self.on(host).map(|b| self.functions[b.function as usize].need(&self.shape, group).local).sum()
    }
    pub(super) fn held_in(&self, pool: usize) -> Bytes {
        let of = |b: &Held| self.functions[b.function as usize].need(&self.shape, self.group(b.host)).remote;
        self.boxes.iter().filter(|b| b.pool == pool).map(of).sum()
    }
    pub(super) fn load(&self, host: usize) -> usize {
        let waiting = if self.early() { self.queues[host].len() } else { 0 };
        self.on(host).filter(|b| b.request.is_some()).count() + waiting
    }
    pub(super) fn has_core(&self, host: usize) -> bool {
        let holds = |b: &&Held| b.request.is_some() && self.rules.starts_hold_cores();
        let busy = self.on(host).filter(holds).count();
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

    /// Whether a sandbox of it is idle there, or there is memory for a new one.
    pub(super) fn has_memory(&self, host: usize, function: u32) -> bool {
        self.idle(host, function).is_some() || self.fits(host, function) && self.pool(host, function).is_some()
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
            Placement::FirstFit | Placement::BestFit | Placement::WorstFit => {
                let idle = |host: &usize| self.early() && self.idle(*host, function).is_some();
                let new = |host: &usize| {
                    self.has_core(*host) && self.fits(*host, function) && self.pool(*host, function).is_some()
                };
                let best = |some: &mut dyn Iterator<Item = usize>, new: bool| {
                    let score = |host: usize| self.left_over(host, new.then_some(function));
                    match self.rules.placement {
                        Placement::FirstFit => some.min(),
                        Placement::BestFit => some.min_by(|a, b| score(*a).total_cmp(&score(*b)).then(a.cmp(b))),
                        _ => some.min_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b))),
                    }
                };
                let first = best(&mut some.iter().copied().filter(idle), false);
                first
                    .or_else(|| best(&mut some.iter().copied().filter(new), true))
                    .or_else(|| self.waiting_place(some, function))
            }
            Placement::FirstWarm if self.early() => {
                let warm = some.iter().copied().filter(|&host| self.idle(host, function).is_some());
                let first = warm.min_by_key(|&host| (self.load(host), host));
                first.or_else(|| some.iter().copied().min_by_key(|&host| (self.load(host), host)))
            }
            _ => some.iter().copied().min_by_key(|&host| (self.load(host), host)),
        }
    }

    /// What is free on a host, less what a new sandbox of a function takes: the sum of shares of the largest host's.
    fn left_over(&self, host: usize, function: Option<u32>) -> f64 {
        let group = self.group(host);
        let groups = &self.shape.groups;
        let busy = self.on(host).filter(|b| b.request.is_some() && self.rules.starts_hold_cores()).count() as u64;
        let reached = self.pool_memory().into_iter().enumerate();
        let reached = reached.filter(|(_, (of, _))| groups[group].pools >> of & 1 == 1);
        let pooled = reached.map(|(pool, (_, memory))| (memory - self.held_in(pool)).0).max().unwrap_or(0);
        let free = [u64::from(groups[group].cores) - busy, (groups[group].memory - self.held(host)).0, pooled];
        let need = function.map_or([0; 3], |function| {
            let need = self.functions[function as usize].need(&self.shape, group);
            [self.rules.starts_hold_cores().into(), need.local.0, need.remote.0]
        });
        let most = [
            groups.iter().map(|group| u64::from(group.cores)).max().unwrap(),
            groups.iter().map(|group| group.memory.0).max().unwrap(),
            self.shape.pools.iter().map(|pool| pool.memory.0).max().unwrap_or(0),
        ];
        let share = |amount: u64, most: u64| if most == 0 { 0.0 } else { amount as f64 / most as f64 };
        (0..3).map(|kind| share(free[kind], most[kind]) - share(need[kind], most[kind])).sum()
    }
    /// Early binding: where a request waits for which no host has an idle sandbox or room.
    fn waiting_place(&self, some: &[usize], function: u32) -> Option<usize> {
        if self.rules.placement == Placement::FirstFit {
            return some.iter().copied().min();
        }
        let load = |host: &usize| (!self.has_memory(*host, function), self.load(*host), *host);
        some.iter().copied().min_by_key(load)
    }

    fn choose_host(&mut self, function: u32) -> usize {
        let [first, others] = self.tiers(function);
        let may = |host: &usize| {
            let new = self.fits(*host, function) && self.pool(*host, function).is_some();
            (!self.strict() || self.queues[*host].is_empty())
                && self.has_core(*host)
                && (self.idle(*host, function).is_some() || new)
        };
        let start_in = |groups| self.hosts_of(groups).iter().any(may);
        let memory_in =
            |groups| self.hosts_of(groups).iter().any(|&host| self.up[host] && self.has_memory(host, function));
        let any_up = |groups| self.hosts_of(groups).iter().any(|&host| self.up[host]);
        let reasons: [&dyn Fn(Groups) -> bool; 3] = [&start_in, &memory_in, &any_up];
        let better = reasons.iter().find_map(|reason| [first, others].into_iter().find(|groups| reason(*groups)));
        let groups = better.unwrap_or(first);
        let all = self.hosts_of(groups);
        let up: Vec<usize> = all.iter().copied().filter(|&host| self.up[host]).collect();
        if up.is_empty() {
            let placement = std::mem::replace(&mut self.rules.placement, Placement::RoundRobin);
            let host = self.choose_of(&all, function);
            self.rules.placement = placement;
            return host.unwrap();
        }
        let with_memory: Vec<usize> = up.iter().copied().filter(|&host| self.has_memory(host, function)).collect();
        // First fit waits on its first host, whatever is free elsewhere.
        let any = with_memory.is_empty() || self.rules.placement == Placement::FirstFit;
        let some = if any { up } else { with_memory };
        if let Some(told) = self.told {
            assert!(some.contains(&told), "host {told} has been chosen, not one of {some:?}");
            return told;
        }
        self.choose_of(&some, function).unwrap()
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

    pub(super) fn request(&mut self, function: u32, request: u32) -> Option<(usize, bool)> {
        if !self.early() {
            let claimed = self.queues[0].iter().fold(0, |all, waiting| all | self.allowed(waiting.1));
            let closed = if self.strict() { claimed } else { 0 };
            let start = self.start_past(closed, function, request);
            if start.is_none() {
                self.queues[0].push_back((request, function));
            }
            return start;
        }
        let host = self.choose_host(function);
        let behind = self.strict() && !self.queues[host].is_empty();
        let start = if behind { None } else { self.start(Some(host), function, request) };
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
    pub(super) fn start_next(&mut self, request: u32) -> Option<(usize, bool)> {
        if !self.early() {
            return self.start_late().filter(|(first, _)| *first == request).map(|(_, start)| start);
        }
        // Hosts may be served in any order.
        let host = self.queues.iter().position(|queue| queue.front().is_some_and(|head| head.0 == request))?;
        let (_, function) = self.queues[host].pop_front()?;
        self.start(Some(host), function, request)
    }
    /// Whether any that waits could start.
    pub(super) fn any_can_start(&mut self) -> bool {
        if !self.early() {
            return self.start_late().is_some();
        }
        let heads: Vec<_> =
            (0..self.queues.len()).filter_map(|host| Some((host, *self.queues[host].front()?))).collect();
        heads.into_iter().any(|(host, (request, function))| self.start(Some(host), function, request).is_some())
    }
    pub(super) fn fail(&mut self, host: usize) {
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
    pub(super) fn end(&mut self, request: u32, now: u64, keep: bool) {
        let i = self.boxes.iter().position(|b| b.request == Some(request)).expect("it runs");
        if keep {
            (self.boxes[i].request, self.boxes[i].idle_since) = (None, Some(now));
        } else {
            self.boxes.remove(i);
        }
    }
}
