//! Keys that are written and change nothing.

use std::collections::BTreeMap;

use sdcsim::config::effect::{AlongAxes, Effects};
use sdcsim::config::sweep::Sweep;
use sdcsim::experiment::{self, prepare};

use super::groups::{FILE, GROUPED, grouped};
use super::{Case, EXPERIMENT_FILE, LAYOUT_FILE};

/// The two layouts of the experiment differ in all that could be held equal.
const EQUAL: &[&str] = &["basis='nothing'"];

fn warnings(case: &Case, file: &str, sets: &[&str]) -> String {
    let prepared = case.load_file(file, sets).and_then(|loaded| prepare(&loaded));
    let prepared = prepared.unwrap_or_else(|problems| panic!("{problems}"));
    case.relative(&prepared.effects.warnings().to_string())
}

/// A key of the second layout's platform with another value than it has, and what makes it idle.
const IDLE: &[(&str, &str, &[&str])] = &[
    ("dispatch.choices", "5", &[]),
    ("dispatch.load_bound", "3.0", &[]),
    ("dispatch.ring_points", "7", &["placement='power-of-d'"]),
    ("dispatch.load_age", "'1 min'", &["placement='bounded-hashing'"]),
    ("dispatch.rack_nodes", "2", &[]),
    ("dispatch.wait_factor", "9.0", &["dispatch.when_busy='both'"]),
    ("scaling.knative", "{ min_scale = 3 }", &[]),
    ("queue_order", "'strict'", &["scaling.mode='hpa'"]),
    ("scaling.hpa", "{ min_replicas = 3 }", &["scaling.mode='knative'"]),
    ("quotas.retry.base", "'1 s'", &["quotas={ function_concurrency = 1, retry = { attempts = 1 } }"]),
    ("quotas.retry.factor", "3.0", &["quotas={ function_concurrency = 1, retry = { attempts = 1 } }"]),
    ("quotas.retry.max_delay", "'1 s'", &["quotas={ function_concurrency = 1, retry = { attempts = 1 } }"]),
    ("quotas.retry.jitter", "'none'", &["quotas={ function_concurrency = 1, retry = { attempts = 1 } }"]),
    ("quotas.retry.max_age", "'1 s'", &["quotas={ function_concurrency = 1, retry = { attempts = 1 } }"]),
    ("keep_alive.limit", "'1 s'", &["keep_alive.mode='forever'"]),
    ("keep_alive.limit", "'1 s'", &["scaling.mode='hpa'"]),
    ("keep_alive.timer_from", "'arrival'", &["keep_alive.mode='histogram'"]),
    ("keep_alive.timer_from", "'arrival'", &["keep_alive.reset_on_use=false"]),
    ("keep_alive.reset_on_use", "false", &["keep_alive.mode='predictive'"]),
    ("keep_alive.boundary", "'cold'", &["keep_alive.mode='none'"]),
    ("keep_alive.boundary", "'cold'", &["keep_alive.mode='clairvoyant'"]),
    ("keep_alive.histogram", "{ range = '10 min' }", &[]),
    ("keep_alive.predictive", "{ limit = '1 s' }", &["keep_alive.mode='histogram'"]),
    ("keep_alive.layers", "{ languages = 1 }", &[]),
    ("keep_alive.tier", "{ limit = '1 s' }", &[]),
    ("idle_choice", "'lru'", &["keep_alive.mode='clairvoyant'"]),
    ("eviction.policy", "'size'", &["evict_idle=false"]),
    ("eviction.ties", "'newest'", &["evict_idle=false"]),
    ("eviction.when_short", "'evict'", &[]),
    ("eviction.when_short", "'evict'", &["binding='early'", "evict_idle=false"]),
    ("cold_start.boot_cpu", "'100 ms'", &[]),
    ("cold_start.init_cpu", "'50 ms'", &["cpu='shared'", MAPPED]),
    ("cold_start.init_cpu", "'50 ms'", &["cpu='shared'", "start_cores=1"]),
    ("cold_start.runtime_share", "0.5", &[]),
    ("cold_start.image_cache", "'1 GiB'", &["cold_start.image='0 B'"]),
    ("cold_start.image_cache", "'1 GiB'", &[MAPPED]),
    ("cold_start.snapshot", "{ place = 'store', restore = '1 ms', working_set = 0.1, fault = '1 us' }", &[MAPPED]),
    (
        "cold_start.snapshot.rate",
        "'1 Gbit/s'",
        &["cold_start.snapshot={ place = 'store', restore = '1 ms', working_set = 0.1, fault = '1 us' }"],
    ),
    (
        "cold_start.snapshot.rate",
        "'1 Gbit/s'",
        &["cold_start.snapshot={ place = 'node', restore = '1 ms', working_set = 0.1, fault = '1 us' }"],
    ),
    ("cold_start.remote.prepare_base", "'1 s'", &[MAPPED]),
    ("cold_start.remote.prepare_per_mib", "'1 s'", &[MAPPED]),
    ("prices.clock", "'1 USD/GHz-s'", &[]),
    ("prices.idle.price", "'1 USD/GB-s'", &[]),
];

