//! Traces against what they say of themselves.

use std::path::{Path, PathBuf};

use crate::ids::FunctionId;
use crate::rng::RootSeed;
use crate::units::Bytes;
use crate::workload::counts::Counts;
use crate::workload::durations::PROBABILITIES;
use crate::workload::trace::azure2019;
use crate::workload::{Function, Functions, ImportReport, InverseCdf, Spacing, Workload};

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "traces/mean-duration",
        what: "100 functions with percentiles drawn at random, and means that straight lines between them miss by up to a half: mean of 4,000 draws each",
        source: "the means",
        tolerance: Tolerance::AtMost(0.005),
        run: drawn,
    },
    Validation {
        name: "traces/azure-day",
        what: "a day of 1,350 functions and 927,272 invocations: mean concurrency, sampled and in closed form",
        source: "sum of average x count over the length of the trace, by a script of its own (Azure Functions 2019, Shahrad et al. 2020; the sample of InVitro, Ustiugov et al. 2023)",
        tolerance: Tolerance::AtMost(0.005),
        run: azure_day,
    },
];

const ROOT: RootSeed = RootSeed::new(7, 0);

/// The mean concurrency of all invocations of one replication.
fn sampled(workload: &Workload) -> f64 {
    let busy: f64 = workload.arrivals(ROOT, Spacing::default()).map(|i| i.duration.as_secs_f64()).sum();
    busy / workload.length().as_secs_f64()
}

fn drawn() -> Measured {
    const FUNCTIONS: u32 = 100;
    const EACH: u32 = 4_000;
    let mut stream = ROOT.stream("validate-traces", &[]);
    let (mut functions, mut durations, mut expected) = (Functions::new(), Vec::new(), 0.0);
    for number in 0..FUNCTIONS {
        let mut value = 1e9 * (1.0 + 99.0 * stream.uniform());
        let percentiles = PROBABILITIES.map(|p| {
            value *= 1.0 + 2.0 * stream.uniform();
            (p, value)
        });
        let straight = InverseCdf::mended(&percentiles).expect("the percentiles rise").0;
        let mean = straight.mean() * (0.75 + 0.5 * stream.uniform());
        let (bent, allowed) = straight.with_mean(mean);
        // What the percentiles do not allow is not asked for.
        let mean = if allowed { mean } else { bent.mean() };
        expected += f64::from(EACH) * mean / 1e12;
        durations.push(bent);
        let (owner, app, name) = (String::new(), String::new(), format!("f{number}"));
        functions.push(Function { owner, app, name, memory: Bytes::from_mib(1), cold_start: None, own: None });
    }
    let cells = (0..FUNCTIONS).map(|number| (0, FunctionId::new(number), EACH)).collect();
    let counts = Counts::new(1, cells).expect("fewer invocations than a minute may have");
    let workload = Workload::counted(functions, durations, counts, ImportReport::default());
    let comparison = Comparison::relative("mean duration, sampled", sampled(&workload), expected / 60.0);
    Measured::Compared { comparisons: vec![comparison], run_length: format!("{} requests", workload.invocations()) }
}

/// Σ average × count / length of the day's two files, which nothing of this program has read.
const AZURE_DAY: f64 = 79.402_455;

fn azure_day() -> Measured {
    let shared = std::env::var_os("SDCSIM_SHARED").map_or_else(|| Path::new("../shared").to_owned(), PathBuf::from);
    let folder = shared.join("traces/azure_functions_2019_invitro1350");
    if !folder.is_dir() {
        return Measured::Skipped(
            "the trace is not here; SDCSIM_SHARED names the folder of validation data".to_owned(),
        );
    }
    let file = |kind: &str| vec![folder.join(format!("1350_{kind}.csv.gz"))];
    let files = azure2019::Files { invocations: file("inv"), durations: file("run"), memory: file("mem") };
    match azure2019::load(&files, &azure2019::Options::default()) {
        Err(problems) => Measured::Skipped(format!("the trace cannot be read: {problems}")),
        Ok(day) => Measured::Compared {
            comparisons: vec![
                Comparison::relative("mean concurrency, sampled", sampled(&day), AZURE_DAY),
                Comparison::relative("mean concurrency, closed form", day.mean_concurrency(|_| true), AZURE_DAY),
            ],
            run_length: format!("{} requests", day.invocations()),
        },
    }
}
