//! `sdcsim sweep`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::config::sweep::Sweep;
use crate::config::{load_varied, raw};
use crate::experiment::{self, Failed, PointId, Swept};
use crate::output;
use crate::problem::{Problem, Problems};
use crate::report;

use super::Done;
use super::done::{although_written, tell, tell_cleared};
use super::progress::SweepProgress;
use super::threads::{available_threads, pool};
use super::warned::Warned;

/// `sweep EXPERIMENT.toml`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sdcsim sweep experiments/local-memory-sweep.toml
  sdcsim sweep experiments/quickstart.toml --vary 'layout[2].memory_pools.local_share=0.1,0.25,0.5,0.75'
  sdcsim sweep experiments/quickstart.toml --vary seed=1,2,3 --vary 'layout[0].nodes.count=20,24' --set basis=nothing

Axes are in the file as [[sweep]] (see `sdcsim explain sweep`) or in --vary arguments; they multiply, and the first
is the slowest. Each point appears in results/<experiment>/points/<run id>/ when it is complete, never in part, with
the files that `sdcsim run` would write for its configuration. Points that are there are kept: an interrupted sweep
goes on where it stopped. At the end come results/<experiment>/sweep.csv, sweep.toml, sweep.html and plots.")]
pub struct SweepArgs {
    /// The experiment file.
    experiment: PathBuf,
    /// One more axis: a key and its values; may be given many times.
    #[arg(long, value_name = "KEY=V1,V2,...")]
    vary: Vec<String>,
    /// Change a value of the experiment at all points; may be given many times.
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
    /// Run the points again that are there already.
    #[arg(long)]
    fresh: bool,
    /// Print nothing but problems and warnings, on standard error.
    #[arg(long, short)]
    quiet: bool,
    /// Exit with 1 where there are warnings; results are written all the same.
    #[arg(long)]
    strict: bool,
}

/// Runs the points of a sweep that are not there yet, and makes its table and page.
pub fn sweep(args: &SweepArgs) -> Done {
    let mut sets = args.sets.clone();
    sets.extend(args.seed.map(|seed| format!("seed={seed}")));
    let loaded = load_varied::<raw::Experiment>(&args.experiment, &sets, &args.vary)?;
    let (sweep, figures) = (Sweep::of(&loaded)?, experiment::figures(&loaded)?);
    let threads = args.jobs.map_or_else(available_threads, |jobs| jobs as usize);
    let points = experiment::point_ids(&sweep, threads)?;
    let folder = args.out.join(&loaded.raw.name);
    let points_folder = folder.join(output::POINTS);
    tell_cleared(&[&folder, &points_folder], args.quiet);
    let mut warned = Warned::default();
    let todo = todo(args.fresh, &points, &points_folder, &mut warned);
    let kept = points.len() - todo.len();
    if kept > 0 && !args.quiet {
        tell!("{kept} of {} points are there already and are kept (--fresh runs them again)", points.len());
    }
    let progress = SweepProgress::new(todo.len(), args.quiet);
    let mut swept = experiment::sweep(&sweep, &todo, &points_folder, threads, &progress)?;
    let wall = progress.finish();
    tell_failed(&sweep, &swept);
    if progress.interrupted() {
        let done = kept + swept.written;
        tell!("interrupted: {done} of {} points are complete; the same command goes on from there", points.len());
        return Ok(ExitCode::from(130));
    }
    let run: BTreeSet<usize> = todo.iter().map(|point| point.index).collect();
    swept.add_kept(&sweep, points.iter().map(|point| point.index).filter(|index| !run.contains(index)))?;
    for warnings in [swept.effects.warnings(), swept.along_axes.warnings()] {
        warned.tell(&warnings);
    }
    if kept == 0 {
        // What a run tells of its keys is not known of points that are kept.
        warned.tell(&swept.used.warnings());
    }
    if kept + swept.written > 0 {
        let manifest = report::sweep::collect(&folder, experiment::sweep_manifest(&sweep, &points, figures))?;
        warned.of_results(&manifest.flags, false, &folder.join(output::SWEEP_TOML));
        finish(args, &loaded.raw, &folder, threads)?;
    }
    if !args.quiet {
        tell_done(&swept, kept, wall, threads).map_err(|problems| although_written(problems, &folder))?;
    }
    Ok(if swept.failed.is_empty() { warned.exit_code(args.strict) } else { ExitCode::FAILURE })
}

/// The points that are to be run: all, or those that are not there as they were written.
fn todo(fresh: bool, points: &[PointId], folder: &Path, warned: &mut Warned) -> Vec<PointId> {
    let (mut todo, mut damaged) = (Vec::new(), Vec::new());
    for point in points {
        let done = if fresh { Ok(false) } else { experiment::is_done(point, folder) };
        if !matches!(done, Ok(true)) {
            todo.push(point.clone());
        }
        damaged.extend(done.err().map(|problem| {
            format!("{}: {}: point {} is run again", problem.file.display(), problem.message, point.id)
        }));
    }
    warned.of_results(&damaged, false, folder);
    todo
}

fn finish(args: &SweepArgs, raw: &raw::Experiment, folder: &Path, threads: usize) -> Result<(), Problems> {
    if raw.outputs.report {
        pool(threads)?.install(|| report::sweep::make(folder))?;
    }
    if !args.quiet {
        let mut text = format!("results: {}", folder.join(output::SWEEP_CSV).display());
        if raw.outputs.report {
            let _ = write!(text, "\nreport:  {}", folder.join(report::sweep::PAGE).display());
        }
        super::print(&text).map_err(|problems| although_written(problems, folder))?;
    }
    Ok(())
}

fn tell_done(swept: &Swept, kept: usize, wall: f64, threads: usize) -> Done {
    let memory = experiment::peak_memory_bytes()
        .map_or(String::new(), |bytes| format!(", {:.0} MiB at most", bytes as f64 / 1_048_576.0));
    super::print(&format!(
        "{} points run and {kept} kept, {wall:.1} s on {threads} threads: {:.2} million requests/s, {:.2} million events/s{memory}",
        swept.written,
        swept.requests as f64 / wall.max(1e-9) / 1e6,
        swept.events as f64 / wall.max(1e-9) / 1e6,
    ))
}

/// Points of a list that are named; the others are counted.
const MOST_NAMED: usize = 5;

/// Tells why points failed: each reason once, with the points that it is about.
fn tell_failed(sweep: &Sweep, swept: &Swept) {
    let broken = || Problem::with_file("", "a conservation law does not hold, see the audits in the manifest", "");
    let mut reasons: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, failed) in &swept.failed {
        let reason = match failed {
            Failed::Unfit(problems) => problems.to_string(),
            Failed::Broken => broken().to_string(),
        };
        reasons.entry(reason).or_default().push(*index);
    }
    for (reason, points) in reasons {
        let named: Vec<String> = points.iter().take(MOST_NAMED).map(|point| sweep.settings(*point)).collect();
        let more = points.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        let plural = if points.len() == 1 { "point" } else { "points" };
        tell!("{} {plural} failed:\n  {}{more}\n{reason}", points.len(), named.join("\n  "));
    }
}
