//! From TOML text to the value tree, with the place of every key and value; all syntax errors at once.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::Path;
use super::tree::{Entry, Node, Origin, Source, Table, Tree, Value};
use crate::problem::{Problem, Problems};

/// Finds line and column of a byte.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    source: u32,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str, source: u32) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, source }
    }
    fn origin(&self, byte: usize) -> Origin {
        let byte = self.text.floor_char_boundary(byte.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= byte);
        let column = self.text[self.starts[line - 1]..byte].chars().count() + 1;
        Origin { source: self.source, line: line as u32, column: column as u32 }
    }
}

/// Reads a whole file's text. With syntax errors the result is an empty table marked incomplete, so that the
/// rest of a merged config can still be checked.
pub(super) fn document(text: &str, source: u32, tree: &Tree) -> (Node, Problems) {
    let lines = Lines::new(text, source);
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems = syntax_problems(&errors, &lines, tree);
    let root = lines.origin(0);
    let node = if problems.is_empty() {
        let mut reader = Reader { lines: &lines, tree, problems: &mut problems };
        Node::new(root, Value::Table(reader.table(table.into_inner(), &Path::default())))
    } else {
        Node { incomplete: true, ..Node::new(root, Value::Table(Table::new())) }
    };
    (node, problems)
}

/// Reads `KEY=VALUE`: the value as TOML, or else as text without quotes. Returns the path and the value, which
/// is noted as coming from `argument`.
pub(super) fn assignment(argument: &str, tree: &mut Tree) -> Result<(String, Node), Problems> {
    let origin = from_argument(format!("--set {argument}"), tree);
    let write = "write --set KEY=VALUE, as in --set layout[0].nodes.count=64";
    let (path, text) = split_assignment(argument, origin, tree, write)?;
    if text.is_empty() {
        return Err(tree.problem_at(origin, "", "no value after `=`", "write a value, or \"\" for empty text").into());
    }
    let node = argument_value(path, text, origin, tree)?;
    Ok((path.to_owned(), node))
}

/// Reads `KEY=V1,V2,...` as an axis of a sweep. The values are TOML or text without quotes, as in [`assignment`];
/// commas within quotes and brackets are part of a value.
pub(super) fn variation(argument: &str, tree: &mut Tree) -> Result<Node, Problems> {
    let origin = from_argument(format!("--vary {argument}"), tree);
    let write = "write --vary KEY=V1,V2,..., as in --vary layout[0].nodes.count=1,2,4";
    let (path, text) = split_assignment(argument, origin, tree, write)?;
    let pieces = at_commas(text);
    if pieces.iter().any(|piece| piece.is_empty()) {
        let message = if text.is_empty() { "no value after `=`" } else { "a value is missing beside a comma" };
        return Err(tree.problem_at(origin, "", message, "write values with single commas between them").into());
    }
    let mut problems = Problems::default();
    let mut values = Vec::new();
    for piece in pieces {
        match argument_value(path, piece, origin, tree) {
            Ok(node) => values.push(node),
            Err(wrong) => problems.extend(wrong),
        }
    }
    let entry = |value| Entry { key: origin, node: Node::new(origin, value) };
    let axis =
        [("key".to_owned(), entry(Value::String(path.to_owned()))), ("values".to_owned(), entry(Value::Array(values)))];
    problems.or_ok(Node::new(origin, Value::Table(axis.into_iter().collect())))
}

/// The place of what an argument says.
fn from_argument(shown: String, tree: &mut Tree) -> Origin {
    Origin { source: tree.add_source(Source::Argument(shown)), ..Origin::default() }
}

/// The key and the text after the `=` that is not in a selector, such as `layout[name=x]`.
fn split_assignment<'a>(
    argument: &'a str,
    origin: Origin,
    tree: &Tree,
    remedy: &str,
) -> Result<(&'a str, &'a str), Problems> {
    let mut depth = 0_i32;
    for (at, c) in argument.char_indices() {
        depth += i32::from(c == '[') - i32::from(c == ']');
        if c == '=' && depth <= 0 {
            return Ok((argument[..at].trim(), argument[at + 1..].trim()));
        }
    }
    Err(tree.problem_at(origin, "", "no `=`", remedy).into())
}

