//! Groups of nodes, pools and storage: their names, who uses what, and on which of them functions run.

use std::collections::BTreeSet;

use super::Layout;
use super::checker::Checker;
use crate::config::raw::{self, Groups, Platform};
use crate::config::suggest;

/// Most nodes in all groups together; more would not fit in memory beside their lists.
const MOST_NODES: u64 = 1_000_000;

/// Most storage nodes in all groups together, for the same reason.
const MOST_STORAGE: u64 = 1_000_000;

/// Most pairs of a node and a pool: each pool keeps an entry for each node, of some 130 bytes.
const MOST_PAIRS: u64 = 4_000_000;

/// What is wrong with the groups of the layout at `at`.
pub(super) fn groups(check: &mut Checker<'_>, at: &str, raw: &raw::Layout, layout: &Layout) {
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let nodes = names(layout.node_groups.iter().map(|group| group.name.as_str()).collect());
    let pools = names(layout.pool_groups.iter().map(|group| group.name.as_str()).collect());
    let storage = names(layout.storage_groups.iter().map(|group| group.name.as_str()).collect());
    unique(check, &|index| format!("{at}.{}", raw.nodes.key("nodes", index)), "node group", &nodes);
    if let Some(raw) = &raw.memory_pools {
        unique(check, &|index| format!("{at}.{}", raw.key("memory_pools", index)), "pool group", &pools);
    }
    unique(check, &|index| format!("{at}.{}", raw.storage.key("storage", index)), "storage group", &storage);
    check.expect(
        layout.nodes() <= MOST_NODES,
        &format!("{at}.nodes"),
        || format!("{} nodes in all groups, and {MOST_NODES} are simulated at most", layout.nodes()),
        "use fewer nodes",
    );
    let storage_nodes: u64 = layout.storage_groups.iter().map(|group| u64::from(group.count)).sum();
    check.expect(
        storage_nodes <= MOST_STORAGE,
        &format!("{at}.storage"),
        || format!("{storage_nodes} storage nodes in all groups, and {MOST_STORAGE} are simulated at most"),
        "use fewer storage nodes",
    );
    let pool_count: u64 = layout.pool_groups.iter().map(|group| u64::from(group.count)).sum();
    check.expect(
        layout.nodes().saturating_mul(pool_count) <= MOST_PAIRS,
        &format!("{at}.memory_pools"),
        || {
            let nodes = layout.nodes();
            format!("{pool_count} pools for {nodes} nodes ({at}.nodes): at most {MOST_PAIRS} pairs are simulated")
        },
        "use fewer and larger pools, or fewer nodes",
    );
    for (index, nodes) in raw.nodes.all().iter().enumerate() {
        pools_of(check, &format!("{at}.{}", raw.nodes.key("nodes", index)), nodes, &pools, layout, index);
    }
    if let Some(raw) = &raw.memory_pools {
        unused(check, at, raw, layout);
    }
    if let Platform::Serverless(platform) = &raw.platform {
        affinity(check, &format!("{at}.platform"), &platform.affinity, &nodes);
    }
}

/// No two groups have one name.
fn unique(check: &mut Checker<'_>, key: &dyn Fn(usize) -> String, what: &str, names: &[String]) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        check.expect(
            seen.insert(name),
            &format!("{}.name", key(index)),
            || format!("another {what} is called `{name}` too"),
            "give every group a name of its own",
        );
    }
}

