//! Sizes and numbers of ticks: every key that is a number either sets none, or has a bound.

use std::collections::BTreeSet;
use std::fs;

use sdcsim::config::load;
use sdcsim::config::raw::Experiment;
use sdcsim::experiment::prepare;

use super::Case;

/// Keys that enter sums and products of results, times and money, and set no size: however large or small, no loop or list is
/// longer for it, apart from requests that take longer.
const VALUES: &[(&str, &str)] = &[
    ("Experiment", "seed basis_tolerance"),
    ("WorkloadSource", "default_duration default_memory memory diurnal longest"),
    ("Select", "start length function_share request_share"),
    ("Profile", "memory_stall reference_latency parallelism access write_share miss_scale miss_shape"),
    ("NamedProfile", "share memory_stall reference_latency parallelism access write_share miss_scale miss_shape"),
    ("Parallelism", "parallel_share measured_cores"),
    ("Selector", "memory_min memory_max"),
    ("ClassProfile", "memory_stall reference_latency parallelism access write_share miss_scale miss_shape"),
    ("ClassParallelism", "parallel_share measured_cores"),
    ("ClassDemands", "bandwidth accelerator_share accelerators"),
    ("Demands", "bandwidth accelerator_share accelerators"),
    ("Platform", "dispatch_delay start_cores"),
    ("Dispatch", "load_bound rack_nodes wait_factor"),
    ("Cores", "memory_per_core maximum"),
    ("CoreTier", "memory cores"),
    ("Knative", "panic_threshold target_utilisation target_burst_capacity scale_to_zero_grace"),
    ("Knative", "max_scale_up_rate max_scale_down_rate max_scale"),
    ("Hpa", "target tolerance max_replicas"),
    ("Quotas", "account_concurrency function_concurrency timeout queue_timeout"),
    ("Burst", "initial per_minute step interval"),
    ("Retry", "base factor max_delay max_age"),
    ("KeepAlive", "limit"),
    ("HistogramRule", "head tail margin cv_threshold out_of_range_share few forecast_margin"),
    ("PredictiveRule", "mean_weight deviation_weight deviations granularity limit few"),
    ("Layers", "language_limit bare_limit language_memory bare_memory"),
    ("Tier", "limit"),
    ("ColdStart", "allocate boot init boot_cpu init_cpu runtime_share control_rate"),
    ("LogNormalDelay", "median p99"),
    ("Snapshot", "restore size working_set fault prefetch rate"),
    ("RemoteStart", "map_base map_per_mib prepare_base prepare_per_mib size working_set fault prefetch overlap"),
    ("FunctionPrices", "memory request quantum minimum_time minimum_memory memory_step clock"),
    ("PriceTier", "memory clock"),
    ("IdlePrice", "price"),
    ("Vm", "memory system_memory price minimum_billed quantum"),
    ("Fleet", "target boot_delay cooldown"),
    ("Code", "memory"),
    ("FleetQuotas", "queue_timeout timeout"),
    ("Nodes", "accelerators local_share local_share_min off_after off_power"),
    ("Nodes", "chassis_idle_power chassis_busy_power chassis_price"),
    ("Cpu", "speed smt_throughput idle_power busy_power power_curve price"),
    ("ByBasis", "list volume"),
    ("Memory", "capacity latency free_power_per_gib idle_power_per_gib busy_power_per_gib price_per_gib"),
    ("Nic", "rate latency ports idle_power busy_power price"),
    ("Disk", "capacity power price"),
    ("MemoryPools", "capacity local_share local_share_min latency bandwidth off_after off_power free_power_per_gib"),
    ("MemoryPools", "idle_power_per_gib busy_power_per_gib controller_power price_per_gib controller_price"),
    ("LoadCurve", "a b"),
    ("StoragePool", "latency bandwidth idle_power busy_power price"),
    (
        "Fabric",
        "switch_latency propagation port_rate port_power port_price ports_per_device reconfiguration energy_per_bit",
    ),
    ("Site", "pue electricity hardware_life"),
    ("Measure", "from to warm_up"),
];

