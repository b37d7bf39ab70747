//! The command line.

pub mod bench;
pub mod check;
pub mod conformance;
mod done;
mod ignored;
pub mod probe;
pub mod progress;
pub mod run;
pub mod sweep;
mod threads;
pub mod trace;
mod uses;
mod warned;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{report, validate};

pub use done::Done;
use done::{print, tell};
use warned::Warned;

/// What happens to latency, cost, utilisation and energy if we take servers apart?
///
/// sdcsim replays a workload of serverless functions over several data centres (classic servers with virtual
/// machines, functions on servers, functions on disaggregated hardware) and compares them.
#[derive(Debug, Parser)]
#[command(name = "sdcsim", version, after_help = "Start with:  sdcsim run experiments/quickstart.toml")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment: every layout in every replication, then compare
    Run(run::RunArgs),
    /// Run an experiment at many points: every combination of the values along its axes
    Sweep(sweep::SweepArgs),
    /// Check config files and list every problem at once
    Check {
        #[command(flatten)]
        #[allow(missing_docs)]
        args: check::CheckArgs,
        /// Exit with 1 where there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// Explain a config key: type, unit, default, range
    Explain(check::ExplainArgs),
    /// Print the JSON Schema of experiments, or of files that these extend, for editors
    Schema(check::SchemaArgs),
    /// Import, describe and generate traces
    #[command(subcommand)]
    Trace(trace::TraceCommand),
    /// Make tables, plots and the page again from the files of a run or a sweep
    Report(ReportArgs),
    /// Exercise one model alone
    #[command(subcommand)]
    Probe(probe::ProbeCommand),
    /// Measure how fast the simulator is on this machine
    Bench(bench::BenchArgs),
    /// Hold the rules of the platform to their definitions, decision by decision
    Conformance(conformance::ConformanceArgs),
    /// Hold the simulator to closed forms, laws and published figures: the trust card
    Validate(validate::ValidateArgs),
}

/// `report DIR`
#[derive(Debug, clap::Args)]
struct ReportArgs {
    /// A folder of results: of a run, such as results/quickstart/0123456789ab-s1, or of a sweep, such as
    /// results/pool-bandwidth-sweep
    dir: PathBuf,
    /// Print nothing but problems
    #[arg(long, short)]
    quiet: bool,
}

/// Parses the command line, does what it says, and returns the exit code: 0 done, 1 not done, 2 wrong command line,
/// 130 interrupted.
pub fn main() -> ExitCode {
    ignored::keep_ignored();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return told(&error),
    };
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Sweep(args) => sweep::sweep(&args),
        Command::Check { args, strict } => {
            let (checked, mut warned) = (check::check(&args), Warned::default());
            warned.tell(&checked.warnings);
            print(&checked.fine).and(checked.problems.or_ok(())).map(|()| warned.exit_code(strict))
        }
        Command::Explain(args) => check::explain(&args).and_then(|text| print(&text)),
        Command::Schema(args) => check::schema(&args).and_then(|text| print(&text)),
        Command::Trace(command) => trace::run(&command).map(|()| ExitCode::SUCCESS),
        Command::Report(args) => report::run(&args.dir, args.quiet).and_then(|text| print(&text)),
        Command::Probe(command) => probe::run(&command).and_then(|text| print(&text)),
        Command::Bench(args) => bench::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Validate(args) => validate(&args),
    };
    done.unwrap_or_else(|problems| {
        tell!("{problems}");
        ExitCode::FAILURE
    })
}

/// Prints help, or what is wrong with the command line.
fn told(error: &clap::Error) -> ExitCode {
    match error.print().and_then(|()| std::io::stdout().flush()) {
        Err(unwritten) if unwritten.kind() != std::io::ErrorKind::BrokenPipe => {
            tell!("cannot print: {unwritten}");
            ExitCode::FAILURE
        }
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

fn validate(args: &validate::ValidateArgs) -> Done {
    let card = validate::run(args)?;
    print(&if args.json { card.json() } else { card.text() })?;
    Ok(if card.is_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
