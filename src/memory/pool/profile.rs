//! Profiles: how long a unit of work takes at a latency of the pool, and how many bytes it moves.
//!
//! ```text
//! runs        s(L) = base + waits·t(L),  t(L) = (L^4 + (bytes/B)^4)^(1/4)          per second of D
//! page-ins    s(L) = (1−p)·max((software + L + page/B)/ω, page/B)
//!                  + p·page/B·max((L + page/B)/(L_idle + page/B), 1)               per page
//! ```
//!
//! `L` is the latency of the pool, the way there included; a profile's `distance` comes on top. Prefetched pages
//! keep as many bytes in flight as fill their link at the idle latency, as links with credits do: what is bound by bandwidth
//! whatever the latency would never ask for less, however full the pool is.

use crate::memory::paging::Paging;
use crate::memory::run::Execution;
use crate::units::{BitsPerSec, Span};

/// What the jobs of one kind ask of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    law: Law,
    /// Bytes moved by one unit of work.
    bytes: f64,
    /// Latency on top of the pool's, in seconds.
    distance: f64,
}

#[derive(Clone, Copy, Debug)]
enum Law {
    /// A unit is a picosecond of D: picoseconds without waits, waits in a second, and (bytes/B)^4 in seconds.
    Run { base: f64, waits: f64, bound_4: f64 },
    /// A unit is a page; times in picoseconds.
    Pages { fault: f64, overlap: f64, bound: f64, prefetch: f64, in_flight: f64 },
}

const PS: f64 = 1e12;

/// No unit of work takes less, in picoseconds, so that rates fit 64 bits.
const LEAST: f64 = 1.0 / 32_768.0;

/// Units that take `bound` picoseconds each on a link, as many as fill it at a latency.
fn in_flight(idle: Span, bound: f64) -> f64 {
    (idle.as_ps() as f64 + bound) / bound
}

impl Profile {
    /// Runs; the unit of work is a picosecond of traced run time. One run can get `rate` (of its node's interface).
    pub fn run(execution: &Execution, rate: BitsPerSec) -> Self {
        let bound = execution.bytes_per_wait() / rate.bytes_per_sec_f64();
        let law = Law::Run { base: execution.base(), waits: execution.waits(), bound_4: bound * bound * bound * bound };
        Self { law, bytes: execution.waits() * execution.bytes_per_wait() / PS, distance: 0.0 }
    }
    /// Paging in; the unit of work is a page. The latency is the pool's; `paging.round_trip` is the idle one. Faulted and prefetched pages
    /// of a start are mixed evenly: at any latency that takes as long as one after the other.
    pub fn page_in(paging: &Paging) -> Self {
        let bound = (paging.rate.transfer_time(paging.page).as_ps() as f64).max(LEAST);
        let law = Law::Pages {
            fault: paging.software.as_ps() as f64 + bound,
            overlap: paging.overlap,
            bound,
            prefetch: paging.prefetch,
            in_flight: in_flight(paging.round_trip, bound),
        };
        Self { law, bytes: paging.page.0 as f64, distance: 0.0 }
    }

    /// The same for hosts that are further from the pool by `distance`, there and back.
    #[must_use]
    pub fn at_distance(self, distance: Span) -> Self {
        Self { distance: distance.as_secs_f64(), ..self }
    }
    /// Bytes moved by one unit of work.
    pub fn bytes(&self) -> f64 {
        self.bytes
    }
    /// s(L): picoseconds per unit of work at a latency of the pool in seconds.
    #[inline]
    pub fn time(&self, latency_s: f64) -> f64 {
        let latency = latency_s + self.distance;
        let time = match self.law {
            Law::Run { base, waits, bound_4 } => {
                let square = latency * latency;
                base + waits * libm::sqrt(libm::sqrt(square * square + bound_4))
            }
            Law::Pages { fault, overlap, bound, prefetch, in_flight } => {
                let latency = latency * PS;
                let faulted = ((fault + latency) / overlap).max(bound);
                let prefetched = ((latency + bound) / in_flight).max(bound);
                (1.0 - prefetch) * faulted + prefetch * prefetched
            }
        };
        time.max(LEAST)
    }
    /// Bytes per second that one job asks for at a latency of the pool in seconds.
    #[inline]
    pub fn demand(&self, latency_s: f64) -> f64 {
        self.demand_in(self.time(latency_s))
    }
    /// Bytes per second that one job moves whose unit of work takes `time` picoseconds.
    #[inline]
    pub(super) fn demand_in(&self, time: f64) -> f64 {
        self.bytes * PS / time
    }
}
