//! How long an idle sandbox is kept on the general path, and when one is started before it is needed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::config::plan::{HistogramRule, KeepAliveMode, PredictiveRule};
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::units::{Span, Time};

use super::clairvoyant::Oracle;
use super::histogram::IdleTimes;
use super::predictive::ArrivalForecast;
use super::windows::Windows;
use crate::platform::serverless::rules::Rules;

/// What becomes of a sandbox that has no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It is terminated at once.
    Terminate,
    /// It is kept until then.
    Until(Time),
}

/// What is known of an application.
#[derive(Debug)]
struct App {
    idle_times: IdleTimes,
    /// What they say.
    windows: Windows,
    /// Requests of it that wait, start or run.
    active: u32,
    /// When it became idle, if ever.
    idle_since: Option<Time>,
}

/// What is known of a function.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    forecast: ArrivalForecast,
    last_arrival: Option<Time>,
    /// Number of its latest pre-warm; older ones are void.
    version: u32,
    /// Until when a sandbox that has been pre-warmed is kept.
    kept_until: Time,
}

impl Seen {
    /// An arrival ends what was planned.
    fn interrupt(&mut self) {
        self.version += 1;
        self.kept_until = Time::ZERO;
    }
}

/// The state of the keep-alive rule.
#[derive(Debug)]
pub struct KeepAlive {
    histogram: HistogramRule,
    predictive: PredictiveRule,
    apps: Vec<App>,
    app_of: IdVec<FunctionKind, u32>,
    functions: IdVec<FunctionKind, Seen>,
    /// Pre-warms to come: when, of which function, its version, until when it is kept.
    prewarms: BinaryHeap<Reverse<(Time, FunctionId, u32, Time)>>,
    oracle: Option<Oracle>,
}

impl KeepAlive {
    /// For so many functions, `app` tells the application of each, `oracle` what the clairvoyant rule knows.
    pub fn new(rules: &Rules, functions: usize, app: impl Iterator<Item = u32>, oracle: Option<Oracle>) -> Self {
        let (by_app, by_function) = match rules.keep_alive {
            KeepAliveMode::Histogram => (true, true),
            KeepAliveMode::Predictive => (false, true),
            _ => (false, false),
        };
        let histogram = rules.histogram;
        let app_of: IdVec<FunctionKind, u32> = if by_app { app.collect() } else { IdVec::new() };
        let apps = app_of.iter().max().map_or(0, |last| *last as usize + 1);
        let app = |_| {
            let idle_times = IdleTimes::new(&histogram);
            App { windows: idle_times.windows(&histogram), idle_times, active: 0, idle_since: None }
        };
        Self {
            apps: (0..apps).map(app).collect(),
            app_of,
            functions: (0..if by_function { functions } else { 0 }).map(|_| Seen::default()).collect(),
            prewarms: BinaryHeap::new(),
            oracle,
            histogram,
            predictive: rules.predictive,
        }
    }

    /// A request of a function has arrived and was rejected at once.
    pub fn passed(&mut self, function: FunctionId) {
        if let Some(oracle) = &mut self.oracle {
            oracle.arrived(function);
        }
    }

    /// A request of a function has arrived.
    #[inline(always)]
    pub fn arrived(&mut self, now: Time, function: FunctionId, rules: &Rules) {
        self.passed(function);
        match rules.keep_alive {
            KeepAliveMode::Histogram => {
                let app = &mut self.apps[self.app_of[function] as usize];
                if app.active == 0
                    && let Some(since) = app.idle_since
                {
                    app.idle_times.observe(&self.histogram, now.since(since));
                    app.windows = app.idle_times.windows(&self.histogram);
                }
                app.active += 1;
                self.functions[function].interrupt();
            }
            KeepAliveMode::Predictive => {
                let seen = &mut self.functions[function];
                if let Some(last) = seen.last_arrival.replace(now) {
                    seen.forecast.observe(&self.predictive, now.since(last));
                }
                seen.interrupt();
            }
            _ => {}
        }
    }

    /// A request of a function has left without being served.
    pub fn left(&mut self, function: FunctionId) {
        if let Some(app) = self.app_of.get(function) {
            self.apps[*app as usize].active -= 1;
        }
    }

    /// A request of a function is completed.
    #[inline]
    pub fn completed(&mut self, now: Time, function: FunctionId) {
        if let Some(app) = self.app_of.get(function) {
            let app = &mut self.apps[*app as usize];
            app.active -= 1;
            app.idle_since = Some(now);
        }
    }

    /// What becomes of a sandbox of `function` that has no request now; `origin` is where its timer starts, `busy`
    /// others of its function start or run.
    #[inline(always)]
    pub fn rest(&mut self, now: Time, origin: Time, function: FunctionId, busy: u32, rules: &Rules) -> Rest {
        let windows = match rules.keep_alive {
            KeepAliveMode::None => return Rest::Terminate,
            KeepAliveMode::Forever => return Rest::Until(Time::MAX),
            KeepAliveMode::Fixed | KeepAliveMode::Layered | KeepAliveMode::RemoteTier => {
                return Rest::Until(origin.saturating_add(rules.keep_alive_limit));
            }
            KeepAliveMode::Clairvoyant => {
                let oracle = self.oracle.as_ref().expect("the clairvoyant rule has an oracle");
                let until = oracle.keep_until(function, now, busy, rules.keep_alive_limit);
                // It is kept up to and with that arrival, whatever `boundary` says of limits.
                return until.map_or(Rest::Terminate, |at| Rest::Until(at.saturating_add(Span::TICK)));
            }
            KeepAliveMode::Histogram => self.apps[self.app_of[function] as usize].windows,
            KeepAliveMode::Predictive => {
                let seen = &self.functions[function];
                let elapsed = seen.last_arrival.map_or(Span::ZERO, |last| now.since(last));
                seen.forecast.windows(&self.predictive, elapsed)
            }
        };
        self.rest_by(now, function, windows)
    }

    #[inline(always)]
    fn rest_by(&mut self, now: Time, function: FunctionId, windows: Windows) -> Rest {
        let seen = &mut self.functions[function];
        if seen.kept_until > Time::ZERO {
            // It was pre-warmed and waits for its arrival; one that took longer to start than it is kept is terminated for good.
            return Rest::Until(std::mem::take(&mut seen.kept_until));
        }
        if !windows.unloads() {
            return Rest::Until(windows.loaded_until(now));
        }
        if windows.keep_alive > Span::ZERO {
            seen.version += 1;
            let (from, until) = (windows.loaded_from(now), windows.loaded_until(now));
            self.prewarms.push(Reverse((from, function, seen.version, until)));
        }
        Rest::Terminate
    }

    /// When the next pre-warm is due; [`Time::MAX`] where none is.
    pub fn next_prewarm(&self) -> Time {
        self.prewarms.peek().map_or(Time::MAX, |Reverse((at, ..))| *at)
    }
    /// Takes a pre-warm that is due and has not been overtaken by an arrival; it is kept until the time given.
    pub fn due(&mut self, now: Time) -> Option<(FunctionId, Time)> {
        while let Some(Reverse((at, function, version, until))) = self.prewarms.peek().copied()
            && at <= now
        {
            self.prewarms.pop();
            if self.functions[function].version == version {
                return Some((function, until));
            }
        }
        None
    }
    /// A sandbox of `function` is started by a pre-warm, and kept until then.
    pub fn prewarmed(&mut self, function: FunctionId, until: Time) {
        self.functions[function].kept_until = until;
    }
}
