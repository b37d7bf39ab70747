//! How a sandbox starts: from nothing, from a snapshot, or from a template in a memory pool.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{SnapshotPlace, Templates};
use super::super::quantity::Q;
use super::Sources;
use crate::units::{BitsPerSec, Bytes, PerSecond, Span};

/// The phases of a cold start, one after the other, and what shortens them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// Allocating the sandbox on the control plane.
    pub allocate: Delay,
    /// Size of the image that is fetched from storage over the fabric; zero skips the phase.
    pub image: Q<Bytes>,
    /// Booting the sandbox and its runtime.
    pub boot: Delay,
    /// Initialising the function's own code.
    pub init: Delay,
    /// Processor time in `boot`, at the end of it and at most all of it. With `cpu = "shared"` it is work on the node's
    /// cores next to runs and other starts, so that parallel boots slow each other down; an exclusive core is its own.
    #[serde(default)]
    pub boot_cpu: Q<Span>,
    /// Processor time in `init`, in the same way.
    #[serde(default)]
    pub init_cpu: Q<Span>,
    /// Share of `boot` that starts the language runtime: what is left to do in a bare sandbox.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub runtime_share: f64,
    /// Sandboxes that the control plane creates per second, one at a time, first come first served; the time counts as
    /// allocating. Without it there is no limit.
    #[serde(default)]
    pub control_rate: Option<Q<PerSecond>>,
    /// Images that a node keeps, the least recently used ones leaving first; a start whose image is there fetches none.
    #[serde(default)]
    pub image_cache: Q<Bytes>,
    /// Snapshots of initialised sandboxes, from which a function's starts are restored once one start is complete.
    #[serde(default)]
    pub snapshot: Option<Snapshot>,
    /// Templates of initialised sandboxes in the memory pools, which starts map; they go before snapshots.
    #[serde(default)]
    pub remote: Option<RemoteStart>,
    /// Where the numbers come from.
    #[serde(default)]
    pub sources: Sources,
}

/// A time that is constant, or log-normal: `"125 ms"`, or `{ median = "125 ms", p99 = "300 ms" }`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Delay {
    /// Always the same.
    Constant(Q<Span>),
    /// Log-normal with the given quantiles.
    LogNormal(LogNormalDelay),
}

/// A log-normal time, given by two quantiles.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogNormalDelay {
    /// Half of the draws are below it.
    pub median: Q<Span>,
    /// 99 % of the draws are below it.
    pub p99: Q<Span>,
}

/// Snapshots of initialised sandboxes. A restored start skips boot and initialisation, and pages in what it touches:
/// `pages = ceil(memory · size · working_set / page)`, the share `prefetch` of them read in one go.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Where it lies.
    pub place: SnapshotPlace,
    /// Loading the state of the machine and mapping the file; counts as boot.
    pub restore: Q<Span>,
    /// Size of the snapshot, as a share of the function's memory.
    #[serde(default = "whole")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub size: f64,
    /// Share of the snapshot that a start touches.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub working_set: f64,
    /// Size of a page.
    #[serde(default = "page")]
    pub page: Q<Bytes>,
    /// Time of a fault on a page that was not prefetched, at the node; on storage, reading it there comes on top.
    pub fault: Q<Span>,
    /// Share of the touched pages that is read in one go before the start.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub prefetch: f64,
    /// With `place = "node"`: rate at which the disk reads what is prefetched; without it, it is in the page cache and
    /// takes no time.
    #[serde(default)]
    pub rate: Option<Q<BitsPerSec>>,
}

/// Templates of initialised sandboxes in the memory pools. A start maps one, skips boot and initialisation, and pages in
/// what it touches, at the rate of the pool that the starts share:
/// `map_base + map_per_mib · mapped + pages · ((fault + round trip + page/rate)/overlap)`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteStart {
    /// From when a function has a template.
    #[serde(default)]
    pub templates: Templates,
    /// Mapping, whatever the size.
    pub map_base: Q<Span>,
    /// Mapping, per MiB of the template.
    pub map_per_mib: Q<Span>,
    /// With `templates = "first-start"`: making a template, whatever the size.
    #[serde(default)]
    pub prepare_base: Q<Span>,
    /// With `templates = "first-start"`: making a template, per MiB of it.
    #[serde(default)]
    pub prepare_per_mib: Q<Span>,
    /// Size of the template, as a share of the function's memory; held in a pool during the whole run, unless
    /// `templates = "never"`.
    #[serde(default = "whole")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub size: f64,
    /// Share of the template that a start touches.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub working_set: f64,
    /// Size of a page.
    #[serde(default = "page")]
    pub page: Q<Bytes>,
    /// Software's part of a page fault; the round trip to the pool and the page's transfer come on top.
    pub fault: Q<Span>,
    /// Share of the touched pages that come without a fault of their own.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub prefetch: f64,
    /// Faults in flight together.
    #[serde(default = "unity")]
    #[schemars(range(min = 1.0, max = 1_000.0))]
    pub overlap: f64,
}

fn whole() -> f64 {
    1.0
}
fn unity() -> f64 {
    1.0
}
fn page() -> Q<Bytes> {
    Q(Bytes(4096))
}
