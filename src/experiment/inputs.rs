//! The workload of a plan, read or generated.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::plan::{Azure2019, Select, WorkloadSource};
use crate::config::raw::{self, Experiment};
use crate::config::{Identity, Loaded, identity};
use crate::problem::Problems;
use crate::rng::RootSeed;
use crate::workload::Workload;
use crate::workload::generate::{self, generate};
use crate::workload::trace::{azure2019, azure2021, digest, native};

/// What the layouts of an experiment serve.
#[derive(Clone, Debug)]
pub struct Input {
    /// Functions and invocations.
    pub workload: Arc<Workload>,
    /// The digest of the trace that they are read from; none where they are generated.
    pub trace: Option<String>,
}

impl Input {
    /// Reads or generates it.
    ///
    /// # Errors
    /// A trace that cannot be read.
    pub fn load(loaded: &Loaded<Experiment>) -> Result<Self, Problems> {
        let trace = trace_digest(loaded);
        // What is wrong with a trace is told best by its reader.
        let workload = Arc::new(load_workload(loaded)?);
        Ok(Self { workload, trace: trace? })
    }
}

/// What tells an experiment on this trace from others. Its paths lead to the trace from anywhere.
pub(super) fn identity(loaded: &Loaded<Experiment>, trace: Option<String>) -> Identity {
    Identity::of(loaded, trace, |key, path| {
        let found = find(loaded, key, path);
        found.canonicalize().ok().filter(|whole| whole.to_str().is_some()).unwrap_or(found)
    })
}

/// Reads or generates the workload of an experiment, and selects what of it is replayed. Relative paths start at the file that
/// names them, then at the current folder. A workload without invocations is an error.
pub fn load_workload(loaded: &Loaded<Experiment>) -> Result<Workload, Problems> {
    let whole = read_workload(loaded)?;
    let all = whole.invocations();
    if all == 0 {
        let remedy = "check that it is the trace that is meant: without requests there is nothing to measure";
        return Err(loaded.problem("workload.source", "the trace has no invocations", remedy).into());
    }
    let (select, root) = (Select::resolve(&loaded.raw.workload.select), RootSeed::new(loaded.raw.seed, 0));
    let selected = whole.select(&select, root).map_err(|misfits| {
        let mut problems = Problems::default();
        for misfit in misfits {
            let key = format!("workload.select.{}", misfit.key);
            problems.push(loaded.problem(&key, misfit.message, &misfit.remedy));
        }
        problems
    })?;
    if selected.invocations() == 0 {
        let message = format!("none of the {all} invocations of the trace is selected");
        return Err(loaded.problem("workload.select", message, "select a longer window, or a larger share").into());
    }
    Ok(selected)
}

fn read_workload(loaded: &Loaded<Experiment>) -> Result<Workload, Problems> {
    let experiment = &loaded.raw;
    let unpacked = experiment.limits.unpacked.0;
    match &WorkloadSource::resolve(&experiment.workload.source) {
        WorkloadSource::Native(source) => native::load_within(&find(loaded, "path", &source.path), unpacked),
        WorkloadSource::Azure2019(source) => {
            azure2019::load(&azure2019_files(loaded, source), &azure2019_options(experiment, source))
        }
        WorkloadSource::Azure2021(source) => {
            let options = azure2021::Options {
                zero_durations: source.zero_duration,
                drop_mostly_zero: source.drop_mostly_zero,
                memory: source.memory,
                unpacked,
            };
            azure2021::load(&[find(loaded, "path", &source.path)], &options)
        }
        WorkloadSource::Generated(source) => generate(&generate::Options {
            functions: source.functions,
            length: source.length,
            seed: experiment.seed,
            rate_scale: source.rate_scale,
            diurnal: source.diurnal,
            longest: source.longest,
        }),
    }
}

