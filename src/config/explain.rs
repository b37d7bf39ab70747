//! `sdcsim explain KEY`: what a key means, what may stand there, and where it is written.

use std::fmt::Write as _;

use super::describe;
use super::path::{Path, Step};
use super::shape::{Item, Key, Model, Shape, Word};
use super::suggest;
use crate::problem::{Problem, Problems};

/// Deepest key that the search for a key without its path looks at.
const DEEPEST: usize = 10;

/// A key on the way down, and what it holds.
#[derive(Clone, Copy)]
struct Place<'m> {
    name: &'m str,
    item: &'m Item,
    required: bool,
    /// The form of the table around it that has this key, where not all forms do.
    form: Option<(&'m str, &'m str)>,
}

/// What `key`, such as `layout.nodes.count`, means; of a table, also which keys it has. Indices are ignored, and an
/// empty key stands for the whole file, and `extends` for itself in any table.
///
/// # Errors
/// A key that there is not; the remedy names near ones, and where a key of this name is.
pub fn explain(model: &Model, key: &str) -> Result<String, Problems> {
    let keys = keys_of(key)?;
    if keys.last().is_some_and(|last| last == "extends") {
        let paragraphs: Vec<String> = describe::EXTENDS.split("\n\n").map(wrapped).collect();
        return Ok(format!("extends\n  {}\n", paragraphs.join("\n\n  ")));
    }
    let mut trail: Vec<Place<'_>> = Vec::new();
    for name in keys {
        let item = trail.last().map_or(&model.root, |place| place.item);
        let found = child(model, item, &name).ok_or_else(|| Problems::from(unknown(model, &trail, item, &name)))?;
        trail.push(found);
    }
    Ok(page(model, &trail))
}

fn keys_of(key: &str) -> Result<Vec<String>, Problems> {
    if key.trim().is_empty() {
        return Ok(Vec::new());
    }
    let path = Path::parse(key).map_err(|e| Problems::from(Problem::with_file("", e.message, e.remedy)))?;
    let keys = path.steps().iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.clone()),
        _ => None,
    });
    Ok(keys.collect())
}

fn child<'m>(model: &'m Model, item: &'m Item, name: &str) -> Option<Place<'m>> {
    let place = |name: &'m str, key: &'m Key, form| Place { name, item: &key.item, required: key.required, form };
    let item = model.element(item);
    if let Shape::Tagged { tag, variants } = model.shape(item) {
        let mut having = variants.iter().filter_map(|v| v.table.keys.get_key_value(name).map(|entry| (v, entry)));
        let (variant, (name, key)) = having.next()?;
        let form = having.next().is_none().then_some((tag.as_str(), variant.name.as_str()));
        return Some(place(name, key, form));
    }
    let known = model.tables(item).into_iter().find_map(|table| table.keys.get_key_value(name));
    let known = known.map(|(name, key)| place(name, key, None));
    known.or_else(|| Some(Place { name: "NAME", item: model.own_key(item)?, required: false, form: None }))
}

fn unknown(model: &Model, trail: &[Place<'_>], item: &Item, name: &str) -> Problem {
    let known: Vec<String> = key_names(model, item);
    let mut elsewhere = Vec::new();
    search(model, &model.root, name, &mut Vec::new(), &mut elsewhere);
    let remedy = if known.is_empty() {
        format!("see `sdcsim explain {}`", dotted(trail))
    } else if elsewhere.is_empty() || suggest::nearest(name, known.iter().map(String::as_str)).is_some() {
        suggest::among(name, &known, "there are")
    } else {
        format!("did you mean {}?", elsewhere.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" or "))
    };
    let at = dotted(trail);
    let message = match model.shape(item) {
        _ if trail.is_empty() => format!("there is no key `{name}`"),
        _ if known.is_empty() => format!("`{at}` has no keys below it, so there is no `{name}`"),
        _ => format!("there is no key `{name}` in `{at}`"),
    };
    Problem::with_file("", message, remedy)
}

fn key_names(model: &Model, item: &Item) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for table in model.tables(model.element(item)) {
        for name in table.keys.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>() {
            names.push(name);
        }
    }
    names
}

/// The paths of all keys called `name`.
fn search(model: &Model, item: &Item, name: &str, at: &mut Vec<String>, found: &mut Vec<String>) {
    if at.len() >= DEEPEST {
        return;
    }
    for key in key_names(model, item) {
        let Some(below) = child(model, item, &key) else { continue };
        at.push(key.clone());
        if key == name {
            found.push(at.join("."));
        }
        search(model, below.item, name, at, found);
        at.pop();
    }
}

