//! Which classes, rules, demands and hardware have an effect, given the functions of the workload.

use std::collections::BTreeSet;

use super::functions::{behaviours, class_of, placed, rule_of};
use crate::config::effect::Effect;
use crate::config::plan::{Demands, Layout, Platform, Workload};
use crate::ids::IdVec;
use crate::rng::RootSeed;
use crate::workload::{Function, Functions};

fn effect(key: String, decided_by: &str, has: bool, why: &str, remedy: &str) -> Effect {
    Effect { key, decided_by: decided_by.to_owned(), has, why: why.to_owned(), remedy: remedy.to_owned() }
}

/// Of the workload's profiles, classes and demands; `serverless` says whether any layout is.
pub fn workload_effects(workload: &Workload, functions: &Functions, serverless: bool) -> Vec<Effect> {
    let of: BTreeSet<Option<usize>> = functions.iter().map(|function| class_of(workload, function)).collect();
    let mut effects: Vec<Effect> = (0..workload.classes.len())
        .map(|i| {
            let key = format!("workload.class[{i}]");
            let why = "as it selects no function of the workload that no class before it has selected";
            effect(key.clone(), &key, of.contains(&Some(i)), why, "mend `functions`, or leave the class out")
        })
        .collect();
    effects.extend(profiles(workload, functions));
    effects.extend(demands("workload.demands", &workload.demands, workload, serverless));
    for (i, class) in workload.classes.iter().enumerate() {
        effects.extend(demands(&format!("workload.class[{i}].demands"), &class.demands, workload, serverless));
    }
    effects
}

/// Profiles that no function has or may draw.
fn profiles(workload: &Workload, functions: &Functions) -> Vec<Effect> {
    let given = |function: &Function| function.own.as_ref().and_then(|own| own.profile.clone());
    let draws = functions.iter().any(|function| {
        let class = class_of(workload, function).and_then(|class| workload.classes[class].profile);
        given(function).is_none() && class.is_none()
    });
    let named: BTreeSet<String> = functions.iter().filter_map(given).collect();
    let one = |(i, profile): (usize, &crate::config::plan::NamedProfile)| {
        let key = format!("workload.profiles[{i}]");
        let has = profile.share > 0.0 && draws || named.contains(&profile.name);
        let why = "as functions.csv gives it to no function, and no function draws it by its share";
        effect(key.clone(), &key, has, why, "write a share above zero, name it in functions.csv, or leave it out")
    };
    workload.profiles.iter().enumerate().map(one).collect()
}

/// Demands that hold nothing.
fn demands(at: &str, demands: &Demands, workload: &Workload, serverless: bool) -> Vec<Effect> {
    let some = |demands: &Demands| demands.accelerators > 0 && demands.accelerator_share > 0.0;
    // Classes have from the workload's own what they do not say, and may say that they need none.
    let inherited = at == "workload.demands" && workload.classes.iter().any(|class| some(&class.demands));
    let has = some(demands) || inherited || some(&workload.demands);
    let why = if serverless {
        "as accelerators are held only where both accelerators and accelerator_share are above zero"
    } else {
        "as requests hold such things on serverless platforms alone, and no layout has one"
    };
    let remedy = if serverless { "write both, or leave them out" } else { "leave it out" };
    [("bandwidth", true), ("accelerators", has), ("accelerator_share", has)]
        .map(|(key, has)| effect(format!("{at}.{key}"), at, has && serverless, why, remedy))
        .into()
}

/// Of the rules of affinity, node groups, accelerators and storage of the layout at `at`; `key` says how a group of nodes
/// or storage is typed.
pub fn layout_effects(
    at: &str,
    layout: &Layout,
    workload: &Workload,
    functions: &Functions,
    key: impl Fn(&str, usize) -> String,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    let serverless = matches!(layout.platform, Platform::Serverless(_));
    let places = placed(layout, workload, functions);
    let used = places.iter().fold(0, |used, place| used | place.allowed);
    let held = if layout.node_groups.iter().any(|nodes| nodes.accelerators > 0) {
        // Only profiles depend on the replication.
        let of = behaviours(workload, functions, RootSeed::new(0, 0)).of;
        let held = of.iter().zip(&places).filter(|(one, _)| one.accelerators > 0);
        held.fold(0, |groups, (_, place)| groups | place.allowed)
    } else {
        0
    };
    for (i, _) in layout.node_groups.iter().enumerate() {
        let nodes = format!("{at}.{}", key("nodes", i));
        let why =
            "as platform.affinity lets no function of the workload run on these nodes, which only cost money and power";
        let remedy = "let some functions run there, or leave the nodes out";
        effects.push(effect(nodes.clone(), &nodes, !serverless || used >> i & 1 == 1, why, remedy));
        let why = if serverless {
            "as no function that may run on these nodes holds any"
        } else {
            "as requests hold accelerators on serverless platforms alone"
        };
        let remedy = "write demands (workload.demands, classes, functions.csv), or leave it out";
        let has = serverless && held >> i & 1 == 1;
        effects.push(effect(format!("{nodes}.accelerators"), "workload.demands", has, why, remedy));
    }
    effects.extend(rules(at, layout, workload, functions));
    let mut first = 0;
    for (i, storage) in layout.storage_groups.iter().enumerate() {
        let at = format!("{at}.{}", key("storage", i));
        let has = (first as usize) < IdVec::len(functions);
        let why = "as functions take turns on storage nodes in their order, and there are fewer functions than nodes";
        effects.push(effect(at.clone(), &at, has, why, "leave it out, or make the groups before it smaller"));
        first += storage.count;
    }
    effects
}

/// Rules of affinity that are nobody's, or make no difference.
fn rules(at: &str, layout: &Layout, workload: &Workload, functions: &Functions) -> Vec<Effect> {
    let of: BTreeSet<Option<usize>> = functions.iter().map(|function| rule_of(layout, workload, function)).collect();
    let one_group = layout.node_groups.len() == 1;
    let rule = |i: usize| {
        let key = format!("{at}.platform.affinity[{i}]");
        let (why, remedy) = if one_group {
            ("as the layout has one node group", "add node groups, or leave it out")
        } else {
            let why = "as it selects no function of the workload that no rule before it has selected";
            (why, "mend `functions`, or leave the rule out")
        };
        effect(key.clone(), &key, !one_group && of.contains(&Some(i)), why, remedy)
    };
    (0..layout.affinity.len()).map(rule).collect()
}
