//! A pool of accelerators, each for one request at a time, first come first served, with preparation beside it.

use std::collections::VecDeque;

use sdcsim::ids::RequestId;
use sdcsim::record::Component;
use sdcsim::station::{Left, Resource, Share, Station, Ticket, Usage};
use sdcsim::units::{Span, Time};
use sdcsim::world::stage::{Stage, Work};

use super::{One, Toy, at};

/// A resource of the test's own: so many devices.
struct Devices {
    count: usize,
    busy: Vec<(Time, RequestId)>,
    queue: VecDeque<(RequestId, Span)>,
    served: u128,
    peak: u32,
}

impl Devices {
    fn fill(&mut self, now: Time) {
        while self.busy.len() < self.count
            && let Some((job, work)) = self.queue.pop_front()
        {
            self.busy.push((now + work, job));
            self.served += u128::from(work.as_ps());
        }
    }
}

impl Resource for Devices {
    type Job = RequestId;
    type Work = Span;

    fn begin(&mut self, now: Time, job: RequestId, work: Span) -> Ticket {
        self.queue.push_back((job, work));
        self.peak = self.peak.max((self.queue.len() + self.busy.len()) as u32);
        self.fill(now);
        Ticket::new(0, u128::from(job.raw()), work.as_ps())
    }
    fn next(&self) -> Time {
        self.busy.iter().map(|job| job.0).min().unwrap_or(Time::MAX)
    }
    fn pop(&mut self, now: Time) -> Option<RequestId> {
        let done = self.busy.iter().position(|job| job.0 <= now)?;
        let (_, job) = self.busy.remove(done);
        self.fill(now);
        Some(job)
    }
    fn cancel(&mut self, now: Time, ticket: Ticket) -> Left {
        self.queue.retain(|job| u128::from(job.0.raw()) != ticket.key());
        let left = self.busy.iter().find(|job| u128::from(job.1.raw()) == ticket.key()).map(|job| job.0.since(now));
        self.busy.retain(|job| u128::from(job.1.raw()) != ticket.key());
        self.fill(now);
        left.map_or(Left::ALL, |left| Left::of(left.as_ps_f64(), ticket.work() as f64))
    }
    fn set_capacity(&mut self, _: Time, _: Share) {
        unreachable!("no device of this test fails")
    }
    fn usage(&self, now: Time) -> Usage {
        let possible = u128::from(now.as_ps()) * self.count as u128;
        Usage { served: self.served, possible, peak_jobs: self.peak }
    }
    fn restart_peaks(&mut self) {
        self.peak = self.busy.len() as u32;
    }
}

#[test]
fn two_devices_serve_five_requests() {
    let devices = Devices { count: 2, busy: Vec::new(), queue: VecDeque::new(), served: 0, peak: 0 };
    let stages = |work| {
        let kernel = Span::from_secs(work);
        vec![
            Stage::delay(Span::from_secs(1), Component::LocalMemory),
            Stage::new(Work::On(kernel), Component::Queue)
                .with_parts([(Component::Compute, kernel), (Component::Compute, Span::ZERO)]),
        ]
    };
    let requests = [4, 2, 3, 3, 1].map(|work| (at(0), stages(work))).to_vec();
    let mut toy = Toy::new(One(Station::new(devices)), requests);
    // From 1 s on: 4 on the one until 5; 2 until 3, then 3 until 6 on the other; 3 from 5 to 8; 1 from 6 to 7.
    assert_eq!(toy.run(), [5.0, 3.0, 6.0, 8.0, 7.0]);
    let queued = toy.ends.iter().flatten().map(|(_, breakdown)| breakdown.get(Component::Queue).as_secs_f64());
    assert_eq!(queued.collect::<Vec<_>>(), [0.0, 0.0, 2.0, 4.0, 5.0]);
    let usage = toy.shared.0.resource.usage(at(8));
    assert_eq!((usage.served, usage.possible, usage.peak_jobs), (13_000_000_000_000, 16_000_000_000_000, 5));
}
