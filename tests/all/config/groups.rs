//! Groups of nodes, pools and storage; functions that differ; and which of them runs where.

use sdcsim::cli::check::{CheckArgs, check as check_files};
use sdcsim::config::config_hash;
use sdcsim::config::plan::{self, Layout, Plan, PriceBasis};
use sdcsim::experiment::prepare;
use sdcsim::problem::Problems;
use sdcsim::units::{Bytes, Span};

use super::{Case, EXPERIMENT_FILE};

pub(super) const GROUPED: &str = include_str!("valid/grouped.toml");
pub(super) const FILE: &str = "experiments/grouped.toml";

/// The valid experiment with groups, and a trace of five functions.
pub(super) fn grouped() -> Case {
    let functions = "owner,app,function,memory_mib,profile,read_bytes,accelerators\n\
        ann,shop,cart,2048,,,\nann,shop,search,200,chasing,,\nbob,blog,post,100,,5,2\nbob,blog,tag,32,,,\nbob,shop,pay,1024,,,\n";
    Case::new()
        .write(FILE, GROUPED)
        .write("configs/layouts/node.toml", include_str!("valid/configs/layouts/node.toml"))
        .write("configs/parts/pool.toml", include_str!("valid/configs/parts/pool.toml"))
        .write("configs/parts/storage.toml", include_str!("valid/configs/parts/storage.toml"))
        .write("experiments/trace/functions.csv", functions)
        .write("experiments/trace/invocations.csv", "function,arrival_s,duration_s\n0,1,1\n")
}

fn plan(case: &Case, sets: &[&str]) -> Result<Plan, Problems> {
    case.load_file(FILE, sets).and_then(|loaded| plan::resolve(&loaded))
}

fn layout(case: &Case, sets: &[&str]) -> Layout {
    plan(case, sets).unwrap_or_else(|problems| panic!("{problems}")).layouts.remove(0)
}

/// All that is wrong, when the plan and the trace are put together.
#[track_caller]
fn check(name: &str, case: &Case, sets: &[&str]) {
    let prepared = case.load_file(FILE, sets).and_then(|loaded| prepare(&loaded));
    let Err(problems) = prepared else { panic!("{name}: accepted") };
    insta::assert_snapshot!(name, case.relative(&problems.to_string()));
}

#[test]
fn one_table_is_one_group_named_by_what_it_is() {
    let loaded = Case::new().load(&[]).unwrap_or_else(|problems| panic!("{problems}"));
    let [plain, pooled] =
        &loaded.raw.layout.iter().map(|raw| Layout::resolve(raw, &[], PriceBasis::Volume)).collect::<Vec<_>>()[..]
    else {
        panic!("two layouts")
    };
    let names = |layout: &Layout| {
        let nodes = layout.node_groups.iter().map(|group| group.name.clone());
        let pools = layout.pool_groups.iter().map(|group| group.name.clone());
        nodes.chain(pools).chain(layout.storage_groups.iter().map(|group| group.name.clone())).collect::<Vec<_>>()
    };
    assert_eq!(names(plain), ["server", "storage"]);
    assert_eq!(names(pooled), ["server", "pool", "storage"]);
    assert_eq!((&plain.node_groups[0].pools[..], plain.node_groups[0].local_share), (&[][..], 1.0));
    assert_eq!((&pooled.node_groups[0].pools[..], pooled.node_groups[0].local_share), (&[0][..], 0.5));
}

#[test]
fn groups_have_names_pools_and_sums() {
    let layout = layout(&grouped(), &[]);
    let nodes: Vec<_> =
        layout.node_groups.iter().map(|group| (group.name.as_str(), group.count, group.cores)).collect();
    assert_eq!(nodes, [("server", 4, 64), ("sip", 3, 64), ("far", 2, 128)]);
    let uses: Vec<_> = layout.node_groups.iter().map(|group| (group.pools.clone(), group.local_share)).collect();
    assert_eq!(uses, [(vec![], 1.0), (vec![0, 1], 0.25), (vec![2], 0.75)]);
    let pools: Vec<&str> = layout.pool_groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(pools, ["pool", "near", "slow"]);
    assert_eq!(layout.cores, 4 * 64 + 3 * 64 + 2 * 128);
    assert_eq!(layout.local_memory, Bytes::from_gib(9 * 256));
    assert_eq!(layout.pool_memory, Bytes::from_gib(6 * 1024));
    assert_eq!((layout.nodes(), layout.has_remote_runs()), (9, true));
    assert_eq!(layout.pool_groups[2].latency, Span::from_us(1));
    let rules: Vec<_> = layout.affinity.iter().map(|rule| (rule.require.clone(), rule.prefer.clone())).collect();
    assert_eq!(rules, [(vec![0], vec![]), (vec![1, 2], vec![2])]);
}

#[test]
fn groups_without_names_are_numbered_where_their_kind_is_not_enough() {
    let names = |text: String| {
        let case = grouped().write(FILE, text.replace("\"far\"", "\"sip-2\"").replace("\"sip\", ", "\"sip-1\", "));
        layout(&case, &[]).node_groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(GROUPED.replace("name = \"far\"\n", "")), ["server", "sip-1", "sip-2"]);
}

