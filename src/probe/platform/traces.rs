//! The traces that the probe reads.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::problem::{Problem, Problems};
use crate::workload::Workload;
use crate::workload::trace::{UNPACKED, azlike, azure2019, azure2021, native, placement, plain};

/// Which form a trace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The project's own form: a folder, or a packed file (.sdt).
    Native,
    /// Azure Functions 2019: a folder with the three files, whose names hold `inv`, `run` or `dur`, and `mem`.
    Azure2019,
    /// Azure Functions 2021: one file.
    Azure2021,
    /// `*functions.csv` (`func_name, kind, mem_mb, warm_dur_ms, cold_overhead_ms`) and `*invocations.csv`
    /// (`invoke_time_ms, func_name`) in a folder.
    Azlike,
    /// One file with `function_id, arrival_s, exec_s, mem_mb, cold_start_s`.
    Placement,
    /// `functions.csv` (`function, app, memory_mib, cold_start_ms`) and `trace.csv` (`arrival_ms, function,
    /// duration_ms`) in a folder, as in traces/conformance.
    Plain,
}

/// Reads a trace for the probe. Memory is the application's average, so that nothing about a function is drawn.
pub fn load_trace(format: Format, path: &Path) -> Result<Workload, Problems> {
    match format {
        Format::Azure2019 => {
            let files = azure2019::Files {
                invocations: vec![find(path, &["inv"])?],
                durations: vec![find(path, &["run", "dur"])?],
                memory: find(path, &["mem"]).into_iter().collect(),
            };
            azure2019::load(&files, &azure2019::Options::default())
        }
        Format::Azure2021 => azure2021::load(&[path.to_owned()], &azure2021::Options::default()),
        Format::Azlike => azlike::load(&find(path, &["functions.csv"])?, &find(path, &["invocations.csv"])?, UNPACKED),
        Format::Placement => placement::load(path, UNPACKED),
        Format::Native => native::load(path),
        Format::Plain => plain::load(&find(path, &["functions.csv"])?, &find(path, &["trace.csv"])?, UNPACKED),
    }
}

/// The name of a file without what says how it is packed.
fn unpacked(file: &Path) -> String {
    let name = file.to_string_lossy().into_owned();
    [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).map_or(name.clone(), str::to_owned)
}

/// The file of a trace whose name holds one of `words`, the first in alphabetical order. `path` is the folder of the
/// trace, one of its files, or what the names of its files begin with.
fn find(path: &Path, words: &[&str]) -> Result<PathBuf, Problems> {
    let (folder, prefix) = if path.is_dir() {
        (path, String::new())
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let prefix = if path.is_file() { String::new() } else { name.to_lowercase() };
        (path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")), prefix)
    };
    let remedy = "name the folder with all files of the trace";
    let unreadable = |error| Problem::with_file(path, format!("this format has several files: {error}"), remedy);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let fits = |file: &&PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        name.contains(".csv") && name.starts_with(&prefix) && words.iter().any(|word| name.contains(word))
    };
    let found = files.iter().find(fits);
    if let Some(first) = found
        && let Some(other) = files.iter().filter(fits).find(|file| *file != first && unpacked(file) == unpacked(first))
    {
        let name = other.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("is there as {name} too, and only one of them can be meant");
        return Err(Problem::with_file(first, message, "keep one of them, or move the other elsewhere").into());
    }
    found.cloned().ok_or_else(|| {
        let message = format!("there is no .csv file with `{}` in its name", words.join("` or `"));
        Problem::with_file(path, message, remedy).into()
    })
}
