//! `sdcsim trace convert`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum as _};

use super::{Format, Source};
use crate::cli::progress::Waiting;
use crate::problem::{Problem, Problems};
use crate::rng::RootSeed;
use crate::units::Bytes;
use crate::workload::trace::{native, packed};
use crate::workload::{Spacing, Workload};

/// `sdcsim trace convert`.
#[derive(Clone, Debug, Args)]
pub struct Convert {
    /// The form of the trace.
    #[arg(long, value_enum, default_value_t = Format::Native)]
    pub format: Format,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub source: Source,
    /// What to make: a file whose name ends in .sdt is packed, anything else is a folder of CSV files; it must not exist.
    #[arg(long)]
    pub out: PathBuf,
    /// Write each invocation, rather than counts per minute: those of the first replication with --seed, placed
    /// uniformly within their minutes. Only for packed files.
    #[arg(long)]
    pub list: bool,
}

impl Convert {
    /// Converts, and tells sizes and times.
    pub(super) fn run(&self) -> Result<String, Problems> {
        let to_file = self.out.extension().is_some_and(|end| end == packed::EXTENSION);
        if self.list && !to_file {
            return Err(Problem {
                subject: "list".into(),
                message: format!("--list does not write folders such as {}", self.out.display()),
                remedy: format!("end the name of --out in .{}, then convert that file to a folder", packed::EXTENSION),
                ..Problem::default()
            }
            .into());
        }
        let started = now();
        let waiting = Waiting::new("reading");
        let workload = self.source.load(self.format)?;
        waiting.done();
        let read_s = started.elapsed().as_secs_f64();
        let started = now();
        self.write(&workload, to_file)?;
        let write_s = started.elapsed().as_secs_f64();
        let mut out = workload.report().to_string();
        let files = self.source.files();
        let from = files.iter().map(|file| size(file)).sum();
        told(&mut out, "read", &files[0], from, read_s, workload.report().rows);
        told(&mut out, "wrote", &self.out, size(&self.out), write_s, workload.invocations());
        Ok(out)
    }

    fn write(&self, workload: &Workload, to_file: bool) -> Result<(), Problems> {
        let root = RootSeed::new(self.source.seed, 0);
        let waiting = Waiting::new("writing");
        if to_file {
            let form = if self.list { packed::Form::Listed(Spacing::default()) } else { packed::Form::AsItIs };
            packed::save(workload, form, root, &self.out, &mut |rows| waiting.at(rows))?;
        } else {
            let format = self.format.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
            native::save(workload, root, &self.out, &[("converted_from", &format)])?;
        }
        waiting.done();
        Ok(())
    }
}

impl Source {
    /// All files that are named, at least one where a trace was loaded.
    fn files(&self) -> Vec<PathBuf> {
        [&self.paths, &self.invocations, &self.durations, &self.memory].into_iter().flatten().cloned().collect()
    }
}

/// The bytes of a file, or of the files in a folder; zero where that is not known any more.
fn size(path: &Path) -> u64 {
    let Ok(meta) = path.metadata() else { return 0 };
    if meta.is_file() {
        return meta.len();
    }
    let inside = path.read_dir().into_iter().flatten().flatten();
    inside.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|meta| meta.len()).sum()
}

/// One line: what was done with which path, its size, the time it took, and the rates.
fn told(out: &mut String, verb: &str, path: &Path, bytes: u64, seconds: f64, items: u64) {
    let (mib, rate) = (Bytes(bytes).as_mib_f64(), 1.0 / seconds.max(1e-9));
    let what = if verb == "read" { "rows" } else { "invocations" };
    let _ = writeln!(
        out,
        "{verb:<6}{}: {mib:.2} MiB in {seconds:.2} s, {:.0} MiB/s, {:.2} million {what}/s",
        path.display(),
        mib * rate,
        items as f64 * rate / 1e6,
    );
}

#[expect(clippy::disallowed_methods, reason = "the time that a conversion takes is told")]
fn now() -> Instant {
    Instant::now()
}
