//! The hosts: what each has, what is free of it, how many requests it has, and which have got room for those that wait.

mod by_cores;
mod by_load;
mod by_room;
pub mod cores;
pub mod ledger;
pub mod resources;
pub mod room;
pub mod shape;
pub mod splits;
pub mod stranded;
mod weigh;
