//! A serverful platform: a fleet of virtual machines behind a load balancer.
//!
//! Every machine serves every function: applications are installed and warm, which is the best case for
//! servers; code that stays loaded holds memory on each of them. A request goes to the machine with the fewest requests among those with memory for it (ties: the
//! lowest number) and shares its cores fairly with the others there; where no machine has memory, requests
//! wait first come first served.

mod autoscaler;
mod balancer;
mod node;
mod sizing;
mod stranded;

pub use autoscaler::Autoscaler;
pub use node::Node;
pub use sizing::{Demand, Stay, peak_demand};

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::ids::{HostId, IdVec, RequestId, VmId, VmKind};
use crate::platform::decision::Decision;
use crate::record::{Gauge, Meter, Powered, Rejection};
use crate::units::{Bytes, Span, Time};

use balancer::Balancer;

/// A machine type.
#[derive(Clone, Copy, Debug)]
pub struct VmType {
    /// Virtual cores.
    pub vcpus: u32,
    /// Memory.
    pub memory: Bytes,
    /// Held by the operating system.
    pub system_memory: Bytes,
    /// Held by the code of functions that stays loaded.
    pub code_memory: Bytes,
    /// Least time billed.
    pub minimum_billed: Span,
    /// Existence is billed in multiples of it.
    pub quantum: Span,
}

impl VmType {
    /// Memory that a machine holds whatever it serves.
    fn installed(&self) -> Bytes {
        self.system_memory + self.code_memory
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Booting,
    Serving,
    /// Takes no more requests and is terminated when the last has finished.
    Draining,
    Terminated,
}

#[derive(Clone, Copy, Debug)]
struct Machine {
    state: State,
    ordered: Time,
    requests: u32,
    free: Bytes,
    /// Its place on the hardware, below the limit.
    place: u32,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    request: RequestId,
    memory: Bytes,
    /// When it abandons the queue.
    until: Time,
}

/// The state of a fleet.
#[derive(Debug)]
pub struct Fleet {
    vm: VmType,
    limit: u32,
    /// Machines on a node.
    per_node: u32,
    machines: IdVec<VmKind, Machine>,
    /// The machines that serve.
    balancer: Balancer,
    serving: u32,
    ordered: u32,
    /// Places that terminated machines have left; beyond them, places are taken in order.
    left: BinaryHeap<Reverse<u32>>,
    queue: VecDeque<Waiting>,
    queue_limit: u64,
    /// How long requests wait at most.
    patience: Span,
    billed: Span,
}

impl Fleet {
    /// A fleet without machines; the hardware, so many `nodes` that are alike, holds at most `limit` of them.
    pub fn new(vm: VmType, limit: u32, nodes: u32, queue_limit: u64, patience: Span) -> Self {
        Self {
            vm,
            limit,
            per_node: limit.div_ceil(nodes.max(1)).max(1),
            machines: IdVec::new(),
            balancer: Balancer::new(),
            serving: 0,
            ordered: 0,
            left: BinaryHeap::new(),
            queue: VecDeque::new(),
            queue_limit,
            patience,
            billed: Span::ZERO,
        }
    }

    /// Machines that serve or boot.
    pub fn size(&self) -> u32 {
        self.ordered
    }
    /// Most machines that the hardware holds.
    pub fn limit(&self) -> u32 {
        self.limit
    }
    /// Machines that serve.
    pub fn serving(&self) -> u32 {
        self.serving
    }
    /// Billed machine time of machines that are terminated.
    pub fn billed(&self) -> Span {
        self.billed
    }

    /// Orders a machine, which boots; `None` when the hardware is full. It serves after [`Fleet::booted`].
    pub fn order(&mut self, now: Time, meter: &mut Meter) -> Option<VmId> {
        let existing = meter.level(Gauge::Instances);
        if existing >= u64::from(self.limit) {
            return None;
        }
        meter.advance(now);
        meter.raise(Gauge::Instances, 1);
        meter.raise(Gauge::CoresAllocated, u64::from(self.vm.vcpus));
        self.ordered += 1;
        let free = self.vm.memory.saturating_sub(self.vm.installed());
        // All that were ever taken and not left are those of machines that exist.
        let place = self.left.pop().map_or(existing as u32, |Reverse(place)| place);
        let vm = self.machines.push(Machine { state: State::Booting, ordered: now, requests: 0, free, place });
        meter.raise_at(Gauge::LocalAllocated, self.node_of(vm).raw(), self.vm.memory.0);
        meter.occupy(Powered::Node, self.node_of(vm).raw(), 1);
        Some(vm)
    }

    /// The node that a machine is on. Each machine has a place of its own, and nodes are filled one after the other.
    pub fn node_of(&self, vm: VmId) -> HostId {
        HostId::new(self.machines[vm].place / self.per_node)
    }

    /// A machine has booted. Call [`Fleet::start_waiting`] afterwards.
    pub fn booted(&mut self, vm: VmId) {
        self.machines[vm].state = State::Serving;
        self.serving += 1;
        self.changed(vm);
    }
    /// What a machine serves has changed.
    fn changed(&mut self, vm: VmId) {
        let Machine { state, requests, free, place, .. } = self.machines[vm];
        if state == State::Serving {
            self.balancer.set(place, vm, requests, free);
        }
    }

