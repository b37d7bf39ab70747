//! Config files that are right: what they load as.

use std::path::{Path, PathBuf};

use sdcsim::config::raw::{Delay, Experiment, Platform};
use sdcsim::config::{Loaded, config_hash, resolved_toml};
use sdcsim::experiment::prepare;
use sdcsim::units::{Bytes, Span};

use super::{Case, EXPERIMENT_FILE, LAYOUT_FILE};

fn as_typed(_key: &str, path: &Path) -> PathBuf {
    path.to_owned()
}

fn loaded(case: &Case, sets: &[&str]) -> Loaded<Experiment> {
    case.load(sets).unwrap_or_else(|problems| panic!("{problems}"))
}

fn hash(case: &Case, sets: &[&str]) -> String {
    config_hash(&loaded(case, sets).raw, None)
}

#[test]
fn layouts_take_what_they_extend_and_keep_what_they_say() {
    let experiment = loaded(&Case::new(), &[]).raw;
    let [plain, pooled] = &experiment.layout[..] else { panic!("two layouts") };
    assert_eq!((plain.name.as_str(), pooled.name.as_str()), ("serverless", "pooled"));
    assert_eq!(plain.nodes.all()[0].memory.capacity.0, Bytes::from_gib(256));
    assert_eq!(pooled.nodes.all()[0].memory.capacity.0, Bytes::from_gib(32));
    assert_eq!(pooled.nodes.all()[0].memory.latency.0, Span::from_ns(100), "its siblings stay");
    assert!(plain.memory_pools.is_none() && pooled.memory_pools.is_some());
    assert_eq!(experiment.workload.profile.parallelism, 4.0, "the default");
    let Platform::Serverless(serverless) = &plain.platform else { panic!("serverless") };
    assert!(matches!(&serverless.cold_start.boot, Delay::LogNormal(d) if d.p99.0 == Span::from_ms(300)));
}

#[test]
fn a_file_beside_comes_before_one_in_configs() {
    let beside = super::LAYOUT.replace("count = 4", "count = 5");
    let case = Case::new().write("experiments/layouts/serverless.toml", beside);
    assert_eq!(loaded(&case, &[]).raw.layout[0].nodes.all()[0].count, 5);
}

#[test]
fn bases_extend_bases_and_any_table_can() {
    let case = Case::new()
        .write("configs/parts/cpu.toml", "part = \"other\"\ncores = 8\nidle_power = \"6 W\"\n")
        .replace(
            LAYOUT_FILE,
            "part = \"chip\"\ncores = 64\nidle_power = \"60 W\"",
            "extends = \"parts/cpu.toml\"\ncores = 16",
        )
        .replace(LAYOUT_FILE, "[nodes.cpu]", "[nodes.cpu] # from a part");
    let loaded = loaded(&case, &[]);
    let cpu = &loaded.raw.layout[0].nodes.all()[0].cpu;
    assert_eq!((cpu.part.as_str(), cpu.cores, cpu.idle_power.0.0), ("other", 16, 6.0));
}

#[test]
fn a_table_of_another_kind_replaces_the_base_as_a_whole() {
    let fabric = "[layout.fabric]\nkind = \"photonic\"\npart = \"optics\"\nreconfiguration = \"10 us\"\n\
        propagation = \"250 ns\"\nenergy_per_bit = \"1 pJ/bit\"\nport_rate = \"100 Gbit/s\"\nport_power = \"1 W\"\nport_price = \"50 USD\"\n\n";
    let case = Case::new().replace(EXPERIMENT_FILE, "[layout.memory_pools]", &format!("{fabric}[layout.memory_pools]"));
    let experiment = loaded(&case, &[]).raw;
    assert!(matches!(experiment.layout[1].fabric, sdcsim::config::raw::Fabric::Photonic(_)));
}

#[test]
fn set_takes_toml_or_bare_text_by_index_or_name() {
    let sets = ["layout[0].nodes.count=7", "layout[name=pooled].nodes.nic.rate = 25 Gbit/s", "question=Why?"];
    let experiment = loaded(&Case::new(), &sets).raw;
    assert_eq!(experiment.layout[0].nodes.all()[0].count, 7);
    assert_eq!(experiment.layout[1].nodes.all()[0].nic.rate.0.0, 25_000_000_000);
    assert_eq!(experiment.question, "Why?");
    let experiment = loaded(&Case::new(), &["limits.events=5", "outputs={ report = false }"]).raw;
    assert_eq!((experiment.limits.events, experiment.outputs.report), (5, false), "tables on the way are made");
}

