//! A sweep for people: one table of all its points, figures over its axes, and a page.
//!
//! `collect` reads the folders of the points and writes `sweep.csv` and `sweep.toml`; `make` reads those two and
//! writes `plots/` (SVG and PNG) and `sweep.html`. The same files give the same bytes.

mod page;

use std::path::Path;

use indexmap::IndexMap;

use super::compare::compare;
use super::curves::{Lines, Spans};
use super::frontier::frontiers;
use super::{PLOTS, pictures, plots};
use crate::output::{
    self, OutputError, POINTS, SweepFiles, SweepManifest, SweepRow, read_scalars, read_sweep, read_sweep_rows,
    replace_dir, replace_file,
};
use crate::problem::{Problem, Problems};

/// The name of the page of a sweep.
pub const PAGE: &str = "sweep.html";

/// Different notes on points that the manifest holds at most; the others are counted.
const MOST_FLAGS: usize = 20;

/// Makes `sweep.csv` and `sweep.toml` in `folder` from the folders of the points, one after the other, so that
/// memory does not grow with their number. Points without a folder are noted as missing. Returns what `sweep.toml` says.
pub fn collect(folder: &Path, mut manifest: SweepManifest) -> Result<SweepManifest, Problems> {
    let columns = manifest.clone();
    let files = SweepFiles { folder, drawn: &[PAGE, PLOTS] };
    let (mut missing, mut flags, mut first) = (Vec::new(), Flags::default(), None);
    let written = files.table(&columns, |sink| {
        for (index, id) in columns.ids.iter().enumerate() {
            let dir = folder.join(POINTS).join(id);
            if !dir.join(output::MANIFEST).exists() {
                missing.push(id.clone());
                continue;
            }
            let point = read_scalars(&dir).map_err(Stopped::Reading)?;
            let comparison = compare(&point);
            comparison.doubts().into_iter().for_each(|note| flags.add(note, id));
            first.get_or_insert((point.manifest.basis, point.manifest.replications));
            for row in comparison.rows {
                let interval = row.ends();
                let (layout, metric, unit) = (row.layout, row.metric, row.unit);
                sink(&SweepRow { point: index, layout, metric, mean: row.mean, interval, unit, n: row.n })?;
            }
        }
        Ok(())
    });
    (manifest.basis, manifest.replications) = first.unwrap_or_default();
    (manifest.flags, manifest.missing) = (flags.told(), missing);
    let written = written.and_then(|()| Ok(files.manifest(&manifest)?));
    written.map_err(|stopped: Stopped| stopped.told(folder)).map(|()| manifest)
}

/// What makes points doubtful: each note with the first point that it is about, and how many there are.
#[derive(Default)]
struct Flags {
    notes: IndexMap<String, (String, u64)>,
    more: u64,
}

impl Flags {
    fn add(&mut self, note: String, id: &str) {
        if let Some((_, points)) = self.notes.get_mut(&note) {
            *points += 1;
        } else if self.notes.len() < MOST_FLAGS {
            self.notes.insert(note, (id.to_owned(), 1));
        } else {
            self.more += 1;
        }
    }

    fn told(self) -> Vec<String> {
        let tell = |(note, (id, points)): (String, (String, u64))| match points {
            1 => format!("{id}: {note}"),
            _ => format!("{points} points, {id} among them: {note}"),
        };
        let more = (self.more > 0).then(|| format!("and {} more notes on points", self.more));
        self.notes.into_iter().map(tell).chain(more).collect()
    }
}

/// Why a table was not written.
enum Stopped {
    Reading(Problems),
    Writing(OutputError),
}

impl From<OutputError> for Stopped {
    fn from(error: OutputError) -> Self {
        Self::Writing(error)
    }
}

impl Stopped {
    fn told(self, folder: &Path) -> Problems {
        match self {
            Self::Reading(problems) => problems,
            Self::Writing(error) => cannot_write(folder, &error),
        }
    }
}

fn cannot_write(folder: &Path, error: &OutputError) -> Problems {
    Problem::with_file(folder, error.to_string(), "then run the same sweep again: points that are there are kept")
        .into()
}

/// Makes the figures and the page from `sweep.csv` and `sweep.toml`. Each appears whole or not at all.
pub fn make(folder: &Path) -> Result<(), Problems> {
    let manifest = read_sweep(folder)?;
    let (mut lines, mut spans) = (Lines::new(&manifest), Spans::default());
    read_sweep_rows(folder, &manifest, |row| {
        lines.add(&row);
        spans.add(&row);
    })?;
    let plots = plots::of_sweep(&frontiers(&lines), &lines.curves());
    let page = page::html(&manifest, &spans, &plots);
    let write = || -> Result<(), OutputError> {
        replace_dir(&folder.join(PLOTS), &pictures(plots))?;
        replace_file(&folder.join(PAGE), page.as_bytes())
    };
    let again = || format!("all results are there, without a page: `sdcsim report {}` makes it", folder.display());
    write().map_err(|error| Problem::with_file(folder, error.to_string(), again()).into())
}
