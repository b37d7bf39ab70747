//! The workload of a plan, read or generated.

use std::path::{Path, PathBuf};

use crate::config::Loaded;
use crate::config::plan::{Azure2019, WorkloadSource};
use crate::config::raw::Experiment;
use crate::problem::Problems;
use crate::workload::Workload;
use crate::workload::generate::{self, generate};
use crate::workload::trace::{azure2019, azure2021, digest, native};

/// Reads or generates the workload of an experiment. Relative paths start at the file that names them, then at the
/// current folder.
pub fn load_workload(loaded: &Loaded<Experiment>) -> Result<Workload, Problems> {
    let experiment = &loaded.raw;
    match &WorkloadSource::resolve(&experiment.workload.source) {
        WorkloadSource::Native(source) => native::load(&find(loaded, "path", &source.path)),
        WorkloadSource::Azure2019(source) => {
            azure2019::load(&azure2019_files(loaded, source), &azure2019_options(experiment, source))
        }
        WorkloadSource::Azure2021(source) => {
            let options = azure2021::Options {
                zero_durations: source.zero_duration,
                drop_mostly_zero: source.drop_mostly_zero,
                memory: source.memory,
            };
            azure2021::load(&[find(loaded, "path", &source.path)], &options)
        }
        WorkloadSource::Generated(source) => generate(&generate::Options {
            functions: source.functions,
            length: source.length,
            seed: experiment.seed,
            rate_scale: source.rate_scale,
            diurnal: source.diurnal,
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
    }
}

/// Names the workload of an experiment: equal texts, equal workloads. The seed counts where functions are drawn.
pub(super) fn workload_key(loaded: &Loaded<Experiment>) -> String {
    let (source, seed) = (WorkloadSource::resolve(&loaded.raw.workload.source), loaded.raw.seed);
    match &source {
        WorkloadSource::Native(native) => format!("{source:?} {}", find(loaded, "path", &native.path).display()),
        WorkloadSource::Azure2021(azure) => format!("{source:?} {}", find(loaded, "path", &azure.path).display()),
        WorkloadSource::Azure2019(azure) => {
            let files = azure2019_files(loaded, azure);
            format!("{source:?} {:?} {:?} {:?} {seed}", files.invocations, files.durations, files.memory)
        }
        WorkloadSource::Generated(_) => format!("{source:?} {seed}"),
    }
}

/// Where a path of the workload's source leads.
fn find(loaded: &Loaded<Experiment>, key: &str, path: &Path) -> PathBuf {
    let beside = loaded.folder_of(&format!("workload.source.{key}")).map(|folder| folder.join(path));
    beside.filter(|file| file.exists()).unwrap_or_else(|| path.to_owned())
}

/// The source in words, for the report.
pub(super) fn describe(source: &WorkloadSource) -> String {
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
