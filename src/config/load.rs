//! From a file to a checked struct: read, extend, set, check, deserialise.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::check;
use super::extends;
use super::parse;
use super::provenance;
use super::shape::Model;
use super::tree::{Node, Source, Tree, Value};
use super::write;
use crate::problem::{Problem, Problems};

/// A checked config: the struct, and the tree that it came from, for the places of later problems.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// The merged values with their places.
    pub tree: Tree,
    /// The same as a struct.
    pub raw: T,
    model: Arc<Model>,
}

/// Reads `file`, follows its `extends`, applies the `--set` arguments in order, and checks the whole.
///
/// # Errors
/// Everything that is wrong in all files and arguments, in order of file, line and column.
pub fn load<T: DeserializeOwned + JsonSchema>(file: &Path, sets: &[String]) -> Result<Loaded<T>, Problems> {
    load_varied(file, sets, &[])
}

/// As [`load`], of a text that stands for a file called `name`.
///
/// # Errors
/// As [`load`].
pub fn load_text<T: DeserializeOwned + JsonSchema>(
    name: &Path,
    text: &str,
    sets: &[String],
) -> Result<Loaded<T>, Problems> {
    let model = Arc::new(Model::of::<T>());
    let mut tree = Tree::empty();
    let source = tree.add_source(Source::File(name.to_owned()));
    let (root, mut problems) = parse::document(text, source, &tree);
    tree.root = root;
    problems.extend(set_all(name, sets, &mut tree, &model));
    finish(name.to_owned(), tree, problems, model)
}

/// As [`load`], with the `--vary` arguments as further axes of the sweep.
///
/// # Errors
/// As [`load`].
pub fn load_varied<T: DeserializeOwned + JsonSchema>(
    file: &Path,
    sets: &[String],
    varied: &[String],
) -> Result<Loaded<T>, Problems> {
    let model = Arc::new(Model::of::<T>());
    let (mut tree, mut problems) = read(file, sets, &model);
    for argument in varied {
        match parse::variation(argument, &mut tree) {
            Ok(mut axis) => {
                problems.extend(follow_axis(&mut axis, file, &mut tree, &model));
                tree.push_axis(axis);
            }
            Err(wrong) => problems.extend(wrong),
        }
    }
    finish(file.to_owned(), tree, problems, model)
}

/// Checks a file that is made to be extended, by the shape of `T`. Keys may be missing: whoever extends it can add them.
///
/// # Errors
/// Everything else that is wrong.
pub fn check_part<T: JsonSchema>(file: &Path, sets: &[String]) -> Result<(), Problems> {
    let model = Model::of::<T>();
    let (mut tree, mut problems) = read(file, sets, &model);
    tree.root.incomplete = true;
    problems.extend(check::check(&tree, &model));
    problems.extend(provenance::hold(&mut tree, &model));
    check::sorted(problems).or_ok(())
}

/// The merged tree with the `--set` arguments in place, not yet checked.
fn read(file: &Path, sets: &[String], model: &Model) -> (Tree, Problems) {
    let (mut tree, mut problems) = extends::merge_file(file, model);
    problems.extend(set_all(file, sets, &mut tree, model));
    (tree, problems)
}

/// Applies the `--set` arguments in order, following their `extends`; returns what is wrong with them.
fn set_all(file: &Path, sets: &[String], tree: &mut Tree, model: &Model) -> Problems {
    let mut problems = Problems::default();
    for argument in sets {
        let set = parse::assignment(argument, tree).and_then(|(path, node)| {
            let (node, wrong) = extends::follow(node, &path, file, tree, model);
            problems.extend(wrong);
            tree.set(&path, node)
        });
        if let Err(wrong) = set {
            problems.extend(wrong);
        }
    }
    problems
}

/// Follows every `extends` in the values of an axis.
fn follow_axis(axis: &mut Node, file: &Path, tree: &mut Tree, model: &Model) -> Problems {
    let mut problems = Problems::default();
    let Some(key) = axis.text("key").map(str::to_owned) else { return problems };
    let Value::Table(table) = &mut axis.value else { return problems };
    if let Some(Value::Array(values)) = table.get_mut("values").map(|entry| &mut entry.node.value) {
        for value in values {
            let empty = Node::new(value.origin, Value::Boolean(false));
            let (followed, wrong) = extends::follow(std::mem::replace(value, empty), &key, file, tree, model);
            problems.extend(wrong);
            *value = followed;
        }
    }
    problems
}

/// Checks and deserialises. Problems found before are told together with those found now.
fn finish<T: DeserializeOwned>(
    file: PathBuf,
    mut tree: Tree,
    before: Problems,
    model: Arc<Model>,
) -> Result<Loaded<T>, Problems> {
    let mut problems = before;
    problems.extend(check::check(&tree, &model));
    problems.extend(provenance::hold(&mut tree, &model));
    check::sorted(problems).or_ok(())?;
    let raw = T::deserialize(write::to_toml(&tree.root)).map_err(|error| {
        // Shapes agree with the structs, so this is a rule that only the struct knows.
        Problem::with_file(&file, error.to_string().trim().replace('\n', " "), "see `sdcsim explain`")
    })?;
    Ok(Loaded { file, tree, raw, model })
}

impl<T: DeserializeOwned + JsonSchema> Loaded<T> {
    /// The same config with other values at some paths: one point of a sweep.
    ///
    /// # Errors
    /// Paths that lead nowhere, and values that are illegal there.
    pub fn with(&self, changes: &[(String, Node)]) -> Result<Self, Problems> {
        let mut tree = self.tree.clone();
        let mut problems = Problems::default();
        for (path, node) in changes {
            if let Err(wrong) = tree.set(path, node.clone()) {
                problems.extend(wrong);
            }
        }
        finish(self.file.clone(), tree, problems, Arc::clone(&self.model))
    }

    /// The same config without one of the keys at its top.
    ///
    /// # Errors
    /// A key that must be there.
    pub fn without(&self, key: &str) -> Result<Self, Problems> {
        let mut tree = self.tree.clone();
        if let Value::Table(table) = &mut tree.root.value {
            table.shift_remove(key);
        }
        finish(self.file.clone(), tree, Problems::default(), Arc::clone(&self.model))
    }

    /// The same config, noted to have been made with `argument`, as its [identity](super::identity::Identity) tells.
    pub fn noted(mut self, argument: String) -> Self {
        self.tree.add_source(Source::Argument(argument));
        self
    }
}

impl<T> Loaded<T> {
    /// A problem with the value at `path`, told where it, or its nearest ancestor, was written.
    pub fn problem(&self, path: &str, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.tree.problem(path, message, remedy)
    }
    /// The folder of the file that says the value at `path`; `None` when it was set on the command line.
    /// Relative paths in a config start there.
    pub fn folder_of(&self, path: &str) -> Option<PathBuf> {
        self.tree.folder_of(self.tree.locate(path))
    }
    /// The shape that the config was checked against.
    pub fn model(&self) -> &Model {
        &self.model
    }
}
