//! Which keys have an effect as the plan stands: those that are read only where another key says so.

mod platform;

use super::{
    Cores, CpuSharing, Experiment, Fleet, FleetRule, FleetSize, Idle, IdleRule, KeepAliveMode, Layout, MissingRows,
    Platform, Workload, WorkloadSource,
};
use crate::config::choice::{Basis, CodeLoading};
use crate::config::effect::{Effect, Effects};
use crate::config::load::Loaded;
use crate::config::raw;
use platform::serverless;

/// Which of the keys that were written have an effect, as far as the config alone tells.
pub fn effects(loaded: &Loaded<raw::Experiment>, experiment: &Experiment, layouts: &[Layout]) -> Effects {
    let mut effects = Effects::default();
    let mut add = |effect: Effect| effects.add(loaded, &effect);
    let basis = experiment.basis;
    let held = basis != Basis::Nothing;
    // Pools that nobody uses may be there so that all layouts own the same.
    let owned = layouts.len() > 1 && matches!(basis, Basis::CoresAndMemory | Basis::Memory | Basis::PurchaseCost);
    add(Effect::only_with("basis_tolerance".to_owned(), "basis".to_owned(), "a basis other than \"nothing\"", held));
    source(&experiment.workload.source, &mut add);
    profiles(&experiment.workload, layouts, &mut add);
    cores(&experiment.workload, layouts, &mut add);
    for (i, (layout, raw)) in layouts.iter().zip(&loaded.raw.layout).enumerate() {
        let at = format!("layout[{i}]");
        match &layout.platform {
            Platform::Serverless(platform) => serverless(&at, platform, &mut add),
            Platform::Serverful(platform) => {
                let by_peak =
                    matches!(&platform.fleet, Fleet::Fixed(fleet) if fleet.size == FleetSize::Rule(FleetRule::Peak));
                let fleet = |key: &str| format!("{at}.platform.fleet.{key}");
                add(Effect::only_with(fleet("headroom"), fleet("size"), "size = \"peak\"", by_peak));
                let (code, all) = (format!("{at}.platform.code"), platform.code.loaded == CodeLoading::All);
                let (memory, loaded) = (format!("{code}.memory"), format!("{code}.loaded"));
                add(Effect::only_with(memory, loaded, "loaded = \"all\"", all));
            }
        }
        hardware(&at, layout, raw, owned, &mut add);
    }
    effects
}

/// How much memory in pools costs is nothing to those who have none there.
fn profiles(workload: &Workload, layouts: &[Layout], add: &mut impl FnMut(Effect)) {
    let remote = layouts.iter().any(Layout::has_remote_runs);
    let named = (0..workload.profiles.len()).map(|i| format!("workload.profiles[{i}]"));
    let of_classes = (0..workload.classes.len()).map(|i| format!("workload.class[{i}].profile"));
    for at in ["workload.profile".to_owned()].into_iter().chain(named).chain(of_classes) {
        for key in ["parallelism", "access", "write_share", "miss_scale", "miss_shape"] {
            let key = format!("{at}.{key}");
            add(Effect::only_with(
                key,
                "layout".to_owned(),
                "a layout with a part of functions' memory in pools",
                remote,
            ));
        }
    }
}

/// How functions use several cores is nothing to those that have one, and were measured with one.
fn cores(workload: &Workload, layouts: &[Layout], add: &mut impl FnMut(Effect)) {
    let has_one = |layout: &Layout| match &layout.platform {
        Platform::Serverless(platform) => matches!(platform.cores, Cores::Whole { .. }),
        Platform::Serverful(_) => true,
    };
    // A trace of one's own may say what it was measured with.
    let unknown = workload.cpu.measured_cores.is_none() && matches!(workload.source, WorkloadSource::Native(_));
    let several = unknown || workload.cpu.measured_cores.is_some_and(|cores| cores > 1.0);
    add(Effect::only_with(
        "workload.cpu.parallel_share".to_owned(),
        "workload.cpu.measured_cores".to_owned(),
        "a layout whose functions have more than one core, or a trace that was measured with more",
        several || !layouts.iter().all(has_one),
    ));
}

fn source(source: &WorkloadSource, add: &mut impl FnMut(Effect)) {
    let WorkloadSource::Azure2019(source) = source else { return };
    let key = |key: &str| format!("workload.source.{key}");
    let (filled, known) = (source.missing == MissingRows::Fill, !source.memory.is_empty());
    let mut only =
        |name: &str, by: &str, words: &str, has: bool| add(Effect::only_with(key(name), key(by), words, has));
    only("default_duration", "missing", "missing = \"fill\"", filled);
    only("default_memory", "missing", "missing = \"fill\", or without memory files", filled || !known);
    only("memory_split", "memory", "memory files", known);
    only("memory_from", "memory", "memory files", known);
}

fn hardware(at: &str, layout: &Layout, raw: &raw::Layout, held: bool, add: &mut impl FnMut(Effect)) {
    let (shared, moved, mapped) = match &layout.platform {
        Platform::Serverful(_) => (true, false, false),
        Platform::Serverless(it) => (
            it.cpu == CpuSharing::Shared,
            it.keep_alive.mode == KeepAliveMode::RemoteTier,
            it.cold_start.remote.is_some(),
        ),
    };
    for (i, _) in layout.node_groups.iter().enumerate() {
        let key = format!("{at}.{}.cpu.smt_throughput", raw.nodes.key("nodes", i));
        add(Effect::only_with(key, format!("{at}.platform.cpu"), "platform.cpu = \"shared\"", shared));
    }
    let mut idle = |at: String, rule: &IdleRule| {
        for key in ["off_after", "off_power"] {
            let has = rule.mode == Idle::OffAfter;
            add(Effect::only_with(format!("{at}.{key}"), format!("{at}.idle"), "idle = \"off-after\"", has));
        }
    };
    for (i, nodes) in layout.node_groups.iter().enumerate() {
        idle(format!("{at}.{}", raw.nodes.key("nodes", i)), &nodes.idle);
    }
    let Some(raw) = &raw.memory_pools else { return };
    for (i, pools) in layout.pool_groups.iter().enumerate() {
        idle(format!("{at}.{}", raw.key("memory_pools", i)), &pools.idle);
    }
    for (i, pools) in layout.pool_groups.iter().enumerate() {
        let lent = layout.node_groups.iter().any(|nodes| nodes.pools.contains(&i) && nodes.local_share_min < 1.0);
        let key = format!("{at}.{}", raw.key("memory_pools", i));
        let why = format!("as all memory is local, and the pools `{}` only cost money and power", pools.name);
        let remedy = "write a local_share below 1, or leave the pools out".to_owned();
        add(Effect { decided_by: key.clone(), key, has: held || lent || moved || mapped, why, remedy });
    }
}
