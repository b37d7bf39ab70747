//! From what runs did to rows of result files.

use crate::config::plan::{Basis, Fabric, Layout, Plan, Platform};
use crate::cost::{self, FunctionBill, PartGroup, amortised, bill_of_materials, idle_bill, purchase, vm_bill};
use crate::engine::Stop;
use crate::output::{
    AuditRow, BreakdownRow, Counted, ExperimentOutput, LayoutInfo, Manifest, QuantileRow, RunInfo, SeriesRow,
    SummaryRow, WorkloadInfo,
};
use crate::record::{Component, Counter, Counters, Gauge, Rejection, ResourceKind, Section};
use crate::units::{Bytes, Joules, Span, Usd};
use crate::workload::{Tally, Workload};
use crate::world::Audit;

use super::basis;
use super::run::Finished;

pub(super) fn output(
    plan: &Plan,
    resolved_toml: &str,
    config_hash: &str,
    workload: &Workload,
    runs: &[Finished],
    replications: u32,
) -> ExperimentOutput {
    let mut output = ExperimentOutput {
        manifest: manifest(plan, config_hash, workload, runs, replications),
        resolved_toml: resolved_toml.to_owned(),
        summary: Vec::new(),
        quantiles: Vec::new(),
        breakdown: Vec::new(),
        series: Vec::new(),
    };
    // By layout, then replication: the order of tables.
    for (index, layout) in plan.layouts.iter().enumerate() {
        for run in runs.iter().filter(|run| run.key.layout == index) {
            Rows { layout, run, window: workload.length(), output: &mut output }.all();
        }
    }
    p99_warning(plan, &mut output);
    output
}

fn manifest(plan: &Plan, config_hash: &str, workload: &Workload, runs: &[Finished], replications: u32) -> Manifest {
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
    for run in runs {
        let name = &plan.layouts[run.key.layout].name;
        if let Some(warning) = &run.warning {
            warnings.push(format!("{name}, replication {}: {warning}", run.key.replication));
        }
        let [_, _, rejected, open] = run.report.requests();
        if rejected > 0 || open > 0 {
            warnings.push(format!(
                "{name}, replication {}: {rejected} requests were lost{}, and {open} were still open at the end; latencies are those of the others",
                run.key.replication,
                reasons(run.report.counters())
            ));
        }
    }
    Manifest {
        program: "sdcsim".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: experiment.name.clone(),
        question: experiment.question.clone(),
        basis: basis::in_words(experiment.basis).to_owned(),
        config_hash: config_hash.to_owned(),
        seed: experiment.seed,
        replications,
        layouts: plan.layouts.iter().map(layout_info).collect(),
        runs: runs.iter().map(|run| run_info(plan, run)).collect(),
        workload: workload_info(workload, plan),
        audits: Vec::new(),
        warnings,
    }
}

/// Why requests were lost, in words: ` (12 queue full, 3 throttled)`.
fn reasons(counters: &Counters) -> String {
    let told: Vec<String> = Rejection::ALL
        .iter()
        .map(|reason| (reason, counters.rejected(*reason)))
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| format!("{count} {}", reason.name()))
        .collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
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
    }
}

