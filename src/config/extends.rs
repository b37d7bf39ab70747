//! `extends = "layouts/serverful.toml"`, in any table: the file's whole table, with the table's own keys over it.
//!
//! Tables merge key by key, everything else replaces; a list of one group is its table, and of several all are replaced. Where
//! the key that tells a table's form (`kind`, `mode`) differs, the table replaces as a whole, since the keys of the other form
//! would be illegal.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use super::files;
use super::parse;
use super::path::{Path, Step};
use super::shape::{Item, Model, Shape};
use super::tree::{Entry, Node, Origin, Source, Table, Tree, Value};
use super::write::RESOLVED_HEADER;
use crate::problem::{Problem, Problems};

/// Deepest table that can extend a file: nesting must not add up without end along a chain of files.
const DEEPEST_TABLE: usize = 64;
/// Longest chain of files that extend each other.
const DEEPEST: usize = 16;
/// Most values in one merged config; a few files that extend each other many times could fill any memory.
const MOST_VALUES: usize = 100_000;

/// Reads files and merges them into one tree.
pub(super) struct Merger<'m> {
    model: &'m Model,
    tree: Tree,
    problems: Problems,
    /// Files already read, by their real path: the tree as written, or `None` when unreadable.
    read: BTreeMap<PathBuf, Option<Node>>,
    /// The files that are being followed, outermost first: real path, and path as shown.
    chain: Vec<(PathBuf, PathBuf)>,
    values: usize,
    /// Where what the command line names is looked for first: the folder of the experiment.
    home: PathBuf,
}

/// The merged tree of `file`, and what is wrong with the files. Parts that could not be read are marked incomplete.
pub(super) fn merge_file(file: &FilePath, model: &Model) -> (Tree, Problems) {
    let mut merger = Merger::new(model, Tree::empty(), file);
    merger.tree.root.incomplete = true;
    match merger.read_file(file) {
        Ok(root) => {
            let root = merger.resolve(root, Some(&model.root), &Path::default());
            merger.tree.root = root;
        }
        Err(problem) => merger.problems.push(problem),
    }
    (merger.tree, merger.problems)
}

/// Follows every `extends` in a value of the command line that is meant for `path` in the experiment `file`. The name of a file
/// alone, where only a table can stand, means the table in it.
pub(super) fn follow(node: Node, path: &str, file: &FilePath, tree: &mut Tree, model: &Model) -> (Node, Problems) {
    let path = Path::parse(path).unwrap_or_default();
    let item = path.steps().iter().try_fold(&model.root, |item, step| match step {
        Step::Key(key) => below(model, item, key),
        _ => Some(model.element(item)),
    });
    let whole = std::mem::replace(tree, Tree::empty());
    let mut merger = Merger::new(model, whole, file);
    let node = merger.resolve(named_file(node, item, model), item, &path);
    *tree = merger.tree;
    (node, merger.problems)
}

fn named_file(node: Node, item: Option<&Item>, model: &Model) -> Node {
    let only_table = |item: &Item| {
        matches!(model.shape(item), Shape::Table(_) | Shape::Tagged { .. }) || model.one_of_many(item).is_some()
    };
    let is_file = matches!(&node.value, Value::String(name) if std::path::Path::new(name).extension().is_some_and(|end| end == "toml"));
    if !is_file || !item.is_some_and(only_table) {
        return node;
    }
    let origin = node.origin;
    Node::new(origin, Value::Table(Table::from([("extends".to_owned(), Entry { key: origin, node })])))
}

/// The path without links and `..`, to tell whether two paths are one file.
fn real(file: &FilePath) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

impl<'m> Merger<'m> {
    /// Nothing merged yet of an experiment.
    fn new(model: &'m Model, tree: Tree, file: &FilePath) -> Self {
        let (problems, read, home) = (Problems::default(), BTreeMap::new(), file.parent().unwrap_or(FilePath::new("")));
        Self {
            model,
            tree,
            problems,
            read,
            chain: vec![(real(file), file.to_owned())],
            values: 0,
            home: home.to_owned(),
        }
    }

    /// The tree of one file, `extends` not yet followed.
    fn read_file(&mut self, file: &FilePath) -> Result<Node, Problem> {
        let source = self.tree.add_source(Source::File(file.to_owned()));
        let text = files::read(file).map_err(|why| {
            let (line, column) = why.place.unzip();
            Problem { line, column, ..Problem::with_file(file, why.message, why.remedy) }
        })?;
        self.tree.complete |= source == 0 && text.starts_with(RESOLVED_HEADER);
        let (node, problems) = parse::document(&text, source, &self.tree);
        self.problems.extend(problems);
        Ok(node)
    }

    /// Follows every `extends` in `node`.
    fn resolve(&mut self, mut node: Node, item: Option<&Item>, path: &Path) -> Node {
        let model = self.model;
        node.value = match node.value {
            Value::Array(items) => {
                let element = item.map(|item| model.element(item));
                let items = items.into_iter().enumerate();
                Value::Array(items.map(|(i, node)| self.resolve(node, element, &path.with(Step::Index(i)))).collect())
            }
            Value::Table(mut table) => {
                let extends = table.shift_remove("extends");
                let entries = table.into_iter().map(|(key, entry)| {
                    let below = item.and_then(|item| below(model, item, &key));
                    let below_path = path.key(&key);
                    (key, Entry { key: entry.key, node: self.resolve(entry.node, below, &below_path) })
                });
                let own = Node { value: Value::Table(entries.collect()), ..node };
                return match extends {
                    None => own,
                    Some(extends) => match self.base(&extends, item, path) {
                        Some(base) => merge(base, own, item, model),
                        None => Node { incomplete: true, ..own },
                    },
                };
            }
            scalar => scalar,
        };
        node
    }

