//! All integration tests, in one binary.

mod queueing;
mod report;
mod tidy;
mod validation;
mod workload;
