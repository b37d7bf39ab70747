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
}

impl Start {
    /// In a warm sandbox.
    #[inline]
    pub fn warm(sandbox: SandboxId) -> Self {
        Self { sandbox, from: Warmth::Warm }
    }
    /// Whether the sandbox must be started first.
    #[inline]
    pub fn is_cold(self) -> bool {
        self.from != Warmth::Warm
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
