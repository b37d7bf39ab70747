//! One run: a layout in a replication, simulated and heard.

use std::time::Instant;

use crate::config::plan::{Layout, Measure, Plan, Platform, ResourceDetail};
use crate::cost::{Held, NodeUse, OfPossible, Usage};
use crate::engine::Watch;
use crate::output::RunFiles;
use crate::record::{Gauge, Powered, Recorder};
use crate::units::{Span, Time};
use crate::workload::Replicate;
use crate::world::{self, Measurement, RunReport};

use super::collect::Collector;
use super::finished::{Finished, RunKey};
use super::hardware::{GroupUse, Hardware, moved};
use super::prepare::Prepared;
use super::run_files::WithRequests;

/// How often it is looked at what is stranded within the window: a prime, so that the looks do not keep step with what
/// happens at regular times.
const LOOKS: u32 = 1_009;

/// Watches runs, from any thread.
pub trait Observer: Sync {
    /// A run has come to `share` of its window, after `events` events since the last call. Returns whether to go on.
    fn progress(&self, run: RunKey, share: f64, events: u64) -> bool;
    /// A run is over.
    fn finished(&self, run: RunKey);
    /// A point of a sweep has its folder, or has failed.
    fn point(&self) {}
}

impl Observer for () {
    fn progress(&self, _run: RunKey, _share: f64, _events: u64) -> bool {
        true
    }
    fn finished(&self, _run: RunKey) {}
}

struct Look<'o, O> {
    observer: &'o O,
    key: RunKey,
    window: Span,
    seen: u64,
    files: Option<&'o RunFiles>,
}

impl<O: Observer> Watch for Look<'_, O> {
    fn look(&mut self, now: Time, events: u64) -> bool {
        let share = (now.as_secs_f64() / self.window.as_secs_f64().max(1e-12)).min(1.0);
        let new = events - std::mem::replace(&mut self.seen, events);
        let writable = self.files.is_none_or(|files| files.fault().is_none());
        self.observer.progress(self.key, share, new) && writable
    }
}

/// What is run: an experiment with all that its results depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub prepared: &'a Prepared,
    /// Where files of single runs go, where any are asked for.
    pub files: Option<&'a RunFiles>,
}

/// One run; `None` when the observer stops it before it begins, and where it cannot read or write what it has to.
pub(super) fn simulate(
    subject: Subject<'_>,
    served: &Replicate<'_>,
    key: RunKey,
    observer: &impl Observer,
) -> Option<Finished> {
    let started = now();
    let Subject { prepared: Prepared { plan, workload, .. }, files } = subject;
    let layout = &plan.layouts[key.layout];
    let (window, bin) = (workload.length(), plan.experiment.outputs.series_interval);
    let (from, to) = counted(plan.experiment.measure, window).unwrap_or((Time::ZERO, Time::ZERO + window));
    let mut heard = Collector::new((from, to), bin, served.functions().len());
    let mut look = Look { observer, key, window, seen: 0, files };
    if !observer.progress(key, 0.0, 0) {
        return None;
    }
    // Two recorders, so that a run without files of requests pays nothing for them.
    let writer = match files {
        None => None,
        Some(files) => files.requests(&layout.name, key.replication).map_err(|error| files.fail(error)).ok()?,
    };
    let (mut report, warning) = match writer {
        None => in_world(plan, served, key, (&mut heard, &mut look)),
        Some(writer) => {
            let mut both = WithRequests { heard, writer };
            let done = in_world(plan, served, key, (&mut both, &mut look));
            both.writer.finish();
            heard = both.heard;
            done
        }
    };
    // The trace could not be read to its end: this run and those that follow would be of a part of it.
    if workload.read_fault().is_some() || files.is_some_and(|files| files.fault().is_some()) {
        return None;
    }
    let hardware = Hardware::of(layout, &report);
    if let Some(files) = files {
        files.entities(&layout.name, key.replication, hardware.rows()).map_err(|error| files.fail(error)).ok()?;
    }
    let hardware = hardware.groups();
    let usage = used(layout, &report, &hardware);
    report.forget_entities();
    observer.finished(key);
    Some(Finished {
        key,
        report,
        usage,
        hardware,
        heard: heard.over(),
        warning,
        wall_s: started.elapsed().as_secs_f64(),
    })
}

/// When the requests arrive that count; none where all do.
fn counted(measure: Measure, length: Span) -> Option<(Time, Time)> {
    measure.counted(length).map(|(from, to)| (Time::ZERO + from, Time::ZERO + to))
}

