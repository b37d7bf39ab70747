//! A workload as a whole: functions, where their invocations come from, and what the import had to say.

use super::arrivals::{Arrivals, Place, PlaceCounts, Spacing, function_streams};
use super::counts::{Counts, TooBusy};
use super::days::{Piece, days};
use super::generate::{PlaceProcesses, Population};
use super::packed::Listing;
use super::resample::{Resample, resampled_counts};
use super::{Function, Functions, ImportReport, InverseCdf, Invocation, MINUTE, ONE_CORE};
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::problem::Problem;
use crate::rng::RootSeed;
use crate::units::{Span, Time};

/// A population of functions and their invocations over a length of time.
#[derive(Clone, Debug)]
pub struct Workload {
    functions: Functions,
    requests: Requests,
    length: Span,
    /// Millionths of a core with which durations were measured, where that is known of all functions alike.
    measured_cores: Option<u32>,
    report: ImportReport,
}

/// Where the invocations come from.
#[derive(Clone, Debug)]
enum Requests {
    /// So many of each function in each minute; durations in picoseconds by function.
    Counted { counts: Counts, durations: Vec<InverseCdf> },
    /// Each of them, in order of time, then function.
    Listed(Vec<Invocation>),
    /// Each of them, in the same order, read from a packed file as they are needed.
    Packed(Listing),
    /// Made on the fly. `renamed` gives the population's functions their numbers here, `skip` the minutes of its life
    /// before the workload starts; durations as above.
    Generated {
        population: Box<Population>,
        renamed: Vec<Option<FunctionId>>,
        skip: u32,
        minutes: u32,
        durations: Vec<InverseCdf>,
    },
}

/// What one function asks for over the whole workload.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FunctionTotal {
    /// How often it is invoked: exactly for a trace, the expected number for a generated workload.
    pub invocations: f64,
    /// The mean of its durations in seconds; zero without invocations in a list.
    pub mean_duration_s: f64,
}

impl Workload {
    /// So many invocations of each function in each minute, whose durations (in picoseconds, one distribution for
    /// each function) are drawn anew in each replication. The length is that of `counts`.
    pub fn counted(functions: Functions, durations: Vec<InverseCdf>, counts: Counts, mut report: ImportReport) -> Self {
        assert_eq!(functions.len(), durations.len(), "each function has a distribution of durations");
        report.functions = functions.len() as u64;
        report.invocations = counts.total();
        let length = counts.length();
        Self { functions, requests: Requests::Counted { counts, durations }, length, measured_cores: None, report }
    }

    /// Each invocation with its time and duration, in any order; the same in every replication. The length is that
    /// of the whole minutes up to the last arrival.
    pub fn listed(functions: Functions, mut list: Vec<Invocation>, mut report: ImportReport) -> Self {
        // Stable: invocations of one function at the same time stay in the order of the trace.
        list.sort_by_key(|invocation| (invocation.at, invocation.function));
        assert!(list.iter().all(|i| i.function.index() < functions.len()), "every invocation is of a known function");
        report.functions = functions.len() as u64;
        report.invocations = list.len() as u64;
        let minutes = list.last().map_or(0, |last| last.at.as_ps() / MINUTE.as_ps() + 1);
        let length = Span::from_ps(minutes.saturating_mul(MINUTE.as_ps()));
        Self { functions, requests: Requests::Listed(list), length, measured_cores: None, report }
    }

    /// The invocations of a packed file, none of which is held in memory; the same in every replication.
    pub(super) fn packed(functions: Functions, listing: Listing, length: Span, report: ImportReport) -> Self {
        Self { functions, requests: Requests::Packed(listing), length, measured_cores: None, report }.told()
    }

