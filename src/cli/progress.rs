//! Progress of an experiment or a sweep: a bar with rate and time left on a terminal, plain lines elsewhere.

use super::done::tell;
use std::io::IsTerminal;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::experiment::{Observer, RunKey};

/// No word is said before this much time: short runs stay quiet.
const PATIENCE: Duration = Duration::from_secs(2);
/// Time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// Steps of the bar in one run.
const STEPS: u64 = 1000;

/// Watches all runs; stops them when the user interrupts.
#[derive(Debug)]
pub struct Progress {
    stop: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    lines: bool,
    started: Instant,
    last_line: Mutex<Instant>,
    /// How far each run is, in steps.
    shares: Vec<AtomicU64>,
    layouts: usize,
    /// The first replication that is run.
    first: u32,
    events: AtomicU64,
}

impl Progress {
    /// Over the runs of so many layouts in these replications; silent with `quiet`. Ctrl-C from now on stops the runs in good order.
    pub fn new(layouts: usize, replications: Range<u32>, quiet: bool) -> Self {
        let stop = stop_on_interrupt("keeping the replications that are complete");
        let terminal = std::io::stderr().is_terminal();
        let runs = layouts * replications.len();
        let started = now();
        Self {
            stop,
            bar: (terminal && !quiet).then(|| bar(runs as u64 * STEPS)),
            lines: !terminal && !quiet,
            started,
            last_line: Mutex::new(started),
            shares: (0..runs).map(|_| AtomicU64::new(0)).collect(),
            layouts,
            first: replications.start,
            events: AtomicU64::new(0),
        }
    }

    /// Whether the user interrupted.
    pub fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes the bar away.
    pub fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn set(&self, run: RunKey, step: u64) {
        self.shares[(run.replication - self.first) as usize * self.layouts + run.layout].store(step, Ordering::Relaxed);
        let total: u64 = self.shares.iter().map(|share| share.load(Ordering::Relaxed)).sum();
        let rate = self.events.load(Ordering::Relaxed) as f64 / self.started.elapsed().as_secs_f64().max(1e-3) / 1e6;
        if let Some(bar) = &self.bar {
            bar.set_position(total);
            bar.set_message(format!("{rate:.1} million events/s"));
        } else if self.lines {
            self.line(total as f64 / (self.shares.len() as u64 * STEPS) as f64, rate);
        }
    }

    fn line(&self, share: f64, rate: f64) {
        let Ok(mut last) = self.last_line.try_lock() else { return };
        let first = *last == self.started;
        if last.elapsed() >= if first { PATIENCE } else { BETWEEN_LINES } {
            *last = now();
            let left = self.started.elapsed().as_secs_f64() * (1.0 - share) / share.max(1e-3);
            tell!("{:3.0} % done, {rate:.1} million events/s, about {left:.0} s left", share * 100.0);
        }
    }
}

impl Observer for Progress {
    fn progress(&self, run: RunKey, share: f64, events: u64) -> bool {
        self.events.fetch_add(events, Ordering::Relaxed);
        self.set(run, (share * STEPS as f64) as u64);
        !self.interrupted()
    }
    fn finished(&self, run: RunKey) {
        self.set(run, STEPS);
    }
}

/// A flag that Ctrl-C sets from now on, telling what becomes of what was done. A second Ctrl-C ends the program at
/// once. Signals that were ignored from the start stay so ([`keep_ignored`](super::ignored::keep_ignored)). Without a handler the first one does: nothing else is lost.
fn stop_on_interrupt(keeping: &'static str) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        tell!("\ninterrupted: {keeping} (once more to stop at once)");
    });
    stop
}

/// Watches the points of a sweep; stops them when the user interrupts.
#[derive(Debug)]
pub struct SweepProgress {
    stop: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    lines: bool,
    started: Instant,
    last_line: Mutex<Instant>,
    done: AtomicU64,
    total: u64,
    events: AtomicU64,
}

