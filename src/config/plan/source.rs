//! Where functions and invocations come from.

use std::path::PathBuf;

use crate::config::choice::{DurationFloor, MemoryChoice, MemorySplit, MissingRows};
use crate::config::raw;
use crate::units::{Bytes, Span};

/// Where functions and invocations come from.
#[derive(Clone, Debug)]
pub enum WorkloadSource {
    /// The project's own form: a folder with functions.csv and counts.csv or invocations.csv, or one packed file
    /// (.sdt), see traces/README.md.
    Native(Native),
    /// Azure Functions 2019: invocations per minute, duration percentiles and memory percentiles.
    Azure2019(Azure2019),
    /// Azure Functions 2021: one row per invocation.
    Azure2021(Azure2021),
    /// A population drawn from the published distributions of the Azure Functions 2019 trace.
    Generated(Generated),
}

impl WorkloadSource {
    /// From what was typed.
    pub fn resolve(raw: &raw::WorkloadSource) -> Self {
        match raw {
            raw::WorkloadSource::Native(raw) => Self::Native(Native::resolve(raw)),
            raw::WorkloadSource::Azure2019(raw) => Self::Azure2019(Azure2019::resolve(raw)),
            raw::WorkloadSource::Azure2021(raw) => Self::Azure2021(Azure2021::resolve(raw)),
            raw::WorkloadSource::Generated(raw) => Self::Generated(Generated::resolve(raw)),
        }
    }
}

/// A trace in the project's own form.
#[derive(Clone, Debug)]
pub struct Native {
    /// The trace folder or packed file; relative paths start at the file that names it, then at the current folder.
    pub path: PathBuf,
}

impl Native {
    /// From what was typed.
    pub fn resolve(raw: &raw::Native) -> Self {
        Self { path: raw.path.clone() }
    }
}

/// The three files of one or more days of Azure Functions 2019; each plain, gzip or Zstandard.
#[derive(Clone, Debug)]
pub struct Azure2019 {
    /// Invocations per function and minute, one file a day.
    pub invocations: Vec<PathBuf>,
    /// Duration percentiles per function, one file a day; a function's durations are the mixture of its days.
    pub durations: Vec<PathBuf>,
    /// Memory percentiles per application or function; days without this file are fine.
    pub memory: Vec<PathBuf>,
    /// What becomes of durations that are zero or negative.
    pub zero_duration: DurationFloor,
    /// What becomes of functions that one of the files leaves out.
    pub missing: MissingRows,
    /// With `missing = "fill"`: the duration of functions without durations; the median of the public trace.
    pub default_duration: Span,
    /// How an application's memory is given to its functions.
    pub memory_split: MemorySplit,
    /// Which figure of an application's memory is taken.
    pub memory_from: MemoryChoice,
    /// With `missing = "fill"`, or without memory files: memory of functions; the median of the public trace.
    pub default_memory: Bytes,
}

impl Azure2019 {
    /// From what was typed.
    pub fn resolve(raw: &raw::Azure2019) -> Self {
        Self {
            invocations: raw.invocations.clone(),
            durations: raw.durations.clone(),
            memory: raw.memory.clone(),
            zero_duration: raw.zero_duration,
            missing: raw.missing,
            default_duration: raw.default_duration.0,
            memory_split: raw.memory_split,
            memory_from: raw.memory_from,
            default_memory: raw.default_memory.0,
        }
    }
}

/// One file of Azure Functions 2021 (app, func, `end_timestamp`, duration, perhaps memory); plain, gzip or Zstandard.
#[derive(Clone, Debug)]
pub struct Azure2021 {
    /// The file.
    pub path: PathBuf,
    /// What becomes of durations that are zero or negative.
    pub zero_duration: DurationFloor,
    /// Whether functions with more than half of their durations zero are left out, as the InVitro loader does.
    pub drop_mostly_zero: bool,
    /// Memory of every function, where the trace gives none.
    pub memory: Bytes,
}

impl Azure2021 {
    /// From what was typed.
    pub fn resolve(raw: &raw::Azure2021) -> Self {
        Self {
            path: raw.path.clone(),
            zero_duration: raw.zero_duration,
            drop_mostly_zero: raw.drop_mostly_zero,
            memory: raw.memory.0,
        }
    }
}

/// A generated population.
#[derive(Clone, Debug)]
pub struct Generated {
    /// How many functions.
    pub functions: u32,
    /// How long.
    pub length: Span,
    /// Multiplies every function's rate of invocation.
    pub rate_scale: f64,
    /// How far rates swing about their mean over a day: at time t they are 1 - a·cos(2πt/day) of it; timers do not.
    pub diurnal: f64,
    /// The longest run: percentiles of durations above it are cut to it.
    pub longest: Option<Span>,
}

impl Generated {
    /// From what was typed.
    pub fn resolve(raw: &raw::Generated) -> Self {
        Self {
            functions: raw.functions,
            length: raw.length.0,
            rate_scale: raw.rate_scale,
            diurnal: raw.diurnal,
            longest: raw.longest.map(|longest| longest.0),
        }
    }
}
