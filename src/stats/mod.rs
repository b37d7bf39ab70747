//! Statistics of what happened: pure functions and small mergeable accumulators, no random numbers, no I/O.
//!
//! Accumulators that a run keeps while it goes ([`Moments`], [`Level`], [`SpanHistogram`]) take constant
//! memory; exact quantiles, batch means and distances between distributions work on stored samples.

mod histogram;
mod interval;
mod ks;
mod level;
mod moments;
mod normal;
mod quantile;
mod student;

pub use histogram::SpanHistogram;
pub use interval::{
    BATCHES, MeanInterval, batch_correlation, batch_means, batch_quantiles, log_normal_interval, mean_interval,
};
pub use ks::{ks_distance, ks_distance_with_jumps};
pub use level::Level;
pub use moments::Moments;
pub use normal::{normal_cdf, normal_quantile};
pub use quantile::{quantile, sorted};
pub use student::{regularised_incomplete_beta, student_t_quantile};