fn workload_info(workload: &Workload, plan: &Plan) -> WorkloadInfo {
    let counted =
        |tally: &Tally| tally.iter().map(|(reason, &count)| Counted { reason: (*reason).to_owned(), count }).collect();
    let report = workload.report();
    WorkloadInfo {
        description: super::inputs::describe(&plan.experiment.workload.source),
        functions: workload.functions().len() as u64,
        invocations: workload.invocations(),
        dropped: counted(&report.dropped),
        mended: counted(&report.mended),
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

/// Writes the rows of one run.
struct Rows<'a> {
    layout: &'a Layout,
    run: &'a Finished,
    window: Span,
    output: &'a mut ExperimentOutput,
}

impl Rows<'_> {
    fn all(&mut self) {
        self.requests();
        self.latency();
        self.capacity();
        let energy = self.energy();
        self.money(energy);
        self.quantiles();
        self.breakdown();
        self.series();
        for audit in self.run.report.audits.clone() {
            self.audit(&audit);
        }
    }

    fn put(&mut self, metric: &str, value: f64, unit: &str) {
        self.output.summary.push(SummaryRow {
            layout: self.layout.name.clone(),
            replication: self.run.key.replication,
            metric: metric.to_owned(),
            value,
            unit: unit.to_owned(),
        });
    }

    fn audit(&mut self, audit: &Audit) {
        self.output.manifest.audits.push(AuditRow {
            layout: self.layout.name.clone(),
            replication: self.run.key.replication,
            law: audit.law.to_owned(),
            left: audit.left,
            right: audit.right,
            holds: audit.holds,
        });
    }

    /// The counters of one section that the run has.
    fn counters(&mut self, section: Section) {
        let counters = self.run.report.counters();
        for counter in Counter::ALL.into_iter().filter(|c| c.more().section == section && counters.has(*c)) {
            self.put(counter.name(), counters.get(counter) as f64, counter.row().unit);
        }
    }

    fn requests(&mut self) {
        let completed = self.run.report.count(Counter::Completed);
        self.counters(Section::Fates);
        self.put("cold_starts", self.run.heard.cold as f64, "requests");
        if completed > 0 {
            self.put("cold_start_share", self.run.heard.cold as f64 / completed as f64, "1");
        }
        for (name, share) in [("p50", 0.5), ("p75", 0.75)] {
            if let Some(value) = self.run.heard.cold_share_of_functions(share) {
                self.put(&format!("cold_start_share.{name}"), value, "1");
            }
        }
        self.reasons();
        for section in [Section::Starts, Section::From, Section::Sandboxes] {
            self.counters(section);
        }
        let report = &self.run.report;
        if report.counters().has(Counter::SandboxesStarted) {
            self.put("sandboxes.mean", report.meter.mean(Gauge::Instances), "sandboxes");
        }
        self.counters(Section::Ways);
        if report.counters().has(Counter::Mapped) {
            self.put("memory.templates", self.templates().as_gib_f64(), "GiB");
        }
    }

    /// Why requests were lost, where the platform tells.
    fn reasons(&mut self) {
        let counters = self.run.report.counters();
        if !counters.has_reasons() {
            return;
        }
        for reason in Rejection::ALL {
            let name = format!("requests.rejected.{}", reason.name().replace(' ', "_"));
            self.put(&name, counters.rejected(reason) as f64, reason.row().unit);
        }
        let of_reasons: u64 = Rejection::ALL.iter().map(|reason| counters.rejected(*reason)).sum();
        let rejected = counters.exact(Counter::Rejected);
        self.audit(&Audit::equal("requests rejected = sum of the reasons", rejected, of_reasons.into()));
    }

    /// What templates hold, which does not change during a run.
    fn templates(&self) -> Bytes {
        Bytes(self.run.report.meter.peak(Gauge::Templates))
    }

    fn latency(&mut self) {
        let heard = &self.run.heard;
        let (response, delay) = (heard.response.clone(), heard.start_delay.clone());
        let seconds = |span: Option<Span>| span.map(Span::as_secs_f64);
        let rows = [
            ("response.mean", seconds(response.mean())),
            ("response.p50", seconds(response.quantile(0.5))),
            ("response.p90", seconds(response.quantile(0.9))),
            ("response.p99", seconds(response.quantile(0.99))),
            ("response.p999", seconds(response.quantile(0.999))),
            ("response.max", seconds(response.max())),
            ("start_delay.mean", seconds(delay.mean())),
            ("start_delay.p50", seconds(delay.quantile(0.5))),
            ("start_delay.p99", seconds(delay.quantile(0.99))),
        ];
        for (name, value) in rows {
            if let Some(value) = value {
                self.put(name, value, "s");
            }
        }
        if let Some(slowdown) = heard.mean_slowdown() {
            self.put("slowdown.mean", slowdown, "1");
        }
    }

    fn capacity(&mut self) {
        let meter = &self.run.report.meter;
        let mean = |gauge| meter.mean(gauge);
        let gib = |gauge| mean(gauge) / Bytes::from_gib(1).0 as f64;
        let cores = self.layout.cores as f64;
        let busy = mean(Gauge::CoresBusy);
        // With shared cores nobody holds one: what is busy is what is taken.
        let taken = mean(Gauge::CoresAllocated).max(busy);
        let (local, pooled, used) = (gib(Gauge::LocalAllocated), gib(Gauge::PoolAllocated), gib(Gauge::MemoryUsed));
        let installed = self.layout.memory().as_gib_f64();
        let window = self.window.as_secs_f64();
        let concurrency = mean(Gauge::InSystem);
        let remote_bits = self.run.report.asked(ResourceKind::Pool) as f64 * 8.0;
        let remote_peak = self.run.report.peak_load(ResourceKind::Pool);
        let rows = [
            ("cores.installed", cores, "cores"),
            ("cores.allocated.mean", taken, "cores"),
            ("cores.busy.mean", busy, "cores"),
            ("cores.utilisation", busy / cores, "1"),
            ("memory.installed", installed, "GiB"),
            ("memory.allocated.mean", local + pooled, "GiB"),
            ("memory.held.mean", local + pooled + self.templates().as_gib_f64(), "GiB"),
            ("memory.used.mean", used, "GiB"),
            ("memory.idle.mean", local + pooled - used, "GiB"),
            ("memory.utilisation", used / installed, "1"),
            ("memory.wasted", (local + pooled - used) * window, "GiB*s"),
            ("local_memory.installed", self.layout.local_memory.as_gib_f64(), "GiB"),
            ("local_memory.allocated.mean", local, "GiB"),
            ("pool_memory.installed", self.layout.pool_memory.as_gib_f64(), "GiB"),
            ("pool_memory.allocated.mean", pooled, "GiB"),
            ("concurrency.mean", concurrency, "requests"),
        ];
        for (name, value, unit) in rows {
            self.put(name, value, unit);
        }
        self.audit(&Audit::at_most(
            "cores busy at most installed [cores, mean]",
            libm::ceil(busy) as u128,
            u128::from(self.layout.cores),
        ));
        self.audit(&Audit::at_most(
            "memory allocated at most installed [B, peak]",
            u128::from(self.run.report.meter.peak(Gauge::LocalAllocated))
                + u128::from(self.run.report.meter.peak(Gauge::PoolAllocated)),
            u128::from(self.layout.memory().0),
        ));
        if self.layout.has_remote_runs() {
            self.put("remote.bandwidth.mean", remote_bits / window / 1e9, "Gbit/s");
        }
        if self.layout.has_remote_runs() || remote_peak > 0.0 {
            self.put("remote.utilisation.max", remote_peak, "1");
        }
    }

    fn energy(&mut self) -> Joules {
        let parts = bill_of_materials(self.layout);
        let utilisation = self.run.report.meter.mean(Gauge::CoresBusy) / self.layout.cores as f64;
        let mut total = Joules(0.0);
        for group in PartGroup::ALL {
            let mut energy = cost::energy(&parts, group, self.window, utilisation);
            if group == PartGroup::Fabric
                && let Fabric::Photonic(optics) = &self.layout.fabric
            {
                let bytes = u64::try_from(self.run.report.asked(ResourceKind::Fabric)).unwrap_or(u64::MAX);
                energy += optics.energy_per_bit * Bytes(bytes);
            }
            if parts.iter().any(|part| part.group == group) {
                self.put(&format!("energy.{}", group.name()), energy.as_kwh(), "kWh");
            }
            total += energy;
        }
        self.put("energy.total", total.as_kwh(), "kWh");
        let completed = self.run.report.count(Counter::Completed);
        if completed > 0 {
            self.put("energy_per_request", total.0 / completed as f64, "J");
        }
        total
    }

    fn money(&mut self, energy: Joules) {
        let site = &self.layout.site;
        let bought = purchase(&bill_of_materials(self.layout));
        let capex = amortised(bought, self.window, site.hardware_life);
        let electricity = Usd(energy.as_kwh() * site.pue * site.electricity.0);
        let provider = capex + electricity;
        let report = &self.run.report;
        let user = match &self.layout.platform {
            Platform::Serverless(platform) => {
                let prices = &platform.prices;
                FunctionBill::booked(report.counters()).total(prices) + idle_bill(prices, self.idle_gib_seconds())
            }
            Platform::Serverful(platform) => {
                vm_bill(Span::from_ps(report.count(Counter::BilledMachines)), platform.vm.price)
            }
        };
        let completed = report.count(Counter::Completed);
        self.put("cost.user", user.0, "USD");
        self.put("cost.provider", provider.0, "USD");
        self.put("cost.provider.capex", capex.0, "USD");
        self.put("cost.provider.electricity", electricity.0, "USD");
        self.put("purchase_cost", bought.0, "USD");
        if completed > 0 {
            let millions = completed as f64 / 1e6;
            self.put("cost.user_per_million", user.0 / millions, "USD");
            self.put("cost.provider_per_million", provider.0 / millions, "USD");
        }
        let sum = |prefix: &str| -> f64 {
            let mine = |row: &&SummaryRow| {
                row.layout == self.layout.name
                    && row.replication == self.run.key.replication
                    && row.metric.starts_with(prefix)
                    && row.metric != "energy.total"
            };
            self.output.summary.iter().filter(mine).map(|row| row.value).sum()
        };
        let parts_of_energy = sum("energy.");
        let parts_of_cost = sum("cost.provider.");
        self.audit(&Audit::close("energy = sum of its parts [kWh]", energy.as_kwh(), parts_of_energy));
        self.audit(&Audit::close("provider cost = sum of its parts [USD]", provider.0, parts_of_cost));
    }

    /// Memory held by idle sandboxes, over the window.
    fn idle_gib_seconds(&self) -> f64 {
        let meter = &self.run.report.meter;
        let held = meter.in_window(Gauge::LocalAllocated) + meter.in_window(Gauge::PoolAllocated);
        (held - meter.in_window(Gauge::MemoryUsed)) as f64 / 1e12 / Bytes::from_gib(1).0 as f64
    }

    fn quantiles(&mut self) {
        let hundredths = (0..=99).map(|i| f64::from(i) / 100.0);
        let halves = (0..100).map(|i| 0.005 + f64::from(i) / 100.0).filter(|&q| q < 0.99);
        let tail = (1..=99).map(|i| 0.99 + f64::from(i) / 10_000.0);
        let far = [0.9995, 0.9999, 0.99999, 1.0];
        let mut grid: Vec<f64> = hundredths.chain(halves).chain(tail).chain(far).collect();
        grid.sort_by(f64::total_cmp);
        // 0.995 and the like are met on two ways, with different last bits.
        grid.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        for quantile in grid {
            let quantile = libm::rint(quantile * 1e5) / 1e5;
            let Some(response) = self.run.heard.response.quantile(quantile) else { return };
            self.output.quantiles.push(QuantileRow {
                layout: self.layout.name.clone(),
                replication: self.run.key.replication,
                quantile,
                response_s: response.as_secs_f64(),
            });
        }
    }

    fn breakdown(&mut self) {
        let completed = self.run.report.count(Counter::Completed);
        if completed == 0 {
            return;
        }
        let components = self.run.heard.components;
        let total: u128 = components.iter().sum();
        let law = "sum of all breakdowns = sum of all response times [ps]";
        self.audit(&Audit::equal(law, total, self.run.heard.response.sum_ps()));
        for component in Component::ALL {
            let sum = components[component as usize] as f64;
            self.output.breakdown.push(BreakdownRow {
                layout: self.layout.name.clone(),
                replication: self.run.key.replication,
                component: component.name().to_owned(),
                mean_s: sum / completed as f64 / 1e12,
                share: if total == 0 { 0.0 } else { sum / total as f64 },
            });
        }
    }

    fn series(&mut self) {
        let gib = Bytes::from_gib(1).0 as f64;
        let meter = &self.run.report.meter;
        let of = |gauge| meter.bin_means(gauge).collect::<Vec<_>>();
        let [allocated, busy, local, pooled, used, waiting] = [
            Gauge::CoresAllocated,
            Gauge::CoresBusy,
            Gauge::LocalAllocated,
            Gauge::PoolAllocated,
            Gauge::MemoryUsed,
            Gauge::Waiting,
        ]
        .map(of);
        for i in 0..busy.len() {
            let time_s = busy[i].0.as_secs_f64();
            let [arrivals, cold] = self.run.heard.bins.get(i).copied().unwrap_or_default();
            let values = [
                ("cores.installed", self.layout.cores as f64, "cores"),
                ("cores.allocated", allocated[i].1.max(busy[i].1), "cores"),
                ("cores.busy", busy[i].1, "cores"),
                ("memory.installed", self.layout.memory().as_gib_f64(), "GiB"),
                ("memory.allocated", (local[i].1 + pooled[i].1) / gib, "GiB"),
                ("memory.used", used[i].1 / gib, "GiB"),
                ("queue.length", waiting[i].1, "requests"),
                ("arrivals", arrivals as f64, "requests"),
                ("cold_starts", cold as f64, "requests"),
            ];
            for (series, value, unit) in values {
                self.output.series.push(SeriesRow {
                    layout: self.layout.name.clone(),
                    replication: self.run.key.replication,
                    time_s,
                    series: series.to_owned(),
                    value,
                    unit: unit.to_owned(),
                });
            }
        }
    }
}
