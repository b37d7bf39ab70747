//! The serverless platform against what was measured of real clouds.

mod read;

use std::path::Path;

use clap::Parser;
use sdcsim::cli::probe::{ProbeCommand, run};
use sdcsim::config::plan::IdleChoice;
use sdcsim::probe::cloud::{CloudResult, CloudSpec, run_cloud};
use sdcsim::probe::rates::{RatesResult, RatesSpec, ServiceTimes, run_rates};
use sdcsim::units::{PerSecond, Span};
use sdcsim::workload::trace::cloud_log;
use sdcsim::workload::trace::cloud_rates::{self, MeasuredRate};

use crate::shared::shared;

#[derive(Debug, Parser)]
struct Top {
    #[command(subcommand)]
    command: ProbeCommand,
}

/// What `sdcsim probe` prints with these arguments.
fn probe(args: &[&str]) -> Result<String, String> {
    let top = Top::try_parse_from(std::iter::once(&"probe").chain(args)).map_err(|e| e.to_string())?;
    run(&top.command).map_err(|problems| problems.to_string())
}

fn put(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Replays AWS Lambda's log of 2020 under each choice, at 600 and at 660 s.
fn lambda_2020(choices: &[IdleChoice]) -> Option<CloudResult> {
    let log = cloud_log::load(&shared("validation/faas/aws_lambda_2020.csv.gz")?).unwrap();
    let spec = CloudSpec {
        keep_alive: vec![Span::from_secs(600), Span::from_secs(660)],
        idle_choice: choices.to_vec(),
        quantum: Span::from_ms(100),
    };
    Some(run_cloud(&spec, &log))
}

/// Keep-alive in seconds, choice, cold starts, mean relative error in percent with one decimal.
fn figures(result: &CloudResult) -> Vec<(f64, IdleChoice, u64, String)> {
    let error = |share: Option<f64>| format!("{:.1}", share.unwrap() * 100.0);
    let replays = result.replays.iter();
    replays.map(|r| (r.keep_alive_s, r.idle_choice, r.predicted_cold, error(r.mean_relative_error))).collect()
}

#[test]
fn lambda_takes_the_most_recently_used_sandbox() {
    let Some(result) = lambda_2020(&[IdleChoice::Mru, IdleChoice::Newest]) else { return };
    assert_eq!((result.requests, result.real_cold, result.replays[0].runs.len()), (29_746, 458, 11));
    let expected = [
        (600.0, IdleChoice::Mru, 536, "19.9".to_owned()),
        (600.0, IdleChoice::Newest, 536, "19.9".to_owned()),
        (660.0, IdleChoice::Mru, 474, "16.0".to_owned()),
        (660.0, IdleChoice::Newest, 474, "16.0".to_owned()),
    ];
    assert_eq!(figures(&result), expected);
    let best = &result.replays[2];
    assert!(best.relative_error.unwrap().abs() < 0.10 && best.mean_relative_error.unwrap() <= 0.17);
    assert_eq!(result.replays.iter().map(|replay| replay.without_mean).sum::<u64>(), 0);
}

#[test]
fn lambda_does_not_take_the_least_recently_used_sandbox() {
    let Some(result) = lambda_2020(&[IdleChoice::Lru]) else { return };
    assert_eq!((result.replays[0].predicted_cold, result.replays.len()), (304, 2));
    for replay in &result.replays {
        assert!(replay.mean_relative_error.unwrap() > 0.35, "{} s: {:?}", replay.keep_alive_s, replay);
    }
    assert!((result.replays[0].mean_relative_error.unwrap() - 0.44).abs() < 0.005);
}

#[test]
fn lambda_billed_the_duration_rounded_up_to_100_ms() {
    let Some(result) = lambda_2020(&[]) else { return };
    let billing = result.billing.unwrap();
    assert!(billing.share >= 0.9999, "{billing:?}");
    assert_eq!((billing.rows, billing.as_expected, billing.deviations.len()), (29_746, 29_745, 1));
}

#[test]
fn lambda_at_twenty_rates() {
    let Some(table) = shared("validation/faas/aws_lambda_20_rates.csv") else { return };
    let rows = cloud_rates::load(&table).unwrap();
    for service in [ServiceTimes::Exponential, ServiceTimes::Constant] {
        let result = run_rates(&RatesSpec { requests: 500_000, ..rates_spec(service) }, &rows);
        assert_eq!(result.rows.len(), 20);
        let (cold, instances) = (result.mean_error_cold_probability.unwrap(), result.mean_error_instances.unwrap());
        assert!(cold <= 0.14 && instances <= 0.035, "{service:?}: {cold} and {instances}");
        // Noise is small against the errors that it is to tell.
        assert!(result.mean_noise_cold_probability.unwrap() < 0.05 && result.mean_noise_instances.unwrap() < 0.01);
    }
}

fn rates_spec(service: ServiceTimes) -> RatesSpec {
    RatesSpec { keep_alive: Span::from_secs(600), idle_choice: IdleChoice::Newest, service, requests: 20_000, seed: 1 }
}

#[test]
fn rates_do_not_depend_on_the_number_of_threads() {
    let row = |rate: f64| MeasuredRate {
        line: 0,
        rate: PerSecond(rate),
        warm: Span::from_secs(2),
        cold: Span::from_secs(3),
        cold_probability: 0.1,
        mean_instances: 1.0,
    };
    let rows: Vec<MeasuredRate> = [0.01, 0.1, 1.0, 10.0].map(row).to_vec();
    let on = |threads: usize, rows: &[MeasuredRate]| -> RatesResult {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run_rates(&rates_spec(ServiceTimes::Exponential), rows))
    };
    let one = on(1, &rows);
    assert_eq!(one.json(), on(3, &rows).json());
    // Nor on what else is in the table.
    assert_eq!(on(1, &rows[2..3]).rows[0].mean_instances, one.rows[2].mean_instances);
}

