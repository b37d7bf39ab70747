//! What of a layout several steps of building look at.

use crate::config::plan::{Layout, NodeGroup, Platform, PoolGroup, StorageGroup};
use crate::platform::serverless::Splits;

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

/// How the memory of sandboxes on each group of nodes may be divided. Gangs are planned with one split.
pub(super) fn splits(layout: &Layout) -> Vec<Splits> {
    let gangs = matches!(&layout.platform, Platform::Serverless(platform) if platform.dispatch.gangs);
    let of = |nodes: &NodeGroup| {
        if gangs || nodes.pools.is_empty() {
            Splits::fixed(nodes.local_share)
        } else {
            Splits::from(nodes.local_share_min, nodes.local_share)
        }
    };
    layout.node_groups.iter().map(of).collect()
}
