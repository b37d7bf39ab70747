//! The Kubernetes Horizontal Pod Autoscaler: pods in proportion to a metric over its target.
//!
//! Rule (Kubernetes documents, "Horizontal Pod Autoscaling", v1.30, and `pkg/controller/podautoscaler`), at a sync:
//!
//! - `desired = ceil(pods · metric / target)`, the metric being the mean over ready pods; unchanged where the ratio is
//!   within the tolerance of one.
//! - Scaling up, pods that are not yet ready count as using nothing; pods without a metric count as using nothing when
//!   scaling up and the target when scaling down. Where that turns the direction around, nothing changes.
//! - Stabilisation: scaling down takes the maximum of the recommendations within its window, scaling up the minimum.
//! - Policies: at most the larger of a number and a percentage of the pods at the beginning of a period is added or
//!   removed within the period. Then the bounds.
//!
//! Published effect: 50 pods at 90 of 75 become 60, at 80 they stay. Validity: one metric, the policy `Max`.

use std::collections::VecDeque;

use super::rounding::{ROUNDING, whole_pods};
use crate::units::{Span, Time};

/// How fast pods may come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The window of recommendations of which the least change counts (`stabilizationWindowSeconds`).
    pub stabilisation: Span,
    /// Pods in a period (policy `Pods`); 0 for none.
    pub pods: u32,
    /// Per cent of the pods at its beginning in a period (policy `Percent`); 0 for none.
    pub percent: u32,
    /// The length of a period (`periodSeconds`).
    pub period: Span,
}

/// The parameters of the rule; the defaults are those of Kubernetes (`autoscaling/v2`, v1.30).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HpaRule {
    /// What the mean of the metric over pods should be, in the unit of the metric. Default 0.8 (80 % of the request, the
    /// API's default for CPU).
    pub target: f64,
    /// Time between decisions. Default 15 s (`--horizontal-pod-autoscaler-sync-period`).
    pub sync: Span,
    /// How far from one the ratio may be without a change. Default 0.1 (`--horizontal-pod-autoscaler-tolerance`).
    pub tolerance: f64,
    /// Fewest pods. Default 1.
    pub min: u32,
    /// Most pods. Default no limit (the API asks for one).
    pub max: u32,
    /// Scaling up. Default 100 % or 4 pods in 15 s, whichever is more, without stabilisation.
    pub up: Behaviour,
    /// Scaling down. Default 100 % in 15 s, stabilised over 300 s.
    pub down: Behaviour,
}

impl Default for HpaRule {
    fn default() -> Self {
        let period = Span::from_secs(15);
        Self {
            target: 0.8,
            sync: period,
            tolerance: 0.1,
            min: 1,
            max: u32::MAX,
            up: Behaviour { stabilisation: Span::ZERO, pods: 4, percent: 100, period },
            down: Behaviour { stabilisation: Span::from_secs(300), pods: 0, percent: 100, period },
        }
    }
}

/// The pods of a function as the autoscaler sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Pods asked for (`spec.replicas`).
    pub asked: u32,
    /// Ready pods with a metric.
    pub ready: u32,
    /// Pods that are not yet ready.
    pub unready: u32,
    /// Ready pods without a metric.
    pub missing: u32,
}

impl Pods {
    /// `n` pods that are all ready.
    pub fn all_ready(n: u32) -> Self {
        Self { asked: n, ready: n, ..Self::default() }
    }
}

/// The recommendations of a window that may still be the greatest of it, or the least: later ones are all less, or all more.
/// What a decision takes does not grow with the window.
#[derive(Clone, Debug)]
struct Extreme {
    window: Span,
    best: fn(u32, u32) -> u32,
    held: VecDeque<(Time, u32)>,
}

impl Extreme {
    fn new(window: Span, sync: Span, best: fn(u32, u32) -> u32) -> Self {
        Self { window, best, held: VecDeque::with_capacity(places(window, sync)) }
    }

    /// The best of `recommended` and those within the window before `now`.
    fn with(&mut self, now: Time, recommended: u32) -> u32 {
        while self.held.front().is_some_and(|first| first.0 + self.window <= now) {
            self.held.pop_front();
        }
        self.held.front().map_or(recommended, |first| (self.best)(first.1, recommended))
    }

    fn push(&mut self, now: Time, recommended: u32) {
        while self.held.back().is_some_and(|last| (self.best)(last.1, recommended) == recommended) {
            self.held.pop_back();
        }
        self.held.push_back((now, recommended));
    }
}

