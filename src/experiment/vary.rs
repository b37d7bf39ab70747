//! What differs between replications, and so what their intervals are about.

use crate::config::Loaded;
use crate::config::plan::{Layout, Plan, Vary, WorkloadSource};
use crate::config::raw::Experiment;
use crate::output::RunInfo;
use crate::problem::{Problem, Problems};
use crate::workload::{Functions, Replicate, Workload};
use crate::world;

/// What intervals over replications are over, and what they say nothing of, in words for the table.
pub(super) fn in_words(plan: &Plan, workload: &Workload) -> Vec<String> {
    let experiment = &plan.experiment;
    let generated = matches!(experiment.workload.source, WorkloadSource::Generated(_));
    let listed = workload.durations().is_none();
    let (over, but) = match experiment.vary {
        Vary::Population if generated => (
            "over populations of the same distributions",
            "as of a log-normal quantity: few have the heaviest functions",
        ),
        Vary::Population => return of_a_trace(workload.days()),
        _ if listed => (
            "over what platforms draw: the trace fixes arrivals and durations",
            "says nothing of other traces (vary = \"population\")",
        ),
        Vary::Arrivals if generated => (
            "over arrivals, durations and starts of one population",
            "says nothing of other populations (vary = \"population\")",
        ),
        Vary::Arrivals => (
            "over instants within each minute, durations and starts, with the counts of this trace",
            "says nothing of other days or functions (vary = \"population\")",
        ),
        Vary::Draws => (
            "over durations and starts, with the same arrivals",
            "says nothing of other arrivals (vary = \"arrivals\") or functions (vary = \"population\")",
        ),
    };
    vec![over.to_owned(), but.to_owned()]
}

/// The same of populations that are made of a trace with so many days to draw from.
fn of_a_trace(days: Option<u32>) -> Vec<String> {
    let (of, but) = match days {
        Some(days) => (
            format!("a bootstrap of the trace's applications and of its {days} days, both drawn with replacement"),
            "says nothing of functions and days that the trace has not",
        ),
        None => (
            "a bootstrap of the trace's applications, drawn with replacement".to_owned(),
            "says nothing of functions that the trace has not, nor of other days: it has not two",
        ),
    };
    let width = "with more replications the interval does not shrink, it is known better";
    vec![of, width.to_owned(), but.to_owned()]
}

/// Layouts whose replications are one and the same run, by the hashes of their events: nothing that is drawn plays a part.
pub(super) fn alike(layouts: &[Layout], runs: &[RunInfo]) -> Vec<String> {
    let is_alike = |layout: &&Layout| {
        let mut hashes = runs.iter().filter(|run| run.layout == layout.name).map(|run| &run.event_hash);
        let first = hashes.next();
        let mut others = hashes.peekable();
        others.peek().is_some() && others.all(|hash| Some(hash) == first)
    };
    let told = |layout: &Layout| {
        format!(
            "{}: replications cannot differ: nothing that is drawn plays a part, all are the same run, and no interval can be told",
            layout.name
        )
    };
    layouts.iter().filter(is_alike).map(told).collect()
}

/// What cannot be asked for together with populations that differ.
pub(super) fn check(loaded: &Loaded<Experiment>, plan: &Plan) -> Problems {
    let mut problems = Problems::default();
    let experiment = &plan.experiment;
    if experiment.vary == Vary::Population && experiment.outputs.requests {
        let message = "replications have functions of their own, and files of requests name those of one table";
        let remedy = "choose \"arrivals\" or \"draws\", or leave outputs.requests out";
        problems.push(loaded.problem("vary", message, remedy));
    }
    problems
}

/// What a layout cannot serve of a replication's own population; `place` is the layout's, by number. The workload as it was
/// read has been checked before.
pub(super) fn check_population(plan: &Plan, place: usize, served: &Replicate<'_>) -> Problems {
    let mut problems = Problems::default();
    if plan.experiment.vary != Vary::Population {
        return problems;
    }
    let (layout, functions): (&Layout, &Functions) = (&plan.layouts[place], served.functions());
    let mut push = |key: &str, message: &str, remedy: &str| {
        let remedy = remedy.to_owned();
        let message = format!("with another population (vary = \"population\"): {message}");
        problems.push(Problem { subject: format!("layout[{place}].{key}"), message, remedy, ..Problem::default() });
    };
    for misfit in world::check_functions(layout, &plan.experiment.workload, functions) {
        push(&misfit.key, &misfit.message, misfit.remedy);
    }
    if let Some((_, needs, offered)) = world::check_templates(layout, functions) {
        let (needs, offered) = (needs.as_gib_f64(), offered.as_gib_f64());
        let message = format!("the templates of all functions need {needs:.1} GiB of a pool of {offered:.1} GiB");
        push("memory_pools", &message, "make the pools larger or more, or the templates smaller");
    }
    problems
}
