//! What one replication serves: what differs from one to the next is a choice ([`Vary`]).

use std::borrow::Cow;

use super::arrivals::{Arrivals, Spacing, function_streams};
use super::bootstrap::{Bootstrapped, Copies};
use super::days::{Piece, drawn};
use super::{Functions, Workload};
use crate::config::plan::Vary;
use crate::rng::RootSeed;
use crate::units::{Span, Time};

/// What one replication serves.
pub struct Replicate<'w> {
    workload: Cow<'w, Workload>,
    /// Another population made of the trace's functions.
    copies: Option<Copies>,
    /// Other days of the trace; nothing where they are as they are.
    days: Vec<Piece>,
    instants: RootSeed,
    draws: RootSeed,
}

impl Workload {
    /// What a replication of an experiment with this seed serves.
    pub fn replicate(&self, vary: Vary, seed: u64, replication: u32) -> Replicate<'_> {
        let draws = RootSeed::new(seed, replication);
        let of = |workload, copies, instants| Replicate { workload, copies, days: Vec::new(), instants, draws };
        match vary {
            Vary::Draws => of(Cow::Borrowed(self), None, RootSeed::new(seed, 0)),
            Vary::Arrivals => of(Cow::Borrowed(self), None, draws),
            Vary::Population => {
                if let Some(other) = self.redrawn(draws) {
                    return of(Cow::Owned(other), None, draws);
                }
                let copies = Some(Copies::draw(self.functions(), draws));
                Replicate { days: drawn(self.length(), draws), ..of(Cow::Borrowed(self), copies, draws) }
            }
        }
    }
}

impl Replicate<'_> {
    /// The functions, by id.
    pub fn functions(&self) -> &Functions {
        self.copies.as_ref().map_or(self.workload.functions(), |copies| &copies.functions)
    }

    /// The length of time over which invocations arrive.
    pub fn length(&self) -> Span {
        self.workload.length()
    }

    /// The root of all that is drawn besides the instants of arrivals.
    pub fn root(&self) -> RootSeed {
        self.draws
    }

    /// The invocations in order of time, the same each time; `spacing` as in [`Workload::arrivals`].
    pub fn arrivals(&self, spacing: Spacing) -> Arrivals<'_> {
        let arrivals = self.workload.arrivals_of(self.instants, self.draws, spacing, &self.days);
        let Some(copies) = &self.copies else { return arrivals };
        let end = Time::ZERO.saturating_add(self.workload.length());
        let streams = || function_streams(&copies.functions, self.draws, "durations");
        let durations = self.workload.durations().map(|durations| (durations, streams()));
        // Where all are at the start of their minute, they stay there.
        let moves = durations.is_none() || spacing != Spacing::MinuteStart;
        Arrivals::bootstrapped(Bootstrapped::new(arrivals, copies, durations, (moves, end)))
    }
}
