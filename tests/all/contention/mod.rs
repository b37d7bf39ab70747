//! One resource is one thing: cards, storage nodes and pools serve no more than they can, whoever asks. Whole experiments
//! with small traces of their own; the figures are worked out by hand.

use std::path::Path;

use super::small;

/// The longest response, in seconds, of `count` requests of a millisecond that arrive together, each of a function of its
/// own, on one layout with these settings.
fn longest(base: &str, layout: usize, count: usize, sets: &[&str]) -> f64 {
    longest_of(base, layout, &vec![(1.0, 128, 0.001); count], sets)
}

/// The same of requests given as (arrival in seconds, memory in MiB, length in seconds), in order.
fn longest_of(base: &str, layout: usize, requests: &[(f64, u32, f64)], sets: &[&str]) -> f64 {
    measured(base, layout, requests, sets, "response.max")
}

/// A metric of these.
fn measured(base: &str, layout: usize, requests: &[(f64, u32, f64)], sets: &[&str], metric: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    small::write_alone(folder.path(), 60.0, requests);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(base);
    let mut all: Vec<String> = sets.iter().map(|set| set.replace("LAYOUT", &format!("layout[{layout}]"))).collect();
    all.push(format!("workload.source.path='{}'", folder.path().display()));
    all.extend(["replications=1", "basis='nothing'", "limits.drain='10 d'"].map(str::to_owned));
    let prepared = small::prepare(&file, &all);
    let output = small::output(&prepared);
    let name = &prepared.plan.layouts[layout].name;
    let rows = output.summary.iter();
    let found = rows.filter(|row| row.layout == *name && row.metric == metric).map(|row| row.value).next();
    found.expect("it has been measured")
}

/// Sandboxes start in the same time, and without an image, which would come through the same card.
const ALIKE: &[&str] = &["LAYOUT.platform.cold_start.image='0 B'", "LAYOUT.platform.cold_start.init='250 ms'"];

const DAY: &str = "tests/all/day.toml";

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got / expected - 1.0).abs() < tolerance, "{got} for {expected}");
}

#[test]
fn sixteen_answers_through_one_card() {
    // 125 MB at 1 Gbit/s are 1 s; on servers (layout 1) and on machines on them (layout 0).
    for layout in [0, 1] {
        let sets = [
            "workload.io.response='125 MB'",
            "LAYOUT.nodes.count=1",
            "LAYOUT.nodes.nic.rate='1 Gbit/s'",
            "LAYOUT.fabric.port_rate='1 Gbit/s'",
        ];
        let starts: &[&str] = if layout == 1 { ALIKE } else { &[] };
        let sets = [&sets[..], starts].concat();
        let one = longest(DAY, layout, 1, &sets);
        let all = longest(DAY, layout, 16, &sets);
        close(all - one, 15.0, 1e-6);
    }
}

#[test]
fn a_thousand_reads_from_one_storage_node() {
    // 1,000 GiB at 1 Gbit/s: 8,589.93 s.
    let sets = [
        "workload.io.read='1 GiB'",
        "LAYOUT.nodes.count=40",
        "LAYOUT.platform.cold_start.image='0 B'",
        "LAYOUT.storage.count=1",
        "LAYOUT.storage.bandwidth='1 Gbit/s'",
    ];
    let longest = longest(DAY, 1, 1_000, &sets);
    close(longest, 1_000.0 * (1_u64 << 30) as f64 * 8.0 / 1e9, 1e-3);
}

#[test]
fn images_come_from_the_same_storage_nodes_as_data() {
    // 16 images of 125 MB, and then 16 reads of as much, from one node of 1 Gbit/s: 32 s.
    let sets = [
        "workload.io.read='125 MB'",
        "LAYOUT.platform.cold_start.image='125 MB'",
        "LAYOUT.storage.count=1",
        "LAYOUT.storage.bandwidth='1 Gbit/s'",
    ];
    let longest = longest(DAY, 1, 16, &sets);
    assert!((32.0..33.0).contains(&longest), "{longest}");
}

