//! A memory pool: one resource to all that reads from it.
//!
//! Everything that moves bytes through a pool sees one latency `L`, and moves the less the higher it is; `L` in turn
//! rises with the bytes moved. A job of profile `p` ([`Profile`]) on host `h` gains `r_h / s_p(L)` units of work a picosecond. This is a
//! product, so clocks nest: that of a profile, `dQ = dt/s_p(L)`, and inside it that of the profile on one host, `dV = r_h·dQ`. A
//! job that begins at `V` ends at `V + work`, whatever comes and goes in between; that is at `Q + (V_end − V)/r_h`, whatever `L`
//! does. When the latency changes, the clocks of the profiles change their rates, nothing else; when the load of a host
//! changes, its own classes do.
//!
//! Latencies are on a grid (`curve`). Sums of demand are integers, kept for the level and the borders around it, so
//! that a begin or an end that does not change the level costs two comparisons. Clocks are integers too.
//!
//! Bytes are conserved: demand at a level is at most what the curve carries there, 0.98·B where it ends, within half a step.

mod bind;
mod class;
mod curve;
mod fixed;
mod host;
mod lane;
mod level;
mod profile;
mod state;
#[cfg(test)]
mod tests;

pub use curve::{PoolSpeed, RHO_LIMIT};
pub use host::HostRate;
pub use profile::Profile;
pub use state::Pool;

use std::cmp::Reverse;

use class::{Class, Entry, NONE, Order};
use curve::Curve;
use host::Host;
use lane::{Demand, Lane};
use state::{Account, Slot};

use crate::station::{Left, Resource, Share, Ticket, Usage};
use crate::units::Time;

/// What a job asks of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolWork {
    /// Number of the profile.
    pub profile: u32,
    /// Number of the host.
    pub host: u32,
    /// Amount in the profile's unit: picoseconds of D, or pages.
    pub amount: u64,
}

/// Bytes per second that jobs ask for without load, as sums are kept: 16 fractional bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolDemand(u128);

impl PoolDemand {
    /// Whether it is more than `bytes_per_s` on a host that is slowed to `rate`.
    #[inline]
    pub fn is_more(self, rate: HostRate, bytes_per_s: u64) -> bool {
        (self.0 * u128::from(rate.0)) >> fixed::RATE > u128::from(bytes_per_s) << fixed::FLOW
    }
}

impl std::ops::AddAssign for PoolDemand {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl std::ops::SubAssign for PoolDemand {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl<J: Copy> Pool<J> {
    /// A pool for jobs of the given profiles on `hosts` hosts. With `analytic`, a job keeps the latency under the load at its
    /// begin, itself included.
    pub fn new(speed: &PoolSpeed, profiles: &[Profile], hosts: u32, analytic: bool) -> Self {
        let curve = Curve::new(speed);
        let lanes: Vec<Lane> = profiles.iter().map(|profile| Lane::new(*profile, curve.latency(0), analytic)).collect();
        let count = profiles.len();
        let mut pool = Self {
            bandwidth: speed.bandwidth.bytes_per_sec_f64(),
            share: Share::ALL,
            full: 0,
            analytic,
            level: 0,
            rated: 0,
            sums: Demand::default(),
            carried: (0, 0),
            active: Vec::new(),
            due: Order::default(),
            due_places: vec![NONE; count],
            classes: (0..count as u32).map(|profile| Class::new(profile, NONE, fixed::ONE, 0)).collect(),
            class_places: vec![NONE; count],
            free_classes: Vec::new(),
            hosts: vec![Host::FREE; hosts as usize],
            bindable: Vec::new(),
            scratch: vec![0.0; count],
            slots: Vec::new(),
            free_slots: Vec::new(),
            entered: 0,
            account: Account::default(),
            curve,
            lanes,
        };
        pool.rate(Time::ZERO, NONE);
        pool
    }
    /// Latency now, in seconds.
    pub fn latency(&self) -> f64 {
        self.curve.latency(self.level)
    }
    /// ρ: bytes moved now against the present capacity.
    pub fn utilisation(&self) -> f64 {
        if self.full == 0 { 0.0 } else { self.flow() as f64 / self.full as f64 }
    }
    /// The highest ρ that lasted for any time up to `now`.
    pub fn peak_utilisation(&self, now: Time) -> f64 {
        let (flow, capacity) = self.account.peak;
        let past = if capacity == 0 { 0.0 } else { flow as f64 / capacity as f64 };
        if now > self.account.at { past.max(self.flow() as f64 / self.full.max(1) as f64) } else { past }
    }
    /// Jobs at the pool.
    pub fn jobs(&self) -> u32 {
        self.account.jobs
    }
    /// Bytes of the work that is done or was called off half done: the second account to [`Usage::served`]. With analytic latencies
    /// this is what was asked for, which may be more than could be moved.
    pub fn completed_bytes(&self) -> u128 {
        self.account.completed
    }

