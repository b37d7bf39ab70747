//! What a platform answers to a request.

use crate::record::Rejection;

/// What a platform does with a request that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<S> {
    /// It starts at once.
    Start(S),
    /// It waits in a queue of the platform.
    Wait,
    /// It is rejected.
    Reject(Rejection),
}
