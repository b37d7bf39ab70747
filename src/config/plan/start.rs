//! How a sandbox starts.

use crate::config::choice::{SnapshotPlace, Templates};
use crate::config::raw;
use crate::units::{BitsPerSec, Bytes, PerSecond, Span};

/// The phases of a cold start, one after the other, and what shortens them.
#[derive(Clone, Debug)]
pub struct ColdStart {
    /// Allocating the sandbox on the control plane.
    pub allocate: Delay,
    /// Size of the image that is fetched from storage over the fabric; zero skips the phase.
    pub image: Bytes,
    /// Booting the sandbox and its runtime.
    pub boot: Delay,
    /// Initialising the function's own code.
    pub init: Delay,
    /// Processor time in `boot`, at the end of it and at most all of it.
    pub boot_cpu: Span,
    /// Processor time in `init`, in the same way.
    pub init_cpu: Span,
    /// Share of `boot` that starts the language runtime: what is left to do in a bare sandbox.
    pub runtime_share: f64,
    /// Sandboxes that the control plane creates per second, one at a time, first come first served; the time counts
    /// as allocating.
    pub control_rate: Option<PerSecond>,
    /// Images that a node keeps, the least recently used ones leaving first; a start whose image is there fetches
    /// none.
    pub image_cache: Bytes,
    /// Snapshots of initialised sandboxes, from which a function's starts are restored once one start is complete.
    pub snapshot: Option<Snapshot>,
    /// Templates of initialised sandboxes in the memory pools, which starts map; they go before snapshots.
    pub remote: Option<RemoteStart>,
}

impl ColdStart {
    /// From what was typed.
    pub fn resolve(raw: &raw::ColdStart) -> Self {
        Self {
            allocate: Delay::resolve(&raw.allocate),
            image: raw.image.0,
            boot: Delay::resolve(&raw.boot),
            init: Delay::resolve(&raw.init),
            boot_cpu: raw.boot_cpu.0,
            init_cpu: raw.init_cpu.0,
            runtime_share: raw.runtime_share,
            control_rate: raw.control_rate.map(|given| given.0),
            image_cache: raw.image_cache.0,
            snapshot: raw.snapshot.as_ref().map(Snapshot::resolve),
            remote: raw.remote.as_ref().map(RemoteStart::resolve),
        }
    }
}

/// A time that is constant, or log-normal.
#[derive(Clone, Debug)]
pub enum Delay {
    /// Always the same.
    Constant(Span),
    /// Log-normal with the given quantiles.
    LogNormal(LogNormalDelay),
}

impl Delay {
    /// From what was typed.
    pub fn resolve(raw: &raw::Delay) -> Self {
        match raw {
            raw::Delay::Constant(span) => Self::Constant(span.0),
            raw::Delay::LogNormal(raw) => Self::LogNormal(LogNormalDelay::resolve(raw)),
        }
    }
}

/// A log-normal time, given by two quantiles.
#[derive(Clone, Debug)]
pub struct LogNormalDelay {
    /// Half of the draws are below it.
    pub median: Span,
    /// 99 % of the draws are below it.
    pub p99: Span,
}

impl LogNormalDelay {
    /// From what was typed.
    pub fn resolve(raw: &raw::LogNormalDelay) -> Self {
        Self { median: raw.median.0, p99: raw.p99.0 }
    }
}

/// Snapshots of initialised sandboxes.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Where it lies.
    pub place: SnapshotPlace,
    /// Loading the state of the machine and mapping the file; counts as boot.
    pub restore: Span,
    /// Size of the snapshot, as a share of the function's memory.
    pub size: f64,
    /// Share of the snapshot that a start touches.
    pub working_set: f64,
    /// Size of a page.
    pub page: Bytes,
    /// Time of a fault on a page that was not prefetched, at the node; on storage, reading it there comes on top.
    pub fault: Span,
    /// Share of the touched pages that is read in one go before the start.
    pub prefetch: f64,
    /// With `place = "node"`: rate at which the disk reads what is prefetched; without it, it is in the page cache
    /// and takes no time.
    pub rate: Option<BitsPerSec>,
}

impl Snapshot {
    /// From what was typed.
    pub fn resolve(raw: &raw::Snapshot) -> Self {
        Self {
            place: raw.place,
            restore: raw.restore.0,
            size: raw.size,
            working_set: raw.working_set,
            page: raw.page.0,
            fault: raw.fault.0,
            prefetch: raw.prefetch,
            rate: raw.rate.map(|given| given.0),
        }
    }
}

/// Templates of initialised sandboxes in the memory pools.
#[derive(Clone, Debug)]
pub struct RemoteStart {
    /// From when a function has a template.
    pub templates: Templates,
    /// Mapping, whatever the size.
    pub map_base: Span,
    /// Mapping, per MiB of the template.
    pub map_per_mib: Span,
    /// With `templates = "first-start"`: making a template, whatever the size.
    pub prepare_base: Span,
    /// With `templates = "first-start"`: making a template, per MiB of it.
    pub prepare_per_mib: Span,
    /// Size of the template, as a share of the function's memory; held in a pool during the whole run, unless
    /// `templates = "never"`.
    pub size: f64,
    /// Share of the template that a start touches.
    pub working_set: f64,
    /// Size of a page.
    pub page: Bytes,
    /// Software's part of a page fault; the round trip to the pool and the page's transfer come on top.
    pub fault: Span,
    /// Share of the touched pages that come without a fault of their own.
    pub prefetch: f64,
    /// Faults in flight together.
    pub overlap: f64,
}

impl RemoteStart {
    /// From what was typed.
    pub fn resolve(raw: &raw::RemoteStart) -> Self {
        Self {
            templates: raw.templates,
            map_base: raw.map_base.0,
            map_per_mib: raw.map_per_mib.0,
            prepare_base: raw.prepare_base.0,
            prepare_per_mib: raw.prepare_per_mib.0,
            size: raw.size,
            working_set: raw.working_set,
            page: raw.page.0,
            fault: raw.fault.0,
            prefetch: raw.prefetch,
            overlap: raw.overlap,
        }
    }
}
