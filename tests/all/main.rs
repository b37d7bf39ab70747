//! All integration tests, in one binary.

mod config;
mod report;
mod workload;
