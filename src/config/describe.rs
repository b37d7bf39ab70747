//! Shapes in words: for messages, `explain` and the reference.

use serde_json::Value as Json;

use super::shape::{Bound, Item, Model, Range, Shape};

/// What `extends` does, which any table may have and no type names.
pub(super) const EXTENDS: &str = "\
Any table can take another file as its base with `extends = \"layouts/serverful.toml\"`; its own keys lie over the base's.
The file is looked for beside the one that names it, in the nearest folder `configs` at or above that, in `configs` of the
current folder, and then among those that the program has built in, the shipped ones: `extends` of these works in any
folder, and `extends = \"sdcsim:layouts/serverful.toml\"` takes the built-in one whatever lies around.

Tables merge key by key. A list, such as several `[[nodes]]`, replaces the base's list whole: after
`extends = \"layouts/hybrid.toml\"`, write out all groups, or none of them and change one on the command line, as with
`--set 'layout[0].nodes[name=servers].count=1'`. Only where the base has one group, a table `[nodes]` lies over it.

On the command line, `--set 'layout[2].fabric={ extends = \"parts/fabric-leaf-spine-100g.toml\" }'`, or for short
`--set layout[2].fabric=parts/fabric-leaf-spine-100g.toml`, puts the file's table, with the keys beside `extends` over it, in
place of what is there; so does each value of `--vary`. Files are looked for as if the experiment named them, and in the
current folder.
";

/// What to write, as in `a whole number from 1 to 64`.
pub fn expected(model: &Model, item: &Item) -> String {
    match model.shape(item) {
        Shape::Named(_) | Shape::Any => "any value".to_owned(),
        Shape::Table(_) => "a table".to_owned(),
        Shape::Tagged { tag, .. } => format!("a table with `{tag}`"),
        Shape::Array { item, min: 0, .. } => format!("an array, each element {}", expected(model, item)),
        Shape::Array { item, min, .. } => format!("an array of at least {min}, each {}", expected(model, item)),
        Shape::Either(items) => items.iter().map(|i| expected(model, i)).collect::<Vec<_>>().join(", or "),
        Shape::Words(words) if words.len() == 1 => format!("{:?}", words[0].name),
        Shape::Words(words) => {
            format!("one of {}", words.iter().map(|w| format!("{:?}", w.name)).collect::<Vec<_>>().join(", "))
        }
        Shape::Text { .. } => "text in quotes".to_owned(),
        Shape::Quantity { kind, range } => joined(
            &format!("{} {} in quotes with its unit, such as {:?}", kind.article(), kind.what, kind.example()),
            range,
        ),
        Shape::Integer(range) => joined("a whole number", range),
        Shape::Number(range) => joined("a number", range),
        Shape::Boolean => "true or false".to_owned(),
    }
}

/// The type in a few words, without the range.
pub fn type_name(model: &Model, item: &Item) -> String {
    match model.shape(item) {
        Shape::Named(_) | Shape::Any => "any value".to_owned(),
        Shape::Table(table) if table.keys.is_empty() => match model.own_key(item) {
            Some(each) => format!("table with keys of your own, each {}", type_name(model, each)),
            None => "table".to_owned(),
        },
        Shape::Table(_) => "table".to_owned(),
        Shape::Tagged { tag, .. } => format!("table with `{tag}`"),
        Shape::Array { item, .. } if matches!(model.shape(item), Shape::Table(_) | Shape::Tagged { .. }) => {
            "array of tables".to_owned()
        }
        Shape::Array { item, .. } => format!("array of {}", type_name(model, item)),
        Shape::Either(items) => items.iter().map(|i| type_name(model, i)).collect::<Vec<_>>().join(" or "),
        Shape::Words(words) => words.iter().map(|w| format!("{:?}", w.name)).collect::<Vec<_>>().join(" or "),
        Shape::Text { .. } => "text".to_owned(),
        Shape::Quantity { kind, .. } => kind.what.to_owned(),
        Shape::Integer(_) => "whole number".to_owned(),
        Shape::Number(_) => "number".to_owned(),
        Shape::Boolean => "true or false".to_owned(),
    }
}

