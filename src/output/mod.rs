//! The files of one run of an experiment: written so that they appear whole or not at all, and read back.
//!
//! ```text
//! results/<experiment>/<run id>/
//!   manifest.json  what was run: version, seed, layouts, runs, workload, audits, warnings
//!   resolved.toml  every parameter, as the runs saw it: an experiment that gives the same folder, from anywhere
//!   summary.csv    one number per layout, replication and metric (see `metrics`)
//!   quantiles.csv  the distribution of response times
//!   breakdown.csv  where the mean response time went
//!   series.csv     capacity and load over time
//!   ranges.csv     how far ratios of energy and money move within the ranges of prices and powers, where these have any
//!   resources.csv  how busy each group of nodes, pools and storage nodes was, unless `outputs.resources` is "none"
//!   entities/      the same of each node, pool and storage node, where `outputs.resources` is "entity"
//!   requests/      one row for each request, where `outputs.requests` asks for them (see `requests`)
//!   SHA256SUMS     digests of the files above, for `sha256sum --check`
//!   timing.json    how long the simulator took, and from which files: the only file that differs between two equal runs
//! ```
//!
//! Every file but `timing.json` depends on the configuration, the trace, the seed and the version alone. Floats print
//! in the shortest form that reads back as the same number. There is no NaN: what was not measured has no row.

mod atomic;
mod csvfile;
mod manifest;
pub mod metrics;
mod ranges;
mod requests;
mod resources;
mod rows;
mod run_files;
mod sums;
mod sweep;
mod text;
mod used;

pub use crate::config::plan::Vary;
pub use atomic::{OutputError, replace_dir, replace_file, replace_file_with};
pub use csvfile::{BadCell, Cells, Row, number, read_rows, to_csv};
pub use manifest::{
    AuditRow, Counted, HeldEqual, LayoutInfo, MANIFEST, Manifest, OutputsInfo, RunInfo, RunTiming, SMALL_LOSS, TIMING,
    Timing, WorkloadInfo, run_id, run_id_of,
};
pub use ranges::RangeRow;
pub use requests::{FUNCTIONS_CSV, REQUESTS, ROWS_PER_GROUP, RequestWriter};
pub use resources::{EntityRow, RESOURCES, ResourceRow, Use};
pub use rows::{BreakdownRow, QuantileRow, SeriesRow, SummaryRow};
pub use run_files::{ENTITIES, RunFacts, RunFiles};
pub use sums::{SUMS, check_sums};
pub use sweep::{
    POINTS, SWEEP_CSV, SWEEP_TOML, SweepAxis, SweepFigure, SweepFiles, SweepKey, SweepManifest, SweepRow, read_sweep,
    read_sweep_rows,
};
pub use used::{USED, UsedRow, read_used};

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::hidden::remove_whole;
use crate::problem::{Problem, Problems};
use text::read_text;

/// The name of the resolved configuration in a run folder.
pub const RESOLVED: &str = "resolved.toml";

/// All that one experiment produced, for all layouts and replications, apart from wall-clock times.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentOutput {
    /// What was run.
    pub manifest: Manifest,
    /// The configuration with every default filled in, as TOML.
    pub resolved_toml: String,
    /// Scalar results.
    pub summary: Vec<SummaryRow>,
    /// The distribution of response times, about 200 quantiles per run with 0.5, 0.9, 0.99, 0.999 and 1 among them.
    pub quantiles: Vec<QuantileRow>,
    /// Mean response time by component.
    pub breakdown: Vec<BreakdownRow>,
    /// What changes over time.
    pub series: Vec<SeriesRow>,
    /// How busy each group of the hardware was; empty where that was not asked for.
    pub resources: Vec<ResourceRow>,
    /// How far ratios of energy and money move within the ranges of prices and powers; empty where none has a range.
    pub ranges: Vec<RangeRow>,
}

/// Writes the run to `root/<experiment>/<run id>/` and returns that folder; see [`write_in`].
pub fn write(out: &ExperimentOutput, timing: &Timing, root: &Path) -> Result<PathBuf, OutputError> {
    out.manifest.check()?;
    write_in(out, timing, None, &root.join(&out.manifest.experiment))
}

/// Writes the run to `folder/<run id>/` and returns that folder.
///
/// The files are written to a hidden folder beside it, synced, and renamed. A folder of the same run id is
/// replaced, with all that is in it, only once the new one is complete; after an error nothing has changed.
///
/// The `run_files` of all replications that `out` has are moved into the folder, which should be on the same disk.
pub fn write_in(
    out: &ExperimentOutput,
    timing: &Timing,
    run_files: Option<&RunFiles>,
    folder: &Path,
) -> Result<PathBuf, OutputError> {
    write_with(out, timing, Beside { run_files, used: None }, folder, |_| ()).map(|(run_dir, ())| run_dir)
}

