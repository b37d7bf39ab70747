//! Many heaps over one set of entities: pairing heaps without an allocation of their own.
//!
//! Entity `i` is in at most one of the heaps, with a key and, among equal keys, an order of entry. A heap is the number
//! of its first entity, or [`NONE`]. Joining costs O(1), leaving O(log n) amortised (Fredman, Sedgewick, Sleator and
//! Tarjan 1986, "The pairing heap: a new form of self-adjusting heap"). Keys and orders wrap around.

/// No entity; an empty heap.
pub(super) const NONE: u32 = u32::MAX;

/// Whether a key and an order come before others, or with them.
#[inline]
pub(super) fn is_before(a: (u128, u32), b: (u128, u32)) -> bool {
    (b.0.wrapping_sub(a.0).cast_signed(), b.1.wrapping_sub(a.1).cast_signed()) >= (0, 0)
}

/// The nodes of all heaps over one set.
#[derive(Clone, Debug, Default)]
pub(super) struct Heaps {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    key: u128,
    entry: u32,
    child: u32,
    next: u32,
    /// The parent of a first child, the sibling before any other.
    back: u32,
}

const _: () = assert!(size_of::<Node>() == 32);

impl Heaps {
    /// Makes room for entity `index`, which is in no heap.
    pub fn reserve(&mut self, index: u32) {
        let empty = Node { key: 0, entry: 0, child: NONE, next: NONE, back: NONE };
        if self.nodes.len() <= index as usize {
            self.nodes.resize(index as usize + 1, empty);
        }
    }

    /// Key and order of an entity in a heap.
    #[inline]
    pub fn key(&self, index: u32) -> (u128, u32) {
        let node = &self.nodes[index as usize];
        (node.key, node.entry)
    }

    /// Puts an entity that is in no heap into `heap`.
    #[inline]
    pub fn push(&mut self, heap: &mut u32, index: u32, (key, entry): (u128, u32)) {
        self.nodes[index as usize] = Node { key, entry, child: NONE, next: NONE, back: NONE };
        *heap = self.meld(*heap, index);
    }

    /// Takes an entity out of `heap`.
    pub fn remove(&mut self, heap: &mut u32, index: u32) {
        let Node { child, next, back, .. } = self.nodes[index as usize];
        let orphans = self.meld_all(child);
        if *heap == index {
            *heap = orphans;
        } else {
            self.cut(index, next, back);
            *heap = self.meld(*heap, orphans);
        }
    }

    /// Gives an entity of `heap` another key.
    #[inline]
    pub fn rekey(&mut self, heap: &mut u32, index: u32, key: (u128, u32)) {
        let node = &mut self.nodes[index as usize];
        if *heap == index && node.child == NONE {
            (node.key, node.entry) = key;
        } else {
            self.remove(heap, index);
            self.push(heap, index, key);
        }
    }

    fn cut(&mut self, index: u32, next: u32, back: u32) {
        let before = &mut self.nodes[back as usize];
        if before.child == index {
            before.child = next;
        } else {
            before.next = next;
        }
        if next != NONE {
            self.nodes[next as usize].back = back;
        }
    }

    #[inline]
    fn meld(&mut self, a: u32, b: u32) -> u32 {
        if a == NONE {
            return b;
        }
        if b == NONE {
            return a;
        }
        let (x, y) = (&self.nodes[a as usize], &self.nodes[b as usize]);
        let (top, under) = if is_before((x.key, x.entry), (y.key, y.entry)) { (a, b) } else { (b, a) };
        let child = self.nodes[top as usize].child;
        if child != NONE {
            self.nodes[child as usize].back = under;
        }
        let node = &mut self.nodes[under as usize];
        (node.next, node.back) = (child, top);
        let node = &mut self.nodes[top as usize];
        (node.child, node.next, node.back) = (under, NONE, NONE);
        top
    }

    /// One heap of `first` and the siblings after it: by pairs, and the pairs from the last to the first.
    fn meld_all(&mut self, first: u32) -> u32 {
        if first == NONE {
            return NONE;
        }
        let node = &mut self.nodes[first as usize];
        if node.next == NONE {
            node.back = NONE;
            return first;
        }
        let (mut rest, mut pairs) = (first, NONE);
        while rest != NONE {
            let a = rest;
            let b = self.nodes[a as usize].next;
            rest = if b == NONE { NONE } else { self.nodes[b as usize].next };
            for index in [a, b].into_iter().filter(|&index| index != NONE) {
                let node = &mut self.nodes[index as usize];
                (node.next, node.back) = (NONE, NONE);
            }
            let pair = self.meld(a, b);
            self.nodes[pair as usize].next = pairs;
            pairs = pair;
        }
        let mut heap = NONE;
        while pairs != NONE {
            let pair = pairs;
            pairs = std::mem::replace(&mut self.nodes[pair as usize].next, NONE);
            heap = self.meld(heap, pair);
        }
        heap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_and_orders_wrap_around() {
        let (mut heaps, mut heap) = (Heaps::default(), NONE);
        heaps.reserve(3);
        for (index, key) in [(0, (3, 0)), (1, (u128::MAX, 0)), (2, (3, u32::MAX)), (3, (u128::MAX - 1, 9))] {
            heaps.push(&mut heap, index, key);
        }
        let mut order = Vec::new();
        while heap != NONE {
            order.push(heap);
            let first = heap;
            heaps.remove(&mut heap, first);
        }
        assert_eq!(order, [3, 1, 2, 0]);
    }

    proptest! {
        /// Two heaps over the same entities give what ordered sets give, whatever joins, leaves and changes.
        #[test]
        fn heaps_are_ordered_sets(steps in prop::collection::vec((0_usize..2, 0_u32..40, 0_u128..30, 0_u8..3), 1..400)) {
            let mut heaps = Heaps::default();
            heaps.reserve(39);
            let mut roots = [NONE; 2];
            let mut sets: [BTreeSet<(u128, u32, u32)>; 2] = Default::default();
            for (turn, (heap, index, key, step)) in steps.into_iter().enumerate() {
                let holder = (0..2).find(|&h| sets[h].iter().any(|e| e.2 == index));
                let entry = turn as u32;
                match (holder, step) {
                    (None, _) => {
                        heaps.push(&mut roots[heap], index, (key, entry));
                        sets[heap].insert((key, entry, index));
                    }
                    (Some(h), 0) => {
                        heaps.rekey(&mut roots[h], index, (key, entry));
                        sets[h].retain(|e| e.2 != index);
                        sets[h].insert((key, entry, index));
                    }
                    (Some(h), _) => {
                        heaps.remove(&mut roots[h], index);
                        sets[h].retain(|e| e.2 != index);
                    }
                }
                for h in 0..2 {
                    let first = sets[h].first().map_or(NONE, |e| e.2);
                    prop_assert_eq!(roots[h], first);
                }
            }
        }
    }
}
