//! How requests reach cores.
//!
//! A platform is a state machine without I/O: it is told what arrives, finishes and expires, and answers with
//! decisions. It knows hosts only as numbers of cores and bytes; what the hardware behind them does is the
//! business of `world`.

mod decision;
pub mod serverful;
pub mod serverless;

pub use decision::Decision;
