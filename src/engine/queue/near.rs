//! The near future: one sorted run of events.

use super::Entry;

/// A run longer than this is better cut finer by the wheel.
const LONG: usize = 256;
/// Up to here a new event finds its place step by step, which is faster than to search for it.
const STEPWISE: usize = 24;

/// Events in order of time, then of insertion. Removed ones leave a gap in front, which is closed now and then.
#[derive(Debug)]
pub(super) struct Near<E> {
    run: Vec<Entry<E>>,
    /// Where the run begins.
    head: usize,
}

impl<E: Copy> Near<E> {
    pub(super) fn new() -> Self {
        Self { run: Vec::with_capacity(2 * LONG), head: 0 }
    }
    pub(super) fn is_empty(&self) -> bool {
        self.head == self.run.len()
    }
    pub(super) fn len(&self) -> usize {
        self.run.len() - self.head
    }
    pub(super) fn first(&self) -> Option<&Entry<E>> {
        self.run.get(self.head)
    }
    /// Removes the first event, if it is due at `limit` or before; there must be one.
    #[inline(always)]
    pub(super) fn pop_until(&mut self, limit: u64) -> Option<Entry<E>> {
        let first = self.run[self.head];
        if first.time > limit {
            return None;
        }
        self.head += 1;
        if self.head >= LONG && self.head >= self.len() {
            self.run.drain(..self.head);
            self.head = 0;
        }
        Some(first)
    }

    /// Inserts where it belongs, behind all of the same time. Returns whether the run has become long and can be
    /// cut: a run of one time cannot.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry<E>) -> bool {
        let len = self.len();
        if len <= STEPWISE {
            self.run.push(entry);
            let run = &mut self.run[self.head..];
            let mut hole = run.len() - 1;
            while hole > 0 && run[hole - 1].time > entry.time {
                run[hole] = run[hole - 1];
                hole -= 1;
            }
            run[hole] = entry;
            return false;
        }
        let before = self.run[self.head..].partition_point(|other| other.time <= entry.time);
        if self.head > 0 && before < len / 2 {
            self.run.copy_within(self.head..self.head + before, self.head - 1);
            self.head -= 1;
            self.run[self.head + before] = entry;
        } else {
            self.run.insert(self.head + before, entry);
        }
        len >= LONG && self.run[self.head].time < self.run[self.run.len() - 1].time
    }

    /// Adds events at the end, in or out of order: [`Near::sort`] comes after.
    pub(super) fn append(&mut self, entries: &[Entry<E>]) {
        self.run.extend_from_slice(entries);
    }
    /// Sorts the run, keeping the order of insertion at equal times.
    pub(super) fn sort(&mut self) {
        self.run[self.head..].sort_by_key(|entry| entry.time);
    }
    /// Hands over all events in order.
    pub(super) fn drain(&mut self, mut take: impl FnMut(Entry<E>)) {
        for &entry in &self.run[self.head..] {
            take(entry);
        }
        self.run.clear();
        self.head = 0;
    }
}
