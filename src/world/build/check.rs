//! What single functions of a workload cannot be given by a layout, and names that no function has.

use std::collections::BTreeMap;

use super::cores::cores_of;
use super::functions::{Behaviour, Behaviours, behaviours, placed};
use super::parts::splits;
use super::start::template_memory;
use crate::config::plan::{Layout, NodeGroup, Platform, Selector, Serverful, Workload};
use crate::ids::FunctionId;
use crate::platform::serverless::Splits;
use crate::rng::RootSeed;
use crate::units::{BitsPerSec, Bytes};
use crate::workload::{Function, Functions};

/// Something that a workload asks for and a layout does not have.
#[derive(Clone, Debug)]
pub struct Misfit {
    /// The key to change, below the layout.
    pub key: String,
    /// What is wrong, with the function's name.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
}

const AS_LARGE: &str = "make it at least as large as the largest function";

fn name(function: &Function) -> String {
    format!("{}/{}/{}", function.owner, function.app, function.name)
}

/// The first function of each kind that no place of the layout can hold: it would wait for ever.
pub fn check_functions(layout: &Layout, workload: &Workload, functions: &Functions) -> Vec<Misfit> {
    let mut misfits = match (&layout.platform, &layout.node_groups[..]) {
        (Platform::Serverful(platform), _) => {
            let mut all = machine_memory(platform, functions);
            all.extend(no_demands(workload, functions));
            all
        }
        (Platform::Serverless(_), [group]) => {
            let (splits, capacity) = (&splits(layout)[0], group.memory.capacity);
            let split = |function: &Function| splits.preferred_of(function.memory);
            match pool_room(layout, group, functions) {
                Some(pool) if splits.give_way() => of_any_split(functions, splits, capacity, pool),
                pool => {
                    let mut all = larger(functions, "node", "nodes.memory.capacity", capacity, |one| split(one).local);
                    let of_pool =
                        |pool| larger(functions, "memory pool", "memory_pools.capacity", pool, |one| split(one).remote);
                    all.extend(pool.into_iter().flat_map(of_pool));
                    all
                }
            }
        }
        (Platform::Serverless(_), _) => no_group(layout, workload, functions),
    };
    if matches!(layout.platform, Platform::Serverless(_)) {
        misfits.extend(no_extras(layout, workload, functions));
        misfits.extend(no_cores(layout, workload, functions));
    }
    misfits
}

/// Code or a function that a virtual machine cannot hold.
fn machine_memory(platform: &Serverful, functions: &Functions) -> Vec<Misfit> {
    let free = platform.vm.memory.saturating_sub(platform.vm.system_memory);
    let of = |function: &Function| platform.code.of(function.memory);
    let code: Bytes = functions.iter().map(of).sum();
    if code >= free && code > Bytes::ZERO {
        return vec![Misfit {
            key: "platform.code.memory".to_owned(),
            message: format!(
                "the code of {} functions holds {:.0} MiB of a virtual machine, and one has {:.0} MiB",
                functions.len(),
                code.as_mib_f64(),
                free.as_mib_f64()
            ),
            remedy: "use larger machines (platform.vm.memory), write less, or platform.code.loaded = \"on-use\"",
        }];
    }
    let rest = free - code;
    larger(functions, "virtual machine", "platform.vm.memory", rest, |function| function.memory - of(function))
}

/// A function whose requests hold what fleets do not model.
fn no_demands(workload: &Workload, functions: &Functions) -> Option<Misfit> {
    // Only profiles depend on the replication.
    let of = behaviours(workload, functions, RootSeed::new(0, 0)).of;
    let id = functions.ids().find(|id| of[*id].accelerators > 0 || of[*id].bandwidth > BitsPerSec(0))?;
    Some(Misfit {
        key: "platform.kind".to_owned(),
        message: format!(
            "a request of function {} holds {}, and virtual machines have none to give",
            name(&functions[id]),
            demanded(&of[id])
        ),
        remedy: "leave the demands out (workload.demands, classes, functions.csv), or use a serverless platform",
    })
}

/// What a request holds besides cores and memory.
fn demanded(of: &Behaviour) -> String {
    let plural = if of.accelerators == 1 { "" } else { "s" };
    let accelerators = (of.accelerators > 0).then(|| format!("{} accelerator{plural}", of.accelerators));
    let bandwidth = (of.bandwidth > BitsPerSec(0)).then(|| format!("{} of bandwidth", of.bandwidth));
    accelerators.into_iter().chain(bandwidth).collect::<Vec<_>>().join(" and ")
}

