//! The event queue: an implicit 4-ary heap over packed keys.

use crate::units::Time;

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    /// Time in the upper half, sequence number in the lower: one comparison gives the total order.
    key: u128,
    event: E,
}

/// Events in the order of (time, order of insertion).
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: Vec<Entry<E>>,
    inserted: u64,
}

const ARITY: usize = 4;

impl<E: Copy> EventQueue<E> {
    /// An empty queue.
    pub const fn new() -> Self {
        Self { heap: Vec::new(), inserted: 0 }
    }
    /// How many events wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }
    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
    /// The time of the first event; [`Time::MAX`] when there is none.
    pub fn next_time(&self) -> Time {
        self.heap.first().map_or(Time::MAX, |entry| Time::from_ps((entry.key >> 64) as u64))
    }
    /// Adds an event.
    pub fn push(&mut self, time: Time, event: E) {
        let entry = Entry { key: u128::from(time.as_ps()) << 64 | u128::from(self.inserted), event };
        self.inserted += 1;
        let mut hole = self.heap.len();
        self.heap.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if self.heap[parent].key <= entry.key {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }
    /// Removes the first event. The queue must not be empty.
    pub fn pop(&mut self) -> E {
        let first = self.heap[0].event;
        let last = self.heap.pop().expect("the queue is not empty");
        let len = self.heap.len();
        if len == 0 {
            return first;
        }
        let mut hole = 0;
        loop {
            let start = hole * ARITY + 1;
            if start >= len {
                break;
            }
            let mut least = start;
            for child in start + 1..(start + ARITY).min(len) {
                if self.heap[child].key < self.heap[least].key {
                    least = child;
                }
            }
            if self.heap[least].key >= last.key {
                break;
            }
            self.heap[hole] = self.heap[least];
            hole = least;
        }
        self.heap[hole] = last;
        first
    }
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_is_that_of_a_stable_sort(times in prop::collection::vec(0_u64..50, 0..400)) {
            let mut queue = EventQueue::new();
            for (i, &t) in times.iter().enumerate() {
                queue.push(Time::from_ps(t), i);
            }
            let mut expected: Vec<usize> = (0..times.len()).collect();
            expected.sort_by_key(|&i| times[i]);
            let popped: Vec<usize> = (0..times.len()).map(|_| queue.pop()).collect();
            prop_assert_eq!(popped, expected);
            prop_assert!(queue.is_empty() && queue.next_time() == Time::MAX);
        }
    }
}
