//! What the user wrote: TOML files as typed, merged, checked all at once, and explained.

pub mod check;
pub mod choice;
pub mod describe;
pub mod effect;
pub mod explain;
pub mod identity;
pub mod load;
pub mod path;
pub mod plan;
pub mod quantity;
pub mod raw;
pub mod reference;
pub mod shape;
pub mod shipped;
pub mod suggest;
pub mod sweep;
pub mod tree;

mod extends;
mod files;
mod json_schema;
mod parse;
mod provenance;
mod renamed;
mod shape_json;
mod spread;
mod write;

pub use identity::{Identity, config_hash, resolved_toml};
pub use load::{Loaded, load, load_text, load_varied};
