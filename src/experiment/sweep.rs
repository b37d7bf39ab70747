//! Running a sweep: the jobs of all points from one sequence, made as threads ask for them.
//!
//! A thread that finds no job left in the points that are open prepares the next point; so no core idles where one
//! point ends and the next begins, and at most one point more than there are threads is open. A point whose jobs are
//! all done goes to the calling thread, which sums it up, writes its folder and drops it. The queue to that thread
//! is short: if the disk cannot keep up, the threads wait for it, and memory does not grow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use crate::config::plan::Plan;
use crate::config::raw::Scale;
use crate::config::sweep::{Axis, Sweep};
use crate::config::{config_hash, resolved_toml};
use crate::output::{self, RequestFolder, SweepAxis, SweepFigure, SweepKey, SweepManifest};
use crate::problem::{Problem, Problems};
use crate::workload::Workload;

use super::prepare::{Prepared, prepare_with};
use super::requests::request_folder;
use super::run::{self, Finished, Observer, Outcome, RunKey, Subject};
use super::workloads::Workloads;

/// A point of a sweep, and the name of its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointId {
    /// Which point, from zero.
    pub index: usize,
    /// The run id of its configuration and seed.
    pub id: String,
}

/// Watches a sweep, from any thread.
pub trait SweepObserver: Sync {
    /// A run has handled so many events since the last call. Returns whether to go on.
    fn events(&self, events: u64) -> bool;
    /// A point has its folder, or has failed.
    fn point(&self);
}

/// Why a point has no sound results.
#[derive(Clone, Debug)]
pub enum Failed {
    /// It cannot be run.
    Unfit(Problems),
    /// A conservation law does not hold; its folder is there.
    Broken,
}

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Points that were run and written.
    pub written: usize,
    /// Points that failed, by index.
    pub failed: BTreeMap<usize, Failed>,
    /// Events handled in all.
    pub events: u64,
    /// Requests served in all.
    pub requests: u64,
}

/// The run ids of all points, in order. Every point's values are checked against its keys on `threads` threads, and
/// no two points may mean the same.
///
/// # Errors
/// What is wrong with any point, each problem once.
pub fn point_ids(sweep: &Sweep, threads: usize) -> Result<Vec<PointId>, Problems> {
    let results: Vec<Mutex<Option<Result<String, Problems>>>> = (0..sweep.points()).map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, results.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(result) = results.get(index) else { return };
                    *locked(result) = Some(id_of(sweep, index));
                }
            });
        }
    });
    let (mut ids, mut problems, mut first) = (Vec::new(), Problems::default(), BTreeMap::new());
    for (index, result) in results.into_iter().enumerate() {
        match result.into_inner().expect("no thread panics while it holds a result").expect("all points were looked at")
        {
            Ok(id) => {
                if let Some(other) = first.insert(id.clone(), index) {
                    problems.push(same(sweep, other, index));
                }
                ids.push(PointId { index, id });
            }
            Err(wrong) => problems.extend(wrong),
        }
    }
    once(problems).or_ok(ids)
}

/// Whether the point has whole and sound results of this version of the program in `folder` already.
pub fn is_done(point: &PointId, folder: &Path) -> bool {
    output::read_scalars(&folder.join(&point.id)).is_ok_and(|found| {
        let manifest = &found.manifest;
        let same = manifest.version == env!("CARGO_PKG_VERSION") && output::run_id(manifest) == point.id;
        same && manifest.audits.iter().all(|audit| audit.holds)
    })
}

/// What is varied and drawn, for the manifest of the sweep's results. What only results tell is left open.
pub fn sweep_manifest(sweep: &Sweep, points: &[PointId], figure: Vec<SweepFigure>) -> SweepManifest {
    let raw = &sweep.base().raw;
    let key = |swept: &crate::config::sweep::Swept| SweepKey {
        key: swept.key.clone(),
        unit: swept.unit.clone(),
        numeric: swept.numeric,
        values: swept.cells.clone(),
    };
    let axis = |axis: &Axis| SweepAxis {
        label: axis.label.clone(),
        log: axis.scale == Scale::Log,
        keys: axis.keys.iter().map(key).collect(),
    };
    SweepManifest {
        program: "sdcsim".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: raw.name.clone(),
        question: raw.question.clone(),
        points: points.len() as u64,
        ids: points.iter().map(|point| point.id.clone()).collect(),
        axis: sweep.axes.iter().map(axis).collect(),
        figure,
        ..SweepManifest::default()
    }
}