/// Two runs, of which one has no cold start, and a bill that is wrong.
const LOG: &str = "run,arrival_ms,response_ms,is_cold,aws_duration_ms,billed_ms
slow,1587750825000,2500,1,2400.2,2500
slow,1587750865000,2000,0,1900,1900
slow,1587751645000,2600,1,2500,2500
slow,1587751646000,2600,0,2500,2600
warm,10,100,0,80,100
warm,20,100,0,80,100
";

const RATES: &str = "rate_per_s,service_warm_ms,service_cold_ms,cold_probability,mean_instances,utilisation
0.001,2000,2500,0.5,0.5,0.004
0.1,2000,2300,0.007,2.7,0.07
1,2000,2200,0,8.4,0.24
";

#[test]
fn the_tables() {
    let dir = tempfile::tempdir().unwrap();
    let (log, table) = (put(&dir, "log.csv", LOG), put(&dir, "rates.csv", RATES));
    insta::assert_snapshot!(probe(&["cloud", "--log", &log]).unwrap());
    insta::assert_snapshot!(probe(&["rates", "--table", &table, "--requests", "20000"]).unwrap());
}

#[test]
fn the_json() {
    let dir = tempfile::tempdir().unwrap();
    let (log, table) = (put(&dir, "log.csv", LOG), put(&dir, "rates.csv", RATES));
    insta::assert_snapshot!(probe(&["cloud", "--log", &log, "--json", "--idle-choice", "oldest"]).unwrap());
    insta::assert_snapshot!(probe(&["rates", "--table", &table, "--requests", "1000", "--json"]).unwrap());
}

#[test]
fn lambda_in_a_table() {
    let Some(log) = shared("validation/faas/aws_lambda_2020.csv.gz") else { return };
    insta::assert_snapshot!(probe(&["cloud", "--log", &log.display().to_string()]).unwrap());
}

#[test]
fn help_names_every_column() {
    let help = |command: &str| probe(&[command, "--help"]).unwrap_err();
    let (cloud, rates) = (help("cloud"), help("rates"));
    for column in ["arrival_ms", "response_ms", "is_cold", "run", "duration_ms", "billed_ms", "requests.csv.gz"] {
        assert!(cloud.contains(column), "{column} is missing in {cloud}");
    }
    for column in
        ["rate_per_s", "service_warm_ms", "service_cold_ms", "cold_probability", "mean_instances", "rates.csv"]
    {
        assert!(rates.contains(column), "{column} is missing in {rates}");
    }
}

/// The text of problems without the folder's own name.
fn without(dir: &Path, text: &str) -> String {
    text.replace(&format!("{}/", dir.display()), "")
}
