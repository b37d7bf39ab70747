//! Latency of a pool by its load, on a grid.
//!
//! ```text
//! L(ρ)  = L0 + a·ρ/(1−ρ)^b          ρ ≤ 0.98, where the curve ends and capacity stays 0.98·B
//! L_k   = L0 + u·(q^k − 1)          level k, u = max(L0, 1 ns), q = 1.0005²
//! ```
//!
//! Between two levels lies a border, at half a step. Level `k` holds while demand is more than the curve carries at
//! the border below it and no more than it carries at the border above: it is the level nearest to the solution.

use crate::units::{BitsPerSec, Span};

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
}

/// From a level to the borders beside it.
const HALF: f64 = 1.000_5;
/// q: latencies of neighbouring levels differ by no more than this factor.
const STEP: f64 = HALF * HALF;
/// Powers of the step are products of two entries of tables; entries of the first.
const FINE: u32 = 256;
/// Least scale of the grid in seconds: below, latencies are no different to a run.
const LEAST: f64 = 1e-9;
/// Latency of the highest level in seconds: so long are the longest queues.
const MOST: f64 = 1e9;

#[derive(Clone, Debug)]
pub(super) struct Curve {
    /// L0 in seconds.
    floor: f64,
    /// u in seconds.
    unit: f64,
    fine: Vec<f64>,
    coarse: Vec<f64>,
    /// ρ that the curve carries at the border below level `k`, for all borders on the curve; entry 0 is none.
    carried: Vec<f64>,
    /// The highest level.
    pub(super) last: u32,
}

impl Curve {
    pub(super) fn new(pool: &PoolSpeed) -> Self {
        let floor = pool.latency.as_secs_f64();
        let unit = floor.max(LEAST);
        let last = libm::ceil(libm::log(MOST / unit) / libm::log(STEP)).max(1.0) as u32;
        let power = |exponent: u32| libm::exp(f64::from(exponent) * libm::log(STEP));
        let fine = (0..FINE).map(power).collect();
        let coarse = (0..=last / FINE + 1).map(|i| power(i * FINE)).collect();
        let mut curve = Self { floor, unit, fine, coarse, carried: vec![0.0], last };
        let (a, b) = (pool.curve_a.as_secs_f64(), pool.curve_b);
        let rise = |rho: f64| a * rho / libm::pow(1.0 - rho, b);
        while curve.carried.len() <= last as usize {
            let border = curve.carried.len() as u32;
            let above = curve.below(border) - floor;
            if rise(RHO_LIMIT) <= above {
                break;
            }
            let (mut low, mut high) = (curve.carried[border as usize - 1], RHO_LIMIT);
            // 50 halvings reach the resolution of a double.
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if rise(middle) < above { low = middle } else { high = middle }
            }
            curve.carried.push(high);
        }
        curve
    }

    fn power(&self, exponent: u32) -> f64 {
        self.coarse[(exponent / FINE) as usize] * self.fine[(exponent % FINE) as usize]
    }
    /// Latency of a level in seconds.
    pub(super) fn latency(&self, level: u32) -> f64 {
        self.floor + self.unit * (self.power(level) - 1.0)
    }
    /// Latency of the border below a level, not the lowest, in seconds.
    pub(super) fn below(&self, level: u32) -> f64 {
        self.floor + self.unit * (self.power(level) / HALF - 1.0)
    }
    /// ρ that the curve carries at the border below a level.
    pub(super) fn carries(&self, level: u32) -> f64 {
        self.carried.get(level as usize).copied().unwrap_or(RHO_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_curve() {
        let (latency, curve_a) = (Span::from_ns(400), Span::from_ns(31));
        let pool = PoolSpeed { latency, curve_a, curve_b: 0.43, bandwidth: BitsPerSec(1) };
        let curve = Curve::new(&pool);
        assert_eq!(curve.latency(0), 400e-9);
        let end = curve.carried.len() as u32;
        for level in 1..end + 100 {
            let (below, here, above) = (curve.below(level), curve.latency(level), curve.below(level + 1));
            assert!(below < here && here < above && above / below < STEP + 1e-9);
            let rho = curve.carries(level);
            let latency = 400e-9 + 31e-9 * rho / libm::pow(1.0 - rho, 0.43);
            if level < end {
                assert!((latency / below - 1.0).abs() < 1e-9, "level {level} at {rho}: {latency} for {below}");
            } else {
                assert_eq!(rho, RHO_LIMIT);
            }
        }
        assert!(curve.latency(curve.last) > MOST);
    }
}