fn id_of(sweep: &Sweep, index: usize) -> Result<String, Problems> {
    let loaded = sweep.point(index)?;
    Ok(output::run_id_of(&config_hash(&loaded.raw), loaded.raw.seed))
}

fn same(sweep: &Sweep, one: usize, other: usize) -> Problem {
    let message = format!("two points are the same: {} and {}", sweep.settings(one), sweep.settings(other));
    Problem::with_file(&sweep.base().file, message, "leave out one of the values")
}

/// Each problem once: a wrong value is in many points, and a key that is wrong at all of its values.
fn once(problems: Problems) -> Problems {
    let mut told = BTreeSet::new();
    let is_new =
        |problem: &Problem| told.insert((problem.file.clone(), problem.subject.clone(), problem.message.clone()));
    Problems(problems.0.into_iter().filter(is_new).collect())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds a lock")
}

/// A point whose runs are under way.
struct Open {
    index: usize,
    plan: Plan,
    workload: Arc<Workload>,
    resolved_toml: String,
    config_hash: String,
    requests: Option<RequestFolder>,
    keys: Vec<RunKey>,
    next: AtomicUsize,
    left: AtomicUsize,
    runs: Vec<Mutex<Option<Finished>>>,
    started: Instant,
}

/// A run of an open point, by its place in `keys`.
type Job = (Arc<Open>, usize);

/// What threads tell the one that writes.
enum Told {
    Whole(Arc<Open>),
    Unfit(usize, Problems),
    Unwritable(String),
}

/// What the threads share.
struct Shared<'a, O> {
    sweep: &'a Sweep,
    points: &'a [PointId],
    /// Where the points' folders will be.
    folder: &'a Path,
    next: AtomicUsize,
    open: Mutex<VecDeque<Arc<Open>>>,
    workloads: Workloads,
    stop: AtomicBool,
    observer: &'a O,
}

/// Runs `points` of the sweep on `threads` threads, and writes each to its folder in `folder` as soon as it is whole.
/// Ends early, with whole points only, when the observer says so.
///
/// # Errors
/// Results that cannot be written. Points that cannot be run are in the result instead, and the others go on.
pub fn sweep(
    sweep: &Sweep,
    points: &[PointId],
    folder: &Path,
    threads: usize,
    observer: &impl SweepObserver,
) -> Result<Swept, Problems> {
    let shared = Shared {
        sweep,
        points,
        folder,
        next: AtomicUsize::new(0),
        open: Mutex::new(VecDeque::new()),
        workloads: Workloads::new(threads + 1),
        stop: AtomicBool::new(false),
        observer,
    };
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(1);
        for _ in 0..threads.max(1) {
            let (sender, shared) = (sender.clone(), &shared);
            scope.spawn(move || shared.work(&sender));
        }
        drop(sender);
        let done = write_all(&receiver, folder, threads, observer);
        // After a full disk, the threads must not wait for somebody who no longer listens.
        shared.stop.store(true, Ordering::Relaxed);
        drop(receiver);
        done
    })
}

/// Writes points as they come, until no thread is left that could send one.
fn write_all(
    receiver: &Receiver<Told>,
    folder: &Path,
    threads: usize,
    observer: &impl SweepObserver,
) -> Result<Swept, Problems> {
    let unwritable = |why: String| Problem::with_file(folder, why, "choose another place with --out DIR");
    let mut swept = Swept::default();
    for told in receiver {
        match told {
            Told::Unfit(index, problems) => {
                swept.failed.insert(index, Failed::Unfit(problems));
            }
            Told::Unwritable(why) => return Err(unwritable(why).into()),
            Told::Whole(open) => {
                let Some(outcome) = open.gather(threads) else { continue };
                let Outcome { output, timing, events, requests, .. } = &outcome;
                output::write_in(output, timing, open.requests.as_ref(), folder)
                    .map_err(|error| unwritable(error.to_string()))?;
                swept.written += 1;
                swept.events += events;
                swept.requests += requests;
                if !output.manifest.audits.iter().all(|audit| audit.holds) {
                    swept.failed.insert(open.index, Failed::Broken);
                }
            }
        }
        observer.point();
    }
    Ok(swept)
}