#[test]
fn a_sweep_point_is_the_same_tree_with_other_values() {
    let base = loaded(&Case::new(), &[]);
    let node = base.tree.get("layout[1].memory_pools.count").unwrap().clone();
    let point = base.with(&[("layout[0].nodes.count".to_owned(), node.clone())]).unwrap();
    assert_eq!((base.raw.layout[0].nodes.all()[0].count, point.raw.layout[0].nodes.all()[0].count), (4, 2));
    let wrong = base.with(&[("layout[0].nodes.cuont".to_owned(), node)]).unwrap_err();
    assert_eq!(wrong.0.len(), 1);
    assert_eq!(wrong.0[0].line, Some(23), "told where the swept value stands");
}

#[test]
fn later_problems_find_their_place_in_the_file_that_says_it() {
    let case = Case::new();
    let base = loaded(&case, &["layout[0].nodes.count=7"]);
    let at = |path: &str| case.relative(&base.problem(path, "m", "").to_string());
    assert_eq!(at("layout[1].nodes.cpu.cores"), format!("error: {LAYOUT_FILE}:31:9: layout[1].nodes.cpu.cores: m"));
    assert_eq!(at("layout[1].name"), format!("error: {EXPERIMENT_FILE}:18:8: layout[1].name: m"));
    assert_eq!(at("layout[1].nowhere.x"), format!("error: {EXPERIMENT_FILE}:16:1: layout[1].nowhere.x: m"));
    assert_eq!(
        at("layout[0].nodes.count"),
        "error: command line: layout[0].nodes.count: m (in `--set layout[0].nodes.count=7`)"
    );
    assert_eq!(base.folder_of("layout[1].nodes.cpu").unwrap(), case.folder.path().join("configs/layouts"));
    assert_eq!(base.folder_of("layout[0].nodes.count"), None);
}

#[test]
fn the_resolved_file_loads_again_to_the_same_hash() {
    let case = Case::new();
    let sets = ["layout[0].nodes.count=7"];
    let once = loaded(&case, &sets);
    let case = case.write("resolved.toml", resolved_toml(&once.raw, as_typed));
    let again = case.load_file("resolved.toml", &[]).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config_hash(&again.raw, None), config_hash(&once.raw, None));
    insta::assert_snapshot!("resolved", case.relative(&resolved_toml(&once.raw, as_typed)));
}

/// It says all keys, so that not each that has no effect was meant.
#[test]
fn what_a_run_wrote_down_is_not_told_of_keys_without_effect() {
    let case = Case::new();
    let warnings = |file: &str, sets: &[&str]| {
        let loaded = case.load_file(file, sets).unwrap_or_else(|problems| panic!("{problems}"));
        prepare(&loaded).unwrap_or_else(|problems| panic!("{problems}")).effects.warnings().0.len()
    };
    let idle = ["basis='nothing'", "layout[0].platform.dispatch.choices=3"];
    assert_eq!(warnings(EXPERIMENT_FILE, &idle), 1);
    let resolved = resolved_toml(&loaded(&case, &idle[..1]).raw, as_typed);
    std::fs::write(case.folder.path().join("resolved.toml"), resolved).unwrap();
    assert_eq!(warnings("resolved.toml", &[]), 0);
    assert_eq!(warnings("resolved.toml", &idle[1..]), 1, "what is said besides is meant");
}

#[test]
fn the_hash_is_of_the_meaning() {
    let base = hash(&Case::new(), &[]);
    assert_eq!(base.len(), 64);
    let same = [
        Case::new().replace(EXPERIMENT_FILE, "name = \"first\"", "# comment\nname = 'first'\nseed = 1"),
        Case::new().replace(EXPERIMENT_FILE, "length = \"2 h\"", "length = \"120 min\""),
        Case::new().replace(EXPERIMENT_FILE, "functions = 100\nlength = \"2 h\"", "length = \"2h\"\nfunctions = 1_00"),
        Case::new().replace(LAYOUT_FILE, "pue = 1.2", "pue = 1.20"),
        Case::new().replace(EXPERIMENT_FILE, "name = \"pooled\"\n", "name = \"pooled\"\nnodes.count = 4\n"),
    ];
    for (i, case) in same.iter().enumerate() {
        assert_eq!(hash(case, &[]), base, "case {i}");
    }
    for set in ["seed=2", "layout[0].nodes.count=5", "layout[1].site.pue=1.3", "name=other"] {
        assert_ne!(hash(&Case::new(), &[set]), base, "{set}");
    }
}
