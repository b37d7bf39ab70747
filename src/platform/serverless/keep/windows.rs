//! What a policy with pre-warming answers when a request has finished.

use crate::units::{Span, Time};

/// The two windows of an idle application or function, counted from the moment at which it became idle.
///
/// With a pre-warming window of zero it stays loaded for the keep-alive window. Otherwise it is unloaded at once, loaded
/// again when the pre-warming window is over, and then kept for the keep-alive window. An arrival ends both: a pre-warm
/// that has not begun is cancelled (Shahrad et al., ATC'20, §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Until it is loaded again; zero where it stays loaded.
    pub prewarm: Span,
    /// How long it is kept, from the end of the pre-warming window on; zero where it is not worth keeping.
    pub keep_alive: Span,
}

impl Windows {
    /// Stays loaded for so long.
    pub const fn stay(keep_alive: Span) -> Self {
        Self { prewarm: Span::ZERO, keep_alive }
    }
    /// Whether it is unloaded first.
    pub fn unloads(self) -> bool {
        self.prewarm > Span::ZERO || self.keep_alive == Span::ZERO
    }
    /// When it is loaded again, if it became idle at `idle_since`; `idle_since` itself where it stays loaded.
    pub fn loaded_from(self, idle_since: Time) -> Time {
        idle_since + self.prewarm
    }
    /// Until when it is kept, if it became idle at `idle_since`.
    pub fn loaded_until(self, idle_since: Time) -> Time {
        idle_since + self.prewarm + self.keep_alive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn min(n: u64) -> Span {
        Span::from_secs(60 * n)
    }

    #[test]
    fn windows_count_from_the_moment_of_becoming_idle() {
        let noon = Time::ZERO + min(720);
        let stay = Windows::stay(min(10));
        assert!(!stay.unloads());
        assert_eq!((stay.loaded_from(noon), stay.loaded_until(noon)), (noon, Time::ZERO + min(730)));
        let again = Windows { prewarm: min(50), keep_alive: min(20) };
        assert!(again.unloads());
        assert_eq!((again.loaded_from(noon), again.loaded_until(noon)), (Time::ZERO + min(770), Time::ZERO + min(790)));
        assert!(Windows::stay(Span::ZERO).unloads());
    }
}
