//! What lies in the queue.

/// An event and its time in picoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<E> {
    pub(super) time: u64,
    pub(super) event: E,
}
