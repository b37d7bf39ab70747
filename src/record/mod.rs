//! What models report: the closed list of facts, and who may listen.
//!
//! Models write records and never read them, so a run with the [`Null`] recorder does exactly what any other
//! run does.

mod journal;
mod meter;

pub use journal::{Act, Decided};
pub use meter::{Gauge, Levels, Meter, Totals};

use crate::ids::FunctionId;
use crate::units::{Span, Time};

/// A part of a request's response time. The parts of one request sum to its response time exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Component {
    /// Waiting for a place, for a core, or for its share of shared cores.
    Queue,
    /// The platform's or the balancer's decision.
    Dispatch,
    /// Cold start: allocating the sandbox.
    ColdAllocate,
    /// Cold start: fetching the image.
    ColdFetch,
    /// Cold start: booting the sandbox.
    ColdBoot,
    /// Cold start: initialising the function.
    ColdInit,
    /// Computing.
    Compute,
    /// Waiting for local memory.
    LocalMemory,
    /// Waiting for remote memory, circuit set-up included.
    RemoteMemory,
    /// Messages on the fabric.
    Network,
    /// Reading and writing at the storage nodes.
    Storage,
}

impl Component {
    /// All components in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Queue,
        Self::Dispatch,
        Self::ColdAllocate,
        Self::ColdFetch,
        Self::ColdBoot,
        Self::ColdInit,
        Self::Compute,
        Self::LocalMemory,
        Self::RemoteMemory,
        Self::Network,
        Self::Storage,
    ];

    /// Its name in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Dispatch => "dispatch",
            Self::ColdAllocate => "cold_allocate",
            Self::ColdFetch => "cold_fetch",
            Self::ColdBoot => "cold_boot",
            Self::ColdInit => "cold_init",
            Self::Compute => "compute",
            Self::LocalMemory => "local_memory",
            Self::RemoteMemory => "remote_memory",
            Self::Network => "network",
            Self::Storage => "storage",
        }
    }
}

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

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rejection {
    /// The queue was at its limit.
    QueueFull,
    /// A quota of the account or the function was used up.
    Throttled,
    /// It waited longer than allowed.
    WaitedTooLong,
    /// It ran longer than allowed.
    RanTooLong,
    /// Its gang has more members than the data centre could ever hold at once.
    GangTooLarge,
}

impl Rejection {
    /// All reasons in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::QueueFull, Self::Throttled, Self::WaitedTooLong, Self::RanTooLong, Self::GangTooLarge];

    /// Its name in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue full",
            Self::Throttled => "throttled",
            Self::WaitedTooLong => "waited too long",
            Self::RanTooLong => "ran too long",
            Self::GangTooLarge => "gang too large",
        }
    }
}

/// Listens to the facts of a run.
pub trait Recorder {
    /// A request was answered.
    fn completed(&mut self, request: &Completed);
    /// A request was turned away.
    fn rejected(&mut self, at: Time, function: FunctionId, reason: Rejection);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

impl Recorder for Null {
    fn completed(&mut self, _request: &Completed) {}
    fn rejected(&mut self, _at: Time, _function: FunctionId, _reason: Rejection) {}
}
