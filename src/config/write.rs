//! From the value tree back to TOML, and to one canonical text for hashing.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::tree::{Node, Table, Value};

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
pub(super) fn document(root: &Node) -> String {
    toml::to_string_pretty(&values_first(root)).expect("a tree without dates is TOML")
}

fn values_first(node: &Node) -> toml::Value {
    match &node.value {
        Value::Table(table) => toml::Value::Table(ordered(table)),
        Value::Array(items) => toml::Value::Array(items.iter().map(values_first).collect()),
        _ => to_toml(node),
    }
}

fn ordered(table: &Table) -> toml::Table {
    let is_table = |node: &Node| match &node.value {
        Value::Table(_) => true,
        Value::Array(items) => items.iter().any(|item| matches!(item.value, Value::Table(_))),
        _ => false,
    };
    let (tables, values): (Vec<_>, Vec<_>) = table.iter().partition(|(_, entry)| is_table(&entry.node));
    values.into_iter().chain(tables).map(|(key, entry)| (key.clone(), values_first(&entry.node))).collect()
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
