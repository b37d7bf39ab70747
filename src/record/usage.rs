//! What each shared resource did over a run.

use super::catalogue::ResourceKind;

/// What one resource did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResourceUsage {
    /// What it is; the row of the kind has the unit.
    pub kind: ResourceKind,
    /// Which one: a host, a pool, a storage node. A virtual machine has the number of its host.
    pub entity: u32,
    /// What it served, in the unit of the kind.
    pub served: u128,
    /// What it could have served: capacity over the time that it existed.
    pub possible: u128,
    /// Most jobs at once.
    pub peak_jobs: u32,
    /// Highest load over capacity, where it is known: above one where more was asked for at once than it can serve.
    pub peak_load: Option<f64>,
}

impl ResourceUsage {
    /// Without what it did and could have done `before`; a resource that was not there then is as it is. What was served is
    /// rounded down at both times: the difference may be one more than it was, but not more than it could be.
    #[must_use]
    pub fn less(self, before: Option<&Self>) -> Self {
        let (served, possible) = before.map_or((0, 0), |before| (before.served, before.possible));
        let possible = self.possible - possible;
        Self { served: (self.served - served).min(possible), possible, ..self }
    }
}
