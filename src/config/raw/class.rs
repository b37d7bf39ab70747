//! Functions that differ from the others: classes of them, and named memory profiles. What a table leaves out is as in
//! the workload's own `profile`, `io` and `demands`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use super::{ClassParallelism, Selector};
use crate::units::{BitsPerSec, Bytes, Span};

/// Functions that differ from the others. A function is of the first class that selects it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Name, for selectors; unique among the classes.
    #[serde(default)]
    pub name: Option<String>,
    /// Which functions.
    pub functions: Selector,
    /// How they use memory, where it differs from `workload.profile`; `workload.profiles` then does not count for them.
    #[serde(default)]
    pub profile: Option<ClassProfile>,
    /// How they use cores, where it differs from `workload.cpu`.
    #[serde(default)]
    pub cpu: ClassParallelism,
    /// What their requests move over the fabric, where it differs from `workload.io`.
    #[serde(default)]
    pub io: ClassInputOutput,
    /// What their requests hold, where it differs from `workload.demands`.
    #[serde(default)]
    pub demands: ClassDemands,
}

/// A memory profile with a name, for `functions.csv` of a native trace and for functions that draw theirs.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedProfile {
    /// Name, as in the column `profile` of `functions.csv`; unique among the profiles.
    pub name: String,
    /// Share of the functions that draw this profile, of those for which neither `functions.csv` nor a class says one; what
    /// the shares leave of 1 has `workload.profile`.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub share: f64,
    /// As `workload.profile.memory_stall`.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub memory_stall: Option<f64>,
    /// As `workload.profile.reference_latency`.
    #[serde(default)]
    pub reference_latency: Option<Q<Span>>,
    /// As `workload.profile.parallelism`.
    #[serde(default)]
    #[schemars(range(min = 1.0, max = 64.0))]
    pub parallelism: Option<f64>,
    /// As `workload.profile.access`.
    #[serde(default)]
    pub access: Option<Q<Bytes>>,
    /// As `workload.profile.write_share`.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub write_share: Option<f64>,
    /// As `workload.profile.miss_scale`.
    #[serde(default)]
    #[schemars(range(min = 0.001, max = 10.0))]
    pub miss_scale: Option<f64>,
    /// As `workload.profile.miss_shape`.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 10.0))]
    pub miss_shape: Option<f64>,
}

/// How the functions of a class use memory.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassProfile {
    /// As `workload.profile.memory_stall`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub memory_stall: Option<f64>,
    /// As `workload.profile.reference_latency`.
    pub reference_latency: Option<Q<Span>>,
    /// As `workload.profile.parallelism`.
    #[schemars(range(min = 1.0, max = 64.0))]
    pub parallelism: Option<f64>,
    /// As `workload.profile.access`.
    pub access: Option<Q<Bytes>>,
    /// As `workload.profile.write_share`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub write_share: Option<f64>,
    /// As `workload.profile.miss_scale`.
    #[schemars(range(min = 0.001, max = 10.0))]
    pub miss_scale: Option<f64>,
    /// As `workload.profile.miss_shape`.
    #[schemars(range(min = 0.1, max = 10.0))]
    pub miss_shape: Option<f64>,
}

impl NamedProfile {
    /// The profile without its name.
    pub fn keys(&self) -> ClassProfile {
        ClassProfile {
            memory_stall: self.memory_stall,
            reference_latency: self.reference_latency,
            parallelism: self.parallelism,
            access: self.access,
            write_share: self.write_share,
            miss_scale: self.miss_scale,
            miss_shape: self.miss_shape,
        }
    }
}

/// What the requests of a class move over the fabric.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassInputOutput {
    /// As `workload.io.request`.
    pub request: Option<Q<Bytes>>,
    /// As `workload.io.response`.
    pub response: Option<Q<Bytes>>,
    /// As `workload.io.read`.
    pub read: Option<Q<Bytes>>,
    /// As `workload.io.write`.
    pub write: Option<Q<Bytes>>,
}

/// What the requests of a class hold on their node.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassDemands {
    /// As `workload.demands.bandwidth`.
    pub bandwidth: Option<Q<BitsPerSec>>,
    /// As `workload.demands.accelerator_share`, of the functions of the class.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub accelerator_share: Option<f64>,
    /// As `workload.demands.accelerators`.
    pub accelerators: Option<u32>,
}
