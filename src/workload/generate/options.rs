//! What to generate.

use crate::problem::{Problem, Problems};
use crate::units::Span;
use crate::workload::MINUTE;
use crate::workload::counts::MAX_MINUTES;

/// A day.
pub(in crate::workload) const DAY: Span = Span::from_secs(86_400);

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How many functions; 1 to 10 million.
    pub functions: u32,
    /// Length of time over which invocations arrive, in whole minutes, rounded up; at most 213 days.
    pub length: Span,
    /// Seed of the population. The arrivals take the seed of the replication, as those of traces do.
    pub seed: u64,
    /// All rates are multiplied by this; 0 exclusive to 100, default 1.
    pub rate_scale: f64,
    /// How far rates swing about their mean over a day, 0 (default) to 1: at time t they are 1 − a·cos(2πt/day) of
    /// the mean, lowest at midnight. Timers do not swing.
    pub diurnal: f64,
    /// The longest run, 1 ms or more; percentiles of durations above it are cut to it, as where a platform stops what runs
    /// for so long. `None` (default) leaves them.
    pub longest: Option<Span>,
}

impl Options {
    /// `functions` functions over `days` days, everything else by default.
    pub const fn new(functions: u32, days: u32, seed: u64) -> Self {
        Self {
            functions,
            length: Span::from_ps(DAY.as_ps().saturating_mul(days as u64)),
            seed,
            rate_scale: 1.0,
            diurnal: 0.0,
            longest: None,
        }
    }

    /// Everything wrong with the options.
    pub(in crate::workload) fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        let mut wrong = |subject: &str, message: String, remedy: &str| {
            let (subject, remedy) = (subject.to_owned(), remedy.to_owned());
            problems.push(Problem { subject, message, remedy, ..Problem::default() });
        };
        if !(1..=10_000_000).contains(&self.functions) {
            wrong("functions", format!("cannot be {}", self.functions), "ask for 1 to 10,000,000 functions");
        }
        if self.length == Span::ZERO || self.length > MINUTE * u64::from(MAX_MINUTES) {
            wrong("length", format!("cannot be {}", self.length), "ask for more than nothing and at most 213 days");
        }
        if !(self.rate_scale > 0.0 && self.rate_scale <= 100.0) {
            wrong("rate_scale", format!("cannot be {}", self.rate_scale), "write a number above 0, at most 100");
        }
        if !(0.0..=1.0).contains(&self.diurnal) {
            wrong("diurnal", format!("cannot be {}", self.diurnal), "write a number from 0 to 1");
        }
        if let Some(longest) = self.longest
            && longest < Span::from_ms(1)
        {
            wrong("longest", format!("cannot be {longest}"), "write a time of 1 ms or more, or leave it out");
        }
        problems.or_ok(())
    }
}