impl SweepProgress {
    /// Over so many points; silent with `quiet`. Ctrl-C from now on stops the sweep in good order.
    pub fn new(points: usize, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let started = now();
        Self {
            stop: stop_on_interrupt("keeping the points that are complete"),
            bar: (terminal && !quiet).then(|| bar(points as u64)),
            lines: !terminal && !quiet,
            started,
            last_line: Mutex::new(started),
            done: AtomicU64::new(0),
            total: points as u64,
            events: AtomicU64::new(0),
        }
    }

    /// Whether the user interrupted.
    pub fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes the bar away, and returns how long it stood, in seconds.
    pub fn finish(&self) -> f64 {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.started.elapsed().as_secs_f64()
    }

    fn rate(&self) -> f64 {
        self.events.load(Ordering::Relaxed) as f64 / self.started.elapsed().as_secs_f64().max(1e-3) / 1e6
    }

    /// A line now and then, where there is no terminal to draw a bar on.
    fn line(&self) {
        let Ok(mut last) = self.last_line.try_lock() else { return };
        let first = *last == self.started;
        if last.elapsed() >= if first { PATIENCE } else { BETWEEN_LINES } {
            *last = now();
            let (done, total, rate) = (self.done.load(Ordering::Relaxed), self.total, self.rate());
            let each = self.started.elapsed().as_secs_f64() / done.max(1) as f64;
            let left = each * total.saturating_sub(done) as f64;
            let left = if done > 0 { format!(", about {left:.0} s left") } else { String::new() };
            tell!("{done} of {total} points done, {rate:.1} million events/s{left}");
        }
    }
}

impl Observer for SweepProgress {
    fn progress(&self, _run: RunKey, _share: f64, events: u64) -> bool {
        self.events.fetch_add(events, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            let done = self.done.load(Ordering::Relaxed);
            bar.set_message(format!("{done} of {} points, {:.1} million events/s", self.total, self.rate()));
        } else if self.lines {
            self.line();
        }
        !self.interrupted()
    }
    fn finished(&self, _run: RunKey) {}
    fn point(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }
}

fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(5));
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

#[expect(clippy::disallowed_methods, reason = "progress is shown in wall-clock time")]
fn now() -> Instant {
    Instant::now()
}

/// Says that something of unknown length is still going on, once it takes longer than two seconds: a line that grows on a
/// terminal, a plain line every ten seconds elsewhere.
#[derive(Debug)]
pub struct Waiting {
    rows: Arc<AtomicU64>,
    /// Dropping it ends the thread.
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// From now on, for `what`, such as "reading".
    pub fn new(what: &'static str) -> Self {
        let rows = Arc::new(AtomicU64::new(0));
        let (done, is_done) = channel();
        let seen = Arc::clone(&rows);
        // Without a thread nothing is told, and nothing else is lost.
        let thread = thread::Builder::new().spawn(move || tell_of(what, &seen, &is_done)).ok();
        Self { rows, done: Some(done), thread }
    }

    /// So many rows or events are done.
    pub fn at(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    /// It is over, and nothing more is told.
    pub fn done(self) {}
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to say but what it printed.
            let _ = thread.join();
        }
    }
}

/// Tells of `what` until `done` is closed.
fn tell_of(what: &str, rows: &AtomicU64, done: &Receiver<()>) {
    let terminal = std::io::stderr().is_terminal();
    let started = now();
    let mut pause = PATIENCE;
    while done.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let rows = rows.load(Ordering::Relaxed) as f64 / 1e6;
        let count = if rows > 0.0 { format!(", {rows:.1} million so far") } else { String::new() };
        let line = format!("{what}: {:.0} s{count}", started.elapsed().as_secs_f64());
        if terminal {
            tell!(raw "\r{line}\x1b[K");
        } else {
            tell!("{line}");
        }
        pause = if terminal { Duration::from_secs(1) } else { BETWEEN_LINES };
    }
    if terminal && pause < PATIENCE {
        tell!(raw "\r\x1b[K");
    }
}