/// What a run folder has beside the tables.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Files of single runs.
    pub run_files: Option<&'a RunFiles>,
    /// What single runs used, where others are to follow.
    pub used: Option<&'a [UsedRow]>,
}

/// As [`write_in`], with what `more` makes in the folder of all these files before it appears, which it does whatever comes of
/// that; what `more` gives is returned too.
pub fn write_with<T>(
    out: &ExperimentOutput,
    timing: &Timing,
    beside: Beside<'_>,
    folder: &Path,
    more: impl FnOnce(&Path) -> T,
) -> Result<(PathBuf, T), OutputError> {
    out.manifest.check()?;
    timing.check()?;
    let mut files = vec![
        (MANIFEST.to_owned(), manifest::to_json(&out.manifest)),
        (RESOLVED.to_owned(), out.resolved_toml.clone().into_bytes()),
        (SummaryRow::FILE.to_owned(), to_csv(&out.summary)?),
        (QuantileRow::FILE.to_owned(), to_csv(&out.quantiles)?),
        (BreakdownRow::FILE.to_owned(), to_csv(&out.breakdown)?),
        (SeriesRow::FILE.to_owned(), to_csv(&out.series)?),
        (TIMING.to_owned(), manifest::to_json(timing)),
    ];
    if !out.resources.is_empty() {
        files.push((ResourceRow::FILE.to_owned(), to_csv(&out.resources)?));
    }
    if !out.ranges.is_empty() {
        files.push((RangeRow::FILE.to_owned(), to_csv(&out.ranges)?));
    }
    if let Some(used) = beside.used {
        files.push((USED.to_owned(), manifest::to_json(&used)));
    }
    let run_dir = folder.join(run_id(&out.manifest));
    let folders = beside.run_files.map(|files| files.hand_over(out.manifest.replications)).transpose()?;
    let made = atomic::replace_dir_with(&run_dir, &files, &folders.unwrap_or_default(), |new| {
        sums::write_sums(new)?;
        Ok::<T, OutputError>(more(new))
    })?;
    Ok((run_dir, made))
}

