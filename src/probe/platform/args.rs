//! The flags of `sdcsim probe platform`, read into a [`PlatformSpec`]; all that is wrong is reported at once.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::config::plan::check_serverless_rules;
use crate::config::plan::{
    Boundary, CpuSharing, IdleChoice, KeepAliveMode, Placement, QueueOrder, Serverless, TimerOrigin,
};
use crate::config::raw::{self, Platform};
use crate::config::{self, Loaded};
use crate::platform::serverless::Shape;
use crate::problem::{Problem, Problems};
use crate::units::{Bytes, ParseQuantityError, Span, parse_quantity};
use crate::workload::{Spacing, Workload};
use crate::world::DelayModel;

use super::{
    Format, PlatformResult, PlatformSpec, WasteHorizon, decisions, load_trace, run_platform, run_with_decisions,
};

/// The platform where no file is named.
const DEFAULT: &str = include_str!("default.toml");

/// How long requests and cold starts take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExecutionTime {
    /// As the trace says; functions without a cold-start time start as the platform says, which by default is at once.
    Real,
    /// No time at all.
    Zero,
}

/// Arrivals within a minute, for formats that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "kebab-case")]
pub enum ArrivalTimes {
    MinuteStart,
    SortedUniform,
    Exponential,
    Even,
}

/// `probe platform`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cold starts of the Azure day with a keep-alive of 10 minutes, every invocation at the start of its minute
    sdcsim probe platform --format azure2019 --trace DIR --keep-alive '10 min' --execution zero --arrivals minute-start
  the hybrid histogram over one hour
    sdcsim probe platform --format azlike --trace DIR --set keep_alive.mode=histogram \\
      --set keep_alive.histogram.range='1 h'
  a platform file with another rule, on 20 hosts
    sdcsim probe platform --format placement --trace FILE --platform configs/platforms/serverless-aws-like.toml \\
      --set placement=pull --set binding=early --hosts 20 --host-cores 16 --host-memory '64 GiB'
  four requests to a sandbox, a quota, and retries
    sdcsim probe platform --format native --trace traces/day --set scaling.concurrency=4 \\
      --set quotas.account_concurrency=1000 --set 'quotas.retry={ attempts = 5, base = \"1 s\" }'
  idle sandboxes that move to two memory pools, and the decisions one by one
    sdcsim probe platform --format plain --trace DIR --set keep_alive.mode=remote-tier --pools 2 \\
      --pool-memory '64 GiB' --decisions decisions.csv

