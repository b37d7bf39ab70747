//! Random valid experiments, and such at the ends of what is valid.

mod any;
mod extremes;
mod hardware;
mod knobs;
mod platform;
mod valid_experiments;
mod workload;
