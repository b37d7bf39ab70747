//! What is assumed of the cloud.

use crate::config::plan::IdleChoice;
use crate::units::Span;

/// What a replay assumes of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudSpec {
    /// How long an idle sandbox is kept; each is replayed.
    pub keep_alive: Vec<Span>,
    /// Which idle sandbox serves the next request; each is replayed.
    pub idle_choice: Vec<IdleChoice>,
    /// Billed time is the duration rounded up to a multiple of this.
    pub quantum: Span,
}
