//! `sdcsim probe`.

use clap::Subcommand;
use serde::Serialize;

use crate::probe::platform::PlatformArgs;
use crate::problem::Problems;

/// One model alone, for users who want to check it or use it by itself.
#[derive(Debug, Subcommand)]
pub enum ProbeCommand {
    /// The serverless platform on hosts that are nothing but cores and memory.
    Platform(PlatformArgs),
}

/// Runs the probe and prints what it measured.
pub fn run(command: &ProbeCommand) -> Result<(), Problems> {
    match command {
        ProbeCommand::Platform(args) => show(&args.run()?, args.json),
    }
    Ok(())
}

fn show<R: Serialize + std::fmt::Display>(result: &R, json: bool) {
    if json {
        let text = serde_json::to_string_pretty(result).expect("results are numbers and text");
        println!("{text}");
    } else {
        println!("{result}");
    }
}
