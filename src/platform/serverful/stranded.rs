//! What is free on nodes and machines and cannot be used.

use crate::ids::VmId;
use crate::record::Stranded;
use crate::units::Bytes;

use super::node::Node;
use super::{Fleet, State};

impl Fleet {
    /// What cannot be used: on `nodes`, cores and memory that no machine has been given, where one more finds too little of
    /// the other; and idle cores of machines, of which `busy` tells how many work, where a request of so much `memory` more
    /// finds no room. Machines share their cores, so that none makes their memory useless. Looks at all machines.
    pub fn stranded(&self, nodes: u32, node: Node, memory: Bytes, busy: impl Fn(VmId) -> u32) -> Stranded {
        let mut stranded = Stranded::default();
        let mut given = vec![0_u64; nodes as usize];
        for vm in self.machines.ids().filter(|&vm| self.machines[vm].state != State::Terminated) {
            given[self.node_of(vm).index()] += 1;
            if self.machines[vm].free < memory {
                stranded.cores += u64::from(self.vm.vcpus.saturating_sub(busy(vm)));
            }
        }
        for machines in given {
            let cores = u64::from(node.cores).saturating_sub(machines * u64::from(self.vm.vcpus));
            let free = Bytes(node.memory.0.saturating_sub(machines * self.vm.memory.0));
            let (has_cores, has_memory) = (cores >= u64::from(self.vm.vcpus), free >= self.vm.memory);
            if !has_memory {
                stranded.cores += cores;
            }
            if !has_cores {
                stranded.local += free;
            }
        }
        stranded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RequestId;
    use crate::platform::serverful::VmType;
    use crate::record::Meter;
    use crate::units::{Span, Time};

    /// Nodes of 10 cores and 40 GiB with machines of 4 cores and 16 GiB, 1 GiB of which is the system's: two on each.
    #[test]
    fn of_nodes_and_machines() {
        let (gib, second) = (Bytes::from_gib, Span::from_secs(1));
        let vm = VmType {
            vcpus: 4,
            memory: gib(16),
            system_memory: gib(1),
            code_memory: Bytes::ZERO,
            minimum_billed: second,
            quantum: second,
        };
        let mut meter = Meter::without_bins();
        let mut fleet = Fleet::new(vm, 4, 2, 0, Span::MAX);
        for _ in 0..3 {
            let vm = fleet.order(Time::ZERO, &mut meter).unwrap();
            fleet.booted(vm);
        }
        let look = |fleet: &Fleet, cores, memory| {
            fleet.stranded(2, Node { cores, memory: gib(memory) }, gib(2), crate::ids::Id::raw)
        };
        // Two cores of the first node are left, and 8 GiB: neither is enough for a machine.
        assert_eq!(look(&fleet, 10, 40), Stranded { cores: 2, local: gib(8), pooled: Bytes::ZERO });
        // With more of both, only what one of them is short of is stranded.
        assert_eq!(look(&fleet, 16, 40), Stranded { cores: 8, local: gib(0), pooled: Bytes::ZERO });
        assert_eq!(look(&fleet, 10, 48), Stranded { cores: 0, local: gib(16), pooled: Bytes::ZERO });
        // The first machine has less than 2 GiB left: its four cores are idle. The others have one and two busy ones.
        fleet.request(Time::ZERO, RequestId::new(0), gib(14), &mut meter);
        assert_eq!(look(&fleet, 8, 32).cores, 4);
        for request in 1..3 {
            fleet.request(Time::ZERO, RequestId::new(request), gib(14), &mut meter);
        }
        assert_eq!(look(&fleet, 8, 32).cores, 4 + 3 + 2);
    }
}
