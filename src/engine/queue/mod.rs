//! The event queue: what is due soon is sorted, what is due later waits in buckets of ever coarser time.
//!
//! A lazy radix wheel. The near future is one short sorted run ([`Near`]). Everything later lies in the buckets of a
//! wheel with one level for each seven bits of the clock ([`Wheel`]): an event whose time first differs from the wheel's
//! base in digit `l`, and has the value `d` there, is in bucket (l, d), unsorted. When the run is used up, the first
//! bucket is opened: a small one is sorted into the run, a large one is dealt out to the levels below. An event is
//! thus moved a few times, always in sequence, and never sorted among more than a few dozen others, so that an
//! operation costs about the same whether ten events wait or ten million, at any mix of time scales. Multilevel
//! buckets: Denardo and Fox, Operations Research 27(1), 1979; Cherkassky, Goldberg and Silverstein, SIAM J. Comput.
//! 28(4), 1999; wheels: Varghese and Lauck, SOSP 1987; sorting only what is near: Tang et al., the ladder queue,
//! ACM TOMACS 15(3), 2005. Measured against heaps, calendars and wheels in docs/performance.md.
//!
//! The order is total: by time, then by order of insertion. No sequence number is stored for it: equal times always
//! share a bucket, buckets and runs keep the order of insertion, and the sort is stable.

mod entry;
mod near;
mod wheel;

use crate::units::Time;
use entry::Entry;
use near::Near;
use wheel::Wheel;

/// A bucket of up to this many events is sorted, a larger one is dealt out.
const SMALL: usize = 128;
/// Buckets are opened until the near future holds this many events, so that sparse ones are taken together.
const ENOUGH: usize = 16;

/// Events in the order of (time, order of insertion).
#[derive(Debug)]
pub struct EventQueue<E> {
    /// All events before `near_end`, sorted.
    near: Near<E>,
    near_end: u64,
    /// All others.
    wheel: Wheel<E>,
    /// The time of the last event that was removed.
    now: u64,
}