/// The legal units, for a quantity or what may be one.
pub fn units(model: &Model, item: &Item) -> Option<String> {
    match model.shape(item) {
        Shape::Quantity { kind, .. } => Some(kind.unit_list()),
        Shape::Either(items) => items.iter().find_map(|i| units(model, i)),
        Shape::Array { item, .. } => units(model, item),
        _ => None,
    }
}

/// The legal values of a number or quantity, as in `1 to 64`.
pub fn range(model: &Model, item: &Item) -> Option<String> {
    match model.shape(item) {
        Shape::Integer(range) | Shape::Number(range) => ends(range),
        Shape::Quantity { range, .. } => ends(range).or_else(|| Some("0 or more".to_owned())),
        Shape::Text { min_length: 1.. } | Shape::Array { min: 1.., .. } => Some("not empty".to_owned()),
        Shape::Either(items) if model.one_of_many(item).is_none() => items.iter().find_map(|i| range(model, i)),
        _ => None,
    }
}

/// A legal value as TOML.
pub fn example(model: &Model, item: &Item) -> String {
    if let Some(json) = item.default.as_ref().or(item.example.as_ref()) {
        return toml_of(json);
    }
    match model.shape(item) {
        Shape::Named(_) | Shape::Any => "0".to_owned(),
        Shape::Table(_) | Shape::Tagged { .. } => "{ … }".to_owned(),
        Shape::Array { item, .. } => format!("[{}]", example(model, item)),
        Shape::Either(items) => items.first().map(|i| example(model, i)).unwrap_or_default(),
        Shape::Words(words) => words.first().map(|w| format!("{:?}", w.name)).unwrap_or_default(),
        Shape::Text { .. } => "\"…\"".to_owned(),
        Shape::Quantity { kind, range } => format!("{:?}", inside(range).unwrap_or_else(|| kind.example())),
        Shape::Integer(range) => inside(range).unwrap_or_else(|| "1".to_owned()),
        Shape::Number(range) => inside(range).unwrap_or_else(|| "1.0".to_owned()),
        Shape::Boolean => "true".to_owned(),
    }
}

/// The first sentence of a doc comment, on one line, without its full stop.
pub fn first_sentence(doc: &str) -> String {
    let line = one_line(doc);
    let end = line.find(". ").unwrap_or(line.len());
    line[..end].trim_end_matches('.').to_owned()
}

/// A doc comment on one line.
pub fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A JSON value as TOML would write it in place.
pub fn toml_of(json: &Json) -> String {
    match json {
        Json::Null => "{}".to_owned(),
        Json::String(text) => format!("{text:?}"),
        Json::Array(items) => format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        Json::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries = entries.map(|(key, value)| format!("{key} = {}", toml_of(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn joined(what: &str, range: &Range) -> String {
    let words = range.words();
    if words.is_empty() { what.to_owned() } else { format!("{what} {words}") }
}

fn ends(range: &Range) -> Option<String> {
    let low = |b: &Bound| if b.inclusive { format!("{} or more", b.text) } else { format!("above {}", b.text) };
    let high = |b: &Bound| if b.inclusive { format!("{} or less", b.text) } else { format!("below {}", b.text) };
    match (&range.low, &range.high) {
        (None, None) => None,
        (Some(l), None) => Some(low(l)),
        (None, Some(h)) => Some(high(h)),
        (Some(l), Some(h)) if l.inclusive && h.inclusive => Some(format!("{} to {}", l.text, h.text)),
        (Some(l), Some(h)) => Some(format!("{}, {}", low(l), high(h))),
    }
}

/// An end that is legal itself.
fn inside(range: &Range) -> Option<String> {
    [&range.low, &range.high].into_iter().flatten().find(|bound| bound.inclusive).map(|bound| bound.text.clone())
}
