//! How long idle sandboxes are kept, and which go first when memory is short.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{Boundary, KeepAliveMode, TimerOrigin};
use super::super::quantity::Q;
use crate::units::Span;

/// How long an idle sandbox is kept.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeepAlive {
    /// The rule.
    pub mode: KeepAliveMode,
    /// The limit of the rules `fixed`, `clairvoyant`, `layered` (of the function's own layer) and `remote-tier` (of the
    /// stay beside the cores).
    pub limit: Q<Span>,
    /// When the timer starts.
    pub timer_from: TimerOrigin,
    /// Whether each use resets the timer of the `fixed` rule; if not, a sandbox is kept for the limit from the time at
    /// which it was first ready, and goes at the end of the request that it serves then.
    pub reset_on_use: bool,
    /// Whether an idle time equal to the limit is still warm.
    pub boundary: Boundary,
    /// Parameters of the rule `histogram`.
    pub histogram: HistogramRule,
    /// Parameters of the rule `predictive`.
    pub predictive: PredictiveRule,
    /// Parameters of the rule `layered`.
    pub layers: Layers,
    /// Parameters of the rule `remote-tier`.
    pub tier: Tier,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self {
            mode: KeepAliveMode::Fixed,
            limit: Q(Span::from_secs(600)),
            timer_from: TimerOrigin::Completion,
            reset_on_use: true,
            boundary: Boundary::Warm,
            histogram: HistogramRule::default(),
            predictive: PredictiveRule::default(),
            layers: Layers::default(),
            tier: Tier::default(),
        }
    }
}

/// The hybrid histogram (Shahrad et al., ATC'20).
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HistogramRule {
    /// Idle times below this are counted, the rest is out of range.
    pub range: Q<Span>,
    /// Width of a bin.
    pub bin: Q<Span>,
    /// Percentile of the idle times before which a sandbox is started again, as a share.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub head: f64,
    /// Percentile up to which it is kept, as a share.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tail: f64,
    /// Taken off the head and added to the tail, as a share of each.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub margin: f64,
    /// The histogram is used where the coefficient of variation of its bins' counts is at least this; else sandboxes are
    /// kept for the whole range.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub cv_threshold: f64,
    /// Where more than this share of idle times is out of range, the next one is forecast from the last ones.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub out_of_range_share: f64,
    /// Idle times of an application without which nothing is concluded, and sandboxes are kept for the whole range.
    pub few: u32,
    /// Margin around the forecast, as a share of it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub forecast_margin: f64,
}

impl Default for HistogramRule {
    fn default() -> Self {
        Self {
            range: Q(Span::from_secs(4 * 3_600)),
            bin: Q(Span::from_secs(60)),
            head: 0.05,
            tail: 0.99,
            margin: 0.1,
            cv_threshold: 2.0,
            out_of_range_share: 0.5,
            few: 1,
            forecast_margin: 0.15,
        }
    }
}

/// A forecast of each function's next arrival, from the mean and the mean deviation of the gaps before.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PredictiveRule {
    /// Weight of the newest gap in the mean.
    #[schemars(range(min = 0.001, max = 1.0))]
    pub mean_weight: f64,
    /// Weight of the newest gap in the mean deviation.
    #[schemars(range(min = 0.001, max = 1.0))]
    pub deviation_weight: f64,
    /// A sandbox is there from so many mean deviations before the forecast to as many after it.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub deviations: f64,
    /// Least deviation that is believed.
    pub granularity: Q<Span>,
    /// Longest that a sandbox waits for an arrival.
    pub limit: Q<Span>,
    /// Gaps without which nothing is forecast, and sandboxes are kept for the limit.
    pub few: u32,
}

impl Default for PredictiveRule {
    fn default() -> Self {
        Self {
            mean_weight: 0.125,
            deviation_weight: 0.25,
            deviations: 4.0,
            granularity: Q(Span::from_secs(1)),
            limit: Q(Span::from_secs(600)),
            few: 2,
        }
    }
}

/// Layers of a sandbox: bare, with a language runtime, with a function's code.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Layers {
    /// How many languages there are; a function's is given by a hash of its application's name.
    #[schemars(range(min = 1, max = 1000))]
    pub languages: u32,
    /// How long a sandbox with a language runtime is kept after it has lost its function's code.
    pub language_limit: Q<Span>,
    /// How long a bare sandbox is kept after that.
    pub bare_limit: Q<Span>,
    /// Memory of a sandbox with a language runtime, as a share of what it held before.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub language_memory: f64,
    /// Memory of a bare sandbox, as a share of what it held at first.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bare_memory: f64,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            languages: 4,
            language_limit: Q(Span::from_secs(600)),
            bare_limit: Q(Span::from_secs(600)),
            language_memory: 0.5,
            bare_memory: 0.2,
        }
    }
}

/// Sandboxes in memory pools.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tier {
    /// How long a sandbox is kept in the pool; less where the pool is short of memory.
    pub limit: Q<Span>,
}

impl Default for Tier {
    fn default() -> Self {
        Self { limit: Q(Span::from_secs(3_600)) }
    }
}
