//! `probe queue`: what it prints, what it refuses, and that it agrees with itself.

use sdcsim::probe::queue::{self, Discipline, QueueArgs, QueueSpec, Service, run_queue};
use sdcsim::station::Resource as _;
use sdcsim::station::shared::SharedStation;
use sdcsim::units::{PerSecond, Span, Time};

fn args() -> QueueArgs {
    QueueArgs {
        arrival_rate: "0.8 /s".to_owned(),
        service: "exp".to_owned(),
        mean: "1 s".to_owned(),
        servers: 1,
        discipline: Discipline::Fifo,
        capacity: None,
        requests: 20_000,
        seed: 1,
        json: false,
    }
}

fn spec(service: Service, discipline: Discipline, requests: u64) -> QueueSpec {
    QueueSpec {
        arrival_rate: PerSecond(0.8),
        service,
        mean: Span::from_secs(1),
        servers: 1,
        discipline,
        capacity: None,
        requests,
        seed: 1,
        confidence: 0.95,
    }
}

#[test]
fn the_table() {
    insta::assert_snapshot!(queue::run(&args()).unwrap());
}

#[test]
fn the_table_of_a_bounded_shared_station() {
    let args = QueueArgs {
        discipline: Discipline::Ps,
        servers: 4,
        capacity: Some(6),
        arrival_rate: "5 /ms".to_owned(),
        ..args()
    };
    // "/ms" is not a unit of rate.
    insta::assert_snapshot!(queue::run(&args).unwrap_err().to_string());
    let args = QueueArgs { arrival_rate: "5000 /s".to_owned(), mean: "1 ms".to_owned(), ..args };
    insta::assert_snapshot!(queue::run(&args).unwrap());
}

#[test]
fn the_json() {
    insta::assert_snapshot!(queue::run(&QueueArgs { json: true, ..args() }).unwrap());
}

#[test]
fn everything_wrong_is_told_at_once() {
    let wrong = QueueArgs {
        arrival_rate: "NaN /s".to_owned(),
        service: "hyperexp:0.5".to_owned(),
        mean: "1".to_owned(),
        servers: 0,
        requests: 0,
        capacity: Some(0),
        ..args()
    };
    insta::assert_snapshot!(queue::run(&wrong).unwrap_err().to_string());
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let check = |args: QueueArgs, message: &str| {
        let problems = queue::run(&args).unwrap_err().to_string();
        assert!(problems.contains(message) && problems.contains("help: "), "{problems}");
    };
    let rate = |text: &str| QueueArgs { arrival_rate: text.to_owned(), ..args() };
    check(rate("1 /s"), "the load per server is 1.0000: the queue grows without bound");
    check(rate("2.5 /s"), "at least 3 servers");
    check(rate("0 /s"), "no request ever arrives");
    check(rate("-1 /s"), "is negative");
    check(rate("1e12 /s"), "is too fast");
    check(rate("0.001 /d"), "take longer than 100 d");
    check(QueueArgs { mean: "1 ps".to_owned(), ..args() }, "does not fit the clock");
    check(QueueArgs { mean: "0 s".to_owned(), ..args() }, "does not fit the clock");
    check(QueueArgs { requests: u64::MAX, ..args() }, "cannot be simulated");
    check(QueueArgs { servers: 4, capacity: Some(3), ..args() }, "leave some of 4 servers idle");
}

#[test]
fn the_shortest_runs_say_how_little_they_know() {
    for requests in [1, 2, 33, 34, 100] {
        for discipline in [Discipline::Fifo, Discipline::Ps] {
            let result = run_queue(&spec(Service::Exponential, discipline, requests));
            assert_eq!(result.measured + result.discarded, requests);
            assert!(result.response.mean > 0.0);
            // At this load a mean takes thousands.
            assert!(result.response.half_width.is_infinite());
            assert!(result.too_short.iter().all(|lacking| lacking.enough > requests));
            assert!(queue::run(&QueueArgs { requests, discipline, ..args() }).is_ok());
        }
    }
}

#[test]
fn the_same_requests_meet_every_discipline() {
    let fifo = run_queue(&spec(Service::Deterministic, Discipline::Fifo, 50_000));
    let shared = run_queue(&spec(Service::Deterministic, Discipline::Ps, 50_000));
    // Both conserve work, so the server is busy at the same times; with equal services sharing responds later.
    assert!((fifo.utilisation.mean - shared.utilisation.mean).abs() < 1e-3);
    assert!(shared.response.mean > fifo.response.mean);
    // Little's law holds in the sample, up to the requests cut by its ends.
    for result in [&fifo, &shared] {
        let little = result.measured as f64 / result.simulated.as_secs_f64() * result.response.mean;
        assert!((result.in_system.mean / little - 1.0).abs() < 1e-3, "{} and {little}", result.in_system.mean);
    }
}

#[test]
fn one_seed_one_answer() {
    let run =
        |seed| format!("{:?}", run_queue(&QueueSpec { seed, ..spec(Service::Exponential, Discipline::Ps, 5_000) }));
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_shared_station_counts_its_busy_time() {
    let mut station = SharedStation::new(2);
    let ps = Time::from_ps;
    for (at, work) in [(0, 10), (0, 10), (5, 10)] {
        station.begin(ps(at), (), Span::from_ps(work));
    }
    assert_eq!(station.usage(ps(5)).served, 10);
    // From 5 on three jobs share two servers: the first two are done after 5 · 3/2 = 7.5 ps, then one runs alone.
    assert_eq!(station.next(), ps(13));
    assert_eq!((station.usage(ps(12)).served, station.usage(ps(13)).served), (24, 25));
}
