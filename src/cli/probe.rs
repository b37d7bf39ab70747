//! `sdcsim probe`.

use clap::Subcommand;

use crate::probe::platform::PlatformArgs;
use crate::probe::queue::{self, QueueArgs};
use crate::problem::Problems;

/// One model alone, for users who want to check it or use it by itself.
#[derive(Debug, Subcommand)]
pub enum ProbeCommand {
    /// A single queue on the real engine: waiting and response times, held to closed forms
    Queue(QueueArgs),
    /// The serverless platform on hosts that are nothing but cores and memory
    Platform(PlatformArgs),
}

/// Runs the probe and returns what to print.
pub fn run(command: &ProbeCommand) -> Result<String, Problems> {
    match command {
        ProbeCommand::Queue(args) => queue::run(args),
        ProbeCommand::Platform(args) => {
            let result = args.run()?;
            Ok(if args.json {
                serde_json::to_string_pretty(&result).expect("results are numbers and text")
            } else {
                result.to_string()
            })
        }
    }
}
