//! The experiment: what is compared, on which workload, how often.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::choice::{Basis, PriceBasis, ResourceDetail, Scale, Vary};
use super::super::quantity::Q;
use super::{Layout, Measure, Workload};
use crate::units::{Bytes, Span};

/// One experiment: a question, the layouts that are compared, and the workload that all of them serve.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Short name, used for the results folder; letters, digits, `-` and `_`.
    pub name: String,
    /// The question that the experiment answers, printed on the report.
    pub question: String,
    /// Root of all random streams; the same seed gives the same bytes.
    #[serde(default = "one")]
    pub seed: u64,
    /// Independent repetitions with other random draws; confidence intervals need at least 2.
    #[serde(default = "one_u32")]
    #[schemars(range(min = 1, max = 10_000))]
    pub replications: u32,
    /// What differs between replications, and so what intervals are about: `draws` (durations, starts), `arrivals` (those
    /// and the instants of arrivals) or `population` (those and the functions).
    #[serde(default)]
    pub vary: Vary,
    /// What the layouts have in equal measure; checked, and printed beside the comparison.
    #[serde(default)]
    pub basis: Basis,
    /// How far two layouts may differ in what is held equal, as a share of the first layout's.
    #[serde(default = "basis_tolerance")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub basis_tolerance: f64,
    /// Which prices of the hardware count; a part without a price on this basis is an error, so that no two are mixed.
    #[serde(default)]
    pub prices: PriceBasis,
    /// What the data centre is asked to do.
    pub workload: Workload,
    /// The data centres to compare; the first is the one that the others are compared with.
    #[schemars(length(min = 1))]
    pub layout: Vec<Layout>,
    /// What of a run is measured.
    #[serde(default)]
    pub measure: Measure,
    /// Bounds of a run; reaching one ends the run and is reported.
    #[serde(default)]
    pub limits: Limits,
    /// What is written besides the summary.
    #[serde(default)]
    pub outputs: Outputs,
    /// Axes of a parameter sweep, for `sdcsim sweep`: every combination of their values is one experiment, and the
    /// first axis is the slowest. Without it there is one point, for `sdcsim run`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sweep: Vec<Sweep>,
    /// Figures of a sweep, besides those that every sweep has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figure: Vec<Figure>,
}

/// A figure of a sweep: a metric over the first axis, or over another metric, with a curve for each layout, and a panel
/// for each value of the second axis.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The metric along y, as in `summary.csv`.
    pub y: String,
    /// The metric along x; each curve then runs through the points of the first axis in their order, and the points that
    /// no other one beats in both metrics are marked. Left out, the first axis itself.
    #[serde(default)]
    pub x: Option<String>,
    /// The scale of y; left out, logarithmic where the values are more than ten times apart.
    #[serde(default)]
    pub y_scale: Option<Scale>,
    /// The scale of x, where that is a metric; left out, as for y.
    #[serde(default)]
    pub x_scale: Option<Scale>,
    /// Names of layouts that show what could be had at best, and are no candidates themselves: their curves are grey, and
    /// their points are not marked.
    #[serde(default)]
    pub bounds: Vec<String>,
}

/// One axis of a sweep: a key and its values, listed or spread evenly between two ends.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// The key that takes the values, as in `layout[2].memory_pools.local_share`; any key but `name`, `sweep`, `figure` and `outputs`.
    pub key: String,
    /// What it is, for the axis of plots, without the unit; the key where it is left out.
    #[serde(default)]
    pub label: Option<String>,
    /// The values, each as it would stand at the key; either these, or `from`, `to` and `points`.
    #[serde(default)]
    pub values: Vec<Json>,
    /// The first value of a range: a number, or a quantity with its unit.
    #[serde(default)]
    pub from: Option<Json>,
    /// The last value of a range.
    #[serde(default)]
    pub to: Option<Json>,
    /// How many values a range has, both ends among them. Those between are rounded to six significant digits, or
    /// to whole numbers where the key takes no others.
    #[serde(default)]
    #[schemars(range(min = 2, max = 1_000_000))]
    pub points: Option<u32>,
    /// How a range is spread, and how plots draw the axis.
    #[serde(default)]
    pub scale: Scale,
    /// Other keys that move together with this one.
    #[serde(default)]
    pub with: Vec<Together>,
}

/// A key that moves together with the key of its axis.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// The key.
    pub key: String,
    /// One value for each value of the axis; left out, the values of the axis themselves.
    #[serde(default)]
    pub values: Vec<Json>,
}

/// Bounds of a run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Simulated time after what is measured in which open requests may still finish, at least the platform's dispatch delay;
    /// without effect where all do.
    pub drain: Q<Span>,
    /// Most events handled in one run.
    #[schemars(range(min = 1))]
    pub events: u64,
    /// Most points of a sweep: a guard against one axis too many.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub points: u32,
    /// Most bytes that one packed file of a trace (gzip or Zstandard) may unpack to: a guard against a small file without
    /// an end.
    pub unpacked: Q<Bytes>,
}

/// The default of [`Limits::unpacked`]; the largest file of the public Azure 2019 trace has 0.3 GB.
pub const UNPACKED: Bytes = Bytes::from_gib(4);

impl Default for Limits {
    fn default() -> Self {
        Self { drain: Q(Span::from_secs(24 * 3_600)), events: 100_000_000_000, points: 10_000, unpacked: Q(UNPACKED) }
    }
}

/// What is written besides the summary.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// Length of one bin of the time series.
    pub series_interval: Q<Span>,
    /// Whether plots and the report page are drawn at the end of the run.
    pub report: bool,
    /// Whether a row for each request answered or rejected is written to `requests/<layout>-<replication>.parquet` in
    /// the run folder: function, arrival, answer, traced duration, cold start, and each part of the response time, in
    /// picoseconds. Some 30 to 40 bytes per request and layout; see results/README.md.
    pub requests: bool,
    /// How closely it is told how busy cores, memory, network interfaces, pools and storage nodes were; see
    /// results/README.md.
    pub resources: ResourceDetail,
}

impl Default for Outputs {
    fn default() -> Self {
        Self {
            series_interval: Q(Span::from_secs(300)),
            report: true,
            requests: false,
            resources: ResourceDetail::default(),
        }
    }
}

fn one() -> u64 {
    1
}
fn one_u32() -> u32 {
    1
}
fn basis_tolerance() -> f64 {
    0.01
}
