//! What the platform knows of the functions of a workload.

use std::collections::BTreeMap;

use crate::config::plan::KeepAliveMode;
use crate::ids::FunctionId;
use crate::platform::serverless::dispatch::hash::of_name;
use crate::platform::serverless::keep::clairvoyant::Oracle;
use crate::platform::serverless::{Knowledge, Known};
use crate::rng::RootSeed;
use crate::units::Span;
use crate::workload::{Function, Functions, Invocation};

use crate::world::setup::ServerlessSetup;

/// What is known of `functions`, with what a cold start of each takes as far as that is known beforehand. Functions with
/// an owner but no application are their own application.
pub fn knowledge<'f>(functions: &'f Functions, root: RootSeed, cold_start: impl Fn(&Function) -> Span) -> Knowledge {
    let mut apps: BTreeMap<[&str; 3], u32> = BTreeMap::new();
    let known = |function: &'f Function| {
        let [owner, app, name] = [&function.owner, &function.app, &function.name].map(String::as_str);
        let parts: [&str; 3] = if app.is_empty() { [owner, app, name] } else { [owner, app, ""] };
        let next = apps.len() as u32;
        Known {
            app: *apps.entry(parts).or_insert(next),
            hash: of_name(&[owner, app, name]),
            app_hash: of_name(&parts),
            cold_start: cold_start(function),
            ..Known::default()
        }
    };
    Knowledge { functions: functions.iter().map(known).collect(), ..Knowledge::none(root) }
}

/// The function with this name, `app/function` or `owner/app/function`; else how many there are.
fn named(functions: &Functions, name: &str) -> Result<FunctionId, usize> {
    let parts: Vec<&str> = name.split('/').collect();
    let suits = |id: &FunctionId| {
        let function = &functions[*id];
        let whole = [&function.owner, &function.app, &function.name].map(String::as_str);
        function.name == name || whole.ends_with(&parts)
    };
    let found: Vec<FunctionId> = functions.ids().filter(suits).collect();
    if let [one] = found[..] { Ok(one) } else { Err(found.len()) }
}

/// What is wrong with the names of functions that have concurrency of their own, and the remedy.
pub fn check_reserved(reserved: &BTreeMap<String, u32>, functions: &Functions) -> Vec<(String, &'static str)> {
    let wrong = |name: &String| match named(functions, name) {
        Ok(_) => None,
        Err(0) => Some(format!("no function of the workload is named `{name}`")),
        Err(several) => Some(format!("{several} functions of the workload are named `{name}`")),
    };
    let remedy = "write the name of one function, or app/function, or owner/app/function";
    reserved.keys().filter_map(wrong).map(|message| (message, remedy)).collect()
}

/// Tells the platform which functions have concurrency of their own. The names have been checked.
pub fn reserve(knowledge: &mut Knowledge, reserved: &BTreeMap<String, u32>, functions: &Functions) {
    for (name, slots) in reserved {
        if let Ok(function) = named(functions, name) {
            knowledge.functions[function].reserved = Some(*slots);
        }
    }
}

/// Lets the platform know every arrival to come and how long it runs, for the clairvoyant rule; `arrivals` gives those of the run, any number of
/// times.
pub fn foresee<I: Iterator<Item = Invocation>>(setup: &mut ServerlessSetup, arrivals: impl Fn() -> I) {
    if setup.rules.keep_alive != KeepAliveMode::Clairvoyant {
        return;
    }
    let offset = setup.hardware.least_offset();
    let decided = || arrivals().map(|call| (call.at.saturating_add(offset), call.duration, call.function));
    setup.knowledge.oracle = Some(Oracle::new(setup.needs.len(), decided));
}
