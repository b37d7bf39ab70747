//! The output of an imagined experiment: three layouts, three replications, plausible numbers.
//!
//! Nothing here is a result. The numbers have the sizes and shapes that results have, so that tables and
//! plots can be looked at: the distribution has a body and a tail of cold starts, load swings with the day.

use sdcsim::config::plan::Vary;
use sdcsim::output::metrics::COMPONENTS;
use sdcsim::output::{
    AuditRow, BreakdownRow, Counted, ExperimentOutput, HeldEqual, LayoutInfo, Manifest, OutputsInfo, QuantileRow,
    ResourceRow, RunInfo, RunTiming, SeriesRow, SummaryRow, Timing, Use, WorkloadInfo,
};

/// What sets one layout of the fixture apart from another.
struct Shape {
    name: &'static str,
    kind: &'static str,
    description: &'static str,
    /// Scale of the response times.
    response: f64,
    /// Share of cold starts.
    cold: f64,
    /// Allocated over busy cores.
    slack: f64,
    /// User's price of a run in USD.
    price: f64,
    /// Mean seconds of each component.
    parts: [f64; 11],
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "serverful",
        kind: "serverful",
        description: "20 servers of 32 cores and 128 GiB, virtual machines with an autoscaler",
        response: 1.0,
        cold: 0.0,
        slack: 2.6,
        price: 41.2,
        parts: [0.052, 0.0004, 0.0, 0.0, 0.0, 0.0, 0.694, 0.021, 0.0, 0.0011, 0.0],
    },
    Shape {
        name: "serverless-on-servers",
        kind: "serverless",
        description: "the same servers, functions kept alive for 10 min",
        response: 1.12,
        cold: 0.031,
        slack: 1.25,
        price: 18.9,
        parts: [0.004, 0.0021, 0.0002, 0.021, 0.018, 0.043, 0.694, 0.021, 0.0, 0.0012, 0.003],
    },
    Shape {
        name: "disaggregated",
        kind: "disaggregated",
        description: "80 compute nodes of 8 cores and 8 GiB, two memory pools of 960 GiB",
        response: 1.06,
        cold: 0.034,
        slack: 1.1,
        price: 16.3,
        parts: [0.003, 0.0022, 0.0003, 0.007, 0.006, 0.011, 0.694, 0.009, 0.064, 0.0016, 0.003],
    },
];

