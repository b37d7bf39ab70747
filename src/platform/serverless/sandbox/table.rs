//! The sandboxes: a slab, and the orders in which idle ones are found.
//!
//! An idle sandbox is in three lists: of its function (on its host, or anywhere), in the order of the idle
//! choice; of its host, in the order of becoming idle, for eviction; and of all, in the order of expiry.

use std::ops::Index;

use crate::config::plan::{Boundary, EvictionPolicy, IdleChoice, KeepAliveMode, Ties};
use crate::ids::{FunctionId, FunctionKind, HostId, IdVec, SandboxId};
use crate::platform::serverless::host::shape::Need;
use crate::platform::serverless::keep::eviction::{Eviction, Frequency};
use crate::platform::serverless::rules::Rules;
use crate::units::{Span, Time};

use super::expiry::Expiries;
use super::lists::{Ends, Linked, Links, NIL, Order};
use super::warmth::Warmth;

/// One sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox {
    /// Its function.
    pub function: FunctionId,
    /// Where it is.
    pub host: HostId,
    /// Which pool holds its remote memory, where it has any.
    pub pool: u32,
    /// What it holds.
    pub need: Need,
    /// Which split of its host's group that is; zero where there is one.
    pub split: u8,
    /// Its creation number.
    pub created: u64,
    /// When the request that it serves, or served last, arrived.
    pub last_arrival: Time,
    /// Since when it has been idle, where it is.
    pub idle_since: Time,
    /// Until when it is kept, where it is idle.
    pub expiry: Time,
    /// The list of its function that it is in when it is idle (on the general path: that it is in).
    pub(super) list: u32,
    pub(super) links: Links,
    // What only the general path needs.
    /// When it was first ready, and when its latest request began.
    pub(crate) ready_at: Time,
    pub(crate) last_begun: Time,
    /// Requests in it.
    pub(super) active: u32,
    /// Requests that wait at it.
    pub(super) queued: u32,
    /// What is left of it.
    pub(super) warmth: Warmth,
    /// What there was of it when it was started.
    pub(super) from: Warmth,
    pub(super) phase: Phase,
}

/// What a sandbox holds on its host and in a pool.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// The pool.
    pub pool: u32,
    /// How much of each.
    pub need: Need,
    /// Which split that is.
    pub split: u8,
}

/// What a sandbox does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Starting,
    Working,
    Idle,
    /// Its entry is free.
    Terminated,
}

impl Sandbox {
    /// Whether it has no request.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }
    /// Requests that wait at it.
    pub fn queued(&self) -> u32 {
        self.queued
    }
}

impl Linked for Sandbox {
    #[inline(always)]
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// How many sandboxes of a function hold memory beside the cores.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// All, those that start among them.
    pub exist: u32,
    /// Those that are ready.
    pub ready: u32,
}

/// All sandboxes.
#[derive(Debug)]
pub struct Sandboxes {
    pub(super) slab: Vec<Sandbox>,
    free: Vec<u32>,
    /// Which idle sandbox is taken; the one that expires first where that is none.
    choice: Option<IdleChoice>,
    /// Whether the order of eviction is kept.
    pub(super) evicts: bool,
    /// Whether those that take no requests are in a list (on the general path only).
    pub(super) lists_full: bool,
    /// Whether the first to expire need not be the one that has been idle for longest.
    pub(super) limits_vary: bool,
    /// Lists per function: one, or one for each host.
    pub(super) columns: usize,
    pub(super) functions: usize,
    /// All ones where there is a list for each host, else zero.
    pub(super) host_mask: usize,
    pub(super) of_function: Vec<Ends>,
    pub(super) of_host: Vec<Ends>,
    pub(super) by_expiry: Ends,
    /// The last time at which the first to expire is still kept: its expiry, or just before. With `timers`, it may be
    /// earlier.
    pub(super) kept_until: Time,
    /// Zero, or one where a sandbox is no longer kept at its expiry.
    early: Span,
    /// In place of the list by expiry, where limits vary (on the general path only).
    pub(super) timers: Option<Expiries>,
    /// The order of eviction, where it is not that of becoming idle (on the general path only).
    pub(super) eviction: Option<Eviction>,
    /// The same path: uses of each function, and its sandboxes.
    pub(super) frequency: Frequency,
    pub(super) counts: IdVec<FunctionKind, Count>,
}

