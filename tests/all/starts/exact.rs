//! Each mechanism alone, by its definition.

use sdcsim::config::plan::{CpuSharing, Templates};
use sdcsim::memory::paging::Paging;
use sdcsim::memory::pool::RHO_LIMIT;
use sdcsim::record::{Component, Counter, Gauge, ResourceKind};
use sdcsim::units::{BitsPerSec, Bytes, Span, Time};
use sdcsim::world::{RemoteRule, RunReport, SnapshotRule, StartRules};

use super::{Answer, MEMORY, Site, ms};

const PHASES: [Span; 3] = [Span::from_ms(5), Span::from_ms(100), Span::from_ms(200)];

fn at(span: Span) -> Time {
    Time::ZERO + span
}

fn ends(answers: &[Answer]) -> Vec<Time> {
    answers.iter().map(|answer| answer.answered).collect()
}

/// Sandboxes booted, restored, mapped, and booted from an image on the node.
fn ways(report: &RunReport) -> [u64; 4] {
    [Counter::Booted, Counter::Restored, Counter::Mapped, Counter::ImageOnNode].map(|way| report.count(way))
}

#[test]
fn the_control_plane_is_a_queue_with_one_server() {
    // D/D/1: one sandbox every 10 ms; six at once, and one long after.
    let rules = StartRules { control_interval: ms(10), ..StartRules::default() };
    let mut requests = vec![(Span::ZERO, 0); 6];
    requests.push((ms(1_000), 0));
    let (answers, _) = Site::new(PHASES, rules).serve(&requests);
    for (answer, created) in answers.iter().zip([10, 20, 30, 40, 50, 60, 10]) {
        assert_eq!(answer.parts.get(Component::ColdAllocate), ms(created + 5));
        assert_eq!(answer.start(), ms(created + 305));
    }
}

#[test]
fn boots_share_the_cores_of_their_node() {
    // Four boots on two cores: 60 of 100 ms, and 150 of 200 ms, are computing, which then takes twice as long.
    let rules = StartRules { boot_cpu: ms(60), init_cpu: ms(150), ..StartRules::default() };
    let site = || Site { cores: 2, ..Site::new(PHASES, rules.clone()) };
    let shared = Site { cpu: CpuSharing::Shared, ..site() };
    let (answers, _) = shared.serve(&[(Span::ZERO, 0); 4]);
    for answer in &answers {
        assert_eq!(answer.parts.get(Component::ColdBoot), ms(40 + 120));
        assert_eq!(answer.parts.get(Component::ColdInit), ms(50 + 300));
        assert_eq!(answer.answered, at(ms(5 + 160 + 350)));
    }
    // An exclusive core is the boot's own, so that two wait for the other two instead.
    let (answers, _) = site().serve(&[(Span::ZERO, 0); 4]);
    assert_eq!(ends(&answers), [305, 305, 610, 610].map(|n| at(ms(n))));
}

#[test]
fn boots_and_runs_stretch_each_other() {
    // On one core: a start without computing, whose run of 100 ms then meets the boot of another.
    let rules = StartRules { boot_cpu: ms(100), ..StartRules::default() };
    let site = Site { cores: 1, cpu: CpuSharing::Shared, run: ms(100), ..Site::new(PHASES, rules) };
    let (answers, _) = site.serve(&[(Span::ZERO, 0), (ms(305), 1)]);
    // The first runs from 305 ms, and shares the core from 310 ms, when it has 95 ms to go, until 500 ms; the boot
    // then has 5 ms to go, and 200 ms of initialising and 100 ms of running follow.
    assert_eq!(ends(&answers), [500, 805].map(|n| at(ms(n))));
    assert_eq!(answers[1].parts.get(Component::ColdBoot), ms(195));
}

