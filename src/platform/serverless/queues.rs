//! Requests that wait on the general path: for a busy sandbox, and until they give up.

use std::collections::VecDeque;

use crate::config::plan::{Binding, ScalingMode, WhenBusy};
use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::record::{Act, Gauge, Meter};
use crate::units::Time;

use super::dispatch::delayed::{Choice, DelayedWarm, Situation};
use super::shelves::Shelf;
use super::{Serverless, Waiting};

impl Serverless {
    /// Whether a request that finds no place waits for a sandbox of its function, and is now in the queue for it.
    pub(super) fn waits_for_busy(
        &mut self,
        now: Time,
        host: Option<HostId>,
        waiting: &Waiting,
        meter: &mut Meter,
    ) -> bool {
        let (function, rules) = (waiting.function, &self.rules);
        let on = host.unwrap_or(HostId::new(0));
        if self.waiting >= rules.queue_limit {
            return false;
        }
        if rules.scaling.sandbox_queue > 0
            && let Some(id) = self.shortest_queue(function, on)
        {
            let at = id.index();
            if self.general.at_sandbox.len() <= at {
                self.general.at_sandbox.resize(self.sandboxes.entries(), VecDeque::new());
            }
            self.general.at_sandbox[at].push_back(*waiting);
            self.sandboxes.get_mut(id).queued += 1;
        } else if self.waits_for_function(now, function, on, meter) {
            let list = self.sandboxes.column(function, on);
            self.general.for_function[list].push_back(*waiting);
            self.note_blocked(function, on);
        } else {
            return false;
        }
        self.waiting += 1;
        meter.raise(Gauge::Waiting, 1);
        true
    }

    /// The sandbox that is starting or full and has the shortest queue with room, the oldest at ties.
    fn shortest_queue(&self, function: FunctionId, host: HostId) -> Option<SandboxId> {
        let full = self.sandboxes.all_on(Shelf::Full(function, host));
        let room = full.filter(|id| self.sandboxes[*id].queued < self.rules.scaling.sandbox_queue);
        room.min_by_key(|id| (self.sandboxes[*id].queued, self.sandboxes[*id].created))
    }

    fn waits_for_function(&mut self, now: Time, function: FunctionId, host: HostId, meter: &mut Meter) -> bool {
        if self.rules.scaling.mode != ScalingMode::PerRequest {
            return true;
        }
        let busy = || self.sandboxes.first_on(Shelf::Full(function, host)).is_some();
        match self.rules.dispatch.when_busy {
            WhenBusy::Start => false,
            WhenBusy::Both => busy() && self.boot(now, function, Some(host), Act::Prewarm, meter).is_some(),
            WhenBusy::WaitIfShorter => busy() && self.wait_is_shorter(function, host),
        }
    }

    /// Whether a busy sandbox is expected to be free for a request before a new one would be ready.
    fn wait_is_shorter(&self, function: FunctionId, host: HostId) -> bool {
        let service = self.general.service_times.as_ref().and_then(|times| times.mean(function));
        let situation = Situation {
            service,
            busy: self.sandboxes.all_on(Shelf::Full(function, host)).count() as u32,
            waiting: self.waiting_for(function, host) as u32,
            cold_start: self.general.knowledge.functions[function].cold_start,
        };
        let rule = DelayedWarm::Expected { factor: self.rules.dispatch.wait_factor };
        rule.decide(&situation) == Choice::Wait
    }

    /// The next request that waits at a sandbox, or for its function.
    pub(super) fn next_for(&mut self, id: SandboxId) -> Option<Waiting> {
        if self.sandboxes[id].queued > 0 {
            self.sandboxes.get_mut(id).queued -= 1;
            return self.general.at_sandbox[id.index()].pop_front();
        }
        let list = self.sandboxes.column(self.sandboxes[id].function, self.sandboxes[id].host);
        self.general.for_function.get_mut(list)?.pop_front()
    }

