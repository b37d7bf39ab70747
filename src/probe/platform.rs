//! The serverless platform alone, on hosts that are nothing but cores and memory.
//!
//! A request keeps the run time and its function the cold-start time of the trace, requests are served where and
//! when the rules say, and every response time is kept: quantiles are exact.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::config::raw::{Boundary, CpuSharing, IdleChoice, KeepAliveMode, MemoryChoice, Placement, TimerOrigin};
use crate::hw::execution::Execution;
use crate::platform::serverless::{Need, Rules, Shape};
use crate::problem::{Problem, Problems};
use crate::record::{Completed, Gauge, Recorder, Rejection};
use crate::rng::RootSeed;
use crate::stats::{quantile, sorted};
use crate::units::{BitsPerSec, Bytes, ParseQuantityError, Span, Time, parse_quantity};
use crate::workload::trace::{azlike, azure2019, azure2021, native, placement};
use crate::workload::{FunctionId, Invocation, Spacing, Workload};
use crate::world::{self, Audit, ColdStarts, DelayModel, Paths, Scope, ServerlessSetup};

/// Which form a trace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The project's own form: a folder, or a packed file (.sdt).
    Native,
    /// Azure Functions 2019: a folder with the three files, whose names hold `inv`, `run` or `dur`, and `mem`.
    Azure2019,
    /// Azure Functions 2021: one file.
    Azure2021,
    /// `*functions.csv` (`func_name, kind, mem_mb, warm_dur_ms, cold_overhead_ms`) and `*invocations.csv`
    /// (`invoke_time_ms, func_name`) in a folder.
    Azlike,
    /// One file with `function_id, arrival_s, exec_s, mem_mb, cold_start_s`.
    Placement,
}

/// How long requests and cold starts take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExecutionTime {
    /// As the trace says; formats without cold-start times start at once.
    Real,
    /// No time at all.
    Zero,
}

/// Arrivals within a minute, for formats that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is documented at `workload::Spacing`")]
pub enum ArrivalTimes {
    MinuteStart,
    SortedUniform,
    Exponential,
    Even,
}

/// `probe platform`
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example: cold starts of the Azure day with a keep-alive of 10 minutes, every invocation at the start of its minute
  sdcsim probe platform --format azure2019 --trace DIR --keep-alive '10 min' --execution zero --arrivals minute-start"
)]
pub struct PlatformArgs {
    /// The trace: a file, or a folder for formats of several files.
    #[arg(long, value_name = "PATH")]
    trace: PathBuf,
    /// Its form.
    #[arg(long, value_enum)]
    format: Format,
    /// How long an idle sandbox is kept: a time such as "10 min", `none` or `forever`.
    #[arg(long, value_name = "D|none|forever", default_value = "10 min")]
    keep_alive: String,
    /// Which idle sandbox serves the next request.
    #[arg(long, value_name = "oldest|newest|mru|lru", default_value = "mru", value_parser = idle_choice)]
    idle_choice: IdleChoice,
    /// When the keep-alive timer starts.
    #[arg(long, value_name = "completion|arrival", default_value = "completion", value_parser = timer_from)]
    timer_from: TimerOrigin,
    /// Whether an idle time equal to the limit is still warm.
    #[arg(long, value_name = "warm|cold", default_value = "warm", value_parser = boundary)]
    boundary: Boundary,
    /// How long requests and cold starts take.
    #[arg(long, value_enum, default_value = "real")]
    execution: ExecutionTime,
    /// Arrivals within a minute.
    #[arg(long, value_enum, default_value = "sorted-uniform")]
    arrivals: ArrivalTimes,
    /// Number of hosts, or `unlimited` for one host without bounds.
    #[arg(long, value_name = "N|unlimited", default_value = "unlimited")]
    hosts: String,
    /// Memory of a host, such as "64 GiB"; a plain number, MB and GB are binary, as in traces [default: unlimited].
    #[arg(long, value_name = "M")]
    host_memory: Option<String>,
    /// Cores of a host.
    #[arg(long, value_name = "C|unlimited", default_value = "unlimited")]
    host_cores: String,
    /// How the cores of a host are used: `exclusive`, one request each, or `shared`, processor sharing.
    #[arg(long, value_name = "shared|exclusive", default_value = "exclusive", value_parser = cpu)]
    cpu: CpuSharing,
    /// Which host gets a request; it is chosen at arrival and kept.
    #[arg(long, value_name = "round-robin|least-loaded|first-warm", default_value = "first-warm", value_parser = placement_rule)]
    placement: Placement,
    /// Seed of the random draws, for formats that need them.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What the probe measures.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformResult {
    /// Requests.
    pub invocations: u64,
    /// Sandboxes started.
    pub cold_starts: u64,
    /// Requests that waited for a place.
    pub queued: u64,
    /// Requests turned away.
    pub rejected: u64,
    /// Requests still open at the end.
    pub running: u64,
    /// Mean of finish less arrival, in seconds.
    pub mean_response_s: f64,
    /// Median, linear between order statistics, in seconds.
    pub p50_s: f64,
    /// 90 % quantile in seconds.
    pub p90_s: f64,
    /// 99 % quantile in seconds.
    pub p99_s: f64,
    /// Memory held by idle sandboxes until all have run out, in MiB·s (which traces call MB·s).
    pub wasted_memory_mb_s: f64,
    /// Mean number of requests in the system over the length of the trace.
    pub mean_concurrency: f64,
    /// Sum of the run times over the length of the trace: what Little's law makes of the concurrency.
    pub offered_concurrency: f64,
    /// Conservation laws that do not hold; empty.
    pub broken_laws: Vec<String>,
}