const MAPPED: &str =
    "cold_start.remote={ map_base = '8 ms', map_per_mib = '0 us', working_set = 0.3, fault = '1.5 us' }";

/// Few nodes with little memory and many arrivals, so that sandboxes are evicted and requests wait.
const TIGHT: &[&str] = &[
    "replications=1",
    "basis='nothing'",
    "workload.source.functions=40",
    "layout[1].nodes.count=2",
    "layout[1].nodes.memory.capacity='600 MiB'",
];

/// What came out, by metric, of the second layout.
fn results(case: &Case, sets: &[&str]) -> BTreeMap<String, f64> {
    let loaded = case.load(sets).unwrap_or_else(|problems| panic!("{sets:?}: {problems}"));
    let prepared = prepare(&loaded).unwrap_or_else(|problems| panic!("{sets:?}: {problems}"));
    let outcome = experiment::run(&prepared, None, 1, &()).unwrap().unwrap();
    let rows = outcome.output.summary.into_iter().filter(|row| row.layout == "pooled");
    rows.map(|row| (row.metric, row.value)).collect()
}

#[test]
fn what_is_told_to_be_without_effect_is() {
    let case = Case::new();
    for (key, value, because) in IDLE {
        let key = format!("layout[1].platform.{key}");
        let (set, because) = (
            format!("{key}={value}"),
            because.iter().map(|set| format!("layout[1].platform.{set}")).collect::<Vec<_>>(),
        );
        let sets: Vec<&str> = TIGHT.iter().copied().chain(because.iter().map(String::as_str)).collect();
        let with: Vec<&str> = sets.iter().copied().chain([set.as_str()]).collect();
        let told = warnings(&case, EXPERIMENT_FILE, &with);
        assert!(told.contains(&format!("{key}: ")), "{key} = {value} is not told:\n{told}");
        let (before, after) = (results(&case, &sets), results(&case, &with));
        // Ways to start are counted only where there are several.
        let differs = |(metric, value): &(&String, &f64)| after.get(*metric).is_some_and(|other| other != *value);
        let differ: Vec<_> = before.iter().filter(differs).collect();
        assert!(differ.is_empty(), "{key} = {value}: {differ:?}");
    }
}

#[test]
fn keys_and_tables_that_nobody_reads_are_told_at_their_place() {
    let case = Case::new()
        .replace(
            EXPERIMENT_FILE,
            "replications = 3\n",
            "replications = 3\nbasis = \"nothing\"\nbasis_tolerance = 0.1\n",
        )
        .replace(
            EXPERIMENT_FILE,
            "name = \"pooled\"\n",
            "name = \"pooled\"\nplatform.dispatch = { choices = 3, steal = \"never\" }\n",
        )
        .replace(LAYOUT_FILE, "mode = \"fixed\"\n", "mode = \"fixed\"\nhistogram = { range = \"1 h\" }\n");
    let sets = [
        "layout[0].nodes.accelerators=2",
        "layout[0].platform.affinity=[{ require = ['server'] }]",
        "layout[1].memory_pools.local_share=1.0",
        "workload.profile.miss_scale=0.5",
        "workload.demands={ accelerators = 1, accelerator_share = 0.0, bandwidth = '1 Mbit/s' }",
        "workload.profiles=[{ name = 'idle' }, { name = 'some', share = 0.5 }]",
    ];
    insta::assert_snapshot!("effects_of_keys", warnings(&case, EXPERIMENT_FILE, &sets));
    assert_eq!(warnings(&Case::new(), EXPERIMENT_FILE, EQUAL), "");
}

