//! One period for everything: requests, bills, machine time, energy, hardware, bytes and means over time. Whole experiments with
//! small traces of their own, on parts with round numbers (period.toml); all figures are worked out by hand.

mod hand;
mod parts;

use std::path::Path;

use sdcsim::output::ExperimentOutput;

use super::small;

/// Requests as (arrival in seconds, length in seconds), each of a function of its own of 1 GiB.
type Requests = Vec<(f64, f64)>;

/// What a run of these requests gave, in a trace of so many seconds.
struct Ran(ExperimentOutput);

fn run(requests: &Requests, length_s: u64, sets: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let alone: Vec<_> = requests.iter().map(|(at, length)| (*at, 1_024, *length)).collect();
    small::write_alone(folder.path(), length_s as f64, &alone);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/period/period.toml");
    let mut all: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    all.push(format!("workload.source.path='{}'", folder.path().display()));
    let output = small::output(&small::prepare(&file, &all));
    Ran(output)
}

impl Ran {
    fn value(&self, layout: &str, metric: &str) -> f64 {
        let mut rows = self.0.summary.iter();
        let row = rows.find(|row| row.layout == layout && row.metric == metric);
        row.unwrap_or_else(|| panic!("{metric} of {layout} has been measured")).value
    }
    fn warnings(&self) -> String {
        self.0.manifest.warnings.join("\n")
    }
}

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= 1e-9 * expected.abs(), "{got} for {expected}");
}

/// 100 requests of 30 s within two seconds, on ten cores: ten rounds, 300 s and more, in a trace of a minute.
fn overload() -> Requests {
    (0..100).map(|i| (f64::from(i) * 0.02, 30.0)).collect()
}

#[test]
fn machines_are_paid_for_until_the_last_answer() {
    let fleet = "layout[0].platform.fleet.size=5";
    let ran = run(&overload(), 60, &[fleet]);
    for layout in ["machines", "functions"] {
        let period = ran.value(layout, "period");
        assert!((300.0..305.0).contains(&period), "{period}");
        // 3,000 core-seconds on ten cores: the processor's power follows its utilisation over the same time.
        let utilisation = ran.value(layout, "cores.utilisation");
        close(utilisation, 3_000.0 / 10.0 / period);
        let watts = 100.0 + 200.0 * utilisation + 10.0 + 5.0 + 4.0 + 31.0 + 2.0 * 20.0 + 200.0;
        close(ran.value(layout, "energy.total"), watts * period / 3.6e6);
        close(ran.value(layout, "energy_per_request"), watts * period / 100.0);
        close(ran.value(layout, "concurrency.mean"), ran.value(layout, "response.mean") * 100.0 / period);
        let hardware = 1_000.0 + 100.0 + 100.0 + 50.0 + 500.0 + 2.0 * 200.0 + 3_000.0;
        close(ran.value(layout, "cost.provider.capex"), hardware * period / (5.0 * 8_760.0 * 3_600.0));
    }
    // Whole seconds are billed, of each of the five.
    let period = ran.value("machines", "period");
    close(ran.value("machines", "cost.user"), 5.0 * period.ceil() / 3_600.0 * 0.36);
    close(ran.value("functions", "cost.user"), 100.0 * (30.0 * 2e-5 + 0.2e-6));
    // The series goes on to the end of the period: bins of five minutes, the last one what is left.
    let last = ran.0.series.iter().rfind(|row| row.layout == "functions" && row.series == "cores.busy").unwrap();
    assert_eq!((last.time_s, last.value > 0.0), (300.0, true));
}

