//! Which pools each group of nodes uses, and where the data of functions lie, in words.

use std::fmt::Write as _;

use crate::config::plan::{Layout, NodeGroup, Platform};
use crate::config::raw;

/// A line for each group of nodes that could use pools, and one for storage of several groups; each is indented.
pub fn lines(layout: &Layout, raw: &raw::Layout) -> String {
    let mut lines = String::new();
    if !layout.pool_groups.is_empty() {
        for (nodes, raw) in layout.node_groups.iter().zip(raw.nodes.all()) {
            let _ = writeln!(lines, "  {}: nodes `{}` {}", layout.name, nodes.name, pools(layout, nodes, raw));
        }
    }
    if let [_, _, ..] = &layout.storage_groups[..] {
        let groups = layout.storage_groups.iter().map(|group| format!("{} of `{}`", group.count, group.name));
        let (groups, images) =
            (groups.collect::<Vec<_>>().join(", "), matches!(layout.platform, Platform::Serverless(_)));
        let what = if images { "images and data" } else { "data" };
        let _ = writeln!(lines, "  {}: {what} of functions in turn on all storage nodes: {groups}", layout.name);
    }
    lines
}

fn pools(layout: &Layout, nodes: &NodeGroup, raw: &raw::Nodes) -> String {
    if nodes.pools.is_empty() {
        return "use no pools".to_owned();
    }
    let names = nodes.pools.iter().map(|pools| format!("`{}`", layout.pool_groups[*pools].name));
    let names = names.collect::<Vec<_>>().join(", ");
    let which = match &raw.pools {
        Some(_) => format!("use the pools {names}"),
        None => format!("use all pools ({names}), as they name none"),
    };
    let from = if raw.local_share.is_some() { "" } else { " from these" };
    format!("{which}; local_share {}{from}, at least {}", nodes.local_share, nodes.local_share_min)
}
