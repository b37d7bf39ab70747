//! The comparison, the figures and the page that are made of result files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sdcsim::output::{self, ExperimentOutput};
use sdcsim::report;

use super::fixture;

/// Writes the experiment to a folder of its own and makes its report.
fn made(out: &ExperimentOutput) -> (tempfile::TempDir, PathBuf, report::Comparison) {
    let root = tempfile::tempdir().unwrap();
    let dir = output::write(out, &fixture::timing(), root.path()).unwrap();
    let comparison = report::make(&dir).unwrap();
    (root, dir, comparison)
}

/// All files below a folder, hidden ones too.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn the_table_and_the_comparison_of_three_layouts() {
    let (_root, dir, comparison) = made(&fixture::experiment(3));
    let table = report::table(&comparison);
    insta::assert_snapshot!("table", table);
    insta::assert_snapshot!("comparison", fs::read_to_string(dir.join("comparison.csv")).unwrap());
    let widest = table.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "a line of {widest:?} characters:\n{table}");
}

#[test]
fn one_replication_invents_no_interval() {
    let (_root, dir, comparison) = made(&fixture::experiment(1));
    let table = report::table(&comparison);
    assert!(table.contains("1 replication: no interval"), "{table}");
    assert!(!table.contains('±'), "{table}");
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(page.contains("1 replication: no interval") && !page.contains("half width"));
    assert!(comparison.rows.iter().all(|row| row.half_width_95.is_none() && row.ratio_low.is_none() && row.n == 1));
}

#[test]
fn what_makes_a_comparison_doubtful_is_told_loudly() {
    let mut out = fixture::experiment(2);
    out.manifest.audits[3].holds = false;
    out.manifest.audits[3].left += 2.0;
    out.manifest.layouts[2].held_equal[1].value = 2048.0;
    out.summary.retain(|row| row.layout != "disaggregated" || row.replication == 0);
    let (_root, dir, comparison) = made(&out);
    insta::assert_snapshot!("flags", comparison.flags.join("\n"));
    let table = report::table(&comparison);
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(table.contains("!! AUDIT FAILED") && page.contains("class=\"bad\">FAILED"));
    assert!(table.contains("held equal: 640 cores (") && page.contains("NOT HELD EQUAL: memory"));
}

/// Means that are far apart, alike, and too uncertain to tell: each said in words, on the page as on the terminal.
#[test]
fn intervals_are_said_in_words() {
    let mut out = fixture::experiment(3);
    for row in out.summary.iter_mut().filter(|row| row.metric == "response.p99") {
        // Of each replication: 1, 2, 3 in the first layout; half as much in the second; in the third 3, 2, 1.
        let value = 1.0 + f64::from(row.replication);
        row.value = match row.layout.as_str() {
            "serverful" => value,
            "serverless-on-servers" => value / 2.0,
            _ => 4.0 - value,
        };
    }
    let (_root, dir, comparison) = made(&out);
    let (table, page) = (report::table(&comparison), fs::read_to_string(dir.join("report.html")).unwrap());
    assert!(table.contains("In words, against serverful") && page.contains("<h2>In words</h2>"));
    // The ratio is 1, its residuals 2, 0, −2: half the interval is 4.303 · 2/√3 over a mean of 2, and the resolution, 2/1024.
    for sentence in
        ["Response, p99: 50.0 % lower (49.9 % to 50.1 %)", "Response, p99: not distinguishable (−249 % to +249 %)"]
    {
        assert!(table.contains(sentence), "{table}");
        assert!(page.contains(&format!("<li>{sentence}</li>")), "{sentence}");
    }
    // One replication has no interval, so there is nothing to say.
    let (_root, dir, comparison) = made(&fixture::experiment(1));
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(!report::table(&comparison).contains("In words") && !page.contains("In words"));
}

#[test]
fn the_page_says_what_was_fullest() {
    let mut out = fixture::experiment(3);
    let (_root, dir, _) = made(&out);
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    let fullest: Vec<&str> = page.split("<tr class=\"fullest\">").skip(1).collect();
    assert_eq!(fullest.len(), 3);
    let name = |row: &str| row.split(['>', '<']).nth(2).unwrap().to_owned();
    assert_eq!(
        fullest.iter().map(|row| name(row)).collect::<Vec<_>>(),
        ["Cores", "Network interface, in (transfers)", "Network interface, in (transfers)"]
    );
    // Cores are followed as one; the first layout moved nothing.
    assert!(fullest[0].contains("<td>–</td>"), "{}", fullest[0]);
    assert_eq!(page.matches(">Network interface, in (transfers)</th>").count(), 2);
    out.resources.clear();
    let (_root, dir, _) = made(&out);
    assert!(!fs::read_to_string(dir.join("report.html")).unwrap().contains("<h2 id=\"resources\">"));
}

#[test]
fn many_layouts_wrap_into_blocks_of_100_columns() {
    let mut out = fixture::experiment(2);
    for copy in 1..4 {
        for layout in fixture::experiment(2).manifest.layouts {
            let name = format!("{}-{copy}", layout.name);
            let rows = out.summary.iter().filter(|row| row.layout == layout.name).cloned().collect::<Vec<_>>();
            out.summary.extend(rows.into_iter().map(|row| output::SummaryRow { layout: name.clone(), ..row }));
            out.manifest.layouts.push(output::LayoutInfo { name, ..layout });
        }
    }
    let table = report::table(&report::compare(&out));
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    for layout in &out.manifest.layouts {
        assert!(table.lines().any(|line| line.contains(&format!(" {}", layout.name))), "{}", layout.name);
    }
}

