//! Configuration resolved: what models are built from, in types of their own, without units to read, keys to leave out
//! or files to extend. A plan is valid by construction.
//!
//! Each type is made from its twin in [`raw`] by one `resolve`; defaults are those of the raw structs, and only there.

mod affinity;
mod checks;
mod cores;
mod dispatch;
mod effects;
mod experiment;
mod fabric;
mod idle;
mod keep_alive;
mod layout;
mod nodes;
mod pools;
mod power;
mod prices;
mod quotas;
mod rules;
mod scaling;
mod select;
mod serverful;
mod serverless;
mod site;
mod source;
mod sourced;
mod start;
mod stem;
mod storage;
mod workload;

pub use super::choice::*;
pub use super::raw::UNPACKED;
pub use affinity::{Affinity, NamePattern, Selector};
pub use cores::{Cores, Parallelism};
pub use dispatch::Dispatch;
pub use effects::effects;
pub use experiment::{Experiment, Limits, Measure, Outputs};
pub use fabric::{Fabric, LeafSpine, Photonic};
pub use idle::IdleRule;
pub use keep_alive::{HistogramRule, KeepAlive, Layers, PredictiveRule, Tier};
pub use layout::{Layout, Platform};
pub use nodes::{Cpu, Disk, Memory, Nic, NodeGroup};
pub use pools::{LoadCurve, PoolGroup};
pub use power::PowerCurve;
pub use prices::{FunctionPrices, IdlePrice, PriceTier};
pub use quotas::{Burst, FunctionBurst, Quotas, Retry};
pub use rules::{WrongRule, check_serverless_rules};
pub use scaling::{Hpa, Knative, Scaling};
pub use select::Select;
pub use serverful::{Autoscaled, Code, FixedFleet, Fleet, FleetSize, Serverful, Vm};
pub use serverless::Serverless;
pub use site::Site;
pub use source::{Azure2019, Azure2021, Generated, Native, WorkloadSource};
pub use sourced::{Known, Sourced};
pub use start::{ColdStart, Delay, LogNormalDelay, RemoteStart, Snapshot};
pub use stem::file_stem;
pub use storage::StorageGroup;
pub use workload::{Class, Demands, InputOutput, NamedProfile, Profile, Workload};

use std::path::Path;

use super::load::{Loaded, load};
use super::raw;
use crate::problem::Problems;

/// An experiment that can be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The experiment around the layouts.
    pub experiment: Experiment,
    /// The layouts.
    pub layouts: Vec<Layout>,
}

/// A layout that is built in, as `layouts/serverful.toml`, by itself, with settings of its keys and which prices count.
///
/// # Errors
/// What is wrong with the settings alone; what goes together is checked in an experiment.
pub fn shipped(name: &str, sets: &[String], prices: PriceBasis) -> Result<Layout, Problems> {
    let loaded = load::<raw::Layout>(Path::new(&format!("sdcsim:{name}")), sets)?;
    Ok(Layout::resolve(&loaded.raw, &[], prices))
}

/// Resolves an experiment; every combination that cannot be run is a problem, located where it was typed.
pub fn resolve(loaded: &Loaded<raw::Experiment>) -> Result<Plan, Problems> {
    let classes: Vec<Option<&str>> = loaded.raw.workload.class.iter().map(|class| class.name.as_deref()).collect();
    let prices = loaded.raw.prices;
    let layouts: Vec<Layout> = loaded.raw.layout.iter().map(|raw| Layout::resolve(raw, &classes, prices)).collect();
    let problems = checks::experiment(loaded, &layouts);
    problems.or_ok(Plan { experiment: Experiment::resolve(&loaded.raw), layouts })
}
