//! The value tree: what the files say, with the place of every key and value.
//!
//! Files, `extends`, `--set` and sweeps all act on this one tree; only then is it checked and read into
//! structs. So no struct knows that it can be extended, set or swept.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::path::{Path, Step};
use super::suggest;
use crate::problem::{Problem, Problems};

/// Where something was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Index into the tree's sources.
    pub source: u32,
    /// Line, counted from one; 0 when the source has no lines.
    pub line: u32,
    /// Column in characters, counted from one.
    pub column: u32,
}

/// What can write values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, as the user named it or as it was found.
    File(PathBuf),
    /// One `--set` argument or sweep value, as typed.
    Argument(String),
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value starts; for a table with a header, where the header starts.
    pub origin: Origin,
    /// The value.
    pub value: Value,
    /// Whether parts of it could not be read, so that missing keys below it are not the user's fault.
    pub incomplete: bool,
    /// Whether it is all that is left of a list, or in a list that took the whole place of what an extended file has.
    pub replaces: bool,
}

/// A value as TOML knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A table.
    Table(Table),
    /// An array, also of tables.
    Array(Vec<Node>),
    /// Text.
    String(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; may be infinite or not a number until it is checked.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A date or time, printed; no config field takes one.
    Datetime(String),
}

/// The entries of a table, in the order of the file.
pub type Table = IndexMap<String, Entry>;

/// A key's place, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Origin,
    /// The value.
    pub node: Node,
}

/// The merged config.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The whole file, always a table.
    pub root: Node,
    /// What the origins' `source` points to.
    pub sources: Vec<Source>,
    /// Whether the file is one that a run wrote, which says every key: then not all that it says was meant.
    pub complete: bool,
}

impl Node {
    /// A value at a place.
    pub fn new(origin: Origin, value: Value) -> Self {
        Self { origin, value, incomplete: false, replaces: false }
    }
    /// Its entries, if it is a table.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
    /// The text of entry `key`, if this is a table that has one.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.table()?.get(key)?.node.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
    /// How many values there are in it, itself included.
    pub fn size(&self) -> usize {
        match &self.value {
            Value::Table(table) => 1 + table.values().map(|entry| entry.node.size()).sum::<usize>(),
            Value::Array(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            _ => 1,
        }
    }
    /// The part that `step` leads to.
    fn step(&self, step: &Step) -> Option<&Self> {
        match (&self.value, step) {
            (Value::Table(table), Step::Key(key)) => table.get(key).map(|entry| &entry.node),
            (Value::Array(items), Step::Index(index)) => items.get(*index),
            (Value::Array(items), Step::Key(_)) if items.len() == 1 => items[0].step(step),
            (Value::Array(items), Step::Named(key, text)) => items.iter().find(|item| item.text(key) == Some(text)),
            _ => None,
        }
    }
}

impl Value {
    /// What kind of value it is, as in "is text".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "an array",
            Self::String(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date",
        }
    }
    /// As one would type it; tables and arrays in brief, long text cut.
    pub fn display(&self) -> String {
        match self {
            Self::Table(_) => "{…}".to_owned(),
            Self::Array(_) => "[…]".to_owned(),
            Self::String(text) if text.chars().count() > 60 => {
                format!("{:?}…", text.chars().take(60).collect::<String>())
            }
            Self::String(text) => format!("{text:?}"),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}").to_lowercase(),
            Self::Boolean(truth) => truth.to_string(),
            Self::Datetime(text) => text.clone(),
        }
    }
}

impl Tree {
    /// Without keys and sources.
    pub(super) fn empty() -> Self {
        let root = Node::new(Origin::default(), Value::Table(Table::new()));
        Self { root, sources: Vec::new(), complete: false }
    }

    /// The folder of the file that `origin` is in.
    pub fn folder_of(&self, origin: Origin) -> Option<PathBuf> {
        match self.sources.get(origin.source as usize)? {
            Source::File(file) => Some(file.parent().unwrap_or(std::path::Path::new("")).to_owned()),
            Source::Argument(_) => None,
        }
    }