/// What energy and money are made of.
fn used(layout: &Layout, report: &RunReport, hardware: &[GroupUse]) -> Usage {
    let of = |name: &String, resources: &[&str]| moved(hardware, resources, name);
    let (nodes, pools) = (layout.node_groups.iter(), layout.pool_groups.iter());
    let storage = layout.storage_groups.iter();
    let cards = nodes.enumerate().map(|(number, group)| {
        let transfers = of(&group.name, &["interface_in", "interface_out"]);
        OfPossible { used: transfers.used + remote(layout, report, hardware, number), ..transfers }
    });
    Usage {
        interfaces: cards.collect(),
        pools: pools.map(|group| of(&group.name, &["pool"])).collect(),
        storage: storage.map(|group| of(&group.name, &["storage"])).collect(),
        held: held(layout, report, hardware),
        ..Usage::of(&report.meter, &layout.cores_of_groups())
    }
}

/// Bytes that the cards of a group of nodes moved to and from pools; those of pools that several groups use are divided by the
/// busy core time of these.
fn remote(layout: &Layout, report: &RunReport, hardware: &[GroupUse], number: usize) -> u128 {
    let busy = Usage::of(&report.meter, &layout.cores_of_groups()).nodes;
    let of_pools = |pool: &usize| {
        let moved = moved(hardware, &["pool"], &layout.pool_groups[*pool].name).used;
        let users = layout.node_groups.iter().zip(&busy).filter(|(nodes, _)| nodes.pools.contains(pool));
        let all: u128 = users.map(|(_, nodes)| nodes.busy).sum();
        if all == 0 { 0 } else { (moved as f64 * (busy[number].busy as f64 / all as f64)) as u128 }
    };
    layout.node_groups[number].pools.iter().map(of_pools).sum()
}

/// What was held of the hardware, and what was switched off. Cores are those that requests and starts have, or virtual machines.
fn held(layout: &Layout, report: &RunReport, hardware: &[GroupUse]) -> Held {
    let (meter, period) = (&report.meter, u128::from(report.period().length().as_ps()));
    let of_use = Usage::of(meter, &layout.cores_of_groups());
    let machines = matches!(layout.platform, Platform::Serverful(_)).then(|| meter.total(Gauge::CoresAllocated));
    let over_time = |amount: u64| u128::from(amount) * period;
    let cores = |nodes: &NodeUse| OfPossible { used: machines.unwrap_or(nodes.busy), possible: over_time(nodes.cores) };
    let off = |what, group: usize| {
        let (used, count) = meter.off(what, group);
        OfPossible { used, possible: over_time(count.into()) }
    };
    let templates = u128::from(meter.peak(Gauge::Templates)) * period;
    let whole: u128 =
        layout.pool_groups.iter().map(|group| over_time(group.capacity.0) * u128::from(group.count)).sum();
    let pools = layout.pool_groups.iter().map(|group| {
        let held = moved(hardware, &["pool_memory"], &group.name);
        // They are spread evenly over all pools.
        let share = held.possible as f64 / whole.max(1) as f64;
        OfPossible { used: held.used + (templates as f64 * share) as u128, ..held }
    });
    Held {
        cores: of_use.nodes.iter().map(cores).collect(),
        memory: layout.node_groups.iter().map(|group| moved(hardware, &["local_memory"], &group.name)).collect(),
        pools: pools.collect(),
        nodes_off: (0..layout.node_groups.len()).map(|group| off(Powered::Node, group)).collect(),
        pools_off: (0..layout.pool_groups.len()).map(|group| off(Powered::Pool, group)).collect(),
    }
}

/// One run, heard by `recorder`; and something the user should know.
fn in_world<R: Recorder>(
    plan: &Plan,
    served: &Replicate<'_>,
    key: RunKey,
    (recorder, look): (&mut R, &mut impl Watch),
) -> (RunReport, Option<String>) {
    let experiment = &plan.experiment;
    let layout = &plan.layouts[key.layout];
    let root = served.root();
    let spacing = experiment.workload.spacing;
    let measurement = Measurement {
        window: served.length(),
        counted: counted(experiment.measure, served.length()),
        bin: experiment.outputs.series_interval,
        drain: experiment.limits.drain,
        events: experiment.limits.events,
        looks: LOOKS,
        by_entity: experiment.outputs.resources == ResourceDetail::Entity,
        run_out: false,
    };
    let functions = served.functions();
    match &layout.platform {
        Platform::Serverless(platform) => {
            let mut setup = world::serverless_setup(layout, platform, &experiment.workload, functions, root);
            world::foresee(&mut setup, || served.arrivals(spacing));
            let invocations = served.arrivals(spacing);
            (world::run_serverless(setup, invocations, &measurement, recorder, look), None)
        }
        Platform::Serverful(platform) => {
            let arrivals = || served.arrivals(spacing);
            let (setup, warning) =
                world::serverful_setup(layout, platform, &experiment.workload, functions, root, arrivals);
            let invocations = served.arrivals(spacing);
            (world::run_serverful(setup, invocations, &measurement, recorder, look), warning)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "wall-clock times are written apart from the results")]
pub(super) fn now() -> Instant {
    Instant::now()
}
