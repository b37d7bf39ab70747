//! How busy nodes, pools and storage nodes were: result files and metrics, with figures worked out by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sdcsim::experiment;
use sdcsim::output::{self, ENTITIES, ExperimentOutput, ResourceRow};

use super::small;

/// Requests as (arrival in seconds, length in seconds), each of a function of its own with 128 MiB, in a window of a
/// minute.
type Requests<'a> = &'a [(f64, f64)];

/// What a run left on the disk: its results, and its files of entities by name.
struct Made {
    out: ExperimentOutput,
    entities: BTreeMap<String, String>,
}

/// Runs and writes an experiment with these requests and settings.
fn made(base: &str, requests: Requests<'_>, sets: &[&str]) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let alone: Vec<_> = requests.iter().map(|(at, length)| (*at, 128, *length)).collect();
    small::write_alone(folder.path(), 60.0, &alone);
    let source = format!("workload.source={{ kind='native', path='{}' }}", folder.path().display());
    let basis = ["basis='nothing'", "replications=1", source.as_str()];
    written(base, &[&basis[..], sets].concat())
}

/// Runs and writes an experiment.
fn written(base: &str, sets: &[&str]) -> Made {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(base);
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let prepared = small::prepare(&file, &sets);
    let root = tempfile::tempdir().unwrap();
    let files = experiment::run_files(&prepared, None, root.path()).unwrap();
    let outcome = experiment::run(&prepared, files.as_ref(), 1, &()).unwrap().expect("it is not stopped");
    assert!(outcome.output.manifest.audits.iter().all(|audit| audit.holds));
    let dir = output::write_in(&outcome.output, &outcome.timing, files.as_ref(), root.path()).unwrap();
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    let folder = fs::read_dir(dir.join(ENTITIES)).into_iter().flatten();
    Made { out: output::read(&dir).unwrap(), entities: folder.map(|entry| read(entry.unwrap())).collect() }
}

impl Made {
    fn group(&self, layout: &str, resource: &str, group: &str) -> &ResourceRow {
        let mut rows = self.out.resources.iter();
        let found = rows.find(|row| (&*row.layout, &*row.resource, &*row.group) == (layout, resource, group));
        found.unwrap_or_else(|| panic!("no {resource} of {group} in {layout}"))
    }

    fn metric(&self, layout: &str, metric: &str) -> Option<f64> {
        let found = self.out.summary.iter().find(|row| row.layout == layout && row.metric == metric);
        found.map(|row| row.value)
    }

    /// The cells of the entities of a resource in the first replication of a layout: what was used, what was possible,
    /// utilisation, most jobs and highest load, which are NaN where they are not known.
    fn each(&self, layout: &str, resource: &str) -> Vec<[f64; 5]> {
        let text = &self.entities[&format!("{layout}-0.csv")];
        let mut lines = text.lines();
        let header = "layout,replication,resource,group,entity,used,possible,unit,utilisation,peak_jobs,peak_load";
        assert_eq!(lines.next(), Some(header));
        let cells = lines.map(|line| line.split(',').collect::<Vec<_>>()).filter(|cells| cells[2] == resource);
        let number = |text: &str| if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
        let row = |(i, cells): (usize, Vec<&str>)| {
            assert_eq!((cells[0], cells[4]), (layout, &*i.to_string()));
            [5, 6, 8, 9, 10].map(|column| number(cells[column]))
        };
        cells.enumerate().map(row).collect()
    }
}

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 1e-9 * expected.abs(), "{got} for {expected}");
}

const DAY: &str = "tests/all/day.toml";
const GIB: f64 = 1_073_741_824.0;

/// 16 answers of 125 MB through one interface of 1 Gbit/s: it is busy for 16 s of a minute, and full as long.
#[test]
fn an_interface_is_full_while_it_is_busy() {
    for (layout, name) in [(0, "serverful"), (1, "serverless")] {
        let nodes = format!("layout[{layout}].nodes.count=1");
        let rate = format!("layout[{layout}].nodes.nic.rate='1 Gbit/s'");
        let ports = format!("layout[{layout}].fabric.port_rate='1 Gbit/s'");
        let made = made(DAY, &[(1.0, 0.001); 16], &["workload.io.response='125 MB'", &nodes, &rate, &ports]);
        let out = made.group(name, "interface_out", "server");
        assert_eq!((out.entities, out.all.peak_jobs, &*out.unit), (1, Some(16), "GiB"));
        close(out.all.used, 16.0 * 125e6 / GIB);
        close(out.all.possible, 60.0 * 125e6 / GIB);
        close(out.all.utilisation(), 16.0 / 60.0);
        close(out.busiest.unwrap(), 16.0 / 60.0);
        close(made.metric(name, "interface_out.utilisation.mean").unwrap(), 16.0 / 60.0);
        assert!(made.entities.is_empty());
    }
}

