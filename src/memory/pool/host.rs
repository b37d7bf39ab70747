//! Hosts of a pool: what slows their jobs beyond the pool's latency.
//!
//! A host's jobs run at `r = min(r_set, cap / demand)` of what the pool gives them: `r_set` is time slicing of its cores, `cap` the
//! bandwidth of its link, and `demand` what its jobs would ask for together at the present latency. A host whose demand
//! without load, `r_set` included, is below its cap cannot be bound, and is not looked at when the latency changes.

use super::class::NONE;
use super::fixed;
use super::lane::Demand;

/// How fast jobs of a host run, as a share of what they would with the host to themselves; 32 fractional bits. Not slowed, by
/// default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostRate(pub(super) u64);

impl HostRate {
    /// Not slowed.
    pub const ONE: Self = Self(fixed::ONE);

    /// The nearest to `rate`, at least 0 and at most 1.
    pub fn of(rate: f64) -> Self {
        Self(libm::rint(rate.clamp(0.0, 1.0) * fixed::ONE as f64) as u64)
    }
}

impl Default for HostRate {
    fn default() -> Self {
        Self::ONE
    }
}

#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) set: u64,
    /// What its jobs run at.
    pub(super) rate: u64,
    /// Bytes per second of its link with 16 fractional bits.
    pub(super) cap: u128,
    /// What its jobs ask for at most, with 16 fractional bits.
    pub(super) most: u128,
    /// It has clocks of its own, since it was slowed or bound once.
    pub(super) own: bool,
    /// Place among the hosts that can be bound, and their part of the pool's demand.
    pub(super) place: u32,
    pub(super) part: Demand<u128>,
    /// Its classes, by profile.
    pub(super) classes: Vec<(u32, u32)>,
}

impl Host {
    pub(super) const FREE: Self = Self {
        set: fixed::ONE,
        rate: fixed::ONE,
        cap: u128::MAX,
        most: 0,
        own: false,
        place: NONE,
        part: Demand { here: 0, below: 0, above: 0 },
        classes: Vec::new(),
    };

    /// What jobs ask for on it that would ask for `most` if it were not slowed.
    #[inline]
    pub(super) fn slowed(&self, most: u128) -> u128 {
        (most * u128::from(self.set)) >> fixed::RATE
    }
    /// Whether its link could bind jobs that ask for `most`.
    pub(super) fn can_be_bound(&self, most: u128) -> bool {
        self.slowed(most) > self.cap
    }
}