    /// The merged table that `extends` names.
    fn base(&mut self, extends: &Entry, item: Option<&Item>, path: &Path) -> Option<Node> {
        let at = (extends.node.origin, path.key("extends"));
        let Value::String(name) = &extends.node.value else {
            let value = &extends.node.value;
            let message = format!("`{}` is {}, not the name of a file", value.display(), value.kind());
            return self.refuse(&at, message, "write extends = \"layouts/NAME.toml\"");
        };
        if path.steps().len() > DEEPEST_TABLE {
            let message = format!("a table more than {DEEPEST_TABLE} levels deep cannot extend a file");
            return self.refuse(&at, message, "nest tables less deeply");
        }
        let (folder, from_here) = match self.tree.folder_of(at.0) {
            Some(folder) => (folder, false),
            None => (self.home.clone(), true),
        };
        let file = match files::find_base(name, &folder, from_here) {
            Ok(file) => file,
            Err(remedy) => return self.refuse(&at, format!("there is no file {name:?}"), &remedy),
        };
        let real = real(&file);
        let mut chain: Vec<String> = self.chain.iter().map(|(_, shown)| shown.display().to_string()).collect();
        chain.push(file.display().to_string());
        if self.chain.iter().any(|(other, _)| *other == real) {
            let message = format!("the files extend each other in a circle: {}", chain.join(" → "));
            return self.refuse(&at, message, "leave out one `extends` of them");
        }
        if self.chain.len() > DEEPEST {
            let message = format!("more than {DEEPEST} files extend each other: {}", chain.join(" → "));
            return self.refuse(&at, message, "put what is shared into fewer files");
        }
        let node = self.read_base(&file, &real, &at)?;
        if self.values > MOST_VALUES {
            return None;
        }
        self.values += node.size();
        if self.values > MOST_VALUES {
            let message = format!("the extended files add up to more than {MOST_VALUES} values");
            return self.refuse(&at, message, "extend files fewer times");
        }
        self.chain.push((real, file));
        let base = self.resolve(node, item, path);
        self.chain.pop();
        Some(base)
    }

    fn read_base(&mut self, file: &FilePath, real: &FilePath, at: &(Origin, Path)) -> Option<Node> {
        if let Some(known) = self.read.get(real) {
            return known.clone();
        }
        let node = match self.read_file(file) {
            Ok(node) => Some(node),
            Err(problem) if problem.line.is_none() => {
                let message = format!("{}: {}", file.display(), problem.message);
                self.refuse(at, message, &problem.remedy)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        };
        self.read.insert(real.to_owned(), node.clone());
        node
    }

    fn refuse(&mut self, at: &(Origin, Path), message: String, remedy: &str) -> Option<Node> {
        self.problems.push(self.tree.problem_at(at.0, &at.1.to_string(), message, remedy));
        None
    }
}

/// What stands at `key` of `item`.
fn below<'m>(model: &'m Model, item: &'m Item, key: &str) -> Option<&'m Item> {
    model.child(item, key).map(|known| &known.item).or_else(|| model.own_key(item))
}

/// `over` laid over `base`.
fn merge(base: Node, over: Node, item: Option<&Item>, model: &Model) -> Node {
    if item.is_some_and(|item| other_form(&base, &over, item, model)) {
        return over;
    }
    match (base.value, over.value) {
        (Value::Table(mut merged), Value::Table(own)) => {
            for (key, entry) in own {
                let node = match merged.get_mut(&key) {
                    Some(old) => {
                        let empty = Node::new(Origin::default(), Value::Boolean(false));
                        let old = std::mem::replace(&mut old.node, empty);
                        merge(old, entry.node, item.and_then(|item| below(model, item, &key)), model)
                    }
                    None => entry.node,
                };
                merged.insert(key, Entry { key: entry.key, node });
            }
            let incomplete = base.incomplete || over.incomplete;
            Node { incomplete, ..Node::new(over.origin, Value::Table(merged)) }
        }
        // The only group of a list is one table too.
        (Value::Array(mut items), Value::Table(own))
            if items.len() == 1 && item.is_some_and(|item| model.one_of_many(item).is_some()) =>
        {
            let element = item.map(|item| model.element(item));
            let only = merge(items.remove(0), Node { value: Value::Table(own), ..over }, element, model);
            Node { value: Value::Array(vec![only.clone()]), ..only }
        }
        (Value::Table(_) | Value::Array(_), Value::Array(items)) => {
            let items = items.into_iter().map(|item| Node { replaces: true, ..item });
            Node { incomplete: over.incomplete, ..Node::new(over.origin, Value::Array(items.collect())) }
        }
        (Value::Array(_), value) => {
            Node { incomplete: over.incomplete, replaces: true, ..Node::new(over.origin, value) }
        }
        (_, value) => Node { incomplete: over.incomplete, ..Node::new(over.origin, value) },
    }
}

/// Whether both say which form of a tagged table they are, and differ.
fn other_form(base: &Node, over: &Node, item: &Item, model: &Model) -> bool {
    match model.shape(item) {
        Shape::Tagged { tag, .. } => match (base.text(tag), over.text(tag)) {
            (Some(base), Some(over)) => base != over,
            _ => false,
        },
        _ => false,
    }
}
