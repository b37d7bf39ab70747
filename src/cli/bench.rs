//! `sdcsim bench`.

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::bench::{Overview, hold, replay};
use crate::engine::Watch;
use crate::units::Time;

use super::Done;
use super::done::tell;
use super::progress::Waiting;

/// `bench [hold|replay]`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sdcsim bench
  sdcsim bench hold --pending 1000000 --events 10000000 --json
  sdcsim bench replay --invocations 1000000 --functions 1000 --hosts 100 --placement least-loaded --json
  sdcsim bench replay --keep-alive '4 h' --keep-alive-mode histogram
  sdcsim bench replay --hosts 20 --host-memory '32 GiB' --eviction greedy-dual")]
pub struct BenchArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The event queue alone: remove the first event, add another, at a constant number of pending events
    Hold(hold::HoldSpec),
    /// A replay of functions on hosts that are nothing but cores and memory, with all statistics on
    Replay(replay::ReplaySpec),
}

/// Tells how many events have been handled.
struct Told<'w>(&'w Waiting);

impl Watch for Told<'_> {
    fn look(&mut self, _now: Time, events: u64) -> bool {
        self.0.at(events);
        true
    }
}

/// Runs the benchmark and prints its figures.
pub fn run(args: &BenchArgs) -> Done {
    match &args.what {
        None => {
            let overview = Overview::run(|next| tell!("{next} ..."))?;
            told(&overview, args.json)
        }
        Some(What::Hold(spec)) => {
            let waiting = Waiting::new("measuring");
            let result = hold::run(spec);
            waiting.done();
            told(&result, args.json)
        }
        Some(What::Replay(spec)) => {
            let waiting = Waiting::new("replaying");
            let result = replay::run(spec, &mut Told(&waiting))?;
            waiting.done();
            told(&result, args.json)
        }
    }
}

fn told(result: &(impl Serialize + Display), json: bool) -> Result<ExitCode, crate::problem::Problems> {
    super::print(&if json {
        serde_json::to_string_pretty(result).expect("results are numbers and text")
    } else {
        result.to_string()
    })
}