    /// The same with clocks for each host from the beginning: for hosts that are slowed in the common course of things. Otherwise a
    /// host that is slowed for the first time is given clocks then, which looks through all jobs.
    ///
    /// # Panics
    /// Where there are jobs.
    #[must_use]
    pub fn with_own_clocks(mut self) -> Self {
        assert_eq!(self.jobs(), 0, "the jobs of a pool that is in use have their clocks");
        for host in &mut self.hosts {
            host.own = true;
        }
        self
    }
    /// From `now` on, jobs of `host` run at `rate`.
    pub fn set_host_rate(&mut self, now: Time, host: u32, rate: HostRate) {
        if self.hosts[host as usize].set == rate.0 {
            return;
        }
        self.advance(now);
        self.change(now, host, |host| host.set = rate.0);
        self.settle(now, NONE);
    }
    /// From `now` on, the link between `host` and the pool carries `bytes_per_s`, both ways together.
    pub fn set_host_bandwidth(&mut self, now: Time, host: u32, bytes_per_s: u64) {
        let cap = u128::from(bytes_per_s) << fixed::FLOW;
        if self.hosts[host as usize].cap == cap {
            return;
        }
        self.advance(now);
        self.change(now, host, |host| host.cap = cap);
        self.settle(now, NONE);
    }

    /// What a job of a profile asks for without load, on a host that is not slowed.
    #[inline]
    pub fn most_of(&self, profile: u32) -> PoolDemand {
        PoolDemand(u128::from(self.lanes[profile as usize].most))
    }
    /// Bytes per second that the jobs of `host` would ask for together without load, rounded up.
    fn most_asked(&self, host: u32) -> u64 {
        let entry = &self.hosts[host as usize];
        u64::try_from((entry.slowed(entry.most) >> fixed::FLOW) + 1).unwrap_or(u64::MAX)
    }

    /// Bytes per second that the jobs of `host` ask for at the present latency, at most: where they are of several profiles, as if
    /// all were of the one that the latency slows least.
    pub fn asked(&self, host: u32) -> u64 {
        let active = self.active.iter().map(|profile| &self.lanes[*profile as usize]);
        let share = active.map(|lane| lane.demand.here as f64 / lane.most as f64).fold(0.0, f64::max);
        (self.most_asked(host) as f64 * share.min(1.0)) as u64 + 1
    }

    /// A job leaves its class.
    fn leave(&mut self, now: Time, slot: u32) {
        let Slot { class, host, .. } = self.slots[slot as usize];
        self.slots[slot as usize].order = u64::MAX;
        self.free_slots.push(slot);
        self.account.jobs -= 1;
        self.count(now, class, host, false);
        let entry = &mut self.classes[class as usize];
        let profile = entry.profile;
        if entry.running == 0 {
            entry.jobs.clear();
        } else {
            self.prune(class);
        }
        let sorted = self.sort(class);
        let entry = &self.classes[class as usize];
        if entry.running == 0 && entry.host != NONE {
            self.drop_class(class);
        }
        let lane = &mut self.lanes[profile as usize];
        lane.jobs -= 1;
        if lane.jobs == 0 {
            self.deactivate(profile);
        }
        if self.settle(now, profile) || sorted {
            self.schedule(profile);
        }
    }
}

impl<J: Copy> Resource for Pool<J> {
    type Job = J;
    type Work = PoolWork;

