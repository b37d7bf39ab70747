//! Energy and cost follow starts, held memory and idle nodes; the sums are written out.

use super::{ALIKE, Metrics, measured, measured_of};

/// A server of 8 cores and 16 GiB whose powers are round: 10 W a core that works beside 10 W for all, 0.1 W per GiB that is free
/// and 0.3 W that is held, 50 W for the rest.
const ROUND: [&str; 8] = [
    "LAYOUT.nodes.count=1",
    "LAYOUT.nodes.packages=1",
    "LAYOUT.nodes.cpu={ part = 'c', cores = 8, idle_power = '10 W', busy_power = '90 W', price = '800 USD' }",
    "LAYOUT.nodes.memory={ part = 'm', capacity = '16 GiB', latency = '100 ns', free_power_per_gib = '0.1 W', \
     idle_power_per_gib = '0.3 W', price_per_gib = '5 USD' }",
    "LAYOUT.nodes.chassis_idle_power='50 W'",
    "LAYOUT.nodes.chassis_busy_power='50 W'",
    "LAYOUT.platform.dispatch_delay='0 s'",
    "LAYOUT.platform.evict_idle=false",
];

/// A hundred requests of one function of 1 GiB, one each ten seconds, which run for a second.
fn kept(limit: &str) -> Metrics {
    let requests: Vec<(f64, usize, f64)> = (0..100).map(|i| (f64::from(i) * 10.0, 0, 1.0)).collect();
    let limit = format!("LAYOUT.platform.keep_alive.limit='{limit}'");
    let sets = [&ROUND[..], &[ALIKE, limit.as_str()]].concat();
    measured_of("serverless-servers", 1_000.0, (&[1_024], &requests), &sets)
}

fn joules(metrics: &Metrics, part: &str) -> f64 {
    metrics.get(&format!("energy.{part}")) * 3.6e6
}

fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 1e-3 * expected.abs(), "{got} for {expected}");
}

#[test]
fn keep_alive_moves_energy_and_the_cost_of_what_is_used() {
    let (none, day) = (kept("0 s"), kept("1 d"));
    // A hundred starts of 3 s, or one; runs of 1 s.
    close(joules(&none, "cpu"), 10.0 * 1_000.0 + 10.0 * (100.0 * 4.0));
    close(joules(&day, "cpu"), 10.0 * 1_000.0 + 10.0 * (100.0 + 3.0));
    // 1 GiB is held for four seconds of ten, or always; of the free 16 GiB each draws a third of a held one.
    close(joules(&none, "local_memory"), 0.1 * 16.0 * 1_000.0 + 0.2 * 400.0);
    close(joules(&day, "local_memory"), 0.1 * 16.0 * 1_000.0 + 0.2 * 1_000.0);
    close(none.get("cores.starting.mean"), 0.3);
    close(none.get("cores.busy.mean"), 0.1);
    assert_ne!(none.get("energy.total"), day.get("energy.total"));
    assert_ne!(none.get("cost.provider.used"), day.get("cost.provider.used"));
    for metrics in [&none, &day] {
        assert!(metrics.get("cost.provider.used") < metrics.get("cost.provider"));
    }
}

/// One request of 4 GiB that runs for `length` from the beginning, without a start.
fn one(length: f64, sets: &[&str]) -> Metrics {
    let instant = "LAYOUT.platform.cold_start={ allocate = '0 s', image = '0 B', boot = '0 s', init = '0 s' }";
    let sets = [&ROUND[..], &[instant, "LAYOUT.platform.keep_alive.limit='0 s'"], sets].concat();
    measured("serverless-servers", 1_000.0, &[(0.0, 4_096, length)], &sets)
}

