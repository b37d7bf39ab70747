//! Files of single runs: of requests, written while they are served, and of nodes, pools and storage nodes.

use std::path::Path;

use crate::config::plan::ResourceDetail;
use crate::ids::FunctionId;
use crate::output::{OutputError, RequestWriter, RunFacts, RunFiles};
use crate::record::{Completed, Recorder, Rejection};
use crate::units::Time;

use super::collect::Collector;
use super::kept::Kept;
use super::prepare::Prepared;

/// Listens to one run for the result rows and for the file of its requests.
pub(super) struct WithRequests<'f> {
    pub heard: Collector,
    pub writer: RequestWriter<'f>,
}

impl Recorder for WithRequests<'_> {
    fn completed(&mut self, request: &Completed) {
        self.heard.completed(request);
        self.writer.completed(request);
    }

    fn rejected(&mut self, at: Time, function: FunctionId, reason: Rejection) {
        self.heard.rejected(at, function, reason);
        self.writer.rejected(at, function, reason);
    }

    fn had_started(&mut self, at: Time, function: FunctionId, cold: bool) {
        self.heard.had_started(at, function, cold);
    }
}

/// Makes room in `folder`, where the run folder will be, for files of single runs, with those of the replications that were
/// `kept`; `None` where none are asked for.
pub fn run_files(prepared: &Prepared, kept: Option<&Kept>, folder: &Path) -> Result<Option<RunFiles>, OutputError> {
    let (experiment, config_hash) = (&prepared.plan.experiment, &*prepared.identity.config_hash);
    let (requests, entities) = (experiment.outputs.requests, experiment.outputs.resources == ResourceDetail::Entity);
    if !requests && !entities {
        return Ok(None);
    }
    let facts = RunFacts { experiment: &experiment.name, config_hash, seed: experiment.seed };
    let mut files = RunFiles::new(folder, facts)?;
    if requests {
        files = files.with_requests(prepared.workload.functions())?;
    }
    if entities {
        files = files.with_entities()?;
    }
    if let Some(kept) = kept {
        files = files.with_kept(kept.folder())?;
    }
    Ok(Some(files))
}
