//! Hardware of one kind as one table, or of several kinds as a list of tables.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Most groups of nodes, pools or storage in a layout.
pub const MOST_GROUPS: usize = 64;

/// One table (`[layout.nodes]`), or one for each group (`[[layout.nodes]]`).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Groups<T> {
    /// All alike.
    One(Box<T>),
    /// Of several kinds.
    Several(Vec<T>),
}

impl<T> Groups<T> {
    /// The groups, in the order of the file.
    pub fn all(&self) -> &[T] {
        match self {
            Self::One(group) => std::slice::from_ref(group),
            Self::Several(groups) => groups,
        }
    }

    /// The key of group `index`, as it is typed below `key`: itself, or with the group's number.
    pub fn key(&self, key: &str, index: usize) -> String {
        match self {
            Self::One(_) => key.to_owned(),
            Self::Several(_) => format!("{key}[{index}]"),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Groups<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Groups of {}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let group = generator.subschema_for::<T>();
        json_schema!({
            "anyOf": [group, { "type": "array", "items": group, "minItems": 1, "maxItems": MOST_GROUPS }],
        })
    }
}
