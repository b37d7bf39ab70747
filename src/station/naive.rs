//! What the stations' tests compare with: the definition, counted down step by step in doubles.

use proptest::prelude::*;

use super::{Resource, Share, Ticket};
use crate::units::{Span, Time};

/// Jobs that run at rates given by their number; every change counts down all of them.
pub struct Naive<L> {
    law: L,
    pub now: f64,
    pub share: f64,
    pub guests: usize,
    pub jobs: Vec<Job>,
    pub served: f64,
    /// ∫ share dt.
    pub power: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub left: f64,
    pub done: Option<f64>,
    gone: bool,
}

/// The rates of `n` jobs (the guests last) at a share of the capacity.
pub trait Rates: Fn(usize, f64) -> Vec<f64> {}
impl<F: Fn(usize, f64) -> Vec<f64>> Rates for F {}

impl<L: Rates> Naive<L> {
    pub fn new(law: L) -> Self {
        Self { law, now: 0.0, share: 1.0, guests: 0, jobs: Vec::new(), served: 0.0, power: 0.0 }
    }
    /// The jobs that are not over, in order of entry, and their rates; then those of the guests.
    pub fn rates(&self) -> (Vec<usize>, Vec<f64>) {
        let running: Vec<usize> =
            (0..self.jobs.len()).filter(|&i| self.jobs[i].done.is_none() && !self.jobs[i].gone).collect();
        let rates = (self.law)(running.len() + self.guests, self.share);
        (running, rates)
    }
    /// Counts down to `to`.
    pub fn go_to(&mut self, to: f64) {
        loop {
            let (running, rates) = self.rates();
            let done = |job: usize| self.jobs[running[job]].left <= 1e-7 && rates[job] > 0.0;
            if let Some(job) = (0..running.len()).find(|&job| done(job)) {
                self.jobs[running[job]].done = Some(self.now);
                continue;
            }
            if self.now >= to {
                return;
            }
            let until = |(&job, rate): (&usize, &f64)| if *rate > 0.0 { self.jobs[job].left / rate } else { f64::MAX };
            let first = running.iter().zip(&rates).map(until).fold(f64::MAX, f64::min);
            let end = self.now + first;
            let step = end.min(to) - self.now;
            for (&job, rate) in running.iter().zip(&rates) {
                self.jobs[job].left -= rate * step;
            }
            self.served += rates.iter().sum::<f64>() * step;
            self.power += self.share * step;
            self.now = end.min(to);
        }
    }
    /// Whether nobody is done at just this time, so that rounding does not decide how many there are.
    fn is_settled(&self) -> bool {
        let apart = |job: &Job| job.done.map_or(job.left, |done| self.now - done) > 1e-6;
        self.jobs.iter().all(|job| job.gone || apart(job))
    }
    fn begin(&mut self, work: u64) {
        self.jobs.push(Job { left: work as f64, done: None, gone: false });
    }
}

/// What can happen to a station.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Begin(u64),
    /// One of those that are there.
    Cancel(usize),
    /// 64ths of the capacity.
    Share(u32),
    Enter,
    Leave,
}

/// Steps with their times in picoseconds, in order.
pub fn steps(guests: bool) -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        8 => (0_u64..500).prop_map(Step::Begin),
        2 => (0_usize..100).prop_map(Step::Cancel),
        1 => prop_oneof![Just(0), Just(64), 1_u32..64].prop_map(Step::Share),
        u32::from(guests) => Just(Step::Enter),
        u32::from(guests) => Just(Step::Leave),
    ];
    let at = prop_oneof![4 => 0_u64..2_000, 1 => (0_u64..20).prop_map(|k| 100 * k)];
    prop::collection::vec((at, step), 1..60).prop_map(|mut steps| {
        steps.sort_by_key(|step| step.0);
        steps
    })
}

/// A station under test.
pub trait Tested: Resource<Job = usize, Work = Span> {
    fn enter(&mut self, _now: Time) {}
    fn leave(&mut self, _now: Time) {}
    /// The rate of a job, where all have the same.
    fn rate(&mut self, _now: Time) -> Option<f64> {
        None
    }
}

