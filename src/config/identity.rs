//! What tells one experiment from another, and the one text that says all of it.
//!
//! Results depend on the values of the keys and on the bytes of the trace, not on how many files the keys stand in, where the
//! trace lies, or what is written besides.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::load::Loaded;
use super::raw::{Experiment, WorkloadSource};
use super::shipped;
use super::tree::Source;
use super::write;

/// What is written down of an experiment besides what it measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// As of [`config_hash`].
    pub config_hash: String,
    /// As of [`resolved_toml`].
    pub resolved_toml: String,
    /// The digest of the trace's bytes; none where the workload is generated.
    pub trace: Option<String>,
    /// The files and arguments that the experiment was put together from, one a line.
    pub sources: Vec<String>,
}

impl Identity {
    /// Of an experiment on a trace with this digest; `locate` tells where the path at a key of its source leads.
    pub fn of(loaded: &Loaded<Experiment>, trace: Option<String>, locate: impl Fn(&str, &Path) -> PathBuf) -> Self {
        Self {
            config_hash: config_hash(&loaded.raw, trace.as_deref()),
            resolved_toml: resolved_toml(&loaded.raw, locate),
            trace,
            sources: sources(loaded),
        }
    }
}

/// SHA-256, in hex, of what results depend on: of what the config means, independent of the order of keys, comments, the
/// split into files, the way a quantity is written, and whether a default is spelt out; and of the trace's bytes by their
/// digest, wherever they lie. What is written besides the summary (`outputs`) is not in it.
pub fn config_hash(raw: &Experiment, trace: Option<&str>) -> String {
    let mut raw = raw.clone();
    for (_, path) in paths(&mut raw.workload.source) {
        *path = PathBuf::new();
    }
    let mut json = serde_json::to_value(&raw).expect("config structs have text keys only");
    if let Some(map) = json.as_object_mut() {
        map.remove("outputs");
        map.insert("trace".to_owned(), trace.into());
    }
    let mut canonical = String::new();
    write::canonical(&json, &mut canonical);
    Sha256::digest(canonical.as_bytes()).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The experiment as one TOML file with every default in it, which loads again to the same values from any folder: paths of
/// traces are as `locate` tells of each key of the source.
pub fn resolved_toml(raw: &Experiment, locate: impl Fn(&str, &Path) -> PathBuf) -> String {
    let mut raw = raw.clone();
    for (key, path) in paths(&mut raw.workload.source) {
        *path = locate(&key, path);
    }
    format!("{}\n{}", write::RESOLVED_HEADER, text(&raw))
}

fn text(raw: &impl Serialize) -> String {
    write::document(&toml::Value::try_from(raw).expect("whole numbers of a config fit in 64 bits with a sign"))
}

/// The paths of a source, each with its key below `workload.source`.
pub fn paths(source: &mut WorkloadSource) -> Vec<(String, &mut PathBuf)> {
    fn all<'p>(key: &'static str, paths: &'p mut [PathBuf]) -> impl Iterator<Item = (String, &'p mut PathBuf)> {
        paths.iter_mut().enumerate().map(move |(i, path)| (format!("{key}[{i}]"), path))
    }
    match source {
        WorkloadSource::Native(source) => vec![("path".to_owned(), &mut source.path)],
        WorkloadSource::Azure2021(source) => vec![("path".to_owned(), &mut source.path)],
        WorkloadSource::Azure2019(source) => all("invocations", &mut source.invocations)
            .chain(all("durations", &mut source.durations))
            .chain(all("memory", &mut source.memory))
            .collect(),
        WorkloadSource::Generated(_) => Vec::new(),
    }
}

/// The files, with the digests of those that are built in, and the arguments, each once, in the order in which they were
/// read.
fn sources(loaded: &Loaded<Experiment>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for source in &loaded.tree.sources {
        let line = match source {
            Source::File(file) => {
                let digest = shipped::digest(file).map(|digest| format!(", built in, SHA-256 {digest}"));
                format!("{}{}", file.display(), digest.unwrap_or_default())
            }
            Source::Argument(argument) => argument.clone(),
        };
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}
