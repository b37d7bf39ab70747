//! Autoscaled functions on the general path: how many sandboxes each has is decided at ticks, not by requests.
//!
//! Requests take a place in a sandbox that is ready, else they wait for one of their function. A function is evaluated
//! from its first request on, until it sleeps (no sandbox, or nothing but the fewest, and no request for long enough that
//! an evaluation would change nothing); so a run comes to its end.

use crate::config::plan::{Hpa as HpaConfig, Knative, ScalingMode};
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::units::{Span, Time};

use super::hpa::{Hpa, HpaRule, Pods};
use super::kpa::{Kpa, KpaRule};
use crate::platform::serverless::rules::Rules;

#[derive(Debug)]
enum Scaler {
    Knative(Box<Kpa>),
    Hpa(Box<Hpa>),
}

/// What the autoscaler knows of a function.
#[derive(Debug, Default)]
struct Scaled {
    scaler: Option<Scaler>,
    /// Requests that run or wait.
    requests: u32,
    /// Sandboxes that it should have.
    wanted: u32,
    /// Whether it is evaluated at ticks.
    awake: bool,
    /// When it last had a request.
    last_request: Time,
}

/// The autoscalers of all functions.
#[derive(Debug)]
pub struct Autoscaler {
    functions: IdVec<FunctionKind, Scaled>,
    awake: Vec<FunctionId>,
    tick: Span,
    next_tick: Time,
}

impl Autoscaler {
    /// For so many functions.
    pub fn new(rules: &Rules, functions: usize) -> Self {
        let (count, tick) = match rules.scaling.mode {
            ScalingMode::PerRequest => (0, Span::MAX),
            ScalingMode::Knative => (functions, rules.scaling.knative.tick),
            ScalingMode::Hpa => (functions, rules.scaling.hpa.interval),
        };
        let functions = (0..count).map(|_| Scaled::default()).collect();
        Self { functions, awake: Vec::new(), tick, next_tick: Time::MAX }
    }
    /// When functions are evaluated next; [`Time::MAX`] while all sleep.
    pub fn next_tick(&self) -> Time {
        self.next_tick
    }
}

fn scaler(now: Time, rules: &Rules) -> Scaler {
    match rules.scaling.mode {
        ScalingMode::Hpa => Scaler::Hpa(Box::new(Hpa::new(hpa_rule(&rules.scaling.hpa)))),
        _ => Scaler::Knative(Box::new(Kpa::new(now, kpa_rule(&rules.scaling.knative, rules.scaling.concurrency)))),
    }
}

/// The rule that a config asks for, with so many requests in a sandbox at a time.
pub fn kpa_rule(config: &Knative, concurrency: u32) -> KpaRule {
    KpaRule {
        tick: config.tick,
        stable_window: config.stable_window,
        panic_window: config.panic_window,
        panic_threshold: config.panic_threshold,
        container_concurrency: concurrency,
        target_utilisation: config.target_utilisation,
        target_burst_capacity: Some(config.target_burst_capacity as u32),
        max_scale_up_rate: config.max_scale_up_rate,
        max_scale_down_rate: config.max_scale_down_rate,
        grace_period: config.scale_to_zero_grace,
        min_scale: config.min_scale,
        max_scale: if config.max_scale == 0 { u32::MAX } else { config.max_scale },
        ..KpaRule::default()
    }
}

/// The rule that a config asks for.
pub fn hpa_rule(config: &HpaConfig) -> HpaRule {
    let mut rule = HpaRule {
        target: config.target,
        sync: config.interval,
        tolerance: config.tolerance,
        min: config.min_replicas,
        max: config.max_replicas,
        ..HpaRule::default()
    };
    rule.down.stabilisation = config.stabilisation;
    rule
}

impl Autoscaler {
    /// A request of a function has arrived; `exist` sandboxes of it do. Tells whether it is to be evaluated now.
    pub fn arrival(&mut self, now: Time, function: FunctionId, exist: u32, rules: &Rules) -> bool {
        let Some(scaled) = self.functions.get_mut(function) else { return false };
        scaled.requests += 1;
        scaled.last_request = now;
        let first = scaled.scaler.is_none();
        let scaler = scaled.scaler.get_or_insert_with(|| scaler(now, rules));
        let woken = match scaler {
            Scaler::Knative(kpa) => kpa.set_concurrency(now, scaled.requests),
            Scaler::Hpa(_) => false,
        };
        let slept = !std::mem::replace(&mut scaled.awake, true);
        if slept {
            self.awake.push(function);
            if self.next_tick == Time::MAX {
                let tick = self.tick.as_ps();
                self.next_tick = Time::from_ps((now.as_ps() / tick + 1).saturating_mul(tick));
            }
        }
        first || woken || slept && exist == 0
    }