#[test]
fn nothing_depends_on_the_drain_once_all_is_done() {
    let scaled = "layout[0].platform.fleet={ mode='autoscaled', minimum=1, maximum=5, target=0.6, interval='10 s', boot_delay='5 s', cooldown='60 s' }";
    let ahead = "layout[1].platform.keep_alive.mode='predictive'";
    let sets = |drain| [scaled, ahead, "limits.drain=DRAIN"].map(|set| set.replace("DRAIN", drain));
    let rows = |drain| {
        let sets = sets(drain);
        let ran = run(&overload(), 60, &sets.each_ref().map(String::as_str));
        (ran.0.summary, ran.0.series, ran.0.manifest.runs)
    };
    assert_eq!(rows("'20 min'"), rows("'20 d'"));
}

#[test]
fn what_the_drain_cuts_is_said() {
    let cut = run(&overload(), 60, &["limits.drain='40 s'"]);
    // At 100 s: three rounds of ten are over on ten cores; a machine of two cores shares them among all that have room.
    assert_eq!(cut.value("functions", "requests.running_at_end"), 70.0);
    assert_eq!(cut.value("functions", "period"), 100.0);
    let warnings = cut.warnings();
    assert!(
        warnings.contains(
            "functions, replication 0: 70 of 100 requests (70.00 %) had no answer when limits.drain was reached"
        ),
        "{warnings}"
    );
    // One machine of ten cores' worth of idle time: billed to the end of the period.
    close(cut.value("machines", "cost.user"), 100.0 / 3_600.0 * 0.36);
}

#[test]
fn work_that_is_left_is_said_where_it_is_much() {
    let warnings = run(&overload(), 60, &[]).warnings();
    // Ten of a hundred were answered in the first minute, and twenty are under way or over: 300 of 3,000 core-seconds are done, and 10 × 30 s more.
    assert!(warnings.contains("functions, replication 0: 90 requests were open after 60.0 s"), "{warnings}");
    let little: Requests = (0..300).map(|i| (f64::from(i) * 0.2, 0.1)).chain([(59.9, 0.3)]).collect();
    assert_eq!(run(&little, 60, &[]).warnings(), "");
}

#[test]
fn concurrency_has_dispatch_and_network() {
    let regular: Requests = (0..60).map(|i| (f64::from(i), 0.002)).collect();
    let ran = run(&regular, 60, &[]);
    assert_eq!(ran.value("functions", "period"), 60.0);
    let concurrency = ran.value("functions", "concurrency.mean");
    // 18 ms of dispatch and 2 ms of run, every second; the way through the network takes some microseconds.
    assert!((0.02..0.0201).contains(&concurrency), "{concurrency}");
    close(concurrency, ran.value("functions", "response.mean"));
    let machines = ran.value("machines", "concurrency.mean");
    assert!((0.003..0.0031).contains(&machines), "{machines}");
}

#[test]
fn memory_of_a_system_is_not_used_by_requests() {
    let regular: Requests = (0..60).map(|i| (f64::from(i), 0.5)).collect();
    let with = |system: &str| {
        let set = format!("layout[0].platform.vm.system_memory='{system}'");
        run(&regular, 60, &["layout[0].platform.fleet.size=3", &set])
    };
    let (some, none) = (with("1 GiB"), with("0 GiB"));
    close(some.value("machines", "memory.used.mean"), 0.5);
    close(none.value("machines", "memory.used.mean"), 0.5);
    close(some.value("machines", "memory.utilisation"), 0.5 / 100.0);
    assert_eq!([&some, &none].map(|ran| ran.value("machines", "memory.system.mean")), [3.0, 0.0]);
    close(some.value("machines", "memory.idle.mean"), 3.0 * 8.0 - 3.0 - 0.5);
}

#[test]
fn requests_that_start_cold_and_run_too_long_have_started_cold() {
    let regular: Requests = (0..10).map(|i| (f64::from(i), if i < 4 { 5.0 } else { 0.5 })).collect();
    let ran = run(&regular, 60, &["layout[1].platform.quotas.timeout='1 s'"]);
    assert_eq!(ran.value("functions", "requests.rejected"), 4.0);
    assert_eq!(ran.value("functions", "cold_starts"), 10.0);
    assert_eq!(ran.value("functions", "cold_start_share"), 1.0);
}
