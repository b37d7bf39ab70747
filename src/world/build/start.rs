//! From the `cold_start` of a platform to the rules by which its sandboxes start.

use crate::config::plan::Layout;
use crate::config::plan::{ColdStart, Delay, PoolGroup, RemoteStart, Snapshot, SnapshotPlace, Templates};
use crate::fabric::Fabric;
use crate::memory::paging::Paging;
use crate::rng::RootSeed;
use crate::units::{Bytes, PerSecond, Span};
use crate::workload::Functions;

use crate::world::start::{ColdStarts, DelayModel, RemoteRule, SnapshotRule, StartRules};

fn delay(delay: &Delay) -> DelayModel {
    match delay {
        Delay::Constant(span) => DelayModel::Constant(*span),
        Delay::LogNormal(spread) => DelayModel::log_normal(spread.median, spread.p99),
    }
}

/// The cold starts of a layout with the given `cold_start`.
pub(in crate::world) fn cold_starts(
    cold: &ColdStart,
    layout: &Layout,
    fabric: &Fabric,
    functions: &Functions,
    root: RootSeed,
) -> ColdStarts {
    let phases = [delay(&cold.allocate), delay(&cold.boot), delay(&cold.init)];
    let pools = super::parts::pools(layout);
    let remote = cold.remote.as_ref().zip(pools);
    ColdStarts::new(phases, cold.image, functions, root).with_rules(StartRules {
        boot_cpu: cold.boot_cpu,
        init_cpu: cold.init_cpu,
        runtime_share: cold.runtime_share,
        control_interval: cold.control_rate.map_or(Span::ZERO, interval),
        image_cache: cold.image_cache,
        snapshot: cold.snapshot.as_ref().map(|snapshot| snapshot_rule(snapshot, layout, fabric)),
        remote: remote.map(|(remote, pools)| remote_rule(remote, pools, fabric, functions)),
    })
}

fn interval(rate: PerSecond) -> Span {
    Span::from_secs_f64(1.0 / rate.0)
}

/// A page read from a storage node that nobody else reads from.
fn page_from_store(layout: &Layout, fabric: &Fabric, page: Bytes) -> Span {
    let storage = super::parts::storage(layout);
    let reach = storage.latency + fabric.setup + fabric.one_way();
    reach + storage.bandwidth.min(fabric.rate).transfer_time(page)
}

fn snapshot_rule(snapshot: &Snapshot, layout: &Layout, fabric: &Fabric) -> SnapshotRule {
    let page = snapshot.page;
    let on_store = snapshot.place == SnapshotPlace::Store;
    let read = if on_store { page_from_store(layout, fabric, page) } else { Span::ZERO };
    SnapshotRule {
        on_store,
        restore: snapshot.restore,
        touched: snapshot.size * snapshot.working_set,
        page,
        prefetch: snapshot.prefetch,
        fault: snapshot.fault + read,
        rate: snapshot.rate,
    }
}

fn remote_rule(remote: &RemoteStart, pools: &PoolGroup, fabric: &Fabric, functions: &Functions) -> RemoteRule {
    RemoteRule {
        made: remote.templates,
        setup: fabric.setup,
        map: [remote.map_base, remote.map_per_mib],
        prepare: [remote.prepare_base, remote.prepare_per_mib],
        size: remote.size,
        working_set: remote.working_set,
        paging: Paging {
            page: remote.page,
            software: remote.fault,
            round_trip: pools.latency + fabric.one_way() * 2,
            rate: pools.bandwidth.min(fabric.rate),
            prefetch: remote.prefetch,
            overlap: remote.overlap,
        },
        pools: pools.count,
        templates: functions.iter().map(|function| template(remote, function.memory)).sum(),
    }
}

/// What is set aside for templates in each pool: what the fullest holds. Function number `f` has its own in pool `f`
/// modulo the number of pools, from the beginning to the end of the run.
pub(in crate::world) fn template_memory(cold: &ColdStart, layout: &Layout, functions: &Functions) -> Bytes {
    let pools = layout.pool_groups.iter().map(|group| group.count as usize).sum();
    let Some(remote) = &cold.remote else { return Bytes::ZERO };
    let mut held = vec![Bytes::ZERO; pools];
    for (function, pool) in functions.iter().zip((0..pools).cycle()) {
        held[pool] += template(remote, function.memory);
    }
    held.into_iter().max().unwrap_or_default()
}

/// What the template of a function holds in its pool.
fn template(remote: &RemoteStart, memory: Bytes) -> Bytes {
    if remote.templates == Templates::Never { Bytes::ZERO } else { memory.scale(remote.size) }
}
