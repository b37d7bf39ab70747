//! Placeholder until the loader lands.
use crate::problem::Problem;
/// Loaded.
#[derive(Debug)]
pub struct Loaded<T> {
    /// Raw.
    pub raw: T,
}
impl<T> Loaded<T> {
    /// Problem at a key.
    pub fn problem(&self, path: &str, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { subject: path.into(), ..Problem::with_file("", message, remedy) }
    }
}
