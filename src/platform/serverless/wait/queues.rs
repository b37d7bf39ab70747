//! The queues: at a sandbox, for any sandbox of a function, on a host (early binding), or for groups of hosts (late
//! binding).
//!
//! With late binding, those that may run on the same groups of hosts wait in one queue. Heads are served in the order of
//! their arrival, and one that cannot start closes its groups to those behind it: on no host does anybody in a queue overtake another, and
//! nobody waits for hosts that are not its own.

use std::collections::{BTreeSet, VecDeque};

use crate::ids::{HostId, RequestId, SandboxId};
use crate::platform::serverless::host::shape::Groups;
use crate::platform::serverless::request::Waiting;

/// All requests that wait.
#[derive(Debug)]
pub struct Queues {
    /// Late binding: a queue for each set of groups that functions may run on. There are few.
    late: Vec<(Groups, VecDeque<(u64, Waiting)>)>,
    /// How many have come to these so far: their order, which each keeps with it.
    came: u64,
    /// Early binding: a queue for each host.
    of_host: Vec<VecDeque<Waiting>>,
    /// Those that wait for any sandbox of their function, by the function's list.
    for_function: Vec<VecDeque<Waiting>>,
    /// Those lists of them whose function has a sandbox with a place for a request, and no core for it.
    blocked: BTreeSet<u32>,
    /// Those that wait at a sandbox, by its entry.
    at_sandbox: Vec<VecDeque<Waiting>>,
}

/// Where a request was that has left its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the queue for groups of hosts.
    Groups,
    /// On a host.
    Host(HostId),
    /// In this list of its function.
    Function(usize),
    /// At a sandbox.
    Sandbox(SandboxId),
}

impl Queues {
    /// Empty ones; `hosts` is zero with late binding, `lists` where nobody waits for sandboxes of a function.
    pub fn new(hosts: usize, lists: usize) -> Self {
        Self {
            late: Vec::new(),
            came: 0,
            of_host: vec![VecDeque::new(); hosts],
            for_function: vec![VecDeque::new(); lists],
            blocked: BTreeSet::new(),
            at_sandbox: Vec::new(),
        }
    }

    /// Whether nobody waits on a host.
    #[inline(always)]
    pub fn is_empty(&self, host: HostId) -> bool {
        self.of_host[host.index()].is_empty()
    }
    /// A request waits on a host, or for hosts of some groups.
    pub fn push(&mut self, host: Option<HostId>, groups: Groups, waiting: Waiting) {
        match host {
            Some(host) => self.of_host[host.index()].push_back(waiting),
            None => self.push_late(groups, waiting),
        }
    }
    /// All members of a gang wait.
    pub fn push_gang(&mut self, groups: Groups, members: &mut VecDeque<Waiting>) {
        members.drain(..).for_each(|member| self.push_late(groups, member));
    }
    fn push_late(&mut self, groups: Groups, waiting: Waiting) {
        let found = self.late.iter().position(|(of, _)| *of == groups);
        let line = found.unwrap_or_else(|| {
            self.late.push((groups, VecDeque::new()));
            self.late.len() - 1
        });
        self.late[line].1.push_back((self.came, waiting));
        self.came += 1;
    }
    /// Late binding: the groups that anybody waits for.
    #[inline(always)]
    pub fn claimed(&self) -> Groups {
        self.late.iter().filter(|(_, line)| !line.is_empty()).fold(0, |all, (groups, _)| all | groups)
    }
    /// Late binding: of the heads of queues, the one that came first after number `after`: its number, its queue, the groups
    /// it may run on, and itself.
    pub fn head(&self, after: Option<u64>) -> Option<(u64, usize, Groups, Waiting)> {
        let heads = self.late.iter().enumerate().filter_map(|(line, (groups, queue))| {
            let &(number, head) = queue.front()?;
            (after < Some(number)).then_some((number, line, *groups, head))
        });
        heads.min_by_key(|(number, ..)| *number)
    }
    /// The head of a queue for groups of hosts leaves.
    pub fn pop(&mut self, line: usize) {
        self.late[line].1.pop_front();
    }
    /// The gang at its head leaves.
    pub fn pop_gang(&mut self, line: usize, size: u32) -> VecDeque<Waiting> {
        let queue = &mut self.late[line].1;
        queue.drain(..size as usize).map(|(_, waiting)| waiting).collect()
    }
    /// The head of a host's queue.
    pub fn head_on(&self, host: HostId) -> Option<Waiting> {
        self.of_host[host.index()].front().copied()
    }
    /// It leaves.
    pub fn pop_on(&mut self, host: HostId) {
        self.of_host[host.index()].pop_front();
    }
    /// Early binding: the queue of a host.
    pub fn of_host(&self, host: HostId) -> &VecDeque<Waiting> {
        &self.of_host[host.index()]
    }
    /// The same, for whoever takes requests out of it.
    pub fn of_host_mut(&mut self, host: HostId) -> &mut VecDeque<Waiting> {
        &mut self.of_host[host.index()]
    }

