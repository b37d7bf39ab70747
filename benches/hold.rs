//! The hold model on the simulator's event queue and on the structures it was chosen among.
//!
//! `cargo bench --bench hold` prints the processor time of one removal and one insertion, in nanoseconds, for each
//! structure, number of pending events and mix of time scales, the least of three passes; structures take turns within
//! a pass, so that a noisy machine disturbs all alike. `cargo bench --bench hold -- 1000000` takes one size only.
//! All keep the total order (time, sequence): the checksum over the order of events must be the same.

#[path = "hold/structures.rs"]
mod structures;

use sdcsim::bench::CpuClock;
use sdcsim::rng::RootSeed;
use structures::{Calendar, FourAry, Ours, Queue, RadixHeap, Standard, Wheel};

const SECOND: u64 = 1_000_000_000_000;
const DRAWN: usize = 1 << 16;
const SIZES: [usize; 5] = [100, 1_000, 100_000, 1_000_000, 10_000_000];
/// A structure that takes longer than this per event while it warms up is left out.
const HOPELESS_NS: f64 = 5_000.0;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mix {
    /// Exponential, mean one second.
    Exponential,
    /// Half ten microseconds, half ten minutes.
    NearFar,
    /// Every other event at the present time.
    Ties,
}

fn increments(mix: Mix) -> Vec<u64> {
    let mut stream = RootSeed::new(1, 0).stream("hold", &[]);
    let mut exponential = |mean: u64| (stream.exponential() * mean as f64) as u64;
    (0..DRAWN)
        .map(|i| match mix {
            Mix::Exponential => exponential(SECOND),
            Mix::NearFar if i % 2 == 0 => exponential(SECOND / 100_000),
            Mix::NearFar => 600 * SECOND,
            Mix::Ties => (i as u64 % 2) * SECOND,
        })
        .collect()
}

/// Nanoseconds per event, and the checksum; none where it would take too long.
fn hold<Q: Queue>(pending: usize, increments: &[u64]) -> Option<(f64, u64)> {
    let mut queue = Q::new();
    for i in 0..pending {
        queue.push(increments[i % DRAWN], i as u64);
    }
    let (mut step, mut sum) = (0_usize, 0_u64);
    let mut steps = |count: usize| {
        for _ in 0..count {
            let (now, event) = queue.pop();
            sum = sum.rotate_left(5) ^ event.wrapping_add(now);
            queue.push(now + increments[step % DRAWN], event);
            step += 1;
        }
    };
    let trial = pending.min(10_000);
    let clock = CpuClock::start();
    steps(trial);
    if clock.cpu_s() * 1e9 / trial as f64 > HOPELESS_NS {
        return None;
    }
    steps(pending - trial);
    let timed = 1_000_000;
    let clock = CpuClock::start();
    steps(timed);
    Some((clock.cpu_s() * 1e9 / timed as f64, sum))
}

type Hold = fn(usize, &[u64]) -> Option<(f64, u64)>;

const STRUCTURES: [(&str, Hold); 6] = [
    ("lazy radix wheel", hold::<Ours>),
    ("calendar queue", hold::<Calendar>),
    ("radix heap", hold::<RadixHeap>),
    ("timing wheel", hold::<Wheel>),
    ("4-ary heap", hold::<FourAry>),
    ("std BinaryHeap", hold::<Standard>),
];

fn main() {
    let only: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    println!("ns per event          {:>18} pending", "");
    for mix in [Mix::Exponential, Mix::NearFar, Mix::Ties] {
        println!("\n{mix:?}");
        let increments = increments(mix);
        for pending in SIZES.into_iter().filter(|size| only.is_empty() || only.contains(size)) {
            let mut best = [f64::MAX; STRUCTURES.len()];
            let mut sums = Vec::new();
            for _ in 0..3 {
                for (i, (_, hold)) in STRUCTURES.iter().enumerate() {
                    if let Some((ns, sum)) = hold(pending, &increments) {
                        best[i] = best[i].min(ns);
                        sums.push(sum);
                    }
                }
            }
            assert!(sums.iter().all(|sum| *sum == sums[0]), "all structures keep the same order");
            let least = best.iter().copied().fold(f64::MAX, f64::min);
            for (i, (name, _)) in STRUCTURES.iter().enumerate() {
                if best[i] < f64::MAX {
                    println!("{pending:>10}  {name:<18} {:>9.1}   {:.2} x the best", best[i], best[i] / least);
                } else {
                    println!("{pending:>10}  {name:<18}  over {HOPELESS_NS} ns");
                }
            }
        }
    }
}
