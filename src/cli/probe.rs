//! `sdcsim probe`.

use clap::Subcommand;

use crate::probe::cloud::{self, CloudArgs};
use crate::probe::platform::PlatformArgs;
use crate::probe::queue::{self, QueueArgs};
use crate::probe::rates::{self, RatesArgs};
use crate::problem::Problems;

/// One model alone, for users who want to check it or use it by itself.
#[derive(Debug, Subcommand)]
pub enum ProbeCommand {
    /// A single queue on the real engine: waiting and response times, compared with closed forms
    Queue(QueueArgs),
    /// The serverless platform on hosts that are nothing but cores and memory
    Platform(PlatformArgs),
    /// The serverless platform against the log of a real cloud: which requests start cold
    Cloud(CloudArgs),
    /// The serverless platform against a cloud measured at several arrival rates: cold starts and sandboxes
    Rates(RatesArgs),
}

/// Runs the probe and returns what to print.
pub fn run(command: &ProbeCommand) -> Result<String, Problems> {
    match command {
        ProbeCommand::Queue(args) => queue::run(args),
        ProbeCommand::Cloud(args) => cloud::run(args),
        ProbeCommand::Rates(args) => rates::run(args),
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
