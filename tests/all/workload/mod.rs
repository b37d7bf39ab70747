//! Workloads: arrivals, readers of public traces, the generator, statistics.

use std::path::PathBuf;

use crate::shared::shared;

mod arrivals;
mod cli;
mod compressed;
mod digest;
mod foreign;
mod generated;
mod limits;
mod own;
mod packed;
mod packed_damage;
mod public;
mod readers;
mod select;
mod vary;
mod wrong;

/// A file `name` with `text` in the folder.
fn put(dir: &tempfile::TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}
