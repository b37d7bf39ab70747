//! What models report: the closed list of facts ([the catalogue](Row)), and who may listen.
//!
//! Models write records and never read them, so a run with the [`Null`] recorder does exactly what any other
//! run does.

mod audit;
mod by_entity;
mod catalogue;
mod counters;
mod journal;
mod meter;
mod off;
mod stranded;
mod usage;

pub use audit::Audit;
pub use by_entity::EntityLevel;
pub use catalogue::{Better, Component, Counter, Gauge, Laws, Rejection, ResourceKind, Row, Section, Shown};
pub use counters::{Asked, Counters};
pub use journal::{Act, Decided};
pub use meter::{Bin, Levels, Meter, Period, Totals};
pub use off::Powered;
pub use stranded::{Looks, Stranded};
pub use usage::ResourceUsage;

use crate::ids::FunctionId;
use crate::units::{Span, Time};

/// Where the response time of one request went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breakdown([Span; Component::ALL.len()]);

impl Breakdown {
    /// The time of each component.
    #[inline]
    pub fn new(parts: [(Component, Span); Component::ALL.len()]) -> Self {
        let mut spans = [Span::ZERO; Component::ALL.len()];
        for (component, span) in parts {
            spans[component as usize] = span;
        }
        Self(spans)
    }
    /// The time of a component.
    pub fn get(&self, component: Component) -> Span {
        self.0[component as usize]
    }
    /// Adds time to a component.
    #[inline]
    pub fn charge(&mut self, component: Component, span: Span) {
        self.0[component as usize] += span;
    }
    /// Adds the times of another.
    #[inline]
    pub fn add(&mut self, other: &Self) {
        for (span, more) in self.0.iter_mut().zip(other.0) {
            *span += more;
        }
    }
    /// The sum of all components, which is a response time and so cannot overflow.
    #[inline]
    pub fn total(&self) -> Span {
        Span::from_ps(self.0.iter().fold(0, |sum, span| sum.wrapping_add(span.as_ps())))
    }
}

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Completed {
    /// Its function.
    pub function: FunctionId,
    /// When it reached the data centre.
    pub arrived: Time,
    /// When its response was back at the front end.
    pub answered: Time,
    /// Its warm, local, undisturbed run time: what the trace says.
    pub duration: Span,
    /// Whether it waited for a sandbox of its own to start; without it, no time went into the cold components.
    pub cold: bool,
    /// Where its response time went.
    pub breakdown: Breakdown,
}

/// Listens to the facts of a run.
pub trait Recorder {
    /// A request was answered.
    fn completed(&mut self, request: &Completed);
    /// A request was rejected.
    fn rejected(&mut self, at: Time, function: FunctionId, reason: Rejection);
    /// The request that was rejected last had begun to run; `cold` says whether it had waited for a sandbox to start.
    fn had_started(&mut self, _at: Time, _function: FunctionId, _cold: bool) {}
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

impl Recorder for Null {
    fn completed(&mut self, _request: &Completed) {}
    fn rejected(&mut self, _at: Time, _function: FunctionId, _reason: Rejection) {}
}
