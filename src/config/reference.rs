//! The reference of all config keys, and the JSON Schema for editors; both made from the raw structs.

use std::fmt::Write as _;

use schemars::JsonSchema;

use super::describe;
use super::json_schema;
use super::shape::{Item, Key, Model, Shape, Word};

/// `docs/config-reference.md`: every key with type, default, range and meaning, type by type in order of first use.
pub fn markdown(model: &Model) -> String {
    let mut out = String::from(
        "# Configuration reference\n\n\
         Made from the doc comments in `src/config/raw` by a test; change them there. The same is printed by\n\
         `sdcsim explain KEY`.\n\n\
         Values with a unit are text: `\"64 GiB\"`, `\"2 us\"`.\n\n",
    );
    out.push_str(describe::EXTENDS);
    out.push_str(
        "\n\
         A key that is written and read by nobody, because of what other keys or the workload say, is told as a warning by\n\
         `check`, `run` and `sweep`.\n",
    );
    section(model, "Experiment", &model.root, &mut out);
    for name in in_order_of_use(model) {
        section(model, &name, &model.types[&name], &mut out);
    }
    out
}

fn in_order_of_use(model: &Model) -> Vec<String> {
    let mut names = Vec::new();
    collect(model, &model.root, &mut names);
    names
}

fn collect(model: &Model, item: &Item, names: &mut Vec<String>) {
    let table = |table: &super::shape::TableShape, names: &mut Vec<String>| {
        table.keys.values().for_each(|key| collect(model, &key.item, names));
        if let super::shape::Rest::Each(each) = &table.rest {
            collect(model, each, names);
        }
    };
    match &item.shape {
        Shape::Named(name) if !names.contains(name) => {
            names.push(name.clone());
            if let Some(named) = model.types.get(name) {
                collect(model, named, names);
            }
        }
        Shape::Table(shape) => table(shape, names),
        Shape::Tagged { variants, .. } => variants.iter().for_each(|variant| table(&variant.table, names)),
        Shape::Array { item, .. } => collect(model, item, names),
        Shape::Either(items) => items.iter().for_each(|item| collect(model, item, names)),
        _ => {}
    }
}

fn section(model: &Model, name: &str, item: &Item, out: &mut String) {
    let _ = write!(out, "\n## {name}\n\n{}\n", describe::one_line(&item.doc));
    match &item.shape {
        Shape::Table(table) => keys(model, table.keys.iter(), out),
        Shape::Tagged { tag, variants } => {
            for variant in variants {
                let doc = describe::one_line(&variant.doc);
                let _ = write!(out, "\n### {name} with `{tag} = \"{}\"`\n\n{doc}\n", variant.name);
                keys(model, variant.table.keys.iter().filter(|(key, _)| *key != tag), out);
            }
        }
        Shape::Words(words) => listed(words, out),
        _ => {
            let _ = write!(out, "\nWrite {}.\n", kind(model, item));
        }
    }
}

fn keys<'m>(model: &Model, keys: impl Iterator<Item = (&'m String, &'m Key)>, out: &mut String) {
    out.push_str("\n| Key | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n");
    for (name, key) in keys {
        let default = match &key.item.default {
            Some(default) => format!("`{}`", describe::toml_of(default)),
            None if key.required => "required".to_owned(),
            None => "–".to_owned(),
        };
        let range = describe::range(model, &key.item).unwrap_or_else(|| "–".to_owned());
        let doc = describe::one_line(model.doc(&key.item));
        let kind = kind(model, &key.item);
        let _ = writeln!(out, "| `{name}` | {} | {} | {range} | {} |", cell(&kind), cell(&default), cell(&doc));
    }
}

fn listed(words: &[Word], out: &mut String) {
    out.push_str("\n| Word | Meaning |\n|---|---|\n");
    for word in words {
        let _ = writeln!(out, "| `\"{}\"` | {} |", word.name, cell(&describe::one_line(&word.doc)));
    }
}

/// The type, with a link to its section where it has one.
fn kind(model: &Model, item: &Item) -> String {
    match &item.shape {
        Shape::Named(name) => format!("[{name}](#{})", name.to_lowercase()),
        Shape::Array { item, .. } => format!("array of {}", kind(model, item)),
        Shape::Either(items) => items.iter().map(|item| kind(model, item)).collect::<Vec<_>>().join(" or "),
        Shape::Table(table) if table.keys.is_empty() => match &table.rest {
            super::shape::Rest::Each(each) => format!("table, each key a {}", kind(model, each)),
            _ => "table".to_owned(),
        },
        Shape::Quantity { kind, .. } => format!("{} ({})", kind.what, kind.unit_list()),
        _ => describe::type_name(model, item),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The JSON Schema of a file of `T` for editors: what `check` accepts of it alone. Of a file that is made to be extended
/// (`is_part`), keys may be missing.
pub fn editor_schema<T: JsonSchema>(title: &str, is_part: bool) -> String {
    let schema = json_schema::schema(&Model::of::<T>(), title, is_part);
    let mut text = serde_json::to_string_pretty(&schema).expect("a JSON value prints");
    text.push('\n');
    text
}
