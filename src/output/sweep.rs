//! The files of a sweep: what was varied, and the results of all points in one table.
//!
//! ```text
//! results/<experiment>/
//!   points/<run id>/  the result files of each point, as `sdcsim run` writes them
//!   sweep.toml        what was varied, and which point has which folder
//!   sweep.csv         one row per point, layout and metric: mean and 95 % confidence interval over replications
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::{OutputError, replace_file, replace_file_with, tried};
use super::csvfile::{BadCell, Cells, number};
use crate::hidden::remove_whole;
use crate::problem::{Problem, Problems};

/// The folder of the points' own folders.
pub const POINTS: &str = "points";
/// The name of the table of a sweep.
pub const SWEEP_CSV: &str = "sweep.csv";
/// The name of the manifest of a sweep.
pub const SWEEP_TOML: &str = "sweep.toml";

/// What was varied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepManifest {
    /// `sdcsim`.
    pub program: String,
    /// Its version, as in `0.1.0`.
    pub version: String,
    /// The name of the experiment.
    pub experiment: String,
    /// The question that it answers, in words.
    pub question: String,
    /// What the layouts have in equal measure, in words.
    pub basis: String,
    /// Replications of each point; of the first one, where they differ.
    pub replications: u32,
    /// How many points there are: the product of the axes.
    pub points: u64,
    /// What makes results doubtful, with the point that it is about.
    pub flags: Vec<String>,
    /// The points without results: not run, or failed.
    pub missing: Vec<String>,
    /// The folder of each point below `points`; the last axis moves fastest.
    pub ids: Vec<String>,
    /// The axes, the slowest first.
    pub axis: Vec<SweepAxis>,
    /// Figures that the experiment asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figure: Vec<SweepFigure>,
}

/// A figure that the experiment asks for: a metric over the first axis, or over another metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepFigure {
    /// The metric along y.
    pub y: String,
    /// The metric along x; without it, the first axis.
    pub x: Option<String>,
    /// Whether y is logarithmic; without it, the values decide.
    pub y_log: Option<bool>,
    /// Whether x is logarithmic; without it, the values decide.
    pub x_log: Option<bool>,
    /// Layouts that are bounds, not candidates.
    #[serde(default)]
    pub bounds: Vec<String>,
}

/// One axis of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepAxis {
    /// What it is, for plots, without the unit.
    pub label: String,
    /// Whether plots draw it on a logarithmic scale.
    pub log: bool,
    /// The keys that move together along it, each with as many values.
    pub keys: Vec<SweepKey>,
}

/// A key and its values along an axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepKey {
    /// The key in the experiment.
    pub key: String,
    /// The unit of the values; empty where they have none.
    pub unit: String,
    /// Whether the values are numbers.
    pub numeric: bool,
    /// The values as text.
    pub values: Vec<String>,
}

/// One metric of one layout at one point: a row of `sweep.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRow {
    /// Which point, from zero, in the order of the manifest.
    pub point: usize,
    /// Which layout.
    pub layout: String,
    /// What was measured; see [`metrics::METRICS`](super::metrics::METRICS).
    pub metric: String,
    /// Mean over replications.
    pub mean: f64,
    /// The ends of its 95 % confidence interval; none with one replication.
    pub interval: Option<(f64, f64)>,
    /// The unit of the mean and the interval; `1` for a ratio.
    pub unit: String,
    /// How many replications have a value.
    pub n: u32,
}

impl SweepManifest {
    /// Which value of each axis the point has.
    pub fn indices(&self, point: usize) -> Vec<usize> {
        let mut rest = point;
        let mut indices = Vec::new();
        for axis in self.axis.iter().rev() {
            let count = axis.len().max(1);
            indices.push(rest % count);
            rest /= count;
        }
        indices.reverse();
        indices
    }

    /// The header of `sweep.csv`: the swept keys stand between the point and the layout, with their units.
    pub fn columns(&self) -> Vec<String> {
        let keys = self.axis.iter().flat_map(|axis| &axis.keys);
        let named = keys.map(|k| if k.unit.is_empty() { k.key.clone() } else { format!("{} ({})", k.key, k.unit) });
        let rest = ["layout", "metric", "mean", "ci_low_95", "ci_high_95", "unit", "n"];
        std::iter::once("point".to_owned()).chain(named).chain(rest.map(str::to_owned)).collect()
    }

    fn cells(&self, row: &SweepRow) -> Result<Vec<String>, OutputError> {
        let what = || format!("{} of {} at {}", row.metric, row.layout, self.ids[row.point]);
        let indices = self.indices(row.point);
        let values = self.axis.iter().zip(indices).flat_map(|(axis, i)| axis.keys.iter().map(move |k| &k.values[i]));
        let mut cells = vec![self.ids[row.point].clone()];
        cells.extend(values.cloned());
        cells.extend([row.layout.clone(), row.metric.clone(), number(row.mean, what)?]);
        cells.extend(match row.interval {
            Some((low, high)) => [number(low, what)?, number(high, what)?],
            None => [String::new(), String::new()],
        });
        cells.extend([row.unit.clone(), row.n.to_string()]);
        Ok(cells)
    }

