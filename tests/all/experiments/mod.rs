//! The shipped experiments on workloads that take an instant: they run, and their figures show what they ask for.

use sdcsim::memory::pool::RHO_LIMIT;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use sdcsim::config::{self, raw};
use sdcsim::experiment;
use sdcsim::output::{SweepManifest, SweepRow, read_sweep, read_sweep_rows};
use sdcsim::rng::RootSeed;
use sdcsim::workload::Spacing;
use sdcsim::workload::stats::stats;
use tempfile::TempDir;

/// Half an hour of twenty functions.
const TINY: &str = "workload.source={ kind = \"generated\", functions = 20, length = \"30 min\" }";

/// A swept experiment.
struct Swept {
    folder: TempDir,
    manifest: SweepManifest,
    rows: Vec<SweepRow>,
}

fn sweep(name: &str, sets: &[&str]) -> Swept {
    let folder = TempDir::new().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sdcsim"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["sweep", "--quiet", &format!("experiments/{name}.toml")]);
    command.arg("--out").arg(folder.path());
    for set in sets {
        command.args(["--set", set]);
    }
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let results = folder.path().join(name);
    let manifest = read_sweep(&results).unwrap();
    let mut rows = Vec::new();
    read_sweep_rows(&results, &manifest, |row| rows.push(row)).unwrap();
    Swept { folder, manifest, rows }
}

