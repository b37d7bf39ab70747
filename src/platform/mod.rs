//! How requests reach cores.
//!
//! A platform is a state machine without I/O: it is told what arrives, finishes and expires, and answers with
//! decisions. It knows hosts only as numbers of cores and bytes; what the hardware behind them does is the
//! business of `world`.

pub mod serverful;
pub mod serverless;

use crate::record::Rejection;

/// What a platform does with a request that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<S> {
    /// It starts at once.
    Start(S),
    /// It waits in a queue of the platform.
    Wait,
    /// It is turned away.
    Reject(Rejection),
}
