//! Generated populations against the published distributions that they are drawn from.

use crate::rng::RootSeed;
use crate::workload::generate::{Options, generate};
use crate::workload::published::Published;
use crate::workload::stats::stats;

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "generator/execution-time",
        what: "Kolmogorov distance of the average durations of 10,000 generated functions",
        source: "execution times of the whole public Azure Functions 2019 trace (ServerlessBench Testcase 11)",
        tolerance: Tolerance::AtMost(0.03),
        run: || distance(Published::ExecutionMs),
    },
    Validation {
        name: "generator/memory",
        what: "Kolmogorov distance of the memory of the applications of 10,000 generated functions",
        source: "application memory of the whole public Azure Functions 2019 trace (ServerlessBench Testcase 11)",
        tolerance: Tolerance::AtMost(0.05),
        run: || distance(Published::AppMemoryMib),
    },
];

/// The distance of one figure of a generated population from its distribution.
fn distance(published: Published) -> Measured {
    // Rates are scaled down: the population is the same, and its invocations are counted but not needed.
    let options = Options { rate_scale: 0.001, ..Options::new(10_000, 1, 1) };
    let workload = generate(&options).expect("the options are legal");
    let found = stats(&workload, RootSeed::new(1, 0)).distances.into_iter().find(|d| d.published == published);
    let Some((ks, values)) = found.and_then(|d| Some((d.ks?, d.values))) else {
        return Measured::Skipped("the population has no values to compare".to_owned());
    };
    Measured::Compared {
        comparisons: vec![Comparison::absolute("Kolmogorov distance", ks, 0.0)],
        run_length: format!("{values} values"),
    }
}
