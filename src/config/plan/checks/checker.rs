//! Problems of one config, as they are found.

use crate::config::load::Loaded;
use crate::config::raw;
use crate::problem::Problems;

/// Collects problems of one config, each at the place of its key.
pub(super) struct Checker<'a> {
    pub(super) loaded: &'a Loaded<raw::Experiment>,
    pub(super) problems: Problems,
}

impl Checker<'_> {
    /// Records a problem at `key` unless `holds`.
    pub(super) fn expect(&mut self, holds: bool, key: &str, message: impl FnOnce() -> String, remedy: &str) {
        if !holds {
            self.problems.push(self.loaded.problem(key, message(), remedy));
        }
    }
    pub(super) fn positive(&mut self, value: f64, key: &str, what: &str) {
        self.expect(value > 0.0, key, || format!("{what} is zero"), "write a value above zero");
    }
}
