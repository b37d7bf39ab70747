//! What the shape of a config cannot say: combinations, orders, and what must not be zero.

mod checker;
mod groups;
mod parts;
mod sizes;
mod workload;

use std::collections::BTreeSet;

use super::{
    Basis, ColdStart, Fleet, FleetRule, FleetSize, KeepAliveMode, Layout, NodeGroup, NodeKind, Platform,
    ResourceDetail, Serverful, Serverless, Templates, check_serverless_rules, file_stem, stem,
};
use checker::Checker;

use crate::config::load::Loaded;
use crate::config::raw;
use crate::problem::Problems;
use crate::units::{Span, Years, format_quantity};

/// Costs are divided by the life of hardware.
const SHORTEST_LIFE: Years = Years(1.0 / 365.0);

/// What [`is_file_name`] asks for.
const FILE_NAME: &str = "use 1 to 80 letters, digits, `-` and `_`";

fn is_file_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 80 && name.chars().all(legal)
}

pub(super) fn experiment(loaded: &Loaded<raw::Experiment>, layouts: &[Layout]) -> Problems {
    let mut check = Checker { loaded, problems: Problems::default() };
    let raw = &loaded.raw;
    check.expect(
        is_file_name(&raw.name),
        "name",
        || format!("`{}` cannot be the name of a folder", raw.name),
        FILE_NAME,
    );
    check.positive(raw.outputs.series_interval.0.as_secs_f64(), "outputs.series_interval", "the length of a bin");
    if let raw::Measure::Window(window) = &raw.measure {
        check.expect(
            window.from.0 < window.to.0,
            "measure.to",
            || format!("the window ends at {}, and begins at {}", window.to, window.from),
            "let it end after it begins",
        );
    }
    sizes::runs(&mut check, layouts);
    workload::workload(&mut check);
    let mut names = BTreeSet::new();
    let by_layout = raw.outputs.requests || raw.outputs.resources == ResourceDetail::Entity;
    for (i, layout) in layouts.iter().enumerate() {
        let at = format!("layout[{i}]");
        check.expect(
            names.insert(layout.name.clone()),
            &format!("{at}.name"),
            || format!("another layout is called `{}` too", layout.name),
            "give every layout a name of its own",
        );
        if by_layout {
            files_by_layout(&mut check, &at, i, layouts);
        }
        groups::groups(&mut check, &at, &raw.layout[i], layout);
        hardware(&mut check, &at, &raw.layout[i], layout);
        parts::parts(&mut check, &at, &raw.layout[i], layout);
        match &layout.platform {
            Platform::Serverless(platform) => serverless(&mut check, &at, layout, platform),
            Platform::Serverful(platform) => serverful(&mut check, &at, layout, platform),
        }
    }
    basis(&mut check, layouts);
    check.problems
}

/// The files of layout number `i` have a name, and no other layout's.
fn files_by_layout(check: &mut Checker<'_>, at: &str, i: usize, layouts: &[Layout]) {
    let (name, stem) = (&layouts[i].name, file_stem(&layouts[i].name));
    let at = format!("{at}.name");
    let short =
        format!("`outputs` asks for files by layout: give it a name that takes 1 to {} characters", stem::LONGEST);
    check.expect(
        (1..=stem::LONGEST).contains(&stem.len()),
        &at,
        || format!("`{name}` cannot be in the name of a file"),
        &short,
    );
    let twin = layouts[..i].iter().find(|other| other.name != *name && file_stem(&other.name) == stem);
    check.expect(
        twin.is_none(),
        &at,
        || format!("its files would be called as those of `{}`", twin.map_or("", |other| &other.name)),
        "`outputs` asks for files by layout, with `-` for a space: give it another name",
    );
}

fn hardware(check: &mut Checker<'_>, at: &str, raw: &raw::Layout, layout: &Layout) {
    for (i, nodes) in layout.node_groups.iter().enumerate() {
        let at = format!("{at}.{}", raw.nodes.key("nodes", i));
        check.positive(nodes.nic.rate.0 as f64, &format!("{at}.nic.rate"), "the rate");
        check.positive(nodes.memory.capacity.0 as f64, &format!("{at}.memory.capacity"), "the capacity");
    }
    for (i, storage) in layout.storage_groups.iter().enumerate() {
        let key = format!("{at}.{}.bandwidth", raw.storage.key("storage", i));
        check.positive(storage.bandwidth.0 as f64, &key, "the bandwidth");
    }
    let life = &layout.site.hardware_life;
    let shortest = life.range.map_or(life.value, |ends| if ends.0 < life.value { ends.0 } else { life.value });
    check.expect(
        shortest >= SHORTEST_LIFE,
        &format!("{at}.site.hardware_life"),
        || format!("hardware is written off within {}", format_quantity(shortest)),
        "write a life, and ends of its range, of a day at least",
    );
    if let Some(raw) = &raw.memory_pools {
        for (i, pools) in layout.pool_groups.iter().enumerate() {
            let key = format!("{at}.{}.bandwidth", raw.key("memory_pools", i));
            check.positive(pools.bandwidth.0 as f64, &key, "the bandwidth");
        }
    }
}