impl Index<SandboxId> for Sandboxes {
    type Output = Sandbox;
    fn index(&self, id: SandboxId) -> &Sandbox {
        &self.slab[id.index()]
    }
}

impl Sandboxes {
    /// None yet, of so many functions on so many hosts, with so many lists for each function (one, or one for each
    /// host); `all` for the general path.
    pub fn new(functions: usize, columns: usize, hosts: usize, rules: &Rules, all: bool) -> Self {
        let by_idle_time = rules.eviction.policy == EvictionPolicy::Lru && rules.eviction.ties == Ties::LastUse;
        let counted = if all { functions } else { 0 };
        // What the clairvoyant rule keeps for the next arrival is what expires first: the most recently used, or one of
        // several that became idle at the same time.
        let clairvoyant = rules.keep_alive == KeepAliveMode::Clairvoyant;
        let choice = match (clairvoyant, rules.scaling.concurrency) {
            (false, _) => Some(rules.idle_choice),
            (true, 1) => None,
            (true, _) => Some(IdleChoice::Mru),
        };
        Self {
            slab: Vec::new(),
            free: Vec::new(),
            choice,
            evicts: rules.evict_idle,
            lists_full: false,
            limits_vary: rules.limits_vary(),
            columns,
            functions,
            host_mask: if columns == 1 { 0 } else { usize::MAX },
            of_function: vec![Ends::EMPTY; functions * columns],
            of_host: vec![Ends::EMPTY; hosts],
            by_expiry: Ends::EMPTY,
            kept_until: Time::MAX,
            early: if rules.boundary == Boundary::Cold { Span::TICK } else { Span::ZERO },
            timers: None,
            eviction: (all && rules.evict_idle && !by_idle_time)
                .then(|| Eviction::new(rules.eviction.policy, rules.eviction.ties, hosts)),
            frequency: Frequency::new(counted),
            counts: (0..counted).map(|_| Count::default()).collect(),
        }
    }

    /// Sandboxes of a function that hold memory beside the cores; none are counted on the straight path.
    pub fn count(&self, function: FunctionId) -> Count {
        self.counts[function]
    }

    /// A new one, which starts for a request that arrived at `arrived`.
    pub fn create(
        &mut self,
        function: FunctionId,
        host: HostId,
        pool: u32,
        need: Need,
        created: u64,
        arrived: Time,
    ) -> SandboxId {
        let sandbox = Sandbox {
            function,
            host,
            pool,
            need,
            split: 0,
            created,
            last_arrival: arrived,
            idle_since: Time::MAX,
            expiry: Time::MAX,
            list: self.column(function, host) as u32,
            links: Links::NONE,
            ready_at: Time::MAX,
            last_begun: arrived,
            active: 1,
            queued: 0,
            warmth: Warmth::Warm,
            from: Warmth::Nothing,
            phase: Phase::Starting,
        };
        let entry = self.free.pop().unwrap_or_else(|| {
            self.slab.push(sandbox);
            self.slab.len() as u32 - 1
        });
        self.slab[entry as usize] = sandbox;
        SandboxId::new(entry)
    }

    /// It is no more; it must be in no list.
    pub fn remove(&mut self, id: SandboxId) {
        self.free.push(id.raw());
    }

    /// The list of a function on a host.
    pub fn column(&self, function: FunctionId, host: HostId) -> usize {
        // With one column, hosts make no difference.
        function.index() * self.columns + (host.index() & self.host_mask)
    }

