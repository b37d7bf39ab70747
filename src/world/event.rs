//! The events of a data centre: eight bytes, which are also their fingerprint.

use crate::engine::Scheduler;
use crate::ids::{HostId, Id, PoolId, RequestId, VmId};

use super::stage::Events;

/// What is due, and the number of whom it is due for. Made and read by [`Kind`], whose variants type the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    code: u32,
    number: u32,
}

const _: () = assert!(size_of::<Event>() == 8);

/// The future of a data centre.
pub(super) type Queue = Scheduler<Event>;

/// An event, by subsystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request's own.
    Request(RequestStep, RequestId),
    /// A shared resource wants to be asked again.
    Due(Due),
    /// The serverless platform's own.
    Platform(PlatformStep),
    /// The fleet's own.
    Fleet(FleetStep),
}

/// What is due for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStep {
    /// Its run is over, which nothing could change.
    Ended,
    /// Its start is over, which nothing could change.
    Started,
    /// The delays that its script is in are over.
    Over,
    /// It has waited for long.
    Abandon,
    /// It is retried.
    Retry,
    /// Its run has reached its limit, which nothing could change.
    TimedOut,
}

/// Which shared resource wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The shared cores of a host, or of a virtual machine.
    Cores(HostId),
    /// A memory pool.
    Pool(PoolId),
    /// Network cards and storage nodes.
    Ports,
}

/// What is due for a serverless platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformStep {
    /// An expiry may let a waiting request start, or something planned is due.
    Wake,
    /// The limit on run time of some request is reached.
    Timeout,
}

/// What is due for a fleet of virtual machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FleetStep {
    /// The autoscaler evaluates.
    Evaluate,
    /// A machine has booted.
    Booted(VmId),
    /// The limit on run time of some request is reached.
    Timeout,
}

impl Kind {
    /// The code and the number. Codes are part of the event hash.
    #[inline(always)]
    pub const fn event(self) -> Event {
        let (code, number) = match self {
            Self::Request(RequestStep::Ended, id) => (Event::ENDED, id.raw()),
            Self::Request(RequestStep::Started, id) => (1, id.raw()),
            Self::Request(RequestStep::Over, id) => (3, id.raw()),
            Self::Request(RequestStep::Abandon, id) => (4, id.raw()),
            Self::Request(RequestStep::Retry, id) => (5, id.raw()),
            Self::Request(RequestStep::TimedOut, id) => (6, id.raw()),
            Self::Due(Due::Cores(host)) => (16, host.raw()),
            Self::Due(Due::Pool(pool)) => (17, pool.raw()),
            Self::Due(Due::Ports) => (18, 0),
            Self::Platform(PlatformStep::Wake) => (32, 0),
            Self::Platform(PlatformStep::Timeout) => (33, 0),
            Self::Fleet(FleetStep::Evaluate) => (48, 0),
            Self::Fleet(FleetStep::Booted(vm)) => (49, vm.raw()),
            Self::Fleet(FleetStep::Timeout) => (50, 0),
        };
        Event { code, number }
    }
}

impl Event {
    const ENDED: u32 = 2;

    /// The request whose run is over: by far the most frequent event, which is told without decoding the others.
    #[inline(always)]
    pub fn ended(self) -> Option<RequestId> {
        (self.code == Self::ENDED).then_some(Id::new(self.number))
    }
    /// What it is.
    pub fn kind(self) -> Kind {
        let number = self.number;
        match self.code {
            1 => Kind::Request(RequestStep::Started, Id::new(number)),
            Self::ENDED => Kind::Request(RequestStep::Ended, Id::new(number)),
            3 => Kind::Request(RequestStep::Over, Id::new(number)),
            4 => Kind::Request(RequestStep::Abandon, Id::new(number)),
            5 => Kind::Request(RequestStep::Retry, Id::new(number)),
            6 => Kind::Request(RequestStep::TimedOut, Id::new(number)),
            16 => Kind::Due(Due::Cores(Id::new(number))),
            17 => Kind::Due(Due::Pool(Id::new(number))),
            18 => Kind::Due(Due::Ports),
            32 => Kind::Platform(PlatformStep::Wake),
            33 => Kind::Platform(PlatformStep::Timeout),
            48 => Kind::Fleet(FleetStep::Evaluate),
            49 => Kind::Fleet(FleetStep::Booted(Id::new(number))),
            50 => Kind::Fleet(FleetStep::Timeout),
            code => unreachable!("no event has the code {code}"),
        }
    }
    /// A number that tells events apart, for the event hash.
    #[inline(always)]
    pub fn fingerprint(self) -> u64 {
        u64::from(self.code) << 32 | u64::from(self.number)
    }
}

impl Events<Due> for Event {
    fn due(due: Due) -> Self {
        Kind::Due(due).event()
    }
    fn over(request: RequestId) -> Self {
        Kind::Request(RequestStep::Over, request).event()
    }
}