/// A platform to probe.
#[derive(Clone, Copy, Debug)]
pub struct PlatformSpec {
    /// The rules.
    pub rules: Rules,
    /// Hosts.
    pub shape: Shape,
    /// Whether requests and cold starts take no time.
    pub zero_execution: bool,
    /// Arrivals within a minute.
    pub spacing: Spacing,
    /// Seed of the random draws.
    pub seed: u64,
}

impl PlatformSpec {
    /// One unlimited host, fixed keep-alive of `limit` from completion, an idle time equal to it still warm, most
    /// recently used sandbox first.
    pub fn unlimited(limit: Span) -> Self {
        Self {
            rules: Rules::fixed(limit),
            shape: Shape {
                hosts: 1,
                cores: u32::MAX,
                memory: Bytes::MAX,
                pools: 0,
                pool_memory: Bytes::ZERO,
                extras: [0; 2],
            },
            zero_execution: false,
            spacing: Spacing::SortedUniform,
            seed: 1,
        }
    }
}

/// Keeps every response time.
#[derive(Debug, Default)]
struct Exact(Vec<f64>);

impl Recorder for Exact {
    fn completed(&mut self, request: &Completed) {
        self.0.push(request.answered.since(request.arrived).as_secs_f64());
    }
    fn rejected(&mut self, _at: Time, _function: FunctionId, _reason: Rejection) {}
}

/// Serves `workload` and measures.
pub fn run_platform(spec: &PlatformSpec, workload: &Workload) -> PlatformResult {
    let functions = workload.functions();
    let root = RootSeed::new(spec.seed, 0);
    let cold = if spec.zero_execution {
        ColdStarts::instant(functions)
    } else {
        ColdStarts::new([DelayModel::Constant(Span::ZERO); 3], Bytes::ZERO, functions, root)
    };
    let mut setup = ServerlessSetup {
        rules: spec.rules,
        shape: spec.shape,
        needs: functions.iter().map(|f| Need { local: f.memory, remote: Bytes::ZERO }).collect(),
        paths: Paths::default(),
        execution: Execution::as_traced(),
        smt_throughput: 1.0,
        cold,
        pools: None,
        knowledge: world::knowledge(functions, root, |function| function.cold_start.unwrap_or(Span::ZERO)),
        retry_chance: root.stream("retries", &[]),
        journal: false,
        images: world::ImageStore { latency: Span::ZERO, flow_rate: BitsPerSec(1), total_rate: BitsPerSec(1) },
        prices: None,
    };
    world::foresee(&mut setup, || workload.arrivals(root, spec.spacing));
    let length = workload.length();
    let scope =
        Scope { window: length, bin: length.max(Span::TICK), drain: Span::MAX, events: u64::MAX, run_out: true };
    let mut offered = 0_u128;
    let invocations = workload.arrivals(root, spec.spacing).map(|invocation| {
        let duration = if spec.zero_execution { Span::ZERO } else { invocation.duration };
        offered += u128::from(duration.as_ps());
        Invocation { duration, ..invocation }
    });
    let mut exact = Exact::default();
    let report = world::run_serverless(setup, invocations, &scope, &mut exact, &mut ());
    let [arrived, _, rejected, running] = report.requests;
    let times = sorted(exact.0);
    let at = |p| quantile(&times, p).unwrap_or(0.0);
    let idle = report.meter.whole(Gauge::LocalAllocated) - report.meter.whole(Gauge::MemoryUsed);
    let seconds = length.as_secs_f64().max(f64::MIN_POSITIVE);
    PlatformResult {
        invocations: arrived,
        cold_starts: report.cold_starts,
        queued: report.queued,
        rejected,
        running,
        mean_response_s: if times.is_empty() { 0.0 } else { times.iter().sum::<f64>() / times.len() as f64 },
        p50_s: at(0.5),
        p90_s: at(0.9),
        p99_s: at(0.99),
        wasted_memory_mb_s: idle as f64 / 1_048_576.0 / 1e12,
        mean_concurrency: report.meter.whole(Gauge::InSystem) as f64 / 1e12 / seconds,
        offered_concurrency: offered as f64 / 1e12 / seconds,
        broken_laws: report.audits.iter().filter(|audit| !audit.holds).map(in_words).collect(),
    }
}

