//! Running an experiment: jobs over threads, in an order that never shows in the results.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::config::plan::Plan;
use crate::config::plan::Platform;
use crate::engine::{Stop, Watch};
use crate::output::{ExperimentOutput, RequestFolder, RunTiming, Timing};
use crate::platform::serverful::peak_demand;
use crate::record::{Counter, Recorder};
use crate::rng::RootSeed;
use crate::units::{Span, Time};
use crate::workload::Workload;
use crate::world::{self, RunReport, Scope};

use super::collect::Collector;
use super::requests::WithRequests;
use super::{memory, summary};

/// Which run: a layout in a replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// Index of the layout.
    pub layout: usize,
    /// The replication, from zero.
    pub replication: u32,
}

/// Watches the runs of an experiment, from any thread.
pub trait Observer: Sync {
    /// A run has come to `share` of its window, after `events` events since the last call. Returns whether to go on.
    fn progress(&self, run: RunKey, share: f64, events: u64) -> bool;
    /// A run is over.
    fn finished(&self, run: RunKey);
}

impl Observer for () {
    fn progress(&self, _run: RunKey, _share: f64, _events: u64) -> bool {
        true
    }
    fn finished(&self, _run: RunKey) {}
}

/// One run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// Which.
    pub key: RunKey,
    /// What the world reports.
    pub report: RunReport,
    /// What the recorder heard.
    pub heard: Collector,
    /// Something the user should know.
    pub warning: Option<String>,
    wall_s: f64,
}

impl Finished {
    /// Whether it was not interrupted.
    pub(super) fn is_whole(&self) -> bool {
        self.report.outcome.stop != Stop::Interrupted
    }
}

/// What an experiment gave.
#[derive(Debug)]
pub struct Outcome {
    /// The result files.
    pub output: ExperimentOutput,
    /// Wall-clock times.
    pub timing: Timing,
    /// Replications that are complete; fewer than planned where the run was interrupted.
    pub replications: u32,
    /// Events handled in all.
    pub events: u64,
    /// Requests served in all.
    pub requests: u64,
    /// Simulated time of all runs together, in seconds.
    pub simulated_s: f64,
}

struct Look<'o, O> {
    observer: &'o O,
    key: RunKey,
    window: Span,
    seen: u64,
    requests: Option<&'o RequestFolder>,
}

impl<O: Observer> Watch for Look<'_, O> {
    fn look(&mut self, now: Time, events: u64) -> bool {
        let share = (now.as_secs_f64() / self.window.as_secs_f64().max(1e-12)).min(1.0);
        let new = events - std::mem::replace(&mut self.seen, events);
        let writable = self.requests.is_none_or(|folder| folder.fault().is_none());
        self.observer.progress(self.key, share, new) && writable
    }
}

/// What is run: an experiment with all that its results depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub plan: &'a Plan,
    pub resolved_toml: &'a str,
    pub config_hash: &'a str,
    pub workload: &'a Workload,
    /// Where a row for each request goes, where they are asked for.
    pub requests: Option<&'a RequestFolder>,
}

/// Runs a [prepared](super::prepare) experiment: all layouts in all replications, on `threads` threads. `None` when
/// it was interrupted before the first replication was complete. Where the workload has a
/// [read fault](Workload::read_fault) afterwards, or the [requests](super::request_folder) a
/// [fault](RequestFolder::fault), there is no result.
pub fn run(
    plan: &Plan,
    resolved_toml: &str,
    config_hash: &str,
    workload: &Workload,
    requests: Option<&RequestFolder>,
    threads: usize,
    observer: &impl Observer,
) -> Option<Outcome> {
    let started = now();
    let subject = Subject { plan, resolved_toml, config_hash, workload, requests };
    let runs = run_all(&keys(plan), threads, |key| run_one(subject, key, observer));
    gather(subject, runs, threads, started)
}

/// The runs of an experiment. Replications are the outer loop, so that an interrupted experiment has whole ones.
pub(super) fn keys(plan: &Plan) -> Vec<RunKey> {
    let layouts = plan.layouts.len();
    (0..plan.experiment.replications)
        .flat_map(|replication| (0..layouts).map(move |layout| RunKey { layout, replication }))
        .collect()
}

/// Sums up runs, which come in the order of [`keys`]: the replications before the first run that is missing.
pub(super) fn gather(
    subject: Subject<'_>,
    runs: Vec<Option<Finished>>,
    threads: usize,
    started: Instant,
) -> Option<Outcome> {
    let Subject { plan, resolved_toml, config_hash, workload, .. } = subject;
    let layouts = plan.layouts.len();
    let mut finished = Vec::with_capacity(runs.len());
    for run in runs {
        match run {
            Some(run) if run.is_whole() => finished.push(run),
            _ => break,
        }
    }
    let replications = (finished.len() / layouts) as u32;
    finished.truncate(replications as usize * layouts);
    if replications == 0 {
        return None;
    }
    let timing = Timing {
        wall_s: started.elapsed().as_secs_f64(),
        runs: finished.iter().map(|run| run_timing(plan, run)).collect(),
        threads: threads as u32,
        peak_memory_bytes: memory::peak_bytes(),
    };
    let output = summary::output(plan, resolved_toml, config_hash, workload, &finished, replications);
    let events = finished.iter().map(|run| run.report.outcome.events).sum();
    let requests = finished.iter().map(|run| run.report.count(Counter::Arrived)).sum();
    let simulated_s = finished.iter().map(|run| run.report.outcome.end.as_secs_f64()).sum();
    Some(Outcome { output, timing, replications, events, requests, simulated_s })
}