    /// A request of a function has left.
    pub fn departure(&mut self, now: Time, function: FunctionId) {
        let Some(scaled) = self.functions.get_mut(function) else { return };
        scaled.requests -= 1;
        scaled.last_request = now;
        if let Some(Scaler::Knative(kpa)) = &mut scaled.scaler {
            kpa.set_concurrency(now, scaled.requests);
        }
    }

    /// Evaluates a function: how many sandboxes it should have, where `exist` do, of which `ready` are ready, and
    /// `waiting` requests wait for them.
    pub fn evaluate(
        &mut self,
        now: Time,
        function: FunctionId,
        (exist, ready): (u32, u32),
        waiting: u32,
        rules: &Rules,
    ) -> u32 {
        let scaled = &mut self.functions[function];
        let in_sandboxes = scaled.requests.saturating_sub(waiting);
        let is_quiet = scaled.is_quiet(now, rules);
        scaled.wanted = match &mut scaled.scaler {
            None => 0,
            // Without requests for long, none is started for the fewest or for what lies behind: functions could take each
            // other's sandboxes for ever.
            Some(Scaler::Knative(kpa)) if is_quiet => kpa.tick(now, ready).min(exist),
            Some(Scaler::Knative(kpa)) => kpa.tick(now, ready),
            // The first request brings the fewest, as a deployment would have had them.
            Some(Scaler::Hpa(_)) if exist == 0 => rules.scaling.hpa.min_replicas,
            Some(Scaler::Hpa(hpa)) => {
                let pods = Pods { asked: scaled.wanted.max(1), ready, unready: exist - ready, missing: 0 };
                let used = f64::from(in_sandboxes) / (f64::from(ready.max(1)) * f64::from(rules.scaling.concurrency));
                hpa.sync(now, pods, used)
            }
        };
        scaled.wanted
    }

    /// Whether a function that has `exist` sandboxes has more than are wanted.
    #[inline]
    pub fn is_surplus(&self, function: FunctionId, exist: impl FnOnce() -> u32) -> bool {
        self.functions.get(function).is_some_and(|scaled| exist() > scaled.wanted)
    }

    /// The functions to evaluate, if it is time; give them back to [`Autoscaler::end_tick`].
    pub fn begin_tick(&mut self, now: Time) -> Option<Vec<FunctionId>> {
        (self.next_tick <= now).then(|| std::mem::take(&mut self.awake))
    }
    /// All have been evaluated: those that evaluations do not change until their next request sleep; `exist` tells how
    /// many sandboxes a function has.
    pub fn end_tick(
        &mut self,
        now: Time,
        mut awake: Vec<FunctionId>,
        exist: impl Fn(FunctionId) -> u32,
        rules: &Rules,
    ) {
        awake.retain(|&function| {
            let scaled = &mut self.functions[function];
            scaled.awake = !scaled.sleeps(now, exist(function), rules);
            scaled.awake
        });
        self.next_tick = if awake.is_empty() { Time::MAX } else { now.saturating_add(self.tick) };
        self.awake = awake;
    }
}

impl Scaled {
    /// Whether it has had no request for so long that its past has no say any more.
    fn is_quiet(&self, now: Time, rules: &Rules) -> bool {
        let (hpa, knative) = (&rules.scaling.hpa, &rules.scaling.knative);
        let span = match rules.scaling.mode {
            // All recommendations have left the window of stabilisation.
            ScalingMode::Hpa => hpa.stabilisation + hpa.interval,
            _ => knative.stable_window * 2 + knative.scale_to_zero_grace,
        };
        self.requests == 0 && now.since(self.last_request) > span
    }

    /// Whether evaluations change nothing until the next request, with so many sandboxes.
    fn sleeps(&self, now: Time, sandboxes: u32, rules: &Rules) -> bool {
        match &self.scaler {
            None => true,
            Some(Scaler::Knative(kpa)) => {
                let fewest = sandboxes <= rules.scaling.knative.min_scale;
                sandboxes == 0 && self.requests == 0 && kpa.is_asleep() || fewest && self.is_quiet(now, rules)
            }
            Some(Scaler::Hpa(_)) => sandboxes <= rules.scaling.hpa.min_replicas && self.is_quiet(now, rules),
        }
    }
}
