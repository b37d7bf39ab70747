//! All integration tests, in one binary.

mod config;
mod queueing;
mod report;
mod tidy;
mod validation;
mod workload;