impl<O: SweepObserver> Shared<'_, O> {
    /// Takes jobs until there are none, or the sweep is to stop.
    fn work(&self, sender: &SyncSender<Told>) {
        while !self.stop.load(Ordering::Relaxed) {
            let told = match self.next_job() {
                Some(Ok((open, job))) => self.run(open, job),
                Some(Err(told)) => Some(told),
                None => return,
            };
            if told.is_some_and(|told| sender.send(told).is_err()) {
                return;
            }
        }
    }

    /// A job of a point that is open, or else the first job of the next point.
    fn next_job(&self) -> Option<Result<Job, Told>> {
        loop {
            {
                let mut queue = locked(&self.open);
                while let Some(open) = queue.front() {
                    let job = open.next.fetch_add(1, Ordering::Relaxed);
                    if job < open.keys.len() {
                        return Some(Ok((Arc::clone(open), job)));
                    }
                    queue.pop_front();
                }
            }
            let point = self.points.get(self.next.fetch_add(1, Ordering::Relaxed))?;
            // Without the lock: reading a workload may take long, and others may have jobs to take meanwhile.
            match self.open(point.index) {
                Ok(open) => locked(&self.open).push_back(Arc::new(open)),
                Err(told) => return Some(Err(told)),
            }
        }
    }

    fn open(&self, index: usize) -> Result<Open, Told> {
        let started = run::now();
        let unfit = |problems| Told::Unfit(index, problems);
        let loaded = self.sweep.point(index).map_err(unfit)?;
        let prepared = prepare_with(&loaded, |loaded| self.workloads.get(loaded)).map_err(unfit)?;
        let Prepared { plan, workload } = prepared;
        let config_hash = config_hash(&loaded.raw);
        let requests = request_folder(&plan, &config_hash, &workload, self.folder)
            .map_err(|error| Told::Unwritable(error.to_string()))?;
        let keys = run::keys(&plan);
        Ok(Open {
            index,
            workload,
            resolved_toml: resolved_toml(&loaded),
            config_hash,
            requests,
            next: AtomicUsize::new(0),
            left: AtomicUsize::new(keys.len()),
            runs: keys.iter().map(|_| Mutex::new(None)).collect(),
            keys,
            plan,
            started,
        })
    }

    /// Runs a job; tells the point where that was the last one of it, or where its trace cannot be read to the end.
    fn run(&self, open: Arc<Open>, job: usize) -> Option<Told> {
        let finished = run::run_one(open.subject(), open.keys[job], &Each(self.observer));
        if let Some(finished) = finished.filter(Finished::is_whole) {
            *locked(&open.runs[job]) = Some(finished);
            return (open.left.fetch_sub(1, Ordering::AcqRel) == 1).then_some(Told::Whole(open));
        }
        if let Some(problem) = open.workload.read_fault() {
            // The other jobs of this point would only find the same.
            let begun = open.next.swap(open.keys.len(), Ordering::Relaxed);
            return (begun < open.keys.len() || job + 1 == open.keys.len())
                .then(|| Told::Unfit(open.index, problem.into()));
        }
        self.stop.store(true, Ordering::Relaxed);
        open.requests.as_ref()?.fault().map(|error| Told::Unwritable(error.to_string()))
    }
}

impl Open {
    fn gather(&self, threads: usize) -> Option<Outcome> {
        let runs = self.runs.iter().map(|run| locked(run).take()).collect();
        run::gather(self.subject(), runs, threads, self.started)
    }

    fn subject(&self) -> Subject<'_> {
        let Self { plan, resolved_toml, config_hash, workload, requests, .. } = self;
        Subject { plan, resolved_toml, config_hash, workload, requests: requests.as_ref() }
    }
}

/// Tells a sweep's observer what happens in one run.
struct Each<'o, O>(&'o O);

impl<O: SweepObserver> Observer for Each<'_, O> {
    fn progress(&self, _run: RunKey, _share: f64, events: u64) -> bool {
        self.0.events(events)
    }
    fn finished(&self, _run: RunKey) {}
}