fn run_timing(plan: &Plan, run: &Finished) -> RunTiming {
    RunTiming {
        layout: plan.layouts[run.key.layout].name.clone(),
        replication: run.key.replication,
        wall_s: run.wall_s,
    }
}

/// Runs the jobs in order on a number of threads; the results come in the order of the keys. A job that returns
/// `None` stops those that have not begun.
fn run_all(keys: &[RunKey], threads: usize, job: impl Fn(RunKey) -> Option<Finished> + Sync) -> Vec<Option<Finished>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Finished>>> = keys.iter().map(|_| Mutex::new(None)).collect();
    rayon::scope(|scope| {
        for _ in 0..threads.clamp(1, keys.len()) {
            scope.spawn(|_| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&key) = keys.get(index) else { return };
                    let finished = job(key);
                    if !finished.as_ref().is_some_and(Finished::is_whole) {
                        next.store(keys.len(), Ordering::Relaxed);
                    }
                    *results[index].lock().expect("no job panics while it holds its result") = finished;
                }
            });
        }
    });
    results.into_iter().map(|result| result.into_inner().expect("all jobs have ended")).collect()
}

/// One run; `None` when the observer stops it before it begins, and where it cannot read or write what it has to.
pub(super) fn run_one(subject: Subject<'_>, key: RunKey, observer: &impl Observer) -> Option<Finished> {
    let started = now();
    let Subject { plan, workload, requests, .. } = subject;
    let (window, bin) = (workload.length(), plan.experiment.outputs.series_interval);
    let mut heard = Collector::new(window, bin, workload.functions().len());
    let mut look = Look { observer, key, window, seen: 0, requests };
    if !observer.progress(key, 0.0, 0) {
        return None;
    }
    // Two recorders, so that a run without files of requests pays nothing for them.
    let (report, warning) = match requests {
        None => simulate(plan, workload, key, &mut heard, &mut look),
        Some(folder) => {
            let writer = folder.writer(&plan.layouts[key.layout].name, key.replication);
            let writer = writer.map_err(|error| folder.fail(error)).ok()?;
            let mut both = WithRequests { heard, writer };
            let done = simulate(plan, workload, key, &mut both, &mut look);
            both.writer.finish();
            heard = both.heard;
            done
        }
    };
    // The trace could not be read to its end: this run and those that follow would be of a part of it.
    if workload.read_fault().is_some() || requests.is_some_and(|folder| folder.fault().is_some()) {
        return None;
    }
    observer.finished(key);
    Some(Finished { key, report, heard, warning, wall_s: started.elapsed().as_secs_f64() })
}

/// One run, heard by `recorder`; and something the user should know.
fn simulate<R: Recorder>(
    plan: &Plan,
    workload: &Workload,
    key: RunKey,
    recorder: &mut R,
    look: &mut impl Watch,
) -> (RunReport, Option<String>) {
    let experiment = &plan.experiment;
    let layout = &plan.layouts[key.layout];
    let root = RootSeed::new(experiment.seed, key.replication);
    let spacing = experiment.workload.spacing;
    let scope = Scope {
        window: workload.length(),
        bin: experiment.outputs.series_interval,
        drain: experiment.limits.drain,
        events: experiment.limits.events,
        run_out: false,
    };
    let functions = workload.functions();
    match &layout.platform {
        Platform::Serverless(platform) => {
            let mut setup = world::serverless_setup(layout, platform, &experiment.workload, functions, root);
            world::foresee(&mut setup, || workload.arrivals(root, spacing));
            let invocations = workload.arrivals(root, spacing);
            (world::run_serverless(setup, invocations, &scope, recorder, look), None)
        }
        Platform::Serverful(platform) => {
            let peak = || {
                let demand = |invocation: crate::workload::Invocation| {
                    (invocation.at, invocation.duration, functions[invocation.function].memory)
                };
                peak_demand(workload.arrivals(root, spacing).map(demand))
            };
            let (sizing, warning) = world::fleet_plan(platform, layout.vm_limit, peak);
            let setup = world::serverful_setup(layout, platform, &experiment.workload, functions, sizing, root);
            let invocations = workload.arrivals(root, spacing);
            (world::run_serverful(setup, invocations, &scope, recorder, look), warning)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "wall-clock times are written apart from the results")]
pub(super) fn now() -> Instant {
    Instant::now()
}
