//! Event queues to compare with, each written plainly and tuned where tuning is part of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use sdcsim::engine::EventQueue;
use sdcsim::units::Time;

/// Events of eight bytes in the order of (time, order of insertion).
pub trait Queue {
    fn new() -> Self;
    /// `time` is not before the last event removed.
    fn push(&mut self, time: u64, event: u64);
    /// The queue is not empty.
    fn pop(&mut self) -> (u64, u64);
}

/// Time and sequence number.
type Key = u128;

fn key(time: u64, sequence: &mut u64) -> Key {
    *sequence += 1;
    Key::from(time) << 64 | Key::from(*sequence)
}

fn time_of(key: Key) -> u64 {
    (key >> 64) as u64
}

/// The simulator's own.
pub struct Ours(EventQueue<u64>);

impl Queue for Ours {
    fn new() -> Self {
        Self(EventQueue::new())
    }
    fn push(&mut self, time: u64, event: u64) {
        self.0.push(Time::from_ps(time), event);
    }
    fn pop(&mut self) -> (u64, u64) {
        let (time, event) = self.0.pop_until(Time::MAX).expect("not empty");
        (time.as_ps(), event)
    }
}

/// The binary heap of the standard library.
pub struct Standard(BinaryHeap<Reverse<(Key, u64)>>, u64);

impl Queue for Standard {
    fn new() -> Self {
        Self(BinaryHeap::new(), 0)
    }
    fn push(&mut self, time: u64, event: u64) {
        let key = key(time, &mut self.1);
        self.0.push(Reverse((key, event)));
    }
    fn pop(&mut self) -> (u64, u64) {
        let Reverse((key, event)) = self.0.pop().expect("not empty");
        (time_of(key), event)
    }
}

/// An implicit heap of four children each, keys packed into 16 bytes.
pub struct FourAry(Vec<(Key, u64)>, u64);

impl Queue for FourAry {
    fn new() -> Self {
        Self(Vec::new(), 0)
    }
    fn push(&mut self, time: u64, event: u64) {
        let entry = (key(time, &mut self.1), event);
        let heap = &mut self.0;
        let mut hole = heap.len();
        heap.push(entry);
        while hole > 0 && heap[(hole - 1) / 4].0 > entry.0 {
            heap[hole] = heap[(hole - 1) / 4];
            hole = (hole - 1) / 4;
        }
        heap[hole] = entry;
    }
    fn pop(&mut self) -> (u64, u64) {
        let heap = &mut self.0;
        let (key, event) = heap[0];
        let last = heap.pop().expect("not empty");
        let (mut hole, len) = (0, heap.len());
        while hole * 4 + 1 < len {
            let children = hole * 4 + 1..(hole * 4 + 5).min(len);
            let least = children.reduce(|a, b| if heap[b].0 < heap[a].0 { b } else { a }).expect("has a child");
            if heap[least].0 >= last.0 {
                break;
            }
            heap[hole] = heap[least];
            hole = least;
        }
        if len > 0 {
            heap[hole] = last;
        }
        (time_of(key), event)
    }
}

/// Ahuja, Mehlhorn, Orlin and Tarjan, J. ACM 37(2), 1990: buckets by the highest bit in which a time differs from the
/// last one removed. Stable, because equal times share a bucket and keep their order.
pub struct RadixHeap {
    buckets: Vec<Vec<(u64, u64)>>,
    /// Events at `last`, first in first out.
    now: VecDeque<u64>,
    last: u64,
    filled: u64,
}

impl Queue for RadixHeap {
    fn new() -> Self {
        Self { buckets: vec![Vec::new(); 64], now: VecDeque::new(), last: 0, filled: 0 }
    }
    fn push(&mut self, time: u64, event: u64) {
        match (time ^ self.last).checked_ilog2() {
            None => self.now.push_back(event),
            Some(bit) => {
                self.buckets[bit as usize].push((time, event));
                self.filled |= 1 << bit;
            }
        }
    }
    fn pop(&mut self) -> (u64, u64) {
        if self.now.is_empty() {
            let bit = self.filled.trailing_zeros() as usize;
            self.filled &= self.filled - 1;
            let mut bucket = std::mem::take(&mut self.buckets[bit]);
            self.last = bucket.iter().map(|entry| entry.0).min().expect("not empty");
            for (time, event) in bucket.drain(..) {
                self.push(time, event);
            }
            self.buckets[bit] = bucket;
        }
        (self.last, self.now.pop_front().expect("not empty"))
    }
}

/// Brown, CACM 31(10), 1988: a year of sorted days, resized and its days measured anew whenever the number of events has
/// doubled or halved, so that a day holds about one event.
pub struct Calendar {
    /// Each day sorted descending by key, so that the next event is at its end.
    days: Vec<Vec<(Key, u64)>>,
    shift: u32,
    today: u64,
    len: usize,
    sequence: u64,
    least: usize,
    most: usize,
}