/// The function that needs most of a place, where that is more than it offers.
fn larger(
    functions: &Functions,
    place: &str,
    key: &str,
    offered: Bytes,
    need: impl Fn(&Function) -> Bytes,
) -> Vec<Misfit> {
    let largest = functions.iter().max_by_key(|function| need(function)).filter(|function| need(function) > offered);
    let misfit = |function: &Function| Misfit {
        key: key.to_owned(),
        message: format!(
            "function {} needs {:.0} MiB of a {place}, and one has {:.0} MiB",
            name(function),
            need(function).as_mib_f64(),
            offered.as_mib_f64()
        ),
        remedy: AS_LARGE,
    };
    largest.map(misfit).into_iter().collect()
}

/// The largest function that a node and a pool together do not hold, however its memory is divided.
fn of_any_split(functions: &Functions, splits: &Splits, node: Bytes, pool: Bytes) -> Vec<Misfit> {
    let holds = |function: &&Function| splits.nearest(function.memory, node, pool).is_some();
    let largest = functions.iter().filter(|function| !holds(function)).max_by_key(|function| function.memory);
    let misfit = |function: &Function| Misfit {
        key: "nodes.memory.capacity".to_owned(),
        message: format!(
            "function {} needs {:.0} MiB, and there is no split of it for the {:.0} MiB of a node and the {:.0} MiB of a pool",
            name(function),
            function.memory.as_mib_f64(),
            node.as_mib_f64(),
            pool.as_mib_f64()
        ),
        remedy: "make nodes or memory_pools larger, or lower local_share_min",
    };
    largest.map(misfit).into_iter().collect()
}

/// What the largest pool that a node group uses has beside templates; `None` where it uses none.
fn pool_room(layout: &Layout, group: &NodeGroup, functions: &Functions) -> Option<Bytes> {
    let Platform::Serverless(platform) = &layout.platform else { return None };
    let largest = group.pools.iter().map(|pools| layout.pool_groups[*pools].capacity).max()?;
    Some(largest.saturating_sub(template_memory(&platform.cold_start, layout, functions)))
}

/// Of the functions that may run on the same groups, the largest that none of these can hold.
fn no_group(layout: &Layout, workload: &Workload, functions: &Functions) -> Vec<Misfit> {
    let rooms: Vec<(Bytes, Bytes)> = layout
        .node_groups
        .iter()
        .map(|group| (group.memory.capacity, pool_room(layout, group, functions).unwrap_or_default()))
        .collect();
    let splits = splits(layout);
    let held = |function: &Function, group: usize| {
        splits[group].nearest(function.memory, rooms[group].0, rooms[group].1).is_some()
    };
    let groups = |allowed: u64| (0..rooms.len()).filter(move |group| allowed >> group & 1 == 1);
    let mut worst: BTreeMap<u64, FunctionId> = BTreeMap::new();
    let places = placed(layout, workload, functions);
    for id in functions.ids() {
        let (function, allowed) = (&functions[id], places[id].allowed);
        if !groups(allowed).any(|group| held(function, group)) {
            let largest = worst.entry(allowed).or_insert(id);
            if functions[*largest].memory < function.memory {
                *largest = id;
            }
        }
    }
    let misfit = |(allowed, id): (u64, FunctionId)| {
        let room = |group: usize| {
            let (local, pool) = rooms[group];
            let share = layout.node_groups[group].local_share_min;
            let pool = if share < 1.0 { format!(" and {:.0} MiB in a pool", pool.as_mib_f64()) } else { String::new() };
            format!("`{}` {:.0} MiB on a node{pool}", layout.node_groups[group].name, local.as_mib_f64())
        };
        let all: Vec<String> = groups(allowed).map(room).collect();
        let function = &functions[id];
        let (name, memory) = (name(function), function.memory.as_mib_f64());
        Misfit {
            key: if layout.affinity.is_empty() { "nodes" } else { "platform.affinity" }.to_owned(),
            message: format!(
                "function {name} needs {memory:.0} MiB, and no node group that it may run on can hold it: {}",
                all.join(", ")
            ),
            remedy: "let it run on a larger group, or make one of them larger",
        }
    };
    worst.into_iter().map(misfit).collect()
}