    /// The invocations that `population` makes over `minutes` minutes, made anew in each replication. What it is drawn from was
    /// measured with a core.
    pub(super) fn generated(population: Population, minutes: u32) -> Self {
        let functions = population.functions().clone();
        let renamed = functions.ids().map(Some).collect();
        let durations = population.durations().to_vec();
        let length = MINUTE * u64::from(minutes);
        let population = Box::new(population);
        let requests = Requests::Generated { population, renamed, skip: 0, minutes, durations };
        let (measured_cores, report) = (Some(ONE_CORE), ImportReport::default());
        Self { functions, requests, length, measured_cores, report }.told()
    }

    /// With durations that were measured with so many millionths of a core; `None` where nobody knows.
    #[must_use]
    pub(super) fn measured_with(self, measured_cores: Option<u32>) -> Self {
        Self { measured_cores, ..self }
    }

    /// The cores with which the durations were measured, where that is known of all functions alike.
    pub fn measured_cores(&self) -> Option<f64> {
        self.measured_cores.map(|millionths| f64::from(millionths) / f64::from(ONE_CORE))
    }

    /// The same in millionths.
    pub(super) fn measured_millionths(&self) -> Option<u32> {
        self.measured_cores
    }

    /// With a report that tells the numbers of this workload.
    fn told(mut self) -> Self {
        self.report.functions = self.functions.len() as u64;
        self.report.invocations = self.invocations();
        self
    }

