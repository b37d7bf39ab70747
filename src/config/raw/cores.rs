//! What a request has of its node's cores: the platform's rule, and what is known of the functions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::CoreRule;
use super::super::quantity::Q;
use crate::units::Bytes;

/// What a request holds of its node's cores, with `cpu = "exclusive"`, and so how fast it computes: see
/// docs/models/cores.md. Memory is that of the function as it is billed, with the least size and the steps of `prices`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cores {
    /// By which rule.
    pub rule: CoreRule,
    /// Memory that buys one core. With `rule = "whole"` at least so much is billed, zero where a core comes with any memory.
    pub memory_per_core: Q<Bytes>,
    /// With `rule = "by-memory"`: the most that a request holds.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub maximum: f64,
    /// With `rule = "tiers"`: what comes with which memory, smallest first. Memory is rounded up to the next one; beyond the
    /// last, the cores are those of the last.
    pub tiers: Vec<CoreTier>,
}

/// AWS Lambda: 1,769 MB are one virtual core, and there are at most six (docs.aws.amazon.com, Lambda: "Configure Lambda
/// function memory", 2020-12; MB are MiB there).
impl Default for Cores {
    fn default() -> Self {
        Self { rule: CoreRule::default(), memory_per_core: Q(Bytes::from_mib(1_769)), maximum: 6.0, tiers: Vec::new() }
    }
}

/// The cores that come with a size of function.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoreTier {
    /// Memory of the function.
    pub memory: Q<Bytes>,
    /// Cores that come with it.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub cores: f64,
}

/// How functions use cores.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parallelism {
    /// Share p of the computing that any number of cores share out among them (Amdahl's parallel fraction): on c >= 1 cores
    /// it takes (1 - p) + p/c of its time on one, on less than one core 1/c of it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub parallel_share: f64,
    /// Cores with which the durations of the trace were measured: on others its requests compute longer or shorter. By default
    /// what the trace says: one core in those of Azure Functions (2019 and 2021), whose consumption plan gives a core whatever
    /// the memory, and in what is generated after them; `measured_cores` in `about.csv` of a native trace. Where it says
    /// nothing, requests hold their share of the cores and run as long as in the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub measured_cores: Option<f64>,
}

impl Default for Parallelism {
    fn default() -> Self {
        Self { parallel_share: 1.0, measured_cores: None }
    }
}

/// How the functions of a class use cores.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassParallelism {
    /// As `workload.cpu.parallel_share`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub parallel_share: Option<f64>,
    /// As `workload.cpu.measured_cores`.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub measured_cores: Option<f64>,
}
