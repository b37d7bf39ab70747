//! Drawing the apps and functions of a population.

use std::ops::Range;

use rand::RngExt as _;

use super::options::{DAY, Options};
use crate::ids::FunctionId;
use crate::rng::{RootSeed, Stream};
use crate::units::{Bytes, Span};
use crate::workload::durations::PROBABILITIES;
use crate::workload::published::Published;
use crate::workload::{Function, Functions, InverseCdf};

/// Daily rates at which the published distribution of rates steps: those of timers that fire every 1, 2, 2.5, 3, 5,
/// 10, 15, 20, 30 min, 1, 2, 3, 4, 6, 8, 12 and 24 h.
const TIMER_RATES: [f64; 17] =
    [1440.0, 720.0, 576.0, 480.0, 288.0, 144.0, 96.0, 72.0, 48.0, 24.0, 12.0, 8.0, 6.0, 4.0, 3.0, 2.0, 1.0];

/// Percentiles 0, 1, 25, 50, 75, 99, 100 of a function's durations relative to each other: the medians, over the 191
/// functions with at least 1,000 measured executions in `InVitro`'s 1,350-function sample of the Azure 2019 trace, of
/// percentile / average. They are scaled so that their mean is the function's average.
const SHAPE: [f64; 7] = [0.161, 0.222, 0.393, 0.580, 0.935, 4.732, 21.368];
/// The weight of each percentile in the mean of straight lines between them, in two-hundredths.
const SHAPE_WEIGHTS: [u64; 7] = [1, 25, 49, 50, 49, 25, 1];

/// The days over which the published coefficients of variation were measured.
const PUBLISHED_DAYS: f64 = 14.0;

/// One application.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// Its functions, by position in the population.
    pub members: Range<u32>,
    /// Memory of all its functions together: a whole number of MiB.
    pub memory: Bytes,
    /// Its invocations per day as published, before [`Options::rate_scale`].
    pub rate_per_day: f64,
    /// Coefficient of variation of the times between its invocations; 0 is a timer, 1 a Poisson process.
    pub cv: f64,
}

/// The apps and functions of a generated workload.
#[derive(Clone, Debug)]
pub struct Population {
    pub(super) apps: Vec<App>,
    pub(super) functions: Functions,
    /// Durations in picoseconds, by function.
    durations: Vec<InverseCdf>,
    pub(super) options: Options,
}

/// What all apps are drawn from.
struct Source {
    size: InverseCdf,
    memory: InverseCdf,
    rate: InverseCdf,
    cv: InverseCdf,
    execution: InverseCdf,
    /// The chance that an app with a timer's rate is a timer.
    timer: f64,
}

impl Source {
    fn new() -> Self {
        let rate = Published::AppRatePerDay.inverse();
        let cv = Published::AppCv.inverse();
        let timer_rates: f64 = TIMER_RATES.iter().map(|n| rate.cdf(n + 1.0) - rate.cdf(*n)).sum();
        // Chosen so that as many apps are timers as have a coefficient of variation of zero.
        let timer = cv.cdf(0.0) / timer_rates;
        let [size, memory, execution] =
            [Published::FunctionsPerApp, Published::AppMemoryMib, Published::ExecutionMs].map(Published::inverse);
        Self { size, memory, rate, cv, execution, timer }
    }

    /// Rate and coefficient of variation. Rates are uniform within the bins of one that were published; a timer has
    /// the whole rate at the bottom of its bin.
    fn pattern(&self, stream: &mut Stream) -> (f64, f64) {
        let rate = self.rate.quantile(1.0 - stream.uniform());
        let whole = libm::ceil(rate) - 1.0;
        if TIMER_RATES.contains(&whole) && stream.random_bool(self.timer) {
            return (whole, 0.0);
        }
        // n gaps cannot vary by more than √(n − 1): draw again what could not have been measured.
        let most = libm::sqrt(f64::max(rate * PUBLISHED_DAYS - 1.0, 1.0));
        let zero = self.cv.cdf(0.0);
        let mut draws = (0..64).map(|_| self.cv.quantile(zero + (1.0 - zero) * stream.uniform()));
        (rate, draws.find(|cv| *cv <= most).unwrap_or(most))
    }
}

impl Population {
    /// Draws `options.functions` functions; the last app is cut to make the number.
    pub fn draw(options: &Options) -> Self {
        Self::of(options, RootSeed::new(options.seed, 0))
    }

