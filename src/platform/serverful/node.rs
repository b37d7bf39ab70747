//! A node on which machines of a fleet stand.

use crate::units::Bytes;

/// What one of the nodes has, which are alike.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Cores.
    pub cores: u32,
    /// Memory.
    pub memory: Bytes,
}
