//! What a request has of its node's cores, and how much longer or shorter it computes on them.

use crate::config::choice::CoreRule;
use crate::config::raw;
use crate::units::Bytes;

/// The least share of a core that a request holds.
const LEAST: f64 = 0.001;

/// What a request holds of its node's cores, where it has them to itself.
#[derive(Clone, Debug)]
pub enum Cores {
    /// One core, whatever its memory; memory that buys one is billed at least.
    Whole {
        /// Memory that buys one core; zero where a core comes with any memory.
        memory_per_core: Bytes,
    },
    /// As much as its memory buys.
    ByMemory {
        /// Memory that buys one core.
        memory_per_core: Bytes,
        /// The most that a request holds.
        maximum: f64,
    },
    /// The tiers, smallest first: memory, and the cores that come with it.
    Tiers(Vec<(Bytes, f64)>),
}

impl Cores {
    /// From what was typed.
    pub fn resolve(raw: &raw::Cores) -> Self {
        let memory_per_core = raw.memory_per_core.0;
        match raw.rule {
            CoreRule::Whole => Self::Whole { memory_per_core },
            CoreRule::ByMemory => Self::ByMemory { memory_per_core, maximum: raw.maximum },
            CoreRule::Tiers => Self::Tiers(raw.tiers.iter().map(|tier| (tier.memory.0, tier.cores)).collect()),
        }
    }
    /// Whether it is one core for every request.
    pub fn are_whole(&self) -> bool {
        matches!(self, Self::Whole { .. })
    }
    /// The cores of a request of a function that is billed for `size`: a thousandth at least.
    pub fn of(&self, size: Bytes) -> f64 {
        match self {
            Self::Whole { .. } => 1.0,
            Self::ByMemory { memory_per_core, maximum } => {
                (size.0 as f64 / memory_per_core.0 as f64).clamp(LEAST, *maximum)
            }
            Self::Tiers(tiers) => {
                let tier = tiers.iter().find(|(memory, _)| *memory >= size).or(tiers.last());
                tier.map_or(1.0, |(_, cores)| *cores)
            }
        }
    }
}

impl Default for Cores {
    fn default() -> Self {
        Self::resolve(&raw::Cores::default())
    }
}

/// How a function uses cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parallelism {
    /// Share of the computing that any number of cores share out among them.
    pub parallel_share: f64,
    /// Cores with which the durations of the trace were measured; where nobody knows, it runs as long on any.
    pub measured_cores: Option<f64>,
}

impl Parallelism {
    /// From what was typed.
    pub fn resolve(raw: &raw::Parallelism) -> Self {
        Self { parallel_share: raw.parallel_share, measured_cores: raw.measured_cores }
    }
    /// With what is said otherwise.
    #[must_use]
    pub fn with(self, raw: &raw::ClassParallelism) -> Self {
        Self {
            parallel_share: raw.parallel_share.unwrap_or(self.parallel_share),
            measured_cores: raw.measured_cores.or(self.measured_cores),
        }
    }
    /// Time that computing takes on so many cores, over that on one: `1/c` on less than one, Amdahl's law on more.
    fn time_on(&self, cores: f64) -> f64 {
        if cores < 1.0 { 1.0 / cores } else { 1.0 - self.parallel_share + self.parallel_share / cores }
    }
    /// Time that computing takes on so many cores, over that in the trace; the same where the trace was measured nobody knows how.
    pub fn slowdown(&self, cores: f64) -> f64 {
        self.measured_cores.map_or(1.0, |measured| self.time_on(cores) / self.time_on(measured))
    }
    /// Of so many cores, those that work on average while it computes.
    pub fn working(&self, cores: f64) -> f64 {
        1.0 / self.time_on(cores)
    }
}

impl Default for Parallelism {
    fn default() -> Self {
        Self::resolve(&raw::Parallelism::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS Lambda: 1,769 MB are one virtual core, 10,240 MB 5.789 (sizes in steps of 1 MB, at most six cores).
    #[test]
    fn cores_follow_memory() {
        let aws = Cores::ByMemory { memory_per_core: Bytes::from_mib(1_769), maximum: 6.0 };
        for (mib, cores) in [(128, 0.072_357), (1_769, 1.0), (3_008, 1.700_396), (10_240, 5.788_581), (20_000, 6.0)] {
            let held = aws.of(Bytes::from_mib(mib));
            assert!((held - cores).abs() < 1e-6, "{mib} MiB: {held}");
        }
        assert_eq!(aws.of(Bytes(1)), LEAST);
        let google = Cores::Tiers(vec![(Bytes::from_mib(128), 0.083), (Bytes::from_mib(256), 0.167)]);
        assert_eq!([1, 128, 129, 1_024].map(|mib| google.of(Bytes::from_mib(mib))), [0.083, 0.083, 0.167, 0.167]);
        assert_eq!(Cores::default().of(Bytes::from_gib(64)), 1.0);
    }

    #[test]
    fn computing_takes_longer_on_less_and_shorter_on_more() {
        let of = |parallel_share, cores| Parallelism { parallel_share, measured_cores: Some(cores) };
        // Half parallel on four cores: 0.5 + 0.5/4 of the time; the serial half leaves three of them idle.
        for (function, cores, slowdown, working) in [
            (of(1.0, 1.0), 0.25, 4.0, 0.25),
            (of(0.0, 1.0), 0.25, 4.0, 0.25),
            (of(1.0, 1.0), 4.0, 0.25, 4.0),
            (of(0.5, 1.0), 4.0, 0.625, 1.6),
            (of(0.0, 1.0), 4.0, 1.0, 1.0),
            (of(1.0, 2.0), 1.0, 2.0, 1.0),
            (of(1.0, 0.5), 1.0, 0.5, 1.0),
        ] {
            assert_eq!((function.slowdown(cores), function.working(cores)), (slowdown, working), "{function:?}");
            let unknown = Parallelism { measured_cores: None, ..function };
            assert_eq!((unknown.slowdown(cores), unknown.working(cores)), (1.0, working), "{unknown:?}");
        }
    }
}
