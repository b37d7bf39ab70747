//! Workloads: arrivals, readers of public traces, the generator, statistics.

use std::path::PathBuf;

mod arrivals;
mod cli;
mod generated;
mod public;
mod readers;
mod wrong;

/// A file of the shared folder of public traces, which lies beside the repository or where `SDCSIM_SHARED` says;
/// `None`, with a message, where it is missing.
fn shared(path: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let file = std::env::var_os("SDCSIM_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if !file.exists() {
        eprintln!("SKIPPED: {} is missing; set SDCSIM_SHARED to the folder of public traces", file.display());
        return None;
    }
    Some(file)
}

/// A file `name` with `text` in the folder.
fn put(dir: &tempfile::TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}