#[test]
fn an_image_on_the_node_is_not_fetched() {
    // An image of 1 MB takes 1 ms alone, and 0.1 ms of latency.
    let rules = StartRules { image_cache: Bytes(2_500_000), ..StartRules::default() };
    let site = |rules| Site { image: Bytes(1_000_000), ..Site::new(PHASES, rules) };
    let requests = |functions: &[u32]| -> Vec<(Span, u32)> {
        functions.iter().zip(0..).map(|(&function, i)| (ms(1_000 * i), function)).collect()
    };
    let fetches = |rules: StartRules, functions: &[u32]| -> Vec<bool> {
        let (answers, report) = site(rules).serve(&requests(functions));
        let fetch = |answer: &Answer| answer.parts.get(Component::ColdFetch);
        let fetched: Vec<bool> = answers.iter().map(|answer| fetch(answer) > Span::ZERO).collect();
        assert!(answers.iter().all(|a| [Span::ZERO, Span::from_us(1_100)].contains(&fetch(a))));
        assert_eq!(
            report.asked(ResourceKind::Fabric),
            1_000_000 * fetched.iter().filter(|fetched| **fetched).count() as u128
        );
        fetched
    };
    // Room for two images: that of 1 has been used after that of 0 when 2 comes.
    assert_eq!(fetches(rules, &[0, 1, 1, 2, 1, 0]), [true, true, false, true, false, true]);
    assert_eq!(fetches(StartRules::default(), &[0, 0]), [true, true]);
}

fn snapshot() -> SnapshotRule {
    SnapshotRule {
        on_store: false,
        restore: ms(20),
        touched: 0.5,
        page: Bytes(4096),
        prefetch: 0.75,
        fault: Span::from_us(50),
        rate: Some(BitsPerSec(8 * 4096 * 1_000_000)),
    }
}

#[test]
fn a_snapshot_is_restored_from_the_second_start_on() {
    let rules = StartRules { snapshot: Some(snapshot()), ..StartRules::default() };
    let requests = [(Span::ZERO, 0), (ms(100), 0), (ms(1_000), 0), (ms(2_000), 1)];
    let (answers, report) = Site::new(PHASES, rules.clone()).serve(&requests);
    // 128 MiB · 0.5 are 16,384 pages: 12,288 are read at a microsecond each, 4,096 are faults.
    let fetch = Span::from_us(12_288 + 4_096 * 50);
    let restored = ms(5) + fetch + ms(20);
    let starts: Vec<Span> = answers.iter().map(Answer::start).collect();
    assert_eq!(starts, [ms(305), ms(305), restored, ms(305)]);
    assert_eq!(answers[2].parts.get(Component::ColdFetch), fetch);
    assert_eq!(ways(&report), [3, 1, 0, 0]);

    // From the storage nodes: the pages that are read share them, at 1 GB/s alone.
    let stored = SnapshotRule { on_store: true, ..snapshot() };
    let rules = StartRules { snapshot: Some(stored), ..rules };
    let (answers, report) = Site::new(PHASES, rules).serve(&requests);
    let read = Span::from_ns(12_288 * 4_096);
    assert_eq!(answers[2].parts.get(Component::ColdFetch), read + Span::from_us(100 + 4_096 * 50));
    assert_eq!(report.asked(ResourceKind::Fabric), 16_384 * 4_096);
}

/// A page in a microsecond.
const RATE: BitsPerSec = BitsPerSec(8 * 4096 * 1_000_000);

/// Pages of a microsecond on the wire and four of software and round trip, from a pool of twice an interface's rate.
fn remote(made: Templates) -> RemoteRule {
    let rate = RATE;
    RemoteRule {
        made,
        setup: Span::ZERO,
        map: [Span::from_us(2_920), Span::from_ns(6_500)],
        prepare: [Span::from_us(580), Span::from_ns(42_300)],
        size: 1.0,
        working_set: 0.25,
        paging: Paging {
            page: Bytes(4096),
            software: Span::from_us(3),
            round_trip: Span::from_us(1),
            rate,
            prefetch: 0.0,
            overlap: 1.0,
        },
        pools: 1,
        templates: MEMORY * 4,
    }
}

/// Mapping 128 MiB.
const MAPPING: Span = Span::from_us(2_920 + 832);
/// A quarter of 128 MiB in pages.
const PAGES: u64 = 8_192;

fn mapped(rule: RemoteRule) -> Site {
    let site = Site::new(PHASES, StartRules { remote: Some(rule), ..StartRules::default() });
    Site { pool_bandwidth: BitsPerSec(RATE.0 * 2), ..site }
}

