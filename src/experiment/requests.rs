//! Runs whose requests are written down one by one.

use std::path::Path;

use crate::config::plan::Plan;
use crate::ids::FunctionId;
use crate::output::{OutputError, RequestFacts, RequestFolder, RequestWriter};
use crate::record::{Completed, Recorder, Rejection};
use crate::units::Time;
use crate::workload::Workload;

use super::collect::Collector;

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
}

/// Makes room in `folder`, where the run folder will be, for the files of requests; `None` where the plan does not ask
/// for them.
pub fn request_folder(
    plan: &Plan,
    config_hash: &str,
    workload: &Workload,
    folder: &Path,
) -> Result<Option<RequestFolder>, OutputError> {
    let experiment = &plan.experiment;
    let facts = RequestFacts { experiment: &experiment.name, config_hash, seed: experiment.seed };
    experiment.outputs.requests.then(|| RequestFolder::new(folder, facts, workload.functions())).transpose()
}
