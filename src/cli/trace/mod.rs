//! `sdcsim trace`: bring in public traces, look at traces, make traces.

mod convert;

pub use convert::Convert;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::problem::{Problem, Problems};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, parse_quantity};
use crate::workload::generate::{Options, generate};
use crate::workload::stats::{PERCENTS, Stats, stats};
use crate::workload::trace::azure2019::MissingRows;
use crate::workload::trace::{MemoryFrom, MemorySplit, ZeroDurations};
use crate::workload::trace::{azlike, azure2019, azure2021, native, placement};
use crate::workload::{ImportReport, Workload};

/// The subcommands of `sdcsim trace`.
#[derive(Clone, Debug, Subcommand)]
pub enum TraceCommand {
    /// Turn a public trace into the project's own form, and tell what was dropped and mended.
    #[command(after_long_help = "Examples:
  sdcsim trace import azure2019 --invocations invocations.d01.csv \\
      --durations durations.d01.csv \\
      --memory memory.d01.csv --out traces/azure-day-1
  sdcsim trace import azure2021 two-weeks-jan-2021.csv --out traces/azure-2021
  sdcsim trace import azlike functions.csv invocations.csv --out traces/mine")]
    Import(Import),
    /// Tell what a trace is like, and how far from the published distributions of Azure Functions 2019.
    #[command(after_long_help = "Examples:
  sdcsim trace stats traces/quickstart
  sdcsim trace stats traces/quickstart --json
  sdcsim trace stats --format placement placement_trace.csv.gz")]
    Stats(StatsArgs),
    /// Pack a trace into one file (.sdt) that is read many times faster and never held in memory; or unpack one.
    #[command(after_long_help = "Examples:
  sdcsim trace convert traces/quickstart --out quickstart.sdt
  sdcsim trace convert quickstart.sdt --out traces/again
  sdcsim trace convert --format azure2021 two-weeks-jan-2021.csv.gz --out azure-2021.sdt

docs/trace-format.md describes the packed form byte by byte.")]
    Convert(Convert),
    /// Make an Azure-like trace of any size from published distributions.
    #[command(after_long_help = "Example:
  sdcsim trace generate --functions 1000 --days 1 --seed 7 --rate-scale 0.1 --out traces/mine")]
    Generate(Generate),
}

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
    /// placement one, for azure2019 the invocations (which may also be named by --invocations).
    pub paths: Vec<PathBuf>,
    /// azure2019: files of counts per minute, one for each day, in order.
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
    /// azure2021: memory of every function, which the trace does not give.
    #[arg(long, default_value = "200 MiB", value_parser = quantity::<Bytes>)]
    pub function_memory: Bytes,
    /// Seed of what is drawn while reading: memory with --memory-from sampled.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
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

/// `sdcsim trace import`.
#[derive(Clone, Debug, Args)]
pub struct Import {
    /// The form of the trace.
    #[arg(value_enum)]
    pub format: Format,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub source: Source,
    /// The folder to make; it must not exist.
    #[arg(long)]
    pub out: PathBuf,
}

/// `sdcsim trace stats`.
#[derive(Clone, Debug, Args)]
pub struct StatsArgs {
    /// The form of the trace.
    #[arg(long, value_enum, default_value_t = Format::Native)]
    pub format: Format,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub source: Source,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `sdcsim trace generate`.
#[derive(Clone, Debug, Args)]
pub struct Generate {
    /// How many functions, 1 to 10,000,000.
    #[arg(long)]
    pub functions: u32,
    /// How many days, at most 53.
    #[arg(long, default_value_t = 1)]
    pub days: u32,
    /// Seed of the population and of its arrivals.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The folder to make; it must not exist.
    #[arg(long)]
    pub out: PathBuf,
    /// Multiplies all rates, above 0 to 100. The published mean of 12,500 invocations a day for each function is that of
    /// a few very busy apps.
    #[arg(long, default_value_t = 1.0)]
    pub rate_scale: f64,
    /// How far rates swing about their mean over a day, 0 to 1.
    #[arg(long, default_value_t = 0.0)]
    pub diurnal: f64,
}

fn quantity<Q: crate::units::Quantity>(text: &str) -> Result<Q, String> {
    parse_quantity(text).map_err(|e| e.to_string())
}

/// Runs a subcommand; what it has to say goes to standard output.
pub fn run(command: &TraceCommand) -> Result<(), Problems> {
    let text = match command {
        TraceCommand::Import(import) => import.run()?,
        TraceCommand::Stats(args) => args.run()?,
        TraceCommand::Convert(convert) => convert.run()?,
        TraceCommand::Generate(generate) => generate.run()?,
    };
    let stdout = std::io::stdout();
    // A reader that has seen enough (`| head`) is no fault.
    let _ = stdout.lock().write_all(text.as_bytes());
    Ok(())
}

impl Source {
    /// Reads the trace.
    pub fn load(&self, format: Format) -> Result<Workload, Problems> {
        match format {
            Format::Native => native::load(self.exactly::<1>("the folder or the packed file of the trace")?[0]),
            Format::Placement => placement::load(self.exactly::<1>("the file")?[0]),
            Format::Azlike => {
                let [functions, invocations] = self.exactly("the file of functions and the file of invocations")?;
                azlike::load(functions, invocations)
            }
            Format::Azure2021 => {
                let options = azure2021::Options {
                    zero_durations: self.zero_durations(),
                    memory: self.function_memory,
                    ..azure2021::Options::default()
                };
                azure2021::load(&self.paths, &options)
            }
            Format::Azure2019 => self.load_azure2019(),
        }
    }

