//! What is shared: stations at which jobs get a share of one capacity.

pub mod rated;
pub mod shared;
