//! Hardware models: state machines without I/O, each tested as a small world of its own.

pub mod execution;
pub mod pagein;
pub mod pool;
pub mod rated;
pub mod share;