/// The changes of a period, and their sum.
#[derive(Clone, Debug)]
struct Changes {
    period: Span,
    sum: i64,
    /// When, and by how many pods.
    held: VecDeque<(Time, i64)>,
}

impl Changes {
    fn new(period: Span) -> Self {
        Self { period, sum: 0, held: VecDeque::new() }
    }

    /// Pods at the beginning of the period, where so many are asked for now.
    fn start(&mut self, now: Time, asked: u32) -> i64 {
        while let Some(&(at, pods)) = self.held.front()
            && at + self.period <= now
        {
            self.held.pop_front();
            self.sum -= pods;
        }
        (i64::from(asked) - self.sum).max(0)
    }

    fn push(&mut self, now: Time, pods: i64) {
        self.held.push_back((now, pods));
        self.sum += pods;
    }
}

/// Decisions within a span, and one on either side.
fn places(span: Span, sync: Span) -> usize {
    (span.as_ps() / sync.as_ps().max(1)) as usize + 2
}

/// The autoscaler of one function. Its memory is bounded by the windows over the sync period.
#[derive(Clone, Debug)]
pub struct Hpa {
    rule: HpaRule,
    least: Extreme,
    most: Extreme,
    /// Whether it has decided before.
    has_decided: bool,
    up: Changes,
    down: Changes,
}

impl Hpa {
    /// An autoscaler without a past.
    pub fn new(rule: HpaRule) -> Self {
        Self {
            least: Extreme::new(rule.up.stabilisation, rule.sync, u32::min),
            most: Extreme::new(rule.down.stabilisation, rule.sync, u32::max),
            has_decided: false,
            up: Changes::new(rule.up.period),
            down: Changes::new(rule.down.period),
            rule,
        }
    }

    /// The decision at `now`, from the pods and the mean of the metric over the ready ones: how many pods to ask for.
    /// With no pods asked for it does nothing (Kubernetes: scaling is switched off at zero).
    pub fn sync(&mut self, now: Time, pods: Pods, metric: f64) -> u32 {
        let (asked, rule) = (pods.asked, &self.rule);
        let decided = if asked == 0 {
            0
        } else if asked > rule.max || asked < rule.min {
            asked.clamp(rule.min, rule.max)
        } else {
            let stable = self.stabilised(now, asked, self.recommendation(pods, metric));
            self.limited(now, asked, stable)
        };
        if decided != asked {
            let pods = i64::from(decided) - i64::from(asked);
            self.up.push(now, pods);
            self.down.push(now, pods);
        }
        decided
    }

    /// Pods by the metric alone.
    fn recommendation(&self, pods: Pods, metric: f64) -> u32 {
        let Pods { asked, ready, unready, missing } = pods;
        let within = |ratio: f64| (1.0 - ratio).abs() <= self.rule.tolerance + ROUNDING;
        if ready == 0 {
            return asked;
        }
        let first = metric / self.rule.target;
        let rebalanced = unready > 0 && first > 1.0;
        if !rebalanced && missing == 0 {
            return if within(first) { asked } else { whole_pods(first * f64::from(ready)) as u32 };
        }
        // In targets: what ready pods use, and what is assumed of the others.
        let assumed = if first < 1.0 { f64::from(missing) } else { 0.0 };
        let counted = f64::from(ready) + f64::from(missing) + if rebalanced { f64::from(unready) } else { 0.0 };
        let second = (first * f64::from(ready) + assumed) / counted;
        if within(second) || (first < 1.0) != (second < 1.0) {
            return asked;
        }
        let desired = whole_pods(second * counted) as u32;
        if (second < 1.0 && desired > asked) || (second > 1.0 && desired < asked) { asked } else { desired }
    }

    /// The least change among the recommendations within the windows.
    fn stabilised(&mut self, now: Time, asked: u32, recommended: u32) -> u32 {
        if !std::mem::replace(&mut self.has_decided, true) {
            // The first sync knows what is there.
            self.least.push(now, asked);
            self.most.push(now, asked);
        }
        let (least, most) = (self.least.with(now, recommended), self.most.with(now, recommended));
        self.least.push(now, recommended);
        self.most.push(now, recommended);
        asked.max(least).min(most)
    }

