//! One data centre, put together: a platform on hardware, served with invocations, audited at the end.
//!
//! Only here do platform, hardware and fabric meet. Each subsystem keeps its own state; the world routes events
//! to it and its decisions to the others. There are two worlds, one for each kind of platform; what they share
//! (arrivals, requests in flight, accounts) is in [`request`].

mod accounts;
mod arrivals;
mod audit;
mod build;
mod classes;
pub mod event;
mod fleet;
mod hardware;
mod paths;
mod report;
mod request;
mod resources;
mod retry;
mod serverful;
mod serverless;
mod setup;
pub mod stage;
mod start;
mod timeout;

pub use audit::Audit;
pub use build::{
    Behaviour, Behaviours, Misfit, Placed, behaviours, check_functions, check_names, check_reserved, check_templates,
    class_of, foresee, knowledge, layout_effects, placed, reserve, serverful_setup, serverless_setup, workload_effects,
};
pub use fleet::fleet_demand;
pub use hardware::{Hardware, Hosts, Pools, StorageNodes, UNLIMITED};
pub use paths::{MESSAGE, Paths};
pub use report::{Backlog, InSystem, Measurement, RunReport};
pub use serverful::run_serverful;
pub use serverless::run_serverless;
pub use setup::{ServerfulSetup, ServerlessSetup, Sizing};
pub use start::{ColdStarts, DelayModel, RemoteRule, SnapshotRule, StartRules};
