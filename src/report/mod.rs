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

use std::path::Path;

use crate::output::{self, OutputError, Row, SWEEP_TOML, replace_dir, replace_file, to_csv};
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

/// What `sdcsim report DIR` does: makes the report of a run or of a sweep, and returns the text for the terminal, which
/// ends by saying where the page is; nothing where `quiet`.
pub fn run(dir: &Path, quiet: bool) -> Result<String, Problems> {
    let (table, page) = if dir.join(SWEEP_TOML).exists() {
        sweep::make(dir)?;
        (String::new(), sweep::PAGE)
    } else {
        (table(&make(dir)?) + "\n", PAGE)
    };
    Ok(if quiet { String::new() } else { format!("{table}report: {}\n", dir.join(page).display()) })
}
