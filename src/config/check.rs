//! Checks a value tree against the shape of the raw structs, and tells everything that is wrong at once.

use std::collections::BTreeSet;

use super::describe;
use super::path::{Path, Step};
use super::quantity::Kind;
use super::renamed;
use super::shape::{Item, Key, Model, Range, Rest, Shape, TableShape, Variant, Word};
use super::suggest;
use super::tree::{Node, Origin, Table, Tree, Value, plural};
use crate::problem::{Problem, Problems};

/// Everything in `tree` that is not as `model` says, in order of file, line and column.
pub fn check(tree: &Tree, model: &Model) -> Problems {
    let mut checker = Checker { tree, model, incomplete: false, problems: Vec::new() };
    checker.item(&tree.root, &model.root, &Path::default());
    sorted(Problems(checker.problems))
}

/// In order of file, line and column. The same mistake in a file that is extended twice is told once.
pub(super) fn sorted(problems: Problems) -> Problems {
    let mut problems = problems.0;
    problems.sort_by_cached_key(|p| (p.file.clone(), p.line, p.column));
    let mut told = BTreeSet::new();
    problems.retain(|p| p.line.is_none() || told.insert((p.file.clone(), p.line, p.column, p.message.clone())));
    Problems(problems)
}

struct Checker<'a> {
    tree: &'a Tree,
    model: &'a Model,
    /// Whether a table around the current place could not be read in full.
    incomplete: bool,
    problems: Vec<Problem>,
}

/// The tag and form of the table that a key stands in.
type Form<'a> = Option<(&'a str, &'a str)>;

