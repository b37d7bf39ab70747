//! What requests hold of the cores of their host while they work: a whole core, none, or a share that differs by function.
//!
//! The ledger counts in whole cores as long as nobody holds anything else, and in millionths of a core otherwise, so that
//! sums are exact and a host never gives away more than it has.

use crate::ids::{FunctionId, FunctionKind, IdVec};

/// A whole core in millionths, in which shares of cores are told.
pub const WHOLE: u32 = 1_000_000;

/// What each function's requests hold.
#[derive(Clone, Debug)]
pub struct Cores {
    /// A core in units of the ledger.
    unit: u64,
    /// In units of the ledger, where all hold the same.
    each: u64,
    /// The same by function, where they differ or are not whole.
    of: IdVec<FunctionKind, u32>,
    least: u64,
}

impl Cores {
    /// Whole cores.
    pub fn whole() -> Self {
        Self { unit: 1, each: 1, of: IdVec::new(), least: 1 }
    }
    /// The share of a core that requests of each function hold, in millionths, if they hold any (`held`).
    pub fn new(held: bool, shares: impl Iterator<Item = u32> + Clone) -> Self {
        if !held {
            return Self { each: 0, least: 0, ..Self::whole() };
        }
        if shares.clone().all(|share| share == WHOLE) {
            return Self::whole();
        }
        let least = shares.clone().min().unwrap_or(WHOLE).into();
        Self { unit: WHOLE.into(), each: WHOLE.into(), of: shares.collect(), least }
    }
    /// A core in units of the ledger.
    pub fn unit(&self) -> u64 {
        self.unit
    }
    /// What a request of a function holds, in units of the ledger.
    #[inline(always)]
    pub fn of<const ALL: bool>(&self, function: FunctionId) -> u64 {
        if ALL && self.differ() { self.of[function].into() } else { self.each }
    }
    /// Whether functions hold anything else than a whole core, or none.
    #[inline(always)]
    pub fn differ(&self) -> bool {
        self.unit != 1
    }
    /// The least that any of them holds.
    pub fn least(&self) -> u64 {
        self.least
    }
    /// So many cores in units of the ledger; `u32::MAX` is unlimited, and `u64::MAX` then.
    pub fn of_host(&self, cores: u32) -> u64 {
        if cores == u32::MAX { u64::MAX } else { u64::from(cores) * self.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_counts_in_cores_as_long_as_all_hold_whole_ones() {
        let of = |held, shares: &[u32]| {
            let cores = Cores::new(held, shares.iter().copied());
            let each: Vec<u64> = (0..2).map(|function| cores.of::<true>(FunctionId::new(function))).collect();
            (each, cores.least(), cores.of_host(4), cores.of_host(u32::MAX))
        };
        let unlimited = u64::MAX;
        assert_eq!(of(true, &[WHOLE, WHOLE]), (vec![1, 1], 1, 4, unlimited));
        assert_eq!(of(true, &[]), (vec![1, 1], 1, 4, unlimited));
        assert_eq!(of(false, &[72_357, WHOLE]), (vec![0, 0], 0, 4, unlimited));
        let shares = (vec![72_357, 1_000_000], 72_357, 4_000_000, unlimited);
        assert_eq!(of(true, &[72_357, WHOLE]), shares);
    }
}
