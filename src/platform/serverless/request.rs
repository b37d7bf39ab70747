//! Requests as the platform sees them: what one starts in, and what is known of one that waits.

use crate::ids::{FunctionId, RequestId, SandboxId};
use crate::units::Time;

use super::sandbox::warmth::Warmth;

/// A request that starts: in which sandbox, and whether that sandbox must start first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// What there was of it; it must be started first unless it was warm.
    pub from: Warmth,
    /// Whether the request has waited for the start of its sandbox, which was started without it.
    pub awaited: bool,
}

impl Start {
    /// In a warm sandbox.
    #[inline]
    pub fn warm(sandbox: SandboxId) -> Self {
        Self { sandbox, from: Warmth::Warm, awaited: false }
    }
    /// In one that has just become ready, for which the request has waited.
    #[inline]
    pub fn awaited(sandbox: SandboxId) -> Self {
        Self { awaited: true, ..Self::warm(sandbox) }
    }
    /// Whether the sandbox must be started first.
    #[inline]
    pub fn must_start(self) -> bool {
        self.from != Warmth::Warm
    }
    /// Whether the request waits for a start, or has waited for one: a cold start.
    #[inline]
    pub fn is_cold(self) -> bool {
        self.must_start() || self.awaited
    }
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Which.
    pub request: RequestId,
    /// Its function.
    pub function: FunctionId,
    /// When it arrived.
    pub arrived: Time,
    /// With the first member of a gang: how many it has; with others none, alone one.
    pub gang: u32,
}
