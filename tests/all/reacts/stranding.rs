//! What is free and cannot be used, on hand-made layouts.

use super::{ALIKE, Metrics, measured};

/// Requests of 2 GiB that arrive together at `at`, and run beyond the 100 s that are looked at.
fn of(layout: &str, (count, at): (usize, f64), sets: &[&str]) -> Metrics {
    let sets = [&[ALIKE, "limits.drain='0 s'"][..], sets].concat();
    measured(layout, 100.0, &vec![(at, 2_048, 300.0); count], &sets)
}

fn shares(metrics: &Metrics) -> (f64, f64) {
    (metrics.get("cores.stranded.share"), metrics.get("memory.stranded.share"))
}

const SERVERS: &str = "serverless-servers";
/// Two servers of 8 cores and 16 GiB.
const TWO: [&str; 4] = [
    "LAYOUT.nodes.count=2",
    "LAYOUT.nodes.packages=1",
    "LAYOUT.nodes.cpu.cores=8",
    "LAYOUT.nodes.memory.capacity='16 GiB'",
];

#[test]
fn cores_are_stranded_where_memory_is_full() {
    // 8 sandboxes fill a server: on each of two 0 of 8 cores are free.
    assert_eq!(shares(&of(SERVERS, (16, 0.0), &TWO)), (0.0, 0.0));
    let small = [&TWO[..], &["LAYOUT.nodes.memory.capacity='8 GiB'"]].concat();
    // 4 sandboxes fill a server: 4 of its 8 cores are free. With 7 of them one server has room.
    assert_eq!(shares(&of(SERVERS, (8, 0.0), &small)), (0.5, 0.0));
    assert_eq!(shares(&of(SERVERS, (7, 0.0), &small)), (0.25, 0.0));
    // From the middle of the window on.
    let (cores, memory) = shares(&of(SERVERS, (8, 50.0), &small));
    assert!((cores - 0.25).abs() < 0.001 && memory == 0.0, "{cores} {memory}");
}

#[test]
fn memory_is_stranded_where_cores_are_busy() {
    let few = [&TWO[..], &["LAYOUT.nodes.cpu.cores=2"]].concat();
    // 2 sandboxes of 2 GiB on each server: 24 of 32 GiB are free; with one less, only on one of them.
    assert_eq!(shares(&of(SERVERS, (4, 0.0), &few)), (0.0, 0.75));
    assert_eq!(shares(&of(SERVERS, (3, 0.0), &few)), (0.0, 0.375));
    // On shared cores there is room for more.
    let shared = [&few[..], &["LAYOUT.platform.cpu='shared'"]].concat();
    assert_eq!(shares(&of(SERVERS, (4, 0.0), &shared)), (0.0, 0.0));
}

#[test]
fn what_idle_sandboxes_hold_is_stranded_only_where_they_stay() {
    let small = [&TWO[..], &[ALIKE, "LAYOUT.nodes.memory.capacity='8 GiB'"]].concat();
    let run = |evict: &str| {
        let sets = [&small[..], &[evict, "LAYOUT.platform.keep_alive.limit='1 h'"]].concat();
        shares(&measured(SERVERS, 1_000.0, &[(0.0, 2_048, 0.001); 8], &sets))
    };
    let (cores, _) = run("LAYOUT.platform.evict_idle=false");
    // All cores are free, and no memory is; while the sandboxes start, half of them.
    assert!((0.99..1.0).contains(&cores), "{cores}");
    let (cores, _) = run("LAYOUT.platform.evict_idle=true");
    assert!(cores < 0.01, "{cores}");
}

#[test]
fn pools_are_stranded_where_no_node_can_use_them() {
    let pooled = [
        &TWO[..],
        &[
            "LAYOUT.memory_pools.count=1",
            "LAYOUT.memory_pools.capacity='32 GiB'",
            "LAYOUT.memory_pools.local_share=0.5",
        ],
    ]
    .concat();
    let few = [&pooled[..], &["LAYOUT.nodes.cpu.cores=2"]].concat();
    // 4 sandboxes hold 4 GiB of the nodes and 4 GiB of the pool, and all cores: 28 and 28 GiB of 64 are of no use.
    let busy = of("disaggregated", (4, 0.0), &few);
    assert_eq!((shares(&busy), busy.get("pool_memory.stranded.mean")), ((0.0, 0.875), 28.0));
    // One core is enough for the pool, and for the node that it is on.
    let one = of("disaggregated", (3, 0.0), &few);
    assert_eq!((shares(&one), one.get("pool_memory.stranded.mean")), ((0.0, 14.0 / 64.0), 0.0));
    // The pool is full after 4 sandboxes, and the split of the others gives way: there is room for more.
    let cores = [&pooled[..], &["LAYOUT.nodes.cpu.cores=16", "LAYOUT.memory_pools.capacity='4 GiB'"]].concat();
    assert_eq!(shares(&of("disaggregated", (12, 0.0), &cores)), (0.0, 0.0));
    // All 36 GiB are held by 18: 14 of 32 cores find no memory.
    assert_eq!(shares(&of("disaggregated", (18, 0.0), &cores)), (14.0 / 32.0, 0.0));
}

#[test]
fn machines_strand_what_does_not_fit_beside_them() {
    let vm = "LAYOUT.platform.vm={ part = 'vm', vcpus = 4, memory = '8 GiB', system_memory = '2 GiB', price = '1 USD/h', \
              minimum_billed = '1 min', quantum = '1 s' }";
    let code = "LAYOUT.platform.code.loaded='on-use'";
    let all = [&TWO[..], &[vm, code, "LAYOUT.platform.fleet={ mode = 'fixed', size = 'all' }"]].concat();
    let run = |sets: &[&str], count: usize| {
        shares(&measured(
            "serverful",
            100.0,
            &vec![(0.0, 2_048, 300.0); count],
            &[&all[..], &["limits.drain='0 s'"], sets].concat(),
        ))
    };
    // Two machines fill a server.
    assert_eq!(run(&[], 1), (0.0, 0.0));
    // Three requests fill the memory of a machine: one of its four cores is idle.
    assert_eq!(run(&[], 12), (4.0 / 16.0, 0.0));
    // A server with twice the memory has no cores for it.
    assert_eq!(run(&["LAYOUT.nodes.memory.capacity='32 GiB'"], 1), (0.0, 0.5));
    // One with twice the cores has no memory for them.
    assert_eq!(run(&["LAYOUT.nodes.cpu.cores=16"], 1), (0.5, 0.0));
}
