//! `sdcsim trace`: bring in public traces, look at traces, make traces.

mod convert;
mod source;

pub use convert::Convert;
pub use source::{Figure, Format, Source, Split};

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::print;
use crate::problem::Problems;
use crate::rng::RootSeed;
use crate::units::Span;
use crate::workload::generate::{Options, generate};
use crate::workload::stats::{PERCENTS, Stats, stats};
use crate::workload::trace::native;
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
  sdcsim trace stats traces/day
  sdcsim trace stats traces/day --json
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
    /// How long, rather than whole days: such as '2 h'; rounded up to minutes.
    #[arg(long, conflicts_with = "days", value_parser = source::quantity::<Span>)]
    pub length: Option<Span>,
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
    /// The longest run, such as '10 min', the limit of Azure's consumption plan: percentiles above it are cut to it. Some
    /// published averages are longer.
    #[arg(long, value_parser = source::quantity::<Span>)]
    pub longest: Option<Span>,
}

/// Runs a subcommand; what it has to say goes to standard output.
pub fn run(command: &TraceCommand) -> Result<(), Problems> {
    let text = match command {
        TraceCommand::Import(import) => import.run()?,
        TraceCommand::Stats(args) => args.run()?,
        TraceCommand::Convert(convert) => convert.run()?,
        TraceCommand::Generate(generate) => generate.run()?,
    };
    print(&text).map(|_| ())
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
        let whole_days = Options::new(self.functions, self.days, self.seed);
        let options = Options {
            length: self.length.unwrap_or(whole_days.length),
            rate_scale: self.rate_scale,
            diurnal: self.diurnal,
            longest: self.longest,
            ..whole_days
        };
        let workload = generate(&options)?;
        let length = self.length.map_or(format!("--days {}", self.days), |length| format!("--length '{length}'"));
        let longest = self.longest.map_or(String::new(), |longest| format!(" --longest '{longest}'"));
        let command = format!(
            "sdcsim trace generate --functions {} {length} --seed {} --rate-scale {} --diurnal {}{longest}",
            self.functions, self.seed, self.rate_scale, self.diurnal
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
