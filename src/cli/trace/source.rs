//! A trace and how to read it, as the command line names it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::problem::{Problem, Problems};
use crate::units::{Bytes, parse_quantity};
use crate::workload::Workload;
use crate::workload::trace::azure2019::MissingRows;
use crate::workload::trace::{MemoryFrom, MemorySplit, ZeroDurations};
use crate::workload::trace::{azlike, azure2019, azure2021, native, placement};

/// A form that traces come in; traces/README.md describes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The project's own form: a folder, or a packed file (.sdt).
    Native,
    /// Azure Functions 2019 and its derivatives: counts per minute, durations, memory.
    Azure2019,
    /// Azure Functions 2021: one row for each invocation.
    Azure2021,
    /// A file of functions and a file of invocations.
    Azlike,
    /// One file with everything in each row.
    Placement,
}

/// A trace and how to read it.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// The files: for native one folder or packed file, for azlike functions and then invocations, for azure2021 any number, for
    /// placement one, for azure2019 the invocations (which may also be named by --invocations, there and for azure2021).
    pub paths: Vec<PathBuf>,
    /// azure2019: files of counts per minute, one for each day, in order; azure2021: files of invocations.
    #[arg(long, num_args = 1..)]
    pub invocations: Vec<PathBuf>,
    /// azure2019: files of durations; every function runs 670 ms without any.
    #[arg(long, num_args = 1..)]
    pub durations: Vec<PathBuf>,
    /// azure2019: files of memory; every function has 140 MiB without any.
    #[arg(long, num_args = 1..)]
    pub memory: Vec<PathBuf>,
    /// azure2019: give functions that a file leaves out a default, rather than dropping them.
    #[arg(long)]
    pub fill_missing: bool,
    /// azure2019 and azure2021: drop durations of zero or less, rather than raising them to 1 ms.
    #[arg(long)]
    pub drop_zero_durations: bool,
    /// azure2019: how an app's memory becomes that of its functions.
    #[arg(long, value_enum, default_value_t = Split::Ceil)]
    pub memory_split: Split,
    /// azure2019: which figure of an app's memory is taken.
    #[arg(long, value_enum, default_value_t = Figure::Average)]
    pub memory_from: Figure,
    /// azure2021: memory of every function, where the trace has no column `memory`.
    #[arg(long, default_value = "200 MiB", value_parser = quantity::<Bytes>)]
    pub function_memory: Bytes,
    /// Seed of what is drawn while reading: memory with --memory-from sampled.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Most bytes that one packed file (gzip or Zstandard) may unpack to.
    #[arg(long, default_value = "4 GiB", value_parser = quantity::<Bytes>)]
    pub unpacked: Bytes,
}

/// `--memory-split`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Split {
    /// Divided by the number of functions, rounded up to a whole MiB.
    Ceil,
    /// Divided by the number of functions.
    Plain,
    /// The app's largest percentile, undivided.
    MaxPercentile,
    /// Undivided.
    Whole,
}

/// `--memory-from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// The average.
    Average,
    /// Drawn from the percentiles.
    Sampled,
    /// The 100th percentile.
    Maximum,
}

pub(super) fn quantity<Q: crate::units::Quantity>(text: &str) -> Result<Q, String> {
    parse_quantity(text).map_err(|e| e.to_string())
}

impl Source {
    /// Reads the trace.
    pub fn load(&self, format: Format) -> Result<Workload, Problems> {
        self.ignored(format)?;
        match format {
            Format::Native => {
                native::load_within(self.exactly::<1>("the folder or the packed file of the trace")?[0], self.unpacked)
            }
            Format::Placement => placement::load(self.exactly::<1>("the file")?[0], self.unpacked),
            Format::Azlike => {
                let [functions, invocations] = self.exactly("the file of functions and the file of invocations")?;
                azlike::load(functions, invocations, self.unpacked)
            }
            Format::Azure2021 => {
                let options = azure2021::Options {
                    zero_durations: self.zero_durations(),
                    memory: self.function_memory,
                    unpacked: self.unpacked,
                    ..azure2021::Options::default()
                };
                let files = self.all_invocations();
                if files.is_empty() {
                    return Err(Problem {
                        subject: "PATHS".to_owned(),
                        message: "no file is named".to_owned(),
                        remedy: "name the files of invocations behind the format".to_owned(),
                        ..Problem::default()
                    }
                    .into());
                }
                azure2021::load(&files, &options)
            }
            Format::Azure2019 => self.load_azure2019(),
        }
    }

    fn all_invocations(&self) -> Vec<PathBuf> {
        self.paths.iter().chain(&self.invocations).cloned().collect()
    }

    /// Files of other formats than the one that is read.
    fn ignored(&self, format: Format) -> Result<(), Problems> {
        let is_2019 = format == Format::Azure2019;
        let has_invocations = is_2019 || format == Format::Azure2021;
        let given = [
            ("--invocations", self.invocations.is_empty() || has_invocations),
            ("--durations", self.durations.is_empty() || is_2019),
            ("--memory", self.memory.is_empty() || is_2019),
            ("--fill-missing", !self.fill_missing || is_2019),
            ("--drop-zero-durations", !self.drop_zero_durations || has_invocations),
        ];
        let mut problems = Problems::default();
        for (option, _) in given.iter().filter(|(_, fits)| !fits) {
            problems.push(Problem {
                subject: (*option).to_owned(),
                message: "is not for a trace of this format".to_owned(),
                remedy: "leave it out, or name the format that it is for (`sdcsim trace import --help`)".to_owned(),
                ..Problem::default()
            });
        }
        problems.or_ok(())
    }

    fn load_azure2019(&self) -> Result<Workload, Problems> {
        let files = azure2019::Files {
            invocations: self.all_invocations(),
            durations: self.durations.clone(),
            memory: self.memory.clone(),
        };
        let options = azure2019::Options {
            missing: if self.fill_missing { MissingRows::Fill } else { MissingRows::Drop },
            zero_durations: self.zero_durations(),
            memory_from: match self.memory_from {
                Figure::Average => MemoryFrom::Average,
                Figure::Sampled => MemoryFrom::Sampled,
                Figure::Maximum => MemoryFrom::Maximum,
            },
            memory_split: match self.memory_split {
                Split::Ceil => MemorySplit::CeilDivision,
                Split::Plain => MemorySplit::PlainDivision,
                Split::MaxPercentile => MemorySplit::MaxPercentile,
                Split::Whole => MemorySplit::WholeApp,
            },
            seed: self.seed,
            unpacked: self.unpacked,
            ..azure2019::Options::default()
        };
        azure2019::load(&files, &options)
    }

    fn zero_durations(&self) -> ZeroDurations {
        if self.drop_zero_durations { ZeroDurations::Drop } else { ZeroDurations::OneMillisecond }
    }

    fn exactly<const N: usize>(&self, what: &str) -> Result<[&Path; N], Problems> {
        let paths: Vec<&Path> = self.paths.iter().map(PathBuf::as_path).collect();
        paths.try_into().map_err(|paths: Vec<&Path>| {
            Problem {
                subject: "paths".into(),
                message: format!("{} given where {N} belong", paths.len()),
                remedy: format!("name {what}"),
                ..Problem::default()
            }
            .into()
        })
    }
}
