//! The fabric between nodes, memory pools and storage, in closed form.

pub mod analytic;

pub use analytic::Fabric;
