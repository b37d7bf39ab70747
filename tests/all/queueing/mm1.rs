//! The engine knows nothing about data centres: an M/M/1 queue in forty lines.

use std::collections::VecDeque;

use sdcsim::engine::{self, Limits, Scheduler, World};
use sdcsim::rng::{RootSeed, Stream};
use sdcsim::units::{Span, Time};

/// Poisson arrivals at 0.5 /s, exponential service with mean 1 s, one server, first in, first out.
struct Mm1 {
    arrivals: Stream,
    service: Stream,
    next: Time,
    present: VecDeque<Time>,
    responses: Vec<f64>,
}

impl World for Mm1 {
    type Event = ();
    fn next_arrival(&self) -> Time {
        if self.responses.len() < 200_000 { self.next } else { Time::MAX }
    }
    fn arrive(&mut self, now: Time, queue: &mut Scheduler<()>) {
        self.next = now + Span::from_secs_f64(2.0 * self.arrivals.exponential());
        self.present.push_back(now);
        if self.present.len() == 1 {
            queue.after(Span::from_secs_f64(self.service.exponential()), ());
        }
    }
    fn handle(&mut self, now: Time, (): (), queue: &mut Scheduler<()>) {
        let arrived = self.present.pop_front().expect("somebody is served");
        self.responses.push(now.since(arrived).as_secs_f64());
        if !self.present.is_empty() {
            queue.after(Span::from_secs_f64(self.service.exponential()), ());
        }
    }
    fn fingerprint((): &()) -> u64 {
        0
    }
}

fn run(seed: u64) -> (Mm1, engine::Outcome) {
    let stream = |purpose| RootSeed::new(seed, 0).stream(purpose, &[]);
    let mut world = Mm1 {
        arrivals: stream("arrivals"),
        service: stream("service"),
        next: Time::ZERO,
        present: VecDeque::new(),
        responses: vec![],
    };
    let outcome = engine::run(&mut world, &Limits::default(), &mut ());
    (world, outcome)
}

#[test]
fn an_mm1_queue_in_forty_lines() {
    let (world, outcome) = run(1);
    let mean = world.responses.iter().sum::<f64>() / world.responses.len() as f64;
    // 1 / (1 − 0.5) = 2 s; four standard errors are 0.05 s (variance 4 s², correlation time about 7 requests).
    assert!((mean - 2.0).abs() < 0.05, "mean response {mean} s");
    assert_eq!(outcome.events, 2 * world.responses.len() as u64);
    assert_eq!(outcome.hash, run(1).1.hash);
    assert_ne!(outcome.hash, run(2).1.hash);
}
