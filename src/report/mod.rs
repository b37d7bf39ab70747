//! What people read: the layouts side by side, figures, and a page. Pure functions of the result files.
//!
//! `make` writes, into the run folder, `comparison.csv`, `plots/` (SVG and PNG) and `report.html`. The same
//! result files give the same bytes.

mod busy;
mod compare;
mod curves;
mod findings;
mod frontier;
mod gathered;
mod notes;
mod page;
mod pictures;
mod plots;
mod rests;
mod scale;
pub mod sweep;
mod table;

pub use compare::{Comparison, ComparisonRow, compare};
pub use pictures::PLOTS;
pub use plots::Plot;
pub use table::table;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::output::{self, MANIFEST, OutputError, Row, SWEEP_TOML, replace_dir, replace_file, to_csv};
use crate::problem::{Problem, Problems};
use pictures::pictures;

/// The name of the page in a run folder.
pub const PAGE: &str = "report.html";

/// Reads a run folder and makes, or makes again, its comparison, figures and page.
///
/// Each of the three appears whole or not at all. Missing or broken result files are told all at once.
pub fn make(run_dir: &Path) -> Result<Comparison, Problems> {
    let out = output::read(run_dir)?;
    let comparison = compare(&out);
    let plots = plots::all(&out, &comparison);
    let page = page::html(&out, &comparison, &plots);
    let pictures = pictures(plots);
    let write = || -> Result<(), OutputError> {
        replace_file(&run_dir.join(ComparisonRow::FILE), &to_csv(&comparison.rows)?)?;
        replace_dir(&run_dir.join(PLOTS), &pictures)?;
        replace_file(&run_dir.join(PAGE), page.as_bytes())
    };
    write().map_err(|error| Problem::with_file(run_dir, error.to_string(), "then make the report again"))?;
    Ok(comparison)
}

/// Removes what [`make`] made in a run folder, all or part of it.
pub fn unmake(run_dir: &Path) {
    // Where something stays, it is whole, and of these results.
    let _ = fs::remove_dir_all(run_dir.join(PLOTS));
    for file in [ComparisonRow::FILE, PAGE] {
        let _ = fs::remove_file(run_dir.join(file));
    }
}

/// Folders of results that are named at most, in place of one that is none.
const MOST_NAMED: usize = 5;

/// The folder has no results, but others in it may.
fn no_results(dir: &Path) -> Problem {
    let inner = |dir: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| path.is_dir() && !path.file_name().is_some_and(is_hidden)).collect()
    };
    let nearest = inner(dir);
    let all = nearest.iter().flat_map(|dir| inner(dir)).chain(nearest.clone());
    let mut found: Vec<PathBuf> =
        all.filter(|dir| [SWEEP_TOML, MANIFEST].iter().any(|name| dir.join(name).exists())).collect();
    found.sort();
    let named: Vec<String> = found.iter().take(MOST_NAMED).map(|dir| dir.display().to_string()).collect();
    let remedy = match found.len() {
        0 => "name a run folder, as in results/<experiment>/<run id>".to_owned(),
        n if n > MOST_NAMED => format!("name one of the {n} in it, such as {}", named.join(", ")),
        _ => format!("name one that is in it: {}", named.join(", ")),
    };
    let message = format!("is no folder of results: it has neither {MANIFEST} of a run nor {SWEEP_TOML} of a sweep");
    Problem::with_file(dir, message, remedy)
}

fn is_hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with('.')
}

/// What `sdcsim report DIR` does: makes the report of a run or of a sweep, and returns the text for the terminal, which
/// ends by saying where the page is; nothing where `quiet`.
pub fn run(dir: &Path, quiet: bool) -> Result<String, Problems> {
    if dir.is_dir() && ![SWEEP_TOML, MANIFEST].iter().any(|name| dir.join(name).exists()) {
        return Err(no_results(dir).into());
    }
    let (table, page) = if dir.join(SWEEP_TOML).exists() {
        sweep::make(dir)?;
        (String::new(), sweep::PAGE)
    } else {
        (table(&make(dir)?) + "\n", PAGE)
    };
    Ok(if quiet { String::new() } else { format!("{table}report: {}\n", dir.join(page).display()) })
}
