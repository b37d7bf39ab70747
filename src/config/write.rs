//! From the value tree back to TOML, and to one canonical text for hashing.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::tree::{Node, Value};

/// How the text of an experiment begins that a run wrote down.
pub(super) const RESOLVED_HEADER: &str =
    "# The experiment with all that it extends, all overrides and all defaults in place.\n";

/// As a plain TOML value, for serde.
pub(super) fn to_toml(node: &Node) -> toml::Value {
    match &node.value {
        Value::Table(table) => {
            toml::Value::Table(table.iter().map(|(key, entry)| (key.clone(), to_toml(&entry.node))).collect())
        }
        Value::Array(items) => toml::Value::Array(items.iter().map(to_toml).collect()),
        Value::String(text) | Value::Datetime(text) => toml::Value::String(text.clone()),
        Value::Integer(number) => toml::Value::Integer(*number),
        Value::Float(number) => toml::Value::Float(*number),
        Value::Boolean(truth) => toml::Value::Boolean(*truth),
    }
}

/// As a TOML document. A table's plain values come before its tables, as TOML demands; otherwise the order is kept.
pub(super) fn document(value: &toml::Value) -> String {
    toml::to_string_pretty(&values_first(value)).expect("a value without dates is TOML")
}

fn values_first(value: &toml::Value) -> toml::Value {
    match value {
        toml::Value::Table(table) => toml::Value::Table(ordered(table)),
        toml::Value::Array(items) => toml::Value::Array(items.iter().map(values_first).collect()),
        scalar => scalar.clone(),
    }
}

fn ordered(table: &toml::Table) -> toml::Table {
    let is_table = |value: &toml::Value| match value {
        toml::Value::Table(_) => true,
        toml::Value::Array(items) => items.iter().any(toml::Value::is_table),
        _ => false,
    };
    let (tables, values): (Vec<_>, Vec<_>) = table.iter().partition(|(_, value)| is_table(value));
    values.into_iter().chain(tables).map(|(key, value)| (key.clone(), values_first(value))).collect()
}

/// JSON with sorted keys, without blanks and without nulls: an option left out and one that is absent are the same.
pub(super) fn canonical(json: &Json, out: &mut String) {
    match json {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, value)) in entries.into_iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                let _ = write!(out, "{comma}{}:", Json::String(key.clone()));
                canonical(value, out);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}
