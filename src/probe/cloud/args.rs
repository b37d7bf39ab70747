//! The flags of `sdcsim probe cloud`, read into a [`CloudSpec`]; all that is wrong is reported at once.

use std::path::PathBuf;

use crate::config::plan::IdleChoice;
use crate::probe::platform::{argument, idle_choice};
use crate::problem::Problems;
use crate::units::{Span, parse_quantity};

use super::CloudSpec;

/// Replays a log of requests to a real cloud, and compares its cold starts with those that the platform model makes.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "The log is a CSV file, plain, gzip or Zstandard, with a row for each request, in any order:
  arrival_ms   when the client sent it, in milliseconds from any moment on
  response_ms  from then to its response
  is_cold      1 where a sandbox was started for it, else 0
  run          optional: a name for each function under each load; each run is replayed by itself
  duration_ms  optional, or aws_duration_ms: how long the function ran
  billed_ms    optional: how long it was billed for

Which requests start cold depends on how long an idle sandbox is kept, and on which of several is
taken. The closer the replay comes to the log, the likelier it is that the cloud does the same.

Which sandbox does the cloud take, the most or the least recently used one?
  sdcsim probe cloud --log requests.csv.gz --keep-alive '660 s'
How long does it keep idle ones?
  sdcsim probe cloud --log requests.csv.gz --keep-alive '5 min,10 min,15 min' --idle-choice mru")]
pub struct CloudArgs {
    /// The log; its columns are below.
    #[arg(long, value_name = "FILE")]
    pub log: PathBuf,
    /// How long an idle sandbox is kept, counted from its last response; several to try them.
    #[arg(long, value_name = "D,...", value_delimiter = ',', default_value = "660 s")]
    pub keep_alive: Vec<String>,
    /// Which idle sandbox serves the next request: oldest, newest, mru (most recently used), lru (least recently used).
    #[arg(long, value_name = "CHOICE,...", value_delimiter = ',', default_value = "mru,lru", value_parser = idle_choice)]
    pub idle_choice: Vec<IdleChoice>,
    /// Billed time is checked to be the duration rounded up to a multiple of this.
    #[arg(long, value_name = "D", default_value = "100 ms")]
    pub quantum: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl CloudArgs {
    /// What to replay, or everything that is wrong with the flags.
    pub fn spec(&self) -> Result<CloudSpec, Problems> {
        let mut problems = Problems::default();
        let mut span = |flag: &str, text: &str, example: &str| {
            parse_quantity::<Span>(text).unwrap_or_else(|error| {
                problems.push(argument(flag, &error.to_string(), &format!("write {flag} '{example}'")));
                Span::TICK
            })
        };
        let keep_alive = self.keep_alive.iter().map(|text| span("--keep-alive", text, "660 s")).collect();
        let quantum = span("--quantum", &self.quantum, "100 ms");
        if quantum == Span::ZERO {
            problems.push(argument("--quantum", "nothing is billed by multiples of no time", "write at least '1 ps'"));
        }
        problems.or_ok(CloudSpec { keep_alive, idle_choice: self.idle_choice.clone(), quantum })
    }
}
