//! How long a cold start takes: four phases, drawn for each start from the function's own stream, and the rules by which
//! starts are shortened or wait for each other (see [`super`]).

use rand_distr::LogNormal;

use crate::config::plan::Templates;
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::memory::paging::Paging;
use crate::rng::{Real, RootSeed, Stream};
use crate::units::{BitsPerSec, Bytes, Span};
use crate::workload::Functions;

/// The standard normal's 99 % quantile.
const Z99: f64 = 2.326_347_874_040_841;

/// The distribution of one phase.
#[derive(Clone, Copy, Debug)]
pub enum DelayModel {
    /// Always the same.
    Constant(Span),
    /// Log-normal.
    LogNormal {
        /// Half of the delays are shorter.
        median: Span,
        /// The distribution of the seconds.
        seconds: LogNormal<Real>,
    },
}

impl DelayModel {
    /// Log-normal with the given median and 99 % quantile, `mu = ln median`, `sigma = ln(p99/median)/z99`.
    pub fn log_normal(median: Span, p99: Span) -> Self {
        let mu = libm::log(median.as_secs_f64());
        let sigma = (libm::log(p99.as_secs_f64()) - mu) / Z99;
        let seconds = LogNormal::new(Real(mu), Real(sigma)).expect("quantiles are finite and rise");
        Self::LogNormal { median, seconds }
    }
    fn draw(&self, stream: &mut Stream) -> Span {
        match *self {
            Self::Constant(span) => span,
            Self::LogNormal { ref seconds, .. } => Span::from_secs_f64(stream.draw(seconds)),
        }
    }
    fn is_random(&self) -> bool {
        matches!(self, Self::LogNormal { .. })
    }
}

/// The cold starts of a platform.
#[derive(Clone, Debug)]
pub struct ColdStarts {
    /// Allocating, booting, initialising.
    pub phases: [DelayModel; 3],
    /// Fetched from storage between allocating and booting; zero skips it.
    pub image: Bytes,
    /// What shortens starts, and what they wait for.
    pub rules: StartRules,
    /// Whole cold-start times that functions bring along; these skip all phases but initialising.
    own: IdVec<FunctionKind, Option<Span>>,
    streams: IdVec<FunctionKind, Stream>,
}

/// What shortens starts, and what they wait for; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct StartRules {
    /// Processor time in a boot, which competes for shared cores.
    pub boot_cpu: Span,
    /// Processor time in an initialisation, which does too.
    pub init_cpu: Span,
    /// Share of a boot that is left to do in a bare sandbox.
    pub runtime_share: f64,
    /// Time between two sandboxes that the control plane creates.
    pub control_interval: Span,
    /// Images that a node keeps.
    pub image_cache: Bytes,
    /// Restoring from snapshots.
    pub snapshot: Option<SnapshotRule>,
    /// Mapping templates in memory pools.
    pub remote: Option<RemoteRule>,
}

/// Restoring from snapshots.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotRule {
    /// On the storage nodes, or else on the nodes.
    pub on_store: bool,
    /// Loading the state of the machine.
    pub restore: Span,
    /// What a start touches, as a share of the function's memory.
    pub touched: f64,
    /// Size of a page.
    pub page: Bytes,
    /// Share of the touched pages that is read in one go.
    pub prefetch: f64,
    /// Time of a fault on any other page, reading it included.
    pub fault: Span,
    /// Rate of reading in one go from the node; `None` takes no time.
    pub rate: Option<BitsPerSec>,
}

/// Mapping templates in memory pools.
#[derive(Clone, Copy, Debug)]
pub struct RemoteRule {
    /// From when a function has a template.
    pub made: Templates,
    /// Circuit set-up, once for each start.
    pub setup: Span,
    /// Mapping: once, and per MiB of the template.
    pub map: [Span; 2],
    /// Making a template: once, and per MiB of it.
    pub prepare: [Span; 2],
    /// Size of the template, as a share of the function's memory.
    pub size: f64,
    /// Share of the template that a start touches.
    pub working_set: f64,
    /// How pages come in.
    pub paging: Paging,
    /// How many pools; the template of function number `f` is in pool `f` modulo it.
    pub pools: u32,
    /// What the templates of all functions hold.
    pub templates: Bytes,
}

