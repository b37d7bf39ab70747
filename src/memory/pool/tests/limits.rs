//! The pool against closed forms, limits, and equal jobs solved one by one.

use super::equal::Equal;
use super::*;

use proptest::prelude::*;

/// When each job ends, in order of their ends.
fn ends<J: Copy>(pool: &mut Pool<J>) -> Vec<(J, Time)> {
    let mut ends = vec![];
    while pool.next() < Time::MAX {
        let now = pool.next();
        while let Some(job) = pool.pop(now) {
            ends.push((job, now));
        }
        check(pool);
    }
    ends
}

fn run_of(profile: u32, host: u32, span: Span) -> PoolWork {
    PoolWork { profile, host, amount: span.as_ps() }
}

const LINK: BitsPerSec = BitsPerSec(100_000_000_000);
const ENDLESS: PoolSpeed = PoolSpeed {
    latency: Span::from_ns(400),
    curve_a: Span::from_ns(31),
    curve_b: 0.43,
    bandwidth: BitsPerSec(u64::MAX),
};

#[test]
fn endless_bandwidth_costs_the_idle_latency_to_the_picosecond() {
    let profiles = profiles();
    let mut pool = Pool::new(&ENDLESS, &profiles, 100, false);
    for host in 0..100 {
        pool.begin(Time::ZERO, host, run_of(0, host, Span::from_secs(10)));
    }
    // t(L) = (400^4 + 20.48^4)^(1/4) ns with 256 bytes at 12.5 GB/s.
    let expected = Span::from_secs(10).scale(profiles[0].time(400e-9)).as_ps();
    for (_, end) in ends(&mut pool) {
        assert!(end.as_ps().abs_diff(expected) <= 1, "{end} for {expected} ps");
    }
    assert_eq!(pool.latency(), 400e-9);
}

#[test]
fn a_pool_as_near_as_local_memory_costs_nothing() {
    // Latency of the pool that of local memory, no curve: a run takes its D, however much of it is remote.
    let speed = PoolSpeed { latency: Span::from_ns(100), curve_a: Span::ZERO, ..ENDLESS };
    let profile = Profile::run(&execution(0.3, 1.0), BitsPerSec(u64::MAX));
    let mut pool = Pool::new(&speed, &[profile], 1, false);
    pool.begin(Time::ZERO, (), run_of(0, 0, Span::from_secs(3)));
    let end = ends(&mut pool)[0].1.as_ps();
    assert!(end.abs_diff(Span::from_secs(3).as_ps()) <= 1, "{end}");
}

#[test]
fn without_latency_a_run_takes_its_base_and_transfers() {
    let speed = PoolSpeed { latency: Span::ZERO, curve_a: Span::ZERO, ..pool(1_000) };
    let execution = execution(0.0, 4.0);
    for (link, waits) in [(BitsPerSec(u64::MAX), 0.0), (LINK, 5e6 * 256.0 / 12.5e9)] {
        let mut pool = Pool::new(&speed, &[Profile::run(&execution, link)], 1, false);
        pool.begin(Time::ZERO, (), run_of(0, 0, Span::from_secs(1)));
        let end = ends(&mut pool)[0].1.as_secs_f64();
        assert!((end - (0.5 + waits)).abs() < 1e-9, "{end} for {}", 0.5 + waits);
    }
}

#[test]
fn alone_a_job_waits_for_the_latency_of_its_own_load() {
    // The closed form, by bisection.
    let (execution, speed) = (execution(0.0, 4.0), pool(10));
    let right = Equal::solve(&execution, &speed, LINK, 1).slowdown;
    let mut pool = Pool::new(&speed, &[Profile::run(&execution, LINK)], 1, false);
    pool.begin(Time::ZERO, (), run_of(0, 0, Span::from_secs(1)));
    let latency = pool.latency();
    let end = ends(&mut pool)[0].1.as_secs_f64();
    assert!((end / right - 1.0).abs() < 5e-4, "{end} for {right}");
    // And it is exactly that of the level it is given.
    let expected = Profile::run(&execution, LINK).time(latency);
    assert!((end - expected).abs() < 2e-12, "{end} for {expected}");
}

