//! The list of a run folder's files with their digests, which tells whether what is gone on from is still what was written.
//!
//! It is in the form of `sha256sum --check`. Not in it are wall-clock times, which differ between two equal runs, and what is
//! drawn from the other files later.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::atomic::{OutputError, replace_file, tried};
use super::manifest::{MANIFEST, TIMING};
use crate::problem::Problem;
use crate::workload::trace::digest::of_file;

/// The name of the list in a run folder.
pub const SUMS: &str = "SHA256SUMS";

/// Lists all files that are in the folder now, and those of its folders.
pub(super) fn write_sums(folder: &Path) -> Result<(), OutputError> {
    let mut names = BTreeSet::new();
    for name in names_in(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            names.extend(names_in(&path)?.into_iter().map(|inner| format!("{name}/{inner}")));
        } else if name != TIMING {
            names.insert(name);
        }
    }
    let mut list = String::new();
    for name in names {
        let path = folder.join(&name);
        let sum = tried(of_file(&path), "read", &path)?;
        // Writing to a string does not fail.
        let _ = writeln!(list, "{sum}  {name}");
    }
    replace_file(&folder.join(SUMS), list.as_bytes())
}

/// Whether the files of a run folder are those that were written, all of them and no others among files of single runs.
///
/// # Errors
/// The first file that is missing, changed or too many, or the list.
pub fn check_sums(folder: &Path) -> Result<(), Problem> {
    let wrong = |name: &str, what: &str| Err(Problem::with_file(folder.join(name), what, ""));
    let Ok(list) = fs::read_to_string(folder.join(SUMS)) else {
        return wrong(SUMS, "cannot be read: nothing tells whether the files beside it are whole");
    };
    let (mut names, mut inner) = (BTreeSet::new(), BTreeSet::new());
    for line in list.lines() {
        let Some((sum, name)) = line.split_once("  ") else {
            return wrong(SUMS, "is not a list of files and their SHA-256 digests");
        };
        match of_file(&folder.join(name)) {
            Err(_) => return wrong(name, "cannot be read, and was there"),
            Ok(found) if found != sum => return wrong(name, "is not what was written: its digest has changed"),
            Ok(_) => {}
        }
        inner.extend(name.split_once('/').map(|(of, _)| of));
        names.insert(name);
    }
    if !names.contains(MANIFEST) {
        return wrong(SUMS, "does not list all files of a run");
    }
    for of in inner {
        let found = names_in(&folder.join(of)).map_err(|error| Problem::with_file(folder, error.to_string(), ""))?;
        if let Some(more) = found.iter().map(|name| format!("{of}/{name}")).find(|name| !names.contains(&**name)) {
            return wrong(&more, "is not of this run");
        }
    }
    Ok(())
}

fn names_in(folder: &Path) -> Result<Vec<String>, OutputError> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.map(|e| e.file_name().to_string_lossy().into_owned());
    tried(fs::read_dir(folder).and_then(|entries| entries.map(name).collect()), "read", folder)
}
