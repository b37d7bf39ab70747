//! The Knative Pod Autoscaler: pods from the concurrency of requests, with a panic mode and scaling to zero.
//!
//! Rule (knative/serving v1.x: `pkg/autoscaler/scaling/autoscaler.go`, `pkg/reconciler/autoscaling/kpa`), at a tick,
//! with r = max(1, ready pods) and averages C over the stable and the panic window:
//!
//! - `pods(C) = ceil(C / (container concurrency · target utilisation))`, kept between `floor(r / down rate)` and
//!   `ceil(r · up rate)`, and at least the activation scale where it is above zero.
//! - Panic begins when `ceil(C_panic / target) / r ≥ threshold`, and ends at the first tick more than a stable window
//!   after that was last so. In panic: the maximum of both wishes, and never fewer than before in this panic.
//! - Then the maximum over the scale-down delay, then the bounds (the initial scale until it has been ready once).
//! - Zero: once a function has been ready for a stable window it becomes inactive, and the activator stands on its path;
//!   its last pod is terminated when the activator has stood there for the grace period and it has been inactive for the retention.
//! - Activator on the path: at zero, or when `floor(ready · container concurrency − burst capacity − C_panic) < 0`.
//!
//! Published effect: none as one number; Knative's documents give the rule and its defaults. Exact rule figures are
//! in the tests. Deviations: Knative samples pods once a second and checks for zero between ticks; here averages are
//! exact and all is decided at ticks.

use super::rounding::whole_pods;
use super::window::Window;
use crate::units::{Span, Time};

/// The parameters of the rule; the defaults are Knative's (`config-autoscaler` and annotations, v1.x, 2024).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpaRule {
    /// Time between decisions. Default 2 s (`tick-interval`).
    pub tick: Span,
    /// The window of the stable mode, in whole seconds. Default 60 s (`stable-window`).
    pub stable_window: Span,
    /// The window of the panic mode, as a share of the stable one; at least a second. Default 0.1
    /// (`panic-window-percentage` 10).
    pub panic_window: f64,
    /// How many times the ready pods must be wanted for a panic. Default 2 (`panic-threshold-percentage` 200).
    pub panic_threshold: f64,
    /// Requests at once in a pod. Default 0: no limit in the pod, and scaled as if it were 100
    /// (`container-concurrency`, `container-concurrency-target-default`).
    pub container_concurrency: u32,
    /// The share of it that is aimed at. Default 0.7 (`container-concurrency-target-percentage` 70).
    pub target_utilisation: f64,
    /// Requests that shall find room at once; `None` keeps the activator on the path always (Knative's −1), 0 takes it
    /// off except at zero. Default 211 (`target-burst-capacity`).
    pub target_burst_capacity: Option<u32>,
    /// Most pods wanted per ready pod. Default 1000 (`max-scale-up-rate`).
    pub max_scale_up_rate: f64,
    /// Ready pods per pod that must be wanted at least. Default 2 (`max-scale-down-rate`).
    pub max_scale_down_rate: f64,
    /// Whether the last pod may go. Default true (`enable-scale-to-zero`).
    pub scale_to_zero: bool,
    /// How long the activator stands on the path before the last pod is terminated. Default 30 s
    /// (`scale-to-zero-grace-period`).
    pub grace_period: Span,
    /// How long the last pod stays at least once inactive. Default 0 (`scale-to-zero-pod-retention-period`).
    pub pod_retention: Span,
    /// Fewest pods. Default 0 (`min-scale`).
    pub min_scale: u32,
    /// Most pods. Default no limit (`max-scale` 0).
    pub max_scale: u32,
    /// Pods of a new function, until they have been ready. Default 1 (`initial-scale`).
    pub initial_scale: u32,
    /// Fewest pods where any are wanted. Default 1 (`activation-scale`).
    pub activation_scale: u32,
    /// A wish for fewer counts when it has lasted this long. Default 0 (`scale-down-delay`).
    pub scale_down_delay: Span,
}