    /// Takes out the machine with the fewest requests (ties: the highest number); it is terminated when they have finished.
    pub fn release_one(&mut self, now: Time, meter: &mut Meter) {
        let Some(vm) = self.balancer.idlest() else { return };
        self.balancer.clear(self.machines[vm].place);
        self.serving -= 1;
        self.ordered -= 1;
        self.machines[vm].state = State::Draining;
        if self.machines[vm].requests == 0 {
            self.remove(now, vm, meter);
        }
    }

    fn remove(&mut self, now: Time, vm: VmId, meter: &mut Meter) {
        meter.advance(now);
        meter.lower(Gauge::Instances, 1);
        meter.lower(Gauge::CoresAllocated, u64::from(self.vm.vcpus));
        meter.lower_at(Gauge::LocalAllocated, self.node_of(vm).raw(), self.vm.memory.0);
        meter.vacate(Powered::Node, self.node_of(vm).raw(), 1);
        self.machines[vm].state = State::Terminated;
        self.left.push(Reverse(self.machines[vm].place));
        self.billed += self.bill(self.machines[vm].ordered, now);
    }

    fn bill(&self, ordered: Time, until: Time) -> Span {
        until.since(ordered).round_up_to(self.vm.quantum).max(self.vm.minimum_billed)
    }

    /// Billed time of all machines, those that still exist billed until `end`.
    pub fn billed_until(&self, end: Time) -> Span {
        let existing = self.machines.iter().filter(|machine| machine.state != State::Terminated);
        self.billed + existing.map(|machine| self.bill(machine.ordered, end.max(machine.ordered))).sum()
    }

    /// Takes a request that needs `memory` while it runs.
    pub fn request(&mut self, now: Time, request: RequestId, memory: Bytes, meter: &mut Meter) -> Decision<VmId> {
        meter.advance(now);
        if self.queue.is_empty()
            && let Some(vm) = self.place(memory, meter)
        {
            return Decision::Start(vm);
        }
        if self.queue.len() as u64 >= self.queue_limit {
            return Decision::Reject(Rejection::QueueFull);
        }
        self.queue.push_back(Waiting { request, memory, until: now.saturating_add(self.patience) });
        meter.raise(Gauge::Waiting, 1);
        Decision::Wait
    }

    fn place(&mut self, memory: Bytes, meter: &mut Meter) -> Option<VmId> {
        let vm = self.balancer.with_room(memory)?;
        self.machines[vm].requests += 1;
        self.machines[vm].free -= memory;
        self.changed(vm);
        meter.raise(Gauge::MemoryUsed, memory.0);
        Some(vm)
    }

    /// A request has finished on `vm`.
    pub fn finish(&mut self, now: Time, vm: VmId, memory: Bytes, meter: &mut Meter) {
        meter.advance(now);
        meter.lower(Gauge::MemoryUsed, memory.0);
        let machine = &mut self.machines[vm];
        machine.requests -= 1;
        machine.free += memory;
        if machine.state == State::Draining && machine.requests == 0 {
            self.remove(now, vm, meter);
        }
        self.changed(vm);
    }

    /// The patience of a request is over. Tells whether it still waited: then it has left the queue. All are equally
    /// patient, so it is the first.
    pub fn abandon(&mut self, now: Time, request: RequestId, meter: &mut Meter) -> bool {
        let is_it = |first: &Waiting| first.request == request && first.until == now;
        let waits = self.queue.front().is_some_and(is_it);
        if waits {
            self.queue.pop_front();
            meter.advance(now);
            meter.lower(Gauge::Waiting, 1);
        }
        waits
    }

    /// A waiting request that can start now, if any; call until there is none.
    pub fn start_waiting(&mut self, now: Time, meter: &mut Meter) -> Option<(RequestId, VmId)> {
        let head = *self.queue.front()?;
        meter.advance(now);
        let vm = self.place(head.memory, meter)?;
        self.queue.pop_front();
        meter.lower(Gauge::Waiting, 1);
        Some((head.request, vm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_machines_that_are_gone_are_taken_again() {
        let (size, second) = (Bytes::from_gib(1), Span::from_secs(1));
        let vm = VmType {
            vcpus: 1,
            memory: size,
            system_memory: Bytes(0),
            code_memory: Bytes(0),
            minimum_billed: second,
            quantum: second,
        };
        let mut meter = Meter::without_bins();
        let mut fleet = Fleet::new(vm, 3, 3, 0, Span::MAX);
        for round in 0..4_u32 {
            let ordered: Vec<VmId> = (0..3).filter_map(|_| fleet.order(Time::ZERO, &mut meter)).collect();
            // All three at first, then the two that were given up.
            assert_eq!(ordered.len(), if round == 0 { 3 } else { 2 });
            for vm in &ordered {
                fleet.booted(*vm);
            }
            let serving = fleet.machines.iter().filter(|machine| machine.state == State::Serving);
            let mut places: Vec<u32> = serving.map(|machine| machine.place).collect();
            places.sort_unstable();
            assert_eq!(places, [0, 1, 2]);
            fleet.release_one(Time::ZERO, &mut meter);
            fleet.release_one(Time::ZERO, &mut meter);
        }
    }
}
