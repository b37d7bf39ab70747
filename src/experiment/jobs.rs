//! The one loop over (point, layout, replication): the jobs of all points from one sequence, made as threads ask for
//! them. A run of one experiment is a sweep of one point.
//!
//! A thread that finds no job left in the points that are open opens the next point; so no core idles where one
//! point ends and the next begins, and at most one point more than there are threads is open. A point whose jobs are
//! all done goes to the calling thread, which sums it up, writes its folder and drops it. The queue to that thread
//! is short: if the disk cannot keep up, the threads wait for it, and memory does not grow.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::problem::{Problem, Problems};

use super::point::{HasSubject, Point, Ran};
use super::simulate::Observer;

/// What threads tell the one that listens.
pub(super) enum Reported<S> {
    /// All runs of a point are done.
    Whole(Arc<Point<S>>),
    /// The point of this index cannot be run, or not to its end.
    Unfit(usize, Problems),
    /// Files of single runs cannot be written: no further run begins.
    Unwritable(String),
}

/// A point that was opened, or why it cannot be.
pub(super) type Opened<S> = Result<Arc<Point<S>>, Reported<S>>;

/// Where points come from.
pub(super) trait Points: Sync {
    /// What the results of a point depend on.
    type Subject: HasSubject;
    /// Opens the next point; `None` when there is none left. Called from any thread, and it may take long.
    fn open(&self) -> Option<Opened<Self::Subject>>;
}

/// A run of a point, by its place in the point's list; or what there is to tell where no point can be opened.
type Next<S> = Result<(Arc<Point<S>>, usize), Reported<S>>;

/// What the threads share.
struct Shared<'a, P: Points, O> {
    points: &'a P,
    open: Mutex<VecDeque<Arc<Point<P::Subject>>>>,
    stop: AtomicBool,
    observer: &'a O,
}

/// Does the jobs of all points on so many threads, and calls `listen` on the calling thread with all that they tell.
/// Ends early when the observer says so, leaving points that are not whole.
///
/// # Errors
/// Threads that cannot be started, and what `listen` returns, after which it is not called again.
pub(super) fn run<P: Points, O: Observer>(
    points: &P,
    threads: usize,
    observer: &O,
    mut listen: impl FnMut(Reported<P::Subject>) -> Result<(), Problems>,
) -> Result<(), Problems> {
    let shared = Shared { points, open: Mutex::new(VecDeque::new()), stop: AtomicBool::new(false), observer };
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(1);
        let mut done = Ok(());
        for _ in 0..threads.max(1) {
            let (sender, shared) = (sender.clone(), &shared);
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, move || shared.work(&sender)) {
                done = Err(no_threads(&error));
                break;
            }
        }
        drop(sender);
        let done = done.and_then(|()| receiver.iter().try_for_each(&mut listen));
        // After a full disk, the threads must not wait for somebody who no longer listens.
        shared.stop.store(true, Ordering::Relaxed);
        drop(receiver);
        done
    })
}

fn no_threads(error: &std::io::Error) -> Problems {
    Problem::with_file("", format!("no threads can be started: {error}"), "try --jobs 1").into()
}

impl<P: Points, O: Observer> Shared<'_, P, O> {
    /// Takes jobs until there are none, or all is to stop.
    fn work(&self, sender: &SyncSender<Reported<P::Subject>>) {
        while !self.stop.load(Ordering::Relaxed) {
            let told = match self.next_job() {
                Some(Ok((point, job))) => self.run(point, job),
                Some(Err(told)) => Some(told),
                None => return,
            };
            if told.is_some_and(|told| sender.send(told).is_err()) {
                return;
            }
        }
    }

    /// A job of a point that is open, or else the first job of the next point.
    fn next_job(&self) -> Option<Next<P::Subject>> {
        loop {
            {
                let mut open = self.open.lock().expect("no thread panics while it holds the points");
                while let Some(point) = open.front() {
                    if let Some(job) = point.take() {
                        return Some(Ok((Arc::clone(point), job)));
                    }
                    open.pop_front();
                }
            }
            // Without the lock: reading a workload may take long, and others may have jobs to take meanwhile.
            match self.points.open()? {
                Ok(point) => self.open.lock().expect("no thread panics while it holds the points").push_back(point),
                Err(told) => return Some(Err(told)),
            }
        }
    }

    /// Does a job; what there is to tell, where it was the last one of its point or shows that the point is unfit.
    fn run(&self, point: Arc<Point<P::Subject>>, job: usize) -> Option<Reported<P::Subject>> {
        match point.run(job, self.observer) {
            Ran::One | Ran::Known => None,
            Ran::Last => Some(Reported::Whole(point)),
            Ran::Unfit(problems) => Some(Reported::Unfit(point.index, problems)),
            Ran::Unwritable(why) => {
                self.stop.store(true, Ordering::Relaxed);
                Some(Reported::Unwritable(why))
            }
            Ran::Interrupted => {
                self.stop.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}
