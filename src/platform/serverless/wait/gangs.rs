//! Gangs: invocations of one function that arrive together and start together, or wait together.

use std::collections::VecDeque;

use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::platform::Decision;
use crate::record::{Act, Gauge, Meter, Rejection};
use crate::units::{Bytes, Time};

use crate::platform::serverless::dispatch::choose::demand;
use crate::platform::serverless::dispatch::gang::{Gang, Layout};
use crate::platform::serverless::host::resources::{Ledger, Resources};
use crate::platform::serverless::sandbox::states::Shelf;
use crate::platform::serverless::{Need, Serverless, Waiting};

/// The buffers of gang placement.
#[derive(Debug)]
pub(crate) struct Gangs {
    ledger: Ledger,
    place: Gang,
    warm: Vec<SandboxId>,
    cold: Vec<HostId>,
    /// What idle sandboxes hold in each pool.
    idle_remote: Vec<u64>,
}

impl Gangs {
    pub(crate) fn new(hosts: u32) -> Self {
        let none = Resources::default();
        Self {
            ledger: Ledger::new(hosts, none),
            place: Gang::new(),
            warm: Vec::new(),
            cold: Vec::new(),
            idle_remote: Vec::new(),
        }
    }
}

impl Serverless {
    /// Takes a gang of requests of `function` that arrive now: all start (see [`Serverless::start_waiting`]), all wait,
    /// or all are turned away. Late binding only.
    pub fn request_gang(
        &mut self,
        now: Time,
        requests: &[RequestId],
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<()> {
        self.advance(now, meter);
        let size = requests.len() as u32;
        if !self.could_ever_hold(function, size) {
            self.note(meter, Act::Reject, function, None, None);
            return Decision::Reject(Rejection::GangTooLarge);
        }
        let admitted = requests.iter().take_while(|_| self.general.quota.admit(function)).count();
        if admitted < requests.len() {
            (0..admitted).for_each(|_| self.general.quota.release(function));
            self.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        for _ in requests {
            self.general.keeping.arrived(now, function, &self.rules);
        }
        let mut members: VecDeque<Waiting> =
            requests.iter().map(|&request| Waiting { request, function, arrived: now, gang: 0 }).collect();
        members[0].gang = size;
        let starts = self.queue.is_empty() && self.gang_fits(function, size);
        let new = if starts { self.general.gangs.cold.len() as u32 } else { size };
        if !self.general.quota.may_add_all(now, function, new) {
            self.turn_gang_away(function, size);
            self.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        if starts {
            self.start_gang(now, &members, meter);
            return Decision::Start(());
        }
        if self.waiting + u64::from(size) > self.rules.queue_limit {
            (0..size).for_each(|_| self.general.quota.give_back(function));
            self.turn_gang_away(function, size);
            self.note(meter, Act::Reject, function, None, None);
            return Decision::Reject(Rejection::QueueFull);
        }
        self.waiting += u64::from(size);
        meter.raise(Gauge::Waiting, size.into());
        self.note(meter, Act::Wait, function, None, None);
        self.queue.append(&mut members);
        Decision::Wait
    }

    fn turn_gang_away(&mut self, function: FunctionId, size: u32) {
        for _ in 0..size {
            self.general.keeping.left(function);
            self.general.quota.release(function);
        }
    }

    /// Starts the gang at the head of the queue, if all of it can start.
    pub(crate) fn start_waiting_gang(&mut self, now: Time, size: u32, meter: &mut Meter) -> bool {
        if !self.gang_fits(self.queue[0].function, size) {
            return false;
        }
        let rest = self.queue.split_off(size as usize);
        let members = std::mem::replace(&mut self.queue, rest);
        self.start_gang(now, &members, meter);
        self.waiting -= u64::from(size);
        meter.lower(Gauge::Waiting, size.into());
        true
    }

    /// Whether an empty data centre holds so many at once.
    fn could_ever_hold(&self, function: FunctionId, size: u32) -> bool {
        let need = demand(self.needs[function], self.cores_each, self.general.extras(function));
        self.hosts.could_ever_hold(&need, size)
    }

    /// Whether all members can start now; the plan is then made.
    fn gang_fits(&mut self, function: FunctionId, size: u32) -> bool {
        self.plan_gang(function, size, false) || self.rules.evict_idle && self.plan_gang(function, size, true)
    }

    /// Starts all members by the plan that has just been made.
    fn start_gang(&mut self, now: Time, members: &VecDeque<Waiting>, meter: &mut Meter) {
        let function = members[0].function;
        let (warm, cold) = (std::mem::take(&mut self.general.gangs.warm), std::mem::take(&mut self.general.gangs.cold));
        let mut waiting = members.iter();
        for (&id, member) in warm.iter().zip(&mut waiting) {
            let start = self.enter(now, id, member.arrived, meter);
            self.general.starts.push_back((member.request, start));
        }
        for (&host, member) in cold.iter().zip(&mut waiting) {
            let start =
                self.start_new(now, Some(host), function, member.arrived, meter).expect("the plan has room for it");
            self.general.starts.push_back((member.request, start));
        }
        (self.general.gangs.warm, self.general.gangs.cold) = (warm, cold);
    }

    /// Finds idle sandboxes, then hosts for the others, on a ledger of its own; nothing is changed. With `evicting`, what
    /// the other idle sandboxes hold counts as free.
    fn plan_gang(&mut self, function: FunctionId, size: u32, evicting: bool) -> bool {
        let extras = self.general.extras(function);
        let need = self.needs[function];
        let gangs = &mut self.general.gangs;
        self.hosts.write_free(&mut gangs.ledger, evicting);
        gangs.warm.clear();
        gangs.cold.clear();
        for id in self.sandboxes.all_on(Shelf::Open(function, HostId::new(0))) {
            let (host, held) = (self.sandboxes[id].host, self.sandboxes[id].need.local);
            let local = if evicting { held } else { Bytes::ZERO };
            let place = demand(Need { local, remote: Bytes::ZERO }, self.cores_each, extras);
            if gangs.warm.len() < size as usize && gangs.ledger.free(host).fits(&place) {
                gangs.ledger.take(host, &place, 1);
                gangs.warm.push(id);
            }
        }
        let left = size - gangs.warm.len() as u32;
        if left == 0 {
            return true;
        }
        gangs.idle_remote.clear();
        gangs.idle_remote.resize(self.hosts.pools(), 0);
        if evicting && need.remote > Bytes::ZERO {
            self.sandboxes.add_idle_remote(&mut gangs.idle_remote);
            for &id in &gangs.warm {
                gangs.idle_remote[self.sandboxes[id].pool as usize] -= self.sandboxes[id].need.remote.0;
            }
        }
        if !self.hosts.pools_hold(need.remote, left, &gangs.idle_remote) {
            return false;
        }
        // Pools are for all hosts together: they have been looked at.
        let whole = demand(Need { local: need.local, remote: Bytes::ZERO }, self.cores_each, extras);
        let Some(hosts) = gangs.place.place(&mut gangs.ledger, &whole, left, Layout::Pack, None) else { return false };
        gangs.cold.extend(hosts.iter().flat_map(|&(host, members)| std::iter::repeat_n(host, members as usize)));
        true
    }
}
