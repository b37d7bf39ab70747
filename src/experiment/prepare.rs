//! Everything that can be wrong with an experiment, found before anything is run.

use std::sync::Arc;

use crate::config::effect::{Effect, Effects};
use crate::config::plan::{self, Plan, Platform};
use crate::config::raw::Experiment;
use crate::config::{Identity, Loaded};
use crate::problem::Problems;
use crate::workload::Workload;
use crate::world;

use super::inputs::{self, Input};
use super::{basis, bounds, vary};

/// An experiment that can be run.
#[derive(Debug)]
pub struct Prepared {
    /// The layouts, resolved.
    pub plan: Plan,
    /// What they serve.
    pub workload: Arc<Workload>,
    /// Which of the keys that were written have an effect.
    pub effects: Effects,
    /// What tells it from other experiments.
    pub identity: Identity,
}

/// Resolves the layouts and reads the workload; the problems of both are reported at once, and where both are sound, also
/// those of putting them together.
pub fn prepare(loaded: &Loaded<Experiment>) -> Result<Prepared, Problems> {
    prepare_with(loaded, Input::load)
}

/// As [`prepare`], with what it serves from elsewhere, as when several experiments share it.
pub fn prepare_with(
    loaded: &Loaded<Experiment>,
    input: impl FnOnce(&Loaded<Experiment>) -> Result<Input, Problems>,
) -> Result<Prepared, Problems> {
    let (mut plan, Input { workload, trace }) = match (plan::resolve(loaded), input(loaded)) {
        (Ok(plan), Ok(input)) => (plan, input),
        (plan, input) => {
            let mut problems = plan.err().unwrap_or_default();
            problems.extend(input.err().unwrap_or_default());
            return Err(problems);
        }
    };
    if let Some(cores) = workload.measured_cores() {
        plan.experiment.workload.measured_with(cores);
    }
    let mut problems = basis::check_purchase(loaded, &plan);
    for (i, layout) in plan.layouts.iter().enumerate() {
        for misfit in world::check_functions(layout, &plan.experiment.workload, workload.functions()) {
            problems.push(loaded.problem(&format!("layout[{i}].{}", misfit.key), misfit.message, misfit.remedy));
        }
        if let Some((group, needs, offered)) = world::check_templates(layout, workload.functions()) {
            let (needs, offered) = (needs.as_gib_f64(), offered.as_gib_f64());
            let message = format!("the templates of all functions need {needs:.1} GiB of a pool of {offered:.1} GiB");
            let remedy = "make the pools larger or more, or the templates smaller (platform.cold_start.remote.size)";
            let pools = loaded.raw.layout[i].memory_pools.as_ref();
            let pools = pools.map_or_else(String::new, |pools| pools.key("memory_pools", group));
            problems.push(loaded.problem(&format!("layout[{i}].{pools}.capacity"), message, remedy));
        }
    }
    for (key, message, remedy) in world::check_names(&plan.experiment.workload, &plan.layouts, workload.functions()) {
        problems.push(loaded.problem(&key, message, remedy));
    }
    problems.extend(reserved(loaded, &plan, &workload));
    if !loaded.raw.figure.is_empty() {
        problems.push(loaded.problem(
            "figure",
            "a figure without a sweep",
            "add an axis as [[sweep]], or leave it out, as with --set 'figure=[]'",
        ));
    }
    problems.extend(bounds::bounds(loaded, &plan, &workload));
    problems.extend(vary::check(loaded, &plan));
    problems.or_ok(())?;
    let effects = effects(loaded, &plan, &workload);
    let identity = inputs::identity(loaded, trace);
    Ok(Prepared { plan, workload, effects, identity })
}

/// Which of the keys that were written have an effect on the layouts as they serve this workload.
fn effects(loaded: &Loaded<Experiment>, plan: &Plan, workload: &Workload) -> Effects {
    let (asked, functions) = (&plan.experiment.workload, workload.functions());
    let mut effects = plan::effects(loaded, &plan.experiment, &plan.layouts);
    let (spacing, source) = ("workload.spacing".to_owned(), "workload.source".to_owned());
    let counted = workload.durations().is_some();
    effects.add(loaded, &Effect::only_with(spacing, source, "a workload that counts by the minute", counted));
    let (vary, replications) = ("vary".to_owned(), "replications".to_owned());
    effects.add(
        loaded,
        &Effect::only_with(vary, replications, "more than one replication", plan.experiment.replications > 1),
    );
    let serverless = plan.layouts.iter().any(|layout| matches!(layout.platform, Platform::Serverless(_)));
    for effect in world::workload_effects(asked, functions, serverless) {
        effects.add(loaded, &effect);
    }
    for (i, (layout, raw)) in plan.layouts.iter().zip(&loaded.raw.layout).enumerate() {
        let key = |key: &str, group: usize| match key {
            "storage" => raw.storage.key(key, group),
            _ => raw.nodes.key(key, group),
        };
        for effect in world::layout_effects(&format!("layout[{i}]"), layout, asked, functions, key) {
            effects.add(loaded, &effect);
        }
    }
    effects
}

/// Names of functions that the workload does not have.
fn reserved(loaded: &Loaded<Experiment>, plan: &Plan, workload: &Workload) -> Problems {
    let mut problems = Problems::default();
    for (i, layout) in plan.layouts.iter().enumerate() {
        let Platform::Serverless(platform) = &layout.platform else { continue };
        for (message, remedy) in world::check_reserved(&platform.reserved_concurrency, workload.functions()) {
            let key = format!("layout[{i}].platform.reserved_concurrency");
            problems.push(loaded.problem(&key, message, remedy));
        }
    }
    problems
}
