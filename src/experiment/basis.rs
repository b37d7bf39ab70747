//! What the layouts of a comparison have in equal measure.

use crate::config::Loaded;
use crate::config::plan::{Layout, Plan};
use crate::config::raw::{Basis, Experiment};
use crate::cost::{bill_of_materials, purchase};
use crate::output::HeldEqual;
use crate::problem::Problems;

/// The basis in words, for the table.
pub(super) fn in_words(basis: Basis) -> &'static str {
    match basis {
        Basis::CoresAndMemory => "equal cores and memory",
        Basis::Cores => "equal cores",
        Basis::Memory => "equal memory",
        Basis::PurchaseCost => "equal purchase cost",
        Basis::P99Latency => "equal p99 response time",
        Basis::Nothing => "nothing held equal",
    }
}

/// The quantities of one layout that the basis is about; latency is known only after the run.
pub(super) fn held_equal(basis: Basis, layout: &Layout) -> Vec<HeldEqual> {
    let held = |what: &str, value: f64, unit: &str| HeldEqual { what: what.to_owned(), value, unit: unit.to_owned() };
    let cores = held("cores", layout.cores as f64, "cores");
    let memory = held("memory", layout.memory().as_gib_f64(), "GiB");
    match basis {
        Basis::CoresAndMemory => vec![cores, memory],
        Basis::Cores => vec![cores],
        Basis::Memory => vec![memory],
        Basis::PurchaseCost => {
            vec![held("purchase cost", purchase(&bill_of_materials(layout)).0, "USD")]
        }
        Basis::P99Latency | Basis::Nothing => Vec::new(),
    }
}

/// Whether layouts that are to cost the same do; cores and memory are checked when the plan is made.
pub(super) fn check_purchase(loaded: &Loaded<Experiment>, plan: &Plan) -> Problems {
    let mut problems = Problems::default();
    if plan.experiment.basis == Basis::PurchaseCost {
        let costs: Vec<f64> = plan.layouts.iter().map(|l| purchase(&bill_of_materials(l)).0).collect();
        for (i, cost) in costs.iter().enumerate().skip(1) {
            if (cost - costs[0]).abs() > plan.experiment.basis_tolerance * costs[0] {
                let message = format!(
                    "the hardware costs {cost:.0} USD, that of `{}` {:.0} USD: the basis says equal",
                    plan.layouts[0].name, costs[0]
                );
                let remedy = "size the layouts alike, or change `basis` or `basis_tolerance`";
                let count = if plan.layouts[i].node_groups.len() == 1 { ".count" } else { "" };
                problems.push(loaded.problem(&format!("layout[{i}].nodes{count}"), message, remedy));
            }
        }
    }
    problems
}
