//! One model alone.

pub mod platform;
