//! The station as a world of the engine, and the log of what happened to its requests.

use std::collections::VecDeque;

use crate::engine::{Scheduler, World};
use crate::rng::{RootSeed, Stream};
use crate::station;
use crate::station::shared::SharedStation;
use crate::stats::Level;
use crate::units::{Span, Time};

use super::{BATCHES, Discipline, QueueSpec, Service, WARM_UP};

/// A station with its arrivals.
pub struct Station {
    arrival_gap_s: f64,
    arrivals: Stream,
    next_arrival: Time,
    service: Service,
    mean: Span,
    service_draws: Stream,
    servers: u64,
    capacity: u64,
    server: Server,
    log: Log,
}

enum Server {
    Fifo { busy: u64, waiting: VecDeque<Request> },
    Shared(Box<station::Station<SharedStation<Request>>>),
}

#[derive(Clone, Copy)]
struct Request {
    arrived: Time,
    work: Span,
}

/// What the station schedules for itself.
#[derive(Clone, Copy)]
pub enum Event {
    /// A server is done with its request (FIFO).
    Departure,
    /// The shared station may have a completion (PS).
    Completion,
}

/// What is known of a request once its departure is.
pub struct Served {
    pub wait: Span,
    pub response: Span,
}

/// Integrals of the levels at the boundary between two batches.
pub struct Boundary {
    pub at: Time,
    /// ∫ requests in the system dt, in picoseconds.
    pub in_system: u128,
    /// ∫ busy servers dt, in picoseconds.
    pub busy: u128,
}

/// What happened after the warm-up.
pub struct Log {
    /// Requests discarded before: the warm-up, and what would not fill a batch.
    pub discarded: u64,
    /// The end of the warm-up, then the end of each batch of requests.
    pub boundaries: Vec<Boundary>,
    pub served: Vec<Served>,
    /// For each measured request, whether it was rejected.
    pub rejected: Vec<bool>,
    requests: u64,
    batch: u64,
    /// Requests so far whose fate is known.
    decided: u64,
    in_system: Level,
    busy: Level,
}

impl Station {
    pub fn new(spec: &QueueSpec) -> Self {
        let seed = RootSeed::new(spec.seed, 0);
        let server = match spec.discipline {
            Discipline::Fifo => Server::Fifo { busy: 0, waiting: VecDeque::new() },
            Discipline::Ps => Server::Shared(Box::new(station::Station::new(SharedStation::new(spec.servers)))),
        };
        let mut station = Self {
            arrival_gap_s: 1.0 / spec.arrival_rate.0,
            arrivals: seed.stream("arrivals", &[]),
            next_arrival: Time::ZERO,
            service: spec.service,
            mean: spec.mean,
            service_draws: seed.stream("service", &[]),
            servers: u64::from(spec.servers),
            capacity: spec.capacity.map_or(u64::MAX, u64::from),
            server,
            log: Log::new(spec.requests),
        };
        station.draw_next_arrival();
        station
    }

    pub fn into_log(self) -> Log {
        self.log
    }

    fn draw_next_arrival(&mut self) {
        let gap = Span::from_secs_f64(self.arrival_gap_s * self.arrivals.exponential());
        self.next_arrival = self.next_arrival.saturating_add(gap);
    }

    fn set_in_system(&mut self, now: Time, requests: u64) {
        self.log.in_system.set(now, requests);
        self.log.busy.set(now, requests.min(self.servers));
    }

    /// The departure of a request under FIFO is known when its service starts.
    fn serve(log: &mut Log, now: Time, request: Request, queue: &mut Scheduler<Event>) {
        let wait = now.since(request.arrived);
        let response = Span::from_ps(wait.as_ps().saturating_add(request.work.as_ps()));
        log.decide(now, Some(Served { wait, response }));
        queue.after(request.work, Event::Departure);
    }
}

impl World for Station {
    type Event = Event;

    fn next_arrival(&self) -> Time {
        // Requests keep coming until the fate of the last measured one is known: under PS they slow it down.
        if self.log.is_complete() { Time::MAX } else { self.next_arrival }
    }

    fn arrive(&mut self, now: Time, queue: &mut Scheduler<Event>) {
        self.draw_next_arrival();
        // Drawn for requests rejected too, so that a capacity shifts nobody's service time.
        let request = Request { arrived: now, work: self.service.draw(self.mean, &mut self.service_draws) };
        let present = self.log.in_system.get();
        if present >= self.capacity {
            self.log.decide(now, None);
            return;
        }
        self.set_in_system(now, present + 1);
        match &mut self.server {
            Server::Fifo { busy, waiting } => {
                if *busy < self.servers {
                    *busy += 1;
                    Self::serve(&mut self.log, now, request, queue);
                } else {
                    waiting.push_back(request);
                }
            }
            Server::Shared(station) => {
                station.begin(now, request, request.work, Event::Completion, queue);
            }
        }
    }

    fn handle(&mut self, now: Time, event: Event, queue: &mut Scheduler<Event>) {
        let mut left = self.log.in_system.get();
        match (event, &mut self.server) {
            (Event::Departure, Server::Fifo { busy, waiting }) => {
                left -= 1;
                match waiting.pop_front() {
                    Some(request) => Self::serve(&mut self.log, now, request, queue),
                    None => *busy -= 1,
                }
            }
            (Event::Completion, Server::Shared(station)) => {
                if !station.fires(now) {
                    return; // a wake-up that is out of date
                }
                while let Some(request) = station.pop(now, Event::Completion, queue) {
                    left -= 1;
                    let response = now.since(request.arrived);
                    self.log.decide(now, Some(Served { wait: response - request.work, response }));
                }
            }
            _ => unreachable!("each discipline has its own event"),
        }
        self.set_in_system(now, left);
    }

    fn fingerprint(event: &Event) -> u64 {
        match event {
            Event::Departure => 0,
            Event::Completion => 1,
        }
    }
}

impl Log {
    fn new(requests: u64) -> Self {
        let kept = requests - (requests as f64 * WARM_UP) as u64;
        let batches = kept.min(BATCHES as u64);
        let batch = kept / batches;
        let mut log = Self {
            discarded: requests - batches * batch,
            boundaries: Vec::with_capacity(BATCHES + 1),
            served: Vec::new(),
            rejected: Vec::new(),
            requests,
            batch,
            decided: 0,
            in_system: Level::new(Time::ZERO, 0),
            busy: Level::new(Time::ZERO, 0),
        };
        log.mark_boundary(Time::ZERO);
        log
    }

    fn is_complete(&self) -> bool {
        self.decided == self.requests
    }

    /// The fate of one more request is known: its times, or that it was rejected.
    fn decide(&mut self, now: Time, served: Option<Served>) {
        if self.is_complete() {
            return;
        }
        self.decided += 1;
        if self.decided > self.discarded {
            self.rejected.push(served.is_none());
            self.served.extend(served);
        }
        self.mark_boundary(now);
    }

    fn mark_boundary(&mut self, now: Time) {
        if self.decided >= self.discarded && (self.decided - self.discarded).is_multiple_of(self.batch) {
            self.boundaries.push(Boundary {
                at: now,
                in_system: self.in_system.integral(now),
                busy: self.busy.integral(now),
            });
        }
    }
}
