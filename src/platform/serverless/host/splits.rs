//! How the memory of a sandbox is divided between its host and a pool: the preferred share, and what it gives way to.
//!
//! A split is one of a few, so that the run times of each are known beforehand: the preferred share, the least one, and
//! all sixteenths between the least one and one. Of those that fit, the one nearest to the preferred is taken.

use crate::units::Bytes;

/// Memory that one sandbox of a function holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Beside the cores.
    pub local: Bytes,
    /// In a memory pool.
    pub remote: Bytes,
}

impl Need {
    /// Memory of which this share is beside the cores.
    pub fn split(memory: Bytes, local_share: f64) -> Self {
        let local = memory.scale(local_share);
        Self { local, remote: memory.saturating_sub(local) }
    }
    /// Local and remote together.
    pub fn total(self) -> Bytes {
        self.local + self.remote
    }
}

/// Steps of the shares between which memory may be divided.
const STEPS: u32 = 16;

/// The shares of memory that may be beside the cores, on the hosts of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Splits {
    /// Rising.
    shares: Vec<f64>,
    preferred: usize,
}

impl Splits {
    /// This share and no other.
    pub fn fixed(share: f64) -> Self {
        Self { shares: vec![share], preferred: 0 }
    }
    /// This share, which gives way down to `least` and up to one.
    pub fn from(least: f64, preferred: f64) -> Self {
        let steps = (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS)).filter(|share| *share > least);
        let mut shares: Vec<f64> = steps.chain([least, preferred]).collect();
        shares.sort_unstable_by(f64::total_cmp);
        shares.dedup();
        let preferred = shares.partition_point(|share| *share < preferred);
        Self { shares, preferred }
    }
    /// The shares, rising.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }
    /// The preferred split of `memory`.
    pub fn preferred_of(&self, memory: Bytes) -> Need {
        self.of(memory, self.preferred)
    }
    /// Whether there is more than one.
    pub fn give_way(&self) -> bool {
        self.shares.len() > 1
    }

    /// The split number `split` of `memory`.
    fn of(&self, memory: Bytes, split: usize) -> Need {
        Need::split(memory, self.shares[split])
    }
    /// The first split of `memory` whose remote part fits into `pool`.
    fn first_in_pool(&self, memory: Bytes, pool: Bytes) -> usize {
        self.shares.partition_point(|share| Need::split(memory, *share).remote > pool)
    }
    /// The least that `memory` needs of a host, with so much room in a pool; `None` where even that is not enough.
    pub fn least_local(&self, memory: Bytes, pool: Bytes) -> Option<Bytes> {
        let first = self.first_in_pool(memory, pool);
        (first < self.shares.len()).then(|| self.of(memory, first).local)
    }
    /// The split of `memory` nearest to the preferred one that finds room on a host and in a pool, with its number.
    pub fn nearest(&self, memory: Bytes, host: Bytes, pool: Bytes) -> Option<(usize, Need)> {
        let first = self.first_in_pool(memory, pool);
        let end = self.shares.partition_point(|share| Need::split(memory, *share).local <= host);
        let split = (first < end).then(|| self.preferred.clamp(first, end - 1))?;
        Some((split, self.of(memory, split)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_are_the_preferred_the_least_and_sixteenths() {
        assert_eq!(Splits::from(1.0, 1.0), Splits::fixed(1.0));
        assert_eq!(Splits::from(0.9, 0.95).shares(), [0.9, 0.9375, 0.95, 1.0]);
        let all = Splits::from(0.0, 0.25);
        assert_eq!((all.shares().len(), all.preferred, all.shares()[1]), (17, 4, 0.0625));
    }

    proptest! {
        /// By definition: of all splits that fit, the one whose share is nearest to the preferred, on the side that fits.
        #[test]
        fn the_nearest_split_that_fits_is_taken(
            (memory, host, pool) in (0_u64..1_000, 0_u64..1_000, 0_u64..1_000),
            (low, high) in (0.0..=1.0_f64, 0.0..=1.0_f64),
        ) {
            let splits = Splits::from(low.min(high), low.max(high));
            let (memory, host, pool) = (Bytes(memory), Bytes(host), Bytes(pool));
            let fits = |need: &Need| need.local <= host && need.remote <= pool;
            let all = splits.shares().iter().map(|share| Need::split(memory, *share)).enumerate();
            let nearest = all.clone().filter(|(_, need)| fits(need)).min_by_key(|(i, _)| i.abs_diff(splits.preferred));
            prop_assert_eq!(splits.nearest(memory, host, pool), nearest);
            prop_assert!(nearest.is_none_or(|(_, need)| need.total() == memory));
            let least = all.filter(|(_, need)| need.remote <= pool).map(|(_, need)| need.local).min();
            prop_assert_eq!(splits.least_local(memory, pool), least);
        }
    }
}
