//! The lists of sandboxes by state, and moving from one to another.
//!
//! On the general path a sandbox is in one list of its function (or its language, or of all) at any time: open ones take
//! requests, full ones (starting, or with as many requests as they serve) do not, and demoted ones can be promoted again.
//! The lists of all kinds stand behind each other in one vector: open, full, pool, language, bare. Full ones are in none
//! where no rule searches for them. On the straight path there are open ones only, which are idle.

use crate::ids::{FunctionId, HostId, SandboxId};
use crate::platform::serverless::keep::eviction::Idle;
use crate::platform::serverless::rules::Rules;
use crate::units::{Bytes, Span, Time};

use super::expiry::Expiries;
use super::lists::{Ends, NIL, Order};
use super::table::{Phase, Sandbox, Sandboxes};
use super::warmth::Warmth;

/// Which list.
#[derive(Clone, Copy, Debug)]
pub enum StateList {
    /// Of a function, on a host (on any, with late binding): those that take requests.
    Open(FunctionId, HostId),
    /// The same: those that take none.
    Full(FunctionId, HostId),
    /// Of a function: those in memory pools.
    Pool(FunctionId),
    /// Of a language, on a host.
    Language(u32, HostId),
    /// On a host.
    Bare(HostId),
}

impl Sandboxes {
    /// Makes room for all lists of the general path.
    pub fn with_state_lists(mut self, rules: &Rules) -> Self {
        let (functions, columns) = (self.functions, self.columns);
        let languages = rules.layers.languages;
        self.lists_full = rules.waits_for_busy();
        let lists = 2 * functions * columns + functions + (languages as usize + 1) * columns;
        self.of_function.resize(lists, Ends::EMPTY);
        // Sandboxes in pools have an order of their own, behind those of the hosts.
        self.of_host.push(Ends::EMPTY);
        self.timers = self.limits_vary.then(Expiries::new);
        self
    }

    #[inline]
    fn index_of(&self, list: StateList) -> usize {
        let (functions, columns) = (self.functions, self.columns);
        let pools = 2 * functions * columns;
        let languages = pools + functions;
        match list {
            StateList::Open(function, host) => self.column(function, host),
            StateList::Full(function, host) => functions * columns + self.column(function, host),
            StateList::Pool(function) => pools + function.index(),
            StateList::Bare(host) => languages + self.on(host),
            StateList::Language(language, host) => languages + (1 + language as usize) * columns + self.on(host),
        }
    }
    #[inline]
    fn on(&self, host: HostId) -> usize {
        host.index() & self.host_mask
    }