/// 64 runs saturate a pool of 10 Gbit/s, and then 200 starts page in from it: bytes are bytes, whoever moves them.
#[test]
fn page_ins_cost_runs_at_the_same_pool_what_they_move() {
    let runs: Vec<(f64, u32, f64)> = vec![(0.0, 256, 20.0); 64];
    let herd = (0..200).map(|i| (20.0 + f64::from(i) * 0.01, 2_048, 0.001));
    let both: Vec<(f64, u32, f64)> = runs.iter().copied().chain(herd).collect();
    let base = "tests/all/contention/pool.toml";
    let (alone, together) = (longest_of(base, 0, &runs, &[]), longest_of(base, 0, &both, &[]));
    // 200 working sets of 30 % of 2 GiB through 98 % of 10 Gbit/s, where the latency curve ends. All runs are under way when the
    // herd comes, and end after it.
    let cost = 200.0 * 0.3 * (2_u64 << 30) as f64 * 8.0 / 9.8e9;
    assert!(alone > 300.0, "the runs saturate the pool: {alone}");
    close(together - alone, cost, 0.01);
}

/// However many pools there are, what a host reads from them comes through its one card.
#[test]
fn a_card_is_one_for_all_pools() {
    let runs: Vec<(f64, u32, f64)> = vec![(0.0, 1_024, 2.0); 16];
    let with = |pools: u32| {
        let pools = format!("LAYOUT.memory_pools.count={pools}");
        let sets = [
            "LAYOUT.nodes.count=1",
            "LAYOUT.nodes.nic.rate='1 Gbit/s'",
            "LAYOUT.fabric.port_rate='1 Gbit/s'",
            "LAYOUT.memory_pools.bandwidth='400 Gbit/s'",
            "LAYOUT.memory_pools.local_share=0.0",
            pools.as_str(),
        ];
        longest_of("tests/all/contention/pool.toml", 0, &runs, &sets)
    };
    let one = with(1);
    // 32 s of D at 20 % of waiting, of 100 ns each for some 128 to 600 bytes: more than ten times what the card can in 2 s.
    assert!(one > 20.0, "the card is the bound: {one}");
    for pools in [2, 4, 16] {
        close(with(pools), one, 0.01);
    }
}

/// A storage node has one bandwidth for what it reads and what it writes.
#[test]
fn reads_and_writes_share_a_storage_node() {
    let sets = |read: &'static str, write: &'static str| {
        [
            read,
            write,
            "LAYOUT.platform.cold_start.image='0 B'",
            "LAYOUT.storage.count=1",
            "LAYOUT.storage.bandwidth='1 Gbit/s'",
        ]
    };
    // The second half of the requests writes while the first half still reads: 16 of 125 MB in all.
    let reads = longest(DAY, 1, 16, &sets("workload.io.read='125 MB'", "workload.io.write='0 B'"));
    let both = longest(DAY, 1, 16, &sets("workload.io.read='125 MB'", "workload.io.write='125 MB'"));
    assert!((16.0..17.0).contains(&reads) && (32.0..33.0).contains(&both), "{reads} and {both}");
}

/// What is written to a storage node crosses the fabric once, as what is read there: 100 GiB at 1 nJ a bit are 0.2386 Wh.
#[test]
fn a_byte_crosses_the_fabric_once_whichever_way_it_goes() {
    for transfer in ["read", "write", "request", "response"] {
        let io = format!("workload.io.{transfer}='100 GiB'");
        let sets = [
            io.as_str(),
            "LAYOUT.platform.cold_start.image='0 B'",
            "LAYOUT.fabric.energy_per_bit='1 nJ/bit'",
            "LAYOUT.fabric.port_power='0 W'",
            "LAYOUT.memory_pools.local_share=1.0",
        ];
        let kwh = measured(DAY, 2, &[(1.0, 128, 0.001)], &sets, "energy.fabric");
        let joules = 100.0 * (1_u64 << 30) as f64 * 8.0 * 1e-9;
        close(kwh * 3.6e6, joules, 1e-3);
    }
}

/// What requests hold besides a core and memory bounds them under every rule of placement.
#[test]
fn accelerators_are_held_under_every_placement() {
    for placement in ["first-warm", "round-robin", "least-loaded", "best-fit"] {
        let rule = format!("LAYOUT.platform.placement='{placement}'");
        let sets = [
            "workload.demands={ accelerator_share = 1.0, accelerators = 1 }",
            "LAYOUT.nodes.count=1",
            "LAYOUT.nodes.accelerators=1",
            "layout[1].nodes.accelerators=1",
            rule.as_str(),
        ];
        let requests = vec![(1.0, 128, 2.0); 4];
        // No machines: they have no accelerators to give.
        let longest = longest_of("experiments/local-memory-sweep.toml", 0, &requests, &sets);
        assert!((8.0..10.5).contains(&longest), "{placement}: {longest}");
    }
}
