//! `sdcsim run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::config::{self, Loaded, plan, raw};
use crate::experiment::{self, Outcome, Prepared};
use crate::output::{self, OutputError, RunFiles};
use crate::problem::{Problem, Problems};
use crate::report;
use crate::workload::ImportReport;

use super::Done;
use super::done::tell;
use super::progress::Progress;
use super::threads::available_threads;
use super::warned::Warned;

/// `run EXPERIMENT.toml`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sdcsim run experiments/quickstart.toml
  sdcsim run experiments/quickstart.toml --seed 7 --set replications=10
  sdcsim run experiments/quickstart.toml --set 'layout[2].memory_pools.local_share=0.25'

Results appear in results/<experiment>/<run id>/ when the run is complete, never in part. The run id names the
configuration and the seed, so the same run replaces its own results.")]
pub struct RunArgs {
    /// The experiment file.
    experiment: PathBuf,
    /// Change a value of the experiment; may be given many times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Folder for results.
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Seed of all random streams, in place of the experiment's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Runs side by side [default: as many as there are cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    jobs: Option<u32>,
    /// Print nothing but problems and warnings, on standard error.
    #[arg(long, short)]
    quiet: bool,
    /// Exit with 1 where there are warnings; results are written all the same.
    #[arg(long)]
    strict: bool,
}

/// Runs the experiment.
pub fn run(args: &RunArgs) -> Done {
    let mut sets = args.sets.clone();
    sets.extend(args.seed.map(|seed| format!("seed={seed}")));
    let loaded = config::load::<raw::Experiment>(&args.experiment, &sets)?;
    if !loaded.raw.sweep.is_empty() {
        return Err(is_a_sweep(&loaded).into());
    }
    let prepared = experiment::prepare(&loaded)?;
    let Prepared { plan, workload, effects, .. } = &prepared;
    let mut warned = Warned::default();
    warned.tell(&effects.warnings());
    if !args.quiet {
        tell!(raw "{}", changes(workload.report()));
    }
    let threads = args.jobs.map_or_else(available_threads, |jobs| jobs as usize);
    let progress = Progress::new(plan.layouts.len(), plan.experiment.replications, args.quiet);
    let files = experiment::run_files(&prepared, &args.out.join(&plan.experiment.name))
        .map_err(|error| unwritable(&args.out, &error))?;
    let files = files.as_ref();
    let done = experiment::run(&prepared, files, threads, &progress);
    progress.done();
    if let Some(problem) = workload.read_fault() {
        return Err(problem.into());
    }
    if let Some(error) = files.and_then(RunFiles::fault) {
        return Err(unwritable(&args.out, error).into());
    }
    let Some(mut outcome) = done? else {
        tell!("interrupted before the first replication was complete: nothing was written");
        return Ok(ExitCode::from(130));
    };
    if progress.interrupted() {
        // Part of an experiment is not the experiment: its results stand in a folder of their own.
        outcome.output.manifest.experiment.push_str("-interrupted");
    }
    let place = args.out.join(&outcome.output.manifest.experiment);
    let folder = output::write_in(&outcome.output, &outcome.timing, files, &place)
        .map_err(|error| unwritable(&args.out, &error))?;
    warned.tell(&experiment::unused(&loaded, plan, &outcome.output).warnings());
    finish(plan, &outcome, &folder, args.quiet, &mut warned)?;
    if !outcome.output.manifest.audits.iter().all(|audit| audit.holds) {
        tell!("error: a conservation law does not hold, see the audits in {}", folder.display());
        return Ok(ExitCode::FAILURE);
    }
    Ok(if progress.interrupted() { ExitCode::from(130) } else { warned.exit_code(args.strict) })
}

/// What of a trace was not taken as it is, for people.
fn changes(report: &ImportReport) -> String {
    let changes = report.changes();
    if changes.is_empty() { changes } else { format!("of the trace ({} rows):\n{changes}", report.rows) }
}

/// Running one point of many in silence would answer another question than the file asks.
fn is_a_sweep(loaded: &Loaded<raw::Experiment>) -> Problem {
    let figures = if loaded.raw.figure.is_empty() { "" } else { " --set 'figure=[]'" };
    let remedy = format!(
        "run all its points with `sdcsim sweep {}`, or the experiment without its sweep with --set 'sweep=[]'{figures}",
        loaded.file.display()
    );
    loaded.problem("sweep", "the experiment is a sweep of many points", remedy)
}

fn unwritable(root: &Path, error: &OutputError) -> Problem {
    Problem::with_file(root, error.to_string(), "choose another place with --out DIR")
}

/// Makes the report and says what there is to say.
fn finish(
    plan: &plan::Plan,
    outcome: &Outcome,
    folder: &Path,
    quiet: bool,
    warned: &mut Warned,
) -> Result<(), Problems> {
    let made = plan.experiment.outputs.report;
    let comparison = if made { report::make(folder)? } else { report::compare(&outcome.output) };
    let shown = made && !quiet;
    if shown {
        super::print(&report::table(&comparison))?;
    }
    // The table begins with them.
    warned.of_results(&comparison.doubts(), shown, &folder.join(output::MANIFEST));
    if quiet {
        return Ok(());
    }
    let timing = &outcome.timing;
    let wall = timing.wall_s.max(1e-9);
    let memory = timing
        .peak_memory_bytes
        .map_or(String::new(), |bytes| format!(", {:.0} MiB at most", bytes as f64 / 1_048_576.0));
    println!(
        "{} requests in {} runs, {:.1} s on {} threads: {:.2} million requests/s, {:.2} million events/s, {:.0} times real time{memory}",
        outcome.requests,
        timing.runs.len(),
        timing.wall_s,
        timing.threads,
        outcome.requests as f64 / wall / 1e6,
        outcome.events as f64 / wall / 1e6,
        outcome.simulated_s / wall,
    );
    println!("results: {}", folder.display());
    if plan.experiment.outputs.report {
        println!("report:  {}", folder.join("report.html").display());
    }
    Ok(())
}
