//! A remote memory pool under load.
//!
//! Latency rises with the share ρ of the sustainable bandwidth `B` in use, and a request that waits longer asks
//! for less, so latency and demand determine each other (shared/design/MODELS.md, level "fluid"):
//!
//! ```text
//! L(ρ) = L0 + a·ρ/(1−ρ)^b                 ρ ≤ 0.98
//! demand of one request   d(L) = waits·bytes / (base + waits·t(L))     bytes/s, base and waits per second of D
//! n requests              n·d(L(ρ)) = ρ·B
//! ```
//!
//! Demand falls and ρ rises with L, so there is one solution, found by bisection. Where even ρ = 0.98 asks for
//! more than `0.98·B`, requests wait until it does not: bytes are conserved. With one memory profile for all
//! functions `d` does not depend on the request, so the solution depends on `n` alone and is tabulated once.
//! The pool is then a processor-sharing station whose jobs all run at the relative rate `rate(n)`.

#[cfg(test)]
use crate::memory::run::Execution;
use crate::units::{BitsPerSec, Span};

#[cfg(test)]
/// Most requests for which the equations are tabulated. A pool that is not saturated by so many never is in practice;
/// beyond, run time grows with their number, as it does in saturation.
pub const TABLE_LIMIT: u32 = 16_384;

/// Largest ρ at which the latency curve is used.
pub const RHO_LIMIT: f64 = 0.98;

/// A pool as far as latency goes.
#[derive(Clone, Copy, Debug)]
pub struct PoolSpeed {
    /// Latency without load, fabric round trip included.
    pub latency: Span,
    /// a of the latency curve.
    pub curve_a: Span,
    /// b of the latency curve.
    pub curve_b: f64,
    /// B, sustainable bandwidth of the pool.
    pub bandwidth: BitsPerSec,
    /// What one request can get: the rate of its node's interface.
    pub request_bandwidth: BitsPerSec,
}

#[cfg(test)]
/// What `n` requests of equal profile get from one pool: the closed form that the pool is tested against.
#[derive(Clone, Debug)]
pub struct PoolLoad {
    /// Run time per second of `D`, by the number of requests (entry 0 is that of one request alone).
    slowdown: Vec<f64>,
    /// ρ by the number of requests.
    utilisation: Vec<f64>,
}

#[cfg(test)]
impl PoolSpeed {
    /// L(ρ) in seconds.
    fn latency_s(&self, rho: f64) -> f64 {
        self.latency.as_secs_f64() + self.curve_a.as_secs_f64() * rho / libm::pow(1.0 - rho, self.curve_b)
    }
}

#[cfg(test)]
impl PoolLoad {
    /// Solves the equations for 1 to `most` requests.
    pub fn new(execution: &Execution, pool: &PoolSpeed, most: u32) -> Self {
        let alone = solve(execution, pool, 1);
        let mut load = Self { slowdown: vec![alone.0], utilisation: vec![0.0] };
        for n in 1..=most.clamp(1, TABLE_LIMIT) {
            let (slowdown, rho) = solve(execution, pool, n);
            load.slowdown.push(slowdown);
            load.utilisation.push(rho);
        }
        load
    }
    /// Run time per second of `D` when `n` requests use the pool.
    pub fn slowdown(&self, n: usize) -> f64 {
        let last = self.slowdown.len() - 1;
        self.slowdown[n.min(last)] * (n as f64 / last as f64).max(1.0)
    }
    /// Speed against that of a request alone, at most 1.
    pub fn rate(&self, n: usize) -> f64 {
        self.slowdown[0] / self.slowdown(n)
    }
    /// ρ when `n` requests use the pool.
    pub fn utilisation(&self, n: usize) -> f64 {
        self.utilisation[n.min(self.utilisation.len() - 1)]
    }
}

#[cfg(test)]
/// Run time per second of `D`, and ρ, for `n` requests.
fn solve(execution: &Execution, pool: &PoolSpeed, n: u32) -> (f64, f64) {
    let capacity = pool.bandwidth.bytes_per_sec_f64();
    let bytes = execution.waits() * execution.bytes_per_wait();
    let slowdown = |rho: f64| {
        execution.base() + execution.waits() * execution.wait_time(pool.latency_s(rho), pool.request_bandwidth)
    };
    let excess = |rho: f64| f64::from(n) * bytes / slowdown(rho) - rho * capacity;
    if excess(RHO_LIMIT) > 0.0 {
        return (f64::from(n) * bytes / (RHO_LIMIT * capacity), RHO_LIMIT);
    }
    let (mut low, mut high) = (0.0, RHO_LIMIT);
    // 60 halvings of 0.98 reach the resolution of a double.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if excess(middle) > 0.0 { low = middle } else { high = middle }
    }
    (slowdown(high), high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::run::{MemoryProfile, NodeSpeed};
    use crate::units::Bytes;

    fn execution() -> Execution {
        let profile = MemoryProfile {
            stall: 0.5,
            reference_latency: Span::from_ns(100),
            parallelism: 4.0,
            access: Bytes(64),
            write_share: 0.0,
            miss_scale: 1.0,
            miss_shape: 1.0,
        };
        Execution::new(&profile, NodeSpeed { speed: 1.0, local_latency: Span::from_ns(100), local_share: 0.0 })
    }

    const POOL: PoolSpeed = PoolSpeed {
        latency: Span::from_ns(400),
        curve_a: Span::from_ns(31),
        curve_b: 0.43,
        bandwidth: BitsPerSec(8 * 10_000_000_000),
        request_bandwidth: BitsPerSec(u64::MAX),
    };

    #[test]
    fn demand_and_latency_agree_at_every_load() {
        let execution = execution();
        let load = PoolLoad::new(&execution, &POOL, 200);
        for n in [1, 2, 10, 18, 50, 200] {
            let demand = f64::from(n) * execution.waits() * execution.bytes_per_wait() / load.slowdown(n as usize);
            let used = load.utilisation(n as usize) * POOL.bandwidth.bytes_per_sec_f64();
            assert!((demand / used - 1.0).abs() < 1e-9, "{n} requests ask for {demand} and get {used}");
            assert!(load.utilisation(n as usize) <= RHO_LIMIT);
        }
    }

    #[test]
    fn a_request_alone_waits_for_little_more_than_the_idle_latency() {
        let execution = execution();
        let load = PoolLoad::new(&execution, &POOL, 1);
        // base 0.5 + 5e6 waits/s x 400 ns = 2.5 without load; the curve adds at most a few per cent.
        assert!((2.5..2.6).contains(&load.slowdown(1)), "{}", load.slowdown(1));
        assert_eq!(load.rate(1), 1.0);
    }

    #[test]
    fn beyond_saturation_run_time_grows_with_the_number_of_requests() {
        let load = PoolLoad::new(&execution(), &POOL, 400);
        assert!((load.slowdown(400) / load.slowdown(200) - 2.0).abs() < 1e-9);
    }
}