    fn begin(&mut self, now: Time, job: J, work: PoolWork) -> Ticket {
        self.advance(now);
        let PoolWork { profile, host, amount } = work;
        let index = profile as usize;
        if self.lanes[index].jobs == 0 {
            self.activate(now, profile);
        }
        self.lanes[index].jobs += 1;
        self.account.jobs += 1;
        self.account.peak_jobs = self.account.peak_jobs.max(self.account.jobs);
        let class = self.class_of(now, profile, host);
        self.count(now, class, host, true);
        let settled = self.settle(now, profile);
        let lane = &self.lanes[index];
        let needed = if self.analytic {
            libm::rint(amount as f64 * lane.profile.time(self.curve.latency(self.level))) as u64
        } else {
            amount
        };
        let order = self.entered;
        self.entered += 1;
        let entry = &mut self.classes[class as usize];
        let done = entry.clock(lane.clock(now)).saturating_add(lane.work(needed));
        let filled = Slot { order, done, amount, class, host, job };
        let slot = self.free_slots.pop().unwrap_or(self.slots.len() as u32);
        if slot as usize == self.slots.len() {
            self.slots.push(filled);
        } else {
            self.slots[slot as usize] = filled;
        }
        entry.jobs.push(Reverse(Entry { done, order, slot }));
        let first = entry.jobs.peek().is_some_and(|first| first.0.slot == slot);
        if (first && self.sort(class)) || settled {
            self.schedule(profile);
        }
        Ticket::new(slot, u128::from(order), needed)
    }
    fn next(&self) -> Time {
        self.due.first().map_or(Time::MAX, |((due, _), _)| Time::from_ps(due as u64))
    }
    fn pop(&mut self, now: Time) -> Option<J> {
        let ((due, _), profile) = self.due.first()?;
        if due > u128::from(now.as_ps()) || due == u128::from(u64::MAX) {
            return None;
        }
        self.advance(now);
        let (_, class) = self.lanes[profile as usize].classes.first()?;
        let Reverse(entry) = self.classes[class as usize].jobs.pop()?;
        let Slot { job, amount, .. } = self.slots[entry.slot as usize];
        self.account.completed += u128::from(self.lanes[profile as usize].bytes(amount as f64));
        self.leave(now, entry.slot);
        Some(job)
    }
    fn cancel(&mut self, now: Time, ticket: Ticket) -> Left {
        let slot = ticket.place();
        let Some(&entry) = self.slots.get(slot as usize).filter(|entry| u128::from(entry.order) == ticket.key()) else {
            return Left::NONE;
        };
        self.advance(now);
        let class = &self.classes[entry.class as usize];
        let lane = &self.lanes[class.profile as usize];
        let left = entry.done.saturating_sub(class.clock(lane.clock(now)));
        let left = Left::of(left as f64, lane.work(ticket.work()) as f64);
        self.account.completed += u128::from(lane.bytes(entry.amount as f64 * (1.0 - left.get())));
        self.leave(now, slot);
        left
    }
    fn set_capacity(&mut self, now: Time, share: Share) {
        self.advance(now);
        self.share = share;
        self.rate(now, NONE);
        self.settle(now, NONE);
    }
    fn usage(&self, now: Time) -> Usage {
        let span = u128::from(now.since(self.account.at).as_ps());
        let served = self.account.served + u128::from(self.flow()) * span;
        let possible = self.account.possible + u128::from(self.full) * span;
        let peak_jobs = self.account.peak_jobs;
        Usage { served: fixed::bytes(served), possible: fixed::bytes(possible), peak_jobs }
    }

    fn restart_peaks(&mut self) {
        (self.account.peak, self.account.peak_jobs) = ((0, 0), self.account.jobs);
    }
}
