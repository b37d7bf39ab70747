//! What a workload needs of a fleet of machines at its busiest moment.

use crate::ids::{FunctionKind, HostId, IdVec};
use crate::platform::serverful::{Demand, Stay, peak_demand};
use crate::units::Bytes;
use crate::workload::Invocation;

use super::classes::Classes;
use super::hardware::Hardware;

/// The most that `invocations`, in order of time, need at once, each taking the time that it takes alone: on the cores of
/// these nodes, with what it moves through a card and a storage node that nobody else uses.
pub fn fleet_demand(
    hardware: &Hardware,
    memory: &IdVec<FunctionKind, Bytes>,
    invocations: impl Iterator<Item = Invocation>,
) -> Demand {
    let classes = Classes::new(hardware);
    // Machines are on nodes of one group.
    let node = HostId::new(0);
    peak_demand(invocations.map(|Invocation { at, function, duration }| {
        let paths = classes.paths(function, node);
        let [received, sent, read, write] = paths.transfers;
        Stay {
            from: at,
            before: classes.rest_of_way(function, node) + paths.alone(received, false) + paths.alone(read, true),
            compute: classes.execution(function, node, 0).run(duration).steady(),
            after: paths.alone(write, true) + paths.alone(sent, false),
            memory: memory[function],
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FunctionId;
    use crate::memory::run::{Execution, MemoryProfile, NodeSpeed};
    use crate::units::{BitsPerSec, Span, Time};
    use crate::world::paths::Paths;

    /// Ten requests, a second apart, of a second of traced time.
    fn demand(hardware: &Hardware) -> (u64, Bytes) {
        let (second, function) = (Span::from_secs(1), FunctionId::new(0));
        let requests = (0..10).map(|i| Invocation { at: Time::ZERO + second * i, function, duration: second });
        let demand = fleet_demand(hardware, &[Bytes(5)].into_iter().collect(), requests);
        (demand.cores, demand.memory)
    }

    #[test]
    fn slower_cores_and_slower_memory_take_longer() {
        let on = |speed: f64, stall: f64, latency: u64| {
            let profile = MemoryProfile {
                stall,
                reference_latency: Span::from_ns(100),
                parallelism: 4.0,
                access: Bytes(64),
                write_share: 0.0,
                miss_scale: 1.0,
                miss_shape: 1.0,
            };
            let speed = NodeSpeed { speed, local_latency: Span::from_ns(latency), local_share: 1.0 };
            let mut hardware = Hardware::plain(1, 4);
            hardware.hosts[0].executions = vec![Execution::new(&profile, speed)];
            demand(&hardware)
        };
        assert_eq!(on(1.0, 0.0, 100), (1, Bytes(5)));
        assert_eq!(on(0.5, 0.0, 100), (2, Bytes(10)));
        // Half of the time at half the speed, half of it with memory five times as far: 3.5 s.
        assert_eq!(on(0.5, 0.5, 500), (4, Bytes(20)));
        assert_eq!(on(4.0, 0.0, 100), (1, Bytes(5)));
    }

    #[test]
    fn data_hold_memory_while_they_move() {
        // 1.25 GB take a second through the card, and four through a storage node of a quarter of its rate.
        let (gigabytes, card) = (Bytes(1_250_000_000), BitsPerSec(10_000_000_000));
        let paths = |transfers, storage_rate| Paths { transfers, card, storage_rate, ..Paths::default() };
        let with = |paths| demand(&Hardware::plain(1, 4).with_paths(paths));
        let nothing = Bytes::ZERO;
        assert_eq!(with(paths([nothing, nothing, gigabytes, nothing], card)), (1, Bytes(10)));
        assert_eq!(with(paths([gigabytes, gigabytes, nothing, gigabytes], card)), (1, Bytes(20)));
        assert_eq!(with(paths([nothing, nothing, nothing, gigabytes], BitsPerSec(card.0 / 4))), (1, Bytes(25)));
    }
}
