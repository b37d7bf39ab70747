//! What hosts have and what sandboxes need.

use crate::units::Bytes;

/// Memory that one sandbox of a function holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Beside the cores.
    pub local: Bytes,
    /// In a memory pool.
    pub remote: Bytes,
}

impl Need {
    /// Local and remote together.
    pub fn total(self) -> Bytes {
        self.local + self.remote
    }
}

/// How many hosts and pools there are, and what one of each has.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Hosts.
    pub hosts: u32,
    /// Cores of a host; `u32::MAX` for unlimited.
    pub cores: u32,
    /// Memory of a host; [`Bytes::MAX`] for unlimited.
    pub memory: Bytes,
    /// Memory pools; zero where all memory is local.
    pub pools: u32,
    /// Memory of a pool.
    pub pool_memory: Bytes,
    /// Bandwidth of a host in bit/s and accelerators in it, for requests that need some.
    pub extras: [u64; 2],
}