/// Keys that set a size or a number of ticks, and what bounds them. Where that is a range of the key alone, what it sets is small
/// at its end; where it is a product, a case below shows the message.
const BOUNDED: &[(&str, &str, &str)] = &[
    ("Experiment", "replications", "runs: times layouts, and times bins of the series"),
    ("WorkloadSource", "functions", "its range; times nodes, groups, windows, histograms and standing sandboxes"),
    (
        "WorkloadSource",
        "length",
        "the longest trace; over the bins of the series and the ticks of autoscalers and fleets",
    ),
    ("WorkloadSource", "rate_scale", "its range, and limits.events"),
    ("Select", "rate_scale repeat", "the longest list, the most of a minute and the longest trace"),
    ("ClassInputOutput", "request response read write", "the largest transfer"),
    ("InputOutput", "request response read write", "the largest transfer"),
    ("Platform", "queue_limit", "the requests of the trace, each of which waits once"),
    ("Dispatch", "choices", "its range"),
    ("Dispatch", "ring_points", "times nodes"),
    ("Dispatch", "load_age", "the requests of the trace: loads are told at the first one after it"),
    ("Scaling", "concurrency sandbox_queue", "their ranges, and the requests of the trace"),
    ("Knative", "tick stable_window panic_window min_scale", "times functions; the window an hour, of seconds"),
    ("Hpa", "interval stabilisation min_replicas", "times functions; 10,000 decisions in an hour at most"),
    ("Retry", "attempts", "its range, times the requests of the trace"),
    ("HistogramRule", "range bin", "10,000 bins at most, and times functions"),
    ("Layers", "languages", "its range"),
    ("ColdStart", "image image_cache", "the largest transfer; no more images than functions on a node"),
    ("Snapshot", "page", "the largest page; pages are not followed one by one"),
    ("RemoteStart", "page", "the largest page; pages are not followed one by one"),
    ("Vm", "vcpus", "machines on all nodes"),
    ("Fleet", "size minimum", "machines on all nodes"),
    ("Fleet", "headroom maximum", "requests at a time of the trace, and machines on all nodes"),
    ("Fleet", "interval", "over the length of the run"),
    ("Nodes", "count", "all groups together; times pools, functions, points on a ring, machines"),
    ("Nodes", "packages", "its range: cores are counted, not listed"),
    ("Cpu", "cores", "its range: cores are counted, not listed; machines on all nodes"),
    ("MemoryPools", "count", "times nodes"),
    ("StoragePool", "count", "all groups together"),
    ("Limits", "drain", "over the ticks of fleets"),
    ("Limits", "events points unpacked", "are bounds themselves"),
    ("Outputs", "series_interval", "bins, times runs"),
    ("Sweep", "points", "its range, and limits.points"),
];

/// Every key of the reference that takes a number or a quantity, as `Type.key`.
fn numeric_keys() -> BTreeSet<String> {
    let text = fs::read_to_string(super::documents::root().join("docs/config-reference.md")).expect("the reference");
    let (mut found, mut of) = (BTreeSet::new(), String::new());
    let numeric = |kind: &str| {
        let words = ["text", "true or false", "table", "any value", "array of text", "array of any", "array of ["];
        let tables =
            kind.starts_with('[') && !["[Delay]", "[Price]", "[FleetSize]"].iter().any(|name| kind.contains(name));
        !tables && !words.iter().any(|word| kind.starts_with(word))
    };
    for line in text.lines() {
        if let Some(title) = line.strip_prefix('#') {
            title.trim_start_matches('#').split_whitespace().next().unwrap_or_default().clone_into(&mut of);
        }
        let mut cells = line.strip_prefix("| `").into_iter().flat_map(|rest| rest.split(" | "));
        if let (Some(key), Some(kind), Some(_)) = (cells.next(), cells.next(), cells.next())
            && numeric(kind)
        {
            found.insert(format!("{of}.{}", key.trim_end_matches('`')));
        }
    }
    found
}

#[test]
fn every_number_sets_no_size_or_has_a_bound() {
    let names = |of: &str, keys: &str| keys.split(' ').map(|key| format!("{of}.{key}")).collect::<Vec<_>>();
    let values: Vec<String> = VALUES.iter().flat_map(|(of, keys)| names(of, keys)).collect();
    let bounded: Vec<String> = BOUNDED.iter().flat_map(|(of, keys, _)| names(of, keys)).collect();
    let known: BTreeSet<String> = values.iter().chain(&bounded).cloned().collect();
    assert_eq!(known.len(), values.len() + bounded.len(), "a key is listed twice");
    assert_eq!(numeric_keys(), known);
}

/// The experiment that these cases change: two serverless layouts, the first without pools.
fn told(sets: &[&str]) -> String {
    let case = Case::new();
    let small = ["workload.source={ kind = 'generated', functions = 30000, length = '10 min' }", "basis='nothing'"];
    let loaded = case.load(&[&small, sets].concat()).unwrap_or_else(|problems| panic!("{sets:?}: {problems}"));
    prepare(&loaded).err().map_or_else(String::new, |problems| problems.to_string())
}

/// The same of a fleet of machines.
fn told_of_fleet(sets: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("fleet.toml");
    let text = "name = 'fleet'\nquestion = 'How many?'\nbasis = 'nothing'\n[workload]\nsource = { kind = 'generated', functions = 10, length = '10 min' }\n[[layout]]\nextends = 'sdcsim:layouts/serverful-autoscaled.toml'\n";
    fs::write(&file, text).expect("a file");
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let loaded = load::<Experiment>(&file, &sets).unwrap_or_else(|problems| panic!("{sets:?}: {problems}"));
    prepare(&loaded).err().map_or_else(String::new, |problems| problems.to_string())
}