/// The pools that a node group uses, and what share of memory it leaves to them.
fn pools_of(check: &mut Checker<'_>, at: &str, raw: &raw::Nodes, pools: &[String], layout: &Layout, index: usize) {
    let mut seen = BTreeSet::new();
    for (i, name) in raw.pools.iter().flatten().enumerate() {
        let key = format!("{at}.pools[{i}]");
        let near = suggest::among(name, pools, "pool groups");
        let remedy = if pools.is_empty() { "add memory_pools to the layout, or write pools = []" } else { &near };
        check.expect(pools.contains(name), &key, || format!("there is no pool group `{name}`"), remedy);
        check.expect(seen.insert(name), &key, || format!("`{name}` is named twice"), "leave it out once");
    }
    let group = &layout.node_groups[index];
    let (share, least) = (group.local_share, group.local_share_min);
    let key = if raw.local_share_min.is_some() { "local_share_min" } else { "local_share" };
    check.expect(
        least <= share,
        &format!("{at}.{key}"),
        || format!("local_share is {share}, and gives way down to no less than {least}"),
        "write a local_share_min up to local_share",
    );
    check.expect(
        least >= 1.0 || !group.pools.is_empty() || raw.local_share.is_some_and(|share| share < 1.0),
        &format!("{at}.local_share_min"),
        || format!("{least}: the rest of the memory lies in pools, and the group uses none"),
        "leave it out, or name the pools that the group uses (pools = [\"…\"])",
    );
    if raw.local_share_min.is_none() {
        let mins: Vec<Option<f64>> =
            group.pools.iter().map(|pools| layout.pool_groups[*pools].local_share_min).collect();
        check.expect(
            mins.windows(2).all(|pair| pair[0] == pair[1]),
            &format!("{at}.pools"),
            || "the pools that the group uses do not have the same local_share_min".to_owned(),
            "write the group's own: local_share_min = …",
        );
    }
    if let Some(share) = raw.local_share {
        check.expect(
            share >= 1.0 || !group.pools.is_empty(),
            &format!("{at}.local_share"),
            || format!("{share}: the rest of the memory lies in pools, and the group uses none"),
            "write 1, or name the pools that the group uses (pools = [\"…\"])",
        );
        return;
    }
    let shares: Vec<String> =
        group.pools.iter().map(|pools| layout.pool_groups[*pools].local_share.to_string()).collect();
    check.expect(
        shares.windows(2).all(|pair| pair[0] == pair[1]),
        &format!("{at}.pools"),
        || format!("the pools that the group uses have a local_share of {}", shares.join(", ")),
        "write the group's own: local_share = …",
    );
}

/// Pools that stand there for nobody.
fn unused(check: &mut Checker<'_>, at: &str, raw: &Groups<raw::MemoryPools>, layout: &Layout) {
    for (index, pools) in layout.pool_groups.iter().enumerate() {
        check.expect(
            layout.node_groups.iter().any(|nodes| nodes.pools.contains(&index)),
            &format!("{at}.{}", raw.key("memory_pools", index)),
            || format!("no node group uses the pools `{}`", pools.name),
            "name them in `pools` of a node group, or leave them out",
        );
    }
}

/// Rules of where functions run.
fn affinity(check: &mut Checker<'_>, at: &str, rules: &[raw::Affinity], nodes: &[String]) {
    for (i, rule) in rules.iter().enumerate() {
        let at = format!("{at}.affinity[{i}]");
        check.expect(
            rule.require.is_some() || rule.prefer.is_some(),
            &at,
            || "an entry that neither requires nor prefers a group".to_owned(),
            "add require = [\"…\"] or prefer = [\"…\"] with names of node groups",
        );
        for (key, names) in [("require", &rule.require), ("prefer", &rule.prefer)] {
            for (k, name) in names.iter().flatten().enumerate() {
                check.expect(
                    nodes.contains(name),
                    &format!("{at}.{key}[{k}]"),
                    || format!("there is no node group `{name}`"),
                    &suggest::among(name, nodes, "node groups"),
                );
            }
        }
        for (k, name) in rule.prefer.iter().flatten().enumerate() {
            check.expect(
                rule.require.as_ref().is_none_or(|allowed| allowed.contains(name)),
                &format!("{at}.prefer[{k}]"),
                || format!("`{name}` is preferred, and `require` does not allow it"),
                "name it in `require` too, or leave it out",
            );
        }
        super::workload::selector(check, &format!("{at}.functions"), &rule.functions);
    }
}
