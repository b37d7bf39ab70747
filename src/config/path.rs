//! Paths into a config: `layout[0].nodes.cpu.cores`, `layout[name=serverful].nodes.count`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into an array, counted from zero.
    Index(usize),
    /// Into the first element of an array whose text under the key is this: `[name=serverful]`.
    Named(String, String),
}

/// A path from the top of the config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub remedy: String,
}

impl Path {
    /// The steps from the top.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
    /// One step further down.
    pub fn push(&mut self, step: Step) {
        self.0.push(step);
    }
    /// This path and one step.
    pub fn with(&self, step: Step) -> Self {
        let mut longer = self.clone();
        longer.push(step);
        longer
    }
    /// Its keys, without indices.
    pub fn keys_alone(&self) -> String {
        let keys = self.steps().iter().filter(|step| matches!(step, Step::Key(_)));
        Self(keys.cloned().collect()).to_string()
    }
    /// This path and a key.
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// Reads keys, bare or in double quotes, with dots between them, and `[index]` or `[key=text]` after them.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut path = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            rest = if let Some(inner) = rest.strip_prefix('[') {
                let (selector, after) = inner.split_once(']').ok_or_else(|| error(text, "`[` without `]`"))?;
                path.push(selected(text, selector)?);
                after
            } else {
                let dotted = rest.strip_prefix('.');
                if dotted.is_some() == path.0.is_empty() {
                    return Err(error(text, if dotted.is_some() { "a dot in front" } else { "no dot between keys" }));
                }
                let (key, after) = key_of(text, dotted.unwrap_or(rest))?;
                path.push(Step::Key(key.to_owned()));
                after
            };
        }
        if matches!(path.0.first(), Some(Step::Key(_))) { Ok(path) } else { Err(error(text, "no key in front")) }
    }
}

/// The key at the start of `rest`, and what follows.
fn key_of<'t>(text: &str, rest: &'t str) -> Result<(&'t str, &'t str), PathError> {
    if let Some(quoted) = rest.strip_prefix('"') {
        return quoted.split_once('"').ok_or_else(|| error(text, "a `\"` without its pair"));
    }
    let end = rest.find(|c: char| !is_bare(c)).unwrap_or(rest.len());
    if end == 0 {
        return Err(error(text, "a key is missing"));
    }
    Ok(rest.split_at(end))
}

fn selected(text: &str, selector: &str) -> Result<Step, PathError> {
    if let Some((key, value)) = selector.split_once('=') {
        return Ok(Step::Named(key.trim().to_owned(), value.trim().trim_matches('"').to_owned()));
    }
    selector.trim().parse().map(Step::Index).map_err(|_| error(text, &format!("`{selector}` is not an index")))
}

fn error(text: &str, what: &str) -> PathError {
    PathError {
        message: format!("`{text}` is not a path: {what}"),
        remedy: "write keys with dots, and elements of arrays as [0] or [name=TEXT], as in `layout[0].nodes.count`"
            .to_owned(),
    }
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Named(key, text) => write!(f, "[{key}={text}]")?,
                Step::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    if !key.is_empty() && key.chars().all(is_bare) { f.write_str(key)? } else { write!(f, "{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: &str) {
        let result = Path::parse(text).map_or_else(|e| e.message, |path| path.to_string());
        assert_eq!(result, printed, "{text}");
    }

    #[test]
    fn paths_read_and_print() {
        check("a", "a");
        check("layout[0].nodes.cpu.cores", "layout[0].nodes.cpu.cores");
        check(" layout[ 12 ][3] ", "layout[12][3]");
        check("layout[name=\"a b\"].x", "layout[name=a b].x");
        check("sources.\"cpu.price\".from", "sources.\"cpu.price\".from");
    }

    #[test]
    fn wrong_paths_say_why() {
        check("", "`` is not a path: no key in front");
        check(".a", "`.a` is not a path: a dot in front");
        check("a..b", "`a..b` is not a path: a key is missing");
        check("a.", "`a.` is not a path: a key is missing");
        check("a[1", "`a[1` is not a path: `[` without `]`");
        check("a[x]", "`a[x]` is not a path: `x` is not an index");
        check("a[-1]", "`a[-1]` is not a path: `-1` is not an index");
        check("a[0]b", "`a[0]b` is not a path: no dot between keys");
        check("a b", "`a b` is not a path: no dot between keys");
        check("[0]", "`[0]` is not a path: no key in front");
        check("a.\"b", "`a.\"b` is not a path: a `\"` without its pair");
    }
}