/// Takes a station and the definition through `steps`, and compares all that can be seen. Equal times: the step comes
/// first, so that jobs are cancelled, too, that are done but not popped.
pub fn compare<R: Tested, L: Rates>(mut station: R, mut naive: Naive<L>, capacity: f64, steps: &[(u64, Step)]) {
    let mut tickets: Vec<Option<Ticket>> = Vec::new();
    let mut popped = Vec::new();
    let rest = [(3_000, Step::Share(64)), (100_000, Step::Share(64))];
    for &(at, step) in steps.iter().chain(&rest) {
        pop_until(&mut station, at, &mut tickets, &mut popped);
        naive.go_to(at as f64);
        apply(&mut station, &mut naive, at, step, &mut tickets);
        naive.go_to(at as f64);
        let now = Time::from_ps(at);
        if let (Some(rate), (_, rates), true) = (station.rate(now), naive.rates(), naive.is_settled())
            && let Some(expected) = rates.first()
        {
            assert!((rate - expected).abs() < 1e-8, "rate {rate} for {expected} at {at}");
        }
        let usage = station.usage(now);
        assert!(usage.served <= usage.possible, "{usage:?}");
        assert_near(usage.served, naive.served, 1.0 + 1e-6 * naive.jobs.len() as f64);
        assert_near(usage.possible, naive.power * capacity, 1.0 + 1e-6);
    }
    assert!(station.next() == Time::MAX && tickets.iter().all(Option::is_none), "some never end");
    for (job, at) in popped {
        let done = naive.jobs[job].done.expect("a job ended that does not");
        let late = at as f64 - done;
        assert!((-1e-6..1.0 + 1e-6).contains(&late), "job {job} ended at {at} for {done}");
    }
}

fn assert_near(got: u128, expected: f64, by: f64) {
    assert!((got as f64 - expected).abs() < by, "{got} for {expected}");
}

fn pop_until<R: Tested>(station: &mut R, at: u64, tickets: &mut [Option<Ticket>], popped: &mut Vec<(usize, u64)>) {
    while station.next() < Time::from_ps(at) {
        let now = station.next();
        let before = popped.len();
        while let Some(job) = station.pop(now) {
            assert!(tickets[job].take().is_some(), "job {job} ends after it has left");
            popped.push((job, now.as_ps()));
        }
        assert!(popped.len() > before && station.next() > now, "nothing was due at {now}");
    }
}

fn apply<R: Tested, L: Rates>(
    station: &mut R,
    naive: &mut Naive<L>,
    at: u64,
    step: Step,
    tickets: &mut Vec<Option<Ticket>>,
) {
    let now = Time::from_ps(at);
    match step {
        Step::Begin(work) => {
            tickets.push(Some(station.begin(now, tickets.len(), Span::from_ps(work))));
            naive.begin(work);
        }
        Step::Cancel(which) => {
            let there: Vec<usize> = (0..tickets.len()).filter(|&job| tickets[job].is_some()).collect();
            let Some(&job) = there.get(which % there.len().max(1)) else { return };
            let ticket = tickets[job].take().expect("it is there");
            let left = station.cancel(now, ticket).get() * ticket.work() as f64;
            let expected = naive.jobs[job].left.max(0.0);
            assert!((left - expected).abs() < 1e-6, "job {job} has {left} left for {expected}");
            naive.jobs[job].gone = true;
        }
        // Who is to be done just now may be left for ever with the last 2^-32 ps of its work.
        Step::Share(0) if !naive.is_settled() => {}
        Step::Share(share) => {
            station.set_capacity(now, Share::from_ppm(15_625 * share));
            naive.share = f64::from(share) / 64.0;
        }
        Step::Enter => {
            station.enter(now);
            naive.guests += 1;
        }
        Step::Leave if naive.guests > 0 => {
            station.leave(now);
            naive.guests -= 1;
        }
        Step::Leave => {}
    }
}
