//! Warnings: told on standard error, also where nothing else is printed, and counted.

use std::path::Path;
use std::process::ExitCode;

use crate::problem::Warnings;

use super::done::tell;

/// Lines on what makes results doubtful that are told at most; the others are counted. There may be one for each replication.
const MOST_TOLD: usize = 20;

/// How many warnings a command had.
#[derive(Debug, Default)]
pub(super) struct Warned(usize);

impl Warned {
    /// Tells of keys without effect.
    pub fn tell(&mut self, warnings: &Warnings) {
        tell!(raw "{warnings}");
        self.0 += warnings.0.len();
    }

    /// Counts what makes results doubtful, and tells it unless it is `shown` elsewhere; `file` has all of it.
    pub fn of_results(&mut self, notes: &[String], shown: bool, file: &Path) {
        self.0 += notes.len();
        if shown {
            return;
        }
        for note in notes.iter().take(MOST_TOLD) {
            tell!("warning: {note}");
        }
        if notes.len() > MOST_TOLD {
            tell!("warning: and {} more, see {}", notes.len() - MOST_TOLD, file.display());
        }
    }

    /// The exit code of a command that has done its work: where it is `strict`, warnings are a failure.
    pub fn exit_code(&self, strict: bool) -> ExitCode {
        if !strict || self.0 == 0 {
            return ExitCode::SUCCESS;
        }
        tell!("error: {} warning{}, and --strict", self.0, if self.0 == 1 { "" } else { "s" });
        ExitCode::FAILURE
    }
}
