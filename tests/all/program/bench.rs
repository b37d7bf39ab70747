//! `sdcsim bench`: what is simulated does not depend on the machine, and wrong sizes are refused.

use serde_json::Value;

use super::{sdcsim, text};

fn measured(args: &[&str]) -> Value {
    let output = sdcsim(&[&["bench"], args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn holding_keeps_one_order_and_tells_its_cost() {
    for mix in ["exponential", "near-far", "ties", "timeouts"] {
        let args = ["hold", "--pending", "2000", "--events", "20000", "--mix", mix];
        let (one, two) = (measured(&args), measured(&args));
        assert_eq!(one["checksum"], two["checksum"], "{mix}");
        assert!(one["ns_per_event"].as_f64().unwrap() > 0.0, "{mix}");
        assert_eq!((&one["pending"], &one["events"]), (&Value::from(2000), &Value::from(20000)));
    }
}

#[test]
fn a_replay_is_the_same_each_time() {
    let args = ["replay", "--invocations", "20000", "--functions", "100", "--hosts", "12"];
    let in_turn = measured(&args);
    let by_load = measured(&[&args[..], &["--placement", "least-loaded"]].concat());
    assert_eq!(in_turn["event_hash"], measured(&args)["event_hash"]);
    assert_ne!(in_turn["event_hash"], by_load["event_hash"]);
    for result in [in_turn, by_load] {
        // An arrival and a completion for each, and the start of a sandbox for some.
        let cold = result["cold_starts"].as_u64().unwrap();
        assert_eq!(result["events"].as_u64().unwrap(), 40_000 + cold);
        assert!((100..=20_000).contains(&cold), "{cold}");
        // 600 ms, log-normal with a standard deviation of 1 in the logarithm: 989 ms, and cold starts of 500 ms.
        let expected = 0.6 * libm::exp(0.5) + 0.5 * cold as f64 / 20_000.0;
        let mean = result["mean_response_s"].as_f64().unwrap();
        assert!((mean / expected - 1.0).abs() < 0.05, "{mean} against {expected}");
        for figure in ["invocations_per_cpu_s", "events_per_cpu_s", "real_time_factor"] {
            assert!(result[figure].as_f64().unwrap() > 0.0, "{figure}");
        }
    }
}

#[test]
fn a_replay_with_policies() {
    let args = ["replay", "--invocations", "20000", "--functions", "100", "--hosts", "12"];
    let cold = |result: &Value| result["cold_starts"].as_u64().unwrap();
    let fixed = measured(&args);
    // At ten a second the replay is longer than sandboxes are kept.
    let by_mode = |mode| measured(&[&args[..], &["--rate", "10", "--keep-alive-mode", mode]].concat());
    for mode in ["histogram", "predictive"] {
        let (kept, other) = (by_mode("fixed"), by_mode(mode));
        assert_eq!(other["keep_alive_mode"], Value::from(mode));
        assert_ne!(other["event_hash"], kept["event_hash"], "{mode}");
    }
    // Twelve hosts of 64 GiB: enough for what runs, not for what could be kept.
    for policy in ["lru", "lfu", "size", "greedy-dual", "landlord"] {
        let short = measured(&[&args[..], &["--host-memory", "64 GiB", "--eviction", policy]].concat());
        let evicted = short["evictions"].as_u64().unwrap();
        assert!(evicted > 0 && cold(&short) > cold(&fixed) && evicted <= cold(&short), "{policy}: {evicted} evicted");
    }
    assert_eq!(fixed["evictions"], Value::from(0));
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let refused = |args: &[&str]| {
        let output = sdcsim(&[&["bench"], args].concat());
        assert!(!output.status.success(), "{args:?}");
        text(&output.stderr)
    };
    let lists = refused(&["replay", "--functions", "1000000", "--hosts", "1000"]);
    assert!(lists.contains("use fewer functions or hosts"), "{lists}");
    let long = refused(&["replay", "--invocations", "1000000", "--rate", "0.001"]);
    assert!(long.contains("--rate"), "{long}");
    let small = refused(&["replay", "--host-memory", "1 GB"]);
    assert!(small.contains("--host-memory"), "{small}");
    let none = refused(&["hold", "--pending", "0"]);
    assert!(none.contains("--pending"), "{none}");
}
