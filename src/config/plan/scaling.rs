//! How many sandboxes a function has.

use crate::config::choice::ScalingMode;
use crate::config::raw;
use crate::units::Span;

/// How many sandboxes a function has, and how many requests one of them serves at a time.
#[derive(Clone, Copy, Debug)]
pub struct Scaling {
    /// The rule.
    pub mode: ScalingMode,
    /// Requests that one sandbox serves at a time; each holds a core of its own where cores are exclusive.
    pub concurrency: u32,
    /// Requests that wait at a sandbox that is starting or serves as many as it can, before another one is started.
    pub sandbox_queue: u32,
    /// Parameters of the rule `knative`.
    pub knative: Knative,
    /// Parameters of the rule `hpa`.
    pub hpa: Hpa,
}

impl Scaling {
    /// From what was typed.
    pub fn resolve(raw: &raw::Scaling) -> Self {
        Self {
            mode: raw.mode,
            concurrency: raw.concurrency,
            sandbox_queue: raw.sandbox_queue,
            knative: Knative::resolve(&raw.knative),
            hpa: Hpa::resolve(&raw.hpa),
        }
    }
}

impl Default for Scaling {
    fn default() -> Self {
        Self::resolve(&raw::Scaling::default())
    }
}

/// The autoscaler of Knative; names and defaults are those of its `config-autoscaler`.
#[derive(Clone, Copy, Debug)]
pub struct Knative {
    /// Time between two evaluations.
    pub tick: Span,
    /// Length of the stable window.
    pub stable_window: Span,
    /// Length of the panic window, as a share of the stable one.
    pub panic_window: f64,
    /// It panics where the panic window wants this many times the sandboxes that are ready.
    pub panic_threshold: f64,
    /// Utilisation of `concurrency` that is aimed at.
    pub target_utilisation: f64,
    /// Requests more than the sandboxes can take for which requests go through the activator.
    pub target_burst_capacity: f64,
    /// Time without traffic for which the last sandbox is kept after the stable window.
    pub scale_to_zero_grace: Span,
    /// Most growth in one evaluation, as a ratio.
    pub max_scale_up_rate: f64,
    /// Most shrinking in one evaluation, as a ratio.
    pub max_scale_down_rate: f64,
    /// Fewest sandboxes.
    pub min_scale: u32,
    /// Most sandboxes; zero for no bound.
    pub max_scale: u32,
}

impl Knative {
    /// From what was typed.
    pub fn resolve(raw: &raw::Knative) -> Self {
        Self {
            tick: raw.tick.0,
            stable_window: raw.stable_window.0,
            panic_window: raw.panic_window,
            panic_threshold: raw.panic_threshold,
            target_utilisation: raw.target_utilisation,
            target_burst_capacity: raw.target_burst_capacity,
            scale_to_zero_grace: raw.scale_to_zero_grace.0,
            max_scale_up_rate: raw.max_scale_up_rate,
            max_scale_down_rate: raw.max_scale_down_rate,
            min_scale: raw.min_scale,
            max_scale: raw.max_scale,
        }
    }
}

impl Default for Knative {
    fn default() -> Self {
        Self::resolve(&raw::Knative::default())
    }
}

/// The horizontal autoscaler of Kubernetes, on the share of `concurrency` that is in use.
#[derive(Clone, Copy, Debug)]
pub struct Hpa {
    /// Time between two evaluations.
    pub interval: Span,
    /// Utilisation that is aimed at.
    pub target: f64,
    /// It does nothing where the utilisation is within this share of the target.
    pub tolerance: f64,
    /// It shrinks to the most that was wanted in this time.
    pub stabilisation: Span,
    /// Fewest sandboxes.
    pub min_replicas: u32,
    /// Most sandboxes.
    pub max_replicas: u32,
}

impl Hpa {
    /// From what was typed.
    pub fn resolve(raw: &raw::Hpa) -> Self {
        Self {
            interval: raw.interval.0,
            target: raw.target,
            tolerance: raw.tolerance,
            stabilisation: raw.stabilisation.0,
            min_replicas: raw.min_replicas,
            max_replicas: raw.max_replicas,
        }
    }
}

impl Default for Hpa {
    fn default() -> Self {
        Self::resolve(&raw::Hpa::default())
    }
}
