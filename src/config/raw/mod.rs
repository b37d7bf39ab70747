//! Configuration as typed: one struct per TOML table, serde on the outside of the program only.
//!
//! The doc comments here are the user's reference: `sdcsim explain`, the JSON Schema and
//! `docs/config-reference.md` are made from them. Values with a unit are [`Q`](super::quantity::Q).

mod experiment;
mod layout;
mod parts;
mod platform;
mod start;
mod workload;

pub use experiment::{Basis, Experiment, Limits, Outputs, Scale, Sweep, Together};
pub use layout::{Fabric, Fidelity, Layout, LeafSpine, MemoryPools, NodeKind, Nodes, Photonic, Site, StoragePool};
pub use parts::{Cpu, Disk, LoadCurve, Memory, Nic, Source, Sources};
pub use platform::{
    Autoscaled, Binding, Boundary, CpuSharing, FixedFleet, Fleet, FleetRule, FleetSize, FunctionPrices, IdleChoice,
    IdlePayer, IdlePrice, KeepAlive, KeepAliveMode, Placement, Platform, PriceTier, Serverful, Serverless, TimerOrigin,
    Vm,
};
pub use start::{ColdStart, Delay, LogNormalDelay, RemoteStart, Snapshot, SnapshotPlace, Templates};
pub use workload::{
    Azure2019, Azure2021, DurationFloor, Generated, InputOutput, MemoryChoice, MemorySplit, MissingRows, Native,
    Profile, Spacing, Workload, WorkloadSource,
};
