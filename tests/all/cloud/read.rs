//! Reading logs and tables of clouds, right ones and wrong ones.

use std::fmt::Write as _;

use sdcsim::units::{Span, Time};
use sdcsim::workload::trace::cloud_log::{self, Bill, LoggedRequest, LoggedRun};

use super::{LOG, RATES, probe, put, without};

#[test]
fn rows_in_any_order_from_any_moment_on() {
    let dir = tempfile::tempdir().unwrap();
    let text = "is_cold,x,response_ms,Arrival_ms,duration_ms,billed_ms
false,a,1.5,1587750825301.25,1,2
 TRUE ,b,2e3,1587750825300,3,4
0,c,0,1587750825300,5,6
";
    let log = cloud_log::load(put(&dir, "log.csv", text).as_ref()).unwrap();
    let request = |us, response, cold| LoggedRequest {
        at: Time::ZERO + Span::from_us(us),
        response: Span::from_us(response),
        cold,
    };
    let requests = vec![request(0, 2_000_000, true), request(0, 0, false), request(1_250, 1_500, false)];
    assert_eq!(log.runs, [LoggedRun { name: String::new(), requests }]);
    let bill = |line, duration, billed| Bill { line, duration: Span::from_ms(duration), billed: Span::from_ms(billed) };
    assert_eq!(log.bills, [bill(2, 1, 2), bill(3, 3, 4), bill(4, 5, 6)]);
    let without_bills =
        cloud_log::load(put(&dir, "two.csv", "run,arrival_ms,response_ms,is_cold\nb,5,1,1\na,0,1,1\n").as_ref());
    let log = without_bills.unwrap();
    assert_eq!(log.runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert!(log.bills.is_empty() && log.runs.iter().all(|run| run.requests[0].at == Time::ZERO));
}

/// What is told of a command that must fail.
fn told(all: &mut String, title: &str, dir: &tempfile::TempDir, args: &[&str]) {
    let problems = probe(args).expect_err("something wrong was taken");
    writeln!(all, "== {title}\n{}\n", without(dir.path(), &problems)).unwrap();
}

#[test]
fn wrong_logs_say_what_to_mend() {
    let (dir, mut all) = (tempfile::tempdir().unwrap(), String::new());
    let head = "arrival_ms,response_ms,is_cold,duration_ms,billed_ms\n";
    let cases = [
        ("a table of rates", RATES.to_owned()),
        ("columns are missing", "time,latency,cold\n1,2,0\n".to_owned()),
        ("no rows", head.to_owned()),
        ("nothing at all", String::new()),
        ("values", format!("{head}x,-5,2,,1 s\n1,2\n,NaN,no,5,5\n1,2,0,3,4\n")),
        ("nanoseconds", format!("{head}1587750825301000000,5,1,5,5\n1587837225301000000,5,0,5,5\n")),
    ];
    for (title, text) in cases {
        let path = put(&dir, "log.csv", &text);
        told(&mut all, title, &dir, &["cloud", "--log", &path]);
    }
    told(&mut all, "no file", &dir, &["cloud", "--log", &dir.path().join("none.csv").display().to_string()]);
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_tables_of_rates_say_what_to_mend() {
    let (dir, mut all) = (tempfile::tempdir().unwrap(), String::new());
    let head = "rate_per_s,service_warm_ms,service_cold_ms,cold_probability,mean_instances\n";
    let cases = [
        ("a log", LOG.to_owned()),
        ("columns are missing", "rate,cold_probability\n1,0.5\n".to_owned()),
        ("no rows", head.to_owned()),
        ("values", format!("{head}0,x,-1,1.5,-2\ninf,1,1,,nan\n1,1,1,0,1\n")),
        ("beyond what can be simulated", format!("{head}1e-9,1,1,0,1\n1e6,1,2000,0,1\n")),
    ];
    for (title, text) in cases {
        let path = put(&dir, "rates.csv", &text);
        told(&mut all, title, &dir, &["rates", "--table", &path]);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_flags_are_told_at_once() {
    let (dir, mut all) = (tempfile::tempdir().unwrap(), String::new());
    let (log, table) = (put(&dir, "log.csv", LOG), put(&dir, "rates.csv", RATES));
    let several = ["cloud", "--log", &log, "--keep-alive", "600 s,10,5 parsec", "--quantum", "0 ms"];
    told(&mut all, "several flags", &dir, &several);
    told(&mut all, "a choice", &dir, &["cloud", "--log", &log, "--idle-choice", "mru,fifo"]);
    told(&mut all, "rates", &dir, &["rates", "--table", &table, "--keep-alive", "ten", "--requests", "10"]);
    insta::assert_snapshot!(all);
}
