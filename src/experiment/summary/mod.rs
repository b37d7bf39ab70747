//! From what runs did to rows of result files.

mod account;
mod capacity;
mod hardware;
mod joined;
mod latency;
mod period;
mod ranges;
mod requests;
mod rows;
mod warnings;

use crate::config::plan::{self, Basis, Layout, Plan, ResourceDetail, Vary};
use crate::engine::Stop;
use crate::output::{Counted, ExperimentOutput, LayoutInfo, Manifest, OutputsInfo, RunInfo, UsedRow, WorkloadInfo};
use crate::workload::Tally;

use super::finished::Finished;
use super::prepare::Prepared;
use super::{basis, vary};
use rows::Rows;

/// The results of so many replications: of those that were `kept`, where some were, and of `runs`, all others; `used` is of all.
pub(super) fn output(
    prepared: &Prepared,
    kept: Option<ExperimentOutput>,
    runs: &[Finished],
    used: &[UsedRow],
    replications: u32,
) -> ExperimentOutput {
    let plan = &prepared.plan;
    let mut output = of_runs(prepared, runs);
    if let Some(kept) = kept {
        output = joined::joined(&plan.layouts, kept, output);
    }
    output.ranges = ranges::ranges(plan, used);
    output.manifest = manifest(prepared, output.manifest, replications);
    p99_warning(plan, &mut output);
    output
}

/// What is told of each run by itself; the manifest has these parts alone.
fn of_runs(prepared: &Prepared, runs: &[Finished]) -> ExperimentOutput {
    let Prepared { plan, identity, .. } = prepared;
    let mut output = ExperimentOutput {
        manifest: Manifest {
            runs: runs.iter().map(|run| run_info(plan, run)).collect(),
            warnings: warnings_of(prepared, runs),
            ..Manifest::default()
        },
        resolved_toml: identity.resolved_toml.clone(),
        summary: Vec::new(),
        quantiles: Vec::new(),
        breakdown: Vec::new(),
        series: Vec::new(),
        resources: Vec::new(),
        ranges: Vec::new(),
    };
    // By layout, then replication: the order of tables.
    for (index, layout) in plan.layouts.iter().enumerate() {
        for run in runs.iter().filter(|run| run.key.layout == index) {
            let mut rows = Rows { layout, run, runs, output: &mut output };
            all(&mut rows);
            if plan.experiment.outputs.resources != ResourceDetail::None {
                rows.resources();
            }
        }
    }
    output
}

/// The rows of one run, subject by subject.
fn all(rows: &mut Rows<'_>) {
    rows.requests();
    rows.latency();
    rows.capacity();
    rows.little();
    rows.utilisation();
    rows.accounts();
    rows.quantiles();
    rows.breakdown();
    rows.series();
    for audit in &rows.run.report.audits {
        rows.audit(audit);
    }
}

/// What the user should know of single runs.
fn warnings_of(prepared: &Prepared, runs: &[Finished]) -> Vec<String> {
    let Prepared { plan, workload, .. } = prepared;
    let mut warnings = Vec::new();
    for run in runs {
        let start = joined::warning_of(&plan.layouts[run.key.layout].name, run.key.replication);
        let until = plan.experiment.measure.counted(workload.length()).map_or(workload.length(), |(_, to)| to);
        let told = run.warning.clone().into_iter().chain(warnings::of(&run.report, until));
        warnings.extend(told.map(|warning| format!("{start}{warning}")));
    }
    warnings
}

