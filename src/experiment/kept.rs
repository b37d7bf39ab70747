//! What interrupted runs of an experiment kept: whole replications, which the next run goes on from.

use std::path::{Path, PathBuf};

use crate::output::{self, ENTITIES, ExperimentOutput, REQUESTS, Timing, UsedRow};
use crate::problem::{Problem, Problems};

use super::prepare::Prepared;
use super::summary::outputs_info;

/// Replications that are whole, from the first on.
#[derive(Debug)]
pub struct Kept {
    pub(super) output: ExperimentOutput,
    pub(super) timing: Timing,
    pub(super) used: Vec<UsedRow>,
    folder: PathBuf,
}

impl Kept {
    /// Reads what was kept of this experiment in `place`, a folder of run folders; `None` where nothing was.
    ///
    /// # Errors
    /// Files that cannot be read or have changed, or are of another version of the program, or of other outputs, or unsound.
    pub fn find(prepared: &Prepared, place: &Path) -> Result<Option<Self>, Problems> {
        let (identity, experiment) = (&prepared.identity, &prepared.plan.experiment);
        let folder = place.join(output::run_id_of(&identity.config_hash, experiment.seed));
        if !folder.exists() {
            return Ok(None);
        }
        let manifest = output::read_manifest(&folder)?;
        if manifest.version == env!("CARGO_PKG_VERSION") {
            output::check_sums(&folder)?;
        }
        let kept = Self {
            output: output::read(&folder)?,
            timing: output::read_timing(&folder)?,
            used: output::read_used(&folder)?,
            folder,
        };
        match kept.misfit(prepared) {
            None => Ok(Some(kept)),
            Some(why) => Err(Problem::with_file(&kept.folder, why, "").into()),
        }
    }

    /// Why it is not the beginning of what is to be run.
    fn misfit(&self, prepared: &Prepared) -> Option<&'static str> {
        let (manifest, experiment) = (&self.output.manifest, &prepared.plan.experiment);
        let layouts = prepared.plan.layouts.iter().map(|layout| &layout.name);
        let expected = (0..manifest.replications).flat_map(|n| layouts.clone().map(move |layout| (layout, n)));
        let runs = manifest.runs.iter().map(|run| (&run.layout, run.replication));
        let has = |wanted: bool, name: &str| !wanted || self.folder.join(name).is_dir();
        let outputs = outputs_info(&experiment.outputs);
        match () {
            () if manifest.version != env!("CARGO_PKG_VERSION") => Some("is of another version of the program"),
            () if manifest.config_hash != prepared.identity.config_hash || manifest.seed != experiment.seed => {
                Some("is of another experiment")
            }
            () if manifest.outputs != outputs => Some("has other outputs"),
            () if !has(outputs.requests, REQUESTS) || !has(outputs.resources == "entity", ENTITIES) => {
                Some("lacks files of single runs")
            }
            () if !manifest.audits.iter().all(|audit| audit.holds) => Some("breaks a conservation law"),
            () if manifest.replications > experiment.replications
                || !runs.eq(expected)
                || self.used.len() != manifest.runs.len() =>
            {
                Some("lacks runs")
            }
            () => None,
        }
    }

    /// How many replications.
    pub fn replications(&self) -> u32 {
        self.output.manifest.replications
    }

    /// The run folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