#[test]
fn keys_reach_into_groups_by_number_and_name_and_need_neither_where_there_is_one() {
    let case = grouped();
    let sets = ["layout[0].nodes[1].count=7", "layout[0].nodes[name=far].packages=1", "layout.storage[1].count=5"];
    let changed = layout(&case, &sets);
    let nodes: Vec<_> = changed.node_groups.iter().map(|group| (group.count, group.packages)).collect();
    assert_eq!(nodes, [(4, 1), (7, 1), (2, 1)]);
    assert_eq!(changed.storage_groups[1].count, 5);
    let Err(unclear) = plan(&case, &["layout[0].nodes.count=7"]) else { panic!("which group?") };
    assert!(unclear.to_string().contains("`layout[0].nodes` is an array"), "{unclear}");
    // A list of one group is written and changed as the table is, and means the same.
    let list = Case::new().replace(super::LAYOUT_FILE, "[nodes]\n", "[[nodes]]\n");
    let [list, table] = [list, Case::new()].map(|case| {
        let sets = ["layout[0].nodes.count=7", "layout[0].nodes.memory.capacity='1 TiB'", "basis='nothing'"];
        let loaded = case.load_file(EXPERIMENT_FILE, &sets).unwrap_or_else(|problems| panic!("{problems}"));
        Layout::resolve(&loaded.raw.layout[0], &[], PriceBasis::Volume)
    });
    assert_eq!(list.node_groups[0].count, 7);
    assert_eq!(format!("{list:?}"), format!("{table:?}"));
}

#[test]
fn sweeps_reach_into_groups() {
    let sweep = "\n[[sweep]]\nkey = \"layout[0].nodes[1].count\"\nfrom = 1\nto = 3\npoints = 3\n\
        with = [{ key = \"layout[0].memory_pools[name=slow].latency\", values = [\"1 us\", \"2 us\", \"3 us\"] }]\n";
    let case = grouped().write(FILE, format!("{GROUPED}{sweep}"));
    let loaded = case.load_file(FILE, &[]).unwrap();
    let swept = sdcsim::config::sweep::Sweep::of(&loaded).unwrap_or_else(|problems| panic!("{problems}"));
    let point = |index| {
        let point = Layout::resolve(&swept.point(index).unwrap().raw.layout[0], &[], PriceBasis::Volume);
        (point.node_groups[1].count, point.pool_groups[2].latency)
    };
    assert_eq!([0, 1, 2].map(point), [1, 2, 3].map(|n| (n, Span::from_us(u64::from(n)))));
    // Two ways to write a key are one.
    let twice = format!("{sweep}\n[[sweep]]\nkey = \"layout.nodes[1].count\"\nvalues = [1]\n");
    let case = grouped().write(FILE, format!("{GROUPED}{twice}"));
    let wrong = sdcsim::config::sweep::Sweep::of(&case.load_file(FILE, &[]).unwrap()).unwrap_err();
    assert!(wrong.to_string().contains("is swept already"), "{wrong}");
}

#[test]
fn classes_and_profiles_lie_over_what_the_workload_says() {
    let workload = plan(&grouped(), &[]).unwrap().experiment.workload;
    let [streaming, chasing] = &workload.profiles[..] else { panic!("two profiles") };
    assert_eq!((streaming.share, chasing.share), (0.5, 0.0));
    assert_eq!((streaming.profile.parallelism, streaming.profile.miss_scale), (8.0, 0.1));
    assert_eq!((chasing.profile.parallelism, chasing.profile.memory_stall), (1.0, 0.25));
    let [large, small] = &workload.classes[..] else { panic!("two classes") };
    assert_eq!(large.profile.map(|profile| (profile.miss_scale, profile.memory_stall)), Some((2.0, 0.25)));
    assert_eq!((large.io.read, large.io.write), (Bytes::from_mib(1), Bytes::from_mib(4)));
    assert!(small.profile.is_none());
    assert_eq!((small.demands.accelerators, small.demands.accelerator_share), (1, 1.0));
}

