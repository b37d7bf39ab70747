//! The jobs of a host, and how much they are slowed by its cores and its link.

use super::class::{Class, NONE};
use super::fixed;
use super::host::Host;
use super::lane::Demand;
use super::state::Pool;
use crate::units::Time;

impl<J: Copy> Pool<J> {
    /// Changes what slows the jobs of a host. The level is left to be settled.
    pub(super) fn change(&mut self, now: Time, host: u32, change: impl FnOnce(&mut Host)) {
        let index = host as usize;
        if self.hosts[index].own {
            self.withdraw(host);
            change(&mut self.hosts[index]);
        } else {
            change(&mut self.hosts[index]);
            let entry = &self.hosts[index];
            if entry.set == fixed::ONE && !entry.can_be_bound(entry.most) {
                return;
            }
            self.give_own_clocks(now, host);
            self.withdraw(host);
        }
        self.deposit(now, host);
    }

    /// The class of the jobs of a profile on a host.
    pub(super) fn class_of(&mut self, now: Time, profile: u32, host: u32) -> u32 {
        let most = u128::from(self.lanes[profile as usize].most);
        let index = host as usize;
        if !self.hosts[index].own {
            if !self.hosts[index].can_be_bound(self.hosts[index].most + most) {
                // The classes of hosts without clocks of their own are numbered as the profiles.
                return profile;
            }
            self.give_own_clocks(now, host);
        }
        let classes = &self.hosts[index].classes;
        match classes.iter().find(|entry| entry.0 == profile) {
            Some(entry) => entry.1,
            None => self.new_class(now, profile, host),
        }
    }

    fn new_class(&mut self, now: Time, profile: u32, host: u32) -> u32 {
        let rate = self.hosts[host as usize].rate;
        let mut class = Class::new(profile, host, rate, self.lanes[profile as usize].clock(now));
        let id = self.free_classes.pop().unwrap_or(self.classes.len() as u32);
        if id as usize == self.classes.len() {
            self.classes.push(class);
            self.class_places.push(NONE);
        } else {
            // The heap of a class of old is empty; its memory is kept.
            class.jobs = std::mem::take(&mut self.classes[id as usize].jobs);
            self.classes[id as usize] = class;
        }
        self.hosts[host as usize].classes.push((profile, id));
        id
    }
    /// A class of a host that has no jobs any more.
    pub(super) fn drop_class(&mut self, class: u32) {
        let host = self.classes[class as usize].host as usize;
        self.hosts[host].classes.retain(|entry| entry.1 != class);
        self.free_classes.push(class);
    }

    /// Moves the jobs of a host into classes of its own. Happens once to a host.
    fn give_own_clocks(&mut self, now: Time, host: u32) {
        self.hosts[host as usize].own = true;
        for active in 0..self.active.len() {
            let profile = self.active[active];
            let shared = &mut self.classes[profile as usize];
            let slots = &self.slots;
            let (theirs, others): (Vec<_>, Vec<_>) =
                shared.jobs.drain().partition(|entry| slots[entry.0.slot as usize].host == host);
            shared.jobs = others.into();
            if theirs.is_empty() {
                continue;
            }
            let class = self.new_class(now, profile, host);
            let mut running = 0;
            for entry in &theirs {
                let slot = &mut self.slots[entry.0.slot as usize];
                if slot.order == entry.0.order {
                    slot.class = class;
                    running += 1;
                }
            }
            self.classes[class as usize].jobs = theirs.into();
            self.classes[class as usize].running = running;
            self.classes[profile as usize].running -= running;
            for class in [profile, class] {
                self.prune(class);
                self.sort(class);
            }
            if running == 0 {
                self.drop_class(class);
            }
            self.schedule(profile);
        }
    }

    /// Counts a job of `class` in (or out), and what it asks for.
    #[inline]
    pub(super) fn count(&mut self, now: Time, class: u32, host: u32, comes: bool) {
        let Self { classes, lanes, hosts, sums, .. } = self;
        let (entry, host_entry) = (&mut classes[class as usize], &mut hosts[host as usize]);
        let lane = &mut lanes[entry.profile as usize];
        let most = u128::from(lane.most);
        let most = if comes { host_entry.most + most } else { host_entry.most - most };
        let was_bindable = host_entry.place != NONE;
        if was_bindable || (entry.host != NONE && host_entry.can_be_bound(most)) {
            self.withdraw(host);
            self.hosts[host as usize].most = most;
            let running = &mut self.classes[class as usize].running;
            *running = if comes { *running + 1 } else { *running - 1 };
            self.deposit(now, host);
            return;
        }
        host_entry.most = most;
        if comes {
            entry.running += 1;
            lane.free += entry.rate;
            sums.add(lane.demand.times(entry.rate));
        } else {
            entry.running -= 1;
            lane.free -= entry.rate;
            sums.take(lane.demand.times(entry.rate));
        }
    }

