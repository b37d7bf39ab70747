//! The experiment: what is compared, on which workload, how often.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use super::{Layout, Workload};
use crate::units::Span;

/// One experiment: a question, the layouts that are compared, and the workload that all of them serve.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Short name, used for the results folder; letters, digits, `-` and `_`.
    pub name: String,
    /// The question that the experiment answers, printed on the report.
    pub question: String,
    /// Root of all random streams; the same seed gives the same bytes.
    #[serde(default = "one")]
    pub seed: u64,
    /// Independent repetitions with other random draws; confidence intervals need at least 2.
    #[serde(default = "one_u32")]
    #[schemars(range(min = 1, max = 10_000))]
    pub replications: u32,
    /// What the layouts have in equal measure; checked, and printed beside the comparison.
    #[serde(default)]
    pub basis: Basis,
    /// How far two layouts may differ in what is held equal, as a share of the first layout's.
    #[serde(default = "basis_tolerance")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub basis_tolerance: f64,
    /// What the data centre is asked to do.
    pub workload: Workload,
    /// The data centres to compare; the first is the one that the others are compared with.
    #[schemars(length(min = 1))]
    pub layout: Vec<Layout>,
    /// Bounds of a run; reaching one ends the run and is reported.
    #[serde(default)]
    pub limits: Limits,
    /// What is written besides the summary.
    #[serde(default)]
    pub outputs: Outputs,
}

/// What the layouts of a comparison have in equal measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The same number of cores and the same memory (local plus pooled).
    #[default]
    CoresAndMemory,
    /// The same number of cores.
    Cores,
    /// The same memory (local plus pooled).
    Memory,
    /// The same purchase cost of all hardware.
    PurchaseCost,
    /// The same 99th percentile of response time; checked after the run.
    P99Latency,
    /// Nothing: the table says so.
    Nothing,
}

/// Bounds of a run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Simulated time after the last arrival in which open requests may still finish.
    pub drain: Q<Span>,
    /// Most events handled in one run.
    #[schemars(range(min = 1))]
    pub events: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { drain: Q(Span::from_secs(24 * 3_600)), events: 100_000_000_000 }
    }
}

/// What is written besides the summary.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// Length of one bin of the time series.
    pub series_interval: Q<Span>,
    /// Whether plots and the report page are drawn at the end of the run.
    pub report: bool,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { series_interval: Q(Span::from_secs(300)), report: true }
    }
}

fn one() -> u64 {
    1
}
fn one_u32() -> u32 {
    1
}
fn basis_tolerance() -> f64 {
    0.01
}
