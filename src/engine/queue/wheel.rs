//! The far future: unsorted buckets, by the first digit in which their time differs from the base.
//!
//! Invariant: every event is at or after the base; one whose time differs from it first in digit `level`, with the
//! value `digit`, is in bucket (level, digit). So buckets of lower levels come first, those of one level in the order
//! of their digits, and no two overlap. Within a bucket events lie in the order of insertion.

use std::ops::Range;

use super::Entry;

/// Bits of time that one level tells apart: more make for fewer moves, and for more and emptier buckets.
const BITS: u32 = 7;
const DIGITS: usize = 1 << BITS;
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;
const WORDS: usize = DIGITS / 64;
/// Entries in a piece of a bucket: half a kilobyte for small events.
const PIECE: usize = 32;
/// No piece.
const NIL: u32 = u32::MAX;

/// A bucket is a chain of pieces. `tail` is where the next entry goes, if the last piece has room.
#[derive(Clone, Copy, Debug)]
struct Ends {
    head: u32,
    tail: u32,
}

impl Ends {
    const EMPTY: Self = Self { head: NIL, tail: 0 };
    const fn last(self) -> usize {
        (self.tail as usize - 1) / PIECE
    }
}

/// A bucket that is not empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub(super) level: usize,
    digit: usize,
    /// The earliest time that belongs to it, in picoseconds.
    pub(super) start: u64,
}

impl Bucket {
    /// The earliest time that no longer belongs to it.
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(1 << (BITS * self.level as u32))
    }
    fn index(&self) -> usize {
        self.level * DIGITS + self.digit
    }
}

#[derive(Debug)]
pub(super) struct Wheel<E> {
    base: u64,
    /// One bit for each level that is not empty, and for each bucket.
    levels: u32,
    filled: [[u64; WORDS]; LEVELS],
    ends: Vec<Ends>,
    /// All pieces, and for each the next of its bucket, or the next free one.
    entries: Vec<Entry<E>>,
    next: Vec<u32>,
    free: u32,
}

impl<E: Copy> Wheel<E> {
    pub(super) fn new() -> Self {
        Self {
            base: 0,
            levels: 0,
            filled: [[0; WORDS]; LEVELS],
            ends: vec![Ends::EMPTY; DIGITS * LEVELS],
            entries: Vec::new(),
            next: Vec::new(),
            free: NIL,
        }
    }

    /// Moves the base. `base` lies before all events, and after all that have been taken.
    pub(super) fn rebase(&mut self, base: u64) {
        debug_assert!(base >= self.base);
        self.base = base;
    }

    #[inline]
    pub(super) fn insert(&mut self, entry: Entry<E>) {
        debug_assert!(entry.time >= self.base);
        let difference = (entry.time ^ self.base) | 1;
        let level = (difference.ilog2() / BITS) as usize;
        let digit = (entry.time >> (BITS * level as u32)) as usize % DIGITS;
        let ends = &mut self.ends[level * DIGITS + digit];
        let slot = ends.tail as usize;
        if slot.is_multiple_of(PIECE) {
            self.insert_into_new_piece(level, digit, entry);
        } else {
            ends.tail += 1;
            self.entries[slot] = entry;
        }
    }

    #[inline(never)]
    fn insert_into_new_piece(&mut self, level: usize, digit: usize, entry: Entry<E>) {
        let piece = self.new_piece(entry);
        let ends = &mut self.ends[level * DIGITS + digit];
        if ends.head == NIL {
            ends.head = piece;
            self.levels |= 1 << level;
            self.filled[level][digit / 64] |= 1 << (digit % 64);
        } else {
            self.next[ends.last()] = piece;
        }
        let slot = piece as usize * PIECE;
        self.entries[slot] = entry;
        ends.tail = slot as u32 + 1;
    }

    fn new_piece(&mut self, filler: Entry<E>) -> u32 {
        let piece = self.free;
        if piece != NIL {
            self.free = std::mem::replace(&mut self.next[piece as usize], NIL);
            return piece;
        }
        assert!(self.entries.len() < u32::MAX as usize - PIECE, "at most four billion events are scheduled");
        self.next.push(NIL);
        self.entries.extend(std::iter::repeat_n(filler, PIECE));
        self.next.len() as u32 - 1
    }

    /// The first bucket that is not empty.
    pub(super) fn first(&self) -> Option<Bucket> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros();
        let filled = &self.filled[level as usize];
        let word = filled.iter().position(|word| *word != 0)?;
        let digit = word as u32 * 64 + filled[word].trailing_zeros();
        let above = self.base.checked_shr(BITS * (level + 1)).unwrap_or(0);
        let start = (above << BITS | u64::from(digit)) << (BITS * level);
        Some(Bucket { level: level as usize, digit: digit as usize, start })
    }

    /// How many events are in a bucket; some number above `most` where there are more.
    pub(super) fn count(&self, bucket: &Bucket, most: usize) -> usize {
        let ends = self.ends[bucket.index()];
        let mut count = ends.tail as usize - ends.last() * PIECE;
        let mut piece = ends.head as usize;
        while piece != ends.last() && count <= most {
            count += PIECE;
            piece = self.next[piece] as usize;
        }
        count
    }

    /// How many events are in all buckets.
    pub(super) fn len(&self) -> usize {
        let filled = |index: &usize| self.ends[*index].head != NIL;
        let bucket = |index| Bucket { level: index / DIGITS, digit: index % DIGITS, start: 0 };
        (0..self.ends.len()).filter(filled).map(|index| self.count(&bucket(index), usize::MAX)).sum()
    }

    /// Empties a bucket, in the order of insertion.
    #[inline]
    pub(super) fn take(&mut self, bucket: &Bucket, mut take: impl FnMut(&[Entry<E>])) {
        self.unhook(bucket, |wheel, piece| take(&wheel.entries[piece]));
    }

    /// Deals a bucket out to lower levels; its start must be the base.
    pub(super) fn deal(&mut self, bucket: &Bucket) {
        debug_assert!(bucket.start == self.base);
        self.unhook(bucket, |wheel, piece| {
            for slot in piece {
                wheel.insert(wheel.entries[slot]);
            }
        });
    }

    #[inline]
    fn unhook(&mut self, bucket: &Bucket, mut each: impl FnMut(&mut Self, Range<usize>)) {
        let ends = std::mem::replace(&mut self.ends[bucket.index()], Ends::EMPTY);
        let filled = &mut self.filled[bucket.level];
        filled[bucket.digit / 64] &= !(1 << (bucket.digit % 64));
        if filled.iter().all(|word| *word == 0) {
            self.levels &= !(1 << bucket.level);
        }
        let last = ends.last();
        let mut piece = ends.head as usize;
        loop {
            let end = if piece == last { ends.tail as usize } else { (piece + 1) * PIECE };
            each(self, piece * PIECE..end);
            let next = std::mem::replace(&mut self.next[piece], self.free);
            self.free = piece as u32;
            if piece == last {
                return;
            }
            piece = next as usize;
        }
    }

    /// Entries that there is room for, used or not.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.entries.len()
    }
}
