//! Memory of functions from memory of applications: the Azure 2019 trace measures only the latter, and some of its
//! derivatives have divided it over the functions.

use super::percentiles::Percentiles;
use super::table::Table;
pub use crate::config::plan::{MemoryChoice as MemoryFrom, MemorySplit};
use crate::rng::RootSeed;
use crate::units::Bytes;

/// The percentiles that the trace gives.
pub(super) const PERCENTS: [u32; 8] = [1, 5, 25, 50, 75, 95, 99, 100];
const PROBABILITIES: [f64; 8] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];

/// The memory of one application, or of one function where the trace measures functions, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    weight: f64,
    average_sum: f64,
    rows: u64,
    percentiles: Percentiles,
    /// Functions in the workload that share it: those of an application, or the one.
    pub(super) functions: u64,
}

/// Memory of a function, and what is to be told of how it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) memory: Bytes,
    /// Whether percentiles had to be put in order.
    pub(super) moved: bool,
    /// Whether it is of several rows.
    pub(super) joined: bool,
}

impl Measured {
    /// Nothing yet, to be shared by so many functions.
    pub(super) fn of_functions(functions: u64) -> Self {
        Self { weight: 0.0, average_sum: 0.0, rows: 0, percentiles: Percentiles::default(), functions }
    }

    pub(super) fn add(&mut self, row: &MemoryRow) {
        self.weight += row.weight;
        self.average_sum += row.weight * row.average.0 as f64;
        self.rows += 1;
        if row.percentiles.len() == PERCENTS.len() {
            self.percentiles.add(row.weight, &row.percentiles, None);
        }
    }

    /// Memory of one of its functions; `None` when the trace says nothing, or not what `from` and `split` need.
    pub(super) fn of(&self, names: [&str; 3], from: MemoryFrom, split: MemorySplit, seed: u64) -> Option<Found> {
        let from = if split == MemorySplit::MaxPercentile { MemoryFrom::Maximum } else { from };
        let mut moved = false;
        let whole = match from {
            MemoryFrom::Average => (self.weight > 0.0).then(|| self.average_sum / self.weight)?,
            MemoryFrom::Maximum | MemoryFrom::Sampled => {
                let joined = self.percentiles.joined(&PROBABILITIES)?;
                moved = joined.moved > 0;
                let mut stream = RootSeed::new(seed, 0).stream("memory", &names);
                joined.inverse.quantile(if from == MemoryFrom::Maximum { 1.0 } else { stream.uniform() })
            }
        };
        let bytes = (libm::rint(whole) as u64).max(1);
        let mib = Bytes::from_mib(1).0;
        let memory = Bytes(match split {
            MemorySplit::CeilDivision => bytes.div_ceil(self.functions.max(1)).next_multiple_of(mib),
            MemorySplit::PlainDivision => (bytes / self.functions.max(1)).max(1),
            MemorySplit::MaxPercentile | MemorySplit::WholeApp => bytes,
        });
        Some(Found { memory, moved, joined: self.rows > 1 })
    }
}

/// Where the columns of a file of memory stand.
pub(super) struct MemoryColumns {
    owner: usize,
    app: usize,
    /// There in derivatives that have divided the memory of applications already.
    function: Option<usize>,
    average: usize,
    samples: Option<usize>,
    percentiles: Vec<usize>,
}

/// One row of memory.
pub(super) struct MemoryRow {
    pub(super) owner: String,
    pub(super) app: String,
    /// Of which function; `None` where it is of all of the app.
    pub(super) function: Option<String>,
    pub(super) average: Bytes,
    weight: f64,
    percentiles: Vec<f64>,
}

impl MemoryColumns {
    pub(super) fn find(table: &mut Table) -> Option<Self> {
        let [owner, app, average] = ["HashOwner", "HashApp", "AverageAllocatedMb"].map(|name| table.column(name));
        let percentile = |p: &u32| table.optional(&format!("AverageAllocatedMb_pct{p}"));
        let percentiles = PERCENTS.iter().filter_map(percentile).collect();
        let [function, samples] = ["HashFunction", "SampleCount"].map(|name| table.optional(name));
        Some(Self { owner: owner?, app: app?, function, average: average?, samples, percentiles })
    }

    /// `None` when a field is wrong; all wrong fields of the row are told.
    pub(super) fn read(&self, table: &mut Table) -> Option<MemoryRow> {
        let average = table.mebibytes(self.average);
        let weight = self.samples.map_or(Some(1), |c| table.whole(c, 1 << 40));
        let percentiles: Vec<_> = self.percentiles.iter().map(|c| table.mebibytes(*c).map(|b| b.0 as f64)).collect();
        let [owner, app] = [self.owner, self.app].map(|c| table.name(c));
        let function = self.function.map_or(Some(None), |c| table.name(c).map(Some));
        Some(MemoryRow {
            owner: owner?,
            app: app?,
            function: function?,
            average: average?,
            weight: weight?.max(1) as f64,
            percentiles: percentiles.into_iter().collect::<Option<_>>()?,
        })
    }
}
