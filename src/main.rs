//! The `sdcsim` program.
fn main() {}
