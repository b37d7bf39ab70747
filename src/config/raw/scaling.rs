//! How many sandboxes a function has, and what accounts and functions may use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{AccountBurst, Jitter, ScalingMode};
use super::super::quantity::Q;
use crate::units::Span;

/// How many sandboxes a function has, and how many requests one of them serves at a time.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scaling {
    /// The rule.
    pub mode: ScalingMode,
    /// Requests that one sandbox serves at a time; each holds a core of its own where cores are exclusive.
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: u32,
    /// Requests that wait at a sandbox that is starting or serves as many as it can, before another one is started.
    #[schemars(range(min = 0, max = 100_000))]
    pub sandbox_queue: u32,
    /// Parameters of the rule `knative`.
    pub knative: Knative,
    /// Parameters of the rule `hpa`.
    pub hpa: Hpa,
}

impl Default for Scaling {
    fn default() -> Self {
        Self {
            mode: ScalingMode::PerRequest,
            concurrency: 1,
            sandbox_queue: 0,
            knative: Knative::default(),
            hpa: Hpa::default(),
        }
    }
}

/// The autoscaler of Knative; names and defaults are those of its `config-autoscaler`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Knative {
    /// Time between two evaluations.
    pub tick: Q<Span>,
    /// Length of the stable window.
    pub stable_window: Q<Span>,
    /// Length of the panic window, as a share of the stable one.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub panic_window: f64,
    /// It panics where the panic window wants this many times the sandboxes that are ready.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub panic_threshold: f64,
    /// Utilisation of `concurrency` that is aimed at.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub target_utilisation: f64,
    /// Requests more than the sandboxes can take for which requests go through the activator.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub target_burst_capacity: f64,
    /// Time without traffic for which the last sandbox is kept after the stable window.
    pub scale_to_zero_grace: Q<Span>,
    /// Most growth in one evaluation, as a ratio.
    #[schemars(range(min = 1.0, max = 1_000_000.0))]
    pub max_scale_up_rate: f64,
    /// Most shrinking in one evaluation, as a ratio.
    #[schemars(range(min = 1.0, max = 1_000_000.0))]
    pub max_scale_down_rate: f64,
    /// Fewest sandboxes.
    pub min_scale: u32,
    /// Most sandboxes; zero for no bound.
    pub max_scale: u32,
}

impl Default for Knative {
    fn default() -> Self {
        Self {
            tick: Q(Span::from_secs(2)),
            stable_window: Q(Span::from_secs(60)),
            panic_window: 0.1,
            panic_threshold: 2.0,
            target_utilisation: 0.7,
            target_burst_capacity: 211.0,
            scale_to_zero_grace: Q(Span::from_secs(30)),
            max_scale_up_rate: 1000.0,
            max_scale_down_rate: 2.0,
            min_scale: 0,
            max_scale: 0,
        }
    }
}

/// The horizontal autoscaler of Kubernetes, on the share of `concurrency` that is in use.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hpa {
    /// Time between two evaluations.
    pub interval: Q<Span>,
    /// Utilisation that is aimed at.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub target: f64,
    /// It does nothing where the utilisation is within this share of the target.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: f64,
    /// It shrinks to the most that was wanted in this time.
    pub stabilisation: Q<Span>,
    /// Fewest sandboxes.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub min_replicas: u32,
    /// Most sandboxes.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_replicas: u32,
}

impl Default for Hpa {
    fn default() -> Self {
        Self {
            interval: Q(Span::from_secs(15)),
            target: 0.75,
            tolerance: 0.1,
            stabilisation: Q(Span::from_secs(300)),
            min_replicas: 1,
            max_replicas: 1_000,
        }
    }
}

/// What accounts and functions may use, and what becomes of requests beyond it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Most requests of all functions at a time; without it there is no bound.
    pub account_concurrency: Option<u32>,
    /// Most requests of one function at a time, where `reserved_concurrency` says nothing of it; without it there is no
    /// bound.
    pub function_concurrency: Option<u32>,
    /// How fast the number of requests at a time may grow.
    pub burst: Burst,
    /// What becomes of requests that are rejected or fail; without it they are lost at once.
    pub retry: Option<Retry>,
    /// Longest run, in time that passes from when its code begins; a longer one is cancelled and has failed. Without it there
    /// is no bound.
    pub timeout: Option<Q<Span>>,
    /// Longest wait for a sandbox or a core; a longer one fails. Without it there is no bound.
    pub queue_timeout: Option<Q<Span>>,
}

/// How fast the number of requests at a time may grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Burst {
    /// At once.
    #[default]
    Unlimited,
    /// AWS Lambda until 2023: so many at once, then some more each minute, for the account.
    Account(AccountBurst),
    /// AWS Lambda since 2023: each function some more each ten seconds.
    Function(FunctionBurst),
}

/// AWS Lambda since 2023.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionBurst {
    /// How many more requests at a time a function may have after each interval, and at first.
    pub step: u32,
    /// The interval.
    pub interval: Q<Span>,
}

impl Default for FunctionBurst {
    fn default() -> Self {
        Self { step: 1_000, interval: Q(Span::from_secs(10)) }
    }
}

/// Requests that are rejected or fail are retried, and in the end go to the dead letters.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Most attempts, the first one among them.
    #[schemars(range(min = 1, max = 100))]
    pub attempts: u32,
    /// Delay before the second attempt.
    pub base: Q<Span>,
    /// Each further delay is this many times the one before.
    #[schemars(range(min = 1.0, max = 100.0))]
    pub factor: f64,
    /// Longest delay.
    pub max_delay: Q<Span>,
    /// How chance changes the delays.
    pub jitter: Jitter,
    /// No attempt is made so long after the first one.
    pub max_age: Q<Span>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Q(Span::from_ms(100)),
            factor: 2.0,
            max_delay: Q(Span::from_secs(20)),
            jitter: Jitter::Full,
            max_age: Q(Span::from_secs(6 * 3_600)),
        }
    }
}
