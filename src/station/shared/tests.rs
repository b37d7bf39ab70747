//! The shared station against its definition.

use proptest::prelude::*;

use super::*;
use crate::station::fixed::ONE;
use crate::station::naive::{Naive, Rates, Tested, compare, steps};

impl Tested for SharedStation<usize> {
    fn enter(&mut self, now: Time) {
        SharedStation::enter(self, now);
    }
    fn leave(&mut self, now: Time) {
        SharedStation::leave(self, now);
    }
    fn rate(&mut self, now: Time) -> Option<f64> {
        Some(SharedStation::rate(self, now) as f64 / ONE as f64)
    }
}

/// Everybody has what `all` have together over their number.
fn fair(all: impl Fn(f64, f64) -> f64) -> impl Rates {
    move |n, share| vec![all(n as f64, share) / n as f64; n]
}

proptest! {
    #[test]
    fn a_link_is_the_naive_one(
        (numerator, denominator) in (1_u32..12, 1_u32..4),
        steps in steps(true),
    ) {
        let capacity = f64::from(numerator) / f64::from(denominator);
        let naive = Naive::new(fair(|n, share| n.min(capacity * share)));
        compare(SharedStation::with_capacity_ratio(numerator, denominator), naive, capacity, &steps);
    }

    #[test]
    fn cores_are_the_naive_ones((cores, second) in (1_u32..5, 0_u32..1000), steps in steps(true)) {
        let (m, s) = (f64::from(cores), 1.0 + f64::from(second) / 1000.0);
        let all = |n: f64, share: f64| share * if n <= m { n } else { (m + (n - m) * (s - 1.0)).min(m * s) };
        compare(SharedStation::of_cores(cores, s), Naive::new(fair(all)), m * s, &steps);
    }
}

#[test]
fn a_station_without_capacity_stands_still() {
    let mut station = SharedStation::new(2);
    let at = Time::from_ps;
    station.begin(at(0), 'a', Span::from_ps(10));
    station.set_capacity(at(4), Share::NONE);
    let ticket = station.begin(at(5), 'b', Span::ZERO);
    assert_eq!((station.next(), station.rate(at(6)), station.pop(at(1_000))), (Time::MAX, 0, None));
    assert_eq!(station.usage(at(1_000)), Usage { served: 4, possible: 8, peak_jobs: 2 });
    assert_eq!(station.cancel(at(1_000), ticket), Left::NONE);
    station.set_capacity(at(1_000), Share::ALL);
    assert_eq!((station.next(), station.jobs()), (at(1_006), 1));
}

#[test]
fn less_capacity_slows_cores_but_only_crowds_a_link() {
    let done = |mut station: SharedStation<usize>| {
        station.set_capacity(Time::ZERO, Share::from_ppm(500_000));
        station.begin(Time::ZERO, 0, Span::from_ps(100));
        station.next().as_ps()
    };
    assert_eq!(done(SharedStation::of_cores(4, 1.0)), 200);
    assert_eq!(done(SharedStation::of_cores(4, 1.3)), 200);
    assert_eq!(done(SharedStation::with_capacity_ratio(4, 1)), 100);
    assert_eq!(done(SharedStation::with_capacity_ratio(3, 2)), 134);
}

#[test]
fn a_guest_takes_its_share_and_is_told_of_it() {
    let mut station = SharedStation::new(1);
    let at = Time::from_ps;
    assert_eq!(station.rate(at(0)), ONE);
    station.enter(at(0));
    assert_eq!(station.rate(at(0)), ONE);
    station.begin(at(10), 'a', Span::from_ps(10));
    assert_eq!((station.rate(at(10)), station.jobs(), station.next()), (ONE / 2, 2, at(30)));
    station.leave(at(20));
    assert_eq!((station.rate(at(20)), station.next()), (ONE, at(25)));
    assert_eq!(station.usage(at(25)), Usage { served: 25, possible: 25, peak_jobs: 2 });
}

#[test]
fn the_cancelled_do_not_pile_up() {
    let mut station = SharedStation::new(1);
    station.begin(Time::ZERO, 0, Span::from_ps(200_000));
    for i in 1..100_000 {
        let ticket = station.begin(Time::from_ps(i), i, Span::from_ps(1 << 40));
        let left = station.cancel(Time::from_ps(i), ticket);
        assert_eq!(left, Left::ALL);
        assert!(station.jobs.len() <= 2 * FEW, "{} entries for one job", station.jobs.len());
    }
    assert_eq!((station.jobs(), station.next()), (1, Time::from_ps(200_000)));
}

