//! Sources belong to the numbers that they were written for.
//!
//! A number that another file, `--set` or a sweep changes is no longer what its source says: the source goes, unless the
//! change brings one of its own. What stays is checked: a `range` has the number between its ends.

use super::path::{Path, Step};
use super::shape::Model;
use super::spread::{base, numbers_at};
use super::tree::{Entry, Node, Origin, Table, Tree, Value};
use crate::problem::{Problem, Problems};

/// The table with the sources of the numbers beside it.
const SOURCES: &str = "sources";

/// Takes away the sources of numbers that were changed, and tells what is wrong with the ranges of the others.
pub(super) fn hold(tree: &mut Tree, model: &Model) -> Problems {
    let empty = Node::new(Origin::default(), Value::Table(Table::new()));
    let mut root = std::mem::replace(&mut tree.root, empty);
    let mut problems = Problems::default();
    walk(&mut root, &Path::default(), &mut |table, path| {
        // What a sweep will put in is looked at where it is put.
        if matches!(path.steps().first(), Some(Step::Key(first)) if first == "sweep") {
            return;
        }
        let Some(entry) = table.get(SOURCES) else { return };
        let Some(sources) = entry.node.table() else { return };
        let mut stale = Vec::new();
        for (key, source) in sources {
            match value_of(table, key) {
                Some(value) if all_from(value, source.node.origin.source) => {
                    let path = key.split('.').fold(path.clone(), |path, key| path.key(key));
                    problems.0.extend(range(tree, model, value, &source.node, &path, key));
                }
                _ => stale.push(key.clone()),
            }
        }
        if let Some(Entry { node: Node { value: Value::Table(sources), .. }, .. }) = table.get_mut(SOURCES) {
            sources.retain(|key, _| !stale.contains(key));
        }
    });
    tree.root = root;
    problems
}

/// Calls `visit` with every table, and its path.
fn walk(node: &mut Node, path: &Path, visit: &mut impl FnMut(&mut Table, &Path)) {
    match &mut node.value {
        Value::Table(table) => {
            visit(table, path);
            for (key, entry) in table {
                walk(&mut entry.node, &path.key(key), visit);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                walk(item, &path.with(Step::Index(i)), visit);
            }
        }
        _ => {}
    }
}

/// The value that a source is for: at its key, `price.list` for one in a table.
fn value_of<'t>(table: &'t Table, key: &str) -> Option<&'t Node> {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let node = &table.get(first)?.node;
    rest.map_or(Some(node), |rest| value_of(node.table()?, rest))
}

/// Whether a value, with all that is in it, was written where the source was.
fn all_from(node: &Node, source: u32) -> bool {
    match &node.value {
        Value::Table(table) => table.values().all(|entry| all_from(&entry.node, source)),
        Value::Array(items) => items.iter().all(|item| all_from(item, source)),
        _ => node.origin.source == source,
    }
}

/// What is wrong with the range of a source.
fn range(tree: &Tree, model: &Model, value: &Node, source: &Node, path: &Path, key: &str) -> Option<Problem> {
    let range = &source.table()?.get("range")?.node;
    let Value::Array(ends) = &range.value else { return None };
    let [low, high] = &ends[..] else { return None };
    let mut above = Path::default();
    path.steps()[..path.steps().len() - key.split('.').count()].iter().for_each(|step| above.push(step.clone()));
    let subject = above.key(SOURCES).key(key).key("range").to_string();
    let wrong = |message: String, remedy: &str| Some(tree.problem_at(range.origin, &subject, message, remedy));
    let numbers = numbers_at(model, path);
    // A price by basis is a table of numbers.
    let values: Vec<&Node> =
        value.table().map_or_else(|| vec![value], |table| table.values().map(|entry| &entry.node).collect());
    for value in values {
        let read = [low, value, high].map(|node| base(numbers, node));
        let [Ok(least), Ok(number), Ok(most)] = read else {
            let (message, remedy) = read.into_iter().find_map(Result::err)?;
            return wrong(message, &remedy);
        };
        if !(least <= number && number <= most) {
            let shown = [value, low, high].map(|node| node.value.display());
            return wrong(
                format!("{} does not lie between {} and {}", shown[0], shown[1], shown[2]),
                "write the lowest value first, then the highest, with the number between them",
            );
        }
    }
    None
}
