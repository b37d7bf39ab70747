//! How long a cold start takes: four phases, drawn for each start from the function's own stream.

use crate::ids::IdVec;
use crate::rng::{RootSeed, Stream};
use crate::units::{Bytes, Span};
use crate::workload::{FunctionId, FunctionKind, Functions};

/// The standard normal's 99 % quantile.
const Z99: f64 = 2.326_347_874_040_841;

/// The distribution of one phase.
#[derive(Clone, Copy, Debug)]
pub enum DelayModel {
    /// Always the same.
    Constant(Span),
    /// Log-normal: `exp(mu + sigma·Z)` seconds.
    LogNormal {
        /// Mean of the logarithm of the seconds.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl DelayModel {
    /// Log-normal with the given median and 99 % quantile, `mu = ln median`, `sigma = ln(p99/median)/z99`.
    pub fn log_normal(median: Span, p99: Span) -> Self {
        let mu = libm::log(median.as_secs_f64());
        Self::LogNormal { mu, sigma: (libm::log(p99.as_secs_f64()) - mu) / Z99 }
    }
    fn draw(&self, stream: &mut Stream) -> Span {
        match *self {
            Self::Constant(span) => span,
            Self::LogNormal { mu, sigma } => Span::from_secs_f64(stream.log_normal(mu, sigma)),
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
    /// Whole cold-start times that functions bring along; these skip all phases but initialising.
    own: IdVec<FunctionKind, Option<Span>>,
    streams: IdVec<FunctionKind, Stream>,
}

/// The load-independent phases of one cold start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phases {
    pub(super) allocate: Span,
    pub(super) boot: Span,
    pub(super) init: Span,
    pub(super) image: Bytes,
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
        Self { phases, image, own: functions.iter().map(|f| f.cold_start).collect(), streams }
    }
    /// Cold starts that take no time.
    pub fn instant(functions: &Functions) -> Self {
        let own = functions.iter().map(|_| Some(Span::ZERO)).collect();
        Self { phases: [DelayModel::Constant(Span::ZERO); 3], image: Bytes::ZERO, own, streams: IdVec::new() }
    }

    pub(super) fn draw(&mut self, function: FunctionId) -> Phases {
        if let Some(own) = self.own[function] {
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