#[test]
fn the_order_of_entry_starts_again_unseen() {
    let mut station = SharedStation { entered: i32::MAX as u32 - 2, ..SharedStation::new(1) };
    let tickets: Vec<Ticket> = (0..6).map(|i| station.begin(Time::ZERO, i, Span::from_ps(10 + i))).collect();
    assert_eq!(station.cancel(Time::from_ps(6), tickets[3]), Left::of(12.0, 13.0));
    let mut order = Vec::new();
    while station.next() < Time::MAX {
        order.extend(station.pop(station.next()));
    }
    assert_eq!(order, [0, 1, 2, 4, 5]);
}

/// Runs jobs given as (start, work) in ps, in order of start; returns each one's completion in ps.
fn completions(mut station: SharedStation<usize>, jobs: &[(u64, u64)]) -> Vec<u64> {
    let mut done = vec![u64::MAX; jobs.len()];
    let mut next = 0;
    loop {
        let arrival = jobs.get(next).map_or(Time::MAX, |job| Time::from_ps(job.0));
        let completion = station.next();
        let now = arrival.min(completion);
        if now == Time::MAX {
            break;
        }
        if completion <= arrival {
            while let Some(job) = station.pop(now) {
                done[job] = now.as_ps();
            }
            assert!(station.next() > now);
        } else {
            station.begin(now, next, Span::from_ps(jobs[next].1));
            next += 1;
        }
    }
    let work: u128 = jobs.iter().map(|job| u128::from(job.1)).sum();
    let end = Time::from_ps(done.iter().copied().max().unwrap_or(0));
    let busy = station.usage(end).served;
    assert!(busy.abs_diff(work) <= 1, "busy {busy} server-ps for {work} ps of work");
    done
}

/// The same by definition: at each change all remaining works are counted down, O(n) per change.
fn naive(capacity: impl Fn(f64) -> f64, jobs: &[(u64, u64)]) -> Vec<f64> {
    let mut left: Vec<f64> = jobs.iter().map(|job| job.1 as f64).collect();
    let mut done = vec![f64::NAN; jobs.len()];
    let (mut now, mut next) = (0.0, 0);
    loop {
        let running: Vec<usize> = (0..next).filter(|&i| done[i].is_nan()).collect();
        for &i in &running {
            if left[i] <= 1e-7 {
                done[i] = now;
            }
        }
        let running: Vec<usize> = running.into_iter().filter(|&i| done[i].is_nan()).collect();
        let rate = (capacity(running.len() as f64) / running.len() as f64).min(1.0);
        let shortest = running.iter().map(|&i| left[i]).fold(f64::INFINITY, f64::min);
        let until_arrival = jobs.get(next).map_or(f64::INFINITY, |job| job.0 as f64 - now);
        let step = (shortest / rate).min(until_arrival);
        if step == f64::INFINITY {
            return done;
        }
        for &i in &running {
            left[i] -= rate * step;
        }
        now += step;
        while next < jobs.len() && jobs[next].0 as f64 <= now {
            next += 1;
        }
    }
}

#[test]
fn two_jobs_share_one_server() {
    assert_eq!(completions(SharedStation::new(1), &[(0, 10), (0, 10)]), [20, 20]);
    assert_eq!(completions(SharedStation::new(1), &[(0, 10), (4, 20)]), [16, 30]);
    assert_eq!(completions(SharedStation::new(2), &[(0, 10), (4, 20)]), [10, 24]);
    assert_eq!(completions(SharedStation::new(1), &[(5, 0), (5, 3)]), [5, 8]);
    // Three jobs of 1 ps on two servers take 1.5 ps, told at 2.
    assert_eq!(completions(SharedStation::new(2), &[(0, 1), (0, 1), (0, 1)]), [2, 2, 2]);
}

#[test]
fn rounding_up_does_not_delay_the_others() {
    // Two depart at 1.5 ps (told at 2); the third has 99 ps left then and is done at 100.5 (told at 101).
    let jobs = [(0, 1), (0, 1), (0, 100)];
    assert_eq!(completions(SharedStation::new(2), &jobs), [2, 2, 101]);
    // A thousand departures at half picoseconds do not add up to a delay.
    let mut jobs = vec![(0, 1_000_000)];
    jobs.extend((0..1000).map(|i| (3 * i, 1)));
    jobs.sort_unstable();
    let last = completions(SharedStation::new(1), &jobs).into_iter().max();
    assert_eq!(last, Some(1_001_000));
}

