//! A replay of functions on hosts that are nothing but cores and memory, with all statistics on.
//!
//! Arrivals are Poisson, the popularity of functions follows Zipf's law, run times are log-normal. Up to a million
//! invocations are drawn before the clock starts and used again after that, so that memory stays constant and the cost of
//! drawing is not counted.

use std::fmt;

use clap::{Args, ValueEnum};
use rand_distr::{LogNormal, Zipf};
use serde::Serialize;

use crate::config::plan::{Eviction, EvictionPolicy, HistogramRule, KeepAliveMode, Placement, PredictiveRule};
use crate::engine::Watch;
use crate::experiment::{Collector, peak_memory_bytes};
use crate::ids::{FunctionId, Id};
use crate::platform::serverless::{Need, Rules, Shape};
use crate::problem::{Problem, Problems};
use crate::record::Counter;
use crate::rng::{Real, RootSeed};
use crate::units::{Bytes, Span, Time, parse_quantity};
use crate::workload::{Function, Functions, Invocation};
use crate::world::{self, ColdStarts, DelayModel, Hardware, Measurement, RunReport, ServerlessSetup};

use super::clock::CpuClock;
use super::{grouped, peak};

/// Which host gets a request; it is chosen at arrival and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum Place {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with the fewest requests.
    LeastLoaded,
}

/// How long an idle sandbox is kept; with the defaults of a platform's config but for the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum Keep {
    /// For `--keep-alive`.
    #[default]
    Fixed,
    /// By the hybrid histogram, whose range is `--keep-alive`.
    Histogram,
    /// By a forecast, for `--keep-alive` at most.
    Predictive,
}

/// Which idle sandbox goes first when memory is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum Evict {
    /// The one used longest ago.
    Lru,
    /// The one whose function has been used least often.
    Lfu,
    /// The largest.
    Size,
    /// The one with the least clock + uses × cold-start time / memory.
    GreedyDual,
    /// The one whose credit is spent first.
    Landlord,
}

/// `bench replay`
#[derive(Clone, Debug, Args)]
pub struct ReplaySpec {
    /// Invocations that are replayed.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000_000))]
    pub invocations: u64,
    /// Functions.
    #[arg(long, value_name = "F", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub functions: u32,
    /// Hosts, of 64 cores each.
    #[arg(long, value_name = "H", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub hosts: u32,
    /// Which host gets a request.
    #[arg(long, value_name = "P", value_enum, default_value = "round-robin")]
    pub placement: Place,
    /// Invocations per second.
    #[arg(long, value_name = "R", default_value_t = 500.0, value_parser = positive)]
    pub rate: f64,
    /// Exponent of Zipf's law: the k-th function is invoked in proportion to 1/k^s.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = positive)]
    pub zipf: f64,
    /// Median run time; the logarithm has a standard deviation of 1, so the mean is 1.65 times as long.
    #[arg(long, value_name = "D", default_value = "600 ms", value_parser = parse_quantity::<Span>)]
    pub median: Span,
    /// How long an idle sandbox is kept: the time, or the longest time.
    #[arg(long, value_name = "D", default_value = "600 s", value_parser = parse_quantity::<Span>)]
    pub keep_alive: Span,
    /// The rule by which it is kept.
    #[arg(long, value_name = "M", value_enum, default_value = "fixed")]
    pub keep_alive_mode: Keep,
    /// Memory of a host.
    #[arg(long, value_name = "B", default_value = "1 TiB", value_parser = parse_quantity::<Bytes>)]
    pub host_memory: Bytes,
    /// Which idle sandbox goes first when memory is short; without it none goes, and requests wait.
    #[arg(long, value_name = "E", value_enum)]
    pub eviction: Option<Evict>,
    /// Seed of the draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

impl Default for ReplaySpec {
    fn default() -> Self {
        Self {
            invocations: 1_000_000,
            functions: 1_000,
            hosts: 20,
            placement: Place::RoundRobin,
            rate: 500.0,
            zipf: 1.0,
            median: Span::from_ms(600),
            keep_alive: Span::from_secs(600),
            keep_alive_mode: Keep::Fixed,
            host_memory: Bytes::from_gib(1024),
            eviction: None,
            seed: 1,
        }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (1e-6..=1e9).contains(&number) { Ok(number) } else { Err("write a number from 0.000001 to 1e9".to_owned()) }
}

/// What the replay measures.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayResult {
    /// Invocations.
    pub invocations: u64,
    /// Functions.
    pub functions: u32,
    /// Hosts.
    pub hosts: u32,
    /// Which host got a request.
    pub placement: Place,
    /// By which rule idle sandboxes were kept.
    pub keep_alive_mode: Keep,
    /// Which one went first when memory was short.
    pub eviction: Option<Evict>,
    /// Idle sandboxes that went for want of memory.
    pub evictions: u64,
    /// Sandboxes started.
    pub cold_starts: u64,
    /// Events and arrivals handled.
    pub events: u64,
    /// Over all events in order: the same for the same arguments on any machine.
    pub event_hash: String,
    /// Mean response time in seconds.
    pub mean_response_s: f64,
    /// 99 % quantile of the response time in seconds.
    pub p99_response_s: f64,
    /// Simulated time in seconds.
    pub simulated_s: f64,
    /// Processor time in seconds.
    pub cpu_s: f64,
    /// Invocations per second of processor time.
    pub invocations_per_cpu_s: f64,
    /// Events per second of processor time.
    pub events_per_cpu_s: f64,
    /// Simulated time over processor time.
    pub real_time_factor: f64,
    /// The most memory the process has held, in bytes, where the system tells.
    pub peak_memory_bytes: Option<u64>,
}

/// Invocations drawn ahead; a longer replay goes through them again.
const DRAWN: usize = 1 << 20;
const COLD_START: Span = Span::from_ms(500);

/// Hands out drawn invocations, each after a gap from the one before.
struct Draws {
    /// Gap, function, run time.
    table: Vec<(Span, FunctionId, Span)>,
    position: usize,
    left: u64,
    now: Time,
}

impl Draws {
    fn new(spec: &ReplaySpec) -> Self {
        let mut stream = RootSeed::new(spec.seed, 0).stream("replay", &[]);
        let ranks = Zipf::new(Real(spec.functions.into()), Real(spec.zipf)).expect("functions of falling popularity");
        let (mu, sigma) = (Real(libm::log(spec.median.as_secs_f64())), Real(1.0));
        let seconds = LogNormal::new(mu, sigma).expect("a deviation");
        let count = usize::try_from(spec.invocations).map_or(DRAWN, |n| n.min(DRAWN));
        let draw = |_| {
            let gap = Span::from_secs_f64(stream.exponential() / spec.rate);
            let function = Id::new((stream.draw(&ranks) as u32).min(spec.functions) - 1);
            (gap, function, Span::from_secs_f64(stream.draw(&seconds)))
        };
        Self { table: (0..count).map(draw).collect(), position: 0, left: spec.invocations, now: Time::ZERO }
    }
}

impl Iterator for Draws {
    type Item = Invocation;

