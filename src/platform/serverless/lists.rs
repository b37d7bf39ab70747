//! Doubly linked lists threaded through a slab: insertion and removal without allocation or search.

/// No entry.
pub(super) const NIL: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    previous: u32,
    next: u32,
}

/// The ends of one list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) head: u32,
    pub(super) tail: u32,
}

impl Ends {
    pub(super) const EMPTY: Self = Self { head: NIL, tail: NIL };
}

/// The links of all entries for one purpose; an entry is in at most one list of that purpose.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<Link>);

impl Links {
    /// Makes room for entry `entry`.
    pub(super) fn grow(&mut self, entry: u32) {
        if self.0.len() <= entry as usize {
            self.0.resize(entry as usize + 1, Link { previous: NIL, next: NIL });
        }
    }
    pub(super) fn next(&self, entry: u32) -> u32 {
        self.0[entry as usize].next
    }
    pub(super) fn previous(&self, entry: u32) -> u32 {
        self.0[entry as usize].previous
    }
    /// Inserts behind `after`, or in front where that is [`NIL`].
    pub(super) fn insert_after(&mut self, ends: &mut Ends, after: u32, entry: u32) {
        let next = if after == NIL { ends.head } else { self.next(after) };
        self.0[entry as usize] = Link { previous: after, next };
        if after == NIL {
            ends.head = entry;
        } else {
            self.0[after as usize].next = entry;
        }
        if next == NIL {
            ends.tail = entry;
        } else {
            self.0[next as usize].previous = entry;
        }
    }
    pub(super) fn remove(&mut self, ends: &mut Ends, entry: u32) {
        let Link { previous, next } = self.0[entry as usize];
        if previous == NIL {
            ends.head = next;
        } else {
            self.0[previous as usize].next = next;
        }
        if next == NIL {
            ends.tail = previous;
        } else {
            self.0[next as usize].previous = previous;
        }
    }
}
