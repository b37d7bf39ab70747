//! What intervals over replications are about, and what is said where they have nothing to be about.

use super::{named, run, sdcsim, text};

/// The rows of `comparison.csv` of a metric, by column name.
fn rows<'t>(table: &'t str, metric: &str) -> Vec<std::collections::BTreeMap<&'t str, &'t str>> {
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let of_metric = lines.filter(|line| line.starts_with(&format!("{metric},")));
    of_metric.map(|line| names.iter().copied().zip(line.split(',')).collect()).collect()
}

fn report(set: &[&str]) -> (String, String, String) {
    let args: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
    let made = run(&args);
    let file = |name: &str| text(named(&made, name));
    (file("comparison.csv"), file("manifest.json"), file("report.html"))
}

#[test]
fn replications_that_cannot_differ_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let calls: Vec<String> = (0..300).map(|i| format!("{},{}.{},0.{}\n", i % 3, i, i % 7, 3 + i % 5)).collect();
    let calls = calls.concat();
    std::fs::write(
        folder.path().join("functions.csv"),
        "owner,app,function,memory_mib\no,a,x,128\no,a,y,256\no,b,z,128\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("invocations.csv"), format!("function,arrival_s,duration_s\n{calls}")).unwrap();
    let path = format!("workload.source.path='{}'", folder.path().display());
    let (table, manifest, page) = report(&[&path]);
    let serverful = rows(&table, "response.mean").swap_remove(0);
    assert_eq!((serverful["layout"], serverful["half_width_95"], serverful["equal"]), ("serverful", "", "value"));
    // A quantile is known to its resolution, and no better.
    let p50 = rows(&table, "response.p50").swap_remove(0);
    let (mean, half): (f64, f64) = (p50["mean"].parse().unwrap(), p50["half_width_95"].parse().unwrap());
    assert!((half - mean / 1024.0).abs() < 1e-12, "{half} of {mean}");
    assert!(manifest.contains("serverful: replications cannot differ"), "{manifest}");
    assert!(page.contains("replications cannot differ"));
    assert!(manifest.contains("the trace fixes arrivals and durations"));
}

#[test]
fn intervals_say_what_they_are_over() {
    let (table, manifest, page) = report(&[]);
    assert!(!manifest.contains("cannot differ") && manifest.contains("\"vary\": \"arrivals\""));
    assert!(page.contains("says nothing of other days or functions"));
    let estimated = ["response.mean", "response.p50", "response.p99", "concurrency.mean", "energy_per_request"];
    for row in estimated.iter().flat_map(|metric| rows(&table, metric)) {
        assert!(row["half_width_95"].parse::<f64>().unwrap() > 0.0, "{row:?}");
    }
    // What was set is equal, and no interval is made of it.
    assert!(
        rows(&table, "cores.installed")
            .iter()
            .all(|row| row["half_width_95"].is_empty() && row["equal"].contains("value"))
    );
}

#[test]
fn all_layouts_see_the_same_population() {
    let (table, manifest, _) = report(&["vary='population'"]);
    assert!(manifest.contains("\"vary\": \"population\"") && manifest.contains("drawn with replacement"));
    let arrived = rows(&table, "requests.arrived");
    assert!(arrived.len() == 4 && arrived.iter().all(|row| row["mean"] == arrived[0]["mean"]), "{arrived:?}");
    // The functions that are called most are there more or less often.
    assert!(arrived.iter().all(|row| row["half_width_95"].parse::<f64>().unwrap() > 0.0));
    assert!(arrived[1..].iter().all(|row| row["equal"] == "ratio"), "{arrived:?}");
    assert!(manifest.contains("nor of other days"), "the trace is of one day");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert!(manifest["workload"].get("invocations").is_none(), "they are of no replication");
}

fn number(row: &std::collections::BTreeMap<&str, &str>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} is missing in {row:?}"))
}

/// The values of a metric in each replication of a layout, by `summary.csv`.
fn values(summary: &str, layout: &str, metric: &str) -> Vec<f64> {
    let of = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0] == layout && cells[2] == metric).then(|| cells[3].parse().unwrap())
    };
    summary.lines().skip(1).filter_map(of).collect()
}