impl Checker<'_> {
    fn problem(&mut self, origin: Origin, path: &Path, message: String, remedy: String) {
        self.problems.push(self.tree.problem_at(origin, &path.to_string(), message, remedy));
    }

    fn item(&mut self, node: &Node, item: &Item, path: &Path) {
        if node.incomplete && node.table().is_none() {
            return;
        }
        let around = self.incomplete;
        self.incomplete |= node.incomplete;
        self.value(node, item, path);
        self.incomplete = around;
    }

    fn value(&mut self, node: &Node, item: &Item, path: &Path) {
        match (self.model.shape(item), &node.value) {
            (Shape::Named(_) | Shape::Any, _) | (Shape::Boolean, Value::Boolean(_)) => {}
            (Shape::Table(shape), Value::Table(table)) => self.table(node, table, shape, path, None),
            (Shape::Tagged { tag, variants }, Value::Table(table)) => self.tagged(node, table, tag, variants, path),
            (Shape::Array { item, min, max }, Value::Array(items)) => {
                self.length(node, items.len() as u64, *min, *max, path);
                for (i, element) in items.iter().enumerate() {
                    self.item(element, item, &path.with(Step::Index(i)));
                }
            }
            (Shape::Either(items), _) => self.either(node, items, path),
            (Shape::Words(words), Value::String(text)) => self.word(node, text, words, path),
            (Shape::Text { min_length }, Value::String(text)) => {
                if (text.chars().count() as u64) < *min_length {
                    let remedy = format!("write at least {min_length} character{}", plural(*min_length as usize));
                    self.problem(node.origin, path, format!("{} is too short", node.value.display()), remedy);
                }
            }
            (Shape::Quantity { kind, range }, Value::String(text)) => self.quantity(node, text, kind, range, path),
            (Shape::Integer(range) | Shape::Number(range), Value::Integer(number)) => {
                self.number(node, *number as f64, range, item, path);
            }
            (Shape::Number(range), Value::Float(number)) => self.number(node, *number, range, item, path),
            _ => self.wrong_type(node, item, path),
        }
    }

    fn table(&mut self, node: &Node, table: &Table, shape: &TableShape, path: &Path, form: Form<'_>) {
        for (name, entry) in table {
            let below = path.key(name);
            match (shape.keys.get(name), &shape.rest) {
                (Some(key), _) => self.item(&entry.node, &key.item, &below),
                (None, Rest::Each(item)) => self.item(&entry.node, item, &below),
                (None, Rest::Ignored) => {}
                (None, Rest::Unknown) => self.unknown_key(entry.key, name, shape, &below, form),
            }
        }
        for (name, key) in &shape.keys {
            if key.required && !self.incomplete && !table.contains_key(name) {
                self.missing(node, name, key, path);
            }
        }
    }

    fn unknown_key(&mut self, origin: Origin, name: &str, shape: &TableShape, path: &Path, form: Form<'_>) {
        let known: Vec<String> = shape.keys.keys().cloned().collect();
        let within = form.map(|(tag, variant)| format!(" where {tag} = {variant:?}")).unwrap_or_default();
        let remedy = if name == "extends" {
            "`extends` is written in the table: KEY={ extends = \"FILE\" } takes it whole from the file".to_owned()
        } else {
            renamed::remedy(path).unwrap_or_else(|| suggest::among(name, &known, "legal keys"))
        };
        self.problem(origin, path, format!("unknown key{within}"), remedy);
    }

    fn missing(&mut self, node: &Node, name: &str, key: &Key, path: &Path) {
        let doc = describe::first_sentence(self.model.doc(&key.item));
        let message = if doc.is_empty() { "missing".to_owned() } else { format!("missing: {doc}") };
        let below = path.key(name);
        // One table, or a list of them: the simpler one is shown.
        let item = self.model.one_of_many(&key.item).unwrap_or(&key.item);
        let remedy = match self.model.shape(item) {
            Shape::Table(_) | Shape::Tagged { .. } => {
                format!("add a table {} (see `sdcsim explain {}`)", header(&below, 1), below.keys_alone())
            }
            Shape::Array { item, .. } if !self.model.tables(item).is_empty() => {
                format!("add one or more tables {} (see `sdcsim explain {}`)", header(&below, 2), below.keys_alone())
            }
            _ => {
                let example = describe::example(self.model, &key.item);
                format!("add `{name} = {example}`: {}", describe::expected(self.model, &key.item))
            }
        };
        self.problem(node.origin, &below, message, remedy + &replaced(node, path));
    }

    fn tagged(&mut self, node: &Node, table: &Table, tag: &str, variants: &[Variant], path: &Path) {
        let below = path.key(tag);
        let words = || variants.iter().map(|v| Word { name: v.name.clone(), doc: v.doc.clone() }).collect::<Vec<_>>();
        let Some(entry) = table.get(tag) else {
            if !self.incomplete {
                let remedy = format!("add `{tag} = …`, {}{}", listed(&words()), replaced(node, path));
                self.problem(node.origin, &below, "missing: it tells which other keys there are".to_owned(), remedy);
            }
            return;
        };
        match &entry.node.value {
            Value::String(text) => match variants.iter().find(|variant| variant.name == *text) {
                Some(variant) => self.table(node, table, &variant.table, path, Some((tag, text))),
                None => self.word(&entry.node, text, &words(), &below),
            },
            value => {
                let message = format!("`{}` is {}, not text", value.display(), value.kind());
                self.problem(entry.node.origin, &below, message, format!("write {}", listed(&words())));
            }
        }
    }

    fn word(&mut self, node: &Node, text: &str, words: &[Word], path: &Path) {
        if words.iter().any(|word| word.name == text) {
            return;
        }
        let near = suggest::nearest(text, words.iter().map(|word| word.name.as_str()));
        let near = near.map(|word| format!("did you mean {word:?}? ")).unwrap_or_default();
        let message = format!("{} is not known here", node.value.display());
        self.problem(node.origin, path, message, format!("{near}write {}", listed(words)));
    }

    fn quantity(&mut self, node: &Node, text: &str, kind: &Kind, range: &Range, path: &Path) {
        match kind.parse(text) {
            Ok(value) if range.contains(value) => {}
            Ok(_) => {
                let remedy = format!("write {} {} {}", kind.article(), kind.what, range.words());
                self.problem(node.origin, path, format!("{text:?} is out of range"), remedy);
            }
            Err(wrong) => self.problem(node.origin, path, wrong.message, wrong.remedy),
        }
    }

    fn number(&mut self, node: &Node, value: f64, range: &Range, item: &Item, path: &Path) {
        let what = if !value.is_finite() {
            "is not a finite number"
        } else if !range.contains(value) {
            "is out of range"
        } else {
            return;
        };
        let remedy = format!("write {}", describe::expected(self.model, item));
        self.problem(node.origin, path, format!("`{}` {what}", node.value.display()), remedy);
    }

    fn length(&mut self, node: &Node, length: u64, min: u64, max: Option<u64>, path: &Path) {
        let message = format!("the array has {length} element{}", plural(length as usize));
        if length < min {
            self.problem(node.origin, path, message, format!("write at least {min}"));
        } else if let Some(max) = max.filter(|max| length > *max) {
            self.problem(node.origin, path, message, format!("write at most {max}"));
        }
    }

    /// Against the alternative that comes nearest: of the fitting kind, with the fewest problems.
    fn either(&mut self, node: &Node, items: &[Item], path: &Path) {
        let fit = |item: &Item| fit(self.model.shape(item), &node.value);
        let best = items.iter().map(fit).max().unwrap_or(Fit::No);
        let nearest = items.iter().enumerate().filter(|(_, item)| best > Fit::No && fit(item) == best);
        let tried = nearest.map(|(i, item)| {
            let mut trial =
                Checker { tree: self.tree, model: self.model, incomplete: self.incomplete, problems: Vec::new() };
            trial.item(node, item, path);
            (i, trial.problems)
        });
        let wanted = |skipped: Option<usize>| {
            let others = items.iter().enumerate().filter(|(i, _)| Some(*i) != skipped);
            others.map(|(_, item)| describe::expected(self.model, item)).collect::<Vec<_>>().join(", or ")
        };
        if let Some((chosen, mut problems)) = tried.min_by_key(|(_, problems)| problems.len()) {
            let subject = path.to_string();
            for own in problems.iter_mut().filter(|p| p.subject == subject) {
                own.remedy = format!("{}; or write {}", own.remedy, wanted(Some(chosen)));
            }
            self.problems.extend(problems);
        } else {
            let message = format!("`{}` is {}", node.value.display(), node.value.kind());
            let remedy = format!("write {}", wanted(None));
            self.problem(node.origin, path, message, remedy);
        }
    }

    fn wrong_type(&mut self, node: &Node, item: &Item, path: &Path) {
        let (value, shape) = (&node.value, self.model.shape(item));
        let is = format!("`{}` is {}", value.display(), value.kind());
        let wanted = describe::expected(self.model, item);
        let (message, remedy) = match (shape, value) {
            (Shape::Quantity { kind, .. }, Value::Integer(_) | Value::Float(_)) => (
                format!("`{}` has no unit", value.display()),
                format!(
                    "write it in quotes with one of {}, as in \"{} {}\"",
                    kind.unit_list(),
                    value.display(),
                    kind.example_unit()
                ),
            ),
            (Shape::Integer(_) | Shape::Number(_) | Shape::Boolean, Value::String(text)) if unquoted(shape, text) => {
                (is, format!("leave out the quotes: {text}"))
            }
            (Shape::Integer(_), Value::Float(_)) => {
                (format!("`{}` is not a whole number", value.display()), format!("write {wanted}"))
            }
            (Shape::Array { item, .. }, Value::Table(_)) if !self.model.tables(item).is_empty() => {
                (is, format!("write {} with double brackets, once for each element", header(path, 2)))
            }
            (Shape::Array { item, .. }, _) if fit(self.model.shape(item), value) == Fit::Yes => {
                (format!("{is}, not an array"), format!("put it in brackets: [{}]", value.display()))
            }
            (Shape::Table(_), Value::Array(_)) => (is, format!("write {} with single brackets, once", header(path, 1))),
            (Shape::Table(_) | Shape::Tagged { .. }, Value::String(text)) if is_toml_file(text) => {
                (is, format!("to take it from a file, write {{ extends = {text:?} }}"))
            }
            _ => (is, format!("write {wanted}")),
        };
        self.problem(node.origin, path, message, remedy);
    }
}