#[test]
fn equal_jobs_are_those_of_the_equations() {
    let execution = execution(0.0, 4.0);
    for gbit_s in [10, 40, 100, 400] {
        let speed = pool(gbit_s);
        for n in [1, 2, 10, 18, 50, 200, 300] {
            let mut pool = Pool::new(&speed, &[Profile::run(&execution, LINK)], n, false);
            for host in 0..n {
                pool.begin(Time::ZERO, host, run_of(0, host, Span::from_secs(1)));
            }
            let utilisation = pool.utilisation();
            let (end, right) = (ends(&mut pool)[0].1.as_secs_f64(), Equal::solve(&execution, &speed, LINK, n));
            assert!((end / right.slowdown - 1.0).abs() < 5e-4, "{n} at {gbit_s} Gbit/s: {end} for {right:?}");
            let error = utilisation / right.utilisation - 1.0;
            assert!(error.abs() < 5e-4, "{n} at {gbit_s} Gbit/s: {utilisation} for {right:?}");
        }
    }
}

/// Runs that take all a pool has, and a herd of starts that page in beside them: one pool moves the bytes of both.
#[test]
fn runs_and_a_herd_share_one_bandwidth() {
    let page_in = Paging { rate: BitsPerSec(10_000_000_000), ..PAGING };
    let profiles = [Profile::run(&execution(0.0, 16.0), LINK), Profile::page_in(&page_in)];
    let pages = 129_000_000_000_u64.div_ceil(200 * 4096);
    let mut all = vec![];
    for herd in [0, 200] {
        let mut pool = Pool::new(&pool(10), &profiles, 264, false);
        for host in 0..64 {
            pool.begin(Time::ZERO, host, run_of(0, host, Span::from_secs(10)));
        }
        assert!(pool.utilisation() > 0.979, "64 runs saturate it: {}", pool.utilisation());
        let now = Time::ZERO + Span::from_secs(1);
        for host in 64..64 + herd {
            pool.begin(now, host, PoolWork { profile: 1, host, amount: pages });
        }
        let ends = ends(&mut pool);
        let last = ends.last().expect("there are jobs").1;
        let run = ends.iter().filter(|(job, _)| *job < 64).map(|(_, end)| *end).max().expect("there are runs");
        let usage = pool.usage(last);
        let bytes = u128::from(herd) * u128::from(pages) * 4096 + 64 * 10 * 5_000_000 * 1024;
        assert!(usage.served.abs_diff(bytes) < 300, "{} moved, not {bytes}", usage.served);
        assert!(usage.served <= usage.possible && pool.peak_utilisation(Time::MAX) <= 0.980_5, "{usage:?}");
        assert_eq!((usage.peak_jobs, pool.completed_bytes().abs_diff(bytes) < 300), (64 + herd, true));
        all.push((last.as_secs_f64(), run.as_secs_f64()));
    }
    // The bytes of the herd at 0.98 of 1.25 GB/s, and the runs feel it.
    let more = all[1].0 - all[0].0;
    assert!((more / (129e9 / 1.25e9 / RHO_LIMIT) - 1.0).abs() < 2e-3, "{more} s more");
    assert!(all[1].1 > all[0].1 + 50.0, "the longest run takes {} s, without the herd {}", all[1].1, all[0].1);
}

#[test]
fn bandwidth_bound_jobs_share_the_processor() {
    // Each as wide as the pool, no latency: processor sharing of 0.98·B. Works of 1, 2, 3 units end after
    // 3, 5 and 6 units of time.
    let speed = PoolSpeed { latency: Span::ZERO, curve_a: Span::ZERO, ..pool(8) };
    let profile = bulk(BitsPerSec(8_000_000_000), Span::ZERO);
    let mut pool = Pool::new(&speed, &[profile], 3, false);
    for job in 1..=3 {
        pool.begin(Time::ZERO, job, PoolWork { profile: 0, host: 0, amount: job * 98_000_000 });
    }
    let got: Vec<f64> = ends(&mut pool).iter().map(|end| end.1.as_secs_f64()).collect();
    for (got, right) in got.iter().zip([0.3, 0.5, 0.6]) {
        assert!((got / right - 1.0).abs() < 1e-3, "{got} for {right}");
    }
}

