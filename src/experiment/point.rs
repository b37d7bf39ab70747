//! A point whose runs are under way: which they are, which of them are done, and what they come to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use crate::config::plan::Plan;
use crate::output::{ExperimentOutput, RunFiles, RunTiming, Timing, UsedRow};
use crate::problem::Problems;
use crate::record::Counter;

use super::finished::{Finished, RunKey, used_of};
use super::kept::Kept;
use super::prepare::Prepared;
use super::simulate::{Observer, Subject, simulate};
use super::{memory, summary, vary};

/// What an experiment gave. Events, requests and times are of what was run now, not of replications that were kept.
#[derive(Debug)]
pub struct Outcome {
    /// The result files.
    pub output: ExperimentOutput,
    /// Wall-clock times.
    pub timing: Timing,
    /// What each run used, kept ones among them.
    pub used: Vec<UsedRow>,
    /// Replications that are complete; fewer than planned where the run was interrupted.
    pub replications: u32,
    /// Runs that were made.
    pub runs: usize,
    /// Wall-clock time that they took, in seconds.
    pub wall_s: f64,
    /// Events handled in all.
    pub events: u64,
    /// Requests served in all.
    pub requests: u64,
    /// Simulated time of all runs together, in seconds.
    pub simulated_s: f64,
}

/// What a point owns or borrows of that which its results depend on.
pub(super) trait HasSubject: Send + Sync {
    fn subject(&self) -> Subject<'_>;
}

impl HasSubject for Subject<'_> {
    fn subject(&self) -> Subject<'_> {
        *self
    }
}

/// The runs of one experiment, and what they gave so far. Threads take its jobs, which are places in its list of keys.
#[derive(Debug)]
pub(super) struct Point<S> {
    /// Which point of its sweep, from zero.
    pub index: usize,
    pub subject: S,
    /// The replications before this one are there already.
    first: u32,
    keys: Vec<RunKey>,
    next: AtomicUsize,
    left: AtomicUsize,
    unfit: AtomicBool,
    runs: Vec<Mutex<Option<Finished>>>,
    started: Instant,
}

/// What came of a job.
pub(super) enum Ran {
    /// A run; others of the point are still to end.
    One,
    /// The last run of the point.
    Last,
    /// The workload cannot be read to its end, or a layout cannot serve a replication's population, so not all of the point's
    /// runs can be whole. Reported by one job only.
    Unfit(Problems),
    /// As above, and told already.
    Known,
    /// The files of single runs cannot be written.
    Unwritable(String),
    /// The observer wants no more.
    Interrupted,
}

impl<S: HasSubject> Point<S> {
    /// All runs of an experiment from the replication `first` on, none of them done; `started` is when its preparation began. Replications are the
    /// outer loop, so that an interrupted experiment has whole ones.
    pub fn new(index: usize, subject: S, first: u32, started: Instant) -> Self {
        let plan = &subject.subject().prepared.plan;
        let layouts = plan.layouts.len();
        let keys: Vec<RunKey> = (first..plan.experiment.replications)
            .flat_map(|replication| (0..layouts).map(move |layout| RunKey { layout, replication }))
            .collect();
        Self {
            index,
            subject,
            first,
            next: AtomicUsize::new(0),
            left: AtomicUsize::new(keys.len()),
            unfit: AtomicBool::new(false),
            runs: keys.iter().map(|_| Mutex::new(None)).collect(),
            keys,
            started,
        }
    }

    /// How many runs it has in all.
    pub fn jobs(&self) -> usize {
        self.keys.len()
    }

    /// The next job that nobody has taken.
    pub fn take(&self) -> Option<usize> {
        let job = self.next.fetch_add(1, Ordering::Relaxed);
        (job < self.keys.len()).then_some(job)
    }

    /// Does a job and keeps what it gives.
    pub fn run(&self, job: usize, observer: &impl Observer) -> Ran {
        let subject = self.subject.subject();
        let Prepared { plan, workload, .. } = subject.prepared;
        let (key, experiment) = (self.keys[job], &plan.experiment);
        let served = workload.replicate(experiment.vary, experiment.seed, key.replication);
        let misfits = vary::check_population(plan, key.layout, &served);
        if !misfits.is_empty() {
            return self.unfit(misfits);
        }
        let finished = simulate(subject, &served, key, observer);
        if let Some(finished) = finished.filter(Finished::is_whole) {
            *self.runs[job].lock().expect("no thread panics while it holds a run") = Some(finished);
            return if self.left.fetch_sub(1, Ordering::AcqRel) == 1 { Ran::Last } else { Ran::One };
        }
        if let Some(problem) = subject.prepared.workload.read_fault() {
            // The other jobs of this point would only find the same.
            return self.unfit(problem.into());
        }
        let fault = subject.files.and_then(RunFiles::fault);
        fault.map_or(Ran::Interrupted, |error| Ran::Unwritable(error.to_string()))
    }

    /// No further job of this point is begun, and one of them tells why.
    fn unfit(&self, problems: Problems) -> Ran {
        self.next.store(self.keys.len(), Ordering::Relaxed);
        if self.unfit.swap(true, Ordering::Relaxed) { Ran::Known } else { Ran::Unfit(problems) }
    }

    /// Sums up the replications before the first run that is missing, `kept` ones among them, and lets go of the runs; `None`
    /// where not one replication is complete that was not kept.
    pub fn gather(&self, kept: Option<Kept>, threads: usize) -> Option<Outcome> {
        let prepared = self.subject.subject().prepared;
        let plan = &prepared.plan;
        let taken = self.runs.iter().map(|run| run.lock().expect("no thread panics while it holds a run").take());
        let mut finished: Vec<Finished> = taken.map_while(|run| run).collect();
        let layouts = plan.layouts.len();
        let replications = (finished.len() / layouts) as u32;
        finished.truncate(replications as usize * layouts);
        if replications == 0 && self.first < plan.experiment.replications {
            return None;
        }
        let replications = self.first + replications;
        let (kept, before, mut used) = match kept {
            Some(kept) => (Some(kept.output), kept.timing, kept.used),
            None => (None, Timing::default(), Vec::new()),
        };
        used.extend(finished.iter().map(used_of));
        let wall_s = self.started.elapsed().as_secs_f64();
        let timing = Timing {
            wall_s: before.wall_s + wall_s,
            runs: before.runs.into_iter().chain(finished.iter().map(|run| run_timing(plan, run))).collect(),
            threads: threads as u32,
            peak_memory_bytes: memory::peak_bytes(),
            sources: prepared.identity.sources.clone(),
        };
        let output = summary::output(prepared, kept, &finished, &used, replications);
        let events = finished.iter().map(|run| run.report.outcome.events).sum();
        let requests = finished.iter().map(|run| run.report.count(Counter::Arrived)).sum();
        let simulated_s = finished.iter().map(|run| run.report.outcome.end.as_secs_f64()).sum();
        let runs = finished.len();
        Some(Outcome { output, timing, used, replications, runs, wall_s, events, requests, simulated_s })
    }
}

fn run_timing(plan: &Plan, run: &Finished) -> RunTiming {
    RunTiming {
        layout: plan.layouts[run.key.layout].name.clone(),
        replication: run.key.replication,
        wall_s: run.wall_s,
    }
}
