//! What to simulate, and what comes out.

use super::service::Service;
use crate::stats::MeanInterval;
use crate::units::{PerSecond, Span};

/// The first tenth of the requests is discarded: the station starts empty.
pub const WARM_UP: f64 = 0.1;

/// Batches of a run: few and long, so that they are independent, and their values near normal, near saturation too.
pub const BATCHES: usize = 8;

/// In which order requests are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Discipline {
    /// First in, first out: a request waits until a server is free.
    Fifo,
    /// Processor sharing: all requests present share the servers equally.
    Ps,
}

/// What to simulate.
#[derive(Clone, Debug)]
pub struct QueueSpec {
    /// Rate of the Poisson arrivals.
    pub arrival_rate: PerSecond,
    /// Distribution of the service times.
    pub service: Service,
    /// Mean service time, on one server alone.
    pub mean: Span,
    /// Number of servers.
    pub servers: u32,
    /// Order of service.
    pub discipline: Discipline,
    /// At most this many requests are in the system, waiting or served; more are rejected. `None`: no limit.
    pub capacity: Option<u32>,
    /// How many requests are simulated, those of the warm-up included.
    pub requests: u64,
    /// Root seed of the random streams `arrivals` and `service`.
    pub seed: u64,
    /// Confidence of the intervals, such as 0.95.
    pub confidence: f64,
}

/// The quantiles that are told of a time.
pub const PROBABILITIES: [f64; 3] = [0.5, 0.9, 0.99];

/// Something that a run is too short for: its interval is infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooShort {
    /// What, by its name in the JSON output.
    pub key: &'static str,
    /// Requests that would be about enough.
    pub enough: u64,
}

/// What came out, over the requests after the warm-up, with intervals from batches
/// ([`batch_means`](crate::stats::batch_means), [`batch_quantiles`](crate::stats::batch_quantiles)).
#[derive(Clone, Debug)]
pub struct QueueResult {
    /// Time before service (FIFO), or time lost to sharing: response less service time (PS). Seconds.
    pub wait: MeanInterval,
    /// From arrival to departure, in seconds.
    pub response: MeanInterval,
    /// The [`PROBABILITIES`] quantiles of the waiting time in seconds, exact and linear between order statistics.
    pub wait_quantiles: [MeanInterval; 3],
    /// The same of the response time.
    pub response_quantiles: [MeanInterval; 3],
    /// Share of the served requests that waited (FIFO) or were slowed down (PS).
    pub p_wait: MeanInterval,
    /// Share of the requests that were rejected.
    pub p_reject: MeanInterval,
    /// Time-weighted mean share of busy servers, 0 to 1.
    pub utilisation: MeanInterval,
    /// Time-weighted mean number of requests in the system beyond those that the servers can serve.
    pub queue_length: MeanInterval,
    /// Time-weighted mean number of requests in the system.
    pub in_system: MeanInterval,
    /// Requests that were measured, served or rejected.
    pub measured: u64,
    /// Requests discarded before.
    pub discarded: u64,
    /// Simulated time over which was measured.
    pub simulated: Span,
    /// Events of the engine, arrivals included.
    pub events: u64,
    /// What the run is too short for.
    pub too_short: Vec<TooShort>,
}

impl QueueSpec {
    /// Offered load per server, `λ E[S] / c`: the utilisation of a stable station.
    pub fn load(&self) -> f64 {
        self.arrival_rate.0 * self.mean.as_secs_f64() / f64::from(self.servers)
    }
}