#[test]
fn a_host_s_link_bounds_its_jobs_and_nobody_else() {
    let profiles = profiles();
    let mut pool = Pool::new(&ENDLESS, &profiles, 2, false);
    let alone = profiles[0].demand(400e-9);
    // Four jobs through a link that carries one: each runs at a quarter of its speed.
    pool.set_host_bandwidth(Time::ZERO, 0, libm::rint(alone) as u64);
    for job in 0..8 {
        pool.begin(Time::ZERO, job, run_of(0, job / 4, Span::from_secs(1)));
    }
    let time = profiles[0].time(400e-9);
    for (job, end) in ends(&mut pool) {
        let right = if job < 4 { 4.0 * time } else { time };
        assert!((end.as_secs_f64() / right - 1.0).abs() < 1e-8, "{job}: {end} for {right}");
    }
    assert!(pool.bindable.is_empty());
}

#[test]
fn a_slowed_host_s_jobs_ask_for_less() {
    let profiles = profiles();
    let mut pool = Pool::new(&pool(20), &profiles, 2, false);
    for job in 0..20 {
        pool.begin(Time::ZERO, job, run_of(0, job % 2, Span::from_secs(1)));
    }
    let before = pool.latency();
    pool.set_host_rate(Time::ZERO, 0, HostRate::of(0.1));
    check(&pool);
    assert!(pool.latency() < before);
    // As long as both run: ten jobs at full speed, and one's worth.
    let right = Equal::solve(&execution(0.0, 4.0), &super::pool(20), LINK, 11).slowdown;
    let first = ends(&mut pool)[0];
    assert!((first.1.as_secs_f64() / right - 1.0).abs() < 5e-4, "{} for {right}", first.1);
}

#[test]
fn equal_jobs_end_in_order_of_entry_whatever_their_class() {
    let link = BitsPerSec(u64::MAX);
    let profile = Profile::run(&Execution::as_traced(), link);
    let mut pool = Pool::new(&ENDLESS, &[profile, profile], 3, false);
    pool.set_host_rate(Time::ZERO, 1, HostRate::of(0.5));
    for job in 0..12_u32 {
        let host = job % 3;
        let span = if host == 1 { Span::from_ns(5) } else { Span::from_ns(10) };
        pool.begin(Time::ZERO, job, run_of(job / 2 % 2, host, span));
    }
    let order: Vec<u32> = ends(&mut pool).iter().map(|end| end.0).collect();
    assert_eq!(order, (0..12).collect::<Vec<_>>());
}

#[test]
fn a_pool_that_fails_stops_and_goes_on() {
    let mut pool = Pool::new(&pool(10), &profiles(), 1, false);
    let at = |ms: u64| Time::ZERO + Span::from_ms(ms);
    let ticket = pool.begin(at(0), (), PoolWork { profile: 4, host: 0, amount: 1_225_000_000 });
    pool.begin(at(0), (), PoolWork { profile: 4, host: 0, amount: 1_225_000_000 });
    pool.set_capacity(at(1_000), Share::NONE);
    assert_eq!((pool.next(), pool.utilisation()), (Time::MAX, 0.0));
    assert_eq!(pool.pop(at(5_000)), None);
    // 1.225 GB/s for a second, half for each.
    assert!((pool.cancel(at(5_000), ticket).get() - 0.5).abs() < 1e-3);
    assert_eq!(pool.cancel(at(5_000), ticket), Left::NONE);
    pool.set_capacity(at(6_000), Share::from_ppm(500_000));
    let end = ends(&mut pool)[0].1;
    assert!((end.as_secs_f64() - 7.0).abs() < 2e-3, "{end}");
    let usage = pool.usage(end);
    // A second of all and a second of half; both of them were full.
    assert!((usage.possible as f64 / (1.25e9 + 0.625e9) - 1.0).abs() < 1e-3, "{usage:?}");
    assert!((usage.served as f64 / usage.possible as f64 / RHO_LIMIT - 1.0).abs() < 1e-3, "{usage:?}");
}

#[test]
fn an_analytic_pool_keeps_the_latency_of_the_begin() {
    let (execution, speed) = (execution(0.0, 4.0), pool(10));
    let mut pool = Pool::new(&speed, &[Profile::run(&execution, LINK)], 40, true);
    for host in 0..40 {
        pool.begin(Time::ZERO, host, run_of(0, host, Span::from_secs(1)));
    }
    for (job, end) in ends(&mut pool) {
        let right = Equal::solve(&execution, &speed, LINK, job + 1).slowdown;
        assert!((end.as_secs_f64() / right - 1.0).abs() < 5e-4, "{job}: {end} for {right}");
    }
    let usage = pool.usage(pool.account.at);
    // What was asked for is more than was moved, which is what the fidelity is wrong by.
    assert!(usage.served <= usage.possible && pool.completed_bytes() > usage.served);
}

