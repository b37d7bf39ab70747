//! The platform's decisions one by one, for those who ask: conformance tests and other simulators.

use crate::ids::FunctionId;
use crate::units::Time;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A request starts in a sandbox that is ready.
    Warm,
    /// A request starts in a sandbox that must be started, from nothing.
    Cold,
    /// The same, from a bare sandbox.
    FromBare,
    /// The same, from a sandbox with its language's runtime.
    FromLanguage,
    /// The same, from a sandbox in a memory pool.
    FromPool,
    /// A request waits.
    Wait,
    /// A request is rejected, because the queue is full.
    Reject,
    /// A request is rejected, because of a quota.
    Throttle,
    /// A request abandons the queue.
    Abandon,
    /// A sandbox is started without a request.
    Prewarm,
    /// A sandbox is removed because its time is over.
    Expire,
    /// A sandbox is removed to make room.
    Evict,
    /// A sandbox is removed because there are more than are wanted.
    ScaleDown,
    /// A sandbox loses its function's code.
    ToLanguage,
    /// A sandbox loses its language's runtime.
    ToBare,
    /// A sandbox moves to a memory pool.
    ToPool,
    /// A sandbox is terminated because its host has failed, or because its start was called off.
    HostFailed,
}

impl Act {
    /// Its name in decision logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Cold => "cold",
            Self::FromBare => "from-bare",
            Self::FromLanguage => "from-language",
            Self::FromPool => "from-pool",
            Self::Wait => "wait",
            Self::Reject => "reject",
            Self::Throttle => "throttle",
            Self::Abandon => "abandon",
            Self::Prewarm => "prewarm",
            Self::Expire => "expire",
            Self::Evict => "evict",
            Self::ScaleDown => "scale-down",
            Self::ToLanguage => "to-language",
            Self::ToBare => "to-bare",
            Self::ToPool => "to-pool",
            Self::HostFailed => "host-failed",
        }
    }
}

/// One decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// When.
    pub at: Time,
    /// What.
    pub act: Act,
    /// The function of the request, or that the sandbox was last of.
    pub function: FunctionId,
    /// The creation number of the sandbox, where there is one.
    pub sandbox: Option<u64>,
    /// The host, where there is one.
    pub host: Option<u32>,
}