    #[inline]
    fn next(&mut self) -> Option<Invocation> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let (gap, function, duration) = self.table[self.position];
        self.position = if self.position + 1 == self.table.len() { 0 } else { self.position + 1 };
        self.now += gap;
        Some(Invocation { at: self.now, function, duration })
    }
}

fn functions(count: u32) -> Functions {
    let function = |k: u32| Function {
        owner: String::new(),
        app: String::new(),
        name: k.to_string(),
        memory: Bytes::from_mib(128 << (k % 4)),
        cold_start: Some(COLD_START),
        own: None,
    };
    (0..count).map(function).collect()
}

fn rules(spec: &ReplaySpec) -> Rules {
    let fixed = Rules::fixed(spec.keep_alive);
    Rules {
        placement: match spec.placement {
            Place::RoundRobin => Placement::RoundRobin,
            Place::LeastLoaded => Placement::LeastLoaded,
        },
        keep_alive: match spec.keep_alive_mode {
            Keep::Fixed => KeepAliveMode::Fixed,
            Keep::Histogram => KeepAliveMode::Histogram,
            Keep::Predictive => KeepAliveMode::Predictive,
        },
        histogram: HistogramRule { range: spec.keep_alive, ..fixed.histogram },
        predictive: PredictiveRule { limit: spec.keep_alive, ..fixed.predictive },
        evict_idle: spec.eviction.is_some(),
        eviction: Eviction {
            policy: match spec.eviction {
                None | Some(Evict::Lru) => EvictionPolicy::Lru,
                Some(Evict::Lfu) => EvictionPolicy::Lfu,
                Some(Evict::Size) => EvictionPolicy::Size,
                Some(Evict::GreedyDual) => EvictionPolicy::GreedyDual,
                Some(Evict::Landlord) => EvictionPolicy::Landlord,
            },
            ..fixed.eviction
        },
        ..fixed
    }
}

