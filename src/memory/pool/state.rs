//! What a pool keeps, and the order of what is due.

use std::cmp::Reverse;

use super::class::{Class, NONE, Order};
use super::curve::Curve;
use super::fixed;
use super::host::Host;
use super::lane::{Demand, Lane};
use crate::station::Share;
use crate::units::Time;

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<J> {
    /// Of entry; no number a job has when there is none here.
    pub(super) order: u64,
    /// The clock of its class when it is done.
    pub(super) done: u128,
    pub(super) amount: u64,
    pub(super) class: u32,
    pub(super) host: u32,
    pub(super) job: J,
}
const _: () = assert!(size_of::<Slot<u32>>() <= 48);

/// The pool. `J` names its jobs.
#[derive(Clone, Debug)]
pub struct Pool<J> {
    pub(super) curve: Curve,
    /// B in bytes per second.
    pub(super) bandwidth: f64,
    pub(super) share: Share,
    /// What it can move at present, with 16 fractional bits.
    pub(super) full: u64,
    pub(super) analytic: bool,

    pub(super) level: u32,
    /// How often rates have changed.
    pub(super) rated: u64,
    pub(super) sums: Demand<u128>,
    /// What is carried at the borders below and above the level.
    pub(super) carried: (u128, u128),

    pub(super) lanes: Vec<Lane>,
    /// Profiles that have jobs.
    pub(super) active: Vec<u32>,
    /// Profiles by (time, order of entry) of the first job that is done.
    pub(super) due: Order,
    pub(super) due_places: Vec<u32>,
    /// The first are those of all hosts without clocks of their own, one for each profile.
    pub(super) classes: Vec<Class>,
    pub(super) class_places: Vec<u32>,
    pub(super) free_classes: Vec<u32>,
    pub(super) hosts: Vec<Host>,
    /// Hosts that can be bound.
    pub(super) bindable: Vec<u32>,
    pub(super) scratch: Vec<f64>,

    pub(super) slots: Vec<Slot<J>>,
    pub(super) free_slots: Vec<u32>,
    pub(super) entered: u64,
    pub(super) account: Account,
}

/// What has been moved until `at`, in bytes per second with 16 fractional bits times picoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    pub(super) at: Time,
    pub(super) served: u128,
    pub(super) possible: u128,
    pub(super) completed: u128,
    /// The highest flow that lasted, and the capacity it had.
    pub(super) peak: (u64, u64),
    pub(super) jobs: u32,
    pub(super) peak_jobs: u32,
}

impl<J: Copy> Pool<J> {
    pub(super) fn capacity(&self) -> f64 {
        self.bandwidth * f64::from(self.share.ppm()) / f64::from(Share::ALL.ppm())
    }
    pub(super) fn stopped(&self) -> bool {
        self.share == Share::NONE
    }
    /// Bytes per second moved now.
    pub(super) fn flow(&self) -> u64 {
        let asked = u64::try_from(self.sums.here >> fixed::RATE).unwrap_or(u64::MAX);
        if self.stopped() { 0 } else { asked.min(self.full) }
    }
    /// Books what has been moved until `now`.
    #[inline]
    pub(super) fn advance(&mut self, now: Time) {
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
    pub(super) fn prune(&mut self, class: u32) {
        let jobs = &mut self.classes[class as usize].jobs;
        while jobs.peek().is_some_and(|Reverse(entry)| self.slots[entry.slot as usize].order != entry.order) {
            jobs.pop();
        }
    }
    /// Puts a class where its first job belongs among those of its profile. Whether that changes the first of the profile.
    pub(super) fn sort(&mut self, class: u32) -> bool {
        let entry = &self.classes[class as usize];
        let order = &mut self.lanes[entry.profile as usize].classes;
        if !entry.jobs.is_empty() {
            order.set(class, entry.first(), &mut self.class_places)
        } else if self.class_places[class as usize] != NONE {
            order.remove(class, &mut self.class_places)
        } else {
            false
        }
    }
    /// Puts a profile where its first job belongs.
    pub(super) fn schedule(&mut self, profile: u32) {
        let lane = &self.lanes[profile as usize];
        if let Some(((clock, order), _)) = lane.classes.first() {
            let due = u128::from(lane.when(clock).as_ps());
            self.due.set(profile, (due, order), &mut self.due_places);
        } else if self.due_places[profile as usize] != NONE {
            self.due.remove(profile, &mut self.due_places);
        }
    }
}
