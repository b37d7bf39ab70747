//! Configuration as typed: one struct per TOML table, serde on the outside of the program only.
//!
//! The doc comments here are the user's reference: `sdcsim explain`, the JSON Schema and
//! `docs/config-reference.md` are made from them. Values with a unit are [`Q`](super::quantity::Q).

mod case;
mod dispatch;
mod experiment;
mod keep_alive;
mod layout;
mod parts;
mod platform;
mod scaling;
mod start;
mod workload;

pub use case::{Case, CaseHosts, CasePools};
pub use dispatch::{Binding, Dispatch, Placement, Steal, WhenBusy};
pub use experiment::{Basis, Experiment, Figure, Limits, Outputs, Scale, Sweep, Together};
pub use keep_alive::{
    Boundary, Eviction, EvictionPolicy, HistogramRule, IdleChoice, KeepAlive, KeepAliveMode, Layers, PredictiveRule,
    Tier, Ties, TimerOrigin, WhenShort,
};
pub use layout::{Fabric, Fidelity, Layout, LeafSpine, MemoryPools, NodeKind, Nodes, Photonic, Site, StoragePool};
pub use parts::{Cpu, Disk, LoadCurve, Memory, Nic, Source, Sources};
pub use platform::{
    Autoscaled, CpuSharing, FixedFleet, Fleet, FleetRule, FleetSize, FunctionPrices, IdlePayer, IdlePrice, Platform,
    PriceTier, Serverful, Serverless, Vm,
};
pub use scaling::{AccountBurst, Burst, FunctionBurst, Hpa, Jitter, Knative, Quotas, Retry, Scaling, ScalingMode};
pub use start::{ColdStart, Delay, LogNormalDelay, RemoteStart, Snapshot, SnapshotPlace, Templates};
pub use workload::{
    Azure2019, Azure2021, Demands, DurationFloor, Generated, InputOutput, MemoryChoice, MemorySplit, MissingRows,
    Native, Profile, Spacing, Workload, WorkloadSource,
};
