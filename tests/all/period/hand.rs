//! Response, bill and energy of one function on each layout equal a written sum, and an idle day costs idle power × 24 h × PUE.

use super::{Requests, close, run};

/// Idle power of the server with its port, and of the storage node with its own, in watts.
const IDLE: f64 = (100.0 + 0.1 * 100.0 + 5.0 + 4.0 + 31.0 + 20.0) + (200.0 + 20.0);
const DAY: f64 = 86_400.0;

#[test]
fn an_idle_day_costs_idle_power_all_day() {
    let tiny: Requests = vec![(43_200.0, 0.001)];
    let ran = run(&tiny, DAY as u64, &[]);
    for layout in ["machines", "functions"] {
        assert_eq!(ran.value(layout, "period"), DAY);
        // One core of ten is busy for a millisecond.
        let kwh = (IDLE * DAY + 200.0 / 10.0 * 0.001) / 3.6e6;
        close(ran.value(layout, "energy.total"), kwh);
        close(ran.value(layout, "cost.provider.electricity"), kwh * 1.25 * 0.2);
        close(ran.value(layout, "energy_per_request"), kwh * 3.6e6);
    }
    close(ran.value("machines", "cost.user"), 24.0 * 0.36);
    close(ran.value("functions", "cost.user"), 0.001 * 2e-5 + 0.2e-6);
}

#[test]
fn one_function_on_each_layout() {
    let ran = run(&vec![(10.0, 2.0)], 60, &[]);
    for (layout, dispatch) in [("machines", 0.001), ("functions", 0.018)] {
        let network: f64 = ran
            .0
            .breakdown
            .iter()
            .filter(|row| row.layout == layout && row.component == "network")
            .map(|row| row.mean_s)
            .sum();
        // Two messages without bytes: both ends and the way, some microseconds.
        assert!((0.0..20e-6).contains(&network), "{network}");
        close(ran.value(layout, "response.mean"), dispatch + 2.0 + network);
        close(ran.value(layout, "energy.total"), (IDLE * 60.0 + 200.0 / 10.0 * 2.0) / 3.6e6);
    }
    close(ran.value("machines", "cost.user"), 60.0 / 3_600.0 * 0.36);
    close(ran.value("functions", "cost.user"), 2.0 * 2e-5 + 0.2e-6);
}

/// One request of 2 s and 1 GiB to a package whose memory is a quarter its own and for the rest in a pool.
#[test]
fn one_function_on_hardware_taken_apart() {
    let sets = [
        "workload.io={ request = '1 kB', response = '4 kB' }",
        "workload.profile={ memory_stall = 0.3, reference_latency = '100 ns', parallelism = 4.0, access = '64 B', write_share = \
         0.25, miss_scale = 0.5, miss_shape = 2.0 }",
        "layout[2].platform.keep_alive.limit='0 s'",
    ];
    let ran = run(&vec![(10.0, 2.0)], 60, &sets);
    // The circuit is set up, and each message passes both interfaces and the fibre: 100 + 2 * 20 + 50 ns, and its bits at 200 Gbit/s.
    let message = |bytes: f64| 190e-9 + bytes * 8.0 / 200e9;
    // exp(-(0.25 / 0.5)^2) of the waits are for the pool. A wait there is the way to it and back with a line of 64 B, and 200 ns; or
    // as long as its 4 accesses of 64 B and a quarter of them written take: the norm of both by the fourth power.
    let missed = libm::exp(-0.25);
    let (latency, moved) = (200e-9 + 2.0 * 90e-9 + 64.0 * 8.0 / 200e9, 4.0 * 64.0 * 1.25);
    let wait = libm::pow(libm::pow(latency, 4.0) + libm::pow(moved * 8.0 / 200e9, 4.0), 0.25);
    let waits = 2.0 * 0.3 / 100e-9;
    let length = 2.0 * 0.7 / 1.25 + waits * (1.0 - missed) * 150e-9 + waits * missed * wait;
    // The set-up of the circuit to the pool comes before.
    let response = 0.018 + message(1e3) + 100e-9 + length + message(4e3);
    let got = ran.value("pooled", "response.mean");
    assert!((got - response).abs() < 1e-9, "{got} for {response}");
    // Billed by the millisecond, for 1 GiB.
    let billed = ((length + 100e-9) * 1e3).ceil() / 1e3;
    close(ran.value("pooled", "cost.user"), billed * 2e-5 + 0.2e-6);
    // Package, interface and case; 20 and 80 GiB that are free; the pool's controller; storage; three ports.
    let idle = (80.0 + 6.0 + 10.0) + (0.2 * 20.0 + 0.1 * 80.0) + 25.0 + 200.0 + 3.0 * 3.0;
    // Of a core from the decision on, of 0.25 and 0.75 GiB as long as they are held, and of all bits over the fabric.
    let run = length + 100e-9;
    let bits = 8.0 * (1e3 + 4e3 + waits * missed * moved);
    let joules = idle * 60.0 + 10.0 * run + (0.3 * 0.25 + 0.3 * 0.75) * run + 5e-12 * bits;
    close(ran.value("pooled", "energy.total"), joules / 3.6e6);
    let electricity = joules / 3.6e6 * 1.25 * 0.2;
    let hardware = 800.0 + 200.0 + 200.0 + 400.0 + (80.0 * 4.0 + 600.0) + 3_000.0 + 3.0 * 300.0;
    close(ran.value("pooled", "purchase_cost"), hardware);
    close(ran.value("pooled", "cost.provider"), electricity + hardware * 60.0 / (5.0 * 365.0 * DAY));
}