#[test]
fn a_mapped_start_alone_is_mapping_and_pages() {
    let (answers, report) = mapped(remote(Templates::Deployed)).serve(&[(Span::ZERO, 0)]);
    let fetch = MAPPING + Span::from_us(5) * PAGES;
    assert_eq!(answers[0].parts.get(Component::ColdAllocate), ms(5));
    assert_eq!(answers[0].parts.get(Component::ColdFetch), fetch);
    assert_eq!(answers[0].start(), ms(5) + fetch);
    assert_eq!((report.count(Counter::Mapped), report.asked(ResourceKind::Fabric)), (1, 4096 * u128::from(PAGES)));
    assert_eq!(Bytes(report.meter.peak(Gauge::Templates)), MEMORY * 4);

    let circuit = RemoteRule { setup: Span::from_us(80), ..remote(Templates::Deployed) };
    let (answers, _) = mapped(circuit).serve(&[(Span::ZERO, 0)]);
    assert_eq!(answers[0].start(), ms(5) + Span::from_us(80) + fetch);
}

#[test]
fn a_herd_of_mapped_starts_fills_the_pool() {
    // A start moves a page in 5 us, and the pool, which is full at 98 % of its bandwidth, 9.8: nine do not feel each other, and
    // more of them share it.
    let fetch = |starts: usize| {
        let (answers, _) = mapped(remote(Templates::Deployed)).serve(&vec![(Span::ZERO, 0); starts]);
        let fetches = answers.iter().map(|answer| answer.parts.get(Component::ColdFetch) - MAPPING);
        let last = fetches.clone().max().unwrap();
        (fetches.sum::<Span>().as_secs_f64() / starts as f64, last)
    };
    let alone = Span::from_us(5) * PAGES;
    assert_eq!(fetch(9).1, alone);
    let mut before = alone.as_secs_f64();
    for starts in [20, 40, 200] {
        let (mean, last) = fetch(starts);
        // `n` times the working set over the bandwidth: half a microsecond for each page, of 98 %.
        let least = (Span::from_ns(500) * (PAGES * starts as u64)).scale(1.0 / RHO_LIMIT);
        assert!(last >= least.scale(0.998) && last <= least.scale(1.002), "{starts}: {last} for {least}");
        assert!(mean > before, "{starts}: {mean} after {before}");
        before = mean;
    }
    // Two pools: functions 0 and 1 have theirs in one each.
    let two = RemoteRule { pools: 2, ..remote(Templates::Deployed) };
    let requests: Vec<(Span, u32)> = (0..18).map(|i| (Span::ZERO, i % 2)).collect();
    let (answers, _) = mapped(two).serve(&requests);
    assert!(answers.iter().all(|answer| answer.parts.get(Component::ColdFetch) == MAPPING + alone));
}

#[test]
fn a_template_is_made_after_the_first_start() {
    // Ready at 305 ms, and made in 0.58 ms and 128 · 0.0423 ms.
    let made = ms(305) + Span::from_ns(580_000 + 128 * 42_300);
    let requests = [(Span::ZERO, 0), (made - Span::TICK, 0), (made, 0), (made, 1)];
    let (mut answers, report) = mapped(remote(Templates::FirstStart)).serve(&requests);
    answers.sort_by_key(|answer| answer.arrived);
    let booted = |answer: &Answer| answer.parts.get(Component::ColdBoot) > Span::ZERO;
    // A picosecond before it is made, the second start has to boot. Of the last two, one is of another function.
    assert!(booted(&answers[0]) && booted(&answers[1]) && booted(&answers[2]) != booted(&answers[3]));
    assert_eq!(ways(&report), [3, 0, 1, 0]);
}

/// Sandboxes of functions 0 and 2 have moved to a pool each, the roomier one, and come back over its link. Their templates
/// would lie in pool 0 both, whose link takes one start at a time.
#[test]
fn what_was_moved_comes_back_from_its_own_pool() {
    let one_start = BitsPerSec(8 * 4096 * 210_000);
    let rule = RemoteRule { pools: 2, ..remote(Templates::Never) };
    let later = Span::from_secs(10);
    let requests = [(Span::ZERO, 0), (ms(1), 2), (later, 0), (later, 2)];
    let (answers, report) = Site { tier_pools: 2, pool_bandwidth: one_start, ..mapped(rule) }.serve(&requests);
    let alone = MAPPING + Span::from_us(5) * PAGES;
    let fetched: Vec<Span> = answers.iter().map(|answer| answer.parts.get(Component::ColdFetch)).collect();
    assert_eq!(fetched, [Span::ZERO, Span::ZERO, alone, alone]);
    assert_eq!(ways(&report), [2, 0, 2, 0]);
}
