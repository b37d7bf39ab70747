//! Running one experiment: a sweep of one point, of which an interruption leaves the whole replications.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::RunFiles;
use crate::problem::Problems;

use super::jobs::{self, Opened, Points};
use super::kept::Kept;
use super::point::{Outcome, Point};
use super::prepare::Prepared;
use super::simulate::{Observer, Subject, now};

/// The one point of an experiment without a sweep.
struct One<'a> {
    point: Arc<Point<Subject<'a>>>,
    opened: AtomicBool,
}

impl<'a> Points for One<'a> {
    type Subject = Subject<'a>;
    fn open(&self) -> Option<Opened<Subject<'a>>> {
        (!self.opened.swap(true, Ordering::Relaxed)).then(|| Ok(Arc::clone(&self.point)))
    }
}

/// Runs a [prepared](super::prepare) experiment: all layouts in all replications, on `threads` threads. `None` when
/// it was interrupted before the first replication was complete. Where the workload has a
/// [read fault](crate::workload::Workload::read_fault) afterwards, or the [files](super::run_files) of single runs a
/// [fault](RunFiles::fault), there is no result.
///
/// # Errors
/// Threads that cannot be started.
pub fn run(
    prepared: &Prepared,
    files: Option<&RunFiles>,
    threads: usize,
    observer: &impl Observer,
) -> Result<Option<Outcome>, Problems> {
    resume(prepared, None, files, threads, observer)
}

/// As [`run`], going on after the replications that were `kept`: the same results as of one run of all. `None` when it was
/// interrupted before one more replication was complete.
///
/// # Errors
/// Threads that cannot be started.
pub fn resume(
    prepared: &Prepared,
    kept: Option<Kept>,
    files: Option<&RunFiles>,
    threads: usize,
    observer: &impl Observer,
) -> Result<Option<Outcome>, Problems> {
    let subject = Subject { prepared, files };
    let first = kept.as_ref().map_or(0, Kept::replications);
    let point = Arc::new(Point::new(0, subject, first, now()));
    let one = One { point: Arc::clone(&point), opened: AtomicBool::new(false) };
    // Whole or not, the point is summed up below; of faults, workload and requests tell themselves.
    jobs::run(&one, threads.min(point.jobs()), observer, |_| Ok(()))?;
    Ok(point.gather(kept, threads))
}