    /// The value at `path`; `None` when there is none, or the path is not one.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let path = Path::parse(path).ok()?;
        path.steps().iter().try_fold(&self.root, Node::step)
    }

    /// Where the value at `path` was written, or else its nearest ancestor that was.
    pub fn locate(&self, path: &str) -> Origin {
        let mut node = &self.root;
        let path = Path::parse(path).unwrap_or_default();
        for step in path.steps() {
            match node.step(step) {
                Some(next) => node = next,
                None => break,
            }
        }
        node.origin
    }

    /// A problem at a place of this tree.
    pub fn problem_at(
        &self,
        origin: Origin,
        subject: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        let mut problem = Problem::with_file("", message, remedy);
        subject.clone_into(&mut problem.subject);
        match self.sources.get(origin.source as usize) {
            Some(Source::File(file)) => {
                problem.file.clone_from(file);
                problem.line = Some(u64::from(origin.line));
                problem.column = Some(u64::from(origin.column));
            }
            Some(Source::Argument(argument)) => problem.message = format!("{} (in `{argument}`)", problem.message),
            None => {}
        }
        problem
    }

    /// A problem with the value at `path`, told where it, or its nearest ancestor, was written.
    pub fn problem(&self, path: &str, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.problem_at(self.locate(path), path, message, remedy)
    }

    /// Adds a source and returns its index.
    pub fn add_source(&mut self, source: Source) -> u32 {
        self.sources.push(source);
        (self.sources.len() - 1) as u32
    }

    /// Adds an axis to the array `sweep`, which is made where there is none. What stands there and is no array is
    /// replaced: the check has told of it, or will of what the axis lacks.
    pub(super) fn push_axis(&mut self, axis: Node) {
        let Value::Table(root) = &mut self.root.value else { return };
        let empty = || Entry { key: axis.origin, node: Node::new(axis.origin, Value::Array(Vec::new())) };
        let sweep = &mut root.entry("sweep".to_owned()).or_insert_with(empty).node;
        match &mut sweep.value {
            Value::Array(axes) => axes.push(axis),
            other => *other = Value::Array(vec![axis]),
        }
    }

    /// `path` with an index for every selector by name, and where an array's only element goes without one, so that the
    /// ways to write a path are one.
    pub(super) fn by_index(&self, path: &Path) -> Path {
        let mut node = Some(&self.root);
        let mut indexed = Path::default();
        for step in path.steps() {
            if let (Some(Value::Array(items)), Step::Key(_)) = (node.map(|node| &node.value), step)
                && items.len() == 1
            {
                indexed.push(Step::Index(0));
            }
            let found = match (node.map(|node| &node.value), step) {
                (Some(Value::Array(items)), Step::Named(key, text)) => {
                    items.iter().position(|item| item.text(key) == Some(text)).map(Step::Index)
                }
                _ => None,
            };
            node = node.and_then(|node| node.step(step));
            indexed.push(found.unwrap_or_else(|| step.clone()));
        }
        indexed
    }

    /// Puts `node` at `path`, in place of what is there. Tables on the way are made; array elements must exist.
    /// Whether the keys are legal is found when the tree is checked.
    ///
    /// # Errors
    /// A path that is not one, leads through a value that is no table or array, or beyond the end of an array.
    pub fn set(&mut self, path: &str, node: Node) -> Result<(), Problems> {
        let at = node.origin;
        let steps = Path::parse(path).map_err(|e| self.problem_at(at, path, e.message, e.remedy))?;
        let mut target = &mut self.root;
        let mut walked = Path::default();
        for step in steps.steps() {
            match descend(target, step, &walked, at) {
                Ok(next) => target = next,
                Err((message, remedy)) => return Err(self.problem_at(at, path, message, remedy).into()),
            }
            walked.push(step.clone());
        }
        *target = node;
        Ok(())
    }
}

/// One step down, making a table where there is nothing.
fn descend<'n>(node: &'n mut Node, step: &Step, walked: &Path, at: Origin) -> Result<&'n mut Node, (String, String)> {
    let here = if walked.steps().is_empty() { "the file".to_owned() } else { format!("`{walked}`") };
    // The only element of an array needs no number.
    if matches!((&node.value, step), (Value::Array(items), Step::Key(_)) if items.len() == 1) {
        let Value::Array(items) = &mut node.value else { unreachable!("it has just been one") };
        return descend(&mut items[0], step, walked, at);
    }
    match (&mut node.value, step) {
        (Value::Table(table), Step::Key(key)) => {
            let empty = || Entry { key: at, node: Node::new(at, Value::Table(Table::new())) };
            Ok(&mut table.entry(key.clone()).or_insert_with(empty).node)
        }
        (Value::Array(items), Step::Index(index)) => {
            let length = items.len();
            items.get_mut(*index).ok_or_else(|| {
                let remedy = match length {
                    0 => "it is empty: add elements in the file".to_owned(),
                    1 => "write [0]".to_owned(),
                    n => format!("write an index from [0] to [{}]", n - 1),
                };
                (format!("{here} has {length} element{}, so there is no [{index}]", plural(length)), remedy)
            })
        }
        (Value::Array(items), Step::Named(key, text)) => {
            let known: Vec<String> = items.iter().filter_map(|item| item.text(key)).map(str::to_owned).collect();
            let found = items.iter_mut().find(|item| item.text(key) == Some(text));
            found.ok_or_else(|| {
                (format!("{here} has no element with {key} = {text:?}"), suggest::among(text, &known, "there are"))
            })
        }
        (Value::Array(_), Step::Key(key)) => {
            Err((format!("{here} is an array, not a table"), format!("write which element, as in `{walked}[0].{key}`")))
        }
        (value, _) => Err((
            format!("{here} is {}: nothing is below it", value.kind()),
            "shorten the path, or set the whole table, as in KEY={ a = 1 }".to_owned(),
        )),
    }
}

/// An `s` unless there is exactly one.
pub(super) fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
