//! The fabric between nodes, memory pools and storage: closed forms, and flows that share ports.

pub mod analytic;
pub mod flow;

pub use analytic::Fabric;
