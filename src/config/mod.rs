//! What the user wrote: TOML files as typed, merged, checked all at once, and explained.

pub mod load;
pub mod plan;
pub mod quantity;
pub mod raw;
