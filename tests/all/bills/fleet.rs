//! Fleets: how large they are, what their machines hold, how long requests wait and run there, and what is billed.

use super::{Ran, close, functions, machines, run, try_run};

/// USD for an hour of the machine.
const HOUR: f64 = 0.68;

/// So many requests at once, each of ten seconds, on a fleet that is sized for them.
fn sized(requests: usize, platform: &str) -> Ran {
    run(&[128], &vec![(0, 0.0, 10.0); requests], 60.0, "", &[machines(80, platform)])
}

/// Machines of 16 cores: 10 requests with 20 % of headroom need 12, one machine; 14 need 16.8, two.
#[test]
fn headroom_counts_before_machines_are_rounded_up() {
    for (requests, machines) in [(10, 1.0), (13, 1.0), (14, 2.0), (26, 2.0), (27, 3.0)] {
        let ran = sized(requests, "");
        close(ran.value("machines", "cost.user"), machines * 60.0 / 3_600.0 * HOUR);
        close(ran.value("machines", "response.max"), 10.0);
    }
}

/// Machines of 8 GiB, 2 of which are the system's, on which each function's code holds 1 GiB of its 2.
fn of_functions(count: u32, loaded: &str, fleet: &str) -> Ran {
    let platform = format!(
        r#"vm = {{ vcpus = 16, memory = "8 GiB" }}, code = {{ loaded = "{loaded}", memory = "1 GiB" }}, fleet = {{ {fleet} }}"#
    );
    let memory = vec![2_048; count as usize];
    run(&memory, &[(0, 0.0, 10.0); 4], 60.0, "", &[machines(80, &platform)])
}

#[test]
fn code_that_stays_loaded_holds_memory_on_each_machine() {
    let one = r#"mode = "fixed", size = 1"#;
    // Two functions: 4 GiB are left, and each request holds the other GiB of its function.
    close(of_functions(2, "all", one).value("machines", "response.max"), 10.0);
    // Without code that stays a request holds all of its 2 GiB, of 6.
    close(of_functions(2, "on-use", one).value("machines", "response.max"), 20.0);
    // Five leave 1 GiB: one request at a time.
    close(of_functions(5, "all", one).value("machines", "response.max"), 40.0);
    // So the peak needs four machines, where 4 cores need one.
    let peak = of_functions(5, "all", r#"mode = "fixed", size = "peak", headroom = 0.0"#);
    close(peak.value("machines", "response.max"), 10.0);
    close(peak.value("machines", "cost.user"), 4.0 * 60.0 / 3_600.0 * HOUR);
}

#[test]
fn code_that_no_machine_can_hold_is_refused() {
    let layout = machines(80, r#"code = { loaded = "all", memory = "1 GiB" }"#);
    let memory = vec![2_048; 30];
    let said = try_run(&memory, &[(0, 0.0, 1.0)], 60.0, "", &[layout]).err().expect("30 GiB of code in 30 GiB");
    assert!(said.contains("the code of 30 functions holds 30720 MiB of a virtual machine"), "{said}");
}

/// Both sides with room for one request at a time, by memory.
fn one_at_a_time(quotas: &str, lengths: &[f64]) -> Ran {
    let requests: Vec<_> = lengths.iter().map(|length| (0, 0.0, *length)).collect();
    let fleet = r#"vm = { vcpus = 1, memory = "1 GiB", system_memory = "0 B" }, code = { loaded = "on-use" }, fleet = { mode = "fixed", size = 1, headroom = 0.0 }"#;
    let layouts = [
        functions("serverless-aws-like", 4, quotas)
            .replace("nodes = { ", r#"nodes = { memory = { capacity = "1 GiB" }, "#),
        machines(4, &format!("{fleet}, {quotas}")),
    ];
    run(&[1_024], &requests, 60.0, "", &layouts)
}

/// The same limits end the same requests on both sides.
#[test]
fn requests_wait_and_run_no_longer_than_they_may_on_both_sides() {
    for (quotas, lengths, longest, rejected) in [
        ("queue_limit = 100", [10.0, 10.0, 10.0], 30.0, 0.0),
        ("queue_limit = 1", [10.0, 10.0, 10.0], 20.0, 1.0),
        (r#"quotas = { queue_timeout = "15 s" }"#, [10.0, 10.0, 10.0], 20.0, 1.0),
        (r#"quotas = { timeout = "8 s" }"#, [7.0, 10.0, 8.0], 23.0, 1.0),
        (r#"quotas = { timeout = "8 s", queue_timeout = "9 s" }"#, [7.0, 10.0, 8.0], 7.0, 2.0),
    ] {
        let ran = one_at_a_time(quotas, &lengths);
        for layout in ["functions", "machines"] {
            close(ran.value(layout, "response.max"), longest);
            let got = ran.value(layout, "requests.rejected");
            assert!((got - rejected).abs() < 1e-9, "{layout} with {quotas}: {got} rejected");
        }
    }
}

/// Two requests of ten seconds share a core, and would take twenty.
#[test]
fn a_limit_on_run_time_counts_what_sharing_makes_of_it() {
    let platform = |timeout: u32| {
        format!(
            r#"vm = {{ vcpus = 1 }}, fleet = {{ mode = "fixed", size = 1, headroom = 0.0 }}, quotas = {{ timeout = "{timeout} s" }}"#
        )
    };
    let rejected = |timeout| {
        let ran = run(&[128], &[(0, 0.0, 10.0); 2], 60.0, "", &[machines(1, &platform(timeout))]);
        ran.value("machines", "requests.rejected")
    };
    assert_eq!([19, 20, 21].map(rejected), [2.0, 0.0, 0.0]);
}

/// Who asks for what machines do not give is told so, whether a class asks or all do.
#[test]
fn demands_are_refused_where_machines_cannot_give_them() {
    for (workload, words) in [
        // Whoever says no share means all functions.
        ("demands = { accelerators = 1 }", "holds 1 accelerator, and"),
        ("demands = { accelerators = 3, accelerator_share = 0.999 }", "holds 3 accelerators, and"),
        (r#"demands = { bandwidth = "1 Gbit/s" }"#, "holds 1 Gbit/s of bandwidth, and"),
        (
            "[[workload.class]]\nfunctions = { memory_min = \"1 MiB\" }\ndemands = { accelerators = 2, accelerator_share = 1.0 }\n",
            "holds 2 accelerators, and",
        ),
    ] {
        let said = try_run(&[128], &[(0, 0.0, 1.0)], 60.0, workload, &[machines(16, "")]).err();
        let said = said.unwrap_or_else(|| panic!("{workload}: accepted"));
        assert!(said.contains(words) && said.contains("virtual machines have none to give"), "{said}");
    }
}

/// One core for 100 s, aimed at half: a second machine is ordered at the first look, after 10 s, and given up at the first
/// look 30 s after it has not been wanted any more, at 140 s. Its time is billed from the order.
#[test]
fn an_autoscaled_machine_is_billed_from_its_order_until_it_is_given_up() {
    let platform = r#"vm = { vcpus = 1, minimum_billed = "1 s" }, fleet = { mode = "autoscaled", minimum = 1, maximum = 4, target = 0.5, interval = "10 s", boot_delay = "20 s", cooldown = "30 s" }"#;
    let layout = machines(4, platform).replace("platforms/vm-fixed", "platforms/vm-autoscaled");
    let ran = run(&[128], &[(0, 0.0, 100.0)], 300.0, "", &[layout]);
    close(ran.value("machines", "cost.user"), (300.0 + 130.0) / 3_600.0 * HOUR);
}
