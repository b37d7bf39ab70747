//! What a pool is tested against: `n` equal runs, solved for the latency by bisection.
//!
//! ```text
//! demand of one run   d(L) = waits·bytes / (base + waits·t(L))     bytes/s, base and waits per second of D
//! n runs              n·d(L(ρ)) = ρ·B
//! ```
//!
//! Demand falls and ρ rises with L, so there is one solution. Where even ρ = 0.98 asks for more than `0.98·B`, runs wait
//! until it does not: bytes are conserved. The law of the wait is written here a second time on purpose, so that a mistake
//! in [`Profile`] is no mistake here.

use super::*;

/// `n` equal runs at one pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Equal {
    /// Run time per second of `D`.
    pub(super) slowdown: f64,
    /// ρ.
    pub(super) utilisation: f64,
}

/// t(L): seconds of one wait at latency `latency_s` of a run that can get `link`.
fn wait_time(execution: &Execution, latency_s: f64, link: BitsPerSec) -> f64 {
    let bound = execution.bytes_per_wait() / link.bytes_per_sec_f64();
    libm::pow(libm::pow(latency_s, 4.0) + libm::pow(bound, 4.0), 0.25)
}

impl Equal {
    /// `n` runs that can get `link` each.
    pub(super) fn solve(execution: &Execution, pool: &PoolSpeed, link: BitsPerSec, n: u32) -> Self {
        let capacity = pool.bandwidth.bytes_per_sec_f64();
        let bytes = execution.waits() * execution.bytes_per_wait();
        let slowdown = |rho: f64| {
            let rise = pool.curve_a.as_secs_f64() * rho / libm::pow(1.0 - rho, pool.curve_b);
            execution.base() + execution.waits() * wait_time(execution, pool.latency.as_secs_f64() + rise, link)
        };
        let excess = |rho: f64| f64::from(n) * bytes / slowdown(rho) - rho * capacity;
        if excess(RHO_LIMIT) > 0.0 {
            return Self { slowdown: f64::from(n) * bytes / (RHO_LIMIT * capacity), utilisation: RHO_LIMIT };
        }
        let (mut low, mut high) = (0.0, RHO_LIMIT);
        // 60 halvings of 0.98 reach the resolution of a double.
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if excess(middle) > 0.0 { low = middle } else { high = middle }
        }
        Self { slowdown: slowdown(high), utilisation: high }
    }
}

const WIDE: BitsPerSec = BitsPerSec(u64::MAX);

#[test]
fn demand_and_latency_agree_at_every_load() {
    let (execution, pool) = (execution(0.0, 4.0), pool(80));
    for n in [1, 2, 10, 18, 50, 200] {
        let right = Equal::solve(&execution, &pool, WIDE, n);
        let demand = f64::from(n) * execution.waits() * execution.bytes_per_wait() / right.slowdown;
        let used = right.utilisation * pool.bandwidth.bytes_per_sec_f64();
        assert!((demand / used - 1.0).abs() < 1e-9, "{n} runs ask for {demand} and get {used}");
        assert!(right.utilisation <= RHO_LIMIT);
    }
}

#[test]
fn a_run_alone_waits_for_little_more_than_the_idle_latency() {
    // base 0.5 + 5e6 waits/s x 400 ns = 2.5 without load; the curve adds at most a few per cent.
    let slowdown = Equal::solve(&execution(0.0, 4.0), &pool(80), WIDE, 1).slowdown;
    assert!((2.5..2.6).contains(&slowdown), "{slowdown}");
}

#[test]
fn beyond_saturation_run_time_grows_with_the_number_of_runs() {
    let [some, twice] = [200, 400].map(|n| Equal::solve(&execution(0.0, 4.0), &pool(80), WIDE, n).slowdown);
    assert!((twice / some - 2.0).abs() < 1e-9);
}

#[test]
fn a_wait_is_bound_by_latency_or_bandwidth_and_by_both_between() {
    let (execution, link) = (execution(0.0, 4.0), BitsPerSec(100_000_000_000));
    let profile = Profile::run(&execution, link);
    // 256 bytes at 12.5 GB/s take 20.48 ns: far below 1 us, far above 1 ns, and the fourth root of 2 more at 20.48 ns.
    let bound = 20.48e-9;
    for (latency, wait) in [(1e-6, 1e-6), (1e-9, bound), (bound, bound * libm::pow(2.0, 0.25))] {
        let right = execution.base() + execution.waits() * wait;
        assert!((profile.time(latency) / right - 1.0).abs() < 1e-5, "{} for {right}", profile.time(latency));
        assert!((wait_time(&execution, latency, link) / wait - 1.0).abs() < 1e-5);
    }
}
