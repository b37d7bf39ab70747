//! Randomness from named streams.
//!
//! One root seed is spread into independent streams, each named by the entity that draws and the purpose of
//! the draw. A new consumer of randomness therefore shifts nobody else's numbers, a trace that is cut keeps
//! the draws of the functions that remain, and every layout of an experiment sees the same arrivals.
//!
//! Generator: xoshiro256++ (Blackman and Vigna, 2019), that of `rand`. Key derivation: SHA-256 over the length-prefixed
//! names, so that streams differ in all 256 bits of their state. Distributions are those of `rand_distr`, drawn in
//! [`Real`], so that they are the same on every platform.

mod base;
mod real;

use std::convert::Infallible;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _, TryRng};
use rand_distr::{Distribution, Exp1};
use sha2::{Digest, Sha256};

pub use real::Real;

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

/// One named stream of random numbers: a generator, for what `rand` and `rand_distr` draw from one.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }
    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

impl Stream {
    /// One draw from a distribution over the real numbers, such as `&Exp1` or `&LogNormal`.
    #[inline]
    pub fn draw(&mut self, distribution: &impl Distribution<Real>) -> f64 {
        distribution.sample(self).0
    }
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.random()
    }
    /// Uniform on [0, 1), 53 bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        self.random()
    }
    /// A whole number below `n` (n ≥ 1), each as likely but for a bias below n / 2^64.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        self.random_range(0..n)
    }
    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        self.draw(&Exp1)
    }
}

#[cfg(test)]
mod tests {
    use rand_distr::{Gamma, StandardNormal, Weibull, Zipf};

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
        assert!(mean(&mut || stream.draw(&StandardNormal)).abs() < 0.009);
        assert!(
            (mean(&mut || {
                let z = stream.draw(&StandardNormal);
                z * z
            }) - 1.0)
                .abs()
                < 0.0127
        );
        assert!((mean(&mut || stream.below(10) as f64) - 4.5).abs() < 0.026);
    }
    /// Mean and variance of what `rand_distr` makes of the base distributions: k·θ and k·θ² of a gamma, 2 and 20 of a Weibull
    /// of shape 1/2 and scale 1, and of a Zipf over four ranks of exponent 1 a mean of 4 over 1 + 1/2 + 1/3 + 1/4, 1.92.
    #[test]
    fn distributions_have_their_moments() {
        let mut stream = RootSeed::new(8, 0).stream("test", &[]);
        let mut moments = |distribution: &dyn Fn(&mut Stream) -> f64| {
            let n = 200_000;
            let draws: Vec<f64> = (0..n).map(|_| distribution(&mut stream)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            (mean, draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n))
        };
        let near = |(mean, variance): (f64, f64), (right_mean, right_variance): (f64, f64)| {
            // Five standard errors of the mean; the variance of the heaviest, of kurtosis 88, has one of 2 %.
            assert!((mean - right_mean).abs() < 5.0 * libm::sqrt(right_variance / 2e5), "{mean} for {right_mean}");
            assert!((variance / right_variance - 1.0).abs() < 0.1, "{variance} for {right_variance}");
        };
        let gamma = Gamma::new(Real(3.0), Real(0.5)).unwrap();
        near(moments(&|stream| stream.draw(&gamma)), (1.5, 0.75));
        let weibull = Weibull::new(Real(1.0), Real(0.5)).unwrap();
        near(moments(&|stream| stream.draw(&weibull)), (2.0, 20.0));
        let zipf = Zipf::new(Real(4.0), Real(1.0)).unwrap();
        near(moments(&|stream| stream.draw(&zipf)), (1.92, 10.0 / (25.0 / 12.0) - 1.92 * 1.92));
    }

    /// Draws are what they were in 2026: neither package may change them unseen.
    #[test]
    fn draws_stay() {
        let mut stream = RootSeed::new(1, 0).stream("draws", &["stay"]);
        let log_normal = rand_distr::LogNormal::new(Real(0.0), Real(1.0)).unwrap();
        let draws = [
            stream.uniform(),
            stream.exponential(),
            stream.draw(&log_normal),
            stream.draw(&Gamma::new(Real(2.5), Real(1.0)).unwrap()),
            stream.draw(&Zipf::new(Real(100.0), Real(1.0)).unwrap()),
            stream.below(1_000) as f64,
        ];
        let expected = [
            0.170_339_658_465_597_73,
            0.331_051_255_044_044_2,
            2.499_434_978_668_866_3,
            1.894_666_025_137_268_2,
            2.0,
            640.0,
        ];
        assert_eq!(draws, expected);
    }
}