    /// `desired` within the policies and the bounds.
    fn limited(&mut self, now: Time, asked: u32, desired: u32) -> u32 {
        let HpaRule { min, max, up, down, .. } = self.rule;
        let as_pods = |pods: i64| u32::try_from(pods.max(0)).unwrap_or(u32::MAX);
        if desired > asked {
            let start = self.up.start(now, asked);
            let by_share = (start * (100 + i64::from(up.percent)) + 99) / 100;
            let most = as_pods(by_share.max(start + i64::from(up.pods))).max(asked);
            desired.min(most).min(max)
        } else {
            let start = self.down.start(now, asked);
            let by_share = start * (100 - i64::from(down.percent)).max(0) / 100;
            let fewest = as_pods(by_share.min(start - i64::from(down.pods))).min(asked);
            desired.max(fewest).max(min)
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

    fn rule(target: f64) -> HpaRule {
        HpaRule { target, ..HpaRule::default() }
    }

    /// What a new autoscaler with a target of 75 makes of pods at the metric.
    fn first(pods: Pods, metric: f64) -> u32 {
        Hpa::new(rule(75.0)).sync(Time::ZERO, pods, metric)
    }

    #[test]
    fn pods_are_in_proportion_outside_the_tolerance() {
        assert_eq!(first(Pods::all_ready(50), 90.0), 60, "50 · 90/75");
        assert_eq!(first(Pods::all_ready(50), 80.0), 50, "80/75 is within 0.1 of one");
        assert_eq!(first(Pods::all_ready(50), 82.5), 50, "1.1 is within");
        assert_eq!(first(Pods::all_ready(50), 83.0), 56, "50 · 83/75 = 55.3");
        // Kubernetes documents: 200m of 100m doubles the pods.
        assert_eq!(Hpa::new(rule(100.0)).sync(Time::ZERO, Pods::all_ready(7), 200.0), 14);
        assert_eq!(first(Pods::all_ready(0), 90.0), 0, "switched off at zero");
    }

    #[test]
    fn pods_that_are_not_ready_damp_a_scale_up() {
        let pods = |ready, unready, missing| Pods { asked: ready + unready + missing, ready, unready, missing };
        // Alone 10 · 2 = 20. With 5 at nothing: 10 · 2 / 15 = 1.33 for 15 pods, 20.
        assert_eq!(first(pods(10, 5, 0), 150.0), 20);
        // 10 · 1.2 / 11 = 1.09 is within the tolerance, 10 · 1.2 / 12 = 1.
        assert_eq!(first(pods(10, 1, 0), 90.0), 11);
        assert_eq!(first(pods(10, 2, 0), 90.0), 12);
        // 10 · 1.2 / 20 = 0.6 would be fewer: no change.
        assert_eq!(first(pods(10, 10, 0), 90.0), 20);
        // Without a metric as with no readiness when scaling up.
        assert_eq!(first(pods(10, 0, 10), 90.0), 20);
        // No ready pod, no metric.
        assert_eq!(first(pods(0, 3, 0), 900.0), 3);
    }

    #[test]
    fn pods_that_are_not_ready_are_left_out_of_a_scale_down_and_pods_without_a_metric_are_at_the_target() {
        let down = |pods| {
            let unstabilised = Behaviour { stabilisation: Span::ZERO, ..HpaRule::default().down };
            Hpa::new(HpaRule { down: unstabilised, ..rule(75.0) }).sync(Time::ZERO, pods, 15.0)
        };
        assert_eq!(down(Pods { asked: 15, ready: 10, unready: 5, missing: 0 }), 2, "10 · 15/75");
        assert_eq!(down(Pods { asked: 15, ready: 10, unready: 0, missing: 5 }), 7, "10 · 0.2 + 5");
    }

    #[test]
    fn scaling_down_waits_for_the_window() {
        assert_eq!(first(Pods::all_ready(10), 37.5), 10, "the first sync knows what is there");
        let mut hpa = Hpa::new(rule(75.0));
        assert_eq!(hpa.sync(secs(0), Pods::all_ready(10), 90.0), 12);
        // From 15 s on six pods are enough; the 12 of the first sync count until 300 s.
        for i in 1..20 {
            assert_eq!(hpa.sync(secs(15 * i), Pods::all_ready(12), 37.5), 12, "at {} s", 15 * i);
        }
        assert_eq!(hpa.sync(secs(300), Pods::all_ready(12), 37.5), 6);
    }

    #[test]
    fn the_window_takes_the_maximum() {
        let mut hpa = Hpa::new(rule(75.0));
        hpa.sync(secs(0), Pods::all_ready(20), 75.0);
        for i in 1..10 {
            hpa.sync(secs(15 * i), Pods::all_ready(20), 37.5);
        }
        // One recommendation of 16 at 150 s, among those of 10: from 300 s on it is the maximum, until 450 s.
        hpa.sync(secs(150), Pods::all_ready(20), 60.0);
        for i in 11..20 {
            assert_eq!(hpa.sync(secs(15 * i), Pods::all_ready(20), 37.5), 20);
        }
        assert_eq!(hpa.sync(secs(300), Pods::all_ready(20), 37.5), 16);
        assert_eq!(hpa.sync(secs(435), Pods::all_ready(16), 46.875), 16);
        assert_eq!(hpa.sync(secs(450), Pods::all_ready(16), 46.875), 10);
    }

    #[test]
    fn scaling_up_doubles_or_adds_four_in_a_period() {
        let mut hpa = Hpa::new(rule(1.0));
        let up = |hpa: &mut Hpa, at, pods| hpa.sync(secs(at), Pods::all_ready(pods), 1_000.0);
        assert_eq!(up(&mut hpa, 0, 1), 5, "four more than one");
        assert_eq!(up(&mut hpa, 5, 5), 5, "the four of this period are spent");
        assert_eq!(up(&mut hpa, 15, 5), 10, "twice five is more than four more");
        assert_eq!(up(&mut hpa, 30, 10), 20);
    }

    #[test]
    fn policies_limit_a_scale_down() {
        let down = Behaviour { stabilisation: Span::ZERO, pods: 0, percent: 10, period: Span::from_secs(60) };
        let mut hpa = Hpa::new(HpaRule { down, ..rule(1.0) });
        // Kubernetes documents: of 80 pods 8 go in a minute, of 72 then again 8, for 7.2 is rounded up.
        assert_eq!(hpa.sync(secs(0), Pods::all_ready(80), 0.1), 72);
        assert_eq!(hpa.sync(secs(30), Pods::all_ready(72), 0.1), 72);
        assert_eq!(hpa.sync(secs(60), Pods::all_ready(72), 0.1), 64);
    }

    #[test]
    fn pods_outside_the_bounds_are_brought_back() {
        let mut hpa = Hpa::new(HpaRule { min: 2, max: 9, ..rule(75.0) });
        assert_eq!(hpa.sync(secs(0), Pods::all_ready(12), 75.0), 9);
        assert_eq!(hpa.sync(secs(15), Pods::all_ready(1), 75.0), 2);
        assert_eq!(hpa.sync(secs(30), Pods::all_ready(8), 750.0), 9);
    }

    proptest! {
        /// Against all that was ever recommended.
        #[test]
        fn what_is_held_has_the_best_of_the_window(
            steps in prop::collection::vec((0_u64..4, 0_u32..20), 1..80),
            window in 0_u64..12,
        ) {
            let span = Span::from_secs(window);
            let best: fn(u32, u32) -> u32 = if window % 2 == 0 { u32::max } else { u32::min };
            let (mut extreme, mut all, mut now) = (Extreme::new(span, Span::from_secs(1), best), Vec::new(), 0);
            for (pause, recommended) in steps {
                now += pause;
                let recent = all.iter().filter(|(at, _)| secs(*at) + span > secs(now)).map(|&(_, pods)| pods);
                prop_assert_eq!(extreme.with(secs(now), recommended), recent.fold(recommended, best));
                extreme.push(secs(now), recommended);
                all.push((now, recommended));
            }
        }

        #[test]
        fn decisions_are_within_bounds_and_in_the_direction_of_the_metric(
            metrics in prop::collection::vec(0.0_f64..5.0, 1..60),
            mut pods in 1_u32..30,
        ) {
            let mut hpa = Hpa::new(HpaRule { min: 1, max: 30, ..rule(1.0) });
            for (i, metric) in metrics.into_iter().enumerate() {
                let next = hpa.sync(secs(15 * i as u64), Pods::all_ready(pods), metric);
                prop_assert!((1..=30).contains(&next));
                prop_assert!(next <= (2 * pods).max(pods + 4));
                prop_assert!(next <= pods || metric > 1.1);
                prop_assert!(next >= pods || metric < 0.9);
                pods = next;
            }
        }
    }
}
