//! What the platform knows of its functions beside the memory that they need.

use crate::ids::{FunctionKind, IdVec};
use crate::rng::{RootSeed, Stream};
use crate::units::Span;

use super::host::cores::WHOLE;
use super::host::shape::{ALL_GROUPS, Groups, Shape};
use super::keep::clairvoyant::Oracle;

/// What the platform knows of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its application, numbered from zero without gaps.
    pub app: u32,
    /// A hash of its full name, the same in every run.
    pub hash: u64,
    /// A hash of its application's name; its language and its packages go by it.
    pub app_hash: u64,
    /// What a cold start of it takes, as far as is known beforehand.
    pub cold_start: Span,
    /// The share of a core that a request of it holds while it runs or starts where cores are exclusive, in millionths;
    /// above a million for several cores, at least one.
    pub cores: u32,
    /// Bandwidth in bit/s and accelerators that a request of it holds while it runs.
    pub other_demands: [u64; 2],
    /// Requests at a time that it has to itself.
    pub reserved: Option<u32>,
    /// The groups of hosts on which it may run.
    pub allowed: Groups,
    /// Those of them that are tried first; all or none for no preference.
    pub preferred: Groups,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            app: 0,
            hash: 0,
            app_hash: 0,
            cold_start: Span::ZERO,
            cores: WHOLE,
            other_demands: [0; 2],
            reserved: None,
            allowed: ALL_GROUPS,
            preferred: ALL_GROUPS,
        }
    }
}

impl Known {
    /// Whether it may not run on all hosts of this shape alike.
    pub fn prefers(&self, shape: &Shape) -> bool {
        let all = shape.all();
        let allowed = self.allowed & all;
        allowed != all || ![0, allowed].contains(&(self.preferred & allowed))
    }
}

/// What the platform knows.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// Of its functions; those with straight rules need none of it.
    pub functions: IdVec<FunctionKind, Known>,
    /// For placements by chance.
    pub chance: Stream,
    /// For the clairvoyant rule.
    pub oracle: Option<Oracle>,
}

impl Knowledge {
    /// Nothing, for platforms with straight rules.
    pub fn none(root: RootSeed) -> Self {
        Self { functions: IdVec::new(), chance: root.stream("placement", &[]), oracle: None }
    }
}