/// What asks for more than fits together, each key within its range; and what the message says: both keys, the value, and what to
/// do. The experiment has 30,000 functions.
const TOO_MUCH: &[(&[&str], &[&str])] = &[
    (
        &["replications=10000", "outputs.series_interval='1 s'"],
        &["outputs.series_interval: 1 s cuts 10 min into 600 bins", "replications = 10000", "make the bins longer"],
    ),
    (
        &["layout[0].platform.binding=early", "layout[0].nodes.count=4000"],
        &["layout[0].platform.binding: early", "30000 × 4000", "layout[0].nodes", "use fewer nodes or functions"],
    ),
    (
        &["layout[0].platform.placement=first-fit", "layout[0].nodes.count=220000"],
        &["layout[0].platform.placement: first-fit", "30000 × 220000", "choose another placement"],
    ),
    (
        &["layout[0].platform.keep_alive={ mode = 'histogram', histogram = { bin = '1500 ms' } }"],
        &["histogram.bin: 1500 ms cuts a range of 4 h into 9600 bins", "30000 applications", "use fewer functions"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'knative', knative = { min_scale = 200 } }"],
        &["scaling.knative.min_scale: 200 sandboxes of each of 30000 functions", "write a smaller number"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'knative', knative = { stable_window = '1 h' } }"],
        &["scaling.knative.stable_window: 1 h: 3601 entries", "write a shorter time"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'knative', knative = { tick = '1 us' } }"],
        &["scaling.knative.tick: 1 us is 600000000 times in 10 min", "write a longer time"],
    ),
    // Each replication alone would be fine.
    (
        &["layout[0].platform.scaling={ mode = 'knative', knative = { tick = '100 ms' } }", "replications=56"],
        &["6000 times in 10 min, for up to 30000 functions each time, in 56 replications", "at most 10000000000"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'hpa', hpa = { interval = '500 ms' } }", "replications=300"],
        &["1200 times in 10 min, for up to 30000 functions each time, in 300 replications", "or replications"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'hpa', hpa = { min_replicas = 200 } }"],
        &["scaling.hpa.min_replicas: 200 sandboxes of each of 30000 functions"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'hpa', hpa = { interval = '1 us', stabilisation = '0 s' } }"],
        &["scaling.hpa.interval: 1 us is 600000000 times in 10 min"],
    ),
    (
        &["layout[0].platform.scaling={ mode = 'hpa', hpa = { interval = '100 ms', stabilisation = '5 min' } }"],
        &["scaling.hpa.stabilisation: 5 min: 6004 entries"],
    ),
    (
        &[
            "layout[0].nodes.count=1000000",
            "layout[0].platform.placement=bounded-hashing",
            "layout[0].platform.dispatch.ring_points=11",
        ],
        &["11000000 points on the ring", "layout[0].nodes"],
    ),
    (
        &[
            "replications=7000",
            "outputs.series_interval='10 min'",
            "layout=[{ extends = 'layouts/serverless.toml', name = 'a' }, { extends = 'layouts/serverless.toml', name = 'b' }, { extends = 'layouts/serverless.toml', name = 'c' }]",
        ],
        &["replications: 7000 replications of 3 layouts are 21000 runs", "write fewer"],
    ),
];

#[test]
fn too_much_together_is_told() {
    for (sets, words) in TOO_MUCH {
        let told = told(sets);
        assert!(words.iter().all(|word| told.contains(word)), "{sets:?}: {told}");
    }
    let ticks = "layout[0].platform.scaling={ mode = 'knative', knative = { tick = '100 ms' } }";
    assert_eq!(told(&[ticks, "replications=55"]), "");
    let fine = ["layout[0].nodes.count=3000", "layout[0].platform.binding=early", "replications=100"];
    assert_eq!(told(&fine), "");
}

#[test]
fn too_much_of_a_fleet_is_told() {
    let storage =
        |name| format!("{{ extends = 'sdcsim:parts/storage-nvme-node.toml', count = 100000, name = 's{name}' }}");
    let many = format!("layout[0].storage=[{}]", (0..11).map(storage).collect::<Vec<_>>().join(", "));
    let told = told_of_fleet(&[&many]);
    assert!(told.contains("layout[0].storage: 1100000 storage nodes in all groups"), "{told}");
    for (sets, words) in [
        (
            &["layout[0].platform.fleet.interval='1 ms'", "replications=2"][..],
            &["is 87000000 times in 10 min with limits.drain, in 2 replications", "or run fewer replications"][..],
        ),
        (
            &["layout[0].platform.fleet.interval='1 us'"][..],
            &["platform.fleet.interval: 1 us is 87000000000 times in 10 min with limits.drain", "write a longer time"]
                [..],
        ),
        (
            &[
                "layout[0].nodes.count=1000000",
                "layout[0].platform.fleet={ mode = 'fixed', size = 'all' }",
                "layout[0].platform.vm.vcpus=1",
                "layout[0].platform.vm.memory='1 GiB'",
                "layout[0].platform.vm.system_memory='0 B'",
            ],
            &[
                "platform.fleet.size: ",
                "virtual cores (layout[0].platform.vm) on 1000000 nodes (layout[0].nodes)",
                "use fewer, or larger ones",
            ],
        ),
    ] {
        let told = told_of_fleet(sets);
        assert!(words.iter().all(|word| told.contains(word)), "{sets:?}: {told}");
    }
}
