//! The rules of a serverless platform, resolved.

use crate::config::plan::{
    self, Binding, Boundary, Burst, CpuSharing, Dispatch, Eviction, EvictionPolicy, HistogramRule, IdleChoice,
    KeepAliveMode, Layers, Placement, PredictiveRule, QueueOrder, Quotas, Scaling, ScalingMode, Steal, TimerOrigin,
    WhenBusy, WhenShort,
};
use crate::units::Span;

/// The rules of a serverless platform; docs/models/serverless.md defines them.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Which host gets a request.
    pub placement: Placement,
    /// When the host is chosen.
    pub binding: Binding,
    /// Parameters of placements, and what requests do that find no free sandbox.
    pub dispatch: Dispatch,
    /// How the cores of a host are shared.
    pub cpu: CpuSharing,
    /// The keep-alive rule.
    pub keep_alive: KeepAliveMode,
    /// Its limit.
    pub keep_alive_limit: Span,
    /// When its timer starts.
    pub timer_from: TimerOrigin,
    /// Whether a use resets it.
    pub reset_on_use: bool,
    /// What an idle time equal to the limit is.
    pub boundary: Boundary,
    /// Parameters of the rule `histogram`.
    pub histogram: HistogramRule,
    /// Parameters of the rule `predictive`.
    pub predictive: PredictiveRule,
    /// Parameters of the rule `layered`.
    pub layers: Layers,
    /// How long the rule `remote-tier` keeps sandboxes in a pool.
    pub tier_limit: Span,
    /// Which idle sandbox is taken.
    pub idle_choice: IdleChoice,
    /// Whether idle sandboxes make room for cold starts.
    pub evict_idle: bool,
    /// In which order.
    pub eviction: Eviction,
    /// How many sandboxes a function has, and what one of them serves.
    pub scaling: Scaling,
    /// What accounts and functions may use.
    pub quotas: Quotas,
    /// How many functions have concurrency of their own, which their [`super::Known`] tells.
    pub reserves: usize,
    /// Most requests waiting.
    pub queue_limit: u64,
    /// Whether a request that arrives may start while others wait.
    pub queue_order: QueueOrder,
    /// Whether a sandbox holds a core while it starts; `None`: where cores are exclusive.
    pub start_cores: Option<bool>,
    /// Takes the general path even where the straight one would do; the answers are the same (and a test says so). Needed
    /// where hosts fail or requests are called off.
    pub general: bool,
}

impl Rules {
    /// Fixed keep-alive of `limit` from completion, an idle time equal to it still warm, most recently used sandbox
    /// first, hosts in turn and chosen at arrival, no eviction, no bounds.
    pub fn fixed(limit: Span) -> Self {
        Self {
            placement: Placement::RoundRobin,
            binding: Binding::Early,
            dispatch: Dispatch::default(),
            cpu: CpuSharing::Exclusive,
            keep_alive: KeepAliveMode::Fixed,
            keep_alive_limit: limit,
            timer_from: TimerOrigin::Completion,
            reset_on_use: true,
            boundary: Boundary::Warm,
            histogram: HistogramRule::default(),
            predictive: PredictiveRule::default(),
            layers: Layers::default(),
            tier_limit: plan::Tier::default().limit,
            idle_choice: IdleChoice::Mru,
            evict_idle: false,
            eviction: Eviction::default(),
            scaling: Scaling::default(),
            quotas: Quotas::default(),
            reserves: 0,
            queue_limit: u64::MAX,
            queue_order: QueueOrder::ArrivalFirst,
            start_cores: None,
            general: false,
        }
    }

    /// The rules that a config asks for.
    pub fn new(platform: &plan::Serverless) -> Self {
        let keep = &platform.keep_alive;
        Self {
            placement: platform.placement,
            binding: platform.binding,
            dispatch: platform.dispatch,
            cpu: platform.cpu,
            keep_alive: keep.mode,
            keep_alive_limit: keep.limit,
            timer_from: keep.timer_from,
            reset_on_use: keep.reset_on_use,
            boundary: keep.boundary,
            histogram: keep.histogram,
            predictive: keep.predictive,
            layers: keep.layers,
            tier_limit: keep.tier.limit,
            idle_choice: platform.idle_choice,
            evict_idle: platform.evict_idle,
            eviction: platform.eviction,
            scaling: platform.scaling,
            quotas: platform.quotas,
            reserves: platform.reserved_concurrency.len(),
            queue_limit: platform.queue_limit,
            queue_order: platform.queue_order,
            start_cores: Some(platform.start_cores),
            general: false,
        }
    }

    /// Whether the straight path does: one request per sandbox, fixed keep-alive, least recently used evicted first,
    /// placements without a state of their own, no quotas.
    pub(super) fn is_straight(&self) -> bool {
        use Placement::{FirstWarm, LeastLoaded, RoundRobin};
        !self.general
            && matches!(self.placement, RoundRobin | LeastLoaded | FirstWarm)
            && matches!(self.keep_alive, KeepAliveMode::Fixed | KeepAliveMode::None | KeepAliveMode::Forever)
            && self.reset_on_use
            && self.eviction.policy == EvictionPolicy::Lru
            && self.eviction.when_short == WhenShort::Keep
            && self.scaling.mode == ScalingMode::PerRequest
            && (self.scaling.concurrency, self.scaling.sandbox_queue) == (1, 0)
            && self.dispatch.when_busy == WhenBusy::Start
            && self.dispatch.steal == Steal::Never
            && !self.dispatch.gangs
            && !self.has_quotas()
            && !self.waits_for_cores()
    }

    /// Whether requests get a core of their own only once their sandbox is ready; the platform then decides whatever cores
    /// are free.
    pub fn waits_for_cores(&self) -> bool {
        self.cpu == CpuSharing::Exclusive && !self.starts_hold_cores()
    }
    /// Whether a request has a core of its own from the decision on.
    pub(super) fn holds_cores(&self) -> bool {
        self.cpu == CpuSharing::Exclusive && self.starts_hold_cores()
    }
    /// Whether a sandbox holds a core while it starts, or works on shared ones.
    pub fn starts_hold_cores(&self) -> bool {
        self.start_cores.unwrap_or(self.cpu == CpuSharing::Exclusive)
    }
    /// Whether a request waits behind those that wait already.
    pub(super) fn is_strict(&self) -> bool {
        self.queue_order == QueueOrder::Strict
    }

    /// Whether requests are counted by account and function.
    pub(super) fn has_quotas(&self) -> bool {
        let quotas = &self.quotas;
        self.reserves > 0
            || quotas.account_concurrency.is_some()
            || quotas.function_concurrency.is_some()
            || quotas.burst != Burst::Unlimited
            || quotas.queue_timeout.is_some()
    }

    /// Whether requests may wait at a busy sandbox, or for one.
    pub(super) fn waits_for_busy(&self) -> bool {
        self.scaling.sandbox_queue > 0 || self.dispatch.when_busy != WhenBusy::Start
    }

    /// Whether how long a sandbox is kept differs from one to the next.
    pub(super) fn limits_vary(&self) -> bool {
        use KeepAliveMode::{Fixed, Forever, None};
        !matches!(self.keep_alive, Fixed | Forever | None)
            || self.timer_from == TimerOrigin::Arrival
            || !self.reset_on_use
    }
}
