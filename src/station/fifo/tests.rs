//! The queue against its definition, and against what is known in closed form.

use proptest::prelude::*;

use super::*;
use crate::rng::RootSeed;
use crate::station::naive::{Naive, Tested, compare, steps};

impl Tested for FifoStation<usize> {}

proptest! {
    #[test]
    fn it_is_the_naive_one(servers in 1_u32..6, steps in steps(false)) {
        let rate = |i, share| if i < servers as usize { share } else { 0.0 };
        let law = |n, share| (0..n).map(|i| rate(i, share)).collect();
        compare(FifoStation::new(servers), Naive::new(law), f64::from(servers), &steps);
    }
}

/// Takes all that is done until `now`, and tells when.
fn pop_until(station: &mut FifoStation<usize>, now: Time) -> Vec<(usize, u64)> {
    let mut done = Vec::new();
    while station.next() <= now && station.next() < Time::MAX {
        let now = station.next();
        while let Some(job) = station.pop(now) {
            done.push((job, now.as_ps()));
        }
    }
    done
}

/// Pollaczek and Khinchine: jobs of length `D` that come at random to one server at load ρ wait `ρ·D / (2(1 − ρ))`.
#[test]
fn jobs_of_one_length_wait_as_in_m_d_1() {
    const LENGTH: u64 = 1_000_000;
    for load in [0.2, 0.5, 0.8] {
        let mut gaps = RootSeed::new(7, 0).stream("gaps", &[]);
        let mut station = FifoStation::new(1);
        let (mut now, mut arrivals, mut waited) = (Time::ZERO, Vec::new(), 0.0);
        let mut take = |station: &mut FifoStation<usize>, until, arrivals: &[Time]| {
            for (job, at) in pop_until(station, until) {
                waited += (at - arrivals[job].as_ps() - LENGTH) as f64;
            }
        };
        for job in 0..300_000 {
            now += Span::from_ps((gaps.exponential() * LENGTH as f64 / load) as u64);
            take(&mut station, now, &arrivals);
            arrivals.push(now);
            station.begin(now, job, Span::from_ps(LENGTH));
        }
        take(&mut station, Time::from_ps(u64::MAX - 1), &arrivals);
        let mean = waited / 300_000.0 / LENGTH as f64;
        let expected = load / (2.0 * (1.0 - load));
        assert!((mean / expected - 1.0).abs() < 0.03, "mean wait {mean} for {expected} at load {load}");
    }
}

#[test]
fn whoever_comes_first_is_served_first() {
    let mut station = FifoStation::new(2);
    for job in 0..5 {
        station.begin(Time::ZERO, job, Span::from_ps(10));
    }
    assert_eq!((station.jobs(), station.waiting()), (5, 3));
    assert_eq!(pop_until(&mut station, Time::MAX), [(0, 10), (1, 10), (2, 20), (3, 20), (4, 30)]);
    assert_eq!(station.usage(Time::from_ps(30)), Usage { served: 50, possible: 60, peak_jobs: 5 });
}

#[test]
fn rounding_up_does_not_delay_the_others() {
    let mut station = FifoStation::new(1);
    station.set_capacity(Time::ZERO, Share::from_ppm(400_000));
    for job in 0..4 {
        station.begin(Time::ZERO, job, Span::from_ps(1));
    }
    // One every 2.5 ps.
    assert_eq!(pop_until(&mut station, Time::MAX), [(0, 3), (1, 5), (2, 8), (3, 10)]);
}

#[test]
fn a_cancelled_job_makes_room_and_leaves_nothing() {
    let mut station = FifoStation::new(1);
    let at = Time::from_ps;
    let first = station.begin(at(0), 0, Span::from_ps(10));
    station.begin(at(0), 1, Span::from_ps(10));
    assert_eq!(station.cancel(at(4), first), Left::of(6.0, 10.0));
    assert_eq!(station.next(), at(14));
    for i in 5..50_000 {
        let ticket = station.begin(at(5), i, Span::from_ps(10));
        assert_eq!(station.cancel(at(5), ticket), Left::ALL);
    }
    assert!(station.slots.len() <= 2 * FEW, "{} slots for one job", station.slots.len());
    assert_eq!(pop_until(&mut station, Time::MAX), [(1, 14)]);
    for i in 0..50_000 {
        let now = at(20 + i);
        let ticket = station.begin(now, 0, Span::from_secs(1));
        station.cancel(now, ticket);
    }
    assert!(station.slots.len() <= 2 * FEW && station.jobs() == 0, "{} slots for no job", station.slots.len());
}

#[test]
fn the_longest_work_does_not_overflow() {
    let mut station = FifoStation::new(1);
    station.set_capacity(Time::ZERO, Share::from_ppm(1));
    for job in 0..3 {
        station.begin(Time::ZERO, job, Span::MAX);
    }
    assert_eq!((station.next(), station.pop(Time::from_ps(u64::MAX - 1))), (Time::MAX, None));
    let usage = station.usage(Time::from_ps(u64::MAX - 1));
    assert!(usage.served <= usage.possible && usage.possible - usage.served <= 1, "{usage:?}");
}
