//! What is assumed of the cloud, and how long to simulate.

use crate::config::plan::IdleChoice;
use crate::units::Span;

/// How service times are distributed around their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ServiceTimes {
    /// Exponentially.
    Exponential,
    /// All the same.
    Constant,
}

/// What is assumed of the cloud, and how long to simulate.
#[derive(Clone, Copy, Debug)]
pub struct RatesSpec {
    /// How long an idle sandbox is kept.
    pub keep_alive: Span,
    /// Which idle sandbox serves the next request.
    pub idle_choice: IdleChoice,
    /// Distribution of service times.
    pub service: ServiceTimes,
    /// Requests of each row, the warm-up included; fewer where the clock would not last.
    pub requests: u64,
    /// Root seed of the streams `arrivals` and `service` of each rate.
    pub seed: u64,
}