    /// Takes what the jobs of a host with clocks of its own ask for out of the sums.
    fn withdraw(&mut self, host: u32) {
        let entry = &mut self.hosts[host as usize];
        if entry.place != NONE {
            self.sums.take(entry.part);
            let place = std::mem::replace(&mut entry.place, NONE);
            self.bindable.swap_remove(place as usize);
            if let Some(&moved) = self.bindable.get(place as usize) {
                self.hosts[moved as usize].place = place;
            }
            return;
        }
        for &(profile, class) in &entry.classes {
            let rates = u64::from(self.classes[class as usize].running) * entry.rate;
            let lane = &mut self.lanes[profile as usize];
            lane.free -= rates;
            self.sums.take(lane.demand.times(rates));
        }
    }
    /// Puts it in again, after a change.
    fn deposit(&mut self, now: Time, host: u32) {
        let entry = &mut self.hosts[host as usize];
        if entry.can_be_bound(entry.most) {
            entry.place = self.bindable.len() as u32;
            self.bindable.push(host);
            self.bind(now, host);
            let part = self.hosts[host as usize].part;
            self.sums.add(part);
            return;
        }
        let rate = entry.set;
        self.set_rate(now, host, rate);
        for i in 0..self.hosts[host as usize].classes.len() {
            let (profile, class) = self.hosts[host as usize].classes[i];
            let rates = u64::from(self.classes[class as usize].running) * rate;
            let lane = &mut self.lanes[profile as usize];
            lane.free += rates;
            let asked = lane.demand.times(rates);
            self.sums.add(asked);
        }
    }

    /// Solves for the rate of a host that can be bound, at the present level.
    pub(super) fn bind(&mut self, now: Time, host: u32) {
        let entry = &self.hosts[host as usize];
        let mut asked = Demand::<u128>::default();
        for &(profile, class) in &entry.classes {
            asked.add(self.lanes[profile as usize].demand.times(u64::from(self.classes[class as usize].running)));
        }
        let cap = entry.cap << fixed::RATE;
        let bounded = |asked: u128| (asked * u128::from(entry.set)).min(cap);
        // A link that carries anything carries on, however little it is.
        let most = (cap / asked.here.max(1)).max(u128::from(cap > 0));
        let rate = u64::try_from(most).unwrap_or(u64::MAX).min(entry.set);
        let here = (asked.here * u128::from(rate)).min(cap);
        let part = Demand { here, below: bounded(asked.below), above: bounded(asked.above) };
        self.hosts[host as usize].part = part;
        self.set_rate(now, host, rate);
    }
    /// What a host that can be bound asks for in bytes per second, when a job of each profile asks for `demand`.
    pub(super) fn bound_demand(&self, host: u32, demand: &[f64]) -> f64 {
        let entry = &self.hosts[host as usize];
        let one =
            |&(profile, class): &(u32, u32)| f64::from(self.classes[class as usize].running) * demand[profile as usize];
        let asked: f64 = entry.classes.iter().map(one).sum();
        let cap = entry.cap as f64 / f64::from(1_u32 << fixed::FLOW);
        (asked * entry.set as f64 / fixed::ONE as f64).min(cap)
    }
    /// Jobs of a host with clocks of its own run at `rate` from `now` on.
    fn set_rate(&mut self, now: Time, host: u32, rate: u64) {
        let entry = &mut self.hosts[host as usize];
        if std::mem::replace(&mut entry.rate, rate) == rate {
            return;
        }
        for i in 0..entry.classes.len() {
            let (profile, class) = self.hosts[host as usize].classes[i];
            let clock = self.lanes[profile as usize].clock(now);
            self.classes[class as usize].set_rate(clock, rate);
            if self.sort(class) {
                self.schedule(profile);
            }
        }
    }
}