    /// The first sandbox of a list.
    pub fn first_in(&self, list: StateList) -> Option<SandboxId> {
        let head = self.of_function[self.index_of(list)].head;
        (head != NIL).then(|| SandboxId::new(head))
    }
    /// Those of a list, in order.
    pub fn all_in(&self, list: StateList) -> impl Iterator<Item = SandboxId> + '_ {
        std::iter::successors(self.first_in(list), |id| self.next_idle(*id))
    }

    /// Whether an idle sandbox of a function is on a host.
    pub fn is_warm_on(&self, function: FunctionId, host: HostId) -> bool {
        if self.columns > 1 {
            return self.first_idle(function, host).is_some();
        }
        self.all_in(StateList::Open(function, host)).any(|id| self[id].host == host)
    }
    /// Sandboxes of a function that start, run or have just ended, on all hosts.
    pub fn busy_of(&self, function: FunctionId) -> u32 {
        let on = |host| self.all_in(StateList::Open(function, HostId::new(host as u32)));
        let idle = (0..self.columns).flat_map(on).filter(|id| self[*id].is_idle()).count() as u32;
        self.counts[function].exist - idle
    }
    /// The sandbox of a function that is starting or full and has the shortest queue below `limit`, the oldest at ties.
    pub fn shortest_queue(&self, function: FunctionId, host: HostId, limit: u32) -> Option<SandboxId> {
        let full = self.all_in(StateList::Full(function, host));
        let room = full.filter(|id| self[*id].queued < limit);
        room.min_by_key(|id| (self[*id].queued, self[*id].created))
    }
    /// The idle sandbox of a function that was used longest ago (late binding).
    pub fn longest_idle_of(&self, function: FunctionId) -> Option<SandboxId> {
        let open = self.all_in(StateList::Open(function, HostId::new(0)));
        open.filter(|id| self[*id].is_idle()).min_by_key(|id| (self[*id].idle_since, self[*id].created))
    }

    /// The function of a list, and its host (the first, where lists are not kept per host).
    pub fn function_of(&self, list: u32) -> (FunctionId, HostId) {
        let columns = self.columns as u32;
        (FunctionId::new(list / columns), HostId::new(list % columns))
    }
    /// The lists of all functions on a host.
    pub fn lists_of(&self, host: HostId) -> impl Iterator<Item = usize> + use<> {
        let (columns, on) = (self.columns, self.on(host));
        (0..self.functions).map(move |function| function * columns + on)
    }
    /// The idle sandboxes on a host, and those that start or work there, in order of creation. A scan of all.
    pub fn all_on(&self, host: HostId) -> (Vec<SandboxId>, Vec<SandboxId>) {
        let there = |id: &SandboxId| {
            let sandbox = &self[*id];
            sandbox.host == host && sandbox.phase != Phase::Terminated && sandbox.warmth != Warmth::Pool
        };
        let mut all: Vec<SandboxId> = (0..self.slab.len() as u32).map(SandboxId::new).filter(there).collect();
        all.sort_unstable_by_key(|id| self[*id].created);
        all.into_iter().partition(|id| self[*id].is_idle())
    }
    /// A request more, or one less, waits at a sandbox.
    pub fn set_queued(&mut self, id: SandboxId, change: impl FnOnce(u32) -> u32) {
        let sandbox = self.get_mut(id);
        sandbox.queued = change(sandbox.queued);
    }

    /// Puts a sandbox into a list; on the straight path each has one, `own`, for all its life. It is idle, or open, since
    /// `since`.
    #[inline(always)]
    pub(super) fn put<const ALL: bool>(&mut self, id: SandboxId, list: StateList, own: u32, since: Time) {
        let full = matches!(list, StateList::Full(..));
        if full && !self.lists_full {
            self.slab[id.index()].list = NIL;
            return;
        }
        let list = if ALL { self.index_of(list) } else { own as usize };
        let mut ends = self.of_function[list];
        let after = if full { ends.tail } else { self.place_among(ends, id.raw(), since) };
        ends.insert_after(&mut self.slab, Order::Function, after, id.raw());
        self.of_function[list] = ends;
        if ALL {
            self.slab[id.index()].list = list as u32;
        }
    }
    /// Puts a sandbox that is in none into the list of those that take no requests.
    #[inline(always)]
    pub(super) fn fill(&mut self, id: SandboxId, function: FunctionId, host: HostId) {
        self.put::<true>(id, StateList::Full(function, host), NIL, Time::ZERO);
    }
    /// Takes it out of its list, where it is in one; `sandbox` is a copy of it.
    #[inline(always)]
    pub(super) fn take_out(&mut self, sandbox: &Sandbox) {
        if let Some(ends) = self.of_function.get_mut(sandbox.list as usize) {
            ends.remove(&mut self.slab, Order::Function, &sandbox.links);
        }
    }
    /// Moves it from its list to another, or to its new place in the same.
    #[inline(always)]
    pub(super) fn move_to(&mut self, id: SandboxId, list: StateList) {
        let sandbox = self.slab[id.index()];
        self.take_out(&sandbox);
        self.put::<true>(id, list, NIL, sandbox.idle_since);
    }

    /// It joins the orders of eviction on its host and of expiry, as idle since and until the times that it has; `cold_start` is that
    /// of its function.
    #[inline(always)]
    pub(super) fn join_orders<const ALL: bool>(
        &mut self,
        id: SandboxId,
        host: HostId,
        expiry: Time,
        cold_start: impl FnOnce() -> Span,
    ) {
        if ALL && let Some(eviction) = &mut self.eviction {
            let sandbox = &self.slab[id.index()];
            let idle = Idle {
                last_use: sandbox.idle_since,
                created: sandbox.created,
                memory: sandbox.need.total(),
                cold_start: cold_start(),
                uses: self.frequency.uses(sandbox.function),
            };
            eviction.insert(host, id.raw(), &idle);
        } else if self.evicts {
            self.join_order(id, host.index());
        }
        self.join_expiry::<ALL>(id, expiry);
    }
    /// It leaves them, but not its list; `sandbox` is a copy of it.
    #[inline(always)]
    pub(super) fn leave_orders<const ALL: bool>(&mut self, id: SandboxId, sandbox: &Sandbox) {
        if ALL && let Some(eviction) = &mut self.eviction {
            eviction.remove(id.raw());
        } else if self.evicts {
            self.of_host[sandbox.host.index()].remove(&mut self.slab, Order::Host, &sandbox.links);
        }
        self.leave_expiry::<ALL>(id, sandbox);
    }
    /// The same for one in a memory pool.
    pub(super) fn join_pool_orders(&mut self, id: SandboxId) {
        self.join_order(id, self.of_host.len() - 1);
        self.join_expiry::<true>(id, self.slab[id.index()].expiry);
    }
    /// The same.
    pub(super) fn leave_pool_orders(&mut self, id: SandboxId) {
        let sandbox = self.slab[id.index()];
        let last = self.of_host.len() - 1;
        self.of_host[last].remove(&mut self.slab, Order::Host, &sandbox.links);
        self.leave_expiry::<true>(id, &sandbox);
    }

    #[inline(always)]
    fn join_order(&mut self, id: SandboxId, order: usize) {
        let since = self.slab[id.index()].idle_since;
        // Only one that is put back finds any that have become idle after it.
        let mut after = self.of_host[order].tail;
        while let Some(other) = self.slab.get(after as usize)
            && other.idle_since > since
        {
            after = other.links.previous(Order::Host);
        }
        self.of_host[order].insert_after(&mut self.slab, Order::Host, after, id.raw());
    }

    #[inline(always)]
    fn join_expiry<const ALL: bool>(&mut self, id: SandboxId, expiry: Time) {
        if ALL && let Some(timers) = &mut self.timers {
            timers.insert(id.raw(), expiry);
            self.kept_until = self.kept_until.min(self.last_kept(expiry));
            return;
        }
        // With a fixed limit counted from completion this is always the tail.
        let mut after = self.by_expiry.tail;
        while let Some(other) = self.slab.get(after as usize)
            && other.expiry > expiry
        {
            after = other.links.previous(Order::Expiry);
        }
        self.by_expiry.insert_after(&mut self.slab, Order::Expiry, after, id.raw());
        if after == NIL {
            self.first_has_changed();
        }
    }
    #[inline(always)]
    fn leave_expiry<const ALL: bool>(&mut self, id: SandboxId, sandbox: &Sandbox) {
        if ALL && let Some(timers) = &mut self.timers {
            // Whether it was the first is asked when its time has come.
            timers.remove(id.raw());
            return;
        }
        self.by_expiry.remove(&mut self.slab, Order::Expiry, &sandbox.links);
        if sandbox.links.previous(Order::Expiry) == NIL {
            self.first_has_changed();
        }
    }

    /// The sandbox that has been in those of the pools for longest for which `within` holds.
    pub(super) fn first_in_pools(&self, within: impl Fn(u32) -> bool) -> Option<SandboxId> {
        let mut next = self.of_host.last()?.head;
        while let Some(sandbox) = self.slab.get(next as usize)
            && !within(sandbox.pool)
        {
            next = sandbox.links.next(Order::Host);
        }
        (next != NIL).then(|| SandboxId::new(next))
    }
    /// The idle sandbox of a host that is evicted first; it is charged for it where the rule says so.
    pub(super) fn next_victim(&mut self, host: HostId) -> Option<SandboxId> {
        let Some(eviction) = &mut self.eviction else { return self.least_recently_used(host) };
        eviction.charge_first(host).map(SandboxId::new)
    }

    /// The sandbox with memory in pools for which `within` holds that has been idle for longest; one that is evicted first, where
    /// all are kept alike.
    pub(super) fn longest_idle_with_remote(&self, within: impl Fn(u32) -> bool) -> Option<SandboxId> {
        let holds = |id: &SandboxId| self[*id].need.remote > Bytes::ZERO && within(self[*id].pool);
        if !self.limits_vary {
            return self.idle().find(holds);
        }
        if self.timers.is_none() {
            return self.idle().filter(holds).min_by_key(|id| (self[*id].idle_since, self[*id].created));
        }
        let all = (0..self.slab.len() as u32).map(SandboxId::new);
        let idle = |id: &SandboxId| self[*id].phase == Phase::Idle && holds(id);
        all.filter(idle).min_by_key(|id| (self[*id].idle_since, self[*id].created))
    }

    /// Adds what idle sandboxes hold in each pool.
    pub fn add_idle_remote(&self, pools: &mut [u64]) {
        for sandbox in
            self.slab.iter().filter(|sandbox| sandbox.phase == Phase::Idle && sandbox.need.remote > Bytes::ZERO)
        {
            pools[sandbox.pool as usize] += sandbox.need.remote.0;
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: SandboxId) -> &mut Sandbox {
        &mut self.slab[id.index()]
    }
    /// How many entries there have been at once.
    pub fn entries(&self) -> usize {
        self.slab.len()
    }
}
