//! How much of the hardware is there, held and used.

use crate::config::plan::Platform;
use crate::output::{SeriesRow, metrics};
use crate::record::{Audit, Counter, Gauge};
use crate::units::Bytes;

use super::rows::Rows;

impl Rows<'_> {
    pub(super) fn capacity(&mut self) {
        let report = &self.run.report;
        let meter = &report.meter;
        let mean = |gauge| meter.mean(gauge);
        let gib = |gauge| mean(gauge) / Bytes::from_gib(1).0 as f64;
        let cores = self.layout.cores as f64;
        let busy = mean(Gauge::CoresBusy);
        // With shared cores nobody holds one: what is busy is what is taken.
        let taken = mean(Gauge::CoresAllocated).max(busy);
        let (local, pooled, used) = (gib(Gauge::LocalAllocated), gib(Gauge::PoolAllocated), gib(Gauge::MemoryUsed));
        let installed = self.layout.memory().as_gib_f64();
        let period = report.period().length().as_secs_f64();
        let remote_bytes: u128 = self.run.hardware("pool").map(|group| group.all.used).sum();
        let remote_bits = remote_bytes as f64 * 8.0;
        // In whole bytes over time, so that nothing idle is exactly nothing.
        let held = meter.total(Gauge::LocalAllocated) + meter.total(Gauge::PoolAllocated);
        let system = meter.total(Gauge::Instances) * u128::from(self.system_memory().0);
        let gib_s = |bytes: u128| bytes as f64 / 1e12 / Bytes::from_gib(1).0 as f64;
        let idle = gib_s(held - system - meter.total(Gauge::MemoryUsed));
        let peaks = self.run.hardware("pool").filter_map(|group| group.all.peak_load);
        let remote_peak = peaks.fold(0.0, f64::max);
        let stranded = report.looks.means(report.period().start, report.period().end);
        let [stranded_cores, local_stranded, pool_stranded] = stranded;
        let stranded_cores = stranded_cores / meter.unit(Gauge::CoresBusy) as f64;
        let [local_stranded, pool_stranded] = [local_stranded, pool_stranded].map(|b| b / Bytes::from_gib(1).0 as f64);
        let rows = [
            ("cores.starting.mean", mean(Gauge::CoresStarting)),
            ("cores.stranded.mean", stranded_cores),
            ("cores.stranded.share", stranded_cores / cores),
            ("memory.stranded.mean", local_stranded + pool_stranded),
            ("memory.stranded.share", (local_stranded + pool_stranded) / installed),
            ("pool_memory.stranded.mean", pool_stranded),
            ("cores.installed", cores),
            ("cores.allocated.mean", taken),
            ("cores.busy.mean", busy),
            ("cores.utilisation", busy / cores),
            ("memory.installed", installed),
            ("memory.allocated.mean", local + pooled),
            ("memory.held.mean", local + pooled + self.templates().as_gib_f64()),
            ("memory.used.mean", used),
            ("memory.system.mean", per(gib_s(system), period)),
            ("memory.idle.mean", per(idle, period)),
            ("memory.utilisation", used / installed),
            ("memory.wasted", idle),
            ("local_memory.installed", self.layout.local_memory.as_gib_f64()),
            ("local_memory.allocated.mean", local),
            ("pool_memory.installed", self.layout.pool_memory.as_gib_f64()),
            ("pool_memory.allocated.mean", pooled),
            ("concurrency.mean", report.concurrency()),
            ("period", period),
        ];
        for (name, value) in rows {
            self.put(name, value);
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
            self.put("remote.bandwidth.mean", per(remote_bits, period) / 1e9);
        }
        if self.layout.has_remote_runs() || remote_peak > 0.0 {
            self.put("remote.utilisation.max", remote_peak);
        }
    }

    /// What the operating system of a virtual machine holds; sandboxes have their own in that of their function.
    fn system_memory(&self) -> Bytes {
        match &self.layout.platform {
            Platform::Serverful(platform) => platform.vm.system_memory,
            Platform::Serverless(_) => Bytes::ZERO,
        }
    }

    /// Little's law of the numbers that are printed: concurrency, its period, requests and their mean response time.
    pub(super) fn little(&mut self) {
        let report = &self.run.report;
        let mean = self.run.heard.response.mean().unwrap_or_default();
        let answered = mean.as_secs_f64() * report.count(Counter::Completed) as f64;
        let others = report.in_system.others as f64 / 1e12;
        let after = report.in_system.after as f64 / 1e12;
        let present = report.concurrency() * report.period().length().as_secs_f64() + after;
        // A mean is printed in whole picoseconds.
        let slack = 1e-12 * report.count(Counter::Completed) as f64;
        let law = "Little: mean concurrency x period + time after it = mean response x completed + time of the lost and the open [s]";
        self.audit(&Audit::near(law, present, answered + others, slack));
    }

    pub(super) fn series(&mut self) {
        let gib = Bytes::from_gib(1).0 as f64;
        let meter = &self.run.report.meter;
        let of = |gauge| meter.bins(gauge).collect::<Vec<_>>();
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
            let time_s = busy[i].start.as_secs_f64();
            let [arrivals, cold] = self.run.heard.bins.get(i).copied().unwrap_or_default();
            let values: [f64; metrics::SERIES.len()] = [
                self.layout.cores as f64,
                allocated[i].mean().max(busy[i].mean()),
                busy[i].mean(),
                self.layout.memory().as_gib_f64(),
                (local[i].mean() + pooled[i].mean()) / gib,
                used[i].mean() / gib,
                waiting[i].mean(),
                arrivals as f64,
                cold as f64,
            ];
            // The catalogue has the names, in the same order.
            for (series, value) in metrics::SERIES.iter().zip(values) {
                self.output.series.push(SeriesRow {
                    layout: self.layout.name.clone(),
                    replication: self.run.key.replication,
                    time_s,
                    series: series.name.to_owned(),
                    value,
                    unit: series.unit.to_owned(),
                });
            }
        }
    }
}

/// A rate; nothing over no time.
fn per(amount: f64, time: f64) -> f64 {
    if time > 0.0 { amount / time } else { 0.0 }
}