/// A fixed number between -1 and 1 for a place in the fixture.
fn jitter(layout: usize, replication: u32, salt: u64) -> f64 {
    let mut x = 1 + layout as u64 + 100 * u64::from(replication) + 10_000 * salt;
    for _ in 0..2 {
        x = (x ^ x >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// The experiment with this many replications of each layout.
pub fn experiment(replications: u32) -> ExperimentOutput {
    let mut out = ExperimentOutput {
        manifest: manifest(replications),
        resolved_toml: "[experiment]\nname = \"fixture\"\nseed = 7\n\n[workload]\ntrace = \"a <made-up> day\"\n"
            .to_owned(),
        summary: Vec::new(),
        quantiles: Vec::new(),
        breakdown: Vec::new(),
        series: Vec::new(),
        resources: Vec::new(),
        ranges: Vec::new(),
    };
    for (index, shape) in SHAPES.iter().enumerate() {
        for replication in 0..replications {
            let run = Run { index, shape, replication };
            run.quantiles(&mut out.quantiles);
            run.breakdown(&mut out.breakdown);
            run.series(&mut out.series);
            run.summary(&mut out);
            run.resources(&mut out.resources);
        }
    }
    out
}

/// Wall-clock times to go with it.
pub fn timing() -> Timing {
    let runs = vec![RunTiming { layout: "serverful".to_owned(), replication: 0, wall_s: 1.25 }];
    Timing {
        wall_s: 3.5,
        runs,
        threads: 2,
        peak_memory_bytes: Some(123_456_789),
        sources: vec!["fixture.toml".to_owned()],
    }
}

fn manifest(replications: u32) -> Manifest {
    let held = |what: &str, value, unit: &str| HeldEqual { what: what.to_owned(), value, unit: unit.to_owned() };
    let layouts = SHAPES.iter().map(|shape| LayoutInfo {
        name: shape.name.to_owned(),
        kind: shape.kind.to_owned(),
        description: shape.description.to_owned(),
        held_equal: vec![held("cores", 640.0, "cores"), held("memory", 2560.0, "GiB")],
    });
    let mut runs = Vec::new();
    let mut audits = Vec::new();
    for (index, shape) in SHAPES.iter().enumerate() {
        for replication in 0..replications {
            let noise = (jitter(index, replication, 1) * 1e6) as i64;
            let requests = (412_000 + noise / 1000) as f64;
            runs.push(RunInfo {
                from_s: 0.0,
                to_s: 86_400.0,
                layout: shape.name.to_owned(),
                replication,
                event_hash: format!("{:016x}", 0x1234_5678_9abc_def0_u64.wrapping_add(noise as u64)),
                events: (2_400_000 + noise / 10) as u64,
                stop: "all requests answered".to_owned(),
            });
            audits.push(AuditRow {
                layout: shape.name.to_owned(),
                replication,
                law: "requests in = completed + rejected + running [requests]".to_owned(),
                left: requests,
                right: requests,
                holds: true,
            });
        }
    }
    Manifest {
        measured: String::new(),
        program: "sdcsim".to_owned(),
        version: "0.1.0".to_owned(),
        experiment: "fixture".to_owned(),
        question: "What do users pay, and wait, if we take servers apart & keep cores and memory equal?".to_owned(),
        basis: "the same cores, the same memory, the same arrivals".to_owned(),
        config_hash: "00ff12ab34cd56ef789012345678901234567890123456789012345678901234".to_owned(),
        seed: 7,
        replications,
        vary: Vary::Arrivals,
        varies: vec!["over made-up numbers".to_owned(), "says nothing of any others".to_owned()],
        layouts: layouts.collect(),
        runs,
        workload: WorkloadInfo {
            description: "a made-up day of 120 functions".to_owned(),
            trace_sha256: None,
            functions: 120,
            invocations: Some(412_345),
            dropped: vec![Counted { reason: "duration of zero".to_owned(), count: 17 }],
            mended: vec![Counted { reason: "no memory given: the median was taken".to_owned(), count: 5 }],
            noted: vec![Counted { reason: "function whose Count is not the sum of its minutes".to_owned(), count: 3 }],
        },
        outputs: OutputsInfo::default(),
        audits,
        warnings: vec!["12 functions of the trace have no memory column".to_owned()],
    }
}

struct Run<'a> {
    index: usize,
    shape: &'a Shape,
    replication: u32,
}

impl Run<'_> {
    fn layout(&self) -> String {
        self.shape.name.to_owned()
    }

    fn noise(&self, salt: u64, size: f64) -> f64 {
        1.0 + size * jitter(self.index, self.replication, salt)
    }

    /// Response time at a quantile: a log-logistic body, and above `1 - cold` a start-up time on top.
    fn response(&self, quantile: f64) -> f64 {
        let q = quantile.min(0.999_995);
        let body = 0.21 * self.shape.response * libm::pow(q / (1.0 - q), 0.55);
        let start = if quantile > 1.0 - self.shape.cold { 1.9 / self.shape.response } else { 0.0 };
        let overload = if self.index == 0 && quantile > 0.985 { 3.1 * (quantile - 0.985) / 0.015 } else { 0.0 };
        (body + start + overload) * self.noise(2, 0.03)
    }

    fn quantiles(&self, rows: &mut Vec<QuantileRow>) {
        let body = (1..180).map(|i| f64::from(i) / 180.0);
        let tail = [0.99, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995, 0.9999, 1.0];
        for quantile in body.chain(tail) {
            let response_s = self.response(quantile);
            rows.push(QuantileRow { layout: self.layout(), replication: self.replication, quantile, response_s });
        }
    }

    fn breakdown(&self, rows: &mut Vec<BreakdownRow>) {
        let noisy = |(i, mean): (usize, &f64)| mean * self.noise(10 + i as u64, 0.05);
        let means: Vec<f64> = self.shape.parts.iter().enumerate().map(noisy).collect();
        let total: f64 = means.iter().sum();
        for (component, mean_s) in COMPONENTS.iter().zip(means) {
            let component = component.name.to_owned();
            let (layout, replication) = (self.layout(), self.replication);
            rows.push(BreakdownRow { layout, replication, component, mean_s, share: mean_s / total });
        }
    }

    fn series(&self, rows: &mut Vec<SeriesRow>) {
        for bin in 0..288_u32 {
            let time_s = f64::from(bin) * 300.0;
            let day = 1.0 - 0.55 * libm::cos(f64::from(bin) / 288.0 * core::f64::consts::TAU);
            let busy = 118.0 * day * self.noise(1000 + u64::from(bin), 0.13);
            let allocated =
                if self.index == 0 { libm::ceil(busy * 2.2 / 64.0) * 64.0 } else { busy * self.shape.slack };
            let arrivals = libm::floor(busy * 12.0);
            let list = [
                ("cores.installed", 640.0, "cores"),
                ("cores.allocated", allocated.min(640.0), "cores"),
                ("cores.busy", busy, "cores"),
                ("memory.installed", 2560.0, "GiB"),
                ("memory.allocated", (allocated * 4.0).min(2560.0), "GiB"),
                ("memory.used", busy * 2.3, "GiB"),
                ("queue.length", 0.2 * busy * self.shape.response, "requests"),
                ("arrivals", arrivals, "requests"),
                ("cold_starts", libm::floor(arrivals * self.shape.cold), "requests"),
            ];
            for (series, value, unit) in list {
                let (layout, replication) = (self.layout(), self.replication);
                let (series, unit) = (series.to_owned(), unit.to_owned());
                rows.push(SeriesRow { layout, replication, time_s, series, value, unit });
            }
        }
    }

    /// Nodes whose cores are followed as one, with busy interfaces in the last layout, and one storage node.
    fn resources(&self, rows: &mut Vec<ResourceRow>) {
        let day = 86_400.0;
        let list = [
            ("cores", "nodes", 20, 640.0 * day, 0.18, None, "core*s"),
            ("local_memory", "nodes", 20, 2560.0 * day, 0.1, None, "GiB*s"),
            ("interface_in", "nodes", 20, 200.0 * day, 0.3 * f64::from(self.index as u32), Some(1.4), "GiB"),
            ("storage", "storage", 1, 10.0 * day, 0.05, Some(1.0), "GiB"),
        ];
        for (resource, group, entities, possible, share, busiest, unit) in list {
            let share = share * self.noise(40, 0.02);
            let peak_jobs = busiest.map(|_| 17 + self.replication);
            let all = Use { used: share * possible, possible, peak_jobs, peak_load: None };
            let (layout, resource, group) = (self.layout(), resource.to_owned(), group.to_owned());
            let (busiest, unit) = (busiest.map(|times| times * share), unit.to_owned());
            let replication = self.replication;
            rows.push(ResourceRow { layout, replication, resource, group, entities, all, busiest, unit });
        }
    }

    fn summary(&self, out: &mut ExperimentOutput) {
        let requests = libm::floor(412_000.0 * self.noise(30, 0.001));
        let rejected = if self.index == 0 { 12.0 + f64::from(self.replication) } else { 0.0 };
        let mean: f64 = self.shape.parts.iter().sum::<f64>() * self.noise(31, 0.03);
        let user = self.shape.price * self.noise(32, 0.04);
        let provider = 9.7 * self.noise(33, 0.01) / self.shape.response;
        let energy = 310.0 * self.noise(34, 0.01) / self.shape.response;
        let busy = 118.0 * self.noise(35, 0.01);
        let list = [
            ("requests.arrived", requests + rejected, "requests"),
            ("requests.completed", requests, "requests"),
            ("requests.rejected", rejected, "requests"),
            ("requests.running_at_end", 0.0, "requests"),
            ("cold_starts", libm::floor(requests * self.shape.cold), "requests"),
            ("cold_start_share", self.shape.cold * self.noise(36, 0.02), "1"),
            ("response.mean", mean, "s"),
            ("response.p50", self.response(0.5), "s"),
            ("response.p90", self.response(0.9), "s"),
            ("response.p99", self.response(0.99), "s"),
            ("response.p999", self.response(0.999), "s"),
            ("response.max", self.response(1.0), "s"),
            ("slowdown.mean", self.shape.response * self.noise(37, 0.02), "1"),
            ("start_delay.p99", 0.0004 + 1.3 * self.shape.cold * self.noise(38, 0.03), "s"),
            ("cores.installed", 640.0, "cores"),
            ("cores.allocated.mean", busy * self.shape.slack, "cores"),
            ("cores.busy.mean", busy, "cores"),
            ("cores.utilisation", busy / 640.0, "1"),
            ("memory.installed", 2560.0, "GiB"),
            ("memory.allocated.mean", busy * self.shape.slack * 4.0, "GiB"),
            ("memory.used.mean", busy * 2.3, "GiB"),
            ("memory.utilisation", busy * 2.3 / 2560.0, "1"),
            ("memory.wasted", busy * (self.shape.slack - 1.0) * 86_400.0, "GiB*s"),
            ("cost.user", user, "USD"),
            ("cost.user_per_million", user / requests * 1e6, "USD"),
            ("cost.provider", provider, "USD"),
            ("cost.provider_per_million", provider / requests * 1e6, "USD"),
            ("purchase_cost", 182_000.0 / self.shape.response, "USD"),
            ("energy.total", energy, "kWh"),
            ("energy.compute", energy * 0.8, "kWh"),
            ("energy.network", energy * 0.2, "kWh"),
            ("energy_per_request", energy * 3.6e6 / requests, "J"),
        ];
        for (metric, value, unit) in list {
            let (metric, unit) = (metric.to_owned(), unit.to_owned());
            out.summary.push(SummaryRow { layout: self.layout(), replication: self.replication, metric, value, unit });
        }
    }
}
