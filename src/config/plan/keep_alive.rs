//! How long idle sandboxes are kept.

use crate::config::choice::{Boundary, KeepAliveMode, TimerOrigin};
use crate::config::raw;
use crate::units::Span;

/// How long an idle sandbox is kept.
#[derive(Clone, Debug)]
pub struct KeepAlive {
    /// The rule.
    pub mode: KeepAliveMode,
    /// The limit of the rules `fixed`, `clairvoyant`, `layered` (of the function's own layer) and `remote-tier` (of
    /// the stay beside the cores).
    pub limit: Span,
    /// When the timer starts.
    pub timer_from: TimerOrigin,
    /// Whether each use resets the timer of the `fixed` rule; if not, a sandbox is kept for the limit from the time
    /// at which it was first ready, and goes at the end of the request that it serves then.
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

impl KeepAlive {
    /// From what was typed.
    pub fn resolve(raw: &raw::KeepAlive) -> Self {
        Self {
            mode: raw.mode,
            limit: raw.limit.0,
            timer_from: raw.timer_from,
            reset_on_use: raw.reset_on_use,
            boundary: raw.boundary,
            histogram: HistogramRule::resolve(&raw.histogram),
            predictive: PredictiveRule::resolve(&raw.predictive),
            layers: Layers::resolve(&raw.layers),
            tier: Tier::resolve(&raw.tier),
        }
    }
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self::resolve(&raw::KeepAlive::default())
    }
}

/// The hybrid histogram (Shahrad et al., ATC'20).
#[derive(Clone, Copy, Debug)]
pub struct HistogramRule {
    /// Idle times below this are counted, the rest is out of range.
    pub range: Span,
    /// Width of a bin.
    pub bin: Span,
    /// Percentile of the idle times before which a sandbox is started again, as a share.
    pub head: f64,
    /// Percentile up to which it is kept, as a share.
    pub tail: f64,
    /// Taken off the head and added to the tail, as a share of each.
    pub margin: f64,
    /// The histogram is used where the coefficient of variation of its bins' counts is at least this; else
    /// sandboxes are kept for the whole range.
    pub cv_threshold: f64,
    /// Where more than this share of idle times is out of range, the next one is forecast from the last ones.
    pub out_of_range_share: f64,
    /// Idle times of an application without which nothing is concluded, and sandboxes are kept for the whole range.
    pub few: u32,
    /// Margin around the forecast, as a share of it.
    pub forecast_margin: f64,
}

impl HistogramRule {
    /// From what was typed.
    pub fn resolve(raw: &raw::HistogramRule) -> Self {
        Self {
            range: raw.range.0,
            bin: raw.bin.0,
            head: raw.head,
            tail: raw.tail,
            margin: raw.margin,
            cv_threshold: raw.cv_threshold,
            out_of_range_share: raw.out_of_range_share,
            few: raw.few,
            forecast_margin: raw.forecast_margin,
        }
    }
}

impl Default for HistogramRule {
    fn default() -> Self {
        Self::resolve(&raw::HistogramRule::default())
    }
}

/// A forecast of each function's next arrival, from the mean and the mean deviation of the gaps before.
#[derive(Clone, Copy, Debug)]
pub struct PredictiveRule {
    /// Weight of the newest gap in the mean.
    pub mean_weight: f64,
    /// Weight of the newest gap in the mean deviation.
    pub deviation_weight: f64,
    /// A sandbox is there from so many mean deviations before the forecast to as many after it.
    pub deviations: f64,
    /// Least deviation that is believed.
    pub granularity: Span,
    /// Longest that a sandbox waits for an arrival.
    pub limit: Span,
    /// Gaps without which nothing is forecast, and sandboxes are kept for the limit.
    pub few: u32,
}

impl PredictiveRule {
    /// From what was typed.
    pub fn resolve(raw: &raw::PredictiveRule) -> Self {
        Self {
            mean_weight: raw.mean_weight,
            deviation_weight: raw.deviation_weight,
            deviations: raw.deviations,
            granularity: raw.granularity.0,
            limit: raw.limit.0,
            few: raw.few,
        }
    }
}

impl Default for PredictiveRule {
    fn default() -> Self {
        Self::resolve(&raw::PredictiveRule::default())
    }
}

/// Layers of a sandbox: bare, with a language runtime, with a function's code.
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    /// How many languages there are; a function's is given by a hash of its application's name.
    pub languages: u32,
    /// How long a sandbox with a language runtime is kept after it has lost its function's code.
    pub language_limit: Span,
    /// How long a bare sandbox is kept after that.
    pub bare_limit: Span,
    /// Memory of a sandbox with a language runtime, as a share of what it held before.
    pub language_memory: f64,
    /// Memory of a bare sandbox, as a share of what it held at first.
    pub bare_memory: f64,
}

impl Layers {
    /// From what was typed.
    pub fn resolve(raw: &raw::Layers) -> Self {
        Self {
            languages: raw.languages,
            language_limit: raw.language_limit.0,
            bare_limit: raw.bare_limit.0,
            language_memory: raw.language_memory,
            bare_memory: raw.bare_memory,
        }
    }
}

impl Default for Layers {
    fn default() -> Self {
        Self::resolve(&raw::Layers::default())
    }
}

/// Sandboxes in memory pools.
#[derive(Clone, Copy, Debug)]
pub struct Tier {
    /// How long a sandbox is kept in the pool; less where the pool is short of memory.
    pub limit: Span,
}

impl Tier {
    /// From what was typed.
    pub fn resolve(raw: &raw::Tier) -> Self {
        Self { limit: raw.limit.0 }
    }
}

impl Default for Tier {
    fn default() -> Self {
        Self::resolve(&raw::Tier::default())
    }
}