#[test]
fn nodes_are_switched_off_after_a_while() {
    let off = ["LAYOUT.nodes.idle='off-after'", "LAYOUT.nodes.off_after='100 s'", "LAYOUT.nodes.off_power='5 W'"];
    let (on, off) = (one(1.0, &[]), one(1.0, &off));
    // On for the second of the run, and 100 s.
    close(joules(&on, "chassis"), 50.0 * 1_000.0);
    close(joules(&off, "chassis"), 50.0 * 101.0 + 5.0 * 899.0);
    close(joules(&off, "cpu"), 10.0 * 101.0 + 10.0);
    close(joules(&off, "local_memory"), 0.1 * 16.0 * 101.0 + 0.2 * 4.0);
    assert_eq!(on.get("energy.fabric"), off.get("energy.fabric"), "ports stay on");
    assert_eq!(on.get("cost.provider.capex"), off.get("cost.provider.capex"));
}

#[test]
fn pools_are_switched_off_after_a_while() {
    let pool = |sets: &[&str]| {
        let base = [
            "LAYOUT.memory_pools.count=2",
            "LAYOUT.memory_pools.local_share=0.5",
            "LAYOUT.memory_pools.free_power_per_gib='0 W'",
            "LAYOUT.memory_pools.idle_power_per_gib='0 W'",
            "LAYOUT.memory_pools.busy_power_per_gib='0 W'",
            "LAYOUT.memory_pools.controller_power='20 W'",
            "LAYOUT.platform.keep_alive.limit='0 s'",
            ALIKE,
        ];
        measured("disaggregated", 1_000.0, &[(0.0, 4_096, 1.0)], &[&base[..], sets].concat())
    };
    let off = ["LAYOUT.memory_pools.idle='off-after'", "LAYOUT.memory_pools.off_after='100 s'"];
    let (on, off) = (joules(&pool(&[]), "memory_pool"), joules(&pool(&off), "memory_pool"));
    // One holds memory for some four seconds, the other never.
    close(on, 2.0 * 20.0 * 1_000.0);
    assert!((20.0 * 203.0..20.0 * 206.0).contains(&off), "{off}");
}

#[test]
fn what_is_shared_is_accounted_as_far_as_it_is_held() {
    let shared = one(500.0, &["LAYOUT.nodes.idle='shared'"]);
    // One of eight cores for half of the time, and 4 of 16 GiB.
    let (cores, memory) = (0.5 / 8.0, 0.5 / 4.0);
    close(joules(&shared, "cpu"), 10.0 * 1_000.0 * cores + 10.0 * 500.0);
    close(joules(&shared, "local_memory"), 0.3 * 16.0 * 1_000.0 * memory);
    close(joules(&shared, "chassis"), 50.0 * 1_000.0 * memory);
    let alone = one(500.0, &[]);
    assert!(shared.get("cost.provider.capex") < alone.get("cost.provider.capex"));
    assert_eq!(shared.get("purchase_cost"), alone.get("purchase_cost"));
    assert_eq!(shared.get("cost.provider.used"), alone.get("cost.provider.used"));
}

/// A pool as near as the memory of the node, behind a card without latency or bound, is no pool.
#[test]
fn without_latency_and_bounds_remote_memory_is_local() {
    let run = |share: &str| {
        let share = format!("LAYOUT.memory_pools.local_share={share}");
        let sets = [
            ALIKE,
            "LAYOUT.nodes.memory.latency='100 ns'",
            "LAYOUT.memory_pools.latency='100 ns'",
            "LAYOUT.memory_pools.load_curve={ a = '0 ns', b = 0.5 }",
            "LAYOUT.memory_pools.bandwidth='100 Tbit/s'",
            "LAYOUT.nodes.nic.latency='0 ns'",
            "LAYOUT.nodes.nic.rate='100 Tbit/s'",
            "LAYOUT.fabric.port_rate='100 Tbit/s'",
            "LAYOUT.fabric.propagation='0 ns'",
            "LAYOUT.fabric.reconfiguration='0 ns'",
            share.as_str(),
        ];
        measured("disaggregated", 60.0, &[(0.0, 4_096, 10.0)], &sets).get("response.max")
    };
    let local = run("1");
    for share in ["0", "0.3"] {
        assert!((run(share) / local - 1.0).abs() < 1e-4, "{share}: {} for {local}", run(share));
    }
}
