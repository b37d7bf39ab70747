//! An M/M/1 queue: a world of one's own on the engine, with a station of the library, compared with the closed form.
//!
//!     cargo run --release --example queue

use std::error::Error;

use sdcsim::engine::{self, Limits, Scheduler, World};
use sdcsim::rng::{RootSeed, Stream};
use sdcsim::station::Station;
use sdcsim::station::fifo::FifoStation;
use sdcsim::stats::{BATCHES, batch_means};
use sdcsim::units::{Span, Time};

/// Requests a second, and seconds that each takes on average.
const RATE: f64 = 0.8;
const SERVICE_S: f64 = 1.0;
const REQUESTS: usize = 200_000;

/// A job is the time at which it arrived; the only event is the station's.
struct Queue {
    server: Station<FifoStation<Time>>,
    next: Time,
    arrivals: Stream,
    service: Stream,
    arrived: usize,
    responses_s: Vec<f64>,
}

impl World for Queue {
    type Event = ();

    fn next_arrival(&self) -> Time {
        if self.arrived < REQUESTS { self.next } else { Time::MAX }
    }

    fn arrive(&mut self, now: Time, queue: &mut Scheduler<()>) {
        self.arrived += 1;
        self.next = now + Span::from_secs_f64(self.arrivals.exponential() / RATE);
        let work = Span::from_secs_f64(self.service.exponential() * SERVICE_S);
        self.server.begin(now, now, work, (), queue);
    }

    fn handle(&mut self, now: Time, (): (), queue: &mut Scheduler<()>) {
        if self.server.fires(now) {
            while let Some(arrived) = self.server.pop(now, (), queue) {
                self.responses_s.push(now.since(arrived).as_secs_f64());
            }
        }
    }

    fn fingerprint((): &()) -> u64 {
        0
    }
}

/// Simulates, prints, and fails where the mean is not that of the closed form.
pub fn main() -> Result<(), Box<dyn Error>> {
    let stream = |purpose| RootSeed::new(1, 0).stream(purpose, &[]);
    let mut queue = Queue {
        server: Station::new(FifoStation::new(1)),
        next: Time::ZERO,
        arrivals: stream("arrivals"),
        service: stream("service"),
        arrived: 0,
        responses_s: Vec::new(),
    };
    let outcome = engine::run(&mut queue, &Limits::default(), &mut ());
    // The first tenth is the warm-up of a station that starts empty.
    let measured = batch_means(&queue.responses_s[REQUESTS / 10..], BATCHES, 0.99).ok_or("nothing was measured")?;
    let expected = 1.0 / (1.0 / SERVICE_S - RATE);
    println!("mean response {:.3} s ± {:.3} s (99 %), expected {expected:.3} s", measured.mean, measured.half_width);
    println!("{} events, hash {:016x}", outcome.events, outcome.hash);
    if measured.contains(expected) { Ok(()) } else { Err("the interval misses the closed form".into()) }
}
