//! One run that came to its end.

use crate::engine::Stop;
use crate::world::RunReport;

use super::collect::Collector;

/// Which run: a layout in a replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// Index of the layout.
    pub layout: usize,
    /// The replication, from zero.
    pub replication: u32,
}

/// One run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// Which.
    pub key: RunKey,
    /// What the world reports.
    pub report: RunReport,
    /// What the recorder heard.
    pub heard: Collector,
    /// Something the user should know.
    pub warning: Option<String>,
    /// Wall-clock time that it took, in seconds.
    pub(super) wall_s: f64,
}

impl Finished {
    /// Whether it was not interrupted.
    pub(super) fn is_whole(&self) -> bool {
        self.report.outcome.stop != Stop::Interrupted
    }
}