    /// Another one with the same options, drawn from `root`.
    pub(in crate::workload) fn redrawn(&self, root: RootSeed) -> Self {
        Self::of(&self.options, root)
    }

    fn of(options: &Options, root: RootSeed) -> Self {
        let source = Source::new();
        let functions = options.functions;
        let mut population =
            Self { apps: Vec::new(), functions: Functions::new(), durations: Vec::new(), options: options.clone() };
        while (population.functions.len() as u32) < functions {
            let name = format!("app{}", population.apps.len());
            let mut stream = root.stream("population", &[&name]);
            let first = population.functions.len() as u32;
            let size = libm::ceil(source.size.sample(&mut stream)) as u32;
            let members = first..(first + size).min(functions);
            let mib = Published::AppMemoryMib.bin(source.memory.sample(&mut stream) + 5.0 - 1e-3) as u64;
            let (rate_per_day, cv) = source.pattern(&mut stream);
            let n = u64::from(members.end - first);
            for member in 0..n {
                let name_of = format!("f{member}");
                let average = source.average_us(&mut root.stream("population", &[&name, &name_of]));
                // The app's memory is divided evenly, in whole MiB.
                let memory = Bytes::from_mib((mib / n + u64::from(member < mib % n)).max(1));
                let (owner, app) = (String::new(), name.clone());
                population.functions.push(Function { owner, app, name: name_of, memory, cold_start: None, own: None });
                population.durations.push(durations(average, options.longest));
            }
            population.apps.push(App { members, memory: Bytes::from_mib(mib), rate_per_day, cv });
        }
        population
    }

    /// The apps.
    pub fn apps(&self) -> &[App] {
        &self.apps
    }
    /// The functions.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }
    /// The durations of each function in picoseconds.
    pub fn durations(&self) -> &[InverseCdf] {
        &self.durations
    }
    /// Invocations of all apps per day on average, with the scale.
    pub fn rate_per_day(&self) -> f64 {
        self.apps.iter().map(|app| app.rate_per_day).sum::<f64>() * self.options.rate_scale
    }

    /// The expected invocations per day of each function.
    pub fn function_rates(&self) -> Vec<f64> {
        let of_app = |app: &App| {
            let rate = app.rate_per_day * self.options.rate_scale;
            let n = app.members.len();
            let ranks: f64 = (1..=n).map(|rank| 1.0 / rank as f64).sum();
            let share = move |rank: usize| if app.cv == 0.0 { 1.0 / n as f64 } else { 1.0 / (rank as f64 * ranks) };
            (1..=n).map(|rank| rate * share(rank)).collect::<Vec<_>>()
        };
        self.apps.iter().flat_map(of_app).collect()
    }
}

impl Source {
    /// The average duration of a function in microseconds: published in bins of 5 ms, and drawn in these; of the first
    /// bin, 0 to 5 ms, the middle.
    fn average_us(&self, stream: &mut Stream) -> u64 {
        let ms = libm::ceil(self.execution.sample(stream) / 5.0) * 5.0;
        if ms == 0.0 { 2500 } else { (ms * 1000.0) as u64 }
    }
}

/// Durations in picoseconds around an average in microseconds. The last percentile makes the mean exact; then those above
/// `longest` are cut to it.
fn durations(average_us: u64, longest: Option<Span>) -> InverseCdf {
    let mean = SHAPE.iter().zip(SHAPE_WEIGHTS).map(|(value, weight)| value * weight as f64).sum::<f64>() / 200.0;
    let mut us = SHAPE.map(|value| libm::rint(value / mean * average_us as f64) as u64);
    let others: u64 = us[..6].iter().zip(SHAPE_WEIGHTS).map(|(value, weight)| value * weight).sum();
    us[6] = 200 * average_us - others;
    let ps = |us: u64| Span::from_us(us).min(longest.unwrap_or(Span::MAX)).as_ps() as f64;
    let knots: Vec<(f64, f64)> = PROBABILITIES.iter().copied().zip(us.map(ps)).collect();
    InverseCdf::mended(&knots).expect("the shape is in order").0
}

/// The position in the population of a member of an app.
pub(super) fn member(app: &App, rank: usize) -> FunctionId {
    FunctionId::new(app.members.start + rank as u32)
}

/// The mean time between invocations of an app in picoseconds.
pub(super) fn mean_gap_ps(app: &App, rate_scale: f64) -> f64 {
    DAY.as_ps() as f64 / (app.rate_per_day * rate_scale)
}
