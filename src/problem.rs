//! Problems with what a user gave us, collected so that all are reported at once.
//!
//! A problem says where it is (file, line, column), what it is about (a config key, a trace column), the
//! offending value, what is wrong, and what to write instead.

use std::fmt;
use std::path::PathBuf;

/// One thing wrong with the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it; empty for the command line.
    pub file: PathBuf,
    /// The line, counted from one, where known.
    pub line: Option<u64>,
    /// The column in characters, counted from one, where known.
    pub column: Option<u64>,
    /// The config key or trace column, such as `layout[0].nodes.count`; may be empty.
    pub subject: String,
    /// What is wrong, with the offending value in it.
    pub message: String,
    /// What to write or do instead.
    pub remedy: String,
}

/// Everything wrong with the input; never empty where it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problem {
    /// A problem with a whole file.
    pub fn with_file(file: impl Into<PathBuf>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.into(), message: message.into(), remedy: remedy.into(), ..Self::default() }
    }
}

impl Problems {
    /// `Ok(value)` when there are no problems.
    pub fn or_ok<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }
    /// Adds all problems of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// `error: file:line:col: key: message` and, on a line of its own, `  help: remedy`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error: ")?;
        self.write(f)
    }
}

impl Problem {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.as_os_str().is_empty() {
            f.write_str("command line")?;
        } else {
            write!(f, "{}", self.file.display())?;
        }
        for position in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{position}")?;
        }
        if !self.subject.is_empty() {
            write!(f, ": {}", self.subject)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  help: {}", self.remedy)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let n = self.0.len();
        write!(f, "{n} problem{}", if n == 1 { "" } else { "s" })
    }
}

impl std::error::Error for Problems {}

/// What is surely not meant, and can be run all the same; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings(pub Vec<Problem>);

/// Like problems, each beginning with `warning: ` and ending its line; nothing where there are none.
impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            f.write_str("warning: ")?;
            problem.write(f)?;
            writeln!(f)?;
        }
        Ok(())
    }
}