    /// A request waits at a sandbox, one of so many entries.
    pub fn push_at(&mut self, id: SandboxId, entries: usize, waiting: Waiting) {
        if self.at_sandbox.len() < entries {
            self.at_sandbox.resize(entries, VecDeque::new());
        }
        self.at_sandbox[id.index()].push_back(waiting);
    }
    /// The first that waits at a sandbox leaves.
    pub fn pop_at(&mut self, id: SandboxId) -> Option<Waiting> {
        self.at_sandbox.get_mut(id.index())?.pop_front()
    }
    /// A request waits for a sandbox of its function.
    pub fn push_for(&mut self, list: usize, waiting: Waiting) {
        self.for_function[list].push_back(waiting);
    }
    /// The first that waits so leaves.
    pub fn pop_for(&mut self, list: usize) -> Option<Waiting> {
        self.for_function.get_mut(list)?.pop_front()
    }
    /// The first that waits so.
    pub fn head_for(&self, list: usize) -> Option<Waiting> {
        self.for_function.get(list)?.front().copied()
    }
    /// How many wait so.
    pub fn waiting_for(&self, list: usize) -> usize {
        self.for_function.get(list).map_or(0, VecDeque::len)
    }

    /// All that wait at a sandbox leave.
    pub fn take_at(&mut self, id: SandboxId) -> VecDeque<Waiting> {
        self.at_sandbox.get_mut(id.index()).map(std::mem::take).unwrap_or_default()
    }
    /// All that wait for a sandbox of a function leave.
    pub fn take_for(&mut self, list: usize) -> VecDeque<Waiting> {
        self.for_function.get_mut(list).map(std::mem::take).unwrap_or_default()
    }

    /// Those of a list wait for cores, not for sandboxes.
    pub fn block(&mut self, list: usize) {
        self.blocked.insert(list as u32);
    }
    /// The lists of those who do, to be checked; give the rest back to [`Queues::block_all`].
    pub fn take_blocked(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.blocked)
    }
    /// These still do.
    pub fn block_all(&mut self, lists: BTreeSet<u32>) {
        self.blocked = lists;
    }
    /// Whether any do.
    pub fn any_blocked(&self) -> bool {
        !self.blocked.is_empty()
    }

    /// Takes a request out of its queue, and with it the other members of its gang, into `left`; tells where it was.
    pub fn take_out(&mut self, request: RequestId, left: &mut Vec<RequestId>) -> Option<Place> {
        let at = |queue: &VecDeque<Waiting>| queue.iter().position(|waiting| waiting.request == request);
        let in_late =
            |queue: &VecDeque<(u64, Waiting)>| queue.iter().position(|(_, waiting)| waiting.request == request);
        let late = self.late.iter_mut().find_map(|(_, queue)| in_late(queue).map(|i| (queue, i)));
        if let Some((queue, i)) = late {
            let first = (0..=i).rev().find(|&i| queue[i].1.gang > 0).unwrap_or(i);
            let members = queue[first].1.gang.max(1) as usize;
            left.extend(queue.drain(first..first + members).map(|(_, waiting)| waiting.request));
            return Some(Place::Groups);
        }
        let mut take = |queues: &mut [VecDeque<Waiting>]| {
            let (queue, i) = queues.iter().enumerate().find_map(|(queue, list)| Some((queue, at(list)?)))?;
            queues[queue].remove(i);
            left.push(request);
            Some(queue)
        };
        take(&mut self.of_host)
            .map(|host| Place::Host(HostId::new(host as u32)))
            .or_else(|| take(&mut self.for_function).map(Place::Function))
            .or_else(|| take(&mut self.at_sandbox).map(|entry| Place::Sandbox(SandboxId::new(entry as u32))))
    }
}
