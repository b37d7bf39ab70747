//! Figures and page of a sweep are made of its table and manifest alone.

use std::fs;
use std::path::Path;

use sdcsim::output::{SweepAxis, SweepFigure, SweepFiles, SweepKey, SweepManifest, SweepRow};
use sdcsim::problem::Problems;
use sdcsim::report;

use super::files;

fn key(key: &str, unit: &str, numeric: bool, values: &[&str]) -> SweepKey {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    SweepKey { key: key.to_owned(), unit: unit.to_owned(), numeric, values }
}

fn axis(label: &str, log: bool, swept: SweepKey) -> SweepAxis {
    SweepAxis { label: label.to_owned(), log, keys: vec![swept] }
}

/// A sweep over these axes; latency falls along the first axis and rises along the second, cost the other way round.
fn sweep(axes: Vec<SweepAxis>) -> (SweepManifest, Vec<SweepRow>) {
    let points: usize = axes.iter().map(SweepAxis::len).product();
    let manifest = SweepManifest {
        program: "sdcsim".to_owned(),
        version: "0.1.0".to_owned(),
        experiment: "fixture".to_owned(),
        question: "Is a < b & \"c\"?".to_owned(),
        basis: "equal cores and memory".to_owned(),
        replications: 3,
        points: points as u64,
        ids: (0..points).map(|i| format!("{i:012x}-s1")).collect(),
        axis: axes,
        ..SweepManifest::default()
    };
    let mut rows = Vec::new();
    for point in 0..points {
        let indices = manifest.indices(point);
        let (x, y) = (indices[0] as f64 + 1.0, indices.get(1).map_or(0.0, |i| *i as f64));
        for (layout, factor) in [("servers", 1.0), ("apart", 1.5)] {
            let values = [("response.p99", factor * (1.0 + y) / x, "s"), ("cost.user_per_million", factor * x, "USD")];
            for (metric, mean, unit) in values {
                rows.push(SweepRow {
                    point,
                    layout: layout.to_owned(),
                    metric: metric.to_owned(),
                    mean,
                    interval: Some((mean * 0.9, mean * 1.1)),
                    unit: unit.to_owned(),
                    n: 3,
                });
            }
        }
    }
    (manifest, rows)
}

fn write(folder: &Path, manifest: &SweepManifest, rows: &[SweepRow]) {
    let files = SweepFiles { folder, drawn: &[] };
    files.manifest(manifest).unwrap();
    files.table(manifest, |sink| rows.iter().try_for_each(sink)).unwrap();
}

fn made(axes: Vec<SweepAxis>) -> (tempfile::TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    let (manifest, rows) = sweep(axes);
    write(root.path(), &manifest, &rows);
    report::sweep::make(root.path()).unwrap();
    let page = fs::read_to_string(root.path().join("sweep.html")).unwrap();
    (root, page)
}

fn shares() -> SweepAxis {
    axis("Local share", false, key("layout[1].memory_pools.local_share", "", true, &["0.25", "0.5", "1"]))
}

fn rates() -> SweepAxis {
    axis("Bandwidth", true, key("layout[1].memory_pools.bandwidth", "Gbit/s", true, &["10", "100", "1000"]))
}

#[test]
fn the_report_is_made_again_byte_for_byte() {
    let (root, page) = made(vec![shares(), rates()]);
    let first = files(root.path());
    fs::remove_file(root.path().join("sweep.html")).unwrap();
    fs::remove_dir_all(root.path().join("plots")).unwrap();
    let shown = report::run(root.path(), false).unwrap();
    assert!(shown.contains("sweep.html"), "{shown}");
    super::assert_same(&first, &files(root.path()));
    assert!(page.contains("Is a &lt; b &amp;"), "values are escaped");
    for part in ["3 × 3 = 9 points", "3 replications each", "<svg", "Held equal", "10, 100, 1000 Gbit&#x2f;s"] {
        assert!(page.contains(part), "no {part}");
    }
}

/// The text and the strokes of a figure, which is enough to see what it shows.
fn texts(root: &Path, name: &str) -> Vec<String> {
    let svg = fs::read_to_string(root.join("plots").join(name)).unwrap();
    let lines: Vec<&str> = svg.lines().collect();
    let after = |i: usize| lines.get(i + 1).map(|line| line.trim().to_owned());
    (0..lines.len()).filter(|i| lines[*i].starts_with("<text")).filter_map(after).collect()
}

#[test]
fn a_panel_for_each_value_of_the_second_axis() {
    let (root, _) = made(vec![shares(), rates()]);
    let texts = texts(root.path(), "response-p99.svg");
    for part in
        ["Bandwidth: 10 Gbit/s", "Bandwidth: 1000 Gbit/s", "Local share", "Response, p99 (s)", "servers", "apart"]
    {
        assert!(texts.iter().any(|text| text == part), "no `{part}` in {texts:?}");
    }
    let (root, _) = made(vec![rates()]);
    let texts = self::texts(root.path(), "response-p99.svg");
    for part in ["Bandwidth (Gbit/s)", "10", "100", "1000"] {
        assert!(texts.iter().any(|text| text == part), "no `{part}` in {texts:?}");
    }
}

