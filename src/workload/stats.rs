//! What a workload is like, and how far it is from the published distributions of the Azure Functions 2019 trace.

use std::collections::BTreeMap;

use super::published::Published;
use super::{FunctionTotal, MINUTE, Spacing, Workload};
use crate::rng::RootSeed;
use crate::units::Span;

/// The percentiles that [`Stats`] gives.
pub const PERCENTS: [f64; 7] = [1.0, 25.0, 50.0, 75.0, 90.0, 99.0, 100.0];

/// Statistics of a workload; of a generated one, those of one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// Functions, with those that are never invoked.
    pub functions: u64,
    /// Functions that are never invoked.
    pub idle_functions: u64,
    /// Applications; a function without one is an application of its own.
    pub apps: u64,
    /// Invocations.
    pub invocations: u64,
    /// The length of the workload in seconds.
    pub length_s: f64,
    /// Invocations in the busiest minute.
    pub busiest_minute: u64,
    /// How many invocations run at once on average (Little's law).
    pub mean_concurrency: f64,
    /// Percentiles [`PERCENTS`] of the functions' average durations in milliseconds.
    pub duration_ms: [f64; 7],
    /// Percentiles [`PERCENTS`] of the functions' memory in MiB.
    pub memory_mib: [f64; 7],
    /// Percentiles [`PERCENTS`] of the functions' invocations.
    pub invocations_per_function: [f64; 7],
    /// How far from the published distributions.
    pub distances: Vec<Distance>,
}

/// A Kolmogorov-Smirnov distance from a published distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Distance {
    /// Which distribution.
    pub published: Published,
    /// How many values were compared.
    pub values: u64,
    /// The distance, 0 to 1; `None` without values.
    pub ks: Option<f64>,
    /// Why it says little of this workload; `None` where it says what it seems to.
    pub caution: Option<&'static str>,
}

/// One application's figures.
#[derive(Clone, Copy, Debug, Default)]
struct App {
    functions: u32,
    memory_mib: f64,
    invocations: f64,
    gaps: Gaps,
}

/// Moments of the times between invocations, in minutes.
#[derive(Clone, Copy, Debug, Default)]
struct Gaps {
    last_minute: Option<u32>,
    n: f64,
    sum: f64,
    squares: f64,
}

impl Gaps {
    /// `count` invocations in minute `minute`: at a resolution of a minute all but the first follow without a gap.
    fn add(&mut self, minute: u32, count: u32) {
        if let Some(last) = self.last_minute {
            let gap = f64::from(minute - last);
            self.n += 1.0;
            self.sum += gap;
            self.squares += gap * gap;
        }
        self.n += f64::from(count - 1);
        self.last_minute = Some(minute);
    }

    /// The coefficient of variation, from two gaps on.
    fn cv(&self) -> Option<f64> {
        if self.n < 2.0 || self.sum == 0.0 {
            return None;
        }
        let mean = self.sum / self.n;
        Some(libm::sqrt(f64::max(self.squares / self.n - mean * mean, 0.0)) / mean)
    }
}

/// Statistics of `workload`; what is generated on the fly is that of replication `root`.
pub fn stats(workload: &Workload, root: RootSeed) -> Stats {
    let totals = workload.totals();
    let (app_of, mut apps) = apps(workload);
    let mut counted = vec![0_u64; totals.len()];
    let (mut busiest, mut minute, mut of_minute) = (0, 0, BTreeMap::<u32, u32>::new());
    let mut end_minute = |minute: u32, of_minute: &mut BTreeMap<u32, u32>| {
        busiest = of_minute.values().map(|n| u64::from(*n)).sum::<u64>().max(busiest);
        for (app, count) in std::mem::take(of_minute) {
            apps[app as usize].invocations += f64::from(count);
            apps[app as usize].gaps.add(minute, count);
        }
    };
    for invocation in workload.arrivals(root, Spacing::default()) {
        let now = (invocation.at.as_ps() / MINUTE.as_ps()) as u32;
        if now != minute {
            end_minute(minute, &mut of_minute);
            minute = now;
        }
        counted[invocation.function.index()] += 1;
        *of_minute.entry(app_of[invocation.function.index()]).or_default() += 1;
    }
    end_minute(minute, &mut of_minute);
    let invoked = |i: usize| counted[i] > 0;
    // A list tells no duration of a function that it never invokes.
    let drawn = workload.durations().is_some();
    let durations: Vec<f64> = (totals.iter().enumerate())
        .filter(|(i, _)| drawn || invoked(*i))
        .map(|(_, total): (_, &FunctionTotal)| total.mean_duration_s * 1000.0)
        .collect();
    Stats {
        functions: totals.len() as u64,
        idle_functions: counted.iter().filter(|n| **n == 0).count() as u64,
        apps: apps.len() as u64,
        invocations: counted.iter().sum(),
        length_s: workload.length().as_secs_f64(),
        busiest_minute: busiest,
        mean_concurrency: workload.mean_concurrency(|_| true),
        duration_ms: percentiles(durations.clone()),
        memory_mib: percentiles(workload.functions().iter().map(|f| f.memory.as_mib_f64()).collect()),
        invocations_per_function: percentiles(counted.iter().map(|n| *n as f64).collect()),
        distances: distances(workload, &durations, &apps),
    }
}

