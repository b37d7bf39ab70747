//! One model alone, for users who want to check it or use it by itself: `sdcsim probe …`.

pub mod cloud;
mod function;
pub mod platform;
pub mod queue;
pub mod rates;