    fn load_azure2019(&self) -> Result<Workload, Problems> {
        let files = azure2019::Files {
            invocations: self.paths.iter().chain(&self.invocations).cloned().collect(),
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

impl Import {
    fn run(&self) -> Result<String, Problems> {
        let workload = self.source.load(self.format)?;
        let format = self.format.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
        native::save(&workload, RootSeed::new(self.source.seed, 0), &self.out, &[("imported_from", &format)])?;
        Ok(told(workload.report(), &self.out))
    }
}

impl Generate {
    fn run(&self) -> Result<String, Problems> {
        let options = Options {
            rate_scale: self.rate_scale,
            diurnal: self.diurnal,
            ..Options::new(self.functions, self.days, self.seed)
        };
        let workload = generate(&options)?;
        let command = format!(
            "sdcsim trace generate --functions {} --days {} --seed {} --rate-scale {} --diurnal {}",
            self.functions, self.days, self.seed, self.rate_scale, self.diurnal
        );
        native::save(&workload, RootSeed::new(self.seed, 0), &self.out, &[("made_by", &command)])?;
        // What was written counts what the generator only expects.
        Ok(told(native::load(&self.out)?.report(), &self.out))
    }
}

/// Whether what was made of the invocations was made of all of them.
fn whole(workload: &Workload) -> Result<(), Problems> {
    workload.read_fault().map_or(Ok(()), |problem| Err(problem.into()))
}

fn told(report: &ImportReport, out: &Path) -> String {
    format!("{report}written to {}\n", out.display())
}

impl StatsArgs {
    fn run(&self) -> Result<String, Problems> {
        let workload = self.source.load(self.format)?;
        let stats = stats(&workload, RootSeed::new(self.source.seed, 0));
        whole(&workload)?;
        Ok(if self.json { json(&stats, workload.report()) } else { text(&stats, workload.report()) })
    }
}

/// The statistics for people.
fn text(stats: &Stats, report: &ImportReport) -> String {
    let mut out = report.to_string();
    let length = Span::from_secs_f64(stats.length_s);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<44}{value}");
    };
    line("length", length.to_string());
    line("apps", stats.apps.to_string());
    line("functions (never invoked)", format!("{} ({})", stats.functions, stats.idle_functions));
    line("invocations", stats.invocations.to_string());
    line("invocations in the busiest minute", stats.busiest_minute.to_string());
    line("mean concurrency (Little)", format!("{:.2}", stats.mean_concurrency));
    line("percentile", PERCENTS.map(|p| format!("{p:>11}")).concat());
    for (name, values) in rows(stats) {
        line(name, values.map(|v| format!("{v:>11.1}")).concat());
    }
    out.push_str("Kolmogorov-Smirnov distance from the whole public Azure Functions 2019 trace:\n");
    for distance in &stats.distances {
        let ks = distance.ks.map_or("no values".to_owned(), |ks| format!("{ks:.4}"));
        let caution = distance.caution.map_or(String::new(), |why| format!("  ({why})"));
        let _ = writeln!(out, "{:<44}{ks:>11}{caution}", distance.published.title());
    }
    out
}

fn rows(stats: &Stats) -> [(&'static str, [f64; 7]); 3] {
    [
        ("average duration of functions (ms)", stats.duration_ms),
        ("memory of functions (MiB)", stats.memory_mib),
        ("invocations of functions", stats.invocations_per_function),
    ]
}

/// The statistics for programs. Units are in the names.
fn json(stats: &Stats, report: &ImportReport) -> String {
    let percentiles = |values: [f64; 7]| {
        let of = PERCENTS.iter().zip(values).map(|(p, v)| (format!("p{p}"), serde_json::json!(v)));
        serde_json::Value::Object(of.collect())
    };
    let distances = stats.distances.iter().map(
        |d| serde_json::json!({ "of": d.published.title(), "values": d.values, "ks": d.ks, "caution": d.caution }),
    );
    let value = serde_json::json!({
        "import": {
            "rows": report.rows,
            "dropped": report.dropped,
            "mended": report.mended,
            "noted": report.noted,
        },
        "length_s": stats.length_s,
        "apps": stats.apps,
        "functions": stats.functions,
        "idle_functions": stats.idle_functions,
        "invocations": stats.invocations,
        "busiest_minute_invocations": stats.busiest_minute,
        "mean_concurrency": stats.mean_concurrency,
        "average_duration_ms": percentiles(stats.duration_ms),
        "function_memory_mib": percentiles(stats.memory_mib),
        "invocations_per_function": percentiles(stats.invocations_per_function),
        "ks_distances": distances.collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}