Keys of --set are those below `layout.platform`: see `sdcsim explain layout.platform`.")]
pub struct PlatformArgs {
    /// The trace: a file, or a folder for formats of several files.
    #[arg(long, value_name = "PATH")]
    trace: PathBuf,
    /// Its form.
    #[arg(long, value_enum)]
    format: Format,
    /// A platform file, such as configs/platforms/serverless-aws-like.toml [default: fixed keep-alive of 10 min, first
    /// warm host, chosen at arrival and kept, no eviction].
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
    /// Change a rule of the platform; may be given many times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// How long an idle sandbox is kept: a time such as "10 min", `none` or `forever`. Wins over --platform and --set, as
    /// do the next seven.
    #[arg(long, value_name = "D|none|forever")]
    keep_alive: Option<String>,
    /// Which idle sandbox serves the next request.
    #[arg(long, value_name = "oldest|newest|mru|lru", value_parser = idle_choice)]
    idle_choice: Option<IdleChoice>,
    /// When the keep-alive timer starts.
    #[arg(long, value_name = "completion|arrival", value_parser = timer_from)]
    timer_from: Option<TimerOrigin>,
    /// Whether an idle time equal to the limit is still warm.
    #[arg(long, value_name = "warm|cold", value_parser = boundary)]
    boundary: Option<Boundary>,
    /// How the cores of a host are used: `exclusive`, one request each, or `shared`, processor sharing.
    #[arg(long, value_name = "shared|exclusive", value_parser = cpu)]
    cpu: Option<CpuSharing>,
    /// Cores that a sandbox holds while it starts. With 0 it holds none, whatever is free: once it is ready, its request waits
    /// for a core, first come first served [default: 1 with exclusive cores, 0 with shared ones].
    #[arg(long, value_name = "0|1", value_parser = clap::value_parser!(u32).range(0..=1))]
    start_cores: Option<u32>,
    /// Which host gets a request.
    #[arg(long, value_name = "RULE", value_parser = placement_rule)]
    placement: Option<Placement>,
    /// Whether a request that arrives is tried before those that wait, or waits behind them.
    #[arg(long, value_name = "arrival-first|strict", value_parser = queue_order)]
    queue_order: Option<QueueOrder>,
    /// How long requests and cold starts take.
    #[arg(long, value_enum, default_value = "real")]
    execution: ExecutionTime,
    /// Cold start of functions that have no time of their own, such as "500 ms", in place of the platform's phases.
    #[arg(long, value_name = "D")]
    cold_start: Option<String>,
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
    /// Number of memory pools, for the keep-alive rule `remote-tier`.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pools: u32,
    /// Memory of a pool, written as that of a host [default: unlimited].
    #[arg(long, value_name = "M")]
    pool_memory: Option<String>,
    /// Up to when the memory of idle sandboxes is counted as wasted.
    #[arg(long, value_enum, default_value = "completion")]
    waste_horizon: WasteHorizon,
    /// Seed of the random draws, for formats and rules that need them.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write every decision of the platform into this CSV file: `time_ms`, decision, function, sandbox, host.
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl PlatformArgs {
    /// Reads the trace, serves it, and measures.
    pub fn run(&self) -> Result<PlatformResult, Problems> {
        let spec = self.spec()?;
        let workload = load_trace(self.format, &self.trace)?;
        let largest = workload.functions().iter().map(|f| f.memory).max().unwrap_or_default();
        let memory = spec.shape.groups[0].memory;
        if largest > memory {
            let message = format!("a function needs {largest}, and a host has {memory}");
            return Err(argument("--host-memory", &message, "give the hosts at least as much").into());
        }
        let mut problems = Problems::default();
        for (message, remedy) in spec.check(&workload) {
            problems.push(argument("reserved_concurrency", &message, remedy));
        }
        problems.or_ok(())?;
        let result = match &self.decisions {
            None => run_platform(&spec, &workload),
            Some(file) => run_and_write(&spec, &workload, file)?,
        };
        workload.read_fault().map_or(Ok(result), |problem| Err(problem.into()))
    }

    /// The specification, or all that is wrong with the arguments.
    fn spec(&self) -> Result<PlatformSpec, Problems> {
        let mut problems = Problems::default();
        let shape = self.shape(&mut problems);
        let cold_start = self.cold_start.as_deref().and_then(|text| span(text, "--cold-start", "", &mut problems));
        let keep_alive = self.keep_alive.as_deref().and_then(|text| keep_alive(text, &mut problems));
        let loaded = match self.load() {
            Ok(loaded) => loaded,
            Err(wrong) => {
                problems.extend(wrong);
                return Err(problems);
            }
        };
        let Platform::Serverless(platform) = &loaded.raw else {
            let remedy = "name a file with kind = \"serverless\"";
            problems.push(loaded.problem("kind", "virtual machines have no rules to probe", remedy));
            return Err(problems);
        };
        let mut platform = self.win_over(platform);
        if let Some((mode, limit)) = keep_alive {
            platform.keep_alive.mode = mode;
            platform.keep_alive.limit = limit.unwrap_or(platform.keep_alive.limit);
        }
        for (key, message, remedy) in check_serverless_rules(&platform, self.pools > 0) {
            problems.push(loaded.problem(key, message, remedy));
        }
        let mut spec = PlatformSpec {
            zero_execution: self.execution == ExecutionTime::Zero,
            horizon: self.waste_horizon,
            seed: self.seed,
            spacing: match self.arrivals {
                ArrivalTimes::MinuteStart => Spacing::MinuteStart,
                ArrivalTimes::SortedUniform => Spacing::SortedUniform,
                ArrivalTimes::Exponential => Spacing::Exponential,
                ArrivalTimes::Even => Spacing::Even,
            },
            ..PlatformSpec::of(&platform, shape)
        };
        if let Some(cold_start) = cold_start {
            spec.cold_start =
                [DelayModel::Constant(cold_start), DelayModel::Constant(Span::ZERO), DelayModel::Constant(Span::ZERO)];
        }
        problems.or_ok(spec)
    }

    fn load(&self) -> Result<Loaded<Platform>, Problems> {
        match &self.platform {
            Some(file) => config::load(file, &self.sets),
            None => config::load_text(Path::new("the default platform"), DEFAULT, &self.sets),
        }
    }

    fn shape(&self, problems: &mut Problems) -> Shape {
        let mut memory = |text: &Option<String>, name: &str, default: Bytes| {
            let Some(text) = text else { return default };
            host_memory(text).unwrap_or_else(|error| {
                problems.push(argument(name, &error.to_string(), "a plain number is in MiB"));
                default
            })
        };
        let of_host = memory(&self.host_memory, "--host-memory", Bytes::MAX);
        let of_pool = memory(&self.pool_memory, "--pool-memory", Bytes::MAX);
        if self.pools == 0 && self.pool_memory.is_some() {
            problems.push(argument("--pool-memory", "there is no pool to have it", "add --pools N"));
        }
        let hosts = count(&self.hosts, "--hosts", 1, problems);
        let cores = count(&self.host_cores, "--host-cores", u32::MAX, problems);
        Shape::uniform(hosts, cores, of_host).with_pools(self.pools, of_pool)
    }

    /// The platform with what flags say in place of its keys.
    fn win_over(&self, platform: &raw::Serverless) -> Serverless {
        fn set<T: Copy>(place: &mut T, flag: Option<T>) {
            *place = flag.unwrap_or(*place);
        }
        let mut platform = platform.clone();
        set(&mut platform.idle_choice, self.idle_choice);
        set(&mut platform.keep_alive.timer_from, self.timer_from);
        set(&mut platform.keep_alive.boundary, self.boundary);
        set(&mut platform.cpu, self.cpu);
        set(&mut platform.placement, self.placement);
        set(&mut platform.queue_order, self.queue_order);
        platform.start_cores = self.start_cores.or(platform.start_cores);
        Serverless::resolve(&platform)
    }
}

fn run_and_write(spec: &PlatformSpec, workload: &Workload, file: &Path) -> Result<PlatformResult, Problem> {
    let (result, decided) = run_with_decisions(spec, workload);
    let rows = decisions::rows(&decided, workload.functions());
    std::fs::write(file, decisions::to_csv(&rows)).map_err(|error| {
        Problem::with_file(file, format!("the decisions cannot be written: {error}"), "name another --decisions FILE")
    })?;
    Ok(result)
}

pub(in crate::probe) fn argument(name: &str, message: &str, remedy: &str) -> Problem {
    Problem { subject: name.to_owned(), ..Problem::with_file("", message, remedy) }
}

fn span(text: &str, name: &str, remedy: &str, problems: &mut Problems) -> Option<Span> {
    parse_quantity(text).map_err(|error| problems.push(argument(name, &error.to_string(), remedy))).ok()
}

/// The rule, and its limit where it has one.
fn keep_alive(text: &str, problems: &mut Problems) -> Option<(KeepAliveMode, Option<Span>)> {
    match text {
        "none" => Some((KeepAliveMode::None, None)),
        "forever" => Some((KeepAliveMode::Forever, None)),
        text => {
            let limit = span(text, "--keep-alive", "or write `none` or `forever`", problems)?;
            Some((KeepAliveMode::Fixed, Some(limit)))
        }
    }
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

/// Memory of a host: a plain number, `MB` and `GB` are what traces mean by them, 2^20 and 2^30 bytes.
fn host_memory(text: &str) -> Result<Bytes, ParseQuantityError> {
    let number = |digits: &str| digits.trim().parse::<u64>().ok().filter(|n| *n < 1 << 30);
    let mib = number(text).or_else(|| number(text.strip_suffix("MB")?));
    match mib.or_else(|| number(text.strip_suffix("GB")?).map(|gib| gib << 10)) {
        Some(mib) => Ok(Bytes::from_mib(mib)),
        None => parse_quantity(text),
    }
}

/// Reads a word of a config enum, as the config spells it.
fn word<T: serde::de::DeserializeOwned>(text: &str, legal: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| format!("write one of {legal}"))
}
pub(in crate::probe) fn idle_choice(text: &str) -> Result<IdleChoice, String> {
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
fn queue_order(text: &str) -> Result<QueueOrder, String> {
    word(text, "arrival-first, strict")
}
fn placement_rule(text: &str) -> Result<Placement, String> {
    word(text, "those that `sdcsim explain layout.platform.placement` lists")
}