/// The whole manifest, with the runs, audits and warnings `of_runs`.
fn manifest(prepared: &Prepared, of_runs: Manifest, replications: u32) -> Manifest {
    let Prepared { plan, workload, .. } = prepared;
    let Manifest { runs, audits, warnings: of_single, .. } = of_runs;
    let experiment = &plan.experiment;
    let layout_info = |layout: &Layout| LayoutInfo {
        name: layout.name.clone(),
        kind: layout.kind().to_owned(),
        description: layout.description.clone(),
        held_equal: basis::held_equal(experiment.basis, layout),
    };
    let mut warnings: Vec<String> = Vec::new();
    if replications < experiment.replications {
        warnings.push(format!("interrupted: {replications} of {} replications are complete", experiment.replications));
    }
    warnings.extend(of_single);
    warnings.extend(vary::alike(&plan.layouts, &runs));
    Manifest {
        program: "sdcsim".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: experiment.name.clone(),
        question: experiment.question.clone(),
        basis: basis::in_words(experiment.basis).to_owned(),
        measured: period::in_words(experiment.measure, &runs),
        config_hash: prepared.identity.config_hash.clone(),
        seed: experiment.seed,
        replications,
        vary: experiment.vary,
        varies: vary::in_words(plan, workload),
        layouts: plan.layouts.iter().map(layout_info).collect(),
        runs,
        workload: workload_info(prepared),
        outputs: outputs_info(&experiment.outputs),
        audits,
        warnings,
    }
}

fn run_info(plan: &Plan, run: &Finished) -> RunInfo {
    let outcome = &run.report.outcome;
    let stop = match outcome.stop {
        Stop::Finished => "finished",
        Stop::TimeLimit => "time limit (limits.drain)",
        Stop::EventLimit => "event limit (limits.events)",
        Stop::Interrupted => "interrupted",
    };
    RunInfo {
        layout: plan.layouts[run.key.layout].name.clone(),
        replication: run.key.replication,
        event_hash: format!("{:016x}", outcome.hash),
        events: outcome.events,
        stop: stop.to_owned(),
        from_s: run.report.period().start.as_secs_f64(),
        to_s: run.report.period().end.as_secs_f64(),
    }
}

/// What is written besides the summary, as the manifest tells it.
pub(super) fn outputs_info(outputs: &plan::Outputs) -> OutputsInfo {
    let resources = match outputs.resources {
        ResourceDetail::None => "none",
        ResourceDetail::Group => "group",
        ResourceDetail::Entity => "entity",
    };
    OutputsInfo {
        series_interval: outputs.series_interval.to_string(),
        requests: outputs.requests,
        resources: resources.to_owned(),
    }
}

fn workload_info(prepared: &Prepared) -> WorkloadInfo {
    let counted =
        |tally: &Tally| tally.iter().map(|(reason, &count)| Counted { reason: (*reason).to_owned(), count }).collect();
    let Prepared { plan, workload, identity, .. } = prepared;
    let report = workload.report();
    WorkloadInfo {
        description: super::inputs::describe(&plan.experiment.workload.source, &plan.experiment.workload.select),
        trace_sha256: identity.trace.clone(),
        functions: workload.functions().len() as u64,
        invocations: (plan.experiment.vary != Vary::Population).then(|| workload.invocations()),
        dropped: counted(&report.dropped),
        mended: counted(&report.mended),
        noted: counted(&report.noted),
    }
}

/// Where equal p99 latency is the basis, says whether it came out so.
fn p99_warning(plan: &Plan, output: &mut ExperimentOutput) {
    if plan.experiment.basis != Basis::P99Latency {
        return;
    }
    let mean_p99 = |name: &str| {
        let rows = output.summary.iter().filter(|row| row.layout == name && row.metric == "response.p99");
        let (sum, n) = rows.fold((0.0, 0.0), |(sum, n), row| (sum + row.value, n + 1.0));
        sum / n
    };
    let first = &plan.layouts[0].name;
    let target = mean_p99(first);
    let mut warnings = Vec::new();
    for layout in plan.layouts.iter().skip(1) {
        let p99 = mean_p99(&layout.name);
        if (p99 - target).abs() > plan.experiment.basis_tolerance * target {
            warnings.push(format!(
                "the basis says equal p99 response time, but it is {p99:.3} s in {} and {target:.3} s in {first}: size the layouts until it is",
                layout.name
            ));
        }
    }
    output.manifest.warnings.extend(warnings);
}
