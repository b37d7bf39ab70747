//! Jobs of one profile on one host: their clock, and who is done first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::fixed;

/// No class, no host, no place.
pub(super) const NONE: u32 = u32::MAX;

/// A job among those of its class, by (clock of the class when it is done, order of entry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) done: u128,
    pub(super) order: u64,
    pub(super) slot: u32,
}
const _: () = assert!(size_of::<Entry>() <= 32);

/// Jobs with one clock `V`, `dV = rate·dQ`, inside that of their profile.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) jobs: BinaryHeap<Reverse<Entry>>,
    /// V when the profile's clock was `outer`.
    clock: u128,
    outer: u128,
    /// Of the host, with 32 fractional bits.
    pub(super) rate: u64,
    /// Jobs that are not called off; the heap may hold others.
    pub(super) running: u32,
    pub(super) profile: u32,
    /// [`NONE`]: the class of all hosts that were never slowed.
    pub(super) host: u32,
}
const _: () = assert!(size_of::<Class>() <= 96);

impl Class {
    /// Without jobs, its clock that of its profile.
    pub(super) fn new(profile: u32, host: u32, rate: u64, outer: u128) -> Self {
        Self { jobs: BinaryHeap::new(), clock: outer, outer, rate, running: 0, profile, host }
    }
    /// The clock when the profile's is `outer`.
    #[inline]
    pub(super) fn clock(&self, outer: u128) -> u128 {
        self.clock + fixed::inner(outer - self.outer, self.rate)
    }
    /// From now on, the profile's clock being `outer`, it runs at `rate`.
    pub(super) fn set_rate(&mut self, outer: u128, rate: u64) {
        self.clock = self.clock(outer);
        self.outer = outer;
        self.rate = rate;
    }
    /// When the first job is done, as the profile's clock and the job's order of entry.
    #[inline]
    pub(super) fn first(&self) -> Key {
        self.jobs.peek().map_or(NEVER, |Reverse(entry)| {
            let left = fixed::outer(entry.done.saturating_sub(self.clock), self.rate);
            (self.outer.saturating_add(left), entry.order)
        })
    }
}

/// What an [`Order`] sorts by, ties by order of entry.
pub(super) type Key = (u128, u64);
/// Later than any other.
pub(super) const NEVER: Key = (u128::MAX, u64::MAX);

/// A heap of numbers by key, each of which can change. Where a number stands is in a table that several of them may share.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    heap: Vec<(Key, u32)>,
}

impl Order {
    /// The first.
    #[inline]
    pub(super) fn first(&self) -> Option<(Key, u32)> {
        self.heap.first().copied()
    }
    /// Puts `item` in or elsewhere. Whether that changes the first, or its key.
    #[inline]
    pub(super) fn set(&mut self, item: u32, key: Key, places: &mut [u32]) -> bool {
        if let [only] = self.heap.as_mut_slice()
            && only.1 == item
        {
            return std::mem::replace(&mut only.0, key) != key;
        }
        self.set_among(item, key, places)
    }
    fn set_among(&mut self, item: u32, key: Key, places: &mut [u32]) -> bool {
        let mut at = places[item as usize] as usize;
        if at == NONE as usize {
            at = self.heap.len();
            self.heap.push((key, item));
        } else if self.heap[at].0 == key {
            return false;
        }
        let earlier = key < self.heap[at].0;
        self.heap[at].0 = key;
        if earlier || self.heap.len() == at + 1 {
            self.up(at, places);
            places[item as usize] == 0
        } else {
            self.down(at, places);
            at == 0
        }
    }
    /// Takes `item` out. Whether it was the first.
    pub(super) fn remove(&mut self, item: u32, places: &mut [u32]) -> bool {
        let at = places[item as usize] as usize;
        places[item as usize] = NONE;
        let last = self.heap.len() - 1;
        self.heap.swap_remove(at);
        if at < last {
            self.up(at, places);
            let moved = places[self.heap[at].1 as usize] as usize;
            self.down(moved, places);
        }
        at == 0
    }

    fn up(&mut self, mut at: usize, places: &mut [u32]) {
        let entry = self.heap[at];
        while at > 0 && entry.0 < self.heap[(at - 1) / 2].0 {
            let parent = (at - 1) / 2;
            self.put(at, self.heap[parent], places);
            at = parent;
        }
        self.put(at, entry, places);
    }
    fn down(&mut self, mut at: usize, places: &mut [u32]) {
        let entry = self.heap[at];
        loop {
            let mut child = 2 * at + 1;
            if child + 1 < self.heap.len() && self.heap[child + 1].0 < self.heap[child].0 {
                child += 1;
            }
            if child >= self.heap.len() || entry.0 <= self.heap[child].0 {
                break;
            }
            self.put(at, self.heap[child], places);
            at = child;
        }
        self.put(at, entry, places);
    }
    #[inline]
    fn put(&mut self, at: usize, entry: (Key, u32), places: &mut [u32]) {
        self.heap[at] = entry;
        places[entry.1 as usize] = at as u32;
    }
}