#[test]
fn what_fits_is_accepted() {
    let case = grouped();
    prepare(&case.load_file(FILE, &[]).unwrap()).unwrap_or_else(|problems| panic!("{problems}"));
    // Exactly full: 2048 MiB on a server; a quarter of 1024 MiB beside the cores of the others.
    let sets = ["layout[0].nodes[0].memory.capacity='2 GiB'", "layout[0].nodes[1].memory.capacity='256 MiB'"];
    prepare(&case.load_file(FILE, &sets).unwrap()).unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn a_check_tells_which_pools_each_group_uses() {
    let case = grouped().replace(FILE, "pools = [\"slow\"]\n", "local_share = 0.5\n");
    let args = CheckArgs { files: vec![case.folder.path().join(FILE)], sets: Vec::new() };
    let checked = check_files(&args);
    assert!(checked.problems.is_empty(), "{}", checked.problems);
    insta::assert_snapshot!("groups_uses", case.relative(&checked.fine));
}

#[test]
fn new_keys_that_are_not_written_change_no_hash() {
    let hash = |sets: &[&str]| config_hash(&Case::new().load(sets).unwrap().raw, None);
    assert_ne!(hash(&[]), hash(&["layout[0].nodes.name='a'"]));
    let json = serde_json::to_string(&Case::new().load(&[]).unwrap().raw).unwrap();
    for key in ["\"affinity\"", "\"profiles\"", "\"class\"", "\"pools\""] {
        assert!(!json.contains(key), "{key}");
    }
}

#[test]
fn wrong_groups_are_told_together() {
    let sets = [
        "layout[0].nodes[0].name='far'",
        "layout[0].nodes[0].local_share=0.5",
        "layout[0].nodes[1].pools=['pool', 'neat', 'pool']",
        "layout[0].nodes[2].pools=['pool', 'slow']",
        "layout[0].nodes[2].nic.rate='0 bit/s'",
        "layout[0].memory_pools[0].bandwidth='0 bit/s'",
        "layout[0].storage[1].name='storage'",
        "layout[0].platform.affinity[0].require=['servers']",
        "layout[0].platform.affinity[1].prefer=['far', 'sip-2']",
        "layout[0].platform.affinity[1].functions={ memory_min = '2 GiB', memory_max = '1 GiB', name = '', class = 'huge' }",
    ];
    check("groups_wrong", &grouped(), &sets);
    let nobody = ["layout[0].nodes[1].pools=[]", "layout[0].nodes[1].local_share=1.0"];
    let tier = ["layout[0].platform.keep_alive.mode='remote-tier'", "layout[0].platform.affinity=[{}]"];
    check("groups_unused", &grouped(), &[&nobody[..], &tier[..]].concat());
}

#[test]
fn wrong_lists_of_groups() {
    check("groups_empty", &grouped(), &["layout[0].nodes=[]", "layout[0].storage=3", "layout[0].memory_pools='pool'"]);
    check("groups_key", &grouped(), &["layout[0].nodes[1].conut=3", "layout[0].platform.affinity[0].requires=['far']"]);
    check(
        "groups_of_machines",
        &grouped(),
        &[
            "layout[0].platform={ kind = 'serverful', dispatch_delay = '1 ms', fleet = { mode = 'fixed', size = 'all' }, \
         vm = { part = 'vm', vcpus = 2, memory = '4 GiB', system_memory = '1 GiB', price = '1 USD/h', \
         minimum_billed = '1 min', quantum = '1 s' } }",
        ],
    );
}

#[test]
fn wrong_workloads_are_told_together() {
    let sets = [
        "workload.profiles[0].share=0.75",
        "workload.profiles[1].share=0.5",
        "workload.profiles[1].name='streaming'",
        "workload.profiles[1].reference_latency='0 ns'",
        "workload.class[1].name='large'",
        "workload.class[1].functions.class='large'",
        "workload.class[1].profile.reference_latency='0 ns'",
    ];
    check("classes_wrong", &grouped(), &sets);
}

#[test]
fn functions_that_fit_nowhere_are_told() {
    let small = ["layout[0].nodes[0].memory.capacity='1 GiB'", "layout[0].nodes[1].memory.capacity='32 MiB'"];
    let pools = ["layout[0].memory_pools[2].capacity='49 MiB'", "layout[0].memory_pools[1].capacity='1 GiB'"];
    let kept = ["layout[0].nodes[1].local_share_min=0.25", "layout[0].memory_pools[2].local_share_min=0.75"];
    check("functions_too_large", &grouped(), &[&small[..], &pools[..], &kept[..]].concat());
    check("functions_without_accelerators", &grouped(), &["layout[0].nodes[1].accelerators=1"]);
    let names =
        ["workload.class[0].functions.name='shop/carts'", "layout[0].platform.affinity[1].functions.name='x/*'"];
    check("functions_unknown", &grouped(), &[&names[..], &["workload.profiles[1].name='running'"]].concat());
}

#[test]
fn a_list_replaces_that_of_the_extended_file_and_says_so() {
    let layout = "name = \"one\"\nquestion = \"?\"\nbasis = \"nothing\"\n[workload.source]\nkind = \"generated\"\nfunctions = 1\n\
        [[layout]]\nextends = \"sdcsim:layouts/hybrid.toml\"\n";
    let nodes = "[[layout.nodes]]\nname = \"servers\"\ncount = 1\n";
    let case = Case::new().write(FILE, format!("{layout}{nodes}"));
    let told = case.load_file(FILE, &[]).map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("`layout[0].nodes` replaces all that the extended file has there"), "{told}");
    let remedy = "--set 'layout[0].nodes[name=servers].KEY=VALUE'";
    assert!(told.contains(remedy), "{told}");
    // What it says helps.
    let case = Case::new().write(FILE, layout);
    let layout = self::layout(&case, &["layout[0].nodes[name=servers].count=1"]);
    assert_eq!(layout.node_groups.iter().map(|group| group.count).collect::<Vec<_>>(), [1, 10]);
}