/// Removes the folder of the run in `folder`, where there is one, and `folder` too where nothing else is in it.
pub fn remove_run(folder: &Path, manifest: &Manifest) -> Result<(), OutputError> {
    let run_dir = folder.join(run_id(manifest));
    if run_dir.exists() {
        atomic::tried(remove_whole(&run_dir), "remove", &run_dir)?;
        // It stays where another run is in it.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// Waits until no other process has the folder, which is made where it is missing, and keeps it until what is returned is
/// dropped.
pub fn lock_folder(folder: &Path) -> Result<Option<File>, OutputError> {
    atomic::tried(fs::create_dir_all(folder), "make the folder", folder)?;
    // Only Unix opens a folder as a file. Where there are no locks, the one that writes last is kept.
    let file = if cfg!(unix) { Some(atomic::tried(File::open(folder), "open", folder)?) } else { None };
    Ok(file.filter(|file| file.lock().is_ok()))
}

/// Reads a run folder back. All that is missing or broken in any of its files is reported at once.
pub fn read(run_dir: &Path) -> Result<ExperimentOutput, Problems> {
    let mut problems = Problems::default();
    if !run_dir.is_dir() {
        let what = if run_dir.exists() { "is not a folder" } else { "does not exist" };
        return Err(Problem::with_file(run_dir, what, "name a run folder, as in results/<experiment>/<run id>").into());
    }
    let manifest = keep(manifest::read(&run_dir.join(MANIFEST)), &mut problems);
    let resolved_toml = keep(read_text(&run_dir.join(RESOLVED)), &mut problems);
    let known = manifest.as_ref();
    let summary = keep(read_known(run_dir, known), &mut problems);
    let quantiles = keep(read_known(run_dir, known), &mut problems);
    let breakdown = keep(read_known(run_dir, known), &mut problems);
    let series = keep(read_known(run_dir, known), &mut problems);
    // Not every run has it.
    let has_resources = run_dir.join(ResourceRow::FILE).exists();
    let resources = if has_resources { keep(read_known(run_dir, known), &mut problems) } else { Some(Vec::new()) };
    let has_ranges = run_dir.join(RangeRow::FILE).exists();
    let ranges = if has_ranges { keep(read_ranges(run_dir, known), &mut problems) } else { Some(Vec::new()) };
    let whole = || {
        Some(ExperimentOutput {
            manifest: manifest?,
            resolved_toml: resolved_toml?,
            summary: summary?,
            quantiles: quantiles?,
            breakdown: breakdown?,
            series: series?,
            resources: resources?,
            ranges: ranges?,
        })
    };
    match whole() {
        Some(out) => problems.or_ok(out),
        None => Err(problems),
    }
}

/// Reads the wall-clock times of a run folder.
pub fn read_timing(run_dir: &Path) -> Result<Timing, Problems> {
    manifest::read_timing(&run_dir.join(TIMING))
}

/// Reads the manifest of a run folder alone.
pub fn read_manifest(run_dir: &Path) -> Result<Manifest, Problems> {
    manifest::read(&run_dir.join(MANIFEST))
}

/// Reads what a sweep needs of a run folder: its manifest and its scalar results. The rest is left empty.
pub fn read_scalars(run_dir: &Path) -> Result<ExperimentOutput, Problems> {
    let manifest = read_manifest(run_dir)?;
    let summary = read_known(run_dir, Some(&manifest))?;
    Ok(ExperimentOutput {
        manifest,
        resolved_toml: String::new(),
        summary,
        quantiles: Vec::new(),
        breakdown: Vec::new(),
        series: Vec::new(),
        resources: Vec::new(),
        ranges: Vec::new(),
    })
}

/// Reads the ranges of ratios, and holds their layouts to those of the manifest.
fn read_ranges(run_dir: &Path, manifest: Option<&Manifest>) -> Result<Vec<RangeRow>, Problems> {
    let path = run_dir.join(RangeRow::FILE);
    let numbered = read_rows::<RangeRow>(&path)?;
    let mut problems = Problems::default();
    for (line, row) in &numbered {
        if manifest.is_some_and(|manifest| !manifest.layouts.iter().any(|layout| layout.name == row.layout)) {
            problems.push(not_of_one_run(&path, *line, format!("layout `{}` is not in {MANIFEST}", row.layout)));
        }
    }
    problems.or_ok(numbered.into_iter().map(|(_, row)| row).collect())
}

/// A row that says something else than the manifest.
fn not_of_one_run(path: &Path, line: u64, message: String) -> Problem {
    let remedy = "the files of the folder are not of one run: run the experiment again".to_owned();
    Problem { line: Some(line), ..Problem::with_file(path, message, remedy) }
}

/// The value, or its problems moved to `problems`.
fn keep<T>(result: Result<T, Problems>, problems: &mut Problems) -> Option<T> {
    result.map_err(|more| problems.extend(more)).ok()
}

/// A row that belongs to one run of one layout.
trait OfRun: Row {
    /// The layout and the replication.
    fn run(&self) -> (&str, u32);
}

impl OfRun for SummaryRow {
    fn run(&self) -> (&str, u32) {
        (&self.layout, self.replication)
    }
}
impl OfRun for QuantileRow {
    fn run(&self) -> (&str, u32) {
        (&self.layout, self.replication)
    }
}
impl OfRun for BreakdownRow {
    fn run(&self) -> (&str, u32) {
        (&self.layout, self.replication)
    }
}
impl OfRun for SeriesRow {
    fn run(&self) -> (&str, u32) {
        (&self.layout, self.replication)
    }
}
impl OfRun for ResourceRow {
    fn run(&self) -> (&str, u32) {
        (&self.layout, self.replication)
    }
}

/// Reads rows and holds their layouts and replications to those of the manifest.
fn read_known<R: OfRun>(run_dir: &Path, manifest: Option<&Manifest>) -> Result<Vec<R>, Problems> {
    let path = run_dir.join(R::FILE);
    let numbered = read_rows::<R>(&path)?;
    let mut problems = Problems::default();
    if let Some(manifest) = manifest {
        for (line, row) in &numbered {
            let (layout, replication) = row.run();
            let message = if !manifest.layouts.iter().any(|l| l.name == layout) {
                format!("layout `{layout}` is not in {MANIFEST}")
            } else if replication >= manifest.replications {
                format!("replication {replication}, but {MANIFEST} says {} of them", manifest.replications)
            } else {
                continue;
            };
            problems.push(not_of_one_run(&path, *line, message));
        }
    }
    problems.or_ok(numbered.into_iter().map(|(_, row)| row).collect())
}