impl Default for KpaRule {
    fn default() -> Self {
        Self {
            tick: Span::from_secs(2),
            stable_window: Span::from_secs(60),
            panic_window: 0.1,
            panic_threshold: 2.0,
            container_concurrency: 0,
            target_utilisation: 0.7,
            target_burst_capacity: Some(211),
            max_scale_up_rate: 1_000.0,
            max_scale_down_rate: 2.0,
            scale_to_zero: true,
            grace_period: Span::from_secs(30),
            pod_retention: Span::ZERO,
            min_scale: 0,
            max_scale: u32::MAX,
            initial_scale: 1,
            activation_scale: 1,
            scale_down_delay: Span::ZERO,
        }
    }
}

impl KpaRule {
    /// Requests at once in a pod, as scaling sees it.
    fn capacity(&self) -> f64 {
        f64::from(if self.container_concurrency == 0 { 100 } else { self.container_concurrency })
    }
    /// Requests at once in a pod that are aimed at; at least 0.01, Knative's least target.
    pub fn target(&self) -> f64 {
        (self.capacity() * self.target_utilisation).max(0.01)
    }
}

/// Whether a function serves: the `Active` condition of its `PodAutoscaler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Fewer pods are ready than make it active.
    Activating,
    /// Ready since then.
    Active(Time),
    /// Without traffic since then.
    Inactive(Time),
}

/// The autoscaler of one function.
#[derive(Clone, Debug)]
pub struct Kpa {
    rule: KpaRule,
    window: Window,
    stable_seconds: u32,
    panic_seconds: u32,
    /// When the threshold was last passed, while in panic.
    panicked: Option<Time>,
    panic_pods: u32,
    /// Wishes within the scale-down delay, the number of their tick first.
    delayed: Box<[(u64, u32)]>,
    phase: Phase,
    /// Since when the activator is on the path.
    proxied: Option<Time>,
    /// When the metric was last above zero or a pod was there to report it.
    reported: Time,
    /// Whether the initial scale has been ready.
    initialised: bool,
    scale: u32,
}

impl Kpa {
    /// The autoscaler of a function that appears at `now`, with the initial scale and no requests.
    pub fn new(now: Time, rule: KpaRule) -> Self {
        let seconds = |share: f64| (libm::rint(rule.stable_window.as_secs_f64() * share) as u32).max(1);
        let stable_seconds = seconds(1.0);
        let ticks = rule.scale_down_delay.as_ps().div_ceil(rule.tick.as_ps());
        let scale = rule.min_scale.max(rule.initial_scale).min(rule.max_scale);
        let proxied = scale == 0
            || match rule.target_burst_capacity {
                None => true,
                Some(0) => false,
                Some(burst) => rule.capacity() < f64::from(burst),
            };
        Self {
            window: Window::new(now, stable_seconds),
            stable_seconds,
            panic_seconds: seconds(rule.panic_window).min(stable_seconds),
            panicked: None,
            panic_pods: 0,
            delayed: vec![(0, 0); ticks as usize].into(),
            phase: if scale == 0 { Phase::Inactive(now) } else { Phase::Activating },
            proxied: proxied.then_some(now),
            reported: now,
            initialised: scale == 0,
            scale,
            rule,
        }
    }

    /// Pods that the function should have, by the last tick.
    pub fn scale(&self) -> u32 {
        self.scale
    }
    /// Whether it is in panic mode.
    pub fn in_panic(&self) -> bool {
        self.panicked.is_some()
    }
    /// Whether requests go through the activator, which queues them for the pods.
    pub fn activator_in_path(&self) -> bool {
        self.proxied.is_some()
    }
    /// Whether ticks change nothing until the concurrency rises above zero.
    pub fn is_asleep(&self) -> bool {
        self.scale == 0 && self.window.level() == 0
    }

    /// The concurrency of the function (requests in pods and waiting for them) becomes `level` at `now`. Returns whether
    /// the function was asleep and now wants a tick at once (Knative's activator pokes the autoscaler).
    pub fn set_concurrency(&mut self, now: Time, level: u32) -> bool {
        if self.window.level() > 0 {
            self.reported = now;
        }
        // After a window without reports, averages are over the time since the next one.
        if level > 0 && now.since(self.reported) >= self.rule.stable_window {
            self.window.restart(now);
            self.reported = now;
        }
        let wakes = self.is_asleep() && level > 0;
        self.window.set(now, level);
        wakes
    }

