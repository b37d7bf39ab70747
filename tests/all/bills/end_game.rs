//! Garcia Lopez et al., Serverless End Game (2020), section 5.1: a Monte Carlo computation of 48·10⁹ iterations on
//! functions of 1,792 MB and on a virtual machine with as many virtual cores, on demand.
//!
//! At 10 million iterations a second, a virtual core of 0.0425 USD an hour and 1.66667·10⁻⁵ USD a GB-second functions cost
//! 2.4706 times as much for the same time, and 2.0588 times as much where a machine is billed a minute for 50 s. The paper
//! shows "2x".

use super::{close, functions, machines, run};

/// User cost of functions and of machines, for so many of each.
fn costs(workers: u32, seconds: f64) -> [f64; 2] {
    // Function 0 is not called: all workers are warm, alike and start together.
    let requests = vec![(0, 0.0, seconds); workers as usize];
    let price = 0.0425 * f64::from(workers);
    let vm = format!(r#"vm = {{ vcpus = {workers}, price = "{price} USD/h", memory = "192 GiB" }}"#);
    let fleet = r#"fleet = { mode = "fixed", size = 1, headroom = 0.0 }"#;
    // Requests are not in the paper's arithmetic.
    let layouts = [
        functions("endgame2020", workers, r#"prices = { request = "0 USD/M" }"#),
        machines(workers, &format!("{vm}, {fleet}")),
    ];
    let ran = run(&[1_792], &requests, seconds, "", &layouts);
    for layout in ["functions", "machines"] {
        close(ran.value(layout, "response.max"), seconds);
    }
    ["functions", "machines"].map(|layout| ran.value(layout, "cost.user"))
}

#[test]
fn functions_cost_twice_as_much_as_machines_on_demand() {
    // c5.4xlarge, 12xlarge and 24xlarge: 300, 100 and 50 s; the last is billed for 60.
    for (workers, seconds, ratio) in
        [(16, 300.0, 2.470_6), (48, 100.0, 2.470_6), (96, 50.0, 2.058_8), (96, 5.0, 0.205_9)]
    {
        let [of_functions, of_machines] = costs(workers, seconds);
        let got = of_functions / of_machines;
        assert!((got - ratio).abs() < 1e-4, "{workers} workers: {got}");
    }
}

/// The same computation on half the memory: half a core, twice the time, the same bill.
#[test]
fn half_the_memory_is_half_the_core_at_the_same_price() {
    let layout = || [functions("endgame2020", 16, r#"prices = { request = "0 USD/M" }"#)];
    // Measured with the memory of the paper, which buys a core.
    let measured = "cpu = { measured_cores = 1.0 }";
    let whole = run(&[1_792], &[(0, 0.0, 30.0); 16], 100.0, measured, &layout());
    let half = run(&[896], &[(0, 0.0, 30.0); 16], 100.0, measured, &layout());
    close(half.value("functions", "response.max"), 2.0 * whole.value("functions", "response.max"));
    close(half.value("functions", "cost.user"), whole.value("functions", "cost.user"));
    close(half.value("functions", "cores.busy.mean"), whole.value("functions", "cores.busy.mean"));
}
