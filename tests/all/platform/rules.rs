//! The platform's rules one by one, on traces small enough to follow by hand.

use sdcsim::config::plan::{Binding, KeepAliveMode, Placement};
use sdcsim::ids::FunctionId;
use sdcsim::platform::serverless::Shape;
use sdcsim::probe::platform::{PlatformResult, PlatformSpec, run_platform};
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::{Function, Functions, ImportReport, Invocation, Workload};

/// Requests as (arrival in s, function, run time in s); functions have 1 MiB and start at once.
fn serve(spec: &PlatformSpec, requests: &[(u64, u32, u64)]) -> PlatformResult {
    let count = requests.iter().map(|(_, function, _)| function + 1).max().unwrap_or(0);
    let function = |i: u32| Function {
        owner: String::new(),
        app: String::new(),
        name: format!("f{i}"),
        memory: Bytes::from_mib(1),
        cold_start: Some(Span::ZERO),
        own: None,
    };
    let functions: Functions = (0..count).map(function).collect();
    let invocation = |&(at, function, run): &(u64, u32, u64)| Invocation {
        at: Time::ZERO + Span::from_secs(at),
        function: FunctionId::new(function),
        duration: Span::from_secs(run),
    };
    let list = requests.iter().map(invocation).collect();
    let result = run_platform(spec, &Workload::listed(functions, list, ImportReport::default()));
    assert_eq!(result.broken_laws, Vec::<String>::new());
    result
}

fn hosts(count: u32, cores: u32, memory_mib: u64) -> PlatformSpec {
    let mut spec = PlatformSpec::unlimited(Span::from_secs(600));
    spec.shape = Shape::uniform(count, cores, Bytes::from_mib(memory_mib));
    spec
}

/// Mean response in seconds, to a microsecond.
#[track_caller]
fn check(result: &PlatformResult, mean_response_s: f64, cold: u64, queued: u64) {
    assert!((result.mean_response_s - mean_response_s).abs() < 1e-6, "mean {} s", result.mean_response_s);
    assert_eq!((result.cold_starts, result.queued), (cold, queued));
}

#[test]
fn a_core_serves_first_come_first_served() {
    let spec = hosts(1, 1, 64);
    // Responses 10, 19 and 28 s; the sandbox of the first serves the others.
    check(&serve(&spec, &[(0, 0, 10), (1, 0, 10), (2, 0, 10)]), 19.0, 1, 2);
}

#[test]
fn early_binding_waits_where_late_binding_finds_another_host() {
    let requests = [(0, 0, 20), (1, 0, 1), (2, 0, 1)];
    let mut spec = hosts(2, 1, 64);
    spec.rules.placement = Placement::RoundRobin;
    // Early: 20, 1, and 19 s behind the first on host 0.
    check(&serve(&spec, &requests), 40.0 / 3.0, 2, 1);
    spec.rules.binding = Binding::Late;
    check(&serve(&spec, &requests), 22.0 / 3.0, 2, 0);
}

#[test]
fn least_loaded_takes_the_emptier_host_and_first_warm_the_warm_one() {
    // One request is still running on host 0 when the next one arrives.
    let requests = [(0, 0, 1), (2, 0, 10), (4, 0, 1)];
    let mut spec = hosts(2, 4, 64);
    spec.rules.placement = Placement::LeastLoaded;
    // Host 0, host 0 again (warm), then host 1 (cold).
    check(&serve(&spec, &requests), 4.0, 2, 0);
    let apart = [(0, 0, 5), (1, 1, 1), (3, 1, 1)];
    // Function 1 starts on host 1, and later finds its sandbox there, the least loaded too.
    check(&serve(&spec, &apart), 7.0 / 3.0, 2, 0);
    spec.rules.placement = Placement::FirstWarm;
    // The sandbox of function 1 is on host 1; host 0 is free by then, but cold.
    check(&serve(&spec, &[(0, 0, 5), (1, 1, 1), (6, 1, 1)]), 7.0 / 3.0, 2, 0);
}

#[test]
fn a_full_host_evicts_or_waits_for_an_expiry() {
    let requests = [(0, 0, 1), (10, 1, 1), (20, 2, 1)];
    let mut spec = hosts(1, 4, 2);
    // Function 0's sandbox is idle from 1 s and goes just after 601 s: function 2 waits 581 s.
    check(&serve(&spec, &requests), (1.0 + 1.0 + 582.0) / 3.0, 3, 1);
    spec.rules.evict_idle = true;
    // The least recently used one goes at once.
    check(&serve(&spec, &requests), 1.0, 3, 0);
    let again = [(0, 0, 1), (10, 1, 1), (20, 2, 1), (30, 1, 1), (40, 0, 1)];
    // Function 1 is still there at 30 s; at 40 s function 2 is the least recently used.
    check(&serve(&spec, &again), 1.0, 4, 0);
}

#[test]
fn a_head_that_does_not_fit_is_not_overtaken() {
    // Two cores, room for two sandboxes, both busy until 100 s. Function 2 waits; so does function 0 behind it,
    // although it gets an idle sandbox of its own at 50 s.
    let mut spec = hosts(1, 3, 2);
    spec.rules.evict_idle = false;
    let result = serve(&spec, &[(0, 0, 50), (0, 1, 100), (10, 2, 1), (20, 0, 1)]);
    // Function 0's sandbox goes just after 650 s, function 2 runs until 651 s; function 0 needs room again, which the
    // sandbox of function 1, idle since 100 s, makes after 700 s.
    check(&result, (50.0 + 100.0 + 641.0 + 681.0) / 4.0, 4, 2);
}

#[test]
fn a_full_queue_rejects() {
    let mut spec = hosts(1, 1, 64);
    spec.rules.queue_limit = 1;
    let result = serve(&spec, &[(0, 0, 10), (1, 0, 10), (2, 0, 10)]);
    assert_eq!((result.rejected, result.queued), (1, 1));
    check(&result, 14.5, 1, 1);
}

#[test]
fn without_keep_alive_every_request_is_cold() {
    let mut spec = hosts(1, 4, 64);
    spec.rules.keep_alive = KeepAliveMode::None;
    let result = serve(&spec, &[(0, 0, 1), (2, 0, 1), (4, 0, 1)]);
    check(&result, 1.0, 3, 0);
    assert_eq!(result.wasted_memory_mb_s, 0.0);
}
