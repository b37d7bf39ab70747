//! How many threads there are, and pools of them.

use crate::problem::Problem;

/// So many threads.
pub(super) fn pool(threads: usize) -> Result<rayon::ThreadPool, Problem> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| Problem::with_file("", format!("no threads can be started: {e}"), "try --jobs 1"))
}

pub(super) fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
