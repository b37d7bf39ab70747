//! The flags of `sdcsim probe queue`, read into a [`QueueSpec`]; all that is wrong is reported at once.

use crate::problem::{Problem, Problems};
use crate::units::{PerSecond, Quantity, Span, parse_quantity};

use super::{Discipline, QueueSpec, Service};

/// Simulates a single station with Poisson arrivals, to be compared with the closed forms of queueing theory.
#[derive(Clone, Debug, clap::Args)]
pub struct QueueArgs {
    /// Arrivals per time, such as "0.9 /s"
    #[arg(long, value_name = "RATE")]
    pub arrival_rate: String,
    /// Distribution of service times: exp, det, hyperexp:SCV, erlang:K or lognormal:SCV, where SCV is the
    /// squared coefficient of variation
    #[arg(long, value_name = "DISTRIBUTION", default_value = "exp")]
    pub service: String,
    /// Mean service time on a server of one's own, such as "1 s"
    #[arg(long, value_name = "TIME")]
    pub mean: String,
    /// Number of servers
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub servers: u32,
    /// Order of service
    #[arg(long, value_enum, default_value = "fifo")]
    pub discipline: Discipline,
    /// At most so many requests in the system; more are rejected [default: no limit]
    #[arg(long, value_name = "COUNT")]
    pub capacity: Option<u32>,
    /// Requests to simulate; the first tenth is discarded
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub requests: u64,
    /// Seed of the random streams
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Prints JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// All times of the requests are stored for exact quantiles: this bounds memory to about 1.5 GB.
const MOST_REQUESTS: u64 = 40_000_000;
const MOST_SERVERS: u32 = 1_000_000;
/// Times are rounded to picoseconds; a mean of a nanosecond keeps that below a thousandth.
const SHORTEST_MEAN: Span = Span::from_ns(1);
/// The clock ends at 213 days; a run may plan with 100.
const LONGEST_RUN: Span = Span::from_secs(100 * 86_400);
/// Heavy tails reach up to 10^5 times their mean; such a service time has to fit on the clock too.
const LONGEST_MEAN: Span = Span::from_secs(100);

impl QueueArgs {
    /// What to simulate, or everything that is wrong with the flags.
    pub fn spec(&self) -> Result<QueueSpec, Problems> {
        let mut problems = Problems::default();
        let arrival_rate = quantity::<PerSecond>("--arrival-rate", &self.arrival_rate, "0.9 /s", &mut problems);
        let mean = quantity::<Span>("--mean", &self.mean, "1 s", &mut problems);
        let service = Service::parse(&self.service).map_err(|message| {
            problems.push(problem("--service", message, format!("write {}", Service::SYNTAX)));
        });
        self.check_counts(&mut problems);
        if let (Some(rate), Some(mean)) = (arrival_rate, mean) {
            check_range(rate, mean, self.requests, &mut problems);
        }
        let (Some(arrival_rate), Some(mean), Ok(service)) = (arrival_rate, mean, service) else {
            return Err(problems);
        };
        let spec = QueueSpec {
            arrival_rate,
            service,
            mean,
            servers: self.servers,
            discipline: self.discipline,
            capacity: self.capacity,
            requests: self.requests,
            seed: self.seed,
            confidence: 0.95,
        };
        if problems.is_empty() && spec.capacity.is_none() && spec.load() >= 1.0 {
            problems.push(unstable(&spec));
        }
        problems.or_ok(spec)
    }

    fn check_counts(&self, problems: &mut Problems) {
        if !(1..=MOST_SERVERS).contains(&self.servers) {
            let message = format!("`{}` servers cannot be simulated", self.servers);
            problems.push(problem("--servers", message, format!("write a number from 1 to {MOST_SERVERS}")));
        }
        if !(1..=MOST_REQUESTS).contains(&self.requests) {
            let message = format!("`{}` requests cannot be simulated", self.requests);
            problems.push(problem("--requests", message, format!("write a number from 1 to {MOST_REQUESTS}")));
        }
        if let Some(capacity) = self.capacity.filter(|&capacity| capacity < self.servers) {
            let message = format!("`{capacity}` requests in the system leave some of {} servers idle", self.servers);
            problems.push(problem("--capacity", message, format!("write {} or more", self.servers)));
        }
    }
}

fn check_range(rate: PerSecond, mean: Span, requests: u64, problems: &mut Problems) {
    if rate.0 <= 0.0 {
        let message = "no request ever arrives".to_owned();
        problems.push(problem("--arrival-rate", message, "write a rate above zero, as in \"0.9 /s\"".to_owned()));
    } else if rate.0 > 1e9 {
        let message = format!("`{} /s` is too fast for a clock that ticks in picoseconds", rate.0);
        problems.push(problem("--arrival-rate", message, "write at most \"1e9 /s\"".to_owned()));
    } else if (requests as f64 + 50.0) / rate.0 > LONGEST_RUN.as_secs_f64() {
        let message = format!("{requests} requests at `{} /s` take longer than 100 d of simulated time", rate.0);
        let remedy =
            "scale the rate up and the mean down alike (the results scale with them), or ask for fewer requests";
        problems.push(problem("--arrival-rate", message, remedy.to_owned()));
    }
    if !(SHORTEST_MEAN..=LONGEST_MEAN).contains(&mean) {
        let message = format!("a mean service time of `{mean}` does not fit the clock");
        let remedy = format!("write a time from \"{SHORTEST_MEAN}\" to \"{LONGEST_MEAN}\"; results scale with it");
        problems.push(problem("--mean", message, remedy));
    }
}

fn unstable(spec: &QueueSpec) -> Problem {
    let (rate, mean, servers) = (spec.arrival_rate.0, spec.mean, spec.servers);
    let message = format!("the load per server is {:.4}: the queue grows without bound", spec.load());
    let highest = f64::from(servers) / mean.as_secs_f64();
    let enough = libm::floor(rate * mean.as_secs_f64()) + 1.0;
    let remedy =
        format!("write a rate below \"{highest} /s\", at least {enough} servers, or bound the system with --capacity");
    problem("--arrival-rate", message, remedy)
}

fn quantity<Q: Quantity>(flag: &str, text: &str, example: &str, problems: &mut Problems) -> Option<Q> {
    parse_quantity(text)
        .map_err(|error| problems.push(problem(flag, error.to_string(), format!("write {flag} \"{example}\""))))
        .ok()
}

fn problem(flag: &str, message: String, remedy: String) -> Problem {
    Problem { subject: flag.to_owned(), message, remedy, ..Problem::default() }
}
