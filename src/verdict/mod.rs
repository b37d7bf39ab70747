//! What a comparison shows: means, paired differences and paired ratios with their intervals, and a verdict in words.
//!
//! Rests on the rows of results and on statistics alone, so that a report and a gate before a release judge alike.

mod estimate;
mod samples;
mod sampling;
mod words;

pub use estimate::{CONFIDENCE, Estimate, each_of, mean};
pub use samples::{Pairs, Samples};
pub use sampling::Sampling;
pub use words::{Margin, Verdict, change_in_words};
