//! Doubly linked lists threaded through a slab: insertion and removal without allocation or search.

/// No entry.
pub(super) const NIL: u32 = u32::MAX;

/// What a list is kept for; an entry is in at most one list of each order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Function,
    Host,
    Expiry,
}

const ORDERS: usize = 3;

#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    previous: u32,
    next: u32,
}

impl Link {
    const NONE: Self = Self { previous: NIL, next: NIL };
    /// Whether nothing comes before.
    pub(super) const fn is_first(self) -> bool {
        self.previous == NIL
    }
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

/// The links of all entries, those of one entry side by side.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<[Link; ORDERS]>);

impl Links {
    /// Makes room for entry `entry`.
    pub(super) fn grow(&mut self, entry: u32) {
        if self.0.len() <= entry as usize {
            self.0.resize(entry as usize + 1, [Link::NONE; ORDERS]);
        }
    }
    #[inline]
    pub(super) fn next(&self, order: Order, entry: u32) -> u32 {
        self.0[entry as usize][order as usize].next
    }
    #[inline]
    pub(super) fn previous(&self, order: Order, entry: u32) -> u32 {
        self.0[entry as usize][order as usize].previous
    }
    /// Inserts behind `after`, or in front where that is [`NIL`].
    #[inline]
    pub(super) fn insert_after(&mut self, order: Order, ends: &mut Ends, after: u32, entry: u32) {
        let next = if after == NIL { ends.head } else { self.next(order, after) };
        self.0[entry as usize][order as usize] = Link { previous: after, next };
        if after == NIL {
            ends.head = entry;
        } else {
            self.0[after as usize][order as usize].next = entry;
        }
        if next == NIL {
            ends.tail = entry;
        } else {
            self.0[next as usize][order as usize].previous = entry;
        }
    }
    /// All links of an entry, for [`Links::remove`].
    #[inline]
    pub(super) fn of(&self, entry: u32) -> [Link; ORDERS] {
        self.0[entry as usize]
    }
    /// Takes an entry with the given links out of a list.
    #[inline]
    pub(super) fn remove(&mut self, order: Order, ends: &mut Ends, links: [Link; ORDERS]) {
        let Link { previous, next } = links[order as usize];
        if previous == NIL {
            ends.head = next;
        } else {
            self.0[previous as usize][order as usize].next = next;
        }
        if next == NIL {
            ends.tail = previous;
        } else {
            self.0[next as usize][order as usize].previous = previous;
        }
    }
}
