//! All integration tests, in one binary.

mod bills;
mod binary;
mod cloud;
mod config;
mod contention;
mod examples;
mod experiments;
mod fabric;
mod fuzz;
mod hardware;
mod house;
mod nodes;
mod period;
mod platform;
mod program;
mod queueing;
mod reacts;
mod report;
mod shared;
mod small;
mod starts;
mod sweep;
mod tidy;
mod validation;
mod whole;
mod workload;