/// Until the last request is done: 160 s of answers, and no time left.
#[test]
fn the_time_goes_on_until_the_last_request_is_done() {
    let sets = [
        "workload.io.response='1250 MB'",
        "layout[1].nodes.count=1",
        "layout[1].nodes.nic.rate='1 Gbit/s'",
        "layout[1].fabric.port_rate='1 Gbit/s'",
    ];
    let made = made(DAY, &[(0.0, 0.0); 16], &sets);
    let out = made.group("serverless", "interface_out", "server").all;
    // But for dispatch and cold start at first.
    assert!((0.97..1.0).contains(&out.utilisation()), "{out:?}");
    close(out.used, 16.0 * 1250e6 / GIB);
}

/// Functions take turns: of three that read as much, two read from the first of two storage nodes.
#[test]
fn the_busiest_of_two_storage_nodes() {
    let sets = [
        "workload.io.read='125 MB'",
        "layout[1].platform.cold_start.image='0 B'",
        "layout[1].storage.count=2",
        "layout[1].storage.bandwidth='1 Gbit/s'",
        "outputs.resources='entity'",
    ];
    let made = made(DAY, &[(1.0, 0.001); 3], &sets);
    let storage = made.group("serverless", "storage", "storage");
    assert_eq!((storage.entities, storage.all.peak_jobs), (2, Some(2)));
    close(storage.all.utilisation(), 3.0 / 120.0);
    close(storage.busiest.unwrap(), 2.0 / 60.0);
    close(made.metric("serverless", "storage.utilisation.mean").unwrap(), 3.0 / 120.0);
    close(made.metric("serverless", "storage.utilisation.busiest").unwrap(), 2.0 / 60.0);
    let [first, second] = made.each("serverless", "storage")[..] else { panic!("two nodes") };
    close(first[0], 250e6 / GIB);
    close(second[0], 125e6 / GIB);
    close(second[2], 1.0 / 60.0);
    assert_eq!((first[3], second[3]), (2.0, 1.0));
}

/// Runs of 10 s and 30 s on two nodes of one core, which are not the same: cores, and the memory of sandboxes until the end.
#[test]
fn cores_and_memory_of_each_node() {
    let nodes = [
        "layout[1].nodes.count=2",
        "layout[1].nodes.packages=1",
        "layout[1].nodes.cpu.cores=1",
        "layout[1].nodes.memory.capacity='1 GiB'",
    ];
    for cpu in ["exclusive", "shared"] {
        let cpu = format!("layout[1].platform.cpu='{cpu}'");
        let sets = [&nodes[..], &["outputs.resources='entity'", "layout[1].nodes.cpu.speed=1.0", &cpu]].concat();
        let made = made(DAY, &[(1.0, 10.0), (1.0, 30.0)], &sets);
        let cores = made.group("serverless", "cores", "server");
        close(cores.all.used, made.metric("serverless", "cores.busy.mean").unwrap() * 60.0);
        close(cores.all.possible, 120.0);
        let mut each = made.each("serverless", "cores");
        each.sort_by(|a, b| a[0].total_cmp(&b[0]));
        // Shared cores serve starts too.
        let more = each[0][0] - 10.0;
        assert!((0.0..2.0).contains(&more) && (each[1][0] - 30.0 - more).abs() < 1e-3, "{each:?}");
        close(cores.busiest.unwrap(), each[1][0] / 60.0);
        assert_eq!(cores.all.peak_load, Some(1.0));
        for memory in made.each("serverless", "local_memory") {
            // 128 MiB from the first second on, of 1 GiB.
            close(memory[1], 60.0);
            assert!((0.125 * 58.9..=0.125 * 59.0).contains(&memory[0]) && memory[4] == 0.125, "{memory:?}");
        }
    }
}

/// Of a machine on each of two nodes, one serves.
#[test]
fn machines_are_told_by_the_nodes_they_are_on() {
    let sets = ["layout[0].nodes.count=2", "outputs.resources='entity'"];
    let each = made(DAY, &[(1.0, 10.0)], &sets);
    let [cores, memory] = ["cores", "local_memory"].map(|resource| each.each("serverful", resource));
    assert_eq!((cores.len(), memory.len()), (2, 2));
    let both: f64 = cores.iter().map(|node| node[0]).sum();
    close(both, each.metric("serverful", "cores.busy.mean").unwrap() * 60.0);
    close(cores[0][0], both);
    assert_eq!((cores[0][3], cores[1][0]), (1.0, 0.0));
    // One request on one core of the node, however few its machine has.
    close(cores[0][4], 60.0 / cores[0][1]);
    assert_eq!(cores[1][4], 0.0);
    // Where nodes are not followed, machines say nothing of them.
    let together = made(DAY, &[(1.0, 10.0)], &["layout[0].nodes.count=2"]);
    let cores = together.group("serverful", "cores", "server").all;
    assert_eq!((cores.peak_jobs, cores.peak_load), (Some(1), None));
    let held: f64 = memory.iter().map(|node| node[0]).sum();
    close(held, each.metric("serverful", "local_memory.allocated.mean").unwrap() * 60.0);
}

