//! Sandboxes: where they are found, and their lifecycle from creation over demotion and promotion to termination.

pub mod cluster;
mod expiry;
pub mod lifecycle;
mod lists;
mod promote;
pub mod states;
pub mod table;
pub mod warmth;