    /// The decision at `now` with so many pods ready: how many the function should have.
    pub fn tick(&mut self, now: Time, ready: u32) -> u32 {
        self.window.advance(now);
        if ready > 0 || self.window.level() > 0 {
            self.reported = now;
        }
        let panic = self.window.average(self.panic_seconds);
        let wish = self.wish(now, ready, panic);
        let wish = self.after_delay(now, wish);
        self.initialised |= ready >= self.rule.initial_scale;
        let initial = if self.initialised { 0 } else { self.rule.initial_scale };
        let wanted = wish.max(self.rule.min_scale).max(initial).min(self.rule.max_scale);
        let wanted = self.check_for_zero(now, wanted);
        if wanted != 0 {
            let is_ready = ready >= self.rule.min_scale.max(1);
            match self.phase {
                Phase::Active(_) if is_ready => {}
                _ if is_ready => self.phase = Phase::Active(now),
                _ => self.phase = Phase::Activating,
            }
        }
        if wanted == 0 || self.lacks_burst_capacity(ready, panic) {
            self.proxied.get_or_insert(now);
        } else {
            self.proxied = None;
        }
        self.scale
    }

    /// Pods by the averages, the limits of rates and the panic mode.
    fn wish(&mut self, now: Time, ready: u32, panic: f64) -> u32 {
        let rule = &self.rule;
        let pods = f64::from(ready.max(1));
        let most = libm::ceil(rule.max_scale_up_rate * pods);
        let fewest = libm::floor(pods / rule.max_scale_down_rate);
        // A request in flight wants a pod, even when it has come this instant (a report fills its whole bucket).
        let at_least = f64::from(u8::from(self.window.level() > 0));
        let raw = |average: f64| whole_pods(average / rule.target()).max(at_least);
        let limited = |raw: f64| {
            let pods = raw.max(fewest).min(most) as u32;
            if raw > 0.0 { pods.max(rule.activation_scale) } else { pods }
        };
        let (raw_stable, raw_panic) = (raw(self.window.average(self.stable_seconds)), raw(panic));
        let (stable, panic) = (limited(raw_stable), limited(raw_panic));
        if raw_panic / pods >= rule.panic_threshold {
            self.panicked = Some(now);
        } else if self.panicked.is_some_and(|last| last + rule.stable_window < now) {
            self.panicked = None;
            self.panic_pods = 0;
        }
        if self.panicked.is_none() {
            return stable;
        }
        self.panic_pods = self.panic_pods.max(stable).max(panic);
        self.panic_pods
    }

    /// The maximum of the wishes within the scale-down delay.
    fn after_delay(&mut self, now: Time, wish: u32) -> u32 {
        if self.delayed.is_empty() {
            return wish;
        }
        // Counted from one, so that an empty place is older than all.
        let (number, len) = (now.as_ps() / self.rule.tick.as_ps() + 1, self.delayed.len() as u64);
        let place = &mut self.delayed[(number % len) as usize];
        *place = (number, if place.0 == number { place.1.max(wish) } else { wish });
        let recent = self.delayed.iter().filter(|(at, _)| at + len > number);
        recent.map(|&(_, wish)| wish).max().unwrap_or(wish)
    }

    /// Applies `wanted`, unless it is zero and it is too early for that. Returns zero for a function without traffic.
    fn check_for_zero(&mut self, now: Time, wanted: u32) -> u32 {
        let rule = &self.rule;
        if wanted > 0 || !rule.scale_to_zero {
            self.scale = wanted.max(1);
            return self.scale;
        }
        let inactive = match self.phase {
            // It keeps what it has until it has been ready.
            Phase::Activating => return self.scale,
            Phase::Active(since) if now.since(since) < rule.stable_window => {
                self.scale = 1;
                return 1;
            }
            Phase::Active(_) => {
                self.phase = Phase::Inactive(now);
                Span::ZERO
            }
            Phase::Inactive(since) => now.since(since),
        };
        let proxied = self.proxied.map_or(Span::ZERO, |since| now.since(since));
        if inactive >= rule.pod_retention && inactive.max(proxied) >= rule.grace_period {
            self.scale = 0;
        }
        0
    }

