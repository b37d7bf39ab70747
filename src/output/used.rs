//! What each run used, in the whole numbers that ranges of ratios are made of: kept of interrupted runs alone.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::manifest::from_json;
use crate::problem::Problems;

/// The name of the file.
pub const USED: &str = "used.json";

/// What one run used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UsedRow {
    /// Which layout, by its place.
    pub layout: usize,
    /// Requests that were answered.
    pub completed: u64,
    /// The length of the period, in picoseconds.
    pub window: u64,
    /// Cores and busy core time, in picoseconds, of each group of nodes.
    pub nodes: Vec<(u64, u128)>,
    /// Bytes moved, and those that could have been, of the interfaces of each group of nodes.
    pub interfaces: Vec<(u128, u128)>,
    /// The same of each group of pools.
    pub pools: Vec<(u128, u128)>,
    /// The same of each group of storage nodes.
    pub storage: Vec<(u128, u128)>,
    /// What was held, and what could have been, of each group: cores, memory of nodes, memory of pools; then how long nodes and
    /// pools were switched off, and how long they could have been.
    pub held: [Vec<(u128, u128)>; 5],
    /// Bytes over the fabric.
    pub fabric_bytes: u128,
    /// Memory held by idle sandboxes, in byte-picoseconds.
    pub idle_memory: u128,
}

/// Reads the file of a run folder.
pub fn read_used(folder: &Path) -> Result<Vec<UsedRow>, Problems> {
    from_json(&folder.join(USED), "a file of what runs used")
}