impl Swept {
    fn results(&self) -> std::path::PathBuf {
        self.folder.path().join(&self.manifest.experiment)
    }
    fn plot(&self, name: &str) -> String {
        let path = self.results().join("plots").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
    /// A metric of a layout by point.
    fn values(&self, layout: &str, metric: &str) -> Vec<f64> {
        let mine = self.rows.iter().filter(|row| row.layout == layout && row.metric == metric);
        mine.map(|row| row.mean).collect()
    }
}

/// All points are there, and every figure that is asked for has a picture that names every layout.
#[track_caller]
fn check(swept: &Swept, layouts: usize, points: usize) {
    assert_eq!((swept.manifest.ids.len(), swept.manifest.missing.len()), (points, 0));
    let named: BTreeSet<&str> = swept.rows.iter().map(|row| row.layout.as_str()).collect();
    assert_eq!(named.len(), layouts, "{named:?}");
    assert!(!swept.manifest.figure.is_empty());
    for figure in &swept.manifest.figure {
        let name = figure.x.as_ref().map_or(figure.y.clone(), |x| format!("{}-over-{x}", figure.y));
        let picture = swept.plot(&format!("{}.svg", name.replace('.', "-")));
        for layout in &named {
            assert!(picture.contains(layout), "{name} does not name {layout}");
        }
    }
}

#[test]
fn keepalive_frontier() {
    let swept = sweep("keepalive-frontier", &[TINY]);
    check(&swept, 7, 8);
    assert!(swept.plot("cold_start_share-over-memory-wasted.svg").contains("clairvoyant (bound)"));
    // A longer limit costs memory and saves cold starts; who knows the future needs less for as many.
    let [fixed, bound] = ["fixed", "clairvoyant"].map(|layout| swept.values(layout, "memory.wasted"));
    assert!(fixed.is_sorted() && swept.values("fixed", "cold_starts").is_sorted_by(|a, b| a >= b));
    assert!(fixed.iter().zip(&bound).all(|(fixed, bound)| bound < fixed), "{fixed:?} {bound:?}");
    // What is moved to a pool leaves as much memory beside the cores as a fixed limit, and starts sooner.
    let of = |metric| ["fixed", "remote tier"].map(|layout| swept.values(layout, metric));
    let ([fixed, tier], [later, sooner]) = (of("local_memory.allocated.mean"), of("start_delay.mean"));
    assert!(fixed.iter().zip(&tier).all(|(fixed, tier)| (tier / fixed - 1.0).abs() < 0.01), "{fixed:?} {tier:?}");
    assert!(later.iter().zip(&sooner).any(|(later, sooner)| sooner < later), "{later:?} {sooner:?}");
    assert!(later.iter().zip(&sooner).all(|(later, sooner)| sooner <= later), "{later:?} {sooner:?}");
}

#[test]
fn eviction_frontier() {
    let small = [TINY, "layout[5].platform.keep_alive.limit=\"1 min\""];
    check(&sweep("eviction-frontier", &small), 6, 9);
}

#[test]
fn remote_memory_start() {
    let swept = sweep("remote-memory-start", &[TINY]);
    check(&swept, 3, 9);
    // A mapped template is there sooner than a container, however long sandboxes are kept.
    let [container, template] = ["containers", "templates"].map(|layout| swept.values(layout, "start_delay.mean"));
    assert!(container.iter().zip(&template).all(|(container, template)| template < container));
    // And it holds memory even where no sandbox is kept.
    let [held, allocated] =
        ["memory.held.mean", "memory.allocated.mean"].map(|metric| swept.values("templates", metric));
    assert!(held[0] > allocated[0]);
}

#[test]
fn hybrid_share() {
    let swept = sweep("hybrid-share", &[TINY, "replications=1"]);
    check(&swept, 4, 18);
    let [servers, required, sips] =
        ["servers", "required", "sip-nodes"].map(|layout| swept.values(layout, "response.mean"));
    // The fewer functions must run on servers, the more the response is that of SiP nodes alone, whatever the number of servers.
    for (share, boundaries) in required.chunks(3).enumerate() {
        assert!(boundaries.is_sorted(), "{boundaries:?}");
        let between = servers[3 * share]..=sips[3 * share] * (1.0 + 1e-9);
        assert!(boundaries.iter().all(|response| between.contains(response)), "{boundaries:?} {between:?}");
        assert!(boundaries[0] < boundaries[2], "{boundaries:?}");
    }
    // Servers and SiP nodes are paid for by their numbers; a server is a little cheaper than a SiP node and its part of a pool.
    let [capex, purchase, period] =
        ["cost.provider.capex", "purchase_cost", "period"].map(|metric| swept.values("required", metric));
    assert!(purchase.is_sorted_by(|a, b| a >= b) && purchase[0] > purchase[17], "{purchase:?}");
    let used: Vec<f64> = capex.iter().zip(&period).map(|(capex, period)| capex / period).collect();
    assert!(used.iter().zip(&purchase).all(|(a, b)| (a / used[0] / (b / purchase[0]) - 1.0).abs() < 1e-9));
}

/// `n` starts of `W` bytes each, all within a second, end no earlier than `n·W/B` after the first, `B` being the 98 % of the
/// bandwidth at which a pool is full; where that is long,
/// the slowest per cent is not much later.
#[test]
fn a_herd_takes_as_long_as_its_bytes() {
    let swept = sweep("remote-memory-herd", &[]);
    check(&swept, 3, 10);
    let herd = 1000.0 * 256.0 * 1_048_576.0 * 0.3 * 8.0;
    let p99 = swept.values("templates", "start_delay.p99");
    for (gbits, measured) in [(1.0, p99[0]), (3.0, p99[1]), (10.0, p99[2]), (50.0, p99[4])] {
        let bytes = herd / (gbits * 1e9 * RHO_LIMIT);
        assert!(
            (bytes * 0.998 - 1.0..bytes * 1.01 + 0.1).contains(&measured),
            "{gbits} Gbit/s: {measured} s, bytes {bytes} s"
        );
    }
    // Far above, a start takes what it would take alone.
    assert!(p99[9] < 0.1, "{p99:?}");
    let load = swept.values("templates", "remote.utilisation.max");
    assert!((0.97..=1.0).contains(&load[0]) && load[9] < 0.9, "{load:?}");
}

/// As traces/README.md says that it was made.
#[test]
fn the_herd_is_made_by_its_recipe() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/herd");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap().replace("\r\n", "\n");
    let table = |head: &str, row: fn(u32) -> String| {
        std::iter::once(head.to_owned()).chain((0..1000).map(row)).collect::<Vec<_>>().join("\n") + "\n"
    };
    let functions = table("owner,app,function,memory_mib", |i| format!("herd,a{i:03},f,256"));
    let invocations = table("function,arrival_s,duration_s", |i| format!("{i},60.{i:03},1"));
    assert_eq!(read("functions.csv"), functions);
    assert_eq!(read("invocations.csv"), invocations);
}

