//! Files of a run as text.

use std::path::Path;

use crate::problem::{Problem, Problems};

/// The text of a file of the run.
pub(super) fn read_text(path: &Path) -> Result<String, Problems> {
    std::fs::read_to_string(path).map_err(|error| {
        Problem::with_file(path, format!("cannot be read: {error}"), "run the experiment again to make its files")
            .into()
    })
}