    /// Holds the parts to each other, so that a file that was edited by hand cannot lead anywhere.
    fn check(&self) -> Result<(), String> {
        let counts = self.axis.iter().map(SweepAxis::len);
        let product = counts.into_iter().try_fold(1_usize, usize::checked_mul);
        if self.axis.is_empty() || product != Some(self.ids.len()) || self.ids.is_empty() {
            return Err(format!("{} ids do not fit the axes", self.ids.len()));
        }
        match self.axis.iter().find(|axis| axis.keys.iter().any(|key| key.values.len() != axis.len())) {
            Some(axis) => Err(format!("the keys of the axis `{}` have not as many values", axis.label)),
            None => Ok(()),
        }
    }
}

impl SweepAxis {
    /// How many values it has.
    pub fn len(&self) -> usize {
        self.keys.first().map_or(0, |key| key.values.len())
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The two files of a sweep, on their way to the disk.
#[derive(Debug)]
pub struct SweepFiles<'a> {
    /// The folder of the experiment.
    pub folder: &'a Path,
    /// Files and folders in it that are made of the table: of another one, they go before this one appears.
    pub drawn: &'a [&'a str],
}

impl SweepFiles<'_> {
    /// Writes the table: `rows` is called with a sink for rows and may give any number of them. The table appears
    /// whole or not at all.
    pub fn table<E: From<OutputError>>(
        &self,
        manifest: &SweepManifest,
        rows: impl FnOnce(&mut dyn FnMut(&SweepRow) -> Result<(), OutputError>) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.folder.join(SWEEP_CSV);
        replace_file_with(&path, |file| {
            let mut writer = csv::Writer::from_writer(file);
            let mut put = |cells: Vec<String>| tried(writer.write_record(cells).map_err(Into::into), "write", &path);
            put(manifest.columns())?;
            rows(&mut |row| put(manifest.cells(row)?))?;
            tried(writer.flush(), "write", &path)?;
            drop(writer);
            for old in self.drawn.iter().map(|name| self.folder.join(name)).filter(|old| old.exists()) {
                tried(remove_whole(&old), "remove", &old)?;
            }
            Ok(())
        })
    }

    /// Writes the manifest.
    pub fn manifest(&self, manifest: &SweepManifest) -> Result<(), OutputError> {
        let text = toml::to_string_pretty(manifest).expect("a plain struct with text keys is TOML");
        let head = "# What `sdcsim sweep` varied. The last axis moves fastest along `ids`.\n";
        replace_file(&self.folder.join(SWEEP_TOML), (head.to_owned() + &text).as_bytes())
    }
}

const AGAIN: &str = "run the sweep again to make its files";

/// Reads `sweep.toml`.
pub fn read_sweep(folder: &Path) -> Result<SweepManifest, Problems> {
    let path = folder.join(SWEEP_TOML);
    let text = super::text::read_text(&path)?;
    let wrong = |message: String| Problem::with_file(&path, format!("is not a manifest: {message}"), AGAIN);
    let manifest: SweepManifest = toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1) as u64);
        Problem { line, ..wrong(error.message().lines().collect::<Vec<_>>().join(" ")) }
    })?;
    manifest.check().map_err(wrong)?;
    Ok(manifest)
}

/// Reads `sweep.csv` row by row; only what `keep` keeps stays in memory.
pub fn read_sweep_rows(
    folder: &Path,
    manifest: &SweepManifest,
    mut keep: impl FnMut(SweepRow),
) -> Result<(), Problems> {
    let path = folder.join(SWEEP_CSV);
    let at = |line: u64, subject: &str, message: String| Problem {
        line: Some(line),
        subject: subject.to_owned(),
        ..Problem::with_file(&path, message, AGAIN)
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_path(&path)
        .map_err(|error| Problem::with_file(&path, format!("cannot be read: {error}"), AGAIN))?;
    let columns = manifest.columns();
    let positions: BTreeMap<&str, usize> = manifest.ids.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
    let mut problems = Problems::default();
    for (i, record) in reader.records().enumerate() {
        let record = record.map_err(|error| at(i as u64 + 1, "", format!("cannot be read: {error}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        if i == 0 {
            if record.iter().ne(columns.iter().map(String::as_str)) {
                return Err(at(1, "", format!("its header is not `{}`", columns.join(","))).into());
            }
        } else if record.len() == columns.len() {
            match parse(&Cells::of(&record), columns.len(), &positions) {
                Ok(row) => keep(row),
                Err(bad) => problems.push(at(line, &columns[bad.column], bad.message)),
            }
        } else {
            problems.push(at(line, "", format!("{} cells, but {} columns", record.len(), columns.len())));
        }
    }
    problems.or_ok(())
}

fn parse(cells: &Cells, columns: usize, positions: &BTreeMap<&str, usize>) -> Result<SweepRow, BadCell> {
    // The swept keys are in the manifest too; what comes after them counts from the end.
    let after = columns - 7;
    let id = cells.text(0);
    let unknown = || BadCell { column: 0, message: format!("`{id}` is not in {SWEEP_TOML}") };
    Ok(SweepRow {
        point: *positions.get(id.as_str()).ok_or_else(unknown)?,
        layout: cells.text(after),
        metric: cells.text(after + 1),
        mean: cells.finite(after + 2)?,
        interval: cells.optional(after + 3)?.zip(cells.optional(after + 4)?),
        unit: cells.text(after + 5),
        n: cells.whole(after + 6)?,
    })
}
