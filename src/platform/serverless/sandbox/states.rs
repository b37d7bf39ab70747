//! The lists of sandboxes that only the general path keeps, and moving from one to another.
//!
//! There a sandbox is in one list of its function (or its language, or of all) at any time: open ones take requests,
//! full ones (starting, or with as many requests as they serve) do not, and those on lower rungs can be made warm again.
//! The lists of all kinds stand behind each other in one vector: open, full, pool, language, bare. Full ones are in none
//! where no rule looks for them.

use crate::ids::{FunctionId, HostId, SandboxId};
use crate::units::{Bytes, Time};

use crate::platform::serverless::Rules;
use crate::platform::serverless::sandbox::expiry::Expiries;
use crate::platform::serverless::sandbox::lists::{Ends, NIL, Order};
use crate::platform::serverless::sandbox::{Phase, Sandbox, Sandboxes};

/// Which list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shelf {
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
    pub(crate) fn with_shelves(mut self, rules: &Rules) -> Self {
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
    fn shelf(&self, shelf: Shelf) -> usize {
        let (functions, columns) = (self.functions, self.columns);
        let pools = 2 * functions * columns;
        let languages = pools + functions;
        match shelf {
            Shelf::Open(function, host) => self.column(function, host),
            Shelf::Full(function, host) => functions * columns + self.column(function, host),
            Shelf::Pool(function) => pools + function.index(),
            Shelf::Bare(host) => languages + self.on(host),
            Shelf::Language(language, host) => languages + (1 + language as usize) * columns + self.on(host),
        }
    }
    #[inline]
    fn on(&self, host: HostId) -> usize {
        host.index() & self.host_mask
    }

    /// The first sandbox of a list.
    pub(crate) fn first_on(&self, shelf: Shelf) -> Option<SandboxId> {
        let head = self.of_function[self.shelf(shelf)].head;
        (head != NIL).then(|| SandboxId::new(head))
    }
    /// Those of a list, in order.
    pub(crate) fn all_on(&self, shelf: Shelf) -> impl Iterator<Item = SandboxId> + '_ {
        std::iter::successors(self.first_on(shelf), |id| self.next_idle(*id))
    }

    /// Whether an idle sandbox of a function is on a host.
    pub(crate) fn is_warm_on(&self, function: FunctionId, host: HostId) -> bool {
        if self.columns > 1 {
            return self.first_idle(function, host).is_some();
        }
        self.all_on(Shelf::Open(function, host)).any(|id| self[id].host == host)
    }

    /// Puts a new sandbox on a list.
    #[inline(always)]
    pub(crate) fn put(&mut self, id: SandboxId, shelf: Shelf) {
        let full = matches!(shelf, Shelf::Full(..));
        if full && !self.lists_full {
            self.slab[id.index()].list = NIL;
            return;
        }
        let list = self.shelf(shelf);
        let mut ends = self.of_function[list];
        let after = if full { ends.tail } else { self.place_among(ends, id.raw()) };
        ends.insert_after(&mut self.slab, Order::Function, after, id.raw());
        self.of_function[list] = ends;
        self.slab[id.index()].list = list as u32;
    }
    /// Takes it off its list, where it is in one.
    #[inline(always)]
    pub(crate) fn take_off(&mut self, id: SandboxId) {
        let sandbox = &self.slab[id.index()];
        let (list, links) = (sandbox.list, sandbox.links);
        if let Some(ends) = self.of_function.get_mut(list as usize) {
            ends.remove(&mut self.slab, Order::Function, &links);
        }
    }
    /// Moves it from its list to another, or to its new place in the same.
    #[inline(always)]
    pub(crate) fn move_to(&mut self, id: SandboxId, shelf: Shelf) {
        self.take_off(id);
        self.put(id, shelf);
    }

    /// From now on it is idle since `since` and kept until `expiry`; `order` is the host whose order of eviction it
    /// joins, none for the pools.
    #[inline(always)]
    pub(crate) fn begin_idle(&mut self, id: SandboxId, since: Time, expiry: Time, order: Option<HostId>) {
        let sandbox = &mut self.slab[id.index()];
        (sandbox.idle_since, sandbox.expiry, sandbox.phase) = (since, expiry, Phase::Idle);
        self.join_eviction(id, order);
        self.join_expiry(id);
    }

    /// It leaves the orders of eviction and of expiry, but not its list.
    #[inline]
    pub(crate) fn leave_idle(&mut self, id: SandboxId, order: Option<HostId>) {
        self.leave_eviction(id, order);
        self.leave_expiry(id);
    }

    #[inline]
    fn eviction_order(&self, order: Option<HostId>) -> usize {
        order.map_or(self.of_host.len() - 1, HostId::index)
    }
    #[inline]
    fn join_eviction(&mut self, id: SandboxId, order: Option<HostId>) {
        if !self.evicts && order.is_some() {
            return;
        }
        let at = self.eviction_order(order);
        let since = self.slab[id.index()].idle_since;
        // Only one that is put back finds any that have become idle after it.
        let mut after = self.of_host[at].tail;
        while let Some(other) = self.slab.get(after as usize)
            && other.idle_since > since
        {
            after = other.links.previous(Order::Host);
        }
        self.of_host[at].insert_after(&mut self.slab, Order::Host, after, id.raw());
    }
    #[inline]
    fn leave_eviction(&mut self, id: SandboxId, order: Option<HostId>) {
        if !self.evicts && order.is_some() {
            return;
        }
        let at = self.eviction_order(order);
        let links = self.slab[id.index()].links;
        self.of_host[at].remove(&mut self.slab, Order::Host, &links);
    }
    /// The sandbox that has been in the pools for longest.
    pub(crate) fn first_in_pools(&self) -> Option<SandboxId> {
        let head = self.of_host.last()?.head;
        (head != NIL).then(|| SandboxId::new(head))
    }

    #[inline(always)]
    pub(crate) fn join_expiry(&mut self, id: SandboxId) {
        let expiry = self.slab[id.index()].expiry;
        if let Some(timers) = &mut self.timers {
            timers.insert(id.raw(), expiry);
            self.kept_until = self.kept_until.min(self.last_kept(expiry));
            return;
        }
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
    #[inline]
    pub(crate) fn leave_expiry(&mut self, id: SandboxId) {
        if let Some(timers) = &mut self.timers {
            // Whether it was the first is looked at when its time has come.
            timers.remove(id.raw());
            return;
        }
        let links = self.slab[id.index()].links;
        self.by_expiry.remove(&mut self.slab, Order::Expiry, &links);
        if links.previous(Order::Expiry) == NIL {
            self.first_has_changed();
        }
    }

    /// The sandbox with pooled memory that has been idle for longest; one that goes first, where all are kept alike.
    pub(crate) fn longest_idle_with_remote(&self) -> Option<SandboxId> {
        if !self.limits_vary {
            return self.idle().find(|id| self[*id].need.remote > Bytes::ZERO);
        }
        if self.timers.is_none() {
            let idle = self.idle().filter(|id| self[*id].need.remote > Bytes::ZERO);
            return idle.min_by_key(|id| (self[*id].idle_since, self[*id].created));
        }
        let idle = |id: &SandboxId| self[*id].phase == Phase::Idle && self[*id].need.remote > Bytes::ZERO;
        let all = (0..self.slab.len() as u32).map(SandboxId::new);
        all.filter(idle).min_by_key(|id| (self[*id].idle_since, self[*id].created))
    }

    /// Adds what idle sandboxes hold in each pool.
    pub(crate) fn add_idle_remote(&self, pools: &mut [u64]) {
        for sandbox in
            self.slab.iter().filter(|sandbox| sandbox.phase == Phase::Idle && sandbox.need.remote > Bytes::ZERO)
        {
            pools[sandbox.pool as usize] += sandbox.need.remote.0;
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: SandboxId) -> &mut Sandbox {
        &mut self.slab[id.index()]
    }
    /// How many entries there have been at once.
    pub(crate) fn entries(&self) -> usize {
        self.slab.len()
    }
}
