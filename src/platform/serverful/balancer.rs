//! Machines that serve, by requests and by free memory: tournaments in a tree over their places.
//!
//! A change replays the matches on the way from a place to the root. A search for the machine with the fewest requests
//! among those with memory enough only descends where a better one with that memory may be.

use crate::ids::{Id, VmId};
use crate::units::Bytes;

/// Requests and number of a machine as one number, so that one comparison orders them.
type Key = u64;

fn key(requests: u32, number: u32) -> Key {
    u64::from(requests) << 32 | u64::from(number)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    /// The fewest requests, the lowest number at ties.
    first: Key,
    /// The fewest requests, the highest number at ties, told as its complement.
    last: Key,
    /// The most free memory.
    free: Bytes,
}

/// No machine that serves.
const NONE: Node = Node { first: Key::MAX, last: Key::MAX, free: Bytes::ZERO };

impl Node {
    fn and(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.min(other.last), free: self.free.max(other.free) }
    }
}

/// The machines that serve.
#[derive(Debug)]
pub struct Balancer {
    /// All of them at 1, the children of `i` at `2i` and `2i + 1`, places from `leaves` on.
    nodes: Vec<Node>,
    leaves: usize,
}

impl Balancer {
    /// None serves yet.
    pub fn new() -> Self {
        Self { nodes: vec![NONE; 2], leaves: 1 }
    }

    /// The machine `vm` at `place` serves so many requests, with so much memory free.
    pub fn set(&mut self, place: u32, vm: VmId, requests: u32, free: Bytes) {
        while place as usize >= self.leaves {
            self.grow();
        }
        let node = Node { first: key(requests, vm.raw()), last: key(requests, !vm.raw()), free };
        self.put(place, node);
    }
    /// The machine at `place` serves no more.
    pub fn clear(&mut self, place: u32) {
        self.put(place, NONE);
    }

    fn grow(&mut self) {
        let places = self.nodes[self.leaves..].to_vec();
        self.leaves *= 2;
        self.nodes = vec![NONE; 2 * self.leaves];
        self.nodes[self.leaves..][..places.len()].copy_from_slice(&places);
        for node in (1..self.leaves).rev() {
            self.nodes[node] = self.nodes[2 * node].and(self.nodes[2 * node + 1]);
        }
    }
    fn put(&mut self, place: u32, node: Node) {
        let mut at = self.leaves + place as usize;
        self.nodes[at] = node;
        while at > 1 {
            let both = self.nodes[at].and(self.nodes[at ^ 1]);
            at /= 2;
            if self.nodes[at] == both {
                break;
            }
            self.nodes[at] = both;
        }
    }

    /// The machine with the fewest requests among those with so much memory free; the lowest number at ties.
    pub fn with_room(&self, memory: Bytes) -> Option<VmId> {
        let mut best = Key::MAX;
        self.search(1, memory, &mut best);
        (best < Key::MAX).then_some(Id::new(best as u32))
    }
    fn search(&self, at: usize, memory: Bytes, best: &mut Key) {
        let node = self.nodes[at];
        if node.first >= *best || node.free < memory {
            return;
        }
        if at >= self.leaves {
            *best = node.first;
            return;
        }
        let (left, right) = (2 * at, 2 * at + 1);
        let in_order = self.nodes[left].first < self.nodes[right].first;
        let (nearer, farther) = if in_order { (left, right) } else { (right, left) };
        self.search(nearer, memory, best);
        self.search(farther, memory, best);
    }
    /// The machine with the fewest requests; the highest number at ties.
    pub fn idlest(&self) -> Option<VmId> {
        let last = self.nodes[1].last;
        (last < Key::MAX).then_some(Id::new(!(last as u32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_machine_is_that_of_a_scan(
            changes in prop::collection::vec((0_u32..20, 0_u32..6, 0_u64..8), 0..200),
            memory in 0_u64..9,
        ) {
            let mut tree = Balancer::new();
            let mut serving: [Option<(u32, u32, u64)>; 20] = [None; 20];
            for (number, (place, requests, free)) in (0..).zip(changes) {
                if requests == 5 {
                    serving[place as usize] = None;
                    if (place as usize) < tree.leaves {
                        tree.clear(place);
                    }
                } else {
                    serving[place as usize] = Some((requests, number, free));
                    tree.set(place, Id::new(number), requests, Bytes(free));
                }
                let all = || serving.iter().flatten();
                let first = all().filter(|(_, _, free)| *free >= memory).min().map(|(_, number, _)| *number);
                prop_assert_eq!(tree.with_room(Bytes(memory)).map(Id::raw), first);
                let idlest = all().min_by_key(|(requests, number, _)| (*requests, !*number));
                prop_assert_eq!(tree.idlest().map(Id::raw), idlest.map(|(_, number, _)| *number));
            }
        }
    }
}