    /// The idle sandbox that is first by the idle choice, of a function on a host (on any, with one column).
    pub fn first_idle(&self, function: FunctionId, host: HostId) -> Option<SandboxId> {
        let head = self.of_function[self.column(function, host)].head;
        (head != NIL).then(|| SandboxId::new(head))
    }
    /// The next idle sandbox of the same list.
    pub fn next_idle(&self, id: SandboxId) -> Option<SandboxId> {
        let next = self.slab[id.index()].links.next(Order::Function);
        (next != NIL).then(|| SandboxId::new(next))
    }
    /// The sandbox of a host that has been idle for longest; not known where none is ever evicted.
    pub fn least_recently_used(&self, host: HostId) -> Option<SandboxId> {
        let head = self.of_host[host.index()].head;
        (head != NIL).then(|| SandboxId::new(head))
    }
    /// The idle sandbox that expires first, if one ever does.
    pub fn first_to_expire(&mut self) -> Option<SandboxId> {
        let first = match &mut self.timers {
            None => self.by_expiry.head,
            Some(timers) => timers.first(Time::MAX).map_or(NIL, |(_, entry)| entry),
        };
        let expires = self.slab.get(first as usize).is_some_and(|first| first.expiry < Time::MAX);
        expires.then(|| SandboxId::new(first))
    }
    /// When the first idle sandbox expires; [`Time::MAX`] where none ever does.
    pub fn next_expiry(&mut self) -> Time {
        self.first_to_expire().map_or(Time::MAX, |first| self[first].expiry)
    }
    /// Whether the time of an idle sandbox may be over before an arrival at `now`.
    #[inline]
    pub fn may_be_over(&self, now: Time) -> bool {
        self.kept_until < now
    }
    /// The idle sandbox that expires first, if its time is over before an arrival at `now`.
    pub fn first_over(&mut self, now: Time) -> Option<SandboxId> {
        if !self.may_be_over(now) {
            return None;
        }
        let Some(timers) = &mut self.timers else { return Some(SandboxId::new(self.by_expiry.head)) };
        // It is over at `now` for those that expire just before, or then.
        let limit = Time::from_ps((now + self.early).as_ps() - 1);
        let first = timers.first(limit);
        let not_before = timers.not_before();
        self.kept_until = self.last_kept(not_before);
        first.map(|(_, entry)| SandboxId::new(entry))
    }
    /// Whether a sandbox that expires then is kept at `now`.
    #[inline]
    pub fn keeps(&self, expiry: Time, now: Time) -> bool {
        expiry >= now + self.early
    }
    /// Idle sandboxes in order of expiry.
    pub(super) fn idle(&self) -> impl Iterator<Item = SandboxId> {
        let first = self.by_expiry.head;
        std::iter::successors((first != NIL).then_some(first), |&entry| {
            let next = self.slab[entry as usize].links.next(Order::Expiry);
            (next != NIL).then_some(next)
        })
        .map(SandboxId::new)
    }

    /// Whether idle sandbox `a` is taken before `b`. Ties of idle time go to the lower creation number.
    fn before(&self, a: u32, b: u32) -> bool {
        let (a, b) = (&self.slab[a as usize], &self.slab[b as usize]);
        match self.choice {
            None => (a.expiry, a.created) < (b.expiry, b.created),
            Some(IdleChoice::Oldest) => a.created < b.created,
            Some(IdleChoice::Newest) => a.created > b.created,
            Some(IdleChoice::Mru) => (b.idle_since, a.created) < (a.idle_since, b.created),
            Some(IdleChoice::Lru) => (a.idle_since, a.created) < (b.idle_since, b.created),
        }
    }

    /// The entry of a list of its function behind which `entry` belongs, which is idle since `since`.
    #[inline(always)]
    pub(super) fn place_among(&self, ends: Ends, entry: u32, since: Time) -> u32 {
        // By far the most common case: it becomes idle after all others, and is put first.
        let first = self.slab.get(ends.head as usize);
        let latest = self.choice == Some(IdleChoice::Mru) && first.is_none_or(|first| first.idle_since < since);
        if latest { NIL } else { self.search_place(ends, entry) }
    }

    /// The same, searched from the end where it is likely to be.
    #[inline(never)]
    fn search_place(&self, ends: Ends, entry: u32) -> u32 {
        if matches!(self.choice, Some(IdleChoice::Mru | IdleChoice::Newest)) {
            let (mut after, mut next) = (NIL, ends.head);
            while next != NIL && self.before(next, entry) {
                (after, next) = (next, self.slab[next as usize].links.next(Order::Function));
            }
            return after;
        }
        let mut after = ends.tail;
        while after != NIL && self.before(entry, after) {
            after = self.slab[after as usize].links.previous(Order::Function);
        }
        after
    }

    pub(super) fn first_has_changed(&mut self) {
        let expiry = self.next_expiry();
        self.kept_until = self.last_kept(expiry);
    }

    /// The last time at which one that expires then is kept; those kept for ever never go.
    #[inline]
    pub(super) fn last_kept(&self, expiry: Time) -> Time {
        if expiry == Time::MAX { Time::MAX } else { Time::from_ps(expiry.as_ps().saturating_sub(self.early.as_ps())) }
    }
}
