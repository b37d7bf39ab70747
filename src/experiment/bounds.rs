//! What would be legal alone but not fit in memory or on the clock together: products and ratios of keys and the workload that
//! set a size or a number of ticks. Those of keys alone are in `config::plan`.
//!
//! A bound leaves what it is about within a gigabyte or so, or within some hours; what is used in practice is far below.

use crate::config::Loaded;
use crate::config::plan::{Fleet, KeepAliveMode, Layout, Measure, Placement, Plan, Platform, ScalingMode, Serverless};
use crate::config::raw::{Binding, Experiment};
use crate::problem::Problems;
use crate::units::Span;
use crate::workload::Workload;

/// Most bins of the time series, in all runs together; some 2,500 bytes each.
const MOST_BINS: u128 = 1_000_000;
/// Most lists of idle sandboxes, of 8 bytes each.
const MOST_LISTS: u128 = 100_000_000;
/// Most words of a bit for each node that tell where a function has idle sandboxes, of 8 bytes each.
const MOST_WORDS: u128 = 100_000_000;
/// Most counts in histograms of idle times, of 4 bytes each.
const MOST_COUNTS: u128 = 250_000_000;
/// Most entries in the windows of autoscalers, of 16 to 32 bytes each.
const MOST_ENTRIES: u128 = 40_000_000;
/// Most sandboxes that autoscalers keep whatever the load, of some 200 bytes each.
const MOST_STANDING: u128 = 5_000_000;
/// Most evaluations of autoscalers in the runs of a layout, some ten million a second.
const MOST_EVALUATIONS: u128 = 10_000_000_000;

/// What is wrong with the experiment as it serves this workload.
pub(super) fn bounds(loaded: &Loaded<Experiment>, plan: &Plan, workload: &Workload) -> Problems {
    let functions = workload.functions().len() as u128;
    let mut bounds = Bounds {
        loaded,
        at: String::new(),
        functions,
        length: workload.length(),
        replications: u128::from(plan.experiment.replications),
        problems: Problems::default(),
    };
    bounds.measured(plan);
    bounds.series(plan);
    for (i, layout) in plan.layouts.iter().enumerate() {
        bounds.at = format!("layout[{i}].");
        match &layout.platform {
            Platform::Serverless(platform) => {
                bounds.places(layout, platform);
                bounds.histograms(platform);
                bounds.autoscalers(platform);
            }
            Platform::Serverful(platform) => {
                if let Fleet::Autoscaled(scaler) = &platform.fleet {
                    // A fleet is looked after until the last answer.
                    let longest = bounds.length + plan.experiment.limits.drain;
                    bounds.fleet(scaler.interval, longest);
                }
            }
        }
    }
    bounds.problems
}

/// Collects the problems of one experiment.
struct Bounds<'a> {
    loaded: &'a Loaded<Experiment>,
    /// Before the keys of the layout at hand.
    at: String,
    functions: u128,
    length: Span,
    replications: u128,
    problems: Problems,
}

