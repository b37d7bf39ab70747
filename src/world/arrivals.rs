//! The invocations of a run, as the platform comes to decide on them.

use crate::ids::{FunctionId, Id};
use crate::units::{Span, Time};
use crate::workload::Invocation;

/// The invocations of a run, one ahead.
#[derive(Debug)]
pub(super) struct Arrivals<I> {
    source: I,
    next: Invocation,
    /// When the platform decides on it; [`Time::MAX`] where there is none.
    due: Time,
    offset: Span,
}

impl<I: Iterator<Item = Invocation>> Arrivals<I> {
    pub(super) fn new(source: I, offset: Span) -> Self {
        let next = Invocation { at: Time::MAX, function: Id::new(0), duration: Span::ZERO };
        let mut arrivals = Self { source, next, due: Time::MAX, offset };
        arrivals.advance();
        arrivals
    }
    #[inline(always)]
    fn advance(&mut self) {
        if let Some(next) = self.source.next() {
            self.next = next;
            self.due = next.at.saturating_add(self.offset);
        } else {
            self.due = Time::MAX;
        }
    }
    /// How long after its arrival the platform decides on a request.
    pub(super) fn offset(&self) -> Span {
        self.offset
    }
    #[inline]
    pub(super) fn due(&self) -> Time {
        self.due
    }
    /// When the next one is due, and of which function.
    pub(super) fn peek(&self) -> Option<(Time, FunctionId)> {
        (self.due < Time::MAX).then_some((self.due, self.next.function))
    }
    /// Whether none is left that arrives before `end`.
    pub(super) fn are_over(&self, end: Time) -> bool {
        self.due == Time::MAX || self.next.at >= end
    }
    /// The invocation that is due.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Invocation {
        let invocation = self.next;
        self.advance();
        invocation
    }
}
