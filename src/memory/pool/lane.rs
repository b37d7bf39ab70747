//! The jobs of one profile: their clock, what one of them asks for, and the order of their classes.

use super::class::{NONE, Order};
use super::fixed;
use super::profile::Profile;
use crate::units::{Span, Time};

/// What belongs to the level, the border below it and the border above it: bytes per second that one job asks for (16
/// fractional bits) or many together (48).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demand<T> {
    pub(super) here: T,
    pub(super) below: T,
    pub(super) above: T,
}

impl Demand<u64> {
    /// What jobs ask for whose rates add up to `rates`.
    #[inline]
    pub(super) fn times(self, rates: u64) -> Demand<u128> {
        let product = |demand: u64| u128::from(demand) * u128::from(rates);
        Demand { here: product(self.here), below: product(self.below), above: product(self.above) }
    }
}

impl Demand<u128> {
    pub(super) fn add(&mut self, other: Self) {
        self.here += other.here;
        self.below += other.below;
        self.above += other.above;
    }
    pub(super) fn take(&mut self, other: Self) {
        self.here -= other.here;
        self.below -= other.below;
        self.above -= other.above;
    }
}

#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) profile: Profile,
    /// Clock Q at the time `since`, in units of work with `bits` fractional bits, and what it gains in a picosecond.
    clock: u128,
    since: Time,
    rate: u64,
    pub(super) bits: u32,
    /// 2 to the power of `bits`.
    scale: f64,
    /// Which change of level `rate` and `demand` belong to.
    pub(super) rated: u64,
    pub(super) demand: Demand<u64>,
    /// What a job asks for at most.
    pub(super) most: u64,
    /// Sum of the rates of the jobs on hosts whose link cannot bind.
    pub(super) free: u64,
    pub(super) jobs: u32,
    /// Place among the profiles that have jobs.
    pub(super) place: u32,
    /// Classes that have jobs.
    pub(super) classes: Order,
}

impl Lane {
    pub(super) fn new(profile: Profile, idle_s: f64, analytic: bool) -> Self {
        // As many more bits as units of work take picoseconds, so that rates of slow units are no less exact.
        let grain = libm::ceil(libm::log2(profile.time(idle_s).max(1.0))).min(63.0) as u32;
        // With latencies that stay, the unit of the clock is the picosecond.
        let grain = if analytic { 0 } else { grain };
        Self {
            profile,
            clock: 0,
            since: Time::ZERO,
            rate: 0,
            bits: fixed::CLOCK + grain,
            scale: libm::scalbn(1.0, (fixed::CLOCK + grain) as i32),
            rated: u64::MAX,
            demand: Demand::default(),
            most: fixed::flow(profile.demand(idle_s)) + 1,
            free: 0,
            jobs: 0,
            place: NONE,
            classes: Order::default(),
        }
    }
    /// Q at `now`.
    #[inline]
    pub(super) fn clock(&self, now: Time) -> u128 {
        self.clock + u128::from(now.since(self.since).as_ps()) * u128::from(self.rate)
    }
    /// From `now` on, Q gains `rate` in a picosecond.
    fn set_rate(&mut self, now: Time, rate: u64) {
        self.clock = self.clock(now);
        self.since = now;
        self.rate = rate;
    }
    /// Sets rate and demand to those at three latencies of the pool; where `frozen`, the rate to that of time, or to none.
    pub(super) fn adapt(&mut self, now: Time, latencies: Demand<f64>, frozen: Option<bool>) {
        let time = self.profile.time(latencies.here);
        let rate = match frozen {
            None => (self.scale / time + 0.5) as u64,
            Some(goes) => u64::from(goes) << fixed::CLOCK,
        };
        self.set_rate(now, rate);
        let demand = |time: f64| fixed::flow(self.profile.demand_in(time));
        let times = (self.profile.time(latencies.below), self.profile.time(latencies.above));
        self.demand = Demand { here: demand(time), below: demand(times.0), above: demand(times.1) };
    }
    /// An amount of work on the clock.
    pub(super) fn work(&self, amount: u64) -> u128 {
        let most = u128::MAX >> (self.bits + 2);
        u128::from(amount).min(most) << self.bits
    }
    /// When Q will be `clock`, rounded up to a picosecond.
    #[inline]
    pub(super) fn when(&self, clock: u128) -> Time {
        if self.rate == 0 {
            return Time::MAX;
        }
        let (left, rate) = (clock.saturating_sub(self.clock), u128::from(self.rate));
        // One division, where `div_ceil` has two.
        let whole = left / rate;
        let steps = whole + u128::from(whole * rate < left);
        self.since.saturating_add(u64::try_from(steps).map_or(Span::MAX, Span::from_ps))
    }
    /// Bytes moved by `amount` of work.
    pub(super) fn bytes(&self, amount: f64) -> u64 {
        libm::rint(amount * self.profile.bytes()) as u64
    }
}
