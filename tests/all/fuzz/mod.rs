//! Random valid experiments.

mod any;
mod hardware;
mod knobs;
mod platform;
mod valid_experiments;
mod workload;
