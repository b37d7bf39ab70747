//! Which functions a rule is for, and on which groups of nodes they run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use crate::units::Bytes;

/// On which groups of nodes some functions run. Of several entries that select a function, the first one counts.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Affinity {
    /// Which functions; all of them where nothing is said.
    #[serde(default)]
    pub functions: Selector,
    /// Names of the only node groups that they run on; any group where it is left out.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub require: Option<Vec<String>>,
    /// Names of the node groups that they run on where one of these can take the request; any allowed group otherwise.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub prefer: Option<Vec<String>>,
}

/// Which functions: those that all its keys hold for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// Least memory of a sandbox.
    pub memory_min: Option<Q<Bytes>>,
    /// Most memory of a sandbox; one of exactly so much is still selected.
    pub memory_max: Option<Q<Bytes>>,
    /// Name of the function, or `app/function` or `owner/app/function`; `*` stands for any text within one of them.
    pub name: Option<String>,
    /// Name of its class (`workload.class`).
    pub class: Option<String>,
}