fn serverless(check: &mut Checker<'_>, at: &str, layout: &Layout, platform: &Serverless) {
    let moves = platform.keep_alive.mode == KeepAliveMode::RemoteTier;
    all_have_pools(check, layout, &format!("{at}.platform.keep_alive.mode"), moves, "idle sandboxes move to");
    for (key, message, remedy) in check_serverless_rules(platform, !layout.pool_groups.is_empty()) {
        check.problems.push(check.loaded.problem(&format!("{at}.platform.{key}"), message, remedy));
    }
    starts(check, &format!("{at}.platform.cold_start"), layout, &platform.cold_start);
    tier(check, at, platform);
    sizes::ring(check, at, layout, platform);
    let tiers = &platform.prices.tiers;
    check.expect(
        tiers.is_sorted_by(|a, b| a.memory < b.memory),
        &format!("{at}.platform.prices.tiers"),
        || "the tiers are not in the order of their memory".to_owned(),
        "begin with the smallest, and give each size once",
    );
}

fn starts(check: &mut Checker<'_>, at: &str, layout: &Layout, cold: &ColdStart) {
    if let Some(snapshot) = &cold.snapshot {
        check.positive(snapshot.page.0 as f64, &format!("{at}.snapshot.page"), "the size of a page");
    }
    if let Some(remote) = &cold.remote {
        check.positive(remote.page.0 as f64, &format!("{at}.remote.page"), "the size of a page");
        check.expect(
            !layout.pool_groups.is_empty(),
            &format!("{at}.remote"),
            || "templates lie in memory pools, and the layout has none".to_owned(),
            "add memory_pools, with local_share = 1 where they hold nothing else, or leave `remote` out",
        );
        all_have_pools(check, layout, &format!("{at}.remote"), true, "templates lie in");
        check.expect(
            layout.pool_groups.len() <= 1,
            &format!("{at}.remote"),
            || {
                let groups = layout.pool_groups.len();
                format!("starts from pools of {groups} kinds are not modelled: pages come at the rate of one kind")
            },
            "use one group of memory pools, or leave `remote` out",
        );
    }
}

/// What all node groups do with pools, none of them can do without.
fn all_have_pools(check: &mut Checker<'_>, layout: &Layout, key: &str, asked: bool, what: &str) {
    let without = layout.node_groups.iter().find(|group| group.pools.is_empty());
    if let (true, false, Some(group)) = (asked, layout.pool_groups.is_empty(), without) {
        let message = format!("{what} memory pools, and the node group `{}` uses none", group.name);
        let remedy = "name pools that it uses, with local_share = 1 where they hold nothing else";
        check.problems.push(check.loaded.problem(key, message, remedy));
    }
}

/// Sandboxes that are moved to a pool, and how they come back.
fn tier(check: &mut Checker<'_>, at: &str, platform: &Serverless) {
    let moves = platform.keep_alive.mode == KeepAliveMode::RemoteTier;
    let remote = platform.cold_start.remote.as_ref();
    check.expect(
        !moves || remote.is_some(),
        &format!("{at}.platform.keep_alive.mode"),
        || "a sandbox that `remote-tier` has moved to a pool is mapped to serve again, and nothing says how".to_owned(),
        "add cold_start.remote, with templates = \"never\" where nothing else is mapped, or choose another rule",
    );
    check.expect(
        moves || remote.is_none_or(|remote| remote.templates != Templates::Never),
        &format!("{at}.platform.cold_start.remote.templates"),
        || "never: nothing would be mapped".to_owned(),
        "write \"deployed\" or \"first-start\", or keep_alive.mode = \"remote-tier\"",
    );
}

