//! What requests have of the cores of their host, and what that makes of their run times.

use std::collections::BTreeMap;

use crate::config::plan::{CpuSharing, Serverless};
use crate::ids::{FunctionKind, IdVec};
use crate::platform::serverless::WHOLE;
use crate::workload::{Function, Functions};

use super::functions::Behaviours;

/// The cores that a request of a function computes on: what it holds of them, or one where it shares all of them.
pub(super) fn cores_of(platform: &Serverless, function: &Function) -> f64 {
    match platform.cpu {
        CpuSharing::Exclusive => platform.cores.of(platform.prices.size(function.memory).0),
        CpuSharing::Shared => 1.0,
    }
}

/// The same in millionths; a share of a core that is no whole number of them is rounded down, so that as many requests fit
/// on a host as their shares say.
pub(super) fn millionths(cores: f64) -> u32 {
    libm::floor(cores * f64::from(WHOLE) + 1e-3) as u32
}

/// Runs that are alike: their memory profile, and how they compute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kind {
    /// Its place in [`Behaviours::profiles`].
    pub(super) profile: usize,
    /// Time that computing takes, over that in the trace.
    pub(super) slowdown: f64,
    /// Millionths of a core that work meanwhile.
    pub(super) busy: u32,
}

/// The kinds of runs, and which of them each function's are, where there are several; every request computes on the cores
/// that `cores` says of its function.
pub(super) fn kinds(
    behaviours: &Behaviours,
    functions: &Functions,
    cores: impl Fn(&Function) -> f64,
) -> (Vec<Kind>, IdVec<FunctionKind, u32>) {
    let of = |(function, one): (&Function, &super::Behaviour)| {
        let cores = cores(function);
        let busy = millionths(one.cpu.working(cores));
        Kind { profile: one.profile as usize, slowdown: one.cpu.slowdown(cores), busy }
    };
    let each = || functions.iter().zip(&behaviours.of).map(of);
    if each().all(|kind| (kind.slowdown, kind.busy) == (1.0, WHOLE)) {
        let alike = |profile| Kind { profile, slowdown: 1.0, busy: WHOLE };
        let kinds: Vec<Kind> = (0..behaviours.profiles.len()).map(alike).collect();
        let several = kinds.len() > 1;
        return (kinds, each().filter(|_| several).map(|kind| kind.profile as u32).collect());
    }
    let (mut kinds, mut known) = (Vec::new(), BTreeMap::new());
    let of: IdVec<FunctionKind, u32> = each()
        .map(|kind| {
            *known.entry((kind.profile, kind.slowdown.to_bits(), kind.busy)).or_insert_with(|| {
                kinds.push(kind);
                kinds.len() as u32 - 1
            })
        })
        .collect();
    let several = kinds.len() > 1;
    (kinds, if several { of } else { IdVec::new() })
}
