//! How many pods a function should have: the autoscalers of Knative (by concurrency) and of Kubernetes (by a metric).
//!
//! State machines without I/O, one for each function: the platform tells what happens and asks at each tick; they
//! never create or remove a pod themselves. Equations, sources and validity: docs/models/scaling.md.

pub(crate) mod feed;
mod hpa;
mod kpa;
mod window;

pub use hpa::{Behaviour, Hpa, HpaRule, Pods};
pub use kpa::{Kpa, KpaRule};

use window::Window;

/// Below this, a difference is the rounding of doubles: a quotient that is a whole number is not rounded up past it.
const ROUNDING: f64 = 1e-9;

/// The least whole number of pods that is no less than `pods`, up to rounding.
fn whole_pods(pods: f64) -> f64 {
    libm::ceil(pods - ROUNDING).max(0.0)
}
