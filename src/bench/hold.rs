//! The hold model: a queue with a constant number of pending events, each step of which removes the first and adds
//! one after a random increment (Jones, CACM 29(4), 1986: the standard test of event queues).

use std::fmt;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::engine::EventQueue;
use crate::rng::{RootSeed, Stream};
use crate::units::{Span, Time};

use super::clock::CpuClock;
use super::{grouped, peak};
use crate::experiment::peak_memory_bytes;

/// How far ahead new events are scheduled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum Mix {
    /// Exponential, with a mean of one second.
    #[default]
    Exponential,
    /// Half exponential with a mean of ten microseconds, half exactly ten minutes: completions and keep-alive timers.
    NearFar,
    /// One second for every other event, and now for the rest: as many ties as there can be.
    Ties,
    /// Exponential with a mean of one second, and beside each event a timeout after ten minutes that is called off
    /// when the event comes.
    Timeouts,
}

/// `bench hold`
#[derive(Clone, Debug, Args)]
pub struct HoldSpec {
    /// Events that wait at any time.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=200_000_000))]
    pub pending: u64,
    /// Events that are removed and added.
    #[arg(long, value_name = "E", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub events: u64,
    /// How far ahead they are scheduled.
    #[arg(long, value_enum, default_value = "exponential")]
    pub mix: Mix,
    /// Seed of the increments.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

impl Default for HoldSpec {
    fn default() -> Self {
        Self { pending: 1_000, events: 10_000_000, mix: Mix::Exponential, seed: 1 }
    }
}

/// What the hold test measures.
#[derive(Clone, Debug, Serialize)]
pub struct HoldResult {
    /// Events that wait at any time.
    pub pending: u64,
    /// Events removed and added.
    pub events: u64,
    /// How far ahead.
    pub mix: Mix,
    /// Processor time of one removal and one insertion, in nanoseconds.
    pub ns_per_event: f64,
    /// The reciprocal.
    pub events_per_cpu_s: f64,
    /// The most memory the process has held, in bytes, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Over the order of all events removed: the same for the same arguments on any machine.
    pub checksum: String,
}

/// Increments drawn before the clock starts.
const DRAWN: usize = 1 << 16;
const SECOND: u64 = Span::from_secs(1).as_ps();
const TIMEOUT: u64 = Span::from_secs(600).as_ps();

fn increments(mix: Mix, stream: &mut Stream) -> Vec<u64> {
    let exponential = |stream: &mut Stream, mean: u64| (stream.exponential() * mean as f64) as u64;
    (0..DRAWN)
        .map(|i| match mix {
            Mix::Exponential | Mix::Timeouts => exponential(stream, SECOND),
            Mix::NearFar if i % 2 == 0 => exponential(stream, SECOND / 100_000),
            Mix::NearFar => TIMEOUT,
            Mix::Ties => (i as u64 % 2) * SECOND,
        })
        .collect()
}

/// Runs the test: first as many events as are pending (at most as many as are timed), then those that are timed.
pub fn run(spec: &HoldSpec) -> HoldResult {
    let mut stream = RootSeed::new(spec.seed, 0).stream("hold", &[]);
    let increments = increments(spec.mix, &mut stream);
    let mut hold = Hold { queue: EventQueue::new(), increments, step: 0, checksum: 0, mix: spec.mix };
    for event in 0..spec.pending {
        // Steady state from the start would need the equilibrium distribution; warming up brings it about.
        let increment = hold.increments[event as usize % DRAWN];
        hold.queue.push(Time::from_ps(increment), event);
    }
    hold.steps(spec.pending.min(spec.events));
    let clock = CpuClock::start();
    hold.steps(spec.events);
    let cpu_s = clock.cpu_s();
    HoldResult {
        pending: spec.pending,
        events: spec.events,
        mix: spec.mix,
        ns_per_event: cpu_s * 1e9 / spec.events as f64,
        events_per_cpu_s: spec.events as f64 / cpu_s.max(1e-9),
        peak_memory_bytes: peak_memory_bytes(),
        checksum: format!("{:016x}", hold.checksum),
    }
}

struct Hold {
    queue: EventQueue<u64>,
    increments: Vec<u64>,
    step: usize,
    checksum: u64,
    mix: Mix,
}

/// Marks the events that stand for timeouts.
const CALLED_OFF: u64 = 1 << 63;

impl Hold {
    fn steps(&mut self, count: u64) {
        if self.mix == Mix::Timeouts {
            return self.steps_with_timeouts(count);
        }
        for _ in 0..count {
            let (now, event) = self.take();
            self.checksum = self.checksum.rotate_left(5) ^ event.wrapping_add(now);
            self.add(now, event);
        }
    }

    /// Each event brings a timeout along that is off by the time it is due.
    fn steps_with_timeouts(&mut self, count: u64) {
        for _ in 0..count {
            let (now, event) = loop {
                let (now, event) = self.take();
                if event & CALLED_OFF == 0 {
                    break (now, event);
                }
            };
            self.checksum = self.checksum.rotate_left(5) ^ event.wrapping_add(now);
            self.queue.push(Time::from_ps(now + TIMEOUT), event | CALLED_OFF);
            self.add(now, event);
        }
    }

    fn take(&mut self) -> (u64, u64) {
        let (time, event) = self.queue.pop_until(Time::MAX).expect("the number of pending events is constant");
        (time.as_ps(), event)
    }

    fn add(&mut self, now: u64, event: u64) {
        let increment = self.increments[self.step % DRAWN];
        self.step += 1;
        self.queue.push(Time::from_ps(now + increment), event);
    }
}

impl fmt::Display for HoldResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "event queue, {:>10} pending: {:6.1} ns per event, {:.1} million events/s{}",
            grouped(self.pending),
            self.ns_per_event,
            self.events_per_cpu_s / 1e6,
            peak(self.peak_memory_bytes)
        )
    }
}
