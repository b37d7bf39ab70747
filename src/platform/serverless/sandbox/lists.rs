//! Doubly linked lists threaded through a slab: insertion and removal without allocation or search.
//!
//! [`NIL`] lies beyond every slab, so that finding an entry also tells whether there is one.

use std::mem::replace;

/// No entry.
pub(crate) const NIL: u32 = u32::MAX;

/// What a list is kept for; an entry is in at most one list of each order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Function,
    Host,
    Expiry,
}

const ORDERS: usize = 3;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    previous: u32,
    next: u32,
}

/// The links of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links([Link; ORDERS]);

impl Links {
    pub(crate) const NONE: Self = Self([Link { previous: NIL, next: NIL }; ORDERS]);

    pub(crate) const fn next(&self, order: Order) -> u32 {
        self.0[order as usize].next
    }
    pub(crate) const fn previous(&self, order: Order) -> u32 {
        self.0[order as usize].previous
    }
}

/// An entry of a slab that lists run through.
pub(crate) trait Linked {
    fn links(&mut self) -> &mut Links;
}

/// The ends of one list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) head: u32,
    pub(crate) tail: u32,
}

impl Ends {
    pub(crate) const EMPTY: Self = Self { head: NIL, tail: NIL };

    /// Inserts `entry` behind `after`, or in front where that is [`NIL`].
    #[inline(always)]
    pub(crate) fn insert_after<T: Linked>(&mut self, slab: &mut [T], order: Order, after: u32, entry: u32) {
        let at = order as usize;
        let next = match slab.get_mut(after as usize) {
            Some(previous) => replace(&mut previous.links().0[at].next, entry),
            None => replace(&mut self.head, entry),
        };
        match slab.get_mut(next as usize) {
            Some(next) => next.links().0[at].previous = entry,
            None => self.tail = entry,
        }
        slab[entry as usize].links().0[at] = Link { previous: after, next };
    }

    /// Takes out the entry with the given links.
    #[inline(always)]
    pub(crate) fn remove<T: Linked>(&mut self, slab: &mut [T], order: Order, links: &Links) {
        let at = order as usize;
        let Link { previous, next } = links.0[at];
        match slab.get_mut(previous as usize) {
            Some(previous) => previous.links().0[at].next = next,
            None => self.head = next,
        }
        match slab.get_mut(next as usize) {
            Some(next) => next.links().0[at].previous = previous,
            None => self.tail = previous,
        }
    }
}
