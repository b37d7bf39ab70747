//! Tests of flows: closed forms by hand, and brute force.

mod brute;
mod closed;
