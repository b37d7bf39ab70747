//! The rows of one run.

use crate::config::plan::Layout;
use crate::output::{AuditRow, ExperimentOutput, SummaryRow, metrics};
use crate::record::Audit;

use super::super::finished::Finished;

/// Writes the rows of one run; what they are about stands in a file for each subject.
pub(super) struct Rows<'a> {
    pub(super) layout: &'a Layout,
    pub(super) run: &'a Finished,
    /// All runs of the experiment.
    pub(super) runs: &'a [Finished],
    pub(super) output: &'a mut ExperimentOutput,
}

impl Rows<'_> {
    /// A row of `summary.csv`; the catalogue has its unit.
    pub(super) fn put(&mut self, metric: &str, value: f64) {
        let Some(entry) = metrics::find(metric) else { unreachable!("`{metric}` has no row in the catalogue") };
        self.output.summary.push(SummaryRow {
            layout: self.layout.name.clone(),
            replication: self.run.key.replication,
            metric: metric.to_owned(),
            value,
            unit: entry.unit.to_owned(),
        });
    }

    pub(super) fn audit(&mut self, audit: &Audit) {
        self.output.manifest.audits.push(AuditRow {
            layout: self.layout.name.clone(),
            replication: self.run.key.replication,
            law: audit.law.to_owned(),
            left: audit.left,
            right: audit.right,
            holds: audit.holds,
        });
    }
}
