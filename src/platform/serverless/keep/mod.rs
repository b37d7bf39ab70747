//! How long idle sandboxes are kept, when new ones are pre-warmed, and which go first when memory is short.
//!
//! Each policy is a file of its own, without knowledge of sandboxes: it is told what was seen of an application or a
//! function, and answers with times. Rules, defaults, sources and published effects: docs/models/keep-alive.md.

pub mod clairvoyant;
pub mod eviction;
pub(crate) mod feed;
pub mod heap;
pub mod histogram;
pub mod lazy;
pub mod predictive;
pub mod windows;