    /// Requests that wait for any sandbox of a function.
    pub(super) fn waiting_for(&self, function: FunctionId, host: HostId) -> usize {
        let list = self.sandboxes.column(function, host);
        self.general.for_function.get(list).map_or(0, VecDeque::len)
    }

    /// Requests wait for sandboxes of this function on this host. If one has a place but no core, they are looked at
    /// whenever a core becomes free.
    pub(super) fn note_blocked(&mut self, function: FunctionId, host: HostId) {
        let list = self.sandboxes.column(function, host);
        let waits = self.general.for_function.get(list).is_some_and(|queue| !queue.is_empty());
        if waits && self.sandboxes.first_idle(function, host).is_some() {
            self.general.blocked.insert(list as u32);
        }
    }

    /// Lets requests start that wait for sandboxes of their function, where cores have become free.
    pub(super) fn serve_blocked(&mut self, now: Time, meter: &mut Meter) {
        let mut blocked = std::mem::take(&mut self.general.blocked);
        blocked.retain(|&list| {
            let columns = self.sandboxes.columns;
            let (function, column) = (FunctionId::new(list / columns as u32), HostId::new(list % columns as u32));
            let host = (self.rules.binding == Binding::Early).then_some(column);
            while let Some(&first) = self.general.for_function[list as usize].front()
                && let Some(start) = self.join(now, host, function, first.arrived, meter)
            {
                self.general.for_function[list as usize].pop_front();
                self.leave_queue(start, meter);
                self.general.starts.push_back((first.request, start));
            }
            !self.general.for_function[list as usize].is_empty()
                && self.sandboxes.first_idle(function, column).is_some()
        });
        self.general.blocked = blocked;
    }

    /// A request has waited long enough: it leaves its queue, and with it the other members of its gang. They are put into
    /// `gone`; none where it does not wait any more.
    pub fn give_up(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        gone: &mut Vec<RequestId>,
        meter: &mut Meter,
    ) {
        let at = |queue: &VecDeque<Waiting>| queue.iter().position(|waiting| waiting.request == request);
        if let Some(i) = at(&self.queue) {
            let first = (0..=i).rev().find(|&i| self.queue[i].gang > 0).unwrap_or(i);
            let members = self.queue[first].gang.max(1) as usize;
            gone.extend(self.queue.drain(first..first + members).map(|waiting| waiting.request));
        } else if let Some(host) = self.leave_lists(at) {
            gone.push(request);
            if self.rules.binding == Binding::Early {
                self.unassign(host);
                self.ready_hosts.push_back(host);
            }
        }
        // Who is first now may be able to start.
        self.general.pending |= !gone.is_empty();
        for _ in gone.iter() {
            self.waiting -= 1;
            meter.lower(Gauge::Waiting, 1);
            self.general.quota.release(function);
            self.general.keeping.left(function);
            self.autoscale_departure(now, function);
            self.note(meter, Act::GiveUp, function, None, None);
        }
    }

    /// Takes a request out of the queue in which `at` finds it, and tells the host.
    fn leave_lists(&mut self, at: impl Fn(&VecDeque<Waiting>) -> Option<usize>) -> Option<HostId> {
        for (host, queue) in self.host_queues.iter_mut().enumerate() {
            if let Some(i) = at(queue) {
                queue.remove(i);
                return Some(HostId::new(host as u32));
            }
        }
        let columns = self.sandboxes.columns;
        for (list, queue) in self.general.for_function.iter_mut().enumerate() {
            if let Some(i) = at(queue) {
                queue.remove(i);
                return Some(HostId::new((list % columns) as u32));
            }
        }
        for (entry, queue) in self.general.at_sandbox.iter_mut().enumerate() {
            if let Some(i) = at(queue) {
                queue.remove(i);
                let sandbox = self.sandboxes.get_mut(SandboxId::new(entry as u32));
                sandbox.queued -= 1;
                return Some(sandbox.host);
            }
        }
        None
    }
}
