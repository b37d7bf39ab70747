//! The loop of wake-ups, in the engine.

use super::fifo::FifoStation;
use super::shared::SharedStation;
use super::{Left, Resource, Share, Station, Ticket};
use crate::engine::{self, Limits, Scheduler, World};
use crate::units::{Span, Time};

/// A host with a schedule of what happens to it, in milliseconds.
struct Host<R> {
    script: &'static [(u64, Act)],
    next: usize,
    station: Station<R>,
    tickets: Vec<Ticket>,
    left: Vec<f64>,
    done: Vec<(usize, u64)>,
}

#[derive(Clone, Copy)]
enum Act {
    Begin(u64),
    Cancel(usize),
    Capacity(u32),
}

fn ms(ms: u64) -> Time {
    Time::ZERO + Span::from_ms(ms)
}

impl<R: Resource<Job = usize, Work = Span>> World for Host<R> {
    type Event = ();
    fn next_arrival(&self) -> Time {
        self.script.get(self.next).map_or(Time::MAX, |act| ms(act.0))
    }
    fn arrive(&mut self, now: Time, queue: &mut Scheduler<()>) {
        match self.script[self.next].1 {
            Act::Begin(work) => {
                let job = self.tickets.len();
                self.tickets.push(self.station.begin(now, job, Span::from_ms(work), (), queue));
            }
            Act::Cancel(job) => self.left.push(self.station.cancel(now, self.tickets[job], (), queue).get()),
            Act::Capacity(ppm) => self.station.set_capacity(now, Share::from_ppm(ppm), (), queue),
        }
        self.next += 1;
    }
    fn handle(&mut self, now: Time, (): (), queue: &mut Scheduler<()>) {
        if self.station.fires(now) {
            while let Some(job) = self.station.pop(now, (), queue) {
                self.done.push((job, now.as_ps() / Span::from_ms(1).as_ps()));
            }
        }
    }
    fn fingerprint((): &()) -> u64 {
        0
    }
}

fn run<R: Resource<Job = usize, Work = Span>>(
    resource: R,
    script: &'static [(u64, Act)],
) -> (Vec<(usize, u64)>, Vec<f64>, u64) {
    let station = Station::new(resource);
    let mut host = Host { script, next: 0, station, tickets: Vec::new(), left: Vec::new(), done: Vec::new() };
    let outcome = engine::run(&mut host, &Limits::default(), &mut ());
    (host.done, host.left, outcome.events)
}

#[test]
fn wake_ups_follow_what_changes() {
    const SCRIPT: &[(u64, Act)] = &[
        (0, Act::Begin(100)),
        (0, Act::Begin(20)),
        // Earlier: b alone would end at 40.
        (10, Act::Cancel(0)),
        // Later: the host is down from 20 to 50.
        (20, Act::Capacity(0)),
        (50, Act::Capacity(500_000)),
        (60, Act::Begin(10)),
    ];
    // b has done 5 at 10, 15 at 20 and is done at 60 at half speed; c takes 20.
    let (done, left, _) = run(SharedStation::new(1), SCRIPT);
    assert_eq!((done, left), (vec![(1, 60), (2, 80)], vec![0.95]));
    // At one server in turn: a has done 10 at 10, b 10 at 20; the rest takes 20 from 50 on, c 20 from 70 on.
    let (done, left, _) = run(FifoStation::new(1), SCRIPT);
    assert_eq!((done, left), (vec![(1, 70), (2, 90)], vec![0.9]));
}

#[test]
fn what_does_not_change_the_next_end_costs_no_wake_up() {
    const SCRIPT: &[(u64, Act)] = &[(0, Act::Begin(10)), (1, Act::Begin(50)), (2, Act::Begin(70))];
    let (done, _, events) = run(SharedStation::new(3), SCRIPT);
    assert_eq!((done, events), (vec![(0, 10), (1, 51), (2, 72)], 6));
}

#[test]
fn shares_and_what_is_left_stay_in_range() {
    assert_eq!([Share::from_ppm(2_000_000), Share::nearest(7.0), Share::nearest(1.0)], [Share::ALL; 3]);
    assert_eq!([Share::nearest(-1.0), Share::nearest(4e-7)], [Share::NONE; 2]);
    assert_eq!([Left::of(3.0, 2.0), Left::of(-1.0, 2.0), Left::of(1.0, 0.0)], [Left::ALL, Left::NONE, Left::NONE]);
}
