//! A case of the conformance suite (`traces/conformance/NAME/rules.toml`): a platform, and the hosts that it runs on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use super::Platform;
use crate::units::Bytes;

/// A case of the conformance suite.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The hosts, all alike.
    #[serde(default)]
    pub hosts: CaseHosts,
    /// The memory pools, all alike.
    #[serde(default)]
    pub pools: CasePools,
    /// Seed of the random draws.
    #[serde(default = "one")]
    pub seed: u64,
    /// The rules.
    pub platform: Platform,
}

/// The hosts of a case.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseHosts {
    /// How many.
    #[schemars(range(min = 1, max = 10_000))]
    pub count: u32,
    /// Cores of one; without it there is no bound.
    #[schemars(range(min = 1, max = 10_000))]
    pub cores: Option<u32>,
    /// Memory of one; without it there is no bound.
    pub memory: Option<Q<Bytes>>,
}

impl Default for CaseHosts {
    fn default() -> Self {
        Self { count: 1, cores: None, memory: None }
    }
}

/// The memory pools of a case.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CasePools {
    /// How many.
    #[schemars(range(min = 0, max = 10_000))]
    pub count: u32,
    /// Memory of one; without it there is no bound.
    pub memory: Option<Q<Bytes>>,
    /// Share of each function's memory that is to be beside the cores.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub local_share: f64,
    /// The least share that it gives way to; without it, it does not give way.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub local_share_min: Option<f64>,
}

impl Default for CasePools {
    fn default() -> Self {
        Self { count: 0, memory: None, local_share: 1.0, local_share_min: None }
    }
}

fn one() -> u64 {
    1
}
