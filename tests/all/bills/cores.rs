//! Cores that follow memory: who runs at once, for how long, and for how much.

use super::{close, functions, machines, run, run_with, try_run};

/// USD for a GiB-second on AWS, December 2020.
const GIB_SECOND: f64 = 1.666_67e-5;
/// USD for a request.
const REQUEST: f64 = 0.2e-6;

/// A core is billed as the memory that buys it on AWS, 1,769 MB, to whoever has one alone; what is larger, as it is.
#[test]
fn a_whole_core_is_paid_for_with_the_memory_that_buys_one() {
    let requests = [(0, 0.0, 2.0), (1, 0.0, 3.0), (0, 10.0, 5.0)];
    let ran = run(&[128, 3_000], &requests, 60.0, "", &[functions("serverless-aws-like", 4, "")]);
    let gib = (7.0 * 1_769.0 + 3.0 * 3_000.0) / 1_024.0;
    close(ran.value("functions", "cost.user"), gib * GIB_SECOND + 3.0 * REQUEST);
    close(ran.value("functions", "response.max"), 5.0);
    // Who shares the cores buys none, and pays for memory alone.
    let shared = run(&[128, 3_000], &requests, 60.0, "", &[functions("serverless-aws-like", 4, r#"cpu = "shared""#)]);
    let gib = (7.0 * 128.0 + 3.0 * 3_000.0) / 1_024.0;
    close(shared.value("functions", "cost.user"), gib * GIB_SECOND + 3.0 * REQUEST);
    // On the consumption plan of Azure a core comes with any memory: steps of 128 MB.
    let azure = run(&[128, 3_000], &requests, 60.0, "", &[functions("azure2021", 4, "")]);
    close(azure.value("functions", "cost.user"), (7.0 * 128.0 + 3.0 * 3_072.0) / 1_024.0 * 1.6e-5 + 3.0 * REQUEST);
}

/// A trace that was measured with a core.
const ONE_CORE: &str = "cpu = { measured_cores = 1.0 }";

/// On AWS 1,769 MB are one virtual core: 128 MB have 128/1,769 of one. On one core, 13 such requests run at once, and the
/// 14th waits for the first to end; each takes 13.82 times as long as on a whole core.
#[test]
fn shares_of_a_core_run_side_by_side_and_longer() {
    let slower = 1_769.0 / 128.0;
    let requests = vec![(0, 0.0, 1.0); 14];
    let ran = run(&[128], &requests, 100.0, ONE_CORE, &[functions("aws2021", 1, "")]);
    close(ran.value("functions", "response.max"), 2.0 * slower);
    close(ran.value("functions", "response.mean"), 15.0 / 14.0 * slower);
    // Billed for 128 MB, up to whole milliseconds.
    let seconds = 14.0 * (slower * 1_000.0_f64).ceil() / 1_000.0;
    close(ran.value("functions", "cost.user"), seconds * 0.125 * GIB_SECOND + 14.0 * REQUEST);
    // 14 core-seconds of work in 100 s, to the millionth of a core that a share is rounded to.
    let busy = ran.value("functions", "cores.busy.mean");
    assert!((busy - 0.14).abs() < 0.14 * 2e-5, "{busy}");
    assert_eq!(busy, ran.value("functions", "cores.allocated.mean"));
}

/// 5,307 MB are three cores: two such functions do not fit on five. What is parallel of the computing takes a third of its
/// time.
#[test]
fn several_cores_shorten_what_is_parallel() {
    let requests = [(0, 0.0, 9.0), (0, 0.0, 9.0), (1, 50.0, 1.0)];
    for (workload, run_s, busy) in [
        (ONE_CORE, 3.0, 3.0),
        ("cpu = { measured_cores = 1.0, parallel_share = 0.5 }", 6.0, 1.5),
        ("cpu = { measured_cores = 1.0, parallel_share = 0.0 }", 9.0, 1.0),
        ("cpu = { measured_cores = 3.0 }", 9.0, 3.0),
    ] {
        let ran = run(&[5_307, 1_769], &requests, 100.0, workload, &[functions("aws2021", 5, "")]);
        close(ran.value("functions", "response.max"), 2.0 * run_s);
        let small = if workload.contains("3.0") { 3.0 } else { 1.0 };
        close(ran.value("functions", "response.mean"), (3.0 * run_s + small) / 3.0);
        let used = ran.value("functions", "cores.busy.mean");
        assert!((used * 100.0 - (2.0 * run_s * busy + small)).abs() < 1e-4, "{workload}: {used}");
    }
}

/// A trace that was measured with half a core takes half as long on a whole one; a class may say otherwise.
#[test]
fn the_trace_says_with_which_cores_it_was_measured() {
    let requests = [(0, 0.0, 4.0), (1, 0.0, 4.0)];
    let workload = r#"cpu = { measured_cores = 0.5 }
[[workload.class]]
functions = { memory_min = "1 GiB" }
cpu = { measured_cores = 2.0 }
"#;
    let layouts = [functions("serverless-aws-like", 4, ""), machines(16, "")];
    let ran = run(&[128, 2_048], &requests, 60.0, workload, &layouts);
    for layout in ["functions", "machines"] {
        close(ran.value(layout, "response.max"), 8.0);
        close(ran.value(layout, "response.mean"), 5.0);
    }
}

/// A trace that does not say how it was measured runs as long as it says, whatever share of the cores requests hold: 13 of 14
/// requests at once, the last behind them. By Little's law 14 requests of 1 s, one of which waits for 1 s, are 15 s over two.
#[test]
fn what_was_measured_nobody_knows_how_runs_as_traced() {
    let requests = vec![(0, 0.0, 1.0); 14];
    let layouts = [functions("aws2021", 1, ""), machines(16, "")];
    let ran = run(&[128], &requests, 2.0, "", &layouts);
    close(ran.value("functions", "response.max"), 2.0);
    close(ran.value("functions", "concurrency.mean"), 7.5);
    close(ran.value("machines", "response.max"), 1.0);
    let seconds = 14.0;
    close(ran.value("functions", "cost.user"), seconds * 0.125 * GIB_SECOND + 14.0 * REQUEST);
    // To the millionth of a core that a share is rounded to.
    let busy = ran.value("functions", "cores.busy.mean");
    assert!((busy - 7.0 * 128.0 / 1_769.0).abs() < 14e-6, "{busy}");
}

/// What `about.csv` says of the whole trace, the experiment may say otherwise.
#[test]
fn the_trace_says_it_of_all_functions_and_the_experiment_goes_before() {
    for (workload, run_s) in [("", 2.0 * 1_769.0 / 128.0), ("cpu = { measured_cores = 2.0 }", 4.0 * 1_769.0 / 128.0)] {
        let about = "measured_cores,1\n";
        let ran = run_with(&[128], &[(0, 0.0, 2.0)], (100.0, about), workload, &[functions("aws2021", 1, "")]);
        close(ran.unwrap().value("functions", "response.max"), run_s);
    }
    let wrong = run_with(&[128], &[(0, 0.0, 2.0)], (100.0, "measured_cores,0\n"), "", &[functions("aws2021", 1, "")]);
    let told = wrong.err().unwrap();
    assert!(told.contains("about.csv:3") && told.contains("write cores from 0.001 to 1000"), "{told}");
}

/// Google, first generation: 300 MB are billed as 512, with a third of a core.
#[test]
fn tiers_say_the_cores() {
    let ran = run(&[300], &[(0, 0.0, 1.0)], 60.0, ONE_CORE, &[functions("gcf2021", 1, "")]);
    close(ran.value("functions", "response.max"), 1.0 / 0.333);
    let billed = 3.1;
    close(ran.value("functions", "cost.user"), billed * (0.5 * 2.5e-6 + 0.8 * 1e-5) + 0.4e-6);
}

/// What is wrong with cores is said with the key, the value and what to write instead.
#[test]
fn wrong_cores_are_refused() {
    let refused = |cores: &str, platform: &str| {
        let platform = format!("cores = {{ {cores} }}, {platform}");
        let layout = functions("serverless-aws-like", 4, &platform);
        try_run(&[8_000], &[(0, 0.0, 1.0)], 60.0, "", &[layout]).err().unwrap_or_else(|| panic!("{cores}: accepted"))
    };
    for (cores, platform, words) in [
        (r#"rule = "by-memory""#, r#"cpu = "shared""#, "with cpu = \"shared\" requests hold nothing of the cores"),
        (r#"rule = "by-memory", memory_per_core = "0 B""#, "", "any memory would buy cores without end"),
        (r#"rule = "tiers""#, "", "there are none"),
        (
            r#"rule = "tiers", tiers = [{ memory = "1 GiB", cores = 1.0 }, { memory = "512 MiB", cores = 2.0 }]"#,
            "",
            "each tier has more memory than the one before",
        ),
        (r#"rule = "by-memory", maximum = 0.0"#, "", "maximum"),
        (
            r#"rule = "by-memory", memory_per_core = "1 GiB", maximum = 8.0"#,
            "",
            "holds 7.812 cores, and a node that it may run on has 4",
        ),
    ] {
        let said = refused(cores, platform);
        assert!(said.contains(words), "{cores}: {said}");
    }
}
