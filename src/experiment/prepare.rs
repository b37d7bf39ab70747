//! Everything that can be wrong with an experiment, found before anything is run.

use crate::config::plan::{self, Plan};
use crate::config::raw::Experiment;
use crate::config::{Loaded, raw};
use crate::problem::{Problem, Problems};
use crate::workload::Workload;
use crate::world::{self, Demanding};

use super::{basis, load_workload};

/// An experiment that can be run.
#[derive(Debug)]
pub struct Prepared {
    /// The layouts, resolved.
    pub plan: Plan,
    /// What they serve.
    pub workload: Workload,
}

/// Resolves the layouts and reads the workload; the problems of both are told at once, and where both are sound, also
/// those of putting them together.
pub fn prepare(loaded: &Loaded<Experiment>) -> Result<Prepared, Problems> {
    let (plan, workload) = (plan::resolve(loaded), load_workload(loaded));
    let (plan, workload) = match (plan, workload) {
        (Ok(plan), Ok(workload)) => (plan, workload),
        (plan, workload) => {
            let mut problems = plan.err().unwrap_or_default();
            problems.extend(workload.err().unwrap_or_default());
            return Err(problems);
        }
    };
    let mut problems = basis::check_purchase(loaded, &plan);
    for (i, layout) in plan.layouts.iter().enumerate() {
        for demand in world::check_functions(layout, workload.functions()) {
            problems.push(too_large(loaded, i, &demand));
        }
    }
    problems.or_ok(Prepared { plan, workload })
}

/// A function that is larger than any place for it would wait for ever.
fn too_large(loaded: &Loaded<raw::Experiment>, layout: usize, demand: &Demanding) -> Problem {
    let message = format!(
        "function {} needs {:.0} MiB of a {}, and one has {:.0} MiB",
        demand.function,
        demand.needs.as_mib_f64(),
        demand.place,
        demand.offered.as_mib_f64()
    );
    loaded.problem(
        &format!("layout[{layout}].{}", demand.key),
        message,
        "make it at least as large as the largest function",
    )
}
