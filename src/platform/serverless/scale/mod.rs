//! How many pods a function should have: the autoscalers of Knative (by concurrency) and of Kubernetes (by a metric).
//!
//! State machines without I/O, one for each function: the platform tells what happens and asks at each tick; they
//! never create or remove a pod themselves. Equations, sources and validity: docs/models/scaling.md.

pub(crate) mod feed;
mod hpa;
mod kpa;
mod rounding;
mod window;

pub use hpa::{Behaviour, Hpa, HpaRule, Pods};
pub use kpa::{Kpa, KpaRule};
