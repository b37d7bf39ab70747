//! One model alone, on the real engine: what a part does before it is put into a data centre.

pub mod platform;
pub mod queue;
