//! Which latency a pool has: the level at which it carries what its jobs ask for.

use super::class::NONE;
use super::fixed;
use super::lane::Demand;
use super::state::Pool;
use crate::station::Share;
use crate::units::Time;

/// Guesses by a line before the search halves its steps: the curve bends.
const GUESSES: u32 = 6;

/// By how much more is asked for than carried, as a share of what is carried: to the fourth decimal of a byte a second, but
/// its sign is exact.
fn ratio(asked: u128, carried: u128) -> f64 {
    let short = |sum: u128| u64::try_from(sum >> fixed::RATE).unwrap_or(u64::MAX) as f64;
    let ratio = short(asked) / short(carried) - 1.0;
    if asked > carried { ratio.max(f64::MIN_POSITIVE) } else { ratio.min(0.0) }
}

impl<J: Copy> Pool<J> {
    /// Looks whether the level still holds, and moves to that which does; whether it moved. The profile `but` is left to be
    /// scheduled then.
    #[inline]
    pub(super) fn settle(&mut self, now: Time, but: u32) -> bool {
        let holds_below = self.level == 0 || self.sums.below > self.carried.0;
        let holds_above = self.level == self.curve.last || self.sums.above <= self.carried.1;
        if (holds_below && holds_above) || self.stopped() {
            return false;
        }
        let level = self.find();
        let moves = level != self.level;
        if moves {
            self.level = level;
            self.rate(now, but);
        }
        moves
    }

    /// The number of borders at which demand is more than the pool carries.
    ///
    /// The excess of demand falls with the latency. It is known at the borders of the present level; from there the search
    /// gallops, then halves the steps, both with a line through two borders as a guess.
    fn find(&mut self) -> u32 {
        let end = self.curve.last + 1;
        let (mut low, mut high) = (self.level, self.level + 1);
        let mut over = if low == 0 { 1.0 } else { ratio(self.sums.below, self.carried.0) };
        let mut under = ratio(self.sums.above, self.carried.1);
        let mut stride = 1;
        // Demand is too much at `low`, or it is the lowest.
        while low > 0 && over <= 0.0 {
            let guess = (over / (under - over)).clamp(0.0, 1e6) as u32 + 1;
            (high, under) = (low, over);
            low -= guess.max(stride).min(low);
            over = if low == 0 { 1.0 } else { self.excess(low) };
            stride *= 2;
        }
        // It is not at `high`, or that is beyond the highest.
        while high < end && under > 0.0 {
            let guess = (under / (over - under)).clamp(0.0, 1e6) as u32 + 1;
            (low, over) = (high, under);
            high = high.saturating_add(guess.max(stride)).min(end);
            under = if high == end { -1.0 } else { self.excess(high) };
            stride *= 2;
        }
        let mut guesses = 0;
        while high - low > 1 {
            let between = if guesses < GUESSES { over / (over - under) } else { 0.5 };
            guesses += 1;
            let middle = low + ((f64::from(high - low) * between) as u32).clamp(1, high - low - 1);
            let excess = self.excess(middle);
            if excess > 0.0 { (low, over) = (middle, excess) } else { (high, under) = (middle, excess) }
        }
        low
    }

    /// By how much more is asked for than carried at the border below `level`, as a share of what is carried.
    fn excess(&mut self, level: u32) -> f64 {
        let latency = self.curve.below(level);
        let mut asked = 0.0;
        for &profile in &self.active {
            let lane = &self.lanes[profile as usize];
            let demand = lane.profile.demand(latency);
            self.scratch[profile as usize] = demand;
            asked += demand * (lane.free as f64 / fixed::ONE as f64);
        }
        for &host in &self.bindable {
            asked += self.bound_demand(host, &self.scratch);
        }
        asked / (self.curve.carries(level) * self.capacity()) - 1.0
    }

    /// Gives all profiles with jobs the rates of the present level and capacity.
    pub(super) fn rate(&mut self, now: Time, but: u32) {
        self.rated += 1;
        self.full = fixed::flow(self.capacity());
        let carried = |level: u32| u128::from(fixed::flow(self.curve.carries(level) * self.capacity())) << fixed::RATE;
        self.carried = (carried(self.level), carried(self.level + 1));
        let mut sums = Demand::default();
        let (latencies, frozen) = (self.latencies(), self.frozen());
        for &profile in &self.active {
            let lane = &mut self.lanes[profile as usize];
            lane.adapt(now, latencies, frozen);
            lane.rated = self.rated;
            sums.add(lane.demand.times(lane.free));
        }
        for i in 0..self.bindable.len() {
            let host = self.bindable[i];
            self.bind(now, host);
            sums.add(self.hosts[host as usize].part);
        }
        self.sums = sums;
        for i in 0..self.active.len() {
            if self.active[i] != but {
                self.schedule(self.active[i]);
            }
        }
    }
    /// Of the level and the borders beside it.
    fn latencies(&self) -> Demand<f64> {
        let (here, below) = (self.curve.latency(self.level), self.curve.below(self.level));
        Demand { here, below, above: self.curve.below(self.level + 1) }
    }
    /// Whether clocks go, where they do not go by the level: in a pool that stands still, and where jobs keep the latency they
    /// began with.
    fn frozen(&self) -> Option<bool> {
        if self.share == Share::NONE { Some(false) } else { self.analytic.then_some(true) }
    }

    /// Counts a profile among those that have jobs.
    pub(super) fn activate(&mut self, now: Time, profile: u32) {
        if self.lanes[profile as usize].rated != self.rated {
            let (latencies, frozen) = (self.latencies(), self.frozen());
            self.lanes[profile as usize].adapt(now, latencies, frozen);
            self.lanes[profile as usize].rated = self.rated;
        }
        self.lanes[profile as usize].place = self.active.len() as u32;
        self.active.push(profile);
    }
    /// No longer.
    pub(super) fn deactivate(&mut self, profile: u32) {
        let place = std::mem::replace(&mut self.lanes[profile as usize].place, NONE);
        self.active.swap_remove(place as usize);
        if let Some(&moved) = self.active.get(place as usize) {
            self.lanes[moved as usize].place = place;
        }
    }
}
