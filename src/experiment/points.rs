//! The points of a sweep: their ids, which of them are there already, and what varies between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::raw::Scale;
use crate::config::sweep::{Axis, Sweep, Swept};
use crate::config::{config_hash, plan};
use crate::output::{self, Manifest, OutputsInfo, SweepAxis, SweepFigure, SweepKey, SweepManifest};
use crate::problem::{Problem, Problems};

use super::summary::outputs_info;
use super::workloads::Digests;

/// A point of a sweep, and the name of its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointId {
    /// Which point, from zero.
    pub index: usize,
    /// The run id of its configuration, trace and seed.
    pub id: String,
    /// What is to be written besides its summary.
    pub outputs: OutputsInfo,
}

/// The run ids of all points, in order. Every point's values are checked against its keys on `threads` threads, and
/// no two points may mean the same.
///
/// # Errors
/// What is wrong with any point, each problem once.
pub fn point_ids(sweep: &Sweep, threads: usize) -> Result<Vec<PointId>, Problems> {
    let results: Vec<Mutex<Option<Result<PointId, Problems>>>> =
        (0..sweep.points()).map(|_| Mutex::new(None)).collect();
    let (next, digests) = (AtomicUsize::new(0), Digests::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, results.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(result) = results.get(index) else { return };
                    *result.lock().expect("no thread panics while it holds a result") =
                        Some(id_of(sweep, index, &digests));
                }
            });
        }
    });
    let (mut ids, mut problems, mut first) = (Vec::new(), Problems::default(), BTreeMap::new());
    for (index, result) in results.into_iter().enumerate() {
        match result.into_inner().expect("no thread panics while it holds a result").expect("all points were looked at")
        {
            Ok(point) => {
                if let Some(other) = first.insert(point.id.clone(), index) {
                    problems.push(same(sweep, other, index));
                }
                ids.push(point);
            }
            Err(wrong) => problems.extend(wrong),
        }
    }
    once(problems).or_ok(ids)
}

/// Whether the point has whole and sound results of this version of the program in `folder` already, with just the files that
/// it is to have.
///
/// # Errors
/// A file of them that is no longer what was written.
pub fn is_done(point: &PointId, folder: &Path) -> Result<bool, Problem> {
    let folder = folder.join(&point.id);
    if !folder.exists() {
        return Ok(false);
    }
    let manifest = output::read_manifest(&folder);
    let is_other = |found: &Manifest| found.version != env!("CARGO_PKG_VERSION") || found.outputs != point.outputs;
    if manifest.as_ref().is_ok_and(is_other) {
        return Ok(false);
    }
    output::check_sums(&folder)?;
    Ok(manifest.is_ok_and(|found| output::run_id(&found) == point.id && found.audits.iter().all(|audit| audit.holds)))
}

/// What is varied and drawn, for the manifest of the sweep's results. What only results tell is left open.
pub fn sweep_manifest(sweep: &Sweep, points: &[PointId], figure: Vec<SweepFigure>) -> SweepManifest {
    let raw = &sweep.base().raw;
    let key = |swept: &Swept| SweepKey {
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

fn id_of(sweep: &Sweep, index: usize, digests: &Digests) -> Result<PointId, Problems> {
    let loaded = sweep.point(index)?;
    let hash = config_hash(&loaded.raw, digests.get(&loaded).as_deref());
    let outputs = outputs_info(&plan::Outputs::resolve(&loaded.raw.outputs));
    Ok(PointId { index, id: output::run_id_of(&hash, loaded.raw.seed), outputs })
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