#[test]
fn making_again_changes_no_byte() {
    let (_root, dir, first) = made(&fixture::experiment(3));
    let before = files(&dir);
    assert_eq!(report::make(&dir).unwrap(), first);
    let after = files(&dir);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (path, content) in before {
        assert!(after[&path] == content, "{} changed", path.display());
    }
}

#[test]
fn timing_is_in_nothing_that_is_made() {
    let out = fixture::experiment(1);
    let root = tempfile::tempdir().unwrap();
    let dir = output::write(&out, &fixture::timing(), root.path()).unwrap();
    report::make(&dir).unwrap();
    let before = files(&dir);
    let slower = output::Timing { wall_s: 99.0, threads: 64, ..fixture::timing() };
    output::write(&out, &slower, root.path()).unwrap();
    report::make(&dir).unwrap();
    let after = files(&dir);
    let changed: Vec<&PathBuf> = before.keys().filter(|path| before[*path] != after[*path]).collect();
    assert_eq!(changed, [&dir.join("timing.json")]);
}

#[test]
fn the_page_loads_nothing_and_every_figure_is_there_twice() {
    let (_root, dir, _) = made(&fixture::experiment(3));
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    for forbidden in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "<iframe"] {
        assert!(!page.contains(forbidden), "the page contains {forbidden}");
    }
    assert!(page.contains("take servers apart &amp; keep cores"), "text is escaped");
    assert!(page.contains("a &lt;made-up&gt; day"), "the configuration is escaped");
    for name in ["response", "breakdown", "cost", "capacity", "utilisation"] {
        let svg = fs::read_to_string(dir.join(format!("plots/{name}.svg"))).unwrap();
        assert!(svg.contains("<title>") && svg.contains("sans-serif"), "{name}");
        assert!(svg.len() < 150_000, "{name}.svg has {} bytes", svg.len());
        assert!(page.contains(&format!("<figure id=\"{name}\"")), "{name}");
        let png = fs::read(dir.join(format!("plots/{name}.png"))).unwrap();
        let (width, height) = size(&png);
        assert_eq!(width, 1008, "{name}");
        assert!((400..1400).contains(&height), "{name}: {height}");
        assert!(png.len() < 150_000, "{name}.png has {} bytes", png.len());
    }
}

/// Width and height as the header of a PNG has them.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn results_without_rows_make_a_page_without_figures() {
    let mut out = fixture::experiment(1);
    out.summary.clear();
    out.quantiles.clear();
    out.breakdown.clear();
    out.series.clear();
    let (_root, dir, comparison) = made(&out);
    assert!(comparison.rows.is_empty());
    assert!(fs::read_dir(dir.join("plots")).unwrap().next().is_none());
    assert!(report::table(&comparison).contains("!! NO RESULTS of serverful, replication 0"));
}

#[test]
fn awkward_values_make_figures_too() {
    for value in [0.0, -1.0, 5e-324, 1e-300, 0.25, 1e300] {
        let positive = f64::max(value, 0.0);
        let mut out = fixture::experiment(1);
        out.quantiles.iter_mut().for_each(|row| row.response_s = positive);
        out.breakdown.iter_mut().for_each(|row| row.mean_s = positive);
        out.series.iter_mut().for_each(|row| (row.value, row.time_s) = (value, positive));
        out.summary.iter_mut().for_each(|row| row.value = value);
        let (_root, dir, comparison) = made(&out);
        assert!(dir.join("plots/cost.svg").exists());
        assert!(report::table(&comparison).contains("Response, p99"));
    }
}

#[test]
fn figures_of_many_layouts_show_the_first() {
    let mut out = fixture::experiment(1);
    for copy in 0..20 {
        let name = format!("copy {copy}");
        let rows: Vec<_> = out.summary.iter().filter(|row| row.layout == "serverful").cloned().collect();
        out.summary.extend(rows.into_iter().map(|row| output::SummaryRow { layout: name.clone(), ..row }));
        let first = out.manifest.layouts[0].clone();
        out.manifest.layouts.push(output::LayoutInfo { name, ..first });
    }
    let (_root, dir, _) = made(&out);
    let cost = fs::read_to_string(dir.join("plots/cost.svg")).unwrap();
    assert!(cost.contains("copy 8") && !cost.contains("copy 9"));
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(page.contains("Only the first 12 of 23 layouts are drawn."));
}

#[test]
fn missing_files_are_problems_and_nothing_is_written() {
    let root = tempfile::tempdir().unwrap();
    let dir = output::write(&fixture::experiment(1), &fixture::timing(), root.path()).unwrap();
    fs::remove_file(dir.join("series.csv")).unwrap();
    fs::write(dir.join("quantiles.csv"), "").unwrap();
    let before = files(&dir);
    let problems = report::make(&dir).unwrap_err();
    assert_eq!(problems.0.len(), 2, "{problems}");
    assert_eq!(files(&dir), before);
}