/// The trace of the day is a sample: its copies tell how far it may be from what it was drawn from, four of them or eight.
#[test]
fn a_bootstrap_does_not_shrink_with_more_replications() {
    let width = |replications: &str| {
        let made = run(&["--set", "vary='population'", "--set", replications]);
        let file = |name: &str| text(named(&made, name));
        let table = file("comparison.csv");
        let row = rows(&table, "response.mean").swap_remove(0);
        let (mean, low, high) = (number(&row, "mean"), number(&row, "mean_low"), number(&row, "mean_high"));
        assert!(0.0 < low && low < mean && (low * high / (mean * mean) - 1.0).abs() < 1e-9, "{row:?}");
        let logarithms: Vec<f64> =
            values(&file("summary.csv"), row["layout"], "response.mean").iter().map(|v| libm::log(*v)).collect();
        let n = logarithms.len() as f64;
        let middle = logarithms.iter().sum::<f64>() / n;
        let squares = logarithms.iter().map(|l| (l - middle) * (l - middle));
        let s = libm::sqrt(squares.sum::<f64>() / (n - 1.0));
        assert!(file("report.html").contains("the interval does not shrink, it is known better"));
        libm::log(high / mean) / (s * libm::sqrt(1.0 + 1.0 / n))
    };
    // Nothing but Student's t, of 3 and of 7 degrees of freedom.
    for (replications, t) in [("replications=4", 3.182_446), ("replications=8", 2.364_624)] {
        let found = width(replications);
        assert!((found / t - 1.0).abs() < 1e-6, "{found} for {t}");
    }
}

#[test]
fn ratios_over_populations_are_those_of_a_typical_one() {
    let generated =
        "workload.source={ kind='generated', functions=30, length='20 min', rate_scale=0.2, longest='1 min' }";
    let made = run(&["--set", "vary='population'", "--set", "replications=4", "--set", generated]);
    let file = |name: &str| text(named(&made, name));
    let (table, summary) = (file("comparison.csv"), file("summary.csv"));
    let mut seen = 0;
    for row in rows(&table, "cost.user").into_iter().chain(rows(&table, "cores.allocated.mean")) {
        if row["ratio_low"].is_empty() {
            continue;
        }
        let [of, base] = [row["layout"], "serverful"].map(|layout| values(&summary, layout, row["metric"]));
        let logarithms = of.iter().zip(&base).map(|(of, base)| libm::log(of / base));
        let expected = libm::exp(logarithms.sum::<f64>() / of.len() as f64);
        let (ratio, low, high) =
            (number(&row, "ratio_to_first"), number(&row, "ratio_low"), number(&row, "ratio_high"));
        assert!((ratio / expected - 1.0).abs() < 1e-9, "{row:?} for {expected}");
        assert!(0.0 < low && low < ratio && (low * high / (ratio * ratio) - 1.0).abs() < 1e-9, "{row:?}");
        seen += 1;
    }
    assert!(seen >= 4, "{seen} ratios have an interval");
    assert!(file("report.html").contains("geometric mean of the replications"));
}

/// 100, 200 and 400 requests a day: replications that have the same functions differ by their days, alike in all layouts.
#[test]
fn the_days_of_several_are_drawn_too() {
    let folder = tempfile::tempdir().unwrap();
    let calls = |(day, calls): (u32, u32)| (0..calls).map(move |i| format!("0,{},0.5\n", day * 86_400 + i * 200));
    let calls: String = [(0, 100), (1, 200), (2, 400)].into_iter().flat_map(calls).collect();
    for (name, text) in [
        ("functions.csv", "owner,app,function,memory_mib\no,a,x,128\n".to_owned()),
        ("invocations.csv", format!("function,arrival_s,duration_s\n{calls}")),
        ("about.csv", "key,value\nlength_s,259200\n".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = format!("workload.source.path='{}'", folder.path().display());
    let (table, manifest, page) = report(&[&path, "vary='population'", "replications=4"]);
    for told in [&manifest, &page] {
        assert!(
            told.contains("of its 3 days, both drawn with replacement") && told.contains("functions and days that")
        );
    }
    let arrived = rows(&table, "requests.arrived");
    assert!(arrived.len() == 4 && arrived.iter().all(|row| row["mean"] == arrived[0]["mean"]), "{arrived:?}");
    assert!(arrived.iter().all(|row| row["half_width_95"].parse::<f64>().unwrap() > 0.0), "{arrived:?}");
    let (again, ..) = report(&[&path, "vary='population'", "replications=4"]);
    assert_eq!(again, table, "the same days each time");
    let (table, ..) = report(&[&path]);
    assert!(rows(&table, "requests.arrived").iter().all(|row| row["mean"] == "700" && row["half_width_95"].is_empty()));
}

#[test]
fn files_of_requests_name_functions_that_all_replications_share() {
    let wrong = ["run", "tests/all/day.toml", "--set", "vary='population'", "--set", "outputs.requests=true"];
    let output = sdcsim(&wrong);
    let told = text(&output.stderr);
    assert!(!output.status.success() && told.contains("vary") && told.contains("leave outputs.requests out"), "{told}");
    let unknown = sdcsim(&["check", "tests/all/day.toml", "--set", "vary='days'"]);
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("population"), "{}", text(&unknown.stderr));
}