#[test]
fn classes_rules_and_hardware_of_nobody_are_told() {
    let sets = [
        "workload.spacing='even'",
        "workload.class[0].functions={ memory_min = '3 GiB' }",
        "layout[0].platform.affinity[1].functions={}",
        "layout[0].storage[0].count=5",
        "layout[0].nodes[2].accelerators=3",
        "layout[0].platform.affinity[1].require=['sip']",
        "layout[0].platform.affinity[1].prefer=['sip']",
    ];
    let case = grouped().write(FILE, GROUPED);
    insta::assert_snapshot!("effects_of_groups", warnings(&case, FILE, &sets));
    assert_eq!(warnings(&grouped(), FILE, &[]), "");
}

/// What a part, or a layout that others extend, says beyond need is for them.
#[test]
fn what_one_layout_or_another_file_needs_is_not_told() {
    let choices = "placement = \"least-loaded\"\ndispatch = { choices = 3 }\n";
    let case = Case::new().replace(LAYOUT_FILE, "placement = \"least-loaded\"\n", choices);
    assert_ne!(warnings(&case, EXPERIMENT_FILE, EQUAL), "", "the file itself says what makes it idle");
    let read = ["basis='nothing'", "layout[1].platform.placement='power-of-d'"];
    assert_eq!(warnings(&case, EXPERIMENT_FILE, &read), "", "one of the two layouts reads it");
    let elsewhere =
        ["basis='nothing'", "layout[0].platform.placement='random'", "layout[1].platform.placement='random'"];
    assert_eq!(warnings(&case, EXPERIMENT_FILE, &elsewhere), "", "they have it from a file that others extend");
}

#[test]
fn a_sweep_is_told_of_what_no_point_reads() {
    let axes = "[[sweep]]\nkey = \"layout[0].platform.placement\"\nvalues = [\"power-of-d\", \"random\"]\n\n\
        [[sweep]]\nkey = \"layout[0].platform.dispatch.choices\"\nvalues = [2, 3]\n\n\
        [[sweep]]\nkey = \"layout[0].platform.dispatch.rack_nodes\"\nvalues = [4, 8]\n\n\
        [[layout]]\nextends = \"layouts/serverless.toml\"\n";
    let case = Case::new().replace(EXPERIMENT_FILE, "[[layout]]\nextends = \"layouts/serverless.toml\"\n\n", axes);
    let loaded = case.load(EQUAL).unwrap();
    let sweep = Sweep::of(&loaded).unwrap_or_else(|problems| panic!("{problems}"));
    let mut effects = Effects::default();
    for point in 0..sweep.points() {
        effects.extend(prepare(&sweep.point(point).unwrap()).unwrap().effects);
    }
    insta::assert_snapshot!("effects_of_a_sweep", case.relative(&effects.warnings().to_string()));
}

/// Of a table that lies in a file that others extend, what an experiment writes over it.
#[test]
fn what_is_written_over_a_table_of_another_file_is_told() {
    let part = "[keep_alive.histogram]\nrange = \"4 h\"\n";
    let case = Case::new().write("configs/platforms/histogram.toml", part);
    let extend = "platform.extends = \"platforms/histogram.toml\"\n";
    let case = case.replace(EXPERIMENT_FILE, "name = \"pooled\"\n", &format!("name = \"pooled\"\n{extend}"));
    assert_eq!(warnings(&case, EXPERIMENT_FILE, EQUAL), "", "the part is for others");
    let range = "layout[1].platform.keep_alive.histogram.range";
    let set = format!("{range}='1 h'");
    let told = warnings(&case, EXPERIMENT_FILE, &[EQUAL[0], &set]);
    assert!(told.contains(&format!("{range}: \"1 h\": without effect")), "{told}");
    let mode = "layout[1].platform.keep_alive.mode='histogram'";
    assert_eq!(warnings(&case, EXPERIMENT_FILE, &[EQUAL[0], &set, mode]), "");
}

