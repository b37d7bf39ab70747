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

mod class;
mod curve;
mod fixed;
mod host;
mod lane;
mod level;
mod load;
mod profile;
#[cfg(test)]
mod tests;

pub use host::HostRate;
#[cfg(test)]
pub use load::PoolLoad;
pub use load::{PoolSpeed, RHO_LIMIT};
pub use profile::Profile;

use std::cmp::Reverse;

use class::{Class, Entry, NONE, Order};
use curve::Curve;
use host::Host;
use lane::{Demand, Lane};

use crate::station::{Left, Resource, Share, Ticket, Usage};
use crate::units::Time;

/// What a job asks of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolWork {
    /// Number of the profile.
    pub profile: u32,
    /// Number of the host.
    pub host: u32,
    /// Amount in the profile's unit: picoseconds of D, pages, or bytes.
    pub amount: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot<J> {
    /// Of entry; no number a job has when there is none here.
    order: u64,
    /// The clock of its class when it is done.
    done: u128,
    amount: u64,
    class: u32,
    host: u32,
    job: J,
}
const _: () = assert!(size_of::<Slot<u32>>() <= 48);

/// The pool. `J` names its jobs.
#[derive(Clone, Debug)]
pub struct Pool<J> {
    curve: Curve,
    /// B in bytes per second.
    bandwidth: f64,
    share: Share,
    /// What it can move at present, with 16 fractional bits.
    full: u64,
    analytic: bool,

    level: u32,
    /// How often rates have changed.
    rated: u64,
    sums: Demand<u128>,
    /// What is carried at the borders below and above the level.
    carried: (u128, u128),

    lanes: Vec<Lane>,
    /// Profiles that have jobs.
    active: Vec<u32>,
    /// Profiles by (time, order of entry) of the first job that is done.
    due: Order,
    due_places: Vec<u32>,
    /// The first are those of all hosts without clocks of their own, one for each profile.
    classes: Vec<Class>,
    class_places: Vec<u32>,
    free_classes: Vec<u32>,
    hosts: Vec<Host>,
    /// Hosts that can be bound.
    bindable: Vec<u32>,
    scratch: Vec<f64>,

    slots: Vec<Slot<J>>,
    free_slots: Vec<u32>,
    entered: u64,
    account: Account,
}

/// What has been moved until `at`, in bytes per second with 16 fractional bits times picoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    at: Time,
    served: u128,
    possible: u128,
    completed: u128,
    /// The highest flow that lasted, and the capacity it had.
    peak: (u64, u64),
    jobs: u32,
    peak_jobs: u32,
}

impl<J: Copy> Pool<J> {
    /// A pool for jobs of the given profiles on `hosts` hosts. With `analytic`, a job keeps the latency under the load at its
    /// begin, itself included; `speed.request_bandwidth` is not used, since each profile has its own.
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
    /// The highest ρ that lasted for any time.
    pub fn peak_utilisation(&self) -> f64 {
        let (flow, capacity) = self.account.peak;
        if capacity == 0 { 0.0 } else { flow as f64 / capacity as f64 }
    }
    /// Jobs at the pool.
    pub fn jobs(&self) -> u32 {
        self.account.jobs
    }
    /// Bytes of the work that is done or was called off half done: the second book to [`Usage::served`]. With analytic latencies
    /// this is what was asked for, which may be more than could be moved.
    pub fn completed_bytes(&self) -> u128 {
        self.account.completed
    }

    fn capacity(&self) -> f64 {
        self.bandwidth * f64::from(self.share.ppm()) / f64::from(Share::ALL.ppm())
    }
    fn stopped(&self) -> bool {
        self.share == Share::NONE
    }
    /// Bytes per second moved now.
    fn flow(&self) -> u64 {
        let asked = u64::try_from(self.sums.here >> fixed::RATE).unwrap_or(u64::MAX);
        if self.stopped() { 0 } else { asked.min(self.full) }
    }
    /// Books what has been moved until `now`.
    #[inline]
    fn advance(&mut self, now: Time) {
        let span = now.since(self.account.at).as_ps();
        if span == 0 {
            return;
        }
        let (flow, capacity) = (self.flow(), self.full);
        let account = &mut self.account;
        account.served += u128::from(flow) * u128::from(span);
        account.possible += u128::from(capacity) * u128::from(span);
        account.at = now;
        let (peak_flow, peak_capacity) = account.peak;
        if u128::from(flow) * u128::from(peak_capacity.max(1)) > u128::from(peak_flow) * u128::from(capacity) {
            account.peak = (flow, capacity);
        }
    }

    /// Takes jobs that were called off from the top of a class.
    fn prune(&mut self, class: u32) {
        let jobs = &mut self.classes[class as usize].jobs;
        while jobs.peek().is_some_and(|Reverse(entry)| self.slots[entry.slot as usize].order != entry.order) {
            jobs.pop();
        }
    }
    /// Puts a class where its first job belongs among those of its profile. Whether that changes the first of the profile.
    fn sort(&mut self, class: u32) -> bool {
        let entry = &self.classes[class as usize];
        let order = &mut self.lanes[entry.profile as usize].classes;
        let first = order.first();
        if !entry.jobs.is_empty() {
            order.set(class, entry.first(), &mut self.class_places);
        } else if self.class_places[class as usize] != NONE {
            order.remove(class, &mut self.class_places);
        }
        order.first() != first
    }
    /// Puts a profile where its first job belongs.
    fn schedule(&mut self, profile: u32) {
        let lane = &self.lanes[profile as usize];
        if let Some(((clock, order), _)) = lane.classes.first() {
            let due = u128::from(lane.when(clock).as_ps());
            self.due.set(profile, (due, order), &mut self.due_places);
        } else if self.due_places[profile as usize] != NONE {
            self.due.remove(profile, &mut self.due_places);
        }
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
}
