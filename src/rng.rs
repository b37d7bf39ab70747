//! Randomness from named streams.
//!
//! One root seed is spread into independent streams, each named by the entity that draws and the purpose of
//! the draw. A new consumer of randomness therefore shifts nobody else's numbers, a trace that is cut keeps
//! the draws of the functions that remain, and every layout of an experiment sees the same arrivals.
//!
//! Generator: xoshiro256++ (Blackman and Vigna, 2019). Key derivation: SHA-256 over the length-prefixed
//! names, so that streams differ in all 256 bits of their state. All transformations use the pure-Rust
//! `libm`, never the platform's.

use rand_core::{Rng as _, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use sha2::{Digest, Sha256};

/// The seed of one replication; the root of all its streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootSeed {
    seed: u64,
    replication: u32,
}

impl RootSeed {
    /// Replication `replication` of an experiment with the given seed.
    pub const fn new(seed: u64, replication: u32) -> Self {
        Self { seed, replication }
    }

    /// The stream with this purpose and these names, such as `("arrivals", &[owner, app, function])`.
    pub fn stream(self, purpose: &str, names: &[&str]) -> Stream {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(self.replication.to_le_bytes());
        for part in std::iter::once(&purpose).chain(names) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Stream(Xoshiro256PlusPlus::from_seed(hash.finalize().into()))
    }
}

/// One named stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// Uniform on [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }
    /// Uniform on (0, 1], for logarithms.
    pub fn uniform_positive(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 * (1.0 / (1_u64 << 53) as f64)
    }
    /// A whole number below `n` (n ≥ 1) without bias worth the name: 64-bit multiply-shift (Lemire 2019),
    /// whose bias is below n / 2^64.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }
    /// Exponential with mean 1, by inversion.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform_positive())
    }
    /// Standard normal, by Box and Muller's polar-free form; each call draws two uniforms.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }
    /// Log-normal with the given parameters of the underlying normal.
    pub fn log_normal(&mut self, mu: f64, sigma: f64) -> f64 {
        libm::exp(mu + sigma * self.normal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_fixed_by_its_names() {
        let draw = |seed, purpose: &str, names: &[&str]| RootSeed::new(seed, 0).stream(purpose, names).bits();
        assert_eq!(draw(1, "arrivals", &["a", "b"]), draw(1, "arrivals", &["a", "b"]));
        let all = [
            draw(1, "arrivals", &["a", "b"]),
            draw(2, "arrivals", &["a", "b"]),
            draw(1, "durations", &["a", "b"]),
            draw(1, "arrivals", &["ab", ""]),
            draw(1, "arrivals", &["", "ab"]),
            RootSeed::new(1, 1).stream("arrivals", &["a", "b"]).bits(),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b), "streams collide: {all:?}");
        }
    }

    #[test]
    fn moments_are_right() {
        let mut stream = RootSeed::new(7, 0).stream("test", &[]);
        let n = 200_000;
        let mean = |f: &mut dyn FnMut() -> f64| (0..n).map(|_| f()).sum::<f64>() / f64::from(n);
        // Each tolerance is about four standard errors.
        assert!((mean(&mut || stream.uniform()) - 0.5).abs() < 0.0026);
        assert!((mean(&mut || stream.exponential()) - 1.0).abs() < 0.009);
        assert!(mean(&mut || stream.normal()).abs() < 0.009);
        assert!(
            (mean(&mut || {
                let z = stream.normal();
                z * z
            }) - 1.0)
                .abs()
                < 0.0127
        );
        assert!((mean(&mut || stream.below(10) as f64) - 4.5).abs() < 0.026);
    }
}