/// A function that needs more accelerators, or more bandwidth, than any node that it may run on has.
fn no_extras(layout: &Layout, workload: &Workload, functions: &Functions) -> Option<Misfit> {
    // Only profiles depend on the replication.
    let Behaviours { of, .. } = behaviours(workload, functions, RootSeed::new(0, 0));
    let places = placed(layout, workload, functions);
    let fits = |id: &FunctionId| {
        let groups = layout.node_groups.iter().enumerate();
        groups
            .filter(|(index, _)| places[*id].allowed >> index & 1 == 1)
            .any(|(_, group)| of[*id].accelerators <= group.accelerators && of[*id].bandwidth <= group.nic.rate)
    };
    let id = functions.ids().find(|id| !fits(id))?;
    Some(Misfit {
        key: "nodes".to_owned(),
        message: format!(
            "a request of function {} holds {}, and no node that it may run on has as much",
            name(&functions[id]),
            demanded(&of[id])
        ),
        remedy: "add accelerators or bandwidth to the nodes, or lower the demands (workload.demands, classes, functions.csv)",
    })
}

/// A function that needs more cores than any node has that it may run on.
fn no_cores(layout: &Layout, workload: &Workload, functions: &Functions) -> Option<Misfit> {
    let Platform::Serverless(platform) = &layout.platform else { return None };
    let places = placed(layout, workload, functions);
    let most = |id: FunctionId| {
        let groups = layout.node_groups.iter().enumerate();
        let allowed = groups.filter(|(index, _)| places[id].allowed >> index & 1 == 1);
        allowed.map(|(_, group)| group.cores).max().unwrap_or(0)
    };
    let needs = |id: FunctionId| cores_of(platform, &functions[id]);
    let id = functions.ids().find(|&id| needs(id) > f64::from(most(id)))?;
    Some(Misfit {
        key: "nodes".to_owned(),
        message: format!(
            "a request of function {} holds {:.3} cores, and a node that it may run on has {} at most",
            name(&functions[id]),
            needs(id),
            most(id)
        ),
        remedy: "use nodes with more cores, or lower platform.cores.maximum, or the tiers",
    })
}

/// What the templates of all functions need of one memory pool, and what it has, where that is less; with the pool group.
pub fn check_templates(layout: &Layout, functions: &Functions) -> Option<(usize, Bytes, Bytes)> {
    let Platform::Serverless(platform) = &layout.platform else { return None };
    let (index, pools) = layout.pool_groups.iter().enumerate().min_by_key(|(_, pools)| pools.capacity)?;
    let needs = template_memory(&platform.cold_start, layout, functions);
    (needs > pools.capacity).then_some((index, needs, pools.capacity))
}

/// Names that an experiment gives and no function of the workload fits: the key, what is wrong, and the remedy.
pub fn check_names(
    workload: &Workload,
    layouts: &[Layout],
    functions: &Functions,
) -> Vec<(String, String, &'static str)> {
    let fits = |selector: &Selector| {
        let fits = |function: &Function| {
            let names = [&function.owner, &function.app, &function.name].map(String::as_str);
            selector.name.as_ref().is_none_or(|pattern| pattern.fits(names))
        };
        functions.iter().any(fits)
    };
    let message = |key: String| {
        let what = "no function of the workload has such a name".to_owned();
        (key, what, "write a function's name, app/function or owner/app/function, with * for any text")
    };
    let classes = workload.classes.iter().enumerate().filter(|(_, class)| !fits(&class.functions));
    let mut wrong: Vec<_> = classes.map(|(i, _)| message(format!("workload.class[{i}].functions.name"))).collect();
    for (i, layout) in layouts.iter().enumerate() {
        let rules = layout.affinity.iter().enumerate().filter(|(_, rule)| !fits(&rule.functions));
        wrong.extend(rules.map(|(k, _)| message(format!("layout[{i}].platform.affinity[{k}].functions.name"))));
    }
    let given = functions.iter().filter_map(|function| function.own.as_deref()?.profile.as_ref());
    let unknown = given.filter(|name| !workload.profiles.iter().any(|named| named.name == **name)).min();
    wrong.extend(unknown.map(|name| {
        let what = format!("functions.csv gives a function the profile `{name}`, and there is none of this name");
        ("workload.profiles".to_owned(), what, "add it as [[workload.profiles]], or leave it out there")
    }));
    wrong
}