impl Calendar {
    fn insert(&mut self, key: Key, event: u64) {
        let mask = self.days.len() as u64 - 1;
        let day = &mut self.days[((time_of(key) >> self.shift) & mask) as usize];
        let at = day.iter().rposition(|other| other.0 > key).map_or(0, |i| i + 1);
        day.insert(at, (key, event));
    }
    /// Days as long as the mean gap among the next events, a power of two in picoseconds.
    fn resize(&mut self) {
        let mut all: Vec<(Key, u64)> = self.days.iter_mut().flat_map(std::mem::take).collect();
        let sample = all.len().min(1_024);
        if sample > 1 {
            all.select_nth_unstable(sample - 1);
            let first = all[..sample].iter().map(|entry| time_of(entry.0)).min().unwrap_or(0);
            let gap = (time_of(all[sample - 1].0) - first) / sample as u64;
            self.shift = gap.max(1).ilog2() + 1;
        }
        let days = all.len().next_power_of_two().max(16);
        self.days = vec![Vec::new(); days];
        (self.least, self.most) = (days / 4, days * 2);
        self.today = all.iter().map(|entry| time_of(entry.0)).min().unwrap_or(0) >> self.shift;
        all.sort_unstable_by_key(|entry| Reverse(entry.0));
        for (key, event) in all {
            let mask = days as u64 - 1;
            self.days[((time_of(key) >> self.shift) & mask) as usize].push((key, event));
        }
    }
}

impl Queue for Calendar {
    fn new() -> Self {
        Self { days: vec![Vec::new(); 16], shift: 30, today: 0, len: 0, sequence: 0, least: 0, most: 32 }
    }
    fn push(&mut self, time: u64, event: u64) {
        let key = key(time, &mut self.sequence);
        self.insert(key, event);
        self.len += 1;
        self.today = self.today.min(time >> self.shift);
        if self.len > self.most {
            self.resize();
        }
    }
    fn pop(&mut self) -> (u64, u64) {
        let mask = self.days.len() as u64 - 1;
        for _ in 0..self.days.len() {
            let day = &mut self.days[(self.today & mask) as usize];
            if let Some(&(key, event)) = day.last()
                && time_of(key) >> self.shift == self.today
            {
                day.pop();
                self.len -= 1;
                if self.len < self.least {
                    self.resize();
                }
                return (time_of(key), event);
            }
            self.today += 1;
        }
        // A whole year without an event: go to the first one, and measure the days anew.
        let first = self.days.iter().filter_map(|day| day.last()).map(|entry| entry.0).min().expect("not empty");
        self.resize();
        self.today = time_of(first) >> self.shift;
        self.pop()
    }
}

/// One wheel of 2^16 slots of 2^26 ps (67 us), 4.4 s in all, each slot a small heap; what is later overflows into an
/// ordered map of slots, and comes over when its slot is due.
pub struct Wheel {
    slots: Vec<BinaryHeap<Reverse<(Key, u64)>>>,
    filled: Vec<u64>,
    later: BTreeMap<u64, Vec<(Key, u64)>>,
    /// The slot at hand, counted from the start of time.
    slot: u64,
    near: usize,
    sequence: u64,
}

const SLOT_SHIFT: u32 = 26;
const SLOTS: u64 = 1 << 16;

impl Wheel {
    fn insert(&mut self, key: Key, event: u64) {
        let index = ((time_of(key) >> SLOT_SHIFT) % SLOTS) as usize;
        self.slots[index].push(Reverse((key, event)));
        self.filled[index / 64] |= 1 << (index % 64);
        self.near += 1;
    }
    /// Brings over all turns of the wheel that have begun.
    fn come_over(&mut self) {
        while let Some(first) = self.later.first_entry()
            && *first.key() <= self.slot / SLOTS
        {
            for (key, event) in first.remove() {
                self.insert(key, event);
            }
        }
    }
    fn next_filled(&self) -> u64 {
        let start = self.slot % SLOTS;
        let mut word = (start / 64) as usize;
        let mut bits = self.filled[word] & (u64::MAX << (start % 64));
        while bits == 0 {
            word += 1;
            bits = self.filled[word];
        }
        self.slot - start + word as u64 * 64 + u64::from(bits.trailing_zeros())
    }
}

impl Queue for Wheel {
    fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| BinaryHeap::new()).collect(),
            filled: vec![0; SLOTS as usize / 64],
            later: BTreeMap::new(),
            slot: 0,
            near: 0,
            sequence: 0,
        }
    }
    fn push(&mut self, time: u64, event: u64) {
        let key = key(time, &mut self.sequence);
        // A turn is on the wheel as a whole or not at all.
        let turn = (time >> SLOT_SHIFT) / SLOTS;
        if turn == self.slot / SLOTS {
            self.insert(key, event);
        } else {
            self.later.entry(turn).or_default().push((key, event));
        }
    }
    fn pop(&mut self) -> (u64, u64) {
        if self.near == 0 {
            self.slot = self.later.first_key_value().expect("not empty").0 * SLOTS;
            self.come_over();
        }
        self.slot = self.next_filled();
        let index = (self.slot % SLOTS) as usize;
        let Reverse((key, event)) = self.slots[index].pop().expect("filled");
        if self.slots[index].is_empty() {
            self.filled[index / 64] &= !(1 << (index % 64));
        }
        self.near -= 1;
        (time_of(key), event)
    }
}