#[test]
fn prefetched_pages_may_be_mixed_with_the_others() {
    // At one latency, a start that prefetches three pages of ten and then faults seven takes the time of ten mixed ones.
    let profile = |prefetch: f64| Profile::page_in(&Paging { prefetch, ..PAGING });
    for latency in [0.0, 400e-9, 2e-6, 1e-4] {
        let [faulted, prefetched, mixed] = [0.0, 1.0, 0.3].map(|share| profile(share).time(latency));
        assert!((0.7 * faulted + 0.3 * prefetched - mixed).abs() < 1e-6 * mixed);
    }
}

#[test]
fn clocks_of_its_own_do_not_change_a_host_s_jobs() {
    let run = |mut pool: Pool<u32>| {
        let mut random = Lcg(3);
        for job in 0..200 {
            let profile = random.below(5) as u32;
            let work = PoolWork { profile, host: random.below(7) as u32, amount: amount(profile, &mut random) };
            pool.begin(Time::ZERO, job, work);
        }
        ends(&mut pool)
    };
    let shared = Pool::new(&pool(40), &profiles(), 7, false);
    let own = shared.clone().with_own_clocks();
    for (shared, own) in run(shared).into_iter().zip(run(own)) {
        assert!(shared.0 == own.0 && shared.1.as_ps().abs_diff(own.1.as_ps()) <= 1, "{shared:?} and {own:?}");
    }
}

#[test]
fn nothing_and_everything_are_amounts() {
    let mut pool = Pool::new(&pool(10), &profiles(), 2, false);
    for profile in 0..5 {
        pool.begin(Time::ZERO, profile, PoolWork { profile, host: 0, amount: 0 });
    }
    assert_eq!(ends(&mut pool).iter().map(|end| end.1).max(), Some(Time::ZERO));
    pool.set_host_rate(Time::ZERO, 1, HostRate::of(1e-9));
    for profile in 0..5 {
        for host in 0..2 {
            pool.begin(Time::ZERO, profile, PoolWork { profile, host, amount: u64::MAX });
        }
    }
    let late = Time::from_ps(u64::MAX - 1);
    assert_eq!((pool.next(), pool.pop(late)), (Time::MAX, None));
    assert_eq!((pool.jobs(), pool.pop(Time::MAX)), (10, None));
}

proptest! {
    /// Starts at once never end before the pool has moved their pages, nor before one of them alone, nor much later.
    #[test]
    fn no_herd_beats_the_bandwidth(
        (starts, pages, prefetch) in (1_u32..200, 1_u64..2_000, 0.0_f64..1.0),
        (rate, bandwidth) in (1_000_000_000_u64..400_000_000_000, 1_u64..20),
        (software, overlap, curve) in (0_u64..20_000, 1.0_f64..16.0, 0_u64..2),
    ) {
        let bandwidth = BitsPerSec(rate / 4 * bandwidth);
        let rate = BitsPerSec(rate).min(bandwidth);
        let (software, round_trip) = (Span::from_ns(software), Span::from_us(1));
        let profile = Profile::page_in(&Paging { software, round_trip, rate, prefetch, overlap, ..PAGING });
        let speed = PoolSpeed { bandwidth, latency: round_trip, curve_a: Span::from_ns(31 * curve), ..ENDLESS };
        let mut pool = Pool::new(&speed, &[profile], 1, false);
        for start in 0..starts {
            pool.begin(Time::ZERO, start, PoolWork { profile: 0, host: 0, amount: pages });
        }
        let end = ends(&mut pool).last().expect("there are starts").1;
        let bytes = Bytes(4096 * pages) * u64::from(starts);
        let alone = Span::from_secs_f64(profile.time(1e-6) * pages as f64 * 1e-12);
        let least = bandwidth.transfer_time(bytes).max(alone);
        prop_assert!(end + Span::TICK >= Time::ZERO + least, "{end} before {least}");
        if curve == 0 {
            let most = bandwidth.transfer_time(bytes).scale(1.0 / RHO_LIMIT).max(alone).scale(1.0 + 1.0 / 512.0);
            prop_assert!(end <= Time::ZERO + most + Span::TICK, "{end} long after {most}");
        }
        let usage = pool.usage(end);
        prop_assert!(usage.served <= usage.possible && usage.served.abs_diff(u128::from(bytes.0)) <= 1);
    }
}