fn setup(spec: &ReplaySpec, functions: &Functions) -> ServerlessSetup {
    let root = RootSeed::new(spec.seed, 0);
    ServerlessSetup {
        rules: rules(spec),
        shape: Shape::uniform(spec.hosts, 64, spec.host_memory),
        needs: functions.iter().map(|f| Need { local: f.memory, remote: Bytes::ZERO }).collect(),
        hardware: Hardware::plain(spec.hosts, 64),
        cold: ColdStarts::new([DelayModel::Constant(Span::ZERO); 3], Bytes::ZERO, functions, root),
        knowledge: world::knowledge(functions, root, |_| COLD_START),
        retry_chance: root.stream("retries", &[]),
        journal: false,
        prices: None,
    }
}

/// The largest of the functions.
const LARGEST: Bytes = Bytes::from_mib(1024);
/// Most lists of idle sandboxes, one for each function on each host: they take eight bytes each.
const MOST_LISTS: u64 = 100_000_000;
/// The clock reaches 213 days; half of it leaves room for what is late.
const LONGEST: Span = Span::from_secs(100 * 86_400);

/// Replays and measures, under the eyes of `watch`.
pub fn run(spec: &ReplaySpec, watch: &mut dyn Watch) -> Result<ReplayResult, Problems> {
    let lists = u64::from(spec.functions) * u64::from(spec.hosts);
    if lists > MOST_LISTS {
        let message = format!("--functions times --hosts is {lists}, and at most {MOST_LISTS} lists are kept");
        return Err(Problem::with_file("", message, "use fewer functions or hosts").into());
    }
    let length_s = spec.invocations as f64 / spec.rate;
    if length_s > LONGEST.as_secs_f64() {
        let message = format!("{} invocations at {} per second take {length_s:.0} s", spec.invocations, spec.rate);
        return Err(Problem::with_file("", message, "use a higher --rate: at most 100 days are simulated").into());
    }
    if spec.host_memory < LARGEST {
        let message =
            format!("a host of {} has no room for the largest function, which needs {LARGEST}", spec.host_memory);
        return Err(Problem::with_file("", message, "use a larger --host-memory").into());
    }
    let functions = functions(spec.functions);
    let draws = Draws::new(spec);
    let window = Span::from_secs_f64(length_s).max(Span::TICK);
    let bin = Span::from_ps(window.as_ps().div_ceil(288));
    let measurement = Measurement { bin, ..Measurement::whole(window) };
    let mut heard = Collector::new((Time::ZERO, Time::ZERO + window), bin, spec.functions as usize);
    let setup = setup(spec, &functions);
    let clock = CpuClock::start();
    let report = world::run_serverless(setup, draws, &measurement, &mut heard, watch);
    Ok(result(spec, &report, &heard, clock.cpu_s()))
}

fn result(spec: &ReplaySpec, report: &RunReport, heard: &Collector, cpu_s: f64) -> ReplayResult {
    let seconds = |span: Option<Span>| span.map_or(0.0, Span::as_secs_f64);
    let (events, simulated_s) = (report.outcome.events, report.outcome.end.as_secs_f64());
    let cpu_s = cpu_s.max(1e-9);
    ReplayResult {
        invocations: spec.invocations,
        functions: spec.functions,
        hosts: spec.hosts,
        placement: spec.placement,
        keep_alive_mode: spec.keep_alive_mode,
        eviction: spec.eviction,
        evictions: report.count(Counter::Evicted),
        cold_starts: report.count(Counter::SandboxesStarted),
        events,
        event_hash: format!("{:016x}", report.outcome.hash),
        mean_response_s: seconds(heard.response.mean()),
        p99_response_s: seconds(heard.response.quantile(0.99)),
        simulated_s,
        cpu_s,
        invocations_per_cpu_s: spec.invocations as f64 / cpu_s,
        events_per_cpu_s: events as f64 / cpu_s,
        real_time_factor: simulated_s / cpu_s,
        peak_memory_bytes: peak_memory_bytes(),
    }
}

impl fmt::Display for ReplayResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.placement {
            Place::RoundRobin => "in turn",
            Place::LeastLoaded => "least loaded first",
        };
        writeln!(
            f,
            "replay of {} invocations of {} functions on {} hosts, {way}: {:.2} s, {} cold starts",
            grouped(self.invocations),
            grouped(self.functions.into()),
            self.hosts,
            self.cpu_s,
            grouped(self.cold_starts)
        )?;
        write!(
            f,
            "  {:.2} million invocations/s, {:.2} million events/s, {} times real time{}",
            self.invocations_per_cpu_s / 1e6,
            self.events_per_cpu_s / 1e6,
            grouped(self.real_time_factor as u64),
            peak(self.peak_memory_bytes)
        )
    }
}