/// How well a value fits a shape, by kind alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    /// Another kind, but there is a clear remedy.
    Nearly,
    Yes,
}

fn fit(shape: &Shape, value: &Value) -> Fit {
    match (shape, value) {
        (Shape::Table(_) | Shape::Tagged { .. }, Value::Table(_))
        | (Shape::Array { .. }, Value::Array(_))
        | (Shape::Words(_) | Shape::Text { .. } | Shape::Quantity { .. }, Value::String(_))
        | (Shape::Integer(_), Value::Integer(_))
        | (Shape::Number(_), Value::Integer(_) | Value::Float(_))
        | (Shape::Boolean, Value::Boolean(_))
        | (Shape::Any | Shape::Named(_) | Shape::Either(_), _) => Fit::Yes,
        (Shape::Integer(_) | Shape::Number(_) | Shape::Boolean, Value::String(text)) if unquoted(shape, text) => {
            Fit::Yes
        }
        (Shape::Integer(_), Value::Float(_)) | (Shape::Quantity { .. }, Value::Integer(_) | Value::Float(_)) => {
            Fit::Nearly
        }
        _ => Fit::No,
    }
}

/// Whether the text would be right without its quotes.
fn unquoted(shape: &Shape, text: &str) -> bool {
    match shape {
        Shape::Integer(_) => text.parse::<i64>().is_ok(),
        Shape::Number(_) => text.parse::<f64>().is_ok_and(f64::is_finite),
        _ => matches!(text, "true" | "false"),
    }
}