impl<E: Copy> EventQueue<E> {
    /// An empty queue.
    pub fn new() -> Self {
        Self { near: Near::new(), near_end: u64::MAX, wheel: Wheel::new(), now: 0 }
    }
    /// How many events wait; they are counted one piece of a bucket after the other.
    pub fn len(&self) -> usize {
        self.near.len() + self.wheel.len()
    }
    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.near.is_empty() && self.wheel.first().is_none()
    }

    /// Adds an event; `time` must not be before the last event removed, nor before the last limit asked for.
    #[inline(always)]
    pub fn push(&mut self, time: Time, event: E) {
        let entry = Entry { time: time.as_ps(), event };
        if entry.time >= self.near_end {
            self.wheel.insert(entry);
        } else if self.near.insert(entry) {
            self.spill();
        }
    }

    /// No event waits that is due before this time; exact where it has been looked for. [`Time::MAX`] where none waits.
    pub fn not_before(&self) -> Time {
        let later = || self.wheel.first().map_or(u64::MAX, |bucket| bucket.start);
        Time::from_ps(self.near.first().map_or_else(later, |first| first.time))
    }

    /// Removes the first event, if it is due at `limit` or before. The caller promises to add no event before the smaller
    /// of its time and `limit`; later events are not looked at, so that this promise is easy to keep.
    #[inline(always)]
    pub fn pop_until(&mut self, limit: Time) -> Option<(Time, E)> {
        if self.near.is_empty() && !self.open(limit.as_ps()) {
            return None;
        }
        let first = self.near.pop_until(limit.as_ps())?;
        self.now = first.time;
        Some((Time::from_ps(first.time), first.event))
    }

    /// Fills the near future from the first buckets that begin at `limit` or before; false where there are none.
    #[inline(never)]
    fn open(&mut self, limit: u64) -> bool {
        let mut bucket = loop {
            let Some(bucket) = self.wheel.first() else {
                self.near_end = u64::MAX;
                return false;
            };
            if bucket.start > limit {
                return false;
            }
            self.wheel.rebase(bucket.start);
            // The lowest level has a bucket for each picosecond: nothing is left to deal out.
            if bucket.level == 0 || self.wheel.count(&bucket, SMALL) <= SMALL {
                break bucket;
            }
            self.near_end = bucket.start;
            self.wheel.deal(&bucket);
        };
        loop {
            self.wheel.take(&bucket, |entries| self.near.append(entries));
            let Some(next) = self.wheel.first() else {
                self.near_end = u64::MAX;
                break;
            };
            if self.near.len() >= ENOUGH || self.near.len() + self.wheel.count(&next, SMALL) > SMALL {
                self.near_end = bucket.end();
                break;
            }
            bucket = next;
        }
        self.near.sort();
        true
    }

    /// Moves a near future that has grown long to the wheel, where it is cut finer.
    #[cold]
    fn spill(&mut self) {
        self.wheel.rebase(self.now);
        self.near_end = self.now;
        let Self { near, wheel, .. } = self;
        near.drain(|entry| wheel.insert(entry));
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
    use std::collections::BTreeSet;

    /// Every step of a queue against an ordered map: (span, burst) adds events, zero removes one.
    fn check(steps: &[(u64, u8)], limits: bool) {
        let mut queue = EventQueue::new();
        let mut model = BTreeSet::new();
        let (mut now, mut count) = (0, 0_u64);
        for &(span, burst) in steps {
            for _ in 0..burst {
                queue.push(Time::from_ps(now + span), count);
                model.insert((now + span, count));
                count += 1;
            }
            // With a limit the clock also moves where nothing is due, as an arrival from outside moves it.
            let limit = if limits { now + span / 2 } else { u64::MAX - 1 };
            let expected = model.first().copied().filter(|(time, _)| *time <= limit);
            let got = queue.pop_until(Time::from_ps(limit)).map(|(time, n)| (time.as_ps(), n));
            assert_eq!(got, expected);
            match expected {
                Some(key) => {
                    model.remove(&key);
                    now = key.0;
                }
                None if limits => now = limit,
                None => {}
            }
            assert_eq!(queue.len(), model.len());
        }
        while let Some((time, n)) = model.pop_first() {
            assert_eq!(queue.pop_until(Time::MAX), Some((Time::from_ps(time), n)));
        }
        assert!(queue.is_empty() && queue.pop_until(Time::MAX).is_none());
    }

    /// Spans of all magnitudes, with many ties.
    fn steps() -> impl Strategy<Value = Vec<(u64, u8)>> {
        prop::collection::vec(
            (0_u32..60, any::<u64>(), 0_u8..4).prop_map(|(bits, x, burst)| (x >> 4 >> bits, burst)),
            0..300,
        )
    }

    proptest! {
        #[test]
        fn order_is_that_of_time_and_insertion(steps in steps()) {
            check(&steps, false);
        }
        #[test]
        fn order_holds_between_arrivals_from_outside(steps in steps()) {
            check(&steps, true);
        }
    }

    #[test]
    fn many_events_at_one_time_and_near_it_stay_in_order() {
        for span in [0, 1, 255, 256, 1 << 40] {
            let steps: Vec<(u64, u8)> = (0..2_000).map(|i| (span + u64::from(i % 5 == 0), 2)).collect();
            check(&steps, false);
            check(&steps, true);
        }
    }

    #[test]
    fn room_is_used_again() {
        let mut queue = EventQueue::new();
        for i in 0..100_000_u64 {
            queue.push(Time::from_ps(i % 1_000 * 1_000_000 + i), i);
            if i >= 1_000 {
                // The clock stands still, so that all levels of the wheel are used.
                queue.pop_until(Time::MAX);
            }
        }
        assert_eq!(queue.len(), 1_000);
        assert!(queue.wheel.room() < 100_000, "{} entries of room for 1,000 events", queue.wheel.room());
    }
}
