//! `sdcsim check`, `sdcsim explain` and `sdcsim schema`: config files, checked and explained without running them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use schemars::JsonSchema;

use crate::config::effect::{AlongAxes, Effects};
use crate::config::load::check_part;
use crate::config::raw;
use crate::config::shape::Model;
use crate::config::sweep::Sweep;
use crate::config::{explain as keys, load, reference, suggest};
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

/// Arguments of `sdcsim schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// `experiment`, or a kind of file that experiments extend: cpu, memory, nic, disk, pool, storage, fabric, vm, site, nodes,
    /// layout, platform, start, workload
    #[arg(default_value = EXPERIMENT)]
    pub kind: String,
}

/// What is not a part.
const EXPERIMENT: &str = "experiment";

/// A kind of file that experiments extend.
struct Part {
    /// Name of the folder that it lies in.
    folder: &'static str,
    /// How its name starts.
    prefix: &'static str,
    /// Its name as of a schema.
    kind: &'static str,
    /// What it describes.
    what: &'static str,
    check: fn(&Path, &[String]) -> Result<(), Problems>,
    schema: fn(&str, bool) -> String,
}

const fn part<T: JsonSchema>(
    folder: &'static str,
    prefix: &'static str,
    kind: &'static str,
    what: &'static str,
) -> Part {
    Part { folder, prefix, kind, what, check: check_part::<T>, schema: reference::editor_schema::<T> }
}

/// The first that fits is taken.
static PARTS: [Part; 14] = [
    part::<raw::Cpu>("parts", "cpu-", "cpu", "processor"),
    part::<raw::Memory>("parts", "memory-", "memory", "memory"),
    part::<raw::Nic>("parts", "nic-", "nic", "network interface"),
    part::<raw::Disk>("parts", "disk-", "disk", "disk"),
    part::<raw::MemoryPools>("parts", "pool-", "pool", "memory pool"),
    part::<raw::StoragePool>("parts", "storage-", "storage", "storage"),
    part::<raw::Fabric>("parts", "fabric-", "fabric", "fabric"),
    part::<raw::Vm>("parts", "vm-", "vm", "machine type"),
    part::<raw::Site>("parts", "site", "site", "site"),
    part::<raw::Nodes>("layouts", "nodes-", "nodes", "nodes"),
    part::<raw::Layout>("layouts", "", "layout", "layout"),
    part::<raw::Platform>("platforms", "", "platform", "platform"),
    part::<raw::ColdStart>("starts", "", "start", "start"),
    part::<raw::Workload>("workloads", "", "workload", "workload"),
];

/// The part that a file is, by its name and folder; none where it is an experiment.
fn part_of(file: &Path) -> Option<&'static Part> {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    PARTS.iter().find(|part| part.folder == folder && name.starts_with(part.prefix))
}

/// The kind of a file, as `sdcsim schema` names it.
pub fn kind_of(file: &Path) -> &'static str {
    part_of(file).map_or(EXPERIMENT, |part| part.kind)
}

/// All kinds of files.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    std::iter::once(EXPERIMENT).chain(PARTS.iter().map(|part| part.kind))
}

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
    if let Some(part) = part_of(file) {
        (part.check)(file, sets)?;
        return Ok(Fine::new(part.what.to_owned()));
    }
    if file.parent().is_some_and(|folder| folder.ends_with("parts")) {
        let prefixes: Vec<&str> = PARTS.iter().filter(|part| part.folder == "parts").map(|part| part.prefix).collect();
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
    let (mut problems, mut told) = (Problems::default(), BTreeSet::new());
    let (mut effects, mut along_axes) = (Effects::default(), AlongAxes::default());
    for point in 0..sweep.points() {
        let prepared = sweep.point(point).and_then(|loaded| {
            let prepared = prepare_with(&loaded, |loaded| workloads.get(loaded))?;
            along_axes.add(&loaded, &prepared.effects, sweep.keys());
            Ok(prepared)
        });
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
    let mut warnings = effects.warnings();
    warnings.0.extend(along_axes.warnings().0);
    problems.or_ok(Fine { warnings, ..Fine::new(summary) })
}

/// What to print about a key.
///
/// # Errors
/// A key that there is not, with near ones.
pub fn explain(args: &ExplainArgs) -> Result<String, Problems> {
    keys::explain(&Model::of::<raw::Experiment>(), args.key.as_deref().unwrap_or_default())
}

/// The JSON Schema of a kind of file, for editors.
///
/// # Errors
/// A kind that there is not.
pub fn schema(args: &SchemaArgs) -> Result<String, Problems> {
    if args.kind == EXPERIMENT {
        return Ok(reference::editor_schema::<raw::Experiment>("An experiment of sdcsim", false));
    }
    let Some(part) = PARTS.iter().find(|part| part.kind == args.kind) else {
        let names: Vec<String> = kinds().map(str::to_owned).collect();
        let remedy = suggest::among(&args.kind, &names, "there are");
        return Err(Problem::with_file("", format!("no kind of file is called `{}`", args.kind), remedy).into());
    };
    Ok((part.schema)(&format!("A file of sdcsim for experiments to extend: {}", part.what), true))
}
