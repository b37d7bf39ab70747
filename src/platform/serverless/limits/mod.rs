//! What holds requests and sandboxes back: concurrency, scaling rates, the control plane, and what clients do then.
//!
//! State machines without I/O, all told the time by the caller. Equations, sources and validity: docs/models/scaling.md.

mod bucket;
mod burst;
mod control;
pub(crate) mod quota;
mod retry;
mod slots;

pub use bucket::{Bucket, Refill};
pub use burst::{BurstRule, Limiter, Scope, Throttle};
pub use control::{Control, ControlRule};
pub use retry::{Jitter, Retry};
pub use slots::{Full, Slots};
