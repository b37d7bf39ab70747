//! Autoscaled functions on the general path: how many sandboxes each has is decided at ticks, not by requests.
//!
//! Requests take a place in a sandbox that is ready, else they wait for one of their function. A function is looked at
//! from its first request on, until it sleeps (no sandbox, or nothing but the fewest, and no request for long enough that
//! a look would change nothing); so a run comes to its end.

use crate::config::plan::{Hpa as HpaConfig, Knative, ScalingMode};
use crate::ids::{FunctionId, FunctionKind, HostId, IdVec, SandboxId};
use crate::record::{Act, Meter};
use crate::units::{Span, Time};

use super::sandboxes::Phase;
use super::scale::{Hpa, HpaRule, Kpa, KpaRule, Pods};
use super::shelves::Shelf;
use super::{Rules, Serverless};

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
    /// Sandboxes that are ready.
    ready: u32,
    /// Sandboxes that it should have.
    wanted: u32,
    /// Whether it is looked at.
    awake: bool,
    /// When it last had a request.
    last_request: Time,
}

/// The autoscalers of all functions.
#[derive(Debug)]
pub(super) struct Autoscaling {
    functions: IdVec<FunctionKind, Scaled>,
    awake: Vec<FunctionId>,
    tick: Span,
    next_tick: Time,
}

impl Autoscaling {
    pub(super) fn new(rules: &Rules, functions: usize) -> Self {
        let (count, tick) = match rules.scaling.mode {
            ScalingMode::PerRequest => (0, Span::MAX),
            ScalingMode::Knative => (functions, rules.scaling.knative.tick),
            ScalingMode::Hpa => (functions, rules.scaling.hpa.interval),
        };
        let functions = (0..count).map(|_| Scaled::default()).collect();
        Self { functions, awake: Vec::new(), tick, next_tick: Time::MAX }
    }
    /// When functions are looked at next; [`Time::MAX`] while all sleep.
    pub(super) fn next_tick(&self) -> Time {
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

impl Serverless {
    /// A request of an autoscaled function has come.
    pub(super) fn autoscale_arrival(&mut self, now: Time, function: FunctionId, meter: &mut Meter) {
        let Some(scaled) = self.general.autoscaling.functions.get_mut(function) else { return };
        scaled.requests += 1;
        scaled.last_request = now;
        let first = scaled.scaler.is_none();
        let scaler = scaled.scaler.get_or_insert_with(|| scaler(now, &self.rules));
        let woken = match scaler {
            Scaler::Knative(kpa) => kpa.set_concurrency(now, scaled.requests),
            Scaler::Hpa(_) => false,
        };
        let slept = !std::mem::replace(&mut scaled.awake, true);
        if slept {
            let autoscaling = &mut self.general.autoscaling;
            autoscaling.awake.push(function);
            if autoscaling.next_tick == Time::MAX {
                let tick = autoscaling.tick.as_ps();
                autoscaling.next_tick = Time::from_ps((now.as_ps() / tick + 1).saturating_mul(tick));
            }
        }
        if first || woken || slept && self.general.sandboxes[function] == 0 {
            self.look(now, function, meter);
        }
    }

    /// A request of an autoscaled function has left.
    pub(super) fn autoscale_departure(&mut self, now: Time, function: FunctionId) {
        let Some(scaled) = self.general.autoscaling.functions.get_mut(function) else { return };
        scaled.requests -= 1;
        scaled.last_request = now;
        if let Some(Scaler::Knative(kpa)) = &mut scaled.scaler {
            kpa.set_concurrency(now, scaled.requests);
        }
    }

    /// A sandbox of an autoscaled function has become ready, or is gone.
    pub(super) fn autoscale_ready(&mut self, function: FunctionId, more: bool) {
        if let Some(scaled) = self.general.autoscaling.functions.get_mut(function) {
            if more { scaled.ready += 1 } else { scaled.ready -= 1 }
        }
    }

    /// Looks at all functions that are awake, if it is time.
    pub(super) fn autoscale(&mut self, now: Time, meter: &mut Meter) {
        if self.general.autoscaling.next_tick > now {
            return;
        }
        let awake = std::mem::take(&mut self.general.autoscaling.awake);
        for &function in &awake {
            self.look(now, function, meter);
        }
        self.general.autoscaling.awake = awake;
        self.send_to_sleep(now);
        let autoscaling = &mut self.general.autoscaling;
        let next = now.saturating_add(autoscaling.tick);
        autoscaling.next_tick = if autoscaling.awake.is_empty() { Time::MAX } else { next };
    }

    fn look(&mut self, now: Time, function: FunctionId, meter: &mut Meter) {
        let exists = self.general.sandboxes[function];
        let in_sandboxes = self.requests_in_sandboxes(function);
        let capacity = self.rules.scaling.concurrency;
        let min = self.rules.scaling.hpa.min_replicas;
        let scaled = &mut self.general.autoscaling.functions[function];
        let (ready, is_quiet) = (scaled.ready, scaled.is_quiet(now, &self.rules));
        scaled.wanted = match &mut scaled.scaler {
            None => 0,
            // Without requests for long, none is started for the fewest or for what lies behind: functions could take each
            // other's sandboxes for ever.
            Some(Scaler::Knative(kpa)) if is_quiet => kpa.tick(now, ready).min(exists),
            Some(Scaler::Knative(kpa)) => kpa.tick(now, ready),
            // The first request brings the fewest, as a deployment would have had them.
            Some(Scaler::Hpa(_)) if exists == 0 => min,
            Some(Scaler::Hpa(hpa)) => {
                let pods = Pods { asked: scaled.wanted.max(1), ready, unready: exists - ready, missing: 0 };
                let used = f64::from(in_sandboxes) / (f64::from(ready.max(1)) * f64::from(capacity));
                hpa.sync(now, pods, used)
            }
        };
        let wanted = scaled.wanted;
        for _ in exists..wanted {
            if self.boot(now, function, None, Act::Prewarm, meter).is_none() {
                break;
            }
        }
        while self.general.sandboxes[function] > wanted
            && let Some(idle) = self.idle_sandbox(function)
        {
            self.end(idle, Act::ScaleDown, meter);
        }
    }

    fn requests_in_sandboxes(&self, function: FunctionId) -> u32 {
        let waiting = self.waiting_for(function, HostId::new(0)) as u32;
        self.general.autoscaling.functions[function].requests.saturating_sub(waiting)
    }

    /// The idle sandbox of a function that was used longest ago.
    fn idle_sandbox(&self, function: FunctionId) -> Option<SandboxId> {
        let open = self.sandboxes.all_on(Shelf::Open(function, HostId::new(0)));
        let idle = open.filter(|id| self.sandboxes[*id].phase == Phase::Idle);
        idle.min_by_key(|id| (self.sandboxes[*id].idle_since, self.sandboxes[*id].created))
    }

    /// Whether a function has more sandboxes than are wanted.
    pub(super) fn is_surplus(&self, function: FunctionId) -> bool {
        let scaled = self.general.autoscaling.functions.get(function);
        scaled.is_some_and(|scaled| self.general.sandboxes[function] > scaled.wanted)
    }

    fn send_to_sleep(&mut self, now: Time) {
        let (sandboxes, rules) = (&self.general.sandboxes, &self.rules);
        let Autoscaling { functions, awake, .. } = &mut self.general.autoscaling;
        awake.retain(|&function| {
            let scaled = &mut functions[function];
            scaled.awake = !scaled.sleeps(now, sandboxes[function], rules);
            scaled.awake
        });
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

    /// Whether looks change nothing until the next request, with so many sandboxes.
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