/// The cells of README's table of results, by the label of their line.
fn table_of_the_readme() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let lines =
        text.lines().skip_while(|line| !line.starts_with("| held equal")).take_while(|line| line.starts_with('|'));
    let cells = lines.skip(2).map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()));
    cells.map(|mut cells| (cells.next().expect("a label"), cells.collect())).collect()
}

/// Lines of the terminal's table by label and unit; its layouts come in blocks, of which each has all lines.
fn printed_cells<'a>(printed: &'a str, label: &str) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for line in printed.lines() {
        let mut cells = line.trim().split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        if cells.next() == Some(label) {
            let unit = cells.next().expect("a unit");
            found.extend(cells.map(|cell| (cell, unit)));
        }
    }
    found
}

/// What README says of the quickstart is what it prints, cell by cell: value, interval, unit, ratio and its range. (The
/// star, that a ratio's interval excludes one, is left out there.)
#[test]
fn the_readme_has_what_the_quickstart_prints() {
    let folder = TempDir::new().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sdcsim"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "experiments/quickstart.toml"]);
    let output = command.arg("--out").arg(folder.path()).output().expect("the program starts");
    let printed = String::from_utf8(output.stdout).unwrap();
    let sentences = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    let table = table_of_the_readme();
    assert!(table.len() >= 12, "{table:?}");
    for (label, cells) in table {
        let measured = printed_cells(&printed, &label);
        assert_eq!(measured.len(), cells.len(), "{label}: {measured:?}");
        for (cell, (measured, unit)) in cells.iter().zip(measured) {
            let (value, ratio) =
                cell.split_once(" (").map_or((cell.as_str(), ""), |(value, rest)| (value, rest.trim_end_matches(')')));
            let (ratio, range) = ratio.split_once(", within ").unwrap_or((ratio, ""));
            let measured = measured.trim_end_matches('*');
            assert_eq!(format!("{} {ratio}", value.trim_end_matches(unit).trim()).trim(), measured, "{label}");
            assert!(value.ends_with(unit), "{label}: {value} is in {unit}");
            let told = format!("{ratio} within {range}");
            assert!(range.is_empty() || sentences.contains(&told), "{label}: not printed: {told}");
        }
    }
}

/// The quickstart is a data centre as they are run: dozens of servers, at 40 to 60 % of their cores, of which no function
/// has most. By Little's law, without a run.
#[test]
fn the_quickstart_is_a_busy_data_centre() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quickstart.toml");
    let loaded = config::load::<raw::Experiment>(&file, &[]).unwrap();
    let prepared = experiment::prepare(&loaded).unwrap();
    let concurrency = stats(&prepared.workload, RootSeed::new(1, 0)).mean_concurrency;
    for layout in &prepared.plan.layouts {
        assert!(layout.nodes() >= 24, "{}: {} nodes", layout.name, layout.nodes());
        let busy = concurrency / layout.cores as f64;
        assert!((0.4..=0.6).contains(&busy), "{}: {busy}", layout.name);
    }
    let mut load = vec![0.0; prepared.workload.functions().len()];
    for request in prepared.workload.arrivals(RootSeed::new(1, 0), Spacing::default()) {
        load[request.function.index()] += request.duration.as_secs_f64();
    }
    let share = load.iter().copied().fold(0.0, f64::max) / load.iter().sum::<f64>();
    assert!(share < 0.2, "one function has {share} of the load");
}
