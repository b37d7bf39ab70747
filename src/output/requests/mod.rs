//! One row for each request of a run, in columnar files: only where `outputs.requests` asks for them.
//!
//! ```text
//! results/<experiment>/<run id>/requests/
//!   functions.csv                       the functions: id, owner, app, name, memory
//!   <layout>-<replication>.parquet      one row for each request answered or rejected, in the order in which they ended
//! ```
//!
//! The files grow in a hidden folder beside the results while the runs go on, and become part of the run folder when
//! that appears. Each file has a thread of its own, which is handed full buffers of rows in order: what is in the file
//! depends on the run alone, however the threads are timed.

mod file;
mod rows;
mod writer;

pub use rows::ROWS_PER_GROUP;
pub use writer::RequestWriter;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use super::atomic::{OutputError, hidden, replace_file_with, sync_dir, tried};
use super::manifest::run_id_of;
use crate::workload::Functions;

/// The folder of the requests in a run folder.
pub const REQUESTS: &str = "requests";
/// The table of the functions in it.
pub const FUNCTIONS_CSV: &str = "functions.csv";

/// What the files say about themselves: the key-value metadata of each, beside layout and replication.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// The name of the experiment.
    pub experiment: &'a str,
    /// Hash of the resolved configuration, in hexadecimal.
    pub config_hash: &'a str,
    /// The root of all randomness.
    pub seed: u64,
}

/// The files of requests of one experiment on their way: a hidden folder, which is gone when this value is dropped
/// unless it has become part of the results.
#[derive(Debug)]
pub struct RequestFolder {
    path: PathBuf,
    /// Metadata of every file.
    facts: Vec<(&'static str, String)>,
    /// The files with their replications.
    files: Mutex<Vec<(u32, PathBuf)>>,
    fault: OnceLock<OutputError>,
}

impl RequestFolder {
    /// Makes the hidden folder in `folder`, where the results will be, with the table of the functions in it.
    pub fn new(folder: &Path, facts: RequestFacts<'_>, functions: &Functions) -> Result<Self, OutputError> {
        tried(fs::create_dir_all(folder), "make the folder", folder)?;
        let path = hidden(&folder.join(run_id_of(facts.config_hash, facts.seed)), REQUESTS);
        if path.exists() {
            tried(fs::remove_dir_all(&path), "remove the leftover", &path)?;
        }
        tried(fs::create_dir(&path), "make the folder", &path)?;
        let facts = vec![
            ("sdcsim.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("sdcsim.experiment", facts.experiment.to_owned()),
            ("sdcsim.config_hash", facts.config_hash.to_owned()),
            ("sdcsim.seed", facts.seed.to_string()),
        ];
        let made = Self { path, facts, files: Mutex::default(), fault: OnceLock::new() };
        write_functions(&made.path.join(FUNCTIONS_CSV), functions)?;
        Ok(made)
    }

    /// Begins the file of one run. The layout's name must be fit for the name of a file.
    pub fn writer(&self, layout: &str, replication: u32) -> Result<RequestWriter<'_>, OutputError> {
        let path = self.path.join(format!("{layout}-{replication}.parquet"));
        let file = tried(File::create_new(&path), "write", &path)?;
        self.files.lock().expect("nothing panics under this lock").push((replication, path.clone()));
        let of_run = [("sdcsim.layout", layout.to_owned()), ("sdcsim.replication", replication.to_string())];
        RequestWriter::new(&self.fault, file, &path, self.facts.iter().cloned().chain(of_run).collect())
    }

    /// Why a file could not be written, where one could not: the runs are then to stop, and have no results.
    pub fn fault(&self) -> Option<&OutputError> {
        self.fault.get()
    }

    /// Notes why a file cannot be written; the first reason is kept.
    pub fn fail(&self, error: OutputError) {
        let _ = self.fault.set(error);
    }

    /// Removes the files of all replications but the first so many, and says where the others are, to be moved from there.
    pub(super) fn hand_over(&self, replications: u32) -> Result<&Path, OutputError> {
        for (replication, path) in self.files.lock().expect("nothing panics under this lock").iter() {
            if *replication >= replications {
                tried(fs::remove_file(path), "remove", path)?;
            }
        }
        sync_dir(&self.path)?;
        Ok(&self.path)
    }
}

impl Drop for RequestFolder {
    fn drop(&mut self) {
        // Where it has become part of the results, there is nothing left to remove; else what fails adds nothing.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Writes the table of the functions: what the ids in the files stand for.
fn write_functions(path: &Path, functions: &Functions) -> Result<(), OutputError> {
    replace_file_with(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        let mut put = |cells: [&str; 5]| tried(writer.write_record(cells).map_err(Into::into), "write", path);
        put(["function", "owner", "app", "name", "memory_bytes"])?;
        for (id, function) in functions.ids().zip(functions) {
            let (id, memory) = (id.raw().to_string(), function.memory.0.to_string());
            put([&id, &function.owner, &function.app, &function.name, &memory])?;
        }
        tried(writer.flush(), "write", path)
    })
}
