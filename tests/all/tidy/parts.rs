//! Every number of a part says where it comes from.

use toml::{Table, Value};

use super::{files, hold};

const CONFIDENCES: [&str; 4] = ["a", "b", "c", "unsourced"];

/// Whether a value is, or holds, a number: 40, 0.43, "400 Gbit/s", { a = "31.1 ns" }.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Integer(_) | Value::Float(_) => true,
        Value::String(text) => text.trim_start().starts_with(|c: char| c.is_ascii_digit()),
        Value::Array(values) => values.iter().any(is_number),
        Value::Table(table) => table.iter().any(|(_, value)| is_number(value)),
        Value::Boolean(_) | Value::Datetime(_) => false,
    }
}

fn rule(path: &str, text: &str) -> Vec<String> {
    let part: Table = match text.parse() {
        Ok(part) => part,
        Err(error) => return vec![format!("{path}: {error}")],
    };
    let none = Table::new();
    let sources = part.get("sources").and_then(Value::as_table).unwrap_or(&none);
    // `part` is the name, which may begin with a digit.
    let fields = part.iter().filter(|(key, _)| !["part", "sources"].contains(&key.as_str()));
    let mut wrong = Vec::new();
    for (key, _) in fields.filter(|(key, value)| is_number(value) && !sources.contains_key(*key)) {
        wrong.push(format!("{path}: `{key}` has no source: add {key} = {{ from, date, confidence }} to [sources]"));
    }
    for (key, source) in sources {
        if !part.contains_key(key) {
            wrong.push(format!("{path}: the source of `{key}` is for no field"));
        }
        let told = |name: &str| source.get(name).and_then(Value::as_str).unwrap_or_default();
        for name in ["from", "date"].into_iter().filter(|name| told(name).trim().is_empty()) {
            wrong.push(format!("{path}: the source of `{key}` has no `{name}`"));
        }
        if !CONFIDENCES.contains(&told("confidence")) {
            wrong.push(format!("{path}: the confidence of `{key}` is one of {}", CONFIDENCES.join(", ")));
        }
    }
    wrong
}

#[test]
fn every_number_of_a_part_has_a_source() {
    hold(&files("configs/parts", &[".toml"]), rule);
}

#[test]
fn the_rule_finds_what_it_should() {
    let check = |text: &str, count: usize| assert_eq!(rule("x", text).len(), count, "{text}: {:?}", rule("x", text));
    let source = "{ from = \"data sheet\", date = \"2021\", confidence = \"a\" }";
    check("part = \"100G chip\"\nfast = true", 0);
    check("cores = 40", 1);
    check("idle = \"10 W\"\ncurve = { a = \"3 ns\" }", 2);
    check(&format!("cores = 40\n[sources]\ncores = {source}"), 0);
    check(&format!("part = \"a chip\"\n[sources]\ncores = {source}"), 1);
    check("cores = 40\n[sources]\ncores = { from = \"\", confidence = \"sure\" }", 3);
    check("cores = ", 1);
}