    /// The functions, by id.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The invocations of one replication in order of time. `spacing` places the invocations of traces that only
    /// count them per minute; elsewhere it means nothing.
    pub fn arrivals(&self, root: RootSeed, spacing: Spacing) -> Arrivals<'_> {
        self.arrivals_of(root, root, spacing, &[])
    }

    /// As [`Workload::arrivals`], with instants drawn from one root and durations from another; of a trace these pieces, where
    /// there are any.
    pub(super) fn arrivals_of<'w>(
        &'w self,
        instants: RootSeed,
        root: RootSeed,
        spacing: Spacing,
        pieces: &'w [Piece],
    ) -> Arrivals<'w> {
        match &self.requests {
            Requests::Listed(list) if pieces.is_empty() => Arrivals::listed(list),
            Requests::Listed(list) => Arrivals::pieces(list, pieces),
            Requests::Packed(listing) if pieces.is_empty() => Arrivals::packed(listing.stream()),
            Requests::Packed(listing) => Arrivals::packed(listing.pieces(pieces)),
            Requests::Counted { counts, durations } => {
                let streams = function_streams(&self.functions, instants, "arrivals");
                let place = PlaceCounts { counts, pieces, spacing, streams, gaps: Vec::new() };
                let streams = function_streams(&self.functions, root, "durations");
                Arrivals::by_minute(Place::Counts(place), counts.minutes(), durations, streams)
            }
            Requests::Generated { population, renamed, skip, minutes, durations } => {
                let place = PlaceProcesses::new(population, renamed, *skip, instants);
                let streams = function_streams(&self.functions, root, "durations");
                Arrivals::by_minute(Place::Processes(place), *minutes, durations, streams)
            }
        }
    }

    /// The same with another population of the same distributions, drawn from `root`; none of a trace, which is drawn from
    /// nothing. Functions that were left out are left out by their number.
    pub(super) fn redrawn(&self, root: RootSeed) -> Option<Self> {
        let Requests::Generated { population, renamed, skip, minutes, .. } = &self.requests else { return None };
        let population = Box::new(population.redrawn(root));
        let kept = || renamed.iter().enumerate().filter(|(_, id)| id.is_some()).map(|(number, _)| number);
        let functions = kept().map(|number| population.functions()[FunctionId::new(number as u32)].clone()).collect();
        let durations = kept().map(|number| population.durations()[number].clone()).collect();
        let (renamed, skip, minutes) = (renamed.clone(), *skip, *minutes);
        let requests = Requests::Generated { population, renamed, skip, minutes, durations };
        let (measured_cores, report) = (self.measured_cores, self.report.clone());
        Some(Self { functions, requests, length: self.length, measured_cores, report }.told())
    }

    /// How many invocations there are: exactly for a trace, the expected number for a generated workload.
    pub fn invocations(&self) -> u64 {
        match &self.requests {
            Requests::Listed(list) => list.len() as u64,
            Requests::Packed(listing) => listing.invocations(),
            Requests::Counted { counts, .. } => counts.total(),
            Requests::Generated { .. } => {
                libm::rint(self.totals().iter().map(|total| total.invocations).sum::<f64>()) as u64
            }
        }
    }

    /// Why the invocations could not be read to their end, if a stream of them ended early for that reason: the file
    /// of a packed trace failed or changed after it was verified. Whoever has used [`Self::arrivals`], or what is
    /// computed from them, must look here before giving a result. Always `None` for workloads held in memory.
    pub fn read_fault(&self) -> Option<Problem> {
        match &self.requests {
            Requests::Packed(listing) => listing.fault().cloned(),
            Requests::Listed(_) | Requests::Counted { .. } | Requests::Generated { .. } => None,
        }
    }

    /// The length of time over which invocations arrive.
    pub fn length(&self) -> Span {
        self.length
    }

    /// How many days of a trace can be drawn again; `None` where it has not two, and of a generated workload.
    pub fn days(&self) -> Option<u32> {
        match &self.requests {
            Requests::Generated { .. } => None,
            _ => days(self.length),
        }
    }

    /// What the import dropped, mended and noticed.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// The counts per minute, where the workload is made of such.
    pub fn counts(&self) -> Option<&Counts> {
        match &self.requests {
            Requests::Counted { counts, .. } => Some(counts),
            Requests::Listed(_) | Requests::Packed(_) | Requests::Generated { .. } => None,
        }
    }

    /// (minute, function, count) of one replication, in order of minute, then function, whatever the workload is
    /// made of.
    pub fn counted_minutes(&self, root: RootSeed) -> impl Iterator<Item = (u32, FunctionId, u32)> + '_ {
        let mut arrivals = self.arrivals(root, Spacing::default()).peekable();
        let mut of_minute: Vec<FunctionId> = Vec::new();
        std::iter::from_fn(move || {
            let minute = |i: &Invocation| (i.at.as_ps() / MINUTE.as_ps()) as u32;
            let first = minute(arrivals.peek()?);
            of_minute.clear();
            while let Some(next) = arrivals.next_if(|i| minute(i) == first) {
                of_minute.push(next.function);
            }
            of_minute.sort_unstable();
            let same = of_minute.chunk_by(|a, b| a == b).map(|same| (first, same[0], same.len() as u32));
            Some(same.collect::<Vec<_>>())
        })
        .flatten()
    }

    /// The distribution of durations of each function in picoseconds, where durations are drawn.
    pub fn durations(&self) -> Option<&[InverseCdf]> {
        match &self.requests {
            Requests::Counted { durations, .. } | Requests::Generated { durations, .. } => Some(durations),
            Requests::Listed(_) | Requests::Packed(_) => None,
        }
    }

    /// What each function asks for.
    pub fn totals(&self) -> IdVec<FunctionKind, FunctionTotal> {
        let mut totals: IdVec<_, _> = self.functions.iter().map(|_| FunctionTotal::default()).collect();
        match &self.requests {
            Requests::Counted { counts, durations } => {
                for (_, function, count) in counts.iter() {
                    totals[function].invocations += f64::from(count);
                }
                set_means(&mut totals, durations);
            }
            Requests::Generated { population, renamed, durations, .. } => {
                let days = self.length.as_secs_f64() / Span::from_secs(86_400).as_secs_f64();
                for (rate, id) in population.function_rates().into_iter().zip(renamed) {
                    if let Some(id) = id {
                        totals[*id].invocations = rate * days;
                    }
                }
                set_means(&mut totals, durations);
            }
            Requests::Listed(_) | Requests::Packed(_) => {
                for invocation in self.arrivals(RootSeed::new(0, 0), Spacing::default()) {
                    totals[invocation.function].invocations += 1.0;
                    totals[invocation.function].mean_duration_s += invocation.duration.as_secs_f64();
                }
                for total in totals.iter_mut().filter(|total| total.invocations > 0.0) {
                    total.mean_duration_s /= total.invocations;
                }
            }
        }
        totals
    }

    /// How many invocations run at once on average, were there no waiting and no cold starts (Little's law: arrival
    /// rate × mean duration, summed over the functions that `keep` chooses); zero for an empty workload.
    pub fn mean_concurrency(&self, keep: impl Fn(FunctionId) -> bool) -> f64 {
        let totals = self.totals();
        let busy_s: f64 =
            totals.ids().filter(|id| keep(*id)).map(|id| totals[id].invocations * totals[id].mean_duration_s).sum();
        if self.length == Span::ZERO { 0.0 } else { busy_s / self.length.as_secs_f64() }
    }

    pub(super) fn report_mut(&mut self) -> &mut ImportReport {
        &mut self.report
    }

    /// Whether each invocation is held in memory.
    pub(super) fn is_listed(&self) -> bool {
        matches!(self.requests, Requests::Listed(_))
    }

    /// With each invocation as many times as is drawn for it. A generated workload stays as it is: it has rates instead.
    pub(super) fn resampled(self, mut draws: Resample) -> Result<Self, TooBusy> {
        let (end, measured_cores) = (self.length.as_ps(), self.measured_cores);
        let changed = match self.requests {
            Requests::Counted { counts, durations } => {
                let entries = resampled_counts(&counts, &mut draws);
                let counts = Counts::new(counts.minutes(), entries)?;
                Self::counted(self.functions, durations, counts, self.report)
            }
            Requests::Listed(list) => {
                let mut changed = Vec::with_capacity(list.len());
                for i in list {
                    let put = |at| changed.push(Invocation { at: Time::from_ps(at), ..i });
                    draws.each(i.function.index(), i.at.as_ps(), end, put);
                }
                Self { length: self.length, ..Self::listed(self.functions, changed, self.report) }
            }
            Requests::Packed(listing) => {
                Self::packed(self.functions, listing.resampled(draws, end), self.length, self.report)
            }
            requests @ Requests::Generated { .. } => Self { requests, ..self },
        };
        Ok(changed.measured_with(measured_cores))
    }

    /// All of it so many times, one after the other. A generated workload stays as it is: it has a length instead.
    pub(super) fn repeated(self, times: u32) -> Self {
        let (once, length) = (self.length, self.length * u64::from(times));
        let measured_cores = self.measured_cores;
        let changed = match self.requests {
            Requests::Counted { counts, durations } => {
                Self::counted(self.functions, durations, counts.repeated(times), self.report)
            }
            Requests::Listed(list) => {
                let later = |n: u64| list.iter().map(move |i| Invocation { at: i.at + once * n, ..*i });
                let list = (0..u64::from(times)).flat_map(later).collect();
                Self { length, ..Self::listed(self.functions, list, self.report) }
            }
            Requests::Packed(listing) => {
                Self::packed(self.functions, listing.repeated(times, once.as_ps()), length, self.report)
            }
            requests @ Requests::Generated { .. } => Self { requests, ..self },
        };
        changed.measured_with(measured_cores)
    }

    /// The same workload with only the functions that `keep` chooses; their invocations do not change.
    pub fn retain(self, mut keep: impl FnMut(FunctionId, &Function) -> bool) -> Self {
        let mut functions = Functions::new();
        let renamed: IdVec<FunctionKind, Option<FunctionId>> = self
            .functions
            .ids()
            .map(|id| keep(id, &self.functions[id]).then(|| functions.push(self.functions[id].clone())))
            .collect();
        let measured_cores = self.measured_cores;
        let changed = match self.requests {
            Requests::Counted { counts, durations } => {
                let entries = counts.iter().filter_map(|(m, f, n)| Some((m, renamed[f]?, n))).collect();
                let durations = durations.into_iter().zip(&renamed).filter_map(|(d, id)| id.map(|_| d)).collect();
                let counts = Counts::new(counts.minutes(), entries).expect("fewer invocations than before");
                Self::counted(functions, durations, counts, self.report)
            }
            Requests::Listed(list) => {
                let list =
                    list.into_iter().filter_map(|i| Some(Invocation { function: renamed[i.function]?, ..i })).collect();
                Self { length: self.length, ..Self::listed(functions, list, self.report) }
            }
            Requests::Packed(listing) => Self::packed(functions, listing.renamed(&renamed), self.length, self.report),
            Requests::Generated { population, renamed: before, skip, minutes, durations } => {
                let durations = durations.into_iter().zip(&renamed).filter_map(|(d, id)| id.map(|_| d)).collect();
                let renamed = before.into_iter().map(|id| renamed[id?]).collect();
                let requests = Requests::Generated { population, renamed, skip, minutes, durations };
                Self { functions, requests, length: self.length, measured_cores, report: self.report }.told()
            }
        };
        changed.measured_with(measured_cores)
    }

    /// The part of the workload from `start` on, for `length`, with time counted from `start`. Counts are cut in
    /// whole minutes, both ends rounded down; functions that are left without invocations stay.
    pub fn window(self, start: Span, length: Span) -> Self {
        let end = start.as_ps().saturating_add(length.as_ps()).min(self.length.as_ps());
        let length = Span::from_ps(end.saturating_sub(start.as_ps()));
        let measured_cores = self.measured_cores;
        let changed = match self.requests {
            Requests::Counted { counts, durations } => {
                let (first, last) = ((start.as_ps() / MINUTE.as_ps()) as u32, (end / MINUTE.as_ps()) as u32);
                let entries = counts
                    .iter()
                    .filter(|(m, ..)| (first..last).contains(m))
                    .map(|(m, f, n)| (m - first, f, n))
                    .collect();
                let counts = Counts::new(last.saturating_sub(first), entries).expect("fewer invocations than before");
                Self::counted(self.functions, durations, counts, self.report)
            }
            Requests::Listed(list) => {
                let inside = |i: &Invocation| (start.as_ps()..end).contains(&i.at.as_ps());
                let shift = |i: Invocation| Invocation { at: Time::from_ps(i.at.as_ps() - start.as_ps()), ..i };
                let list = list.into_iter().filter(inside).map(shift).collect();
                Self { length, ..Self::listed(self.functions, list, self.report) }
            }
            Requests::Packed(listing) => {
                Self::packed(self.functions, listing.window(start.as_ps(), end), length, self.report)
            }
            Requests::Generated { population, renamed, skip, durations, .. } => {
                let (first, last) = ((start.as_ps() / MINUTE.as_ps()) as u32, (end / MINUTE.as_ps()) as u32);
                let (skip, minutes) = (skip + first, last.saturating_sub(first));
                let requests = Requests::Generated { population, renamed, skip, minutes, durations };
                let length = MINUTE * u64::from(minutes);
                Self { functions: self.functions, requests, length, measured_cores, report: self.report }.told()
            }
        };
        changed.measured_with(measured_cores)
    }

    /// The same workload with another length, such as the day that a list of invocations was recorded over.
    /// Anything that arrives later is left out.
    pub fn with_length(self, length: Span) -> Self {
        match &self.requests {
            Requests::Listed(_) | Requests::Packed(_) => Self { length, ..self.window(Span::ZERO, length) },
            Requests::Counted { .. } | Requests::Generated { .. } => self.window(Span::ZERO, length),
        }
    }
}

/// Sets the mean durations from distributions in picoseconds.
fn set_means(totals: &mut IdVec<FunctionKind, FunctionTotal>, durations: &[InverseCdf]) {
    for (total, duration) in totals.iter_mut().zip(durations) {
        total.mean_duration_s = duration.mean() / Span::from_secs(1).as_ps() as f64;
    }
}
