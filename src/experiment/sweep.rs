//! Running a sweep: its points through the loop over jobs, each written to its folder as soon as it is whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::Loaded;
use crate::config::effect::{AlongAxes, Effects};
use crate::config::raw::Experiment;
use crate::config::sweep::Sweep;
use crate::output::{self, RunFiles};
use crate::problem::{Problem, Problems};

use super::jobs::{self, Opened, Points, Reported};
use super::point::{HasSubject, Outcome, Point};
use super::points::PointId;
use super::prepare::{Prepared, prepare_with};
use super::run_files::run_files;
use super::simulate::{Observer, Subject, now};
use super::unused::unused;
use super::workloads::Workloads;

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
    /// Which of the keys that were written have an effect at these points.
    pub effects: Effects,
    /// Which of them turned out to have had one.
    pub used: Effects,
    /// Keys along the axes that have none at some of these points.
    pub along_axes: AlongAxes,
}

/// What the results of one point depend on.
#[derive(Debug)]
struct Owned {
    loaded: Loaded<Experiment>,
    prepared: Prepared,
    files: Option<RunFiles>,
}

impl HasSubject for Owned {
    fn subject(&self) -> Subject<'_> {
        Subject { prepared: &self.prepared, files: self.files.as_ref() }
    }
}

/// Points of a sweep, prepared when their turn comes.
struct Turn<'a> {
    sweep: &'a Sweep,
    points: &'a [PointId],
    /// Where the points' folders will be.
    folder: &'a Path,
    next: AtomicUsize,
    workloads: Workloads,
}

impl Points for Turn<'_> {
    type Subject = Owned;
    fn open(&self) -> Option<Opened<Owned>> {
        let point = self.points.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some(self.prepare(point.index).map(Arc::new))
    }
}

impl Turn<'_> {
    fn prepare(&self, index: usize) -> Result<Point<Owned>, Reported<Owned>> {
        let started = now();
        let unfit = |problems| Reported::Unfit(index, problems);
        let loaded = self.sweep.point(index).map_err(unfit)?;
        let prepared = prepare_with(&loaded, |loaded| self.workloads.get(loaded)).map_err(unfit)?;
        let files = run_files(&prepared, None, self.folder).map_err(|error| Reported::Unwritable(error.to_string()))?;
        Ok(Point::new(index, Owned { loaded, prepared, files }, 0, started))
    }
}

/// Runs `points` of the sweep on `threads` threads, and writes each to its folder in `folder` as soon as it is whole.
/// Ends early, with whole points only, when the observer says so.
///
/// # Errors
/// Results that cannot be written, and threads that cannot be started. Points that cannot be run are in the result
/// instead, and the others go on.
pub fn sweep(
    sweep: &Sweep,
    points: &[PointId],
    folder: &Path,
    threads: usize,
    observer: &impl Observer,
) -> Result<Swept, Problems> {
    let turn = Turn { sweep, points, folder, next: AtomicUsize::new(0), workloads: Workloads::new(threads + 1) };
    let mut swept = Swept::default();
    jobs::run(&turn, threads, observer, |told| {
        match told {
            Reported::Unfit(index, problems) => {
                swept.failed.insert(index, Failed::Unfit(problems));
            }
            Reported::Unwritable(why) => return Err(unwritable(folder, why)),
            Reported::Whole(point) => swept.add(turn.sweep, &point, folder, threads)?,
        }
        observer.point();
        Ok(())
    })?;
    Ok(swept)
}

fn unwritable(folder: &Path, why: String) -> Problems {
    Problem::with_file(folder, why, "choose another place with --out DIR").into()
}

impl Swept {
    /// Adds which keys have an effect at points that were not run, as they are there already.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn add_kept(&mut self, sweep: &Sweep, points: impl Iterator<Item = usize>) -> Result<(), Problems> {
        let workloads = Workloads::new(1);
        for index in points {
            let loaded = sweep.point(index)?;
            let prepared = prepare_with(&loaded, |loaded| workloads.get(loaded))?;
            self.along_axes.add(&loaded, &prepared.effects, sweep.keys());
            self.effects.extend(prepared.effects);
        }
        Ok(())
    }
    /// Writes a whole point to its folder.
    fn add(&mut self, sweep: &Sweep, point: &Point<Owned>, folder: &Path, threads: usize) -> Result<(), Problems> {
        let Owned { loaded, prepared, .. } = &point.subject;
        self.along_axes.add(loaded, &prepared.effects, sweep.keys());
        self.effects.extend(prepared.effects.clone());
        let Some(outcome) = point.gather(None, threads) else { return Ok(()) };
        self.used.extend(unused(loaded, &prepared.plan, &outcome.output));
        let Outcome { output, timing, events, requests, .. } = &outcome;
        output::write_in(output, timing, point.subject.files.as_ref(), folder)
            .map_err(|error| unwritable(folder, error.to_string()))?;
        self.written += 1;
        self.events += events;
        self.requests += requests;
        if !output.manifest.audits.iter().all(|audit| audit.holds) {
            self.failed.insert(point.index, Failed::Broken);
        }
        Ok(())
    }
}