fn serverful(check: &mut Checker<'_>, at: &str, layout: &Layout, platform: &Serverful) {
    check.expect(
        layout.node_groups.iter().all(|nodes| nodes.kind == NodeKind::Server) && layout.pool_groups.is_empty(),
        &format!("{at}.platform.kind"),
        || "virtual machines with remote memory or on SiP nodes are not modelled".to_owned(),
        "use nodes of kind \"server\" without memory_pools, or a serverless platform",
    );
    check.expect(
        layout.node_groups.len() == 1,
        &format!("{at}.nodes"),
        || format!("virtual machines on nodes of {} kinds are not modelled", layout.node_groups.len()),
        "use one node group, or a serverless platform",
    );
    let vm = &platform.vm;
    check.expect(
        layout.vm_limit > 0,
        &format!("{at}.platform.vm"),
        || format!("a machine of {} virtual cores and {} fits on no node", vm.vcpus, vm.memory),
        &format!("a node has {} cores and {}", layout.node_groups[0].cores, layout.node_groups[0].memory.capacity),
    );
    check.expect(
        vm.system_memory < vm.memory,
        &format!("{at}.platform.vm.system_memory"),
        || format!("{} of {} leave nothing for requests", vm.system_memory, vm.memory),
        "make it smaller than the machine's memory",
    );
    for (limit, key, why) in [
        (platform.timeout, "timeout", "every request would fail as soon as it runs"),
        (platform.queue_timeout, "queue_timeout", "a request would give up as soon as it waits"),
    ] {
        check.expect(
            limit.is_none_or(|limit| limit > Span::ZERO),
            &format!("{at}.platform.quotas.{key}"),
            || format!("0 s: {why}"),
            "write a time above zero, or leave the key out for no bound",
        );
    }
    sizes::machines(check, at, layout, platform);
    match &platform.fleet {
        Fleet::Fixed(fixed) => match fixed.size {
            FleetSize::Count(count) => check.expect(
                count >= 1 && count <= layout.vm_limit.max(1),
                &format!("{at}.platform.fleet.size"),
                || format!("{count} machines are wanted, and {} fit on the nodes", layout.vm_limit),
                "write a number from 1 to what fits, \"peak\" or \"all\"",
            ),
            FleetSize::Rule(FleetRule::Peak | FleetRule::All) => {}
        },
        Fleet::Autoscaled(scaler) => {
            check.expect(
                scaler.minimum <= scaler.maximum,
                &format!("{at}.platform.fleet.minimum"),
                || format!("{} is more than the maximum of {}", scaler.minimum, scaler.maximum),
                "make it at most the maximum",
            );
            check.expect(
                scaler.minimum <= layout.vm_limit.max(1),
                &format!("{at}.platform.fleet.minimum"),
                || format!("{} machines are wanted at least, and {} fit on the nodes", scaler.minimum, layout.vm_limit),
                "add nodes, or lower the minimum",
            );
            check.positive(scaler.interval.as_secs_f64(), &format!("{at}.platform.fleet.interval"), "the interval");
        }
    }
}

/// Whether what the experiment says is held equal is so. Purchase cost and latency are checked where they are known.
fn basis(check: &mut Checker<'_>, layouts: &[Layout]) {
    let basis = check.loaded.raw.basis;
    let (cores, memory) = match basis {
        Basis::CoresAndMemory => (true, true),
        Basis::Cores => (true, false),
        Basis::Memory => (false, true),
        Basis::PurchaseCost | Basis::P99Latency | Basis::Nothing => (false, false),
    };
    let tolerance = check.loaded.raw.basis_tolerance;
    let Some(first) = layouts.first() else { return };
    for (i, layout) in layouts.iter().enumerate().skip(1) {
        let one = layout.node_groups.len() == 1;
        let key = |below: &str| format!("layout[{i}].nodes{}", if one { below } else { "" });
        let differs = |a: f64, b: f64| (a - b).abs() > tolerance * a;
        check.expect(
            !(cores && differs(first.cores as f64, layout.cores as f64)),
            &key(".count"),
            || format!("{} cores, but {} in `{}`: the basis says equal", layout.cores, first.cores, first.name),
            "size the layouts alike, or change `basis` or `basis_tolerance`",
        );
        check.expect(
            !(memory && differs(first.memory().0 as f64, layout.memory().0 as f64)),
            &key(".memory.capacity"),
            || {
                format!(
                    "{:.1} GiB of memory, but {:.1} GiB in `{}`: the basis says equal",
                    layout.memory().as_gib_f64(),
                    first.memory().as_gib_f64(),
                    first.name
                )
            },
            "size the layouts alike, or change `basis` or `basis_tolerance`",
        );
    }
}
