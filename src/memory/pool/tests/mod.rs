//! What the tests of pools share: pools, profiles, and a check of the sums.

mod brute;
mod equal;
mod limits;

use super::*;
use crate::memory::paging::Paging;
use crate::memory::run::{Execution, MemoryProfile, NodeSpeed};
use crate::units::{BitsPerSec, Bytes, Span};

/// What is kept from event to event is what adds up.
fn check<J: Copy>(pool: &Pool<J>) {
    let mut sums = Demand::default();
    for &profile in &pool.active {
        let lane = &pool.lanes[profile as usize];
        assert_eq!(lane.rated, pool.rated);
        sums.add(lane.demand.times(lane.free));
    }
    for &host in &pool.bindable {
        sums.add(pool.hosts[host as usize].part);
    }
    assert_eq!((sums.here, sums.below, sums.above), (pool.sums.here, pool.sums.below, pool.sums.above));
    let running: u32 = pool.lanes.iter().map(|lane| lane.jobs).sum();
    assert_eq!(running, pool.jobs());
    assert_eq!(running, pool.classes.iter().map(|class| class.running).sum::<u32>());
    assert_eq!(running as usize, pool.slots.len() - pool.free_slots.len());
    assert!(pool.utilisation() <= 0.980_5 || pool.stopped(), "{}", pool.utilisation());
}

fn execution(local_share: f64, parallelism: f64) -> Execution {
    let profile = MemoryProfile {
        stall: 0.5,
        reference_latency: Span::from_ns(100),
        parallelism,
        access: Bytes(64),
        write_share: 0.0,
        miss_scale: 1.0,
        miss_shape: 1.0,
    };
    Execution::new(&profile, NodeSpeed { speed: 1.0, local_latency: Span::from_ns(100), local_share })
}

const PAGING: Paging = Paging {
    page: Bytes(4096),
    software: Span::from_us(4),
    round_trip: Span::from_ns(400),
    rate: BitsPerSec(32_768_000_000),
    prefetch: 0.3,
    overlap: 2.0,
};

fn pool(gbit_s: u64) -> PoolSpeed {
    PoolSpeed {
        latency: Span::from_ns(400),
        curve_a: Span::from_ns(31),
        curve_b: 0.43,
        bandwidth: BitsPerSec(gbit_s * 1_000_000_000),
    }
}

/// Bytes that are moved as fast as the link goes at the idle latency: pages of one byte, all of them prefetched.
fn bulk(rate: BitsPerSec, round_trip: Span) -> Profile {
    Profile::page_in(&Paging { page: Bytes(1), round_trip, rate, prefetch: 1.0, ..PAGING })
}

/// Runs of three kinds, page-ins, bytes in bulk.
fn profiles() -> [Profile; 5] {
    let link = BitsPerSec(100_000_000_000);
    [
        Profile::run(&execution(0.0, 4.0), link),
        Profile::run(&execution(0.5, 8.0), link),
        Profile::run(&execution(0.9, 1.0), link).at_distance(Span::from_ns(150)),
        Profile::page_in(&PAGING),
        bulk(link, Span::from_ns(400)),
    ]
}

/// A small generator, so that a case is found again by its number.
struct Lcg(u64);
impl Lcg {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 16) % n
    }
}

fn amount(profile: u32, random: &mut Lcg) -> u64 {
    match profile {
        3 => 1 + random.below(60_000),
        4 => 1 + random.below(1 << 28),
        _ => 1 + random.below(200_000_000_000),
    }
}
