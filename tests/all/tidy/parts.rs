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

/// The values in `table` by their path, as in `cold_start.boot`.
fn values<'t>(table: &'t Table, path: &str, found: &mut Vec<(String, &'t Value)>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Table(inner) => values(inner, &path, found),
            other => found.push((path, other)),
        }
    }
}

/// As [`rule`], for files with tables in tables: a source is for the value at its path, or for all below it.
fn deep_rule(path: &str, text: &str) -> Vec<String> {
    let mut part: Table = match text.parse() {
        Ok(part) => part,
        Err(error) => return vec![format!("{path}: {error}")],
    };
    let sources = part.remove("sources").unwrap_or_else(|| Value::Table(Table::new()));
    let mut found = Vec::new();
    values(&part, "", &mut found);
    let mut flat = Table::new();
    for (key, value) in &found {
        let named = sources.as_table().into_iter().flatten().map(|(name, _)| name);
        let above = |name: &&String| key.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let owner = named.filter(above).max_by_key(|name| name.len()).unwrap_or(key);
        flat.insert(owner.clone(), (*value).clone());
    }
    flat.insert("sources".to_owned(), sources);
    rule(path, &toml::to_string(&flat).expect("a table prints"))
}

#[test]
fn every_number_of_a_part_has_a_source() {
    hold(&files("configs/parts", &[".toml"]), deep_rule);
}

/// Of the presets that stand for a published platform of a year, and of the mechanisms of starting.
#[test]
fn every_number_of_a_preset_has_a_source() {
    hold(&files("configs/starts", &[".toml"]), deep_rule);
    let platforms: Vec<_> = files("configs/platforms", &[".toml"]);
    let of_a_year = |(path, _): &(String, String)| path.contains("20");
    hold(&platforms.into_iter().filter(of_a_year).collect::<Vec<_>>(), deep_rule);
}

#[test]
fn the_deep_rule_finds_what_it_should() {
    let check = |text: &str, count: usize| {
        assert_eq!(deep_rule("x", text).len(), count, "{text}: {:?}", deep_rule("x", text));
    };
    let source = "{ from = \"data sheet\", date = \"2021\", confidence = \"a\" }";
    check("kind = \"serverless\"\n[a.b]\nc = \"1 ms\"", 1);
    check(&format!("[a]\nb = {{ c = 1, d = 2 }}\n[sources]\n\"a.b\" = {source}"), 0);
    check(&format!("[a]\nb = {{ c = 1, d = 2 }}\n[sources]\n\"a.b.c\" = {source}"), 1);
    check(&format!("[a]\nb = 1\n[sources]\n\"a.c\" = {source}"), 2);
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