impl Bounds<'_> {
    /// Records a problem at `key` of the layout at hand where `asked` is more than `most`.
    fn most(&mut self, asked: u128, most: u128, key: &str, message: impl FnOnce(&Self) -> String, remedy: &str) {
        if asked > most {
            let message = format!("{}; at most {most} are simulated", message(self));
            self.problems.push(self.loaded.problem(&format!("{}{key}", self.at), message, remedy));
        }
    }

    fn measured(&mut self, plan: &Plan) {
        let length = self.length;
        let (key, latest) = match plan.experiment.measure {
            Measure::WholeRun => ("", length),
            Measure::Window { to, .. } => ("measure.to", to),
            // What follows the warm-up is measured, and must be there.
            Measure::SteadyState { warm_up } => ("measure.warm_up", warm_up + Span::TICK),
        };
        if latest > length {
            let message = format!("the trace is over after {length}: what is measured is not within it");
            self.problems.push(self.loaded.problem(key, message, "choose an earlier time"));
        }
    }

    fn series(&mut self, plan: &Plan) {
        let bin = plan.experiment.outputs.series_interval;
        let (replications, layouts) = (plan.experiment.replications, plan.layouts.len());
        let runs = u128::from(replications) * layouts as u128;
        let bins = times(self.length, bin);
        let message = |bounds: &Self| {
            format!(
                "{bin} cuts {} into {bins} bins, {} in all runs (replications = {replications}, {layouts} layouts)",
                bounds.length,
                bins.saturating_mul(runs)
            )
        };
        let remedy = "make the bins longer, or run fewer replications";
        self.most(bins.saturating_mul(runs), MOST_BINS, "outputs.series_interval", message, remedy);
    }

    /// What is kept for each function on each node, or group of nodes.
    fn places(&mut self, layout: &Layout, platform: &Serverless) {
        let (functions, nodes, groups) = (self.functions, u128::from(layout.nodes()), layout.node_groups.len() as u128);
        let at = self.at.clone();
        let lists = functions * nodes;
        let message = |_: &Self| {
            format!(
                "early binding keeps a list for each function and node ({functions} × {nodes}, {at}nodes), {lists} of them"
            )
        };
        let early = if platform.binding == Binding::Early { lists } else { 0 };
        self.most(early, MOST_LISTS, "platform.binding", message, "write \"late\", or use fewer nodes or functions");
        let late = if platform.binding == Binding::Late { functions * groups } else { 0 };
        let message = |_: &Self| {
            format!("each of {functions} functions has a list for each of {groups} groups of nodes, {late} of them")
        };
        self.most(late, MOST_LISTS, "nodes", message, "use fewer groups, or fewer functions");
        let words = functions * nodes.div_ceil(64);
        let message = |_: &Self| {
            format!(
                "first-fit keeps a bit for each function and node ({functions} × {nodes}, {at}nodes), {words} words of 64 bits"
            )
        };
        let first_fit = if platform.placement == Placement::FirstFit { words } else { 0 };
        let remedy = "choose another placement, or use fewer nodes or functions";
        self.most(first_fit, MOST_WORDS, "platform.placement", message, remedy);
    }

    /// Histograms of idle times, of which each application has one, and a function without an application.
    fn histograms(&mut self, platform: &Serverless) {
        if platform.keep_alive.mode != KeepAliveMode::Histogram {
            return;
        }
        let (functions, rule) = (self.functions, &platform.keep_alive.histogram);
        let bins = times(rule.range, rule.bin);
        let message = |_: &Self| {
            format!(
                "{} cuts a range of {} into {bins} bins, which up to {functions} applications hold",
                rule.bin, rule.range
            )
        };
        let remedy = "make the bins longer, or keep_alive.histogram.range shorter, or use fewer functions";
        self.most(functions.saturating_mul(bins), MOST_COUNTS, "platform.keep_alive.histogram.bin", message, remedy);
    }

    fn autoscalers(&mut self, platform: &Serverless) {
        let (functions, rules) = (self.functions, &platform.scaling);
        let (knative, hpa) = (&rules.knative, &rules.hpa);
        // The tick, its key, what a function remembers, the key of that, and fewest sandboxes.
        let (tick, tick_key, entries, window, window_key, fewest, fewest_key) = match rules.mode {
            ScalingMode::PerRequest => return,
            ScalingMode::Knative => {
                let seconds = times(knative.stable_window, Span::from_secs(1)) + 1;
                let (window, fewest) = ("knative.stable_window", "knative.min_scale");
                (knative.tick, "knative.tick", seconds, knative.stable_window, window, knative.min_scale, fewest)
            }
            ScalingMode::Hpa => {
                let decisions = 2 * times(hpa.stabilisation, hpa.interval) + 4;
                let (window, fewest) = ("hpa.stabilisation", "hpa.min_replicas");
                (hpa.interval, "hpa.interval", decisions, hpa.stabilisation, window, hpa.min_replicas, fewest)
            }
        };
        let message = |_: &Self| format!("{window}: {entries} entries for each of {functions} functions");
        let key = format!("platform.scaling.{window_key}");
        self.most(
            functions.saturating_mul(entries),
            MOST_ENTRIES,
            &key,
            message,
            "write a shorter time, or use fewer functions",
        );
        let standing = functions.saturating_mul(u128::from(fewest));
        let message = |_: &Self| {
            format!("{fewest} sandboxes of each of {functions} functions are there whatever comes, {standing} in all")
        };
        let key = format!("platform.scaling.{fewest_key}");
        self.most(standing, MOST_STANDING, &key, message, "write a smaller number, or use fewer functions");
        let ticks = times(self.length, tick);
        let message = |bounds: &Self| {
            let (length, replications) = (bounds.length, bounds.replications);
            format!(
                "{tick} is {ticks} times in {length}, for up to {functions} functions each time, in {replications} replications"
            )
        };
        let key = format!("platform.scaling.{tick_key}");
        let remedy = "write a longer time, or use fewer functions or replications or a shorter workload";
        let evaluations = ticks.saturating_mul(functions).saturating_mul(self.replications);
        self.most(evaluations, MOST_EVALUATIONS, &key, message, remedy);
    }

    fn fleet(&mut self, interval: Span, longest: Span) {
        let ticks = times(longest, interval);
        let message = |bounds: &Self| {
            let (length, replications) = (bounds.length, bounds.replications);
            format!("{interval} is {ticks} times in {length} with limits.drain, in {replications} replications")
        };
        let remedy = "write a longer time, or a shorter workload or limits.drain, or run fewer replications";
        self.most(
            ticks.saturating_mul(self.replications),
            MOST_EVALUATIONS / 100,
            "platform.fleet.interval",
            message,
            remedy,
        );
    }
}

/// How often `step`, which is not zero, goes into `length`, rounded up.
fn times(length: Span, step: Span) -> u128 {
    u128::from(length.as_ps()).div_ceil(u128::from(step.as_ps().max(1)))
}