fn in_words(audit: &Audit) -> String {
    format!("{}: {} against {}", audit.law, audit.left, audit.right)
}

/// Reads a trace for the probe. Memory is the application's average, so that nothing about a function is drawn.
pub fn load_trace(format: Format, path: &Path) -> Result<Workload, Problems> {
    match format {
        Format::Azure2019 => {
            let files = azure2019::Files {
                invocations: vec![find(path, &["inv"])?],
                durations: vec![find(path, &["run", "dur"])?],
                memory: find(path, &["mem"]).into_iter().collect(),
            };
            let options = azure2019::Options { memory_from: MemoryChoice::Average, ..azure2019::Options::default() };
            azure2019::load(&files, &options)
        }
        Format::Azure2021 => azure2021::load(&[path.to_owned()], &azure2021::Options::default()),
        Format::Azlike => azlike::load(&find(path, &["functions.csv"])?, &find(path, &["invocations.csv"])?),
        Format::Placement => placement::load(path),
        Format::Native => native::load(path),
    }
}

/// The file of a trace whose name holds one of `words`, the first in alphabetical order. `path` is the folder of the
/// trace, one of its files, or what the names of its files begin with.
fn find(path: &Path, words: &[&str]) -> Result<PathBuf, Problems> {
    let (folder, prefix) = if path.is_dir() {
        (path, String::new())
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let prefix = if path.is_file() { String::new() } else { name.to_lowercase() };
        (path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")), prefix)
    };
    let remedy = "name the folder with all files of the trace";
    let unreadable = |error| Problem::with_file(path, format!("this format has several files: {error}"), remedy);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let fits = |file: &&PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        name.contains(".csv") && name.starts_with(&prefix) && words.iter().any(|word| name.contains(word))
    };
    files.iter().find(fits).cloned().ok_or_else(|| {
        let message = format!("there is no .csv file with `{}` in its name", words.join("` or `"));
        Problem::with_file(path, message, remedy).into()
    })
}

/// Memory of a host: a plain number, `MB` and `GB` are what traces mean by them, 2^20 and 2^30 bytes.
fn host_memory(text: &str) -> Result<Bytes, ParseQuantityError> {
    let number = |digits: &str| digits.trim().parse::<u64>().ok().filter(|n| *n < 1 << 30);
    let mib = number(text).or_else(|| number(text.strip_suffix("MB")?));
    match mib.or_else(|| number(text.strip_suffix("GB")?).map(|gib| gib << 10)) {
        Some(mib) => Ok(Bytes::from_mib(mib)),
        None => parse_quantity(text),
    }
}