/// Following each node changes no result, on the straight path and the general one; and the nodes add up to their groups.
#[test]
fn detail_changes_no_result() {
    let sets = |detail| {
        [detail, "replications=1", "layout[1].nodes.count=2", "layout[2].memory_pools.count=3", "basis='nothing'"]
    };
    let [none, group, entity] = ["outputs.resources='none'", "outputs.resources='group'", "outputs.resources='entity'"]
        .map(|detail| written(DAY, &sets(detail)));
    assert_eq!(none.out.manifest.runs, group.out.manifest.runs);
    assert_eq!(entity.out.manifest.runs, group.out.manifest.runs);
    assert_eq!(entity.out.manifest.audits, group.out.manifest.audits);
    assert!(none.out.summary == group.out.summary && entity.out.summary == group.out.summary);
    assert!(none.out.resources.is_empty() && none.entities.is_empty() && group.entities.is_empty());
    assert_eq!(
        entity.entities.keys().collect::<Vec<_>>(),
        ["disaggregated-0.csv", "serverful-0.csv", "serverful-autoscaled-0.csv", "serverless-0.csv"]
    );
    assert_eq!(group.out.resources.len(), entity.out.resources.len());
    for (known, row) in group.out.resources.iter().zip(&entity.out.resources) {
        assert_eq!((known.all.used, known.all.possible), (row.all.used, row.all.possible), "{row:?}");
        let each = entity.each(&row.layout, &row.resource);
        assert_eq!(each.len(), row.entities as usize, "{row:?}");
        close(each.iter().map(|own| own[0]).sum(), row.all.used);
        close(each.iter().map(|own| own[1]).sum(), row.all.possible);
        close(each.iter().map(|own| own[2]).fold(0.0, f64::max), row.busiest.unwrap());
    }
    // One by one they are known only where they are followed.
    let cores = |made: &Made| made.group("serverless", "cores", "server").busiest;
    assert!(cores(&group).is_none() && cores(&entity).is_some());
}

/// What no layout used has no metric, as nodes without images, inputs and outputs; what another did is zero.
#[test]
fn what_is_not_used_has_no_metric() {
    let images = ["layout[1].platform.cold_start.image='0 B'", "layout[2].platform.cold_start.image='0 B'"];
    let of = |made: &Made, metric: &str| {
        ["mean", "busiest"].map(|of| made.metric("serverless", &format!("{metric}.utilisation.{of}")))
    };
    let none = made(DAY, &[(1.0, 1.0)], &images);
    for metric in ["interface_in", "interface_out", "storage", "remote"] {
        assert_eq!(of(&none, metric), [None, None], "{metric}");
    }
    let made = made(DAY, &[(1.0, 1.0)], &images[..1]);
    for (metric, value) in
        [("interface_in", Some(0.0)), ("storage", Some(0.0)), ("interface_out", None), ("remote", None)]
    {
        assert_eq!(of(&made, metric), [value, value], "{metric}");
    }
    assert_eq!(made.group("serverless", "storage", "storage").all.used, 0.0);
    assert!(made.metric("disaggregated", "remote.utilisation.busiest").unwrap() > 0.0);
}

/// A few functions that chance leaves without a call in some replications: these count as zero, in layouts of any kind.
#[test]
fn replications_that_used_nothing_count_as_zero() {
    let sets = [
        "workload.source={ kind='generated', functions=3, length='10 min' }",
        "workload.io.response='1 MB'",
        "layout[1].platform.cold_start.image='0 B'",
        "replications=8",
        "basis='nothing'",
    ];
    let out = written(DAY, &sets).out;
    for layout in ["serverful", "serverless"] {
        let groups = out.resources.iter().filter(|row| row.layout == layout && row.resource == "interface_out");
        let expected: Vec<f64> = groups.map(|row| row.all.utilisation()).collect();
        assert!(expected.contains(&0.0) && expected.iter().any(|share| *share > 0.0), "{expected:?}");
        let metric = "interface_out.utilisation.mean";
        let rows = out.summary.iter().filter(|row| row.layout == layout && row.metric == metric);
        assert_eq!(rows.map(|row| row.value).collect::<Vec<_>>(), expected);
    }
    // Only the third layout has pools.
    assert!(out.summary.iter().all(|row| row.layout == "disaggregated" || !row.metric.starts_with("remote.util")));
}

/// Names of layouts are free; those of files have no spaces, and nothing that leads to another folder.
#[test]
fn files_of_layouts_of_any_name() {
    let sets = ["layout[1].name='SiP nodes'", "layout[2].name='a/b'", "outputs.resources='entity'"];
    let made = made(DAY, &[(1.0, 1.0)], &sets);
    assert_eq!(
        made.entities.keys().collect::<Vec<_>>(),
        ["SiP-nodes-0.csv", "a%2Fb-0.csv", "serverful-0.csv", "serverful-autoscaled-0.csv"]
    );
    assert!(made.entities["SiP-nodes-0.csv"].contains("\nSiP nodes,0,cores,"));
}
