//! `sdcsim check`, `sdcsim explain` and `sdcsim schema`: config files, checked and explained without running them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::effect::Effects;
use crate::config::load::check_part;
use crate::config::raw;
use crate::config::shape::Model;
use crate::config::sweep::Sweep;
use crate::config::{explain as keys, load, reference};
use crate::experiment::{Prepared, Workloads, figures, point_ids, prepare, prepare_with};
use crate::problem::{Problem, Problems, Warnings};

use super::threads::available_threads;
use super::uses;

/// Arguments of `sdcsim check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Experiments, or files that experiments extend (known by their folder: parts, layouts, platforms, workloads).
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Set a value before checking, as in `layout[0].nodes.count=64`; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// Arguments of `sdcsim explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// A key such as `layout.nodes.count`; without it, the keys at the top of an experiment.
    pub key: Option<String>,
}

/// A kind of file that experiments extend.
struct Part {
    /// Name of the folder that it lies in.
    folder: &'static str,
    /// How its name starts.
    prefix: &'static str,
    /// What it describes.
    what: &'static str,
    check: fn(&Path, &[String]) -> Result<(), Problems>,
}

const fn part(
    folder: &'static str,
    prefix: &'static str,
    what: &'static str,
    check: fn(&Path, &[String]) -> Result<(), Problems>,
) -> Part {
    Part { folder, prefix, what, check }
}

/// The first that fits is taken.
static PARTS: [Part; 14] = [
    part("parts", "cpu-", "processor", check_part::<raw::Cpu>),
    part("parts", "memory-", "memory", check_part::<raw::Memory>),
    part("parts", "nic-", "network interface", check_part::<raw::Nic>),
    part("parts", "disk-", "disk", check_part::<raw::Disk>),
    part("parts", "pool-", "memory pool", check_part::<raw::MemoryPools>),
    part("parts", "storage-", "storage", check_part::<raw::StoragePool>),
    part("parts", "fabric-", "fabric", check_part::<raw::Fabric>),
    part("parts", "vm-", "machine type", check_part::<raw::Vm>),
    part("parts", "site", "site", check_part::<raw::Site>),
    part("layouts", "nodes-", "nodes", check_part::<raw::Nodes>),
    part("layouts", "", "layout", check_part::<raw::Layout>),
    part("platforms", "", "platform", check_part::<raw::Platform>),
    part("starts", "", "start", check_part::<raw::ColdStart>),
    part("workloads", "", "workload", check_part::<raw::Workload>),
];

/// What checking found.
#[derive(Debug, Default)]
pub struct Checked {
    /// A line for each file that is right, for standard output, and what its layouts use where they have a choice.
    pub fine: String,
    /// What the right ones say without effect.
    pub warnings: Warnings,
    /// The problems of the others.
    pub problems: Problems,
}

/// Checks each file.
pub fn check(args: &CheckArgs) -> Checked {
    let mut checked = Checked::default();
    for file in &args.files {
        match check_file(file, &args.sets) {
            Ok(Fine { summary, uses, warnings }) => {
                let _ = write!(checked.fine, "ok: {} ({summary})\n{uses}", file.display());
                checked.warnings.0.extend(warnings.0);
            }
            Err(wrong) => checked.problems.extend(wrong),
        }
    }
    checked
}

/// A file that is right.
struct Fine {
    /// What it is.
    summary: String,
    /// Which pools and storage its nodes use.
    uses: String,
    warnings: Warnings,
}

impl Fine {
    /// Of which there is nothing else to say.
    fn new(summary: String) -> Self {
        Self { summary, uses: String::new(), warnings: Warnings::default() }
    }
}

fn check_file(file: &Path, sets: &[String]) -> Result<Fine, Problems> {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if let Some(part) = PARTS.iter().find(|part| part.folder == folder && name.starts_with(part.prefix)) {
        (part.check)(file, sets)?;
        return Ok(Fine::new(part.what.to_owned()));
    }
    if folder == "parts" {
        let prefixes: Vec<&str> = PARTS.iter().filter(|part| part.folder == folder).map(|part| part.prefix).collect();
        let remedy = format!("let its name start with one of {}", prefixes.join(", "));
        return Err(Problem::with_file(file, "the name does not say what part this is", remedy).into());
    }
    let loaded = load::<raw::Experiment>(file, sets)?;
    if !loaded.raw.sweep.is_empty() {
        figures(&loaded)?;
        return check_points(&Sweep::of(&loaded)?);
    }
    let Prepared { plan, workload, effects, .. } = prepare(&loaded)?;
    let (layouts, replications) = (plan.layouts.len(), loaded.raw.replications);
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let summary = format!(
        "{layouts} layout{}, {replications} replication{}, {} functions",
        plural(layouts),
        plural(replications as usize),
        workload.functions().len()
    );
    let uses = plan.layouts.iter().zip(&loaded.raw.layout).map(|(layout, raw)| uses::lines(layout, raw));
    Ok(Fine { uses: uses.collect(), warnings: effects.warnings(), summary })
}

/// Workloads of a sweep that are kept while its points are checked.
const WORKLOADS: usize = 4;

/// Checks every point of a sweep as an experiment of its own; each problem is told once.
fn check_points(sweep: &Sweep) -> Result<Fine, Problems> {
    point_ids(sweep, available_threads())?;
    let workloads = Workloads::new(WORKLOADS);
    let (mut problems, mut told, mut effects) = (Problems::default(), BTreeSet::new(), Effects::default());
    for point in 0..sweep.points() {
        let prepared = sweep.point(point).and_then(|loaded| prepare_with(&loaded, |loaded| workloads.get(loaded)));
        let wrong = match prepared {
            Ok(prepared) => {
                effects.extend(prepared.effects);
                continue;
            }
            Err(wrong) => wrong.0.into_iter(),
        };
        for problem in wrong.filter(|problem| told.insert(problem.to_string())) {
            let message = format!("{} (at {})", problem.message, sweep.settings(point));
            problems.push(Problem { message, ..problem });
        }
    }
    let axes = sweep.axes.iter().map(|axis| axis.len().to_string()).collect::<Vec<_>>().join(" × ");
    let summary = format!("a sweep of {axes} points");
    problems.or_ok(Fine { warnings: effects.warnings(), ..Fine::new(summary) })
}

/// What to print about a key.
///
/// # Errors
/// A key that there is not, with near ones.
pub fn explain(args: &ExplainArgs) -> Result<String, Problems> {
    keys::explain(&Model::of::<raw::Experiment>(), args.key.as_deref().unwrap_or_default())
}

/// The JSON Schema of an experiment file, for editors.
pub fn schema() -> String {
    reference::editor_schema::<raw::Experiment>()
}