/// The parts of a list without its brackets.
fn at_commas(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0_i32, None, 0);
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        if let Some(open) = quote {
            quote = Some(open).filter(|open| *open != c);
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth <= 0 => {
                pieces.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(text[start..].trim());
    pieces
}

/// One value of an argument: TOML, or else text without quotes.
fn argument_value(path: &str, text: &str, origin: Origin, tree: &Tree) -> Result<Node, Problems> {
    let (value, errors) = DeValue::parse_recoverable(text);
    if errors.is_empty() {
        let lines = Lines { text, starts: vec![0], source: origin.source };
        let mut problems = Problems::default();
        let mut reader = Reader { lines: &lines, tree, problems: &mut problems };
        let node = reader.node(value, &Path::parse(path).unwrap_or_default());
        return problems.or_ok(node);
    }
    if text.starts_with(['"', '\'', '[', '{']) {
        let message = format!("the value is not TOML: {}", plain(errors[0].message()));
        let remedy = "close quotes and brackets, and quote the whole argument for the shell";
        return Err(tree.problem_at(origin, "", message, remedy).into());
    }
    Ok(Node::new(origin, Value::String(text.to_owned())))
}

/// One problem a line: what follows on the same line is mostly caused by the first.
fn syntax_problems(errors: &[toml::de::Error], lines: &Lines<'_>, tree: &Tree) -> Problems {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or_default();
        let origin = lines.origin(span.start);
        if problems.iter().any(|p| p.line == Some(u64::from(origin.line))) {
            continue;
        }
        problems.push(syntax_problem(error.message(), &span, origin, lines, tree));
    }
    Problems(problems)
}

fn syntax_problem(message: &str, span: &Range<usize>, origin: Origin, lines: &Lines<'_>, tree: &Tree) -> Problem {
    let found = lines.text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
    if message == "duplicate key" {
        let remedy = "keep one of the two; several entries of an array of tables start with [[…]] each";
        return tree.problem_at(origin, "", format!("`{found}` is here for the second time"), remedy);
    }
    let line = lines.text.lines().nth(origin.line as usize - 1).unwrap_or_default().trim();
    let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key.trim(), Some(value.trim())));
    let unquoted = value.map(|value| value.split('#').next().unwrap_or(value).trim());
    let (message, remedy) = match unquoted {
        _ if message.contains("recursion limit") || message.contains("recurse further") => {
            ("tables and arrays are too deep in each other".to_owned(), "the limit is 80 levels".to_owned())
        }
        Some("") => (format!("`{}` has no value", cut(key)), "write one after the `=`".to_owned()),
        Some(value) if needs_quotes(value) => (
            format!("`{}` is not a value", cut(value)),
            format!("text needs quotes: {} = \"{}\"", cut(key), cut(value)),
        ),
        _ => {
            let found = if found.is_empty() { String::new() } else { format!(", found `{}`", cut(found)) };
            let remedy = "write `key = value` lines, [table] and [[array]] headers, text in double quotes";
            (format!("{}{found}", plain(message)), remedy.to_owned())
        }
    };
    tree.problem_at(origin, "", format!("this is not TOML: {message}"), remedy)
}

/// Whether a value looks like text or a quantity without quotes.
fn needs_quotes(value: &str) -> bool {
    value.starts_with(|c: char| c.is_alphanumeric()) && !value.contains(['"', '\''])
}

/// The parser's words on one line.
fn plain(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}

struct Reader<'a> {
    lines: &'a Lines<'a>,
    tree: &'a Tree,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn table(&mut self, table: DeTable<'_>, path: &Path) -> Table {
        let entries = table.into_iter().map(|(key, value)| {
            let origin = self.lines.origin(key.span().start);
            let node = self.node(value, &path.key(key.get_ref()));
            (key.into_inner().into_owned(), Entry { key: origin, node })
        });
        entries.collect()
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>, path: &Path) -> Node {
        let origin = self.lines.origin(value.span().start);
        let before = self.problems.0.len();
        let value = match value.into_inner() {
            DeValue::Table(table) => Value::Table(self.table(table, path)),
            DeValue::Array(items) => {
                let at = |i| path.with(super::path::Step::Index(i));
                Value::Array(items.into_iter().enumerate().map(|(i, item)| self.node(item, &at(i))).collect())
            }
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Boolean(truth) => Value::Boolean(truth),
            DeValue::Datetime(date) => Value::Datetime(date.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => self.too_large(&number.to_string(), origin, path),
            },
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(float) if float.is_finite() || !number.as_str().contains(char::is_numeric) => Value::Float(float),
                _ => self.too_large(number.as_str(), origin, path),
            },
        };
        let unread = self.problems.0.len() > before && !matches!(value, Value::Table(_) | Value::Array(_));
        Node { incomplete: unread, ..Node::new(origin, value) }
    }

    /// The problem is told here, with the number as typed; zero stands in for it.
    fn too_large(&mut self, number: &str, origin: Origin, path: &Path) -> Value {
        let message = format!("`{}` is beyond what a number can hold", cut(number));
        let remedy = "whole numbers reach 9223372036854775807, others 1.7e308";
        self.problems.push(self.tree.problem_at(origin, &path.to_string(), message, remedy));
        Value::Float(0.0)
    }
}
