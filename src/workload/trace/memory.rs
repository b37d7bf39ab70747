//! Memory of functions from memory of applications: the Azure 2019 trace measures only the latter.

use super::percentiles::Percentiles;
pub use crate::config::plan::{MemoryChoice as MemoryFrom, MemorySplit};
use crate::rng::RootSeed;
use crate::units::Bytes;
use crate::workload::Function;

/// The percentiles that the trace gives.
pub(super) const PERCENTS: [u32; 8] = [1, 5, 25, 50, 75, 95, 99, 100];
const PROBABILITIES: [f64; 8] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];

/// The memory of one application, in bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct AppMemory {
    pub(super) weight: f64,
    pub(super) average_sum: f64,
    pub(super) percentiles: Percentiles,
    /// Functions of the application in the workload.
    pub(super) functions: u64,
}

impl AppMemory {
    /// Memory of one of its functions; `None` when the trace says nothing, or not what `from` and `split` need.
    pub(super) fn of(
        &self,
        function: &Function,
        from: MemoryFrom,
        split: MemorySplit,
        seed: u64,
        moved: &mut u64,
    ) -> Option<Bytes> {
        let from = if split == MemorySplit::MaxPercentile { MemoryFrom::Maximum } else { from };
        let app = match from {
            MemoryFrom::Average => (self.weight > 0.0).then(|| self.average_sum / self.weight)?,
            MemoryFrom::Maximum | MemoryFrom::Sampled => {
                let (inverse, knots) = self.percentiles.inverse(&PROBABILITIES)?;
                *moved += knots as u64;
                let names = [&*function.owner, &function.app, &function.name];
                let mut stream = RootSeed::new(seed, 0).stream("memory", &names);
                inverse.quantile(if from == MemoryFrom::Maximum { 1.0 } else { stream.uniform() })
            }
        };
        let bytes = (libm::rint(app) as u64).max(1);
        let mib = Bytes::from_mib(1).0;
        Some(Bytes(match split {
            MemorySplit::CeilDivision => bytes.div_ceil(self.functions.max(1)).next_multiple_of(mib),
            MemorySplit::PlainDivision => (bytes / self.functions.max(1)).max(1),
            MemorySplit::MaxPercentile | MemorySplit::WholeApp => bytes,
        }))
    }
}