/// `base + per_mib · MiB`.
fn affine([base, per_mib]: [Span; 2], bytes: Bytes) -> Span {
    base + per_mib.scale(bytes.as_mib_f64())
}

impl RemoteRule {
    /// Until a template of a function with `memory` is mapped.
    pub fn mapping(&self, memory: Bytes) -> Span {
        self.setup + affine(self.map, memory.scale(self.size))
    }
    /// Until it is made.
    pub fn preparing(&self, memory: Bytes) -> Span {
        affine(self.prepare, memory.scale(self.size))
    }
    /// What a start touches of it.
    pub fn touched(&self, memory: Bytes) -> Bytes {
        memory.scale(self.size * self.working_set)
    }
}

/// The load-independent phases of one cold start.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct Phases {
    pub(in crate::world) allocate: Span,
    pub(in crate::world) boot: Span,
    pub(in crate::world) init: Span,
    pub(in crate::world) image: Bytes,
}

impl ColdStarts {
    /// Cold starts of `functions`, each drawing from its own stream.
    pub fn new(phases: [DelayModel; 3], image: Bytes, functions: &Functions, root: RootSeed) -> Self {
        let random = phases.iter().any(DelayModel::is_random);
        let streams = functions
            .iter()
            .filter(|_| random)
            .map(|f| root.stream("cold start", &[&f.owner, &f.app, &f.name]))
            .collect();
        let own = functions.iter().map(|f| f.cold_start).collect();
        Self { phases, image, rules: StartRules::default(), own, streams }
    }
    /// The same, by the given rules.
    #[must_use]
    pub fn with_rules(self, rules: StartRules) -> Self {
        Self { rules, ..self }
    }
    /// Cold starts that take no time.
    pub fn instant(functions: &Functions) -> Self {
        let own = functions.iter().map(|_| Some(Span::ZERO)).collect();
        let phases = [DelayModel::Constant(Span::ZERO); 3];
        Self { phases, image: Bytes::ZERO, rules: StartRules::default(), own, streams: IdVec::new() }
    }

    /// The phases of a start of `function`. Its own time is that of a start from nothing, so only a `full` one has it.
    pub(in crate::world) fn draw(&mut self, function: FunctionId, full: bool) -> Phases {
        if let Some(own) = self.own[function].filter(|_| full) {
            return Phases { allocate: Span::ZERO, boot: Span::ZERO, init: own, image: Bytes::ZERO };
        }
        let [allocate, boot, init] = if self.streams.is_empty() {
            self.phases.map(|phase| match phase {
                DelayModel::Constant(span) => span,
                DelayModel::LogNormal { .. } => unreachable!("random phases have streams"),
            })
        } else {
            let stream = &mut self.streams[function];
            self.phases.map(|phase| phase.draw(stream))
        };
        Phases { allocate, boot, init, image: self.image }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest deviation of `base + slope·MiB` from a table of (MiB, ms), as a share.
    fn deviation(fit: [Span; 2], table: &[(u64, f64)]) -> f64 {
        let of = |&(mib, ms): &(u64, f64)| affine(fit, Bytes::from_mib(mib)).as_secs_f64() * 1e3 / ms - 1.0;
        table.iter().map(of).fold(0.0, |most: f64, now| most.max(now.abs()))
    }

    /// MITOSIS (OSDI'23 artefact): mapping a remote container, and making one ready for it, by its size in MB.
    #[test]
    fn remote_fork_is_affine_in_the_size() {
        let resume = [(1, 2.93), (16, 3.0), (64, 3.3), (256, 4.6), (512, 6.2), (1024, 9.6)];
        let fit = [Span::from_us(2_920), Span::from_ns(6_500)];
        assert!(deviation(fit, &resume) < 0.015, "{}", deviation(fit, &resume));
        let prepare = [(1, 0.65), (16, 1.2), (64, 3.4), (256, 11.8), (1024, 42.7)];
        let fit = [Span::from_us(580), Span::from_ns(42_300)];
        assert!(deviation(fit, &prepare) < 0.05, "{}", deviation(fit, &prepare));
    }
}