impl PlatformArgs {
    /// The specification, or all that is wrong with the arguments.
    fn spec(&self) -> Result<PlatformSpec, Problems> {
        let mut problems = Problems::default();
        let mut spec = PlatformSpec::unlimited(Span::ZERO);
        match self.keep_alive.as_str() {
            "none" => spec.rules.keep_alive = KeepAliveMode::None,
            "forever" => spec.rules.keep_alive = KeepAliveMode::Forever,
            text => match parse_quantity(text) {
                Ok(limit) => spec.rules.keep_alive_limit = limit,
                Err(error) => {
                    problems.push(argument("--keep-alive", &error.to_string(), "or write `none` or `forever`"));
                }
            },
        }
        spec.shape.hosts = count(&self.hosts, "--hosts", 1, &mut problems);
        spec.shape.cores = count(&self.host_cores, "--host-cores", u32::MAX, &mut problems);
        if let Some(text) = &self.host_memory {
            match host_memory(text) {
                Ok(memory) => spec.shape.memory = memory,
                Err(error) => problems.push(argument("--host-memory", &error.to_string(), "a plain number is in MiB")),
            }
        }
        spec.rules.idle_choice = self.idle_choice;
        spec.rules.timer_from = self.timer_from;
        spec.rules.boundary = self.boundary;
        spec.rules.cpu = self.cpu;
        spec.rules.placement = self.placement;
        spec.zero_execution = self.execution == ExecutionTime::Zero;
        spec.seed = self.seed;
        spec.spacing = match self.arrivals {
            ArrivalTimes::MinuteStart => Spacing::MinuteStart,
            ArrivalTimes::SortedUniform => Spacing::SortedUniform,
            ArrivalTimes::Exponential => Spacing::Exponential,
            ArrivalTimes::Even => Spacing::Even,
        };
        problems.or_ok(spec)
    }

    /// Reads the trace, serves it, and measures.
    pub fn run(&self) -> Result<PlatformResult, Problems> {
        let spec = self.spec()?;
        let workload = load_trace(self.format, &self.trace)?;
        let largest = workload.functions().iter().map(|f| f.memory).max().unwrap_or_default();
        if largest > spec.shape.memory {
            let message = format!("a function needs {largest}, and a host has {}", spec.shape.memory);
            return Err(argument("--host-memory", &message, "give the hosts at least as much").into());
        }
        let result = run_platform(&spec, &workload);
        workload.read_fault().map_or(Ok(result), |problem| Err(problem.into()))
    }
}

fn argument(name: &str, message: &str, remedy: &str) -> Problem {
    Problem { subject: name.to_owned(), ..Problem::with_file("", message, remedy) }
}

fn count(text: &str, name: &str, unlimited: u32, problems: &mut Problems) -> u32 {
    match text.parse() {
        Ok(n) if n > 0 => n,
        _ if text == "unlimited" => unlimited,
        _ => {
            let message = format!("`{text}` is not a number of them");
            problems.push(argument(name, &message, "write a whole number above zero, or `unlimited`"));
            1
        }
    }
}

/// Reads a word of a config enum, as the config spells it.
fn word<T: serde::de::DeserializeOwned>(text: &str, legal: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| format!("write one of {legal}"))
}
fn idle_choice(text: &str) -> Result<IdleChoice, String> {
    word(text, "oldest, newest, mru, lru")
}
fn timer_from(text: &str) -> Result<TimerOrigin, String> {
    word(text, "completion, arrival")
}
fn boundary(text: &str) -> Result<Boundary, String> {
    word(text, "warm, cold")
}
fn cpu(text: &str) -> Result<CpuSharing, String> {
    word(text, "shared, exclusive")
}
fn placement_rule(text: &str) -> Result<Placement, String> {
    word(text, "round-robin, least-loaded, first-warm")
}

impl std::fmt::Display for PlatformResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "invocations       {}", self.invocations)?;
        writeln!(f, "cold starts       {}", self.cold_starts)?;
        writeln!(f, "queued            {}", self.queued)?;
        writeln!(f, "rejected          {}", self.rejected)?;
        writeln!(f, "running at end    {}", self.running)?;
        writeln!(f, "response, mean    {:.9} s", self.mean_response_s)?;
        writeln!(f, "response, p50     {:.9} s", self.p50_s)?;
        writeln!(f, "response, p90     {:.9} s", self.p90_s)?;
        writeln!(f, "response, p99     {:.9} s", self.p99_s)?;
        writeln!(f, "wasted memory     {:.1} MiB*s", self.wasted_memory_mb_s)?;
        writeln!(f, "concurrency       {:.4} (offered {:.4})", self.mean_concurrency, self.offered_concurrency)?;
        let laws = if self.broken_laws.is_empty() { "hold".to_owned() } else { self.broken_laws.join("; ") };
        write!(f, "conservation laws {laws}")
    }
}
