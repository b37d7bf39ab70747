//! The command line.

pub mod check;
pub mod probe;
pub mod progress;
pub mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::problem::Problems;

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
    /// Run an experiment: every layout in every replication, then compare.
    Run(run::RunArgs),
    /// Exercise one model alone.
    #[command(subcommand)]
    Probe(probe::ProbeCommand),
}

/// Parses the command line, does what it says, and returns the exit code: 0 done, 1 not done, 2 wrong command line,
/// 130 interrupted.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Probe(command) => probe::run(&command).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|problems| {
        eprintln!("{problems}");
        ExitCode::FAILURE
    })
}

/// What a command gives: an exit code, or everything that was wrong.
pub type Done = Result<ExitCode, Problems>;
