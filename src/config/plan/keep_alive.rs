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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramRule {
    /// Idle times from here on are out of range; also how long an application without a clear pattern stays loaded.
    /// Default 4 h.
    pub range: Span,
    /// Width of a bin. Default 1 min.
    pub bin: Span,
    /// The share of idle times before the head. Default 0.05.
    pub head: f64,
    /// The share of idle times before the tail. Default 0.99.
    pub tail: f64,
    /// By which share head and tail are moved apart. Default 0.10.
    pub margin: f64,
    /// The coefficient of variation of the bin counts from which on the histogram is representative. Default 2.
    pub cv_threshold: f64,
    /// The share of idle times out of range above which they are forecast. Default 0.5 ("most of them").
    pub out_of_range_share: f64,
    /// Idle times without which nothing is concluded. Default 1: the paper speaks of too few, and leaves the finding to
    /// the coefficient of variation.
    pub few: u32,
    /// The margin around a forecast. Default 0.15.
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictiveRule {
    /// Weight of the latest gap in the mean. Default 1/8 (RFC 6298).
    pub mean_weight: f64,
    /// Weight of the latest gap in the mean deviation. Default 1/4 (RFC 6298).
    pub deviation_weight: f64,
    /// Half the window, in mean deviations. Default 4 (RFC 6298).
    pub deviations: f64,
    /// The least deviation that is believed: perfectly regular arrivals would make the window vanish. Default 1 s.
    pub granularity: Span,
    /// The longest time that an idle sandbox is kept. Default 10 min.
    pub limit: Span,
    /// Gaps without which nothing is forecast. Default 2.
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
