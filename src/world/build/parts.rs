//! What of a layout several steps of building look at.

use crate::config::plan::{Layout, NodeGroup, PoolGroup, StorageGroup};
use crate::platform::serverless::Need;
use crate::units::Bytes;

/// The first group of nodes: its fabric stands for all where one path does for everybody.
pub(super) fn nodes(layout: &Layout) -> &NodeGroup {
    &layout.node_groups[0]
}

pub(super) fn pools(layout: &Layout) -> Option<&PoolGroup> {
    layout.pool_groups.first()
}

pub(super) fn storage(layout: &Layout) -> &StorageGroup {
    &layout.storage_groups[0]
}

pub(super) fn split(memory: Bytes, local_share: f64) -> Need {
    let local = memory.scale(local_share);
    Need { local, remote: memory.saturating_sub(local) }
}