#[test]
fn words_stand_side_by_side_without_a_line() {
    let policies = axis("Idle choice", false, key("layout[0].platform.idle_choice", "", false, &["mru", "lru"]));
    let (root, page) = made(vec![policies]);
    let texts = texts(root.path(), "response-p99.svg");
    assert!(texts.iter().any(|text| text == "mru") && texts.iter().any(|text| text == "lru"), "{texts:?}");
    assert!(page.contains("Bars are 95 % confidence intervals"));
}

/// The fixture with a figure of cost over latency, in which the first layout, of which nothing is swept, is a bound.
fn made_with_a_frontier(axes: Vec<SweepAxis>) -> (tempfile::TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    let (mut manifest, rows) = sweep(axes);
    manifest.figure = vec![
        SweepFigure {
            y: "response.p99".to_owned(),
            x: Some("cost.user_per_million".to_owned()),
            x_log: Some(true),
            bounds: vec!["servers".to_owned()],
            ..SweepFigure::default()
        },
        SweepFigure { y: "response.p99".to_owned(), y_log: Some(true), ..SweepFigure::default() },
    ];
    write(root.path(), &manifest, &rows);
    report::sweep::make(root.path()).unwrap();
    let page = fs::read_to_string(root.path().join("sweep.html")).unwrap();
    (root, page)
}

#[test]
fn a_metric_over_another_with_a_curve_for_each_layout() {
    let (root, page) = made_with_a_frontier(vec![shares(), rates()]);
    let texts = texts(root.path(), "response-p99-over-cost-user_per_million.svg");
    let axes = ["User cost per million (USD)", "Response, p99 (s)", "Bandwidth: 10 Gbit/s"];
    // Along the curve of the first candidate stand its values.
    let shown = ["servers (bound)", "apart", "frontier", "0.25", "0.5", "1"];
    for part in axes.into_iter().chain(shown) {
        assert!(texts.iter().any(|text| text == part), "no `{part}` in {texts:?}");
    }
    for part in ["The horizontal axis is logarithmic", "no curve beats in both metrics, bounds apart"] {
        assert!(page.contains(part), "no {part}");
    }
    // Asked for or not, a metric over the axis has one figure; those that are asked for come first.
    let position = |name: &str| page.find(&format!("<figure id=\"{name}\"")).unwrap_or(usize::MAX);
    let order = ["response-p99-over-cost-user_per_million", "response-p99", "cost-user_per_million"].map(position);
    assert!(order.is_sorted() && order[2] < usize::MAX, "{order:?}");
    assert_eq!(page.matches("<figure id=\"response-p99\"").count(), 1);
}

#[test]
fn more_axes_and_many_values_are_thinned_and_the_caption_says_so() {
    let values: Vec<String> = (1..=20).map(|i| i.to_string()).collect();
    let many: Vec<&str> = values.iter().map(String::as_str).collect();
    let seeds = axis("Seed", false, key("seed", "", true, &many));
    let (_root, page) = made(vec![shares(), seeds, rates()]);
    assert!(page.contains("8 of 20 values of Seed are drawn. Bandwidth is held at 10 Gbit&#x2f;s."), "{page}");
}

#[test]
fn rows_read_back() {
    let root = tempfile::tempdir().unwrap();
    let (manifest, rows) = sweep(vec![shares(), rates()]);
    write(root.path(), &manifest, &rows);
    assert_eq!(sdcsim::output::read_sweep(root.path()).unwrap(), manifest);
    let mut again = Vec::new();
    sdcsim::output::read_sweep_rows(root.path(), &manifest, |row| again.push(row)).unwrap();
    assert_eq!(again, rows);
}

#[test]
fn broken_files_are_told() {
    let root = tempfile::tempdir().unwrap();
    let (manifest, rows) = sweep(vec![shares()]);
    let broken = |file: &str, old: &str, new: &str| -> Problems {
        write(root.path(), &manifest, &rows);
        let path = root.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old} in {text}");
        fs::write(&path, text.replacen(old, new, 1)).unwrap();
        report::sweep::make(root.path()).unwrap_err()
    };
    let told = [
        broken("sweep.csv", "point,", "pont,"),
        broken("sweep.csv", "000000000001-s1,", "abc,"),
        broken("sweep.csv", ",s,3\n", ",s\n"),
        broken("sweep.csv", ",1,0.9,", ",NaN,0.9,"),
        broken("sweep.toml", "replications = 3", "replications = \"x\""),
        broken("sweep.toml", "\"000000000001-s1\",", ""),
    ];
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n\n").replace(&root.path().display().to_string(), "ROOT"));
}
