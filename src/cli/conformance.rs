//! `sdcsim conformance`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::conformance::{self, Difference, Outcome};
use crate::problem::Problems;

use super::Done;

/// `conformance [NAMES…]`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sdcsim conformance                              all cases: a line for each, exit code 1 where one differs
  sdcsim conformance keep-fixed evict-lru         some of them
  sdcsim conformance keep-histogram --print       the decisions that sdcsim makes there

The cases are in traces/conformance, whose README tells how to hold another simulator to them.")]
pub struct ConformanceArgs {
    /// Cases, by the names of their folders [default: all].
    names: Vec<String>,
    /// Folder of the cases.
    #[arg(long, value_name = "DIR", default_value = "traces/conformance")]
    dir: PathBuf,
    /// Print the decisions that sdcsim makes, as CSV, in place of comparing them.
    #[arg(long)]
    print: bool,
    /// Print JSON.
    #[arg(long, conflicts_with = "print")]
    json: bool,
}

/// Runs the cases.
pub fn run(args: &ConformanceArgs) -> Done {
    let cases = conformance::cases(&args.dir, &args.names)?;
    let mut problems = Problems::default();
    if args.print {
        let mut logs = String::new();
        for case in &cases {
            match conformance::log(case) {
                Ok(log) if cases.len() == 1 => logs = log,
                Ok(log) => {
                    let _ = writeln!(logs, "# {}\n{log}", case.display());
                }
                Err(wrong) => problems.extend(wrong),
            }
        }
        problems.or_ok(())?;
        return super::print(&logs);
    }
    let mut outcomes = Vec::new();
    for case in &cases {
        match conformance::run(case) {
            Ok(outcome) => outcomes.push(outcome),
            Err(wrong) => problems.extend(wrong),
        }
    }
    super::print(&if args.json { to_json(&outcomes) } else { to_text(&outcomes) })?;
    problems.or_ok(())?;
    let all = outcomes.iter().all(|outcome| outcome.difference.is_none());
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn to_text(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for Outcome { name, decisions, difference } in outcomes {
        let _ = match difference {
            None => writeln!(text, "{name:28} pass  ({decisions} decisions)"),
            Some(Difference { line, expected, got }) => {
                let show = |line: &str| if line.is_empty() { "the end".to_owned() } else { format!("`{line}`") };
                writeln!(text, "{name:28} DIFFERS  line {line}: expected {}, got {}", show(expected), show(got))
            }
        };
    }
    let wrong = outcomes.iter().filter(|outcome| outcome.difference.is_some()).count();
    let _ = writeln!(text, "{} cases, {wrong} differ", outcomes.len());
    text
}

fn to_json(outcomes: &[Outcome]) -> String {
    let told =
        |Difference { line, expected, got }: &Difference| json!({ "line": line, "expected": expected, "got": got });
    let one = |outcome: &Outcome| {
        json!({
            "name": outcome.name,
            "decisions": outcome.decisions,
            "pass": outcome.difference.is_none(),
            "difference": outcome.difference.as_ref().map(told),
        })
    };
    let all: Vec<_> = outcomes.iter().map(one).collect();
    serde_json::to_string_pretty(&all).expect("outcomes are numbers and text")
}
