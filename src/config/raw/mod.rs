//! Configuration as typed: one struct per TOML table, serde on the outside of the program only.
//!
//! The doc comments here are the user's reference: `sdcsim explain`, the JSON Schema and
//! `docs/config-reference.md` are made from them. Values with a unit are [`Q`](super::quantity::Q).

mod affinity;
mod case;
mod class;
mod cores;
mod dispatch;
mod experiment;
mod groups;
mod keep_alive;
mod layout;
mod measure;
mod parts;
mod platform;
mod scaling;
mod select;
mod start;
mod workload;

pub use super::choice::{
    AccountBurst, Basis, Binding, Boundary, CodeLoading, Confidence, CoreRule, CpuSharing, DurationFloor, Eviction,
    EvictionPolicy, Fidelity, FleetRule, IdleChoice, IdlePayer, Jitter, KeepAliveMode, MemoryChoice, MemorySplit,
    MissingRows, NodeKind, Placement, PriceBasis, QueueOrder, Scale, ScalingMode, SnapshotPlace, Spacing, Steal,
    Templates, Ties, TimerOrigin, Vary, WhenBusy, WhenShort,
};
pub use affinity::{Affinity, Selector};
pub use case::{Case, CaseHosts, CasePools};
pub use class::{Class, ClassDemands, ClassInputOutput, ClassProfile, NamedProfile};
pub use cores::{ClassParallelism, CoreTier, Cores, Parallelism};
pub use dispatch::Dispatch;
pub use experiment::{Experiment, Figure, Limits, Outputs, Sweep, Together, UNPACKED};
pub use groups::{Groups, MOST_GROUPS};
pub use keep_alive::{HistogramRule, KeepAlive, Layers, PredictiveRule, Tier};
pub use layout::{Fabric, Layout, LeafSpine, MemoryPools, Nodes, Photonic, Site, StoragePool};
pub use measure::{Measure, SteadyState, WholeRun, Window};
pub use parts::{ByBasis, Cpu, Disk, LoadCurve, Memory, Nic, Price, Source, Sources};
pub use platform::{
    Autoscaled, Code, FixedFleet, Fleet, FleetQuotas, FleetSize, FunctionPrices, IdlePrice, Platform, PriceTier,
    Serverful, Serverless, Vm,
};
pub use scaling::{Burst, FunctionBurst, Hpa, Knative, Quotas, Retry, Scaling};
pub use select::Select;
pub use start::{ColdStart, Delay, LogNormalDelay, RemoteStart, Snapshot};
pub use workload::{Azure2019, Azure2021, Demands, Generated, InputOutput, Native, Profile, Workload, WorkloadSource};
