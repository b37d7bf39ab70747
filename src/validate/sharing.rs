//! Memory pools and ports of the fabric, which many use at a time, against closed forms and against a curve from outside.

use crate::config::plan::{self, PriceBasis};
use crate::fabric::flow::{Flow, Ports};
use crate::ids::PortId;
use crate::memory::paging::Paging;
use crate::memory::pool::{Pool, PoolSpeed, PoolWork, Profile};
use crate::memory::run::{Execution, MemoryProfile, NodeSpeed};
use crate::rng::{RootSeed, Stream};
use crate::station::Resource;
use crate::stats::{MeanInterval, mean_interval};
use crate::units::{BitsPerSec, Bytes, Span, Time};

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "pools/loaded-latency",
        what: "the shipped CXL pool with 1 to 7 hosts that read without a pause: latency at the bandwidth that comes of it",
        source: "Mess simulator, memory_curve/cxl at 60 % reads (Micron expander), to which the shipped curve is fitted up to 0.93",
        tolerance: Tolerance::AtMost(0.02),
        run: loaded_latency,
    },
    Validation {
        name: "pools/full",
        what: "starts that page in 64 MiB in the mean, prefetched, at a pool that offers no more than one of them asks for, load 0.7",
        source: "M/G/1 with processor sharing at 0.98 of the bandwidth: E[S] / (1 - load), insensitive (Kleinrock 1976)",
        tolerance: Tolerance::OrInterval(0.01),
        run: full_pool,
    },
    Validation {
        name: "fabric/storage-port",
        what: "reads of 10 MB in the mean by 100 hosts from one storage node of 10 Gbit/s at load 0.7, equal or hyperexponential sizes",
        source: "M/G/1 with processor sharing: E[S] / (1 - load), insensitive (Kleinrock 1976)",
        tolerance: Tolerance::OrInterval(0.01),
        run: storage_port,
    },
    Validation {
        name: "fabric/fan-in",
        what: "16 hosts that send 1 to 16 MB to one of them at once over 10 Gbit/s: when each is done",
        source: "equal shares: the k-th of n ends after (8 MB (1 + ... + k) + 8 MB k (n - k)) / 10 Gbit/s",
        tolerance: Tolerance::AtMost(1e-9),
        run: fan_in,
    },
];

/// Jobs that come to a resource as a Poisson process.
const JOBS: u64 = 400_000;
const BATCHES: u64 = 40;

/// Mean time of jobs, `rate` a second, at `resource`, with a 99 % interval from means of batches; the first tenth is the warm-up.
fn poisson<R: Resource<Job = u32>>(
    mut resource: R,
    rate: f64,
    arrivals: &mut Stream,
    mut work: impl FnMut() -> R::Work,
) -> MeanInterval {
    let mut sums = vec![0.0; BATCHES as usize];
    let mut begun: Vec<Time> = Vec::with_capacity(JOBS as usize);
    let mut due = 0.0;
    let mut left = JOBS;
    while left > 0 {
        let arrives = if begun.len() < JOBS as usize { Time::ZERO + Span::from_secs_f64(due) } else { Time::MAX };
        let now = arrives.min(resource.next());
        while let Some(job) = resource.pop(now) {
            let batch = u64::from(job) * BATCHES / JOBS;
            sums[batch as usize] += now.since(begun[job as usize]).as_secs_f64();
            left -= 1;
        }
        if now == arrives {
            resource.begin(now, begun.len() as u32, work());
            begun.push(now);
            due += arrivals.exponential() / rate;
        }
    }
    let means: Vec<f64> =
        sums[(BATCHES / 10) as usize..].iter().map(|sum| sum * BATCHES as f64 / JOBS as f64).collect();
    mean_interval(&means, 0.99).expect("there are many batches")
}

fn compared(comparisons: Vec<Comparison>, run_length: String) -> Measured {
    Measured::Compared { comparisons, run_length }
}

/// Latency in ns at these bandwidths in MB/s: points of the published curve.
const CXL: [(f64, f64); 8] = [
    (0.0, 107.4),
    (8_532.1, 111.19),
    (15_995.5, 116.22),
    (22_060.4, 120.80),
    (29_075.9, 127.29),
    (35_533.0, 136.60),
    (37_621.6, 141.67),
    (39_971.2, 149.47),
];

fn loaded_latency() -> Measured {
    let layout =
        plan::shipped("layouts/disaggregated.toml", &[], PriceBasis::Volume).expect("what is shipped is legal");
    let shipped = &layout.pool_groups[0];
    let speed = PoolSpeed {
        latency: shipped.latency,
        curve_a: shipped.load_curve.a,
        curve_b: shipped.load_curve.b,
        bandwidth: shipped.bandwidth,
    };
    let profile = MemoryProfile {
        stall: 1.0,
        reference_latency: Span::from_ns(100),
        parallelism: 8.0,
        access: Bytes(64),
        write_share: 0.4 / 0.6,
        miss_scale: 1.0,
        miss_shape: 1.0,
    };
    let node = NodeSpeed { speed: 1.0, local_latency: Span::from_ns(100), local_share: 0.0 };
    let wide = BitsPerSec(u64::MAX);
    let reader = Profile::run(&Execution::new(&profile, node), wide);
    let quantities = [("1 host", 1), ("3 hosts", 3), ("5 hosts", 5), ("6 hosts", 6), ("7 hosts", 7)];
    let comparisons = quantities.map(|(quantity, hosts)| {
        let mut pool = Pool::new(&speed, &[reader], hosts, false);
        for host in 0..hosts {
            pool.begin(Time::ZERO, host, PoolWork { profile: 0, host, amount: 1_000_000_000_000 });
        }
        let bandwidth = pool.utilisation() * speed.bandwidth.bytes_per_sec_f64() / 1e6;
        Comparison::relative(quantity, pool.latency() * 1e9, published(bandwidth))
    });
    compared(comparisons.into(), String::new())
}

