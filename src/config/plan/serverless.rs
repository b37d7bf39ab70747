//! A serverless platform.

use std::collections::BTreeMap;

use super::{ColdStart, Cores, Dispatch, FunctionPrices, KeepAlive, Quotas, Scaling};
use crate::config::choice::{Binding, CpuSharing, Eviction, IdleChoice, Placement, QueueOrder};
use crate::config::raw;
use crate::units::{Bytes, Span};

/// A serverless platform.
#[derive(Clone, Debug)]
pub struct Serverless {
    /// Time from the arrival of a request until the platform has decided where it runs, on every request.
    pub dispatch_delay: Span,
    /// Which node gets a request.
    pub placement: Placement,
    /// Parameters of the placements that have any, and what requests do that find no free sandbox.
    pub dispatch: Dispatch,
    /// When the node is chosen.
    pub binding: Binding,
    /// How the cores of a node are shared.
    pub cpu: CpuSharing,
    /// What a request holds of them, where it has them to itself.
    pub cores: Cores,
    /// How many sandboxes a function has, and how many requests one of them serves at a time.
    pub scaling: Scaling,
    /// What accounts and functions may use, and what becomes of requests beyond it.
    pub quotas: Quotas,
    /// Requests at a time that functions have to themselves, no fewer and no more, whatever
    /// `quotas.function_concurrency` says; by the function's name, or `app/function` or `owner/app/function` where
    /// several have it.
    pub reserved_concurrency: BTreeMap<String, u32>,
    /// How long an idle sandbox is kept.
    pub keep_alive: KeepAlive,
    /// Which idle sandbox serves the next request.
    pub idle_choice: IdleChoice,
    /// Whether idle sandboxes are evicted when a cold start finds no memory.
    pub evict_idle: bool,
    /// Which ones, in which order.
    pub eviction: Eviction,
    /// Most requests waiting for a place; the next one is rejected.
    pub queue_limit: u64,
    /// Whether a request that arrives may start while others wait.
    pub queue_order: QueueOrder,
    /// Whether a sandbox holds a core while it starts.
    pub start_cores: bool,
    /// The phases of a cold start, for functions without a cold-start time of their own.
    pub cold_start: ColdStart,
    /// What the user pays.
    pub prices: FunctionPrices,
}

impl Serverless {
    /// From what was typed.
    pub fn resolve(raw: &raw::Serverless) -> Self {
        Self {
            dispatch_delay: raw.dispatch_delay.0,
            placement: raw.placement,
            dispatch: Dispatch::resolve(&raw.dispatch),
            binding: raw.binding,
            cpu: raw.cpu,
            cores: Cores::resolve(&raw.cores),
            scaling: Scaling::resolve(&raw.scaling),
            quotas: Quotas::resolve(&raw.quotas),
            reserved_concurrency: raw.reserved_concurrency.clone(),
            keep_alive: KeepAlive::resolve(&raw.keep_alive),
            idle_choice: raw.idle_choice,
            evict_idle: raw.evict_idle,
            eviction: raw.eviction,
            queue_limit: raw.queue_limit,
            queue_order: raw.queue_order,
            start_cores: raw.start_cores.map_or(raw.cpu == CpuSharing::Exclusive, |cores| cores > 0),
            cold_start: ColdStart::resolve(&raw.cold_start),
            prices: prices(raw),
        }
    }
}

/// A request that has a whole core to itself pays for the memory that buys one at least.
fn prices(raw: &raw::Serverless) -> FunctionPrices {
    let prices = FunctionPrices::resolve(&raw.prices);
    let least = match Cores::resolve(&raw.cores) {
        Cores::Whole { memory_per_core } if raw.cpu == CpuSharing::Exclusive => memory_per_core,
        _ => Bytes::ZERO,
    };
    FunctionPrices { minimum_memory: prices.minimum_memory.max(least), ..prices }
}
