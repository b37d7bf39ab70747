//! Time on the processor.

use std::time::Instant;

/// Measures the processor time of this thread where the system tells (Linux), else the time on the wall.
#[derive(Debug)]
pub struct CpuClock {
    wall: Instant,
    cpu_ns: Option<u64>,
}

impl CpuClock {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "a benchmark is about the clock")]
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu_ns: thread_cpu_ns() }
    }
    /// Seconds on the wall since the start.
    pub fn wall_s(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }
    /// Seconds on the processor since the start.
    pub fn cpu_s(&self) -> f64 {
        match (self.cpu_ns, thread_cpu_ns()) {
            (Some(start), Some(end)) => (end - start) as f64 / 1e9,
            _ => self.wall_s(),
        }
    }
}

/// The first number of schedstat: nanoseconds on the processor.
fn thread_cpu_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let ns = text.split_whitespace().next()?.parse().ok()?;
    // Zero where the kernel keeps no such figure.
    (ns > 0).then_some(ns)
}