/// The digest of the bytes of all files that the workload of an experiment is read from; `None` where it is generated.
pub fn trace_digest(loaded: &Loaded<Experiment>) -> Result<Option<String>, Problems> {
    let digest = match &WorkloadSource::resolve(&loaded.raw.workload.source) {
        WorkloadSource::Native(source) => digest::of_native(&find(loaded, "path", &source.path)),
        WorkloadSource::Azure2021(source) => digest::digest(&[("invocations", find(loaded, "path", &source.path))]),
        WorkloadSource::Azure2019(source) => {
            let files = azure2019_files(loaded, source);
            let kinds = [("invocations", files.invocations), ("durations", files.durations), ("memory", files.memory)];
            let parts = kinds.into_iter().flat_map(|(part, paths)| paths.into_iter().map(move |path| (part, path)));
            digest::digest(&parts.collect::<Vec<_>>())
        }
        WorkloadSource::Generated(_) => return Ok(None),
    };
    digest.map(Some)
}

fn azure2019_files(loaded: &Loaded<Experiment>, source: &Azure2019) -> azure2019::Files {
    let all = |key: &str, paths: &[PathBuf]| {
        paths.iter().enumerate().map(|(i, path)| find(loaded, &format!("{key}[{i}]"), path)).collect()
    };
    azure2019::Files {
        invocations: all("invocations", &source.invocations),
        durations: all("durations", &source.durations),
        memory: all("memory", &source.memory),
    }
}

fn azure2019_options(experiment: &Experiment, source: &Azure2019) -> azure2019::Options {
    azure2019::Options {
        missing: source.missing,
        default_duration: source.default_duration,
        default_memory: source.default_memory,
        zero_durations: source.zero_duration,
        memory_from: source.memory_from,
        memory_split: source.memory_split,
        seed: experiment.seed,
        unpacked: experiment.limits.unpacked.0,
    }
}

/// Names the workload of an experiment: equal texts, equal workloads. The seed counts where functions or requests are drawn.
pub(super) fn workload_key(loaded: &Loaded<Experiment>) -> String {
    let raw = &loaded.raw;
    let select = Select::resolve(&raw.workload.select);
    let drawn = matches!(raw.workload.source, raw::WorkloadSource::Azure2019(_) | raw::WorkloadSource::Generated(_))
        || select.function_share < 1.0
        || select.request_share < 1.0
        || select.rate_scale != 1.0;
    format!("{} {select:?} {:?} {}", trace_key(loaded), drawn.then_some(raw.seed), raw.limits.unpacked)
}

/// Names the files of a workload and how they are read.
pub(super) fn trace_key(loaded: &Loaded<Experiment>) -> String {
    let mut source = loaded.raw.workload.source.clone();
    for (key, path) in identity::paths(&mut source) {
        *path = find(loaded, &key, path);
    }
    format!("{source:?}")
}

/// Where a path of the workload's source leads.
fn find(loaded: &Loaded<Experiment>, key: &str, path: &Path) -> PathBuf {
    let beside = loaded.folder_of(&format!("workload.source.{key}")).map(|folder| folder.join(path));
    beside.filter(|file| file.exists()).unwrap_or_else(|| path.to_owned())
}

/// The workload in words, for the report.
pub(super) fn describe(source: &WorkloadSource, select: &Select) -> String {
    let mut words = describe_source(source);
    let all = Select::default();
    let Select { start, length, function_share, request_share, rate_scale, repeat } = *select;
    let mut add = |said: bool, text: String| words += if said { &text } else { "" };
    add(
        start != all.start || length != all.length,
        match length {
            Some(length) => format!(", {length} from {start} on"),
            None => format!(", from {start} on"),
        },
    );
    add(function_share < 1.0, format!(", {} % of its functions", function_share * 100.0));
    add(request_share < 1.0, format!(", {} % of its requests", request_share * 100.0));
    add(rate_scale != all.rate_scale, format!(", rates times {rate_scale}"));
    add(repeat != all.repeat, format!(", {repeat} times"));
    words
}

fn describe_source(source: &WorkloadSource) -> String {
    let names = |paths: &[PathBuf]| {
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        paths.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    match source {
        WorkloadSource::Native(source) => format!("trace {}", names(std::slice::from_ref(&source.path))),
        WorkloadSource::Azure2019(source) => format!("Azure Functions 2019: {}", names(&source.invocations)),
        WorkloadSource::Azure2021(source) => {
            format!("Azure Functions 2021: {}", names(std::slice::from_ref(&source.path)))
        }
        WorkloadSource::Generated(source) => format!(
            "{} generated functions over {}, from the published distributions of Azure Functions 2019",
            source.functions, source.length
        ),
    }
}