fn dotted(trail: &[Place<'_>]) -> String {
    trail.iter().map(|place| place.name).collect::<Vec<_>>().join(".")
}

fn page(model: &Model, trail: &[Place<'_>]) -> String {
    let Some(last) = trail.last() else {
        let head = format!("An experiment file\n  {}\n", wrapped(model.doc(&model.root)));
        return head + &below(model, &model.root);
    };
    let mut out = format!("{}\n  {}\n\n", dotted(trail), wrapped(model.doc(last.item)));
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "  {name:9} {text}");
    };
    line("type", &describe::type_name(model, last.item));
    if let Some(units) = describe::units(model, last.item) {
        line("units", &units);
    }
    match &last.item.default {
        Some(default) => line("default", &describe::toml_of(default)),
        None if last.required => line("required", "yes"),
        None => line("required", "no"),
    }
    if let Some(range) = describe::range(model, last.item) {
        line("range", &range);
    }
    if let Some((tag, form)) = last.form {
        line("only if", &format!("{tag} = {form:?}"));
    }
    let is_table = matches!(model.shape(model.element(last.item)), Shape::Table(_) | Shape::Tagged { .. });
    if is_table {
        line("where", &headers(model, trail));
    } else {
        let example = describe::example(model, last.item);
        line("example", &format!("{} = {example}", last.name));
        line("where", &headers(model, &trail[..trail.len() - 1]));
        line("or", &format!("--set '{}={example}'", indexed(model, trail)));
    }
    out + &below(model, last.item)
}

/// The header of the table that `trail` leads to; tables can also come from an extended file.
fn headers(model: &Model, trail: &[Place<'_>]) -> String {
    match trail.last() {
        None => "at the top of the file".to_owned(),
        Some(last) if matches!(model.shape(last.item), Shape::Array { .. }) => {
            format!("[[{}]], or a file that it extends", dotted(trail))
        }
        Some(last) if model.one_of_many(last.item).is_some() => {
            format!("[{0}], or [[{0}]] for each of several, or a file that it extends", dotted(trail))
        }
        Some(_) => format!("[{}], or a file that it extends", dotted(trail)),
    }
}

/// The path with an index after each array.
fn indexed(model: &Model, trail: &[Place<'_>]) -> String {
    let last = trail.len().saturating_sub(1);
    let steps = trail.iter().enumerate().map(|(i, place)| {
        let array = i < last && matches!(model.shape(place.item), Shape::Array { .. });
        format!("{}{}", place.name, if array { "[0]" } else { "" })
    });
    steps.collect::<Vec<_>>().join(".")
}

/// The keys or words that an item has.
fn below(model: &Model, item: &Item) -> String {
    let mut out = String::new();
    let item = model.element(item);
    match model.shape(item) {
        Shape::Table(table) => keys(model, "keys", table.keys.iter(), &mut out),
        Shape::Tagged { tag, variants } => {
            for variant in variants {
                let title = format!("keys if {tag} = {:?}: {}", variant.name, describe::first_sentence(&variant.doc));
                keys(model, &title, variant.table.keys.iter().filter(|(name, _)| *name != tag), &mut out);
            }
        }
        Shape::Either(items) => items.iter().for_each(|item| out.push_str(&below(model, item))),
        Shape::Words(words) => listed(words, &mut out),
        _ => {}
    }
    out
}

fn keys<'m>(model: &Model, title: &str, keys: impl Iterator<Item = (&'m String, &'m Key)>, out: &mut String) {
    let keys: Vec<_> = keys.collect();
    let Some(width) = keys.iter().map(|(name, _)| name.chars().count()).max() else { return };
    let _ = writeln!(out, "\n  {title}");
    for (name, key) in keys {
        let doc = describe::first_sentence(model.doc(&key.item));
        let _ = writeln!(out, "    {name:width$}  {}{doc}", if key.required { "(required) " } else { "" });
    }
}

fn listed(words: &[Word], out: &mut String) {
    let width = words.iter().map(|word| word.name.chars().count() + 2).max().unwrap_or(0);
    out.push_str("\n  words\n");
    for word in words {
        let name = format!("{:?}", word.name);
        let _ = writeln!(out, "    {name:width$}  {}", describe::one_line(&word.doc));
    }
}

/// A doc comment in lines of at most a hundred characters.
fn wrapped(doc: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in doc.split_whitespace() {
        if length + word.chars().count() > 100 {
            out.push_str("\n  ");
            length = 0;
        } else if length > 0 {
            out.push(' ');
        }
        out.push_str(word);
        length += word.chars().count() + 1;
    }
    out
}
