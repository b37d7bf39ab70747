//! One data centre, put together: a platform on hardware, served with invocations, audited at the end.
//!
//! Only here do platform, hardware and fabric meet. Each subsystem keeps its own state; the world routes events
//! to it and its decisions to the others. There are two worlds, one for each kind of platform; what they share
//! (arrivals, requests in flight, books) is in [`common`].

mod attempts;
mod audit;
mod build;
mod cold;
mod common;
mod images;
mod knowledge;
mod serverful;
mod serverless;
mod setup;
mod start_rules;
mod starting;

pub use attempts::Told;
pub use audit::Audit;
pub use build::{Demanding, check_functions, check_templates, fleet_plan, serverful_setup, serverless_setup};
pub use cold::{ColdStarts, DelayModel, RemoteRule, SnapshotRule, StartRules};
pub use common::Paths;
pub use knowledge::{check_reserved, foresee, knowledge, reserve};
pub use serverful::run_serverful;
pub use serverless::run_serverless;
pub use setup::{ImageStore, Pools, RunReport, Scope, ServerfulSetup, ServerlessSetup, Sizing, StartCounts};
