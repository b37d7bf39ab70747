//! One run that came to its end.

use crate::cost::Usage;
use crate::engine::Stop;
use crate::world::RunReport;

use super::hardware::GroupUse;
use super::heard::Heard;

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
    /// What the world reports, but for single hosts, pools and storage nodes.
    pub report: RunReport,
    /// What cost and energy are made of.
    pub(super) usage: Usage,
    /// How busy each group of the hardware was.
    pub(super) hardware: Vec<GroupUse>,
    /// What the recorder heard.
    pub heard: Heard,
    /// Something the user should know.
    pub warning: Option<String>,
    /// Wall-clock time that it took, in seconds.
    pub(super) wall_s: f64,
}

impl Finished {
    /// How busy the groups were that have this resource.
    pub(super) fn hardware(&self, resource: &str) -> impl Iterator<Item = &GroupUse> {
        self.hardware.iter().filter(move |group| group.resource.name == resource)
    }
    /// Whether it was not interrupted.
    pub(super) fn is_whole(&self) -> bool {
        self.report.outcome.stop != Stop::Interrupted
    }
}
