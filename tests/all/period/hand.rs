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