/// Of each function its application's number, and the applications.
fn apps(workload: &Workload) -> (Vec<u32>, Vec<App>) {
    let mut numbers: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
    let mut apps: Vec<App> = Vec::new();
    let mut app_of = Vec::with_capacity(workload.functions().len());
    for function in workload.functions() {
        let alone = if function.app.is_empty() { function.name.as_str() } else { "" };
        let number = *numbers.entry((&function.owner, &function.app, alone)).or_insert(apps.len() as u32);
        if number as usize == apps.len() {
            apps.push(App::default());
        }
        apps[number as usize].functions += 1;
        apps[number as usize].memory_mib += function.memory.as_mib_f64();
        app_of.push(number);
    }
    (app_of, apps)
}

fn distances(workload: &Workload, durations: &[f64], apps: &[App]) -> Vec<Distance> {
    let days = workload.length().as_secs_f64() / Span::from_secs(86_400).as_secs_f64();
    let invoked = || apps.iter().filter(|app| app.invocations > 0.0);
    let grouped = workload.functions().iter().any(|function| !function.app.is_empty());
    Published::ALL
        .map(|published| {
            let (values, caution): (Vec<f64>, Option<&'static str>) = match published {
                Published::ExecutionMs => (durations.to_vec(), None),
                Published::AppMemoryMib => {
                    let caution = "the sum over each app's functions, so only where an app's memory was divided";
                    (apps.iter().map(|app| app.memory_mib).collect(), Some(caution))
                }
                Published::FunctionsPerApp => {
                    let caution = (!grouped).then_some("the trace has no apps");
                    (apps.iter().map(|app| f64::from(app.functions)).collect(), caution)
                }
                Published::AppRatePerDay => {
                    let caution = (days < 14.0).then_some("shorter than the 14 days of the published means");
                    (invoked().map(|app| app.invocations / days).collect(), caution)
                }
                Published::AppCv => {
                    let caution = (days < 14.0).then_some("shorter than the 14 days of the published trace");
                    (invoked().filter_map(|app| app.gaps.cv()).collect(), caution)
                }
            };
            Distance { published, values: values.len() as u64, ks: published.ks_distance(&values), caution }
        })
        .into()
}

/// Percentiles [`PERCENTS`], linear between order statistics; zeros without values.
fn percentiles(mut values: Vec<f64>) -> [f64; 7] {
    values.sort_by(f64::total_cmp);
    PERCENTS.map(|percent| {
        let Some(last) = values.len().checked_sub(1) else { return 0.0 };
        let position = percent / 100.0 * last as f64;
        let below = (position as usize).min(last);
        let above = (below + 1).min(last);
        values[below] + (values[above] - values[below]) * (position - below as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_linear_between_order_statistics() {
        assert_eq!(percentiles(vec![4.0, 0.0, 2.0]), [0.04, 1.0, 2.0, 3.0, 3.6, 3.96, 4.0]);
        assert_eq!(percentiles(vec![]), [0.0; 7]);
    }

    #[test]
    fn cv_of_gaps_is_that_of_whole_minutes() {
        let mut timer = Gaps::default();
        (0..10).for_each(|m| timer.add(m * 5, 1));
        assert_eq!(timer.cv(), Some(0.0));
        // Gaps 0, 0, 3: mean 1, variance 2.
        let mut burst = Gaps::default();
        burst.add(1, 3);
        burst.add(4, 1);
        assert!((burst.cv().unwrap() - libm::sqrt(2.0)).abs() < 1e-12);
        let mut once = Gaps::default();
        once.add(1, 2);
        assert_eq!(once.cv(), None);
    }
}
