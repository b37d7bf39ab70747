//! Requests kept or left out by chance, and rates scaled: how many times each request is there.

use super::counts::Counts;
use super::{Function, MINUTE};
use crate::ids::FunctionId;
use crate::ids::{FunctionKind, IdVec};
use crate::rng::{RootSeed, Stream};

/// The draws for the requests of a trace, in order. A copy of it draws the same again.
#[derive(Clone, Debug)]
pub(super) struct Resample {
    share: f64,
    /// Whole copies of each request that is kept, and the chance of one more.
    whole: u32,
    fraction: f64,
    /// By function; empty where nothing is drawn.
    keep: Vec<Stream>,
    scale: Vec<Stream>,
    place: Vec<Stream>,
}

impl Resample {
    /// For these functions: each request is kept with probability `share`, and then is there `scale` times on average.
    pub(super) fn new(functions: &IdVec<FunctionKind, Function>, share: f64, scale: f64, root: RootSeed) -> Self {
        let whole = libm::floor(scale);
        let fraction = scale - whole;
        let streams = |needed: bool, purpose: &str| {
            let stream = |f: &Function| root.stream(purpose, &[&f.owner, &f.app, &f.name]);
            if needed { functions.iter().map(stream).collect() } else { Vec::new() }
        };
        Self {
            share,
            whole: whole as u32,
            fraction,
            keep: streams(share < 1.0, "select-requests"),
            scale: streams(fraction > 0.0, "scale-requests"),
            place: streams(scale > 1.0, "place-requests"),
        }
    }

    /// Where the next request of a function, which is at `at`, is instead: nowhere, there, or there and in further places
    /// before `end`; all in picoseconds.
    pub(super) fn each(&mut self, function: usize, at: u64, end: u64, mut put: impl FnMut(u64)) {
        for time in 0..self.times(function) {
            put(if time == 0 { at } else { self.place(function, at, end) });
        }
    }

    /// How many times the next request of a function is there.
    pub(super) fn times(&mut self, function: usize) -> u32 {
        if self.share < 1.0 && self.keep[function].uniform() >= self.share {
            return 0;
        }
        self.whole + u32::from(self.fraction > 0.0 && self.scale[function].uniform() < self.fraction)
    }

    /// Where another request of a function falls that is there because of one at `at`: anywhere in the same minute.
    fn place(&mut self, function: usize, at: u64, end: u64) -> u64 {
        let start = at / MINUTE.as_ps() * MINUTE.as_ps();
        start + self.place[function].below(MINUTE.as_ps().min(end - start))
    }
}

/// The counts after the draws.
pub(super) fn resampled_counts(counts: &Counts, draws: &mut Resample) -> Vec<(u32, FunctionId, u32)> {
    let times = |(minute, function, n): (u32, FunctionId, u32)| {
        let sum: u64 = (0..n).map(|_| u64::from(draws.times(function.index()))).sum();
        // More than fits in a minute is refused; it must only not wrap around.
        (minute, function, u32::try_from(sum).unwrap_or(u32::MAX))
    };
    counts.iter().map(times).collect()
}