fn is_toml_file(text: &str) -> bool {
    std::path::Path::new(text).extension().is_some_and(|extension| extension == "toml")
}

/// The words with what they mean, one a line; on one line when nothing is known about them.
fn listed(words: &[Word]) -> String {
    let names = || words.iter().map(|word| format!("{:?}", word.name)).collect::<Vec<_>>();
    if words.iter().all(|word| word.doc.is_empty()) {
        return format!("one of {}", names().join(", "));
    }
    let width = words.iter().map(|word| word.name.chars().count() + 2).max().unwrap_or(0);
    let lines = words
        .iter()
        .zip(names())
        .map(|(word, name)| format!("\n          {name:width$}  {}", describe::first_sentence(&word.doc)));
    format!("one of{}", lines.collect::<String>())
}

/// A table's header with `brackets`; array elements are not told apart in headers.
fn header(path: &Path, brackets: usize) -> String {
    format!("{}{}{}", "[".repeat(brackets), path.keys_alone(), "]".repeat(brackets))
}

/// What else to say of a table that lacks keys since its list took the place of what an extended file has.
fn replaced(node: &Node, path: &Path) -> String {
    if !node.replaces {
        return String::new();
    }
    let (list, last) = match path.steps().split_last() {
        Some((Step::Key(_), _)) | None => (path.to_string(), "0".to_owned()),
        Some((_, steps)) => {
            let list = steps.iter().fold(Path::default(), |path, step| path.with(step.clone()));
            (list.to_string(), node.text("name").map_or_else(|| "0".to_owned(), |name| format!("name={name}")))
        }
    };
    format!(
        "; `{list}` replaces all that the extended file has there: write out every table of it, or leave it out and change one \
         with --set '{list}[{last}].KEY=VALUE'"
    )
}
