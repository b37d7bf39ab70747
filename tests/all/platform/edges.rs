//! Where rules meet: cases that once went wrong, each as small as it can be.

use sdcsim::config::plan::{Binding, Burst, FunctionBurst, KeepAliveMode, ScalingMode};
use sdcsim::ids::FunctionId;
use sdcsim::probe::platform::{PlatformResult, PlatformSpec, run_platform};
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::{Function, Functions, ImportReport, Invocation, Workload};

/// Requests as (arrival in ms, function, run time in ms); functions of 100 MiB with these cold starts in ms.
fn serve(spec: &PlatformSpec, cold_starts: &[u64], requests: &[(u64, u32, u64)]) -> PlatformResult {
    let function = |(i, cold): (usize, &u64)| Function {
        owner: String::new(),
        app: String::new(),
        name: format!("f{i}"),
        memory: Bytes::from_mib(100),
        cold_start: Some(Span::from_ms(*cold)),
        own: None,
    };
    let functions: Functions = cold_starts.iter().enumerate().map(function).collect();
    let invocation = |&(at, function, run): &(u64, u32, u64)| Invocation {
        at: Time::ZERO + Span::from_ms(at),
        function: FunctionId::new(function),
        duration: Span::from_ms(run),
    };
    let list = requests.iter().map(invocation).collect();
    let result = run_platform(spec, &Workload::listed(functions, list, ImportReport::default()));
    assert_eq!(result.broken_laws, Vec::<String>::new());
    result
}

fn late(mode: KeepAliveMode) -> PlatformSpec {
    let mut spec = PlatformSpec::unlimited(Span::from_secs(600));
    (spec.rules.keep_alive, spec.rules.binding) = (mode, Binding::Late);
    spec
}

/// Idle times of 11 s in bins of 1 s: a sandbox comes at 9.9 s and stays until 13.2 s, but takes 5 s to start. It goes, and
/// is not retried for ever.
#[test]
fn a_pre_warm_that_takes_longer_than_it_is_kept_comes_once() {
    let mut spec = late(KeepAliveMode::Histogram);
    (spec.rules.histogram.bin, spec.rules.histogram.range) = (Span::from_secs(1), Span::from_secs(60));
    // Runs of 1 s; the second request finds the sandbox of the first.
    let result = serve(&spec, &[5_000], &[(0, 0, 1_000), (17_000, 0, 1_000), (29_000, 0, 1_000)]);
    // After 17 s and after 29 s; the first of them is still starting at 29 s.
    assert_eq!(result.prewarms, 2);
}

/// The third request is throttled; the fourth is 3 s after the end of the first two, and both are kept for the next two.
#[test]
fn the_oracle_counts_arrivals_that_are_throttled() {
    let mut spec = late(KeepAliveMode::Clairvoyant);
    spec.rules.keep_alive_limit = Span::from_secs(4);
    spec.rules.quotas.account_concurrency = Some(2);
    let requests = [(0, 0, 1_000), (0, 0, 1_000), (500, 0, 1_000), (4_000, 0, 1_000), (4_000, 0, 1_000)];
    let result = serve(&spec, &[0], &requests);
    assert_eq!((result.rejected, result.cold_starts), (1, 2));
    // Each is idle from 1 s to 4 s, and goes at once when it has served again.
    assert!((result.wasted_memory_mb_s - 600.0).abs() < 1e-6, "{}", result.wasted_memory_mb_s);
}

/// Two cores, one of them busy for 5 s: a gang of two waits for 1 s and abandons the queue, and no member starts alone when the other
/// has left.
#[test]
fn a_gang_gives_up_as_a_whole() {
    let mut spec = late(KeepAliveMode::Fixed);
    spec.shape.groups[0].cores = 2;
    spec.rules.dispatch.gangs = true;
    spec.rules.quotas.queue_timeout = Some(Span::from_secs(1));
    let result = serve(&spec, &[0, 0], &[(0, 0, 5_000), (1_000, 1, 100), (1_000, 1, 100), (3_000, 0, 100)]);
    // One core is free all the time, and the last request finds it.
    assert_eq!((result.rejected, result.rejected_by_reason["waited too long"]), (2, 2));
    assert_eq!(result.starts["warm"] + result.starts["nothing"], 2);
}

/// One core. Function 1 has a sandbox that is ready and a request that waits for the core: it starts when function 0 gives
/// the core back.
#[test]
fn autoscaled_functions_give_cores_to_each_other() {
    let mut spec = late(KeepAliveMode::Forever);
    spec.shape.groups[0].cores = 1;
    spec.rules.scaling.mode = ScalingMode::Hpa;
    let result = serve(&spec, &[0, 0], &[(0, 1, 100), (1_000, 0, 3_000), (2_000, 1, 100)]);
    assert_eq!(result.running, 0);
    // 0.1 s, 3 s, and 2 s of waiting with 0.1 s.
    assert!((result.mean_response_s - (0.1 + 3.0 + 2.1) / 3.0).abs() < 1e-9, "{}", result.mean_response_s);
}

/// A host with room for one of two functions that want a sandbox each for ever: the run ends all the same.
#[test]
fn an_autoscaler_without_room_comes_to_rest() {
    let mut spec = late(KeepAliveMode::Forever);
    spec.shape.groups[0].memory = Bytes::from_mib(100);
    spec.rules.scaling.mode = ScalingMode::Knative;
    (spec.rules.scaling.knative.min_scale, spec.rules.scaling.knative.target_utilisation) = (1, 1.0);
    spec.rules.quotas.queue_timeout = Some(Span::from_secs(10));
    let result = serve(&spec, &[0, 0], &[(0, 0, 100), (1_000, 1, 100)]);
    assert_eq!(result.rejected_by_reason["waited too long"], 1);
    // 100 MiB from 0 s on, idle or not, for less than ten minutes.
    assert!(result.wasted_memory_mb_s < 60_000.0, "{}", result.wasted_memory_mb_s);
}

/// A token a second, and at most one: half a second and 899 ms are too early.
#[test]
fn a_burst_is_a_rate() {
    let mut spec = late(KeepAliveMode::None);
    spec.rules.quotas.burst = Burst::Function(FunctionBurst { step: 1, interval: Span::from_secs(1) });
    let requests = [(0, 0, 10), (500, 0, 10), (1_001, 0, 10), (1_900, 0, 10), (2_002, 0, 10)];
    assert_eq!(serve(&spec, &[0], &requests).rejected_by_reason["throttled"], 2);
}
