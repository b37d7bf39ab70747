//! Answers that a faster engine must not change: event hashes and results of a matrix of rules, recorded before the
//! engine and the hot path were rewritten. A difference here is a change of a model, and has to be meant.

use std::fmt::Write as _;
use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment;

/// Few cores and little memory, so that requests wait and sandboxes are evicted.
const TIGHT: &[&str] = &[
    "basis='nothing'",
    "layout[1].nodes.count=4",
    "layout[1].nodes.cpu.cores=3",
    "layout[1].nodes.memory.capacity='3 GiB'",
    "layout[2].nodes.count=4",
    "layout[2].nodes.cpu.cores=3",
    "layout[2].memory_pools.capacity='4 GiB'",
];

/// Layouts 1 and 2 of the small day are serverless, on servers and disaggregated; layout 0 is virtual machines.
const VARIANTS: &[(&str, &[&str])] = &[
    ("as it is", &[]),
    ("round robin", &["placement='round-robin'"]),
    ("least loaded", &["placement='least-loaded'"]),
    ("early, round robin", &["binding='early'", "placement='round-robin'"]),
    ("early, least loaded", &["binding='early'", "placement='least-loaded'"]),
    ("no keep-alive", &["keep_alive.mode='none'"]),
    ("kept for ever", &["keep_alive.mode='forever'"]),
    ("oldest sandbox, timer from arrival", &["idle_choice='oldest'", "keep_alive.timer_from='arrival'"]),
    ("newest sandbox, limit is cold", &["idle_choice='newest'", "keep_alive.boundary='cold'"]),
    ("least recently used sandbox", &["idle_choice='lru'", "keep_alive.limit='1 min'"]),
    ("no eviction, short queue", &["evict_idle=false", "queue_limit=10"]),
];

/// The same with changes to whole layouts.
const LAYOUTS: &[(&str, &[&str])] = &[
    (
        "too little memory",
        &[
            "layout[1].nodes.memory.capacity='12 GiB'",
            "layout[2].memory_pools.capacity='6 GiB'",
            "layout[2].platform.binding='early'",
            "basis='nothing'",
        ],
    ),
    (
        "early, first warm, shared cores",
        &[
            "layout[1].platform.binding='early'",
            "layout[1].platform.cpu='shared'",
            "basis='nothing'",
            "layout[1].nodes.count=3",
            "layout[1].nodes.cpu.cores=1",
        ],
    ),
    (
        "late, shared cores",
        &[
            "layout[1].platform.cpu='shared'",
            "basis='nothing'",
            "layout[1].nodes.count=3",
            "layout[1].nodes.cpu.cores=1",
        ],
    ),
    ("five servers", &["layout[0].nodes.count=5", "layout[1].nodes.count=5", "basis='nothing'"]),
    ("pools by formula", &["layout[2].memory_pools.fidelity='analytic'"]),
    (
        "three slow pools",
        &["layout[2].memory_pools.count=3", "layout[2].memory_pools.local_share=0.05", "basis='nothing'"],
    ),
];

/// Metrics that are not in the record, because it is older.
const LATER: &[&str] = &[
    "requests.rejected.",
    "requests.retries",
    "requests.dead_letters",
    "starts.",
    "sandboxes.",
    "ways.",
    "cold_start_share.",
    "memory.held.",
    "memory.templates",
    "remote.utilisation.mean",
    "remote.utilisation.busiest",
    "interface_",
    "storage.",
];

fn run(title: &str, sets: &[String], told: &mut String) {
    let sets: Vec<String> = sets.iter().cloned().chain(["replications=1".to_owned()]).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/day.toml");
    let loaded = config::load::<raw::Experiment>(&file, &sets).unwrap_or_else(|p| panic!("{title}: {p}"));
    let prepared = experiment::prepare(&loaded).unwrap_or_else(|p| panic!("{title}: {p}"));
    let outcome = experiment::run(&prepared, None, 1, &()).unwrap().expect("nothing interrupts it");
    writeln!(told, "{title}").unwrap();
    for run in &outcome.output.manifest.runs {
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        let recorded = |metric: &str| !LATER.iter().any(|later| metric.starts_with(later));
        let rows = outcome.output.summary.iter().filter(|row| row.layout == run.layout && recorded(&row.metric));
        for byte in rows.flat_map(|row| format!("{} {:?}\n", row.metric, row.value).into_bytes()) {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        writeln!(told, "  {}: {} events {}, summary {digest:016x}", run.layout, run.events, run.event_hash).unwrap();
    }
}

#[test]
fn speed_changes_no_answer() {
    let mut told = String::new();
    for (title, sets) in VARIANTS {
        let both = |set: &&str| [1, 2].map(|layout| format!("layout[{layout}].platform.{set}"));
        let tight = TIGHT.iter().map(|set| (*set).to_owned());
        run(title, &tight.chain(sets.iter().flat_map(both)).collect::<Vec<_>>(), &mut told);
    }
    for (title, sets) in LAYOUTS {
        run(title, &sets.iter().map(|set| (*set).to_owned()).collect::<Vec<_>>(), &mut told);
    }
    insta::assert_snapshot!(told);
}