#[test]
fn equal_jobs_finish_in_order_of_start() {
    let mut station = SharedStation::new(1);
    for job in 0..5 {
        station.begin(Time::ZERO, job, Span::from_ps(7));
    }
    let end = station.next();
    assert_eq!(end, Time::from_ps(35));
    let order: Vec<i32> = std::iter::from_fn(|| station.pop(end)).collect();
    assert_eq!(order, [0, 1, 2, 3, 4]);
    assert_eq!((station.jobs(), station.next()), (0, Time::MAX));
}

#[test]
fn an_uncontended_start_behind_the_first_keeps_the_wake_up() {
    let mut station = SharedStation::new(2);
    station.begin(Time::ZERO, 'a', Span::from_ps(10));
    station.begin(Time::from_ps(1), 'b', Span::from_ps(50));
    assert_eq!(station.next(), Time::from_ps(10));
    station.begin(Time::from_ps(2), 'c', Span::from_ps(50));
    assert_eq!(station.next(), Time::from_ps(14));
}

#[test]
fn the_longest_work_does_not_overflow() {
    let mut station = SharedStation::with_capacity_ratio(1, MAX_DENOMINATOR);
    for job in 0..1000 {
        station.begin(Time::ZERO, job, Span::MAX);
    }
    assert_eq!(station.next(), Time::MAX);
    assert_eq!(station.pop(Time::from_ps(u64::MAX - 1)), None);
}

#[test]
fn second_threads_fill_up_one_by_one() {
    // Two cores, a second thread adds a quarter: two jobs undisturbed, three at 2.25/3, four and more at 2.5/n.
    let done = |n: usize| completions(SharedStation::of_cores(2, 1.25), &vec![(0, 9_000); n])[n - 1];
    assert_eq!([2, 3, 4, 6].map(done), [9_000, 12_000, 14_400, 21_600]);
    // Without second threads it is the plain station.
    assert_eq!(completions(SharedStation::of_cores(2, 1.0), &[(0, 1), (0, 1), (0, 100)]), [2, 2, 101]);
}

proptest! {
    #[test]
    fn second_threads_are_those_of_the_naive_fluid(
        (cores, second) in (1_u32..5, 1_u32..1000),
        jobs in prop::collection::vec((0_u64..2_000, 0_u64..500), 1..40),
    ) {
        let mut jobs = jobs;
        jobs.sort_unstable_by_key(|job| job.0);
        let (m, s) = (f64::from(cores), 1.0 + f64::from(second) / 1000.0);
        let expected = naive(|n| if n <= m { n } else { (m + (n - m) * (s - 1.0)).min(m * s) }, &jobs);
        let got = completions(SharedStation::of_cores(cores, s), &jobs);
        for (got, expected) in got.iter().zip(&expected) {
            let late = *got as f64 - expected;
            prop_assert!((-1e-6..1.0 + 1e-6).contains(&late), "{got} for {expected}");
        }
    }

    #[test]
    fn completions_are_those_of_the_naive_fluid(
        (servers, denominator) in (1_u32..5, 1_u32..4),
        jobs in prop::collection::vec((0_u64..2_000, 0_u64..500), 1..40),
    ) {
        let mut jobs = jobs;
        jobs.sort_unstable_by_key(|job| job.0);
        let expected = naive(|_| f64::from(servers) / f64::from(denominator), &jobs);
        let got = completions(SharedStation::with_capacity_ratio(servers, denominator), &jobs);
        for (got, expected) in got.iter().zip(&expected) {
            let late = *got as f64 - expected;
            prop_assert!((-1e-6..1.0 + 1e-6).contains(&late), "{got} for {expected}");
        }
    }

    #[test]
    fn without_contention_completions_are_exact(
        jobs in prop::collection::vec((0_u64..u64::MAX / 4, 0_u64..u64::MAX / 4), 1..40),
    ) {
        let mut jobs = jobs;
        jobs.sort_unstable_by_key(|job| job.0);
        let expected: Vec<u64> = jobs.iter().map(|job| job.0 + job.1).collect();
        prop_assert_eq!(completions(SharedStation::new(40), &jobs), expected);
    }
}
