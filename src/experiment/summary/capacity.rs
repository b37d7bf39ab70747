//! How much of the hardware is there, held and used.

use crate::output::{SeriesRow, metrics};
use crate::record::{Audit, Gauge};
use crate::units::{Bytes, Time};

use super::rows::Rows;

impl Rows<'_> {
    pub(super) fn capacity(&mut self) {
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
        let remote_bytes: u128 = self.run.hardware("pool").map(|group| group.all.used).sum();
        let remote_bits = remote_bytes as f64 * 8.0;
        let until_end = window.max(self.run.report.outcome.end.as_secs_f64());
        // In whole bytes over time, so that nothing idle is exactly nothing.
        let held = meter.in_window(Gauge::LocalAllocated) + meter.in_window(Gauge::PoolAllocated);
        let idle = (held - meter.in_window(Gauge::MemoryUsed)) as f64 / 1e12 / Bytes::from_gib(1).0 as f64;
        let peaks = self.run.hardware("pool").filter_map(|group| group.all.peak_load);
        let remote_peak = peaks.fold(0.0, f64::max);
        let end = Time::ZERO + self.window;
        let stranded = self.run.report.looks.means(Time::ZERO, end);
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
            ("memory.idle.mean", idle / window),
            ("memory.utilisation", used / installed),
            ("memory.wasted", idle),
            ("local_memory.installed", self.layout.local_memory.as_gib_f64()),
            ("local_memory.allocated.mean", local),
            ("pool_memory.installed", self.layout.pool_memory.as_gib_f64()),
            ("pool_memory.allocated.mean", pooled),
            ("concurrency.mean", concurrency),
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
            self.put("remote.bandwidth.mean", remote_bits / until_end / 1e9);
        }
        if self.layout.has_remote_runs() || remote_peak > 0.0 {
            self.put("remote.utilisation.max", remote_peak);
        }
    }

    pub(super) fn series(&mut self) {
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
            let values: [f64; metrics::SERIES.len()] = [
                self.layout.cores as f64,
                allocated[i].1.max(busy[i].1),
                busy[i].1,
                self.layout.memory().as_gib_f64(),
                (local[i].1 + pooled[i].1) / gib,
                used[i].1 / gib,
                waiting[i].1,
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
