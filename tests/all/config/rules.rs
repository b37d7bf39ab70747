//! Rules of a serverless platform that cannot be: the whole message that each gets, all at once.

use sdcsim::config::plan;

use super::Case;

/// The valid experiment with these values below the platforms of its layouts: the first has no memory pool.
#[track_caller]
fn check(name: &str, first: &[&str], second: &[&str]) {
    let of = |i: usize, sets: &[&str]| sets.iter().map(|set| format!("layout[{i}].platform.{set}")).collect::<Vec<_>>();
    let sets = [of(0, first), of(1, second)].concat();
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let case = Case::new();
    let loaded = case.load(&sets).unwrap_or_else(|problems| panic!("{name}: {problems}"));
    let Err(problems) = plan::resolve(&loaded) else { panic!("{name}: accepted") };
    insta::assert_snapshot!(name, case.relative(&problems.to_string()));
}

#[test]
fn combinations() {
    let autoscaled = &[
        "scaling.mode=knative",
        "binding=early",
        "queue_limit=0",
        "dispatch.when_busy=both",
        "keep_alive.mode=remote-tier",
    ];
    let gangs = &[
        "dispatch.gangs=true",
        "dispatch.steal=tail",
        "dispatch.when_busy=wait-if-shorter",
        "scaling.concurrency=8",
        "keep_alive.mode=clairvoyant",
        "quotas.retry.attempts=2",
    ];
    check("rules_combined", autoscaled, gangs);
    check(
        "rules_of_gangs",
        &["dispatch.gangs=true", "binding=early", "scaling.mode=hpa", "keep_alive.mode=layered"],
        &["dispatch.gangs=true", "scaling.sandbox_queue=1"],
    );
}

/// Sandboxes in a pool are mapped to serve again: that needs to be said, and is for them alone where nothing else is.
#[test]
fn sandboxes_in_pools_are_mapped() {
    let remote =
        "cold_start.remote={ map_base='1 ms', map_per_mib='0 us', working_set=0.1, fault='1 us', templates='never' }";
    check("rules_of_tiers", &[remote], &["keep_alive.mode=remote-tier"]);
}

#[test]
fn parameters() {
    let keep_alive = &[
        "keep_alive.histogram.bin='0 s'",
        "keep_alive.histogram.head=0.99",
        "keep_alive.predictive.granularity='0 s'",
        "keep_alive.predictive.limit='0 s'",
        "keep_alive.layers.bare_memory=0.6",
        "dispatch.load_age='0 s'",
        "scaling.knative.tick='0 s'",
        "scaling.knative.stable_window='500 ms'",
        "scaling.knative.max_scale_up_rate=1.0",
        "scaling.knative.min_scale=5",
        "scaling.knative.max_scale=4",
        "scaling.hpa.interval='0 s'",
        "scaling.hpa.stabilisation='2 h'",
        "scaling.hpa.min_replicas=9",
        "scaling.hpa.max_replicas=8",
        "quotas.account_concurrency=0",
        "quotas.function_concurrency=0",
        "quotas.burst={ rule = 'account', initial = 0 }",
        "quotas.timeout='0 s'",
        "quotas.queue_timeout='0 s'",
        "quotas.retry={ base = '30 s', max_age = '0 s' }",
    ];
    let others = &[
        "keep_alive.histogram.bin='1 h'",
        "keep_alive.histogram.range='30 min'",
        "scaling.knative.stable_window='5 s'",
        "scaling.knative.max_scale_down_rate=1.0",
        "quotas.burst={ rule = 'function', step = 0, interval = '0 s' }",
        "quotas.retry={ base = '0 s' }",
        "cold_start.boot={ median = '2 s', p99 = '1 s' }",
        "cold_start.control_rate='0 /s'",
    ];
    check("rules_out_of_order", keep_alive, others);
    check("rules_with_many_bins", &["keep_alive.histogram.bin='1 s'"], &[]);
}

#[test]
fn what_is_just_right_is_accepted() {
    let case = Case::new();
    for sets in [
        &["dispatch.gangs=true", "binding=late", "keep_alive.mode=histogram"][..],
        &["dispatch.steal=head", "binding=early", "dispatch.when_busy=both", "scaling.concurrency=8"],
        &["scaling.mode=knative", "scaling.knative.min_scale=4", "scaling.knative.max_scale=4", "binding=late"],
        &["scaling.mode=hpa", "scaling.hpa.min_replicas=8", "scaling.hpa.max_replicas=8", "queue_limit=1"],
        &["keep_alive.histogram.bin='1 s'", "keep_alive.histogram.range='10000 s'", "keep_alive.histogram.head=0.98"],
        &["keep_alive.mode=clairvoyant", "quotas.account_concurrency=1"],
        &["keep_alive.layers={ bare_memory = 0.5, language_memory = 0.5 }", "quotas.retry={ base = '20 s' }"],
    ] {
        let sets = sets.iter().map(|set| format!("layout[0].platform.{set}"));
        // The example compares layouts of unlike size, which is not what is asked here.
        let sets: Vec<String> = sets.chain(["basis='nothing'".to_owned()]).collect();
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let loaded = case.load(&sets).unwrap_or_else(|problems| panic!("{sets:?}: {problems}"));
        plan::resolve(&loaded).unwrap_or_else(|problems| panic!("{sets:?}: {problems}"));
    }
}

/// Keys, each within its range, that together ask for more than there is.
#[test]
fn too_much_together() {
    let case = Case::new();
    let loaded = case.load(&[
        "layout[0].nodes.count=100000",
        "layout[0].platform.placement=bounded-hashing",
        "layout[0].platform.dispatch.ring_points=10000",
        "layout[1].platform.scaling.mode=hpa",
        "layout[1].platform.scaling.hpa.interval='1 ms'",
    ]);
    let problems = plan::resolve(&loaded.unwrap_or_else(|problems| panic!("{problems}"))).unwrap_err().to_string();
    for told in ["1000000000 points on the ring", "300000 decisions are held for every function"] {
        assert!(problems.contains(told), "{problems}");
    }
}
