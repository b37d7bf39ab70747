//! Indexed heaps: for each host, its idle sandboxes in the order in which they are evicted.
//!
//! A 4-ary heap for each host, and for each sandbox (by its entry in the slab) its position in the heap of its host, so
//! that a sandbox that is used again is taken out in O(log n). Keys are compared once each level; the order is total.

use crate::ids::HostId;
use crate::units::Time;

/// Children of a node: a shallow tree, whose siblings are neighbours in memory.
const ARITY: usize = 4;

/// Where a sandbox stands in the order of eviction: the lowest goes first. Creation numbers differ, so no two are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// By the policy; lower goes first.
    pub priority: u64,
    /// Ties of priority: the one used longest ago goes first.
    pub last_use: Time,
    /// Ties of both: the one created first goes first.
    pub created: u64,
}

/// A sandbox in a heap.
#[derive(Clone, Copy, Debug)]
struct Slot {
    key: Key,
    entry: u32,
}

/// The heaps of all hosts.
#[derive(Debug)]
pub struct Heaps {
    of_host: Vec<Vec<Slot>>,
    /// By entry of the slab; meaningless where the sandbox is not idle.
    positions: Vec<u32>,
}

impl Heaps {
    /// An empty heap for each host.
    pub fn new(hosts: usize) -> Self {
        Self { of_host: vec![Vec::new(); hosts], positions: Vec::new() }
    }

    /// Idle sandboxes of a host.
    pub fn len(&self, host: HostId) -> usize {
        self.of_host[host.index()].len()
    }
    /// The key and the slab entry of the first to go.
    pub fn peek(&self, host: HostId) -> Option<(Key, u32)> {
        self.of_host[host.index()].first().map(|slot| (slot.key, slot.entry))
    }

    /// The sandbox at slab entry `entry` has become idle; it must not be in a heap.
    pub fn insert(&mut self, host: HostId, entry: u32, key: Key) {
        if self.positions.len() <= entry as usize {
            self.positions.resize(entry as usize + 1, 0);
        }
        let heap = &mut self.of_host[host.index()];
        let slot = Slot { key, entry };
        heap.push(slot);
        let last = heap.len() - 1;
        rise(heap, &mut self.positions, last, slot);
    }

    /// The key of the first to go of a host has risen to `key`: it sinks from the top, without being taken out.
    pub fn lower_first(&mut self, host: HostId, key: Key) {
        let heap = &mut self.of_host[host.index()];
        let Some(first) = heap.first() else { return };
        let slot = Slot { key, ..*first };
        debug_assert!(first.key <= key, "its key has not risen");
        sink(heap, &mut self.positions, 0, slot);
    }

    /// It is used again, or has expired; it must be in the heap of this host.
    pub fn remove(&mut self, host: HostId, entry: u32) {
        let heap = &mut self.of_host[host.index()];
        let at = self.positions[entry as usize] as usize;
        debug_assert!(heap.get(at).is_some_and(|slot| slot.entry == entry), "not idle on this host");
        let Some(last) = heap.pop() else { return };
        if at == heap.len() {
            return;
        }
        if at > 0 && last.key < heap[(at - 1) / ARITY].key {
            rise(heap, &mut self.positions, at, last);
        } else {
            sink(heap, &mut self.positions, at, last);
        }
    }
}

/// Puts `slot` at `at` or above; what it passes moves down.
fn rise(heap: &mut [Slot], positions: &mut [u32], mut at: usize, slot: Slot) {
    while at > 0 {
        let parent = (at - 1) / ARITY;
        if heap[parent].key < slot.key {
            break;
        }
        heap[at] = heap[parent];
        positions[heap[at].entry as usize] = at as u32;
        at = parent;
    }
    heap[at] = slot;
    positions[slot.entry as usize] = at as u32;
}

/// Puts `slot` at `at` or below; what it passes moves up.
fn sink(heap: &mut [Slot], positions: &mut [u32], mut at: usize, slot: Slot) {
    loop {
        let first = ARITY * at + 1;
        let children = heap.get(first..).unwrap_or_default();
        // The slot is the first to compare with, so that a level takes four comparisons, not five.
        let (mut least, mut key) = (at, slot.key);
        for (child, other) in (first..).zip(children.iter().take(ARITY)) {
            if other.key < key {
                (least, key) = (child, other.key);
            }
        }
        if least == at {
            break;
        }
        heap[at] = heap[least];
        positions[heap[at].entry as usize] = at as u32;
        at = least;
    }
    heap[at] = slot;
    positions[slot.entry as usize] = at as u32;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// Host, priority, last use: few of each, so that there are ties.
        Insert(u32, u64, u64),
        /// Of those idle, which.
        Remove(usize),
        Pop(u32),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (0_u32..3, 0_u64..5, 0_u64..5).prop_map(|(host, priority, used)| Step::Insert(host, priority, used)),
            1 => any::<usize>().prop_map(Step::Remove),
            1 => (0_u32..3).prop_map(Step::Pop),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn same_order_as_a_sorted_list(steps in steps()) {
            let mut heaps = Heaps::new(3);
            let mut list: Vec<(u32, Key, u32)> = Vec::new();
            let mut free: Vec<u32> = Vec::new();
            for (created, step) in (0_u64..).zip(steps) {
                match step {
                    Step::Insert(host, priority, used) => {
                        let entry = free.pop().unwrap_or(list.len() as u32);
                        let key = Key { priority, last_use: Time::from_ps(used), created };
                        heaps.insert(HostId::new(host), entry, key);
                        list.push((host, key, entry));
                        list.sort_unstable();
                    }
                    Step::Remove(which) if !list.is_empty() => {
                        let (host, _, entry) = list.remove(which % list.len());
                        heaps.remove(HostId::new(host), entry);
                        free.push(entry);
                    }
                    Step::Remove(_) => {}
                    Step::Pop(host) => {
                        let first = list.iter().position(|&(of, ..)| of == host).map(|at| list.remove(at));
                        if let Some((_, _, entry)) = first {
                            heaps.remove(HostId::new(host), entry);
                            free.push(entry);
                        }
                    }
                }
                for host in 0..3 {
                    let mut expected = list.iter().filter(|&&(of, ..)| of == host);
                    prop_assert_eq!(heaps.len(HostId::new(host)), expected.clone().count());
                    let first = expected.next().map(|&(_, key, entry)| (key, entry));
                    prop_assert_eq!(heaps.peek(HostId::new(host)), first);
                }
            }
        }
    }
}
