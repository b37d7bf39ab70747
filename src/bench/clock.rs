//! Time on the processor.

use std::time::{Duration, Instant};

/// Measures the processor time of this thread where the system tells (Unix), else the time on the wall.
#[derive(Debug)]
pub struct CpuClock {
    wall: Instant,
    cpu: Option<Duration>,
}

impl CpuClock {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "a benchmark is about the clock")]
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: thread_cpu() }
    }
    /// Seconds on the wall since the start.
    pub fn wall_s(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }
    /// Seconds on the processor since the start.
    pub fn cpu_s(&self) -> f64 {
        match (self.cpu, thread_cpu()) {
            (Some(start), Some(end)) => end.saturating_sub(start).as_secs_f64(),
            _ => self.wall_s(),
        }
    }
}

#[cfg(unix)]
fn thread_cpu() -> Option<Duration> {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(Duration::from)
}

#[cfg(not(unix))]
fn thread_cpu() -> Option<Duration> {
    None
}