/// The published curve between its points; on its last point beyond.
fn published(bandwidth: f64) -> f64 {
    let after = CXL.partition_point(|(at, _)| *at <= bandwidth).clamp(1, CXL.len() - 1);
    let [(from, low), (to, high)] = [CXL[after - 1], CXL[after]];
    low + (high - low) * ((bandwidth - from) / (to - from)).min(1.0)
}

fn full_pool() -> Measured {
    let bandwidth = BitsPerSec(80_000_000_000);
    let round_trip = Span::from_ns(400);
    let speed = PoolSpeed { latency: round_trip, curve_a: Span::ZERO, curve_b: 0.5, bandwidth };
    let page = Bytes(4_096);
    let paging = Paging { page, software: Span::ZERO, round_trip, rate: bandwidth, prefetch: 1.0, overlap: 1.0 };
    let root = RootSeed::new(1, 0);
    let (mut arrivals, mut sizes) = (root.stream("pool arrivals", &[]), root.stream("pool sizes", &[]));
    let pages = 64.0 * 1_024.0 / 4.0;
    let alone = pages * 4_096.0 / (0.98 * bandwidth.bytes_per_sec_f64());
    let load = 0.7;
    let pool = Pool::new(&speed, &[Profile::page_in(&paging)], 1, false);
    let start = || PoolWork { profile: 0, host: 0, amount: (sizes.exponential() * pages) as u64 + 1 };
    let measured = poisson(pool, load / alone, &mut arrivals, start);
    let mean = Comparison::with_interval("mean page-in", measured.mean, measured.half_width, alone / (1.0 - load));
    compared(vec![mean], format!("{JOBS} starts"))
}

fn storage_port() -> Measured {
    let comparisons =
        [("equal sizes, mean read", false), ("unequal sizes, mean read", true)].map(|(quantity, unequal)| {
            let rate = BitsPerSec(10_000_000_000);
            let (ports, [storage, first]) = star(rate, BitsPerSec(100_000_000_000), 100);
            let root = RootSeed::new(1, u32::from(unequal));
            let [mut arrivals, mut sizes, mut hosts] =
                ["fabric arrivals", "fabric sizes", "fabric hosts"].map(|name| root.stream(name, &[]));
            let (mean, load) = (10e6, 0.7);
            let alone = mean * 8.0 / rate.0 as f64;
            let read = || {
                // A tenth of the reads is of 7.75 means, the others of a quarter, both exponential: SCV 11.25.
                let scale = if sizes.uniform() < 0.1 { 7.75 } else { 0.25 };
                let size = if unequal { scale * sizes.exponential() } else { 1.0 };
                let to = PortId::new(first.raw() + hosts.below(100) as u32);
                Flow { from: storage, to, bytes: Bytes((mean * size) as u64 + 1), cap: None }
            };
            let measured = poisson(ports, load / alone, &mut arrivals, read);
            Comparison::with_interval(quantity, measured.mean, measured.half_width, alone / (1.0 - load))
        });
    compared(comparisons.into(), format!("2 × {JOBS} reads"))
}

/// A port of rate `one`, and `many` of rate `each`: the first and the first of the others.
fn star(one: BitsPerSec, each: BitsPerSec, many: u32) -> (Ports<u32>, [PortId; 2]) {
    let mut ports = Ports::new();
    let centre = ports.add(one);
    let first = ports.add(each);
    for _ in 1..many {
        ports.add(each);
    }
    (ports, [centre, first])
}

fn fan_in() -> Measured {
    let n = 16_u32;
    let rate = BitsPerSec(10_000_000_000);
    let (mut ports, [receiver, first]) = star(rate, rate, n);
    for sender in 0..n {
        let bytes = Bytes(1_000_000 * u64::from(sender + 1));
        let from = PortId::new(first.raw() + sender);
        ports.begin(Time::ZERO, sender, Flow { from, to: receiver, bytes, cap: None });
    }
    let mut comparisons = Vec::new();
    while ports.next() != Time::MAX {
        let now = ports.next();
        while let Some(sender) = ports.pop(now) {
            let k = f64::from(sender + 1);
            let bits = 8e6 * (k * (k + 1.0) / 2.0 + k * (f64::from(n) - k));
            comparisons.push(Comparison::relative("end of a flow", now.as_secs_f64(), bits / 1e10));
        }
    }
    compared(comparisons, "16 flows".to_owned())
}
