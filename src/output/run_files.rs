//! Files of single runs, on their way to a run folder that is still to come.
//!
//! They grow in a hidden folder beside the results while the runs go on, and become part of the run folder when that appears.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use super::atomic::{OutputError, replace_file_with, sync_dir, tried};
use super::manifest::run_id_of;
use super::requests::{REQUESTS, RequestWriter, write_functions};
use super::resources::EntityRow;
use crate::config::plan::file_stem;
use crate::hidden::Hidden;
use crate::workload::Functions;

/// The folder of the files of single nodes, pools and storage nodes in a run folder.
pub const ENTITIES: &str = "entities";

/// What the files are of: which experiment.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    /// The name of the experiment.
    pub experiment: &'a str,
    /// Hash of the resolved configuration, in hexadecimal.
    pub config_hash: &'a str,
    /// The root of all randomness.
    pub seed: u64,
}

/// The files of single runs of one experiment: a [hidden folder](crate::hidden), which is gone when this value is dropped, but
/// for what has become part of the results.
#[derive(Debug)]
pub struct RunFiles {
    hidden: Hidden,
    /// Metadata of every file of requests.
    facts: Vec<(&'static str, String)>,
    /// Which files are asked for, each in a folder of its own.
    folders: Vec<&'static str>,
    /// The files with their replications.
    files: Mutex<Vec<(u32, PathBuf)>>,
    fault: OnceLock<OutputError>,
}

impl RunFiles {
    /// Makes the hidden folder in `folder`, where the results will be.
    pub fn new(folder: &Path, facts: RunFacts<'_>) -> Result<Self, OutputError> {
        let hidden =
            tried(Hidden::folder(&folder.join(run_id_of(facts.config_hash, facts.seed))), "make a folder in", folder)?;
        let facts = vec![
            ("sdcsim.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("sdcsim.experiment", facts.experiment.to_owned()),
            ("sdcsim.config_hash", facts.config_hash.to_owned()),
            ("sdcsim.seed", facts.seed.to_string()),
        ];
        Ok(Self { hidden, facts, folders: Vec::new(), files: Mutex::default(), fault: OnceLock::new() })
    }

    /// With a file of requests for each run, and the table of the functions that they name.
    pub fn with_requests(mut self, functions: &Functions) -> Result<Self, OutputError> {
        self.make_folder(REQUESTS)?;
        write_functions(&self.hidden.path().join(REQUESTS), functions)?;
        Ok(self)
    }

    /// With a file of single nodes, pools and storage nodes for each run.
    pub fn with_entities(mut self) -> Result<Self, OutputError> {
        self.make_folder(ENTITIES)?;
        Ok(self)
    }

    /// With the files of the replications that an interrupted run left in `kept`, a run folder.
    pub fn with_kept(self, kept: &Path) -> Result<Self, OutputError> {
        for name in &self.folders {
            let (from, to) = (kept.join(name), self.hidden.path().join(name));
            for entry in tried(fs::read_dir(&from), "read", &from)? {
                let old = tried(entry, "read", &from)?.path();
                let new = to.join(old.file_name().unwrap_or_default());
                // The table of functions is there. Another name of the same bytes is as good as a copy: nobody changes them.
                if !new.exists() && fs::hard_link(&old, &new).is_err() {
                    tried(fs::copy(&old, &new), "copy", &old)?;
                }
            }
        }
        Ok(self)
    }

    fn make_folder(&mut self, name: &'static str) -> Result<(), OutputError> {
        let path = self.hidden.path().join(name);
        self.folders.push(name);
        tried(fs::create_dir(&path), "make the folder", &path)
    }

    /// The place of a file of one run, which is removed if that replication is not wanted.
    fn place(&self, folder: &str, layout: &str, replication: u32, ending: &str) -> PathBuf {
        let path = self.hidden.path().join(folder).join(format!("{}-{replication}.{ending}", file_stem(layout)));
        self.files.lock().expect("nothing panics under this lock").push((replication, path.clone()));
        path
    }

    /// Begins the file of requests of one run, where they are asked for.
    pub fn requests(&self, layout: &str, replication: u32) -> Result<Option<RequestWriter<'_>>, OutputError> {
        if !self.folders.contains(&REQUESTS) {
            return Ok(None);
        }
        let path = self.place(REQUESTS, layout, replication, "parquet");
        let file = tried(File::create_new(&path), "write", &path)?;
        let of_run = [("sdcsim.layout", layout.to_owned()), ("sdcsim.replication", replication.to_string())];
        let facts = self.facts.iter().cloned().chain(of_run).collect();
        RequestWriter::new(&self.fault, file, &path, facts).map(Some)
    }

    /// Writes the file of single entities of one run, where it is asked for.
    pub fn entities<'a>(
        &self,
        layout: &str,
        replication: u32,
        mut rows: impl Iterator<Item = EntityRow<'a>>,
    ) -> Result<(), OutputError> {
        if !self.folders.contains(&ENTITIES) {
            return Ok(());
        }
        let path = self.place(ENTITIES, layout, replication, "csv");
        replace_file_with(&path, |file| {
            let mut writer = csv::Writer::from_writer(file);
            tried(writer.write_record(EntityRow::COLUMNS).map_err(Into::into), "write", &path)?;
            rows.try_for_each(|row| {
                tried(writer.write_record(row.cells(layout, replication)?).map_err(Into::into), "write", &path)
            })?;
            tried(writer.flush(), "write", &path)
        })
    }

    /// Why a file could not be written, where one could not: the runs are then to stop, and have no results.
    pub fn fault(&self) -> Option<&OutputError> {
        self.fault.get()
    }

    /// Notes why a file cannot be written; the first reason is kept.
    pub fn fail(&self, error: OutputError) {
        let _ = self.fault.set(error);
    }

    /// Removes the files of all replications but the first so many, and says in which folders the others are, to be moved
    /// from there.
    pub(super) fn hand_over(&self, replications: u32) -> Result<Vec<(&'static str, PathBuf)>, OutputError> {
        for (replication, path) in self.files.lock().expect("nothing panics under this lock").iter() {
            if *replication >= replications && path.exists() {
                tried(fs::remove_file(path), "remove", path)?;
            }
        }
        let folders = self.folders.iter().map(|name| (*name, self.hidden.path().join(name)));
        folders.map(|(name, path)| sync_dir(&path).map(|()| (name, path))).collect()
    }
}