    /// Whether the excess burst capacity is negative.
    fn lacks_burst_capacity(&self, ready: u32, panic: f64) -> bool {
        match self.rule.target_burst_capacity {
            None => true,
            Some(0) => false,
            Some(burst) => libm::floor(f64::from(ready) * self.rule.capacity() - f64::from(burst) - panic) < 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    /// Ten requests at once in a pod, seven aimed at.
    fn ten() -> KpaRule {
        KpaRule { container_concurrency: 10, ..KpaRule::default() }
    }

    /// Ticks every two seconds after `from` up to `to`, with what is wanted ready at the next tick.
    fn run(kpa: &mut Kpa, from: u64, to: u64) -> Vec<u32> {
        (from / 2 + 1..=to / 2).map(|i| kpa.tick(secs(2 * i), kpa.scale())).collect()
    }

    #[test]
    fn pods_for_a_steady_concurrency() {
        // Knative documents: 100 requests at once, 10 in a pod at 70 %, are 100/7 → 15 pods; 50 are 8.
        for (level, pods) in [(100, 15), (50, 8), (70, 10), (71, 11), (1, 1)] {
            let mut kpa = Kpa::new(Time::ZERO, ten());
            kpa.set_concurrency(Time::ZERO, level);
            assert_eq!(*run(&mut kpa, 0, 120).last().unwrap(), pods, "{level} at once");
        }
        // Without a limit in the pod the target is 70 % of 100.
        for (level, pods) in [(70, 1), (71, 2)] {
            let mut kpa = Kpa::new(Time::ZERO, KpaRule::default());
            kpa.set_concurrency(Time::ZERO, level);
            assert_eq!(*run(&mut kpa, 0, 120).last().unwrap(), pods, "{level} at once");
        }
    }

    #[test]
    fn a_target_that_is_no_double_is_no_reason_for_another_pod() {
        // 3 · 0.7 is a little less than 2.1 as a double, and 21 / 2.1 = 10.
        let mut kpa = Kpa::new(Time::ZERO, KpaRule { container_concurrency: 3, ..KpaRule::default() });
        kpa.set_concurrency(Time::ZERO, 21);
        assert_eq!(kpa.tick(secs(2), 1), 10);
    }

    #[test]
    fn panic_begins_at_the_threshold_and_ends_a_stable_window_later() {
        let mut kpa = Kpa::new(Time::ZERO, ten());
        kpa.set_concurrency(Time::ZERO, 28);
        for i in 1..=50 {
            assert_eq!(kpa.tick(secs(2 * i), 4), 4);
        }
        // From 100 s on 56. Panic window: (4·28 + 2·56)/6 = 37.3 → 6 pods, 46.7 → 7, 56 → 8 = twice the ready ones.
        // Stable window: (58·28 + 2·56)/60 = 28.9 → 5 pods, 29.9 → 5.
        kpa.set_concurrency(secs(100), 56);
        assert_eq!((kpa.tick(secs(102), 4), kpa.in_panic()), (5, false));
        assert_eq!((kpa.tick(secs(104), 4), kpa.in_panic()), (5, false));
        assert_eq!((kpa.tick(secs(106), 4), kpa.in_panic()), (8, true));
        // No requests after that: 8 pods until 60 s are over, and then half of the ready ones at a tick.
        kpa.set_concurrency(secs(106), 0);
        for i in 54..=83 {
            assert_eq!((kpa.tick(secs(2 * i), 8), kpa.in_panic()), (8, true), "at {} s", 2 * i);
        }
        assert_eq!((kpa.tick(secs(168), 8), kpa.in_panic()), (4, false));
        assert_eq!(kpa.tick(secs(170), 4), 2);
        assert_eq!(kpa.tick(secs(172), 2), 1);
    }

    #[test]
    fn a_panic_lasts_while_the_threshold_is_passed() {
        let mut kpa = Kpa::new(Time::ZERO, ten());
        kpa.set_concurrency(Time::ZERO, 140);
        // 20 pods are wanted and 10 ready until 40 s; the panic ends more than 60 s after that.
        for i in 1..=20 {
            assert_eq!(kpa.tick(secs(2 * i), 10), 20);
        }
        for i in 21..=50 {
            kpa.tick(secs(2 * i), 20);
            assert!(kpa.in_panic(), "at {} s", 2 * i);
        }
        kpa.tick(secs(102), 20);
        assert!(!kpa.in_panic());
    }

    #[test]
    fn in_panic_the_larger_wish_counts() {
        let mut kpa = Kpa::new(Time::ZERO, KpaRule { max_scale_up_rate: 2.0, ..ten() });
        kpa.set_concurrency(Time::ZERO, 1_000);
        assert_eq!((kpa.tick(secs(2), 1), kpa.in_panic()), (2, true));
        // The panic window is empty at 10 s, the stable one has 2,000/10 s → 29 pods, of which four may become eight.
        kpa.set_concurrency(secs(2), 0);
        assert_eq!((kpa.tick(secs(10), 4), kpa.in_panic()), (8, true));
    }

    #[test]
    fn rates_are_relative_to_the_ready_pods() {
        let first = |up: f64, ready: u32| {
            let mut kpa = Kpa::new(Time::ZERO, KpaRule { max_scale_up_rate: up, ..ten() });
            kpa.set_concurrency(Time::ZERO, 10_000);
            kpa.tick(secs(2), ready)
        };
        assert_eq!(first(1_000.0, 1), 1_000);
        assert_eq!(first(1_000.0, 2), 1_429, "10,000 / 7");
        assert_eq!(first(2.0, 3), 6);
        assert_eq!(first(1.1, 2), 3, "at least one more: the limit is rounded up");
        assert_eq!(first(2.0, 0), 2, "no ready pod counts as one");
    }

    #[test]
    fn the_last_pod_goes_after_the_stable_window_and_the_grace_period() {
        // One request until 10 s: the window is empty at 70 s.
        let terminated_at = |rule: KpaRule| {
            let mut kpa = Kpa::new(Time::ZERO, rule);
            kpa.set_concurrency(Time::ZERO, 1);
            assert_eq!(run(&mut kpa, 0, 10), [1; 5]);
            kpa.set_concurrency(secs(10), 0);
            let scales = run(&mut kpa, 10, 300);
            scales.iter().position(|&scale| scale == 0).map(|i| 12 + 2 * i)
        };
        let rule = |burst, retention| KpaRule {
            target_burst_capacity: burst,
            pod_retention: Span::from_secs(retention),
            ..ten()
        };
        assert_eq!(terminated_at(rule(Some(0), 0)), Some(70 + 30), "the activator comes at 70 s");
        assert_eq!(terminated_at(rule(Some(211), 0)), Some(70), "it was there all the time");
        assert_eq!(terminated_at(rule(None, 20)), Some(70 + 20));
        assert_eq!(terminated_at(rule(Some(0), 50)), Some(70 + 50));
        assert_eq!(terminated_at(KpaRule { scale_to_zero: false, ..ten() }), None);
        assert_eq!(terminated_at(KpaRule { min_scale: 1, ..ten() }), None);
    }

    #[test]
    fn a_pod_that_waits_for_its_end_serves_again() {
        let mut kpa = Kpa::new(Time::ZERO, KpaRule { target_burst_capacity: Some(0), ..ten() });
        assert_eq!(run(&mut kpa, 0, 62), [1; 31]);
        assert!(kpa.activator_in_path(), "inactive: ready at 2 s, and a stable window later");
        assert!(!kpa.set_concurrency(secs(80), 1), "there is a pod");
        assert_eq!(kpa.tick(secs(82), 1), 1);
        assert!(!kpa.activator_in_path());
    }

    #[test]
    fn a_sleeping_function_wakes_with_a_fresh_window() {
        let mut kpa = Kpa::new(Time::ZERO, KpaRule { initial_scale: 0, ..ten() });
        assert!(kpa.is_asleep() && kpa.activator_in_path());
        assert_eq!(kpa.tick(secs(2), 0), 0);
        assert!(kpa.set_concurrency(secs(500), 1));
        assert_eq!(kpa.tick(secs(500), 0), 1);
        assert!(!kpa.set_concurrency(secs(500), 35), "only the first request wakes it");
        // 35 / 7 pods from the first tick on, not a sixtieth of that.
        assert_eq!(kpa.tick(secs(502), 0), 5);
    }

    #[test]
    fn a_function_that_has_just_scaled_to_zero_wakes_too() {
        let mut kpa = Kpa::new(Time::ZERO, ten());
        // Ready from 2 s to 62 s without requests; its window still has the zeros of that time at 80 s.
        run(&mut kpa, 0, 62);
        assert!(kpa.is_asleep());
        assert!(kpa.set_concurrency(secs(80), 1));
        assert_eq!(kpa.tick(secs(80), 0), 1);
    }

    #[test]
    fn the_activator_leaves_when_there_is_room_for_a_burst() {
        let in_path = |burst, level, ready| {
            let mut kpa = Kpa::new(Time::ZERO, KpaRule { target_burst_capacity: burst, ..ten() });
            kpa.set_concurrency(Time::ZERO, level);
            kpa.tick(secs(6), ready);
            kpa.activator_in_path()
        };
        // 21 · 10 − 211 < 0, 22 · 10 − 211 = 9 requests of excess.
        assert!(in_path(Some(211), 0, 21));
        assert!(!in_path(Some(211), 0, 22));
        assert!(!in_path(Some(211), 9, 22));
        assert!(in_path(Some(211), 10, 22));
        assert!(in_path(None, 0, 1_000));
        assert!(!in_path(Some(0), 100, 1));
    }

    #[test]
    fn fewer_are_wanted_when_they_have_been_wanted_for_the_delay() {
        let first_below = |delay| {
            let mut kpa =
                Kpa::new(Time::ZERO, KpaRule { scale_down_delay: Span::from_secs(delay), min_scale: 1, ..ten() });
            kpa.set_concurrency(Time::ZERO, 28);
            for i in 1..=60 {
                assert_eq!(kpa.tick(secs(2 * i), 4), 4);
            }
            // 28 − 7·t/60 is below 21 from 180 s on; at 180 s three pods are enough.
            kpa.set_concurrency(secs(120), 21);
            (61..200).find(|i| kpa.tick(secs(2 * i), 4) < 4).map(|i| 2 * i)
        };
        assert_eq!(first_below(0), Some(180));
        assert_eq!(first_below(2), Some(180), "one tick is in the window");
        assert_eq!(first_below(10), Some(188), "what was wanted at 178 s counts until 186 s");
    }

    #[test]
    fn scales_have_bounds() {
        let first = |rule: KpaRule, level| {
            let mut kpa = Kpa::new(Time::ZERO, rule);
            kpa.set_concurrency(Time::ZERO, level);
            kpa.tick(secs(2), kpa.scale())
        };
        assert_eq!(first(KpaRule { max_scale: 3, ..ten() }, 100), 3);
        assert_eq!(first(KpaRule { min_scale: 3, ..ten() }, 1), 3);
        assert_eq!(first(KpaRule { activation_scale: 4, ..ten() }, 1), 4);
        assert_eq!(first(KpaRule { activation_scale: 4, ..ten() }, 0), 1, "nothing is wanted");
        let mut kpa = Kpa::new(Time::ZERO, KpaRule { initial_scale: 5, ..ten() });
        assert_eq!(kpa.scale(), 5);
        assert_eq!(kpa.tick(secs(2), 1), 5, "until they have been ready");
        assert_eq!(kpa.tick(secs(4), 5), 2, "floor(5 / 2)");
    }

    proptest! {
        /// Bounds hold, panic never takes a pod, and a function without traffic comes to rest at zero.
        #[test]
        fn invariants(
            levels in prop::collection::vec((0_u64..6_000, 0_u32..300), 1..80),
            min in 0_u32..3,
            max in 3_u32..40,
            delay in 0_u64..20,
        ) {
            let rule = KpaRule {
                min_scale: min,
                max_scale: max,
                scale_down_delay: Span::from_secs(delay),
                ..ten()
            };
            let mut kpa = Kpa::new(Time::ZERO, rule);
            let mut changes = levels.into_iter().scan(0, |at, (pause, level)| {
                *at += pause;
                Some((Time::ZERO + Span::from_ms(*at), level))
            }).peekable();
            for i in 1..500 {
                let now = secs(2 * i);
                while let Some((at, level)) = changes.next_if(|change| change.0 <= now) {
                    kpa.set_concurrency(at, level);
                }
                if changes.peek().is_none() {
                    kpa.set_concurrency(now, 0);
                }
                let (before, panicked) = (kpa.scale(), kpa.in_panic());
                let scale = kpa.tick(now, before);
                prop_assert!((min..=max).contains(&scale));
                prop_assert!(!(panicked && kpa.in_panic() && scale < before), "{before} → {scale} in panic");
            }
            prop_assert_eq!(kpa.scale(), min);
            prop_assert_eq!(kpa.is_asleep(), min == 0);
        }
    }
}