/// What is told of keys along the axes at some points of a sweep.
fn told_along_axes(axes: &str, points: &[usize]) -> String {
    let axes = format!("{axes}[[layout]]\nextends = \"layouts/serverless.toml\"\n");
    let case = Case::new().replace(EXPERIMENT_FILE, "[[layout]]\nextends = \"layouts/serverless.toml\"\n\n", &axes);
    let loaded = case.load(EQUAL).unwrap_or_else(|problems| panic!("{problems}"));
    let sweep = Sweep::of(&loaded).unwrap_or_else(|problems| panic!("{problems}"));
    let mut along = AlongAxes::default();
    for point in points {
        let loaded = sweep.point(*point).unwrap();
        along.add(&loaded, &prepare(&loaded).unwrap().effects, sweep.keys());
    }
    case.relative(&along.warnings().to_string())
}

/// At two of the four points the choices are read, at the others points that differ in them are alike.
#[test]
fn a_sweep_is_told_of_keys_that_some_points_do_not_read() {
    let axes = "[[sweep]]\nkey = \"layout[name=serverless].platform.placement\"\nvalues = [\"power-of-d\", \"random\"]\n\n\
        [[sweep]]\nkey = \"layout[0].platform.dispatch.choices\"\nvalues = [2, 3]\n\n";
    let some = told_along_axes(axes, &[0, 1, 2, 3]);
    let expected =
        "layout[0].platform.dispatch.choices: without effect at 2 of 4 points, it is read only with placement";
    assert!(some.contains(expected) && some.matches("warning").count() == 1, "{some}");
    assert_eq!(told_along_axes(axes, &[0, 1]), "", "all of these read it");
    assert_eq!(told_along_axes(axes, &[2, 3]), "", "none of these does, which its values tell");
}

/// Pools that nobody uses at one end of an axis are what is swept, not without effect.
#[test]
fn an_axis_that_makes_its_own_table_idle_is_not_told() {
    let axes = "[[sweep]]\nkey = \"layout[1].memory_pools.local_share\"\nvalues = [0.5, 1.0]\n\n";
    assert_eq!(told_along_axes(axes, &[0, 1]), "");
}

/// Whether memory is ever short is known only when the runs are over.
#[test]
fn eviction_that_never_happened_is_told_after_the_runs() {
    let case = Case::new();
    // Pools that are full as well: the split of a sandbox gives way before another one goes.
    let short = ["layout[1].memory_pools.capacity='1 GiB'"];
    let told = |sets: &[&str]| {
        let sets: Vec<&str> = TIGHT.iter().copied().chain(short).chain(sets.iter().copied()).collect();
        let loaded = case.load(&sets).unwrap_or_else(|problems| panic!("{problems}"));
        let prepared = prepare(&loaded).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(prepared.effects.warnings().to_string(), "", "before the runs nobody knows");
        let outcome = experiment::run(&prepared, None, 1, &()).unwrap().unwrap();
        experiment::unused(&loaded, &prepared.plan, &outcome.output).warnings().to_string()
    };
    let policy = "layout[1].platform.eviction.policy='size'";
    let plenty = ["layout[1].nodes.memory.capacity='600 GiB'", policy];
    assert_eq!(told(&[policy]), "");
    let idle = told(&plenty);
    assert!(idle.contains("\"size\": without effect, as no idle sandbox was evicted in any replication"), "{idle}");
    assert_eq!(told(&plenty[..1]), "", "what nobody wrote is not told");
}
