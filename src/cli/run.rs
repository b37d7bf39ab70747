//! `sdcsim run`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::config::{self, Loaded, plan, raw};
use crate::experiment::{self, Kept, Outcome, Prepared};
use crate::output::{self, Beside, OutputError, RunFiles};
use crate::problem::{Problem, Problems, Warnings};
use crate::report::{self, Comparison};
use crate::workload::ImportReport;

use super::Done;
use super::done::{although_written, tell, tell_cleared};
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
configuration and the seed, so the same run replaces its own results. Ctrl-C keeps the replications that are complete,
in results/<experiment>-interrupted/<run id>/, and the same command goes on from there.")]
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
    /// Run all replications, also those that an interrupted run kept.
    #[arg(long)]
    fresh: bool,
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
    let places = Places::of(args, plan);
    let kept = places.kept(args, &prepared, &mut warned);
    let first = kept.as_ref().map_or(0, Kept::replications);
    let progress = Progress::new(plan.layouts.len(), first..plan.experiment.replications, args.quiet);
    let files = experiment::run_files(&prepared, kept.as_ref(), &places.whole)
        .map_err(|error| unwritable(&args.out, &error))?;
    let files = files.as_ref();
    let done = experiment::resume(&prepared, kept, files, threads, &progress);
    progress.done();
    if let Some(problem) = workload.read_fault() {
        return Err(problem.into());
    }
    if let Some(error) = files.and_then(RunFiles::fault) {
        return Err(unwritable(&args.out, error).into());
    }
    let Some(outcome) = done? else {
        tell!("{}", nothing_new(first, plan.experiment.replications));
        return Ok(ExitCode::from(130));
    };
    if outcome.replications == plan.experiment.replications {
        warned.tell(&experiment::unused(&loaded, plan, &outcome.output).warnings());
    }
    places.write(args, &prepared, outcome, files, &mut warned)
}

/// What an interruption leaves before one more replication was complete.
fn nothing_new(kept: u32, of: u32) -> String {
    match kept {
        0 => "interrupted before the first replication was complete: nothing was written".to_owned(),
        _ => format!("interrupted: {kept} of {of} replications are kept; the same command goes on from there"),
    }
}

/// The folders of run folders.
struct Places {
    /// Of whole results.
    whole: PathBuf,
    /// Of what interrupted runs kept: part of an experiment is not the experiment.
    parts: PathBuf,
}

impl Places {
    /// With nothing in them that a killed run left.
    fn of(args: &RunArgs, plan: &plan::Plan) -> Self {
        let name = &plan.experiment.name;
        let places = Self { whole: args.out.join(name), parts: args.out.join(format!("{name}{INTERRUPTED}")) };
        tell_cleared(&[&places.whole, &places.parts], args.quiet);
        places
    }

    /// What interrupted runs kept, where it is to be gone on from and can be.
    fn kept(&self, args: &RunArgs, prepared: &Prepared, warned: &mut Warned) -> Option<Kept> {
        if args.fresh {
            return None;
        }
        let kept = Kept::find(prepared, &self.parts).unwrap_or_else(|mut problems| {
            for problem in &mut problems.0 {
                "nothing is gone on from: all replications are run".clone_into(&mut problem.remedy);
            }
            warned.tell(&Warnings(problems.0));
            None
        })?;
        if !args.quiet {
            let (count, of) = (kept.replications(), prepared.plan.experiment.replications);
            tell!(
                "{count} of {of} replications are there from an interrupted run and are kept (--fresh runs them again)"
            );
        }
        Some(kept)
    }

    /// Writes the results, and says what there is to say.
    fn write(
        &self,
        args: &RunArgs,
        prepared: &Prepared,
        outcome: Outcome,
        files: Option<&RunFiles>,
        warned: &mut Warned,
    ) -> Done {
        let experiment = &prepared.plan.experiment;
        if outcome.replications < experiment.replications {
            return self.write_part(args, prepared, outcome, files, warned);
        }
        let (folder, comparison) = put(args, experiment, &outcome, files, &self.whole)?;
        // What was kept is part of it now.
        output::remove_run(&self.parts, &outcome.output.manifest).map_err(|error| unwritable(&args.out, &error))?;
        let comparison = comparison?;
        finish(experiment, &outcome, &folder, &comparison, args.quiet, warned)?;
        if !outcome.output.manifest.audits.iter().all(|audit| audit.holds) {
            tell!("error: a conservation law does not hold, see the audits in {}", folder.display());
            return Ok(ExitCode::FAILURE);
        }
        Ok(warned.exit_code(args.strict))
    }

    /// Keeps what is whole of an interrupted run, unless another one kept more meanwhile.
    fn write_part(
        &self,
        args: &RunArgs,
        prepared: &Prepared,
        mut outcome: Outcome,
        files: Option<&RunFiles>,
        warned: &mut Warned,
    ) -> Done {
        let experiment = &prepared.plan.experiment;
        let _turn = output::lock_folder(&self.parts).map_err(|error| unwritable(&args.out, &error))?;
        let there = Kept::find(prepared, &self.parts).ok().flatten().map_or(0, |kept| kept.replications());
        if there < outcome.replications {
            outcome.output.manifest.experiment.push_str(INTERRUPTED);
            let (folder, comparison) = put(args, experiment, &outcome, files, &self.parts)?;
            finish(experiment, &outcome, &folder, &comparison?, args.quiet, warned)?;
        }
        tell!("{}", nothing_new(there.max(outcome.replications), experiment.replications));
        Ok(ExitCode::from(130))
    }
}

/// What the name of an experiment gets of which part was run.
const INTERRUPTED: &str = "-interrupted";

/// Writes results and report to a run folder in `place`, which appears with both: with the results alone, and the reason, where
/// there is no room for the report.
fn put(
    args: &RunArgs,
    experiment: &plan::Experiment,
    outcome: &Outcome,
    run_files: Option<&RunFiles>,
    place: &Path,
) -> Result<(PathBuf, Result<Comparison, Problems>), Problems> {
    // What the next run goes on from.
    let used = (outcome.replications < experiment.replications).then_some(&*outcome.used);
    let report = |hidden: &Path| {
        if !experiment.outputs.report {
            return Ok(report::compare(&outcome.output));
        }
        report::make(hidden).inspect_err(|_| report::unmake(hidden)).map_err(|problems| (hidden.to_owned(), problems))
    };
    let written = output::write_with(&outcome.output, &outcome.timing, Beside { run_files, used }, place, report);
    let (folder, report) = written.map_err(|error| unwritable(&args.out, &error))?;
    let report = report.map_err(|(hidden, problems)| without_report(problems, &hidden, &folder));
    Ok((folder, report))
}

/// Says that there are results without a report; what is told of a file names its place, not where it was made.
fn without_report(mut problems: Problems, hidden: &Path, folder: &Path) -> Problems {
    let (old, new) = (hidden.display().to_string(), folder.display().to_string());
    for problem in &mut problems.0 {
        problem.file = problem.file.display().to_string().replace(&old, &new).into();
        problem.message = problem.message.replace(&old, &new);
        problem.remedy =
            format!("all results are in {new}, without a page: `sdcsim report {new}` makes it, once there is room");
    }
    problems
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

/// Says what there is to say.
fn finish(
    experiment: &plan::Experiment,
    outcome: &Outcome,
    folder: &Path,
    comparison: &Comparison,
    quiet: bool,
    warned: &mut Warned,
) -> Result<(), Problems> {
    let made = experiment.outputs.report;
    let shown = made && !quiet;
    let mut text = if shown { report::table(comparison) } else { String::new() };
    // The table begins with them.
    warned.of_results(&comparison.doubts(), shown, &folder.join(output::MANIFEST));
    if quiet {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let wall = outcome.wall_s.max(1e-9);
    let memory = outcome
        .timing
        .peak_memory_bytes
        .map_or(String::new(), |bytes| format!(", {:.0} MiB at most", bytes as f64 / 1_048_576.0));
    let _ = writeln!(
        text,
        "{} requests in {} runs, {:.1} s on {} threads: {:.2} million requests/s, {:.2} million events/s, {:.0} times real time{memory}",
        outcome.requests,
        outcome.runs,
        outcome.wall_s,
        outcome.timing.threads,
        outcome.requests as f64 / wall / 1e6,
        outcome.events as f64 / wall / 1e6,
        outcome.simulated_s / wall,
    );
    let _ = writeln!(text, "results: {}", folder.display());
    if made {
        let _ = writeln!(text, "report:  {}", folder.join("report.html").display());
    }
    super::print(&text).map(|_| ()).map_err(|problems| although_written(problems, folder))
}
