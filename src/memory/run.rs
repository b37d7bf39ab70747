//! How long a function runs on a given node.
//!
//! The trace gives `D`, the warm run time on the reference machine with all memory local. A share `σ` of it is
//! waiting for memory of latency `L_ref`, so the run makes `D·σ/L_ref` waits one after the other, each for `MLP`
//! accesses in flight together. On another node, with the share `f` of the memory local:
//!
//! ```text
//! miss ratio     m(f) = exp(−(f/c)^b), m(1) counted as 0         (Weibull form, shared/design/MODELS.md)
//! compute        D·(1−σ)/speed
//! local memory   D·σ·(1−m)·L_local/L_ref
//! remote memory  D·σ·m/L_ref · t(L),  t(L) = (L^4 + (bytes/B)^4)^(1/4)
//! ```
//!
//! `t` (computed by `pool::Profile`, at the latency of the moment) joins the latency-bound and the bandwidth-bound time of one wait smoothly; `bytes = MLP·line·(1+w)` are
//! moved in it, `w` being the share of accesses that write a line back, and `B` is what one request can get.
//! Every term is proportional to `D`. Valid for functions whose memory behaviour is alike; first-touch misses
//! are not counted, nor is the run time that prefetching would hide.

use crate::units::{Bytes, Span};

/// How functions use memory; see the module's equations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryProfile {
    /// σ, share of the traced run time that waits for memory.
    pub stall: f64,
    /// `L_ref`, latency of the reference machine's memory.
    pub reference_latency: Span,
    /// MLP, accesses in flight together.
    pub parallelism: f64,
    /// Bytes moved by one access.
    pub access: Bytes,
    /// w, share of accesses that also write a line back.
    pub write_share: f64,
    /// c of the miss-ratio curve.
    pub miss_scale: f64,
    /// b of the miss-ratio curve.
    pub miss_shape: f64,
}

impl MemoryProfile {
    /// m(f): the share of waits that go to remote memory when the share `local` of the memory is local.
    pub fn miss_ratio(&self, local: f64) -> f64 {
        if local >= 1.0 { 0.0 } else { libm::exp(-libm::pow(local / self.miss_scale, self.miss_shape)) }
    }
    /// Bytes moved by the accesses of one wait.
    pub fn bytes_per_wait(&self) -> f64 {
        self.parallelism * self.access.0 as f64 * (1.0 + self.write_share)
    }
}

/// A node as far as run times go.
#[derive(Clone, Copy, Debug)]
pub struct NodeSpeed {
    /// Of a core, against the reference machine.
    pub speed: f64,
    /// Latency of local memory.
    pub local_latency: Span,
    /// Share of a function's memory that is local.
    pub local_share: f64,
}

/// Run times on one kind of node, per second of `D`.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    compute: f64,
    local: f64,
    /// Waits for remote memory per second of `D`.
    waits: f64,
    bytes_per_wait: f64,
    /// Runs take what the trace says.
    traced: bool,
    /// Cores that a run keeps busy, in millionths.
    busy: u32,
}

/// A core in millionths.
const CORE: u32 = 1_000_000;

/// The parts of a run that do not depend on load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Computing.
    pub compute: Span,
    /// Waiting for local memory.
    pub local: Span,
}

impl Run {
    /// Both together.
    #[inline]
    pub fn steady(self) -> Span {
        self.compute + self.local
    }
}

impl Execution {
    /// Run times of functions with `profile` on `node`.
    pub fn new(profile: &MemoryProfile, node: NodeSpeed) -> Self {
        let miss = profile.miss_ratio(node.local_share);
        let reference = profile.reference_latency.as_secs_f64();
        Self {
            compute: (1.0 - profile.stall) / node.speed,
            local: profile.stall * (1.0 - miss) * node.local_latency.as_secs_f64() / reference,
            waits: profile.stall * miss / reference,
            bytes_per_wait: profile.bytes_per_wait(),
            traced: false,
            busy: CORE,
        }
    }
    /// The same on another number of cores than the trace was measured with: computing takes `slowdown` times as long, and
    /// keeps `busy` millionths of a core busy.
    #[must_use]
    pub fn on_cores(self, slowdown: f64, busy: u32) -> Self {
        Self { compute: self.compute * slowdown, busy, traced: self.traced && slowdown == 1.0, ..self }
    }
    /// Cores that a run keeps busy, in millionths.
    pub fn busy(&self) -> u32 {
        self.busy
    }
    /// The machine on which the trace was measured: run times are as traced, all compute.
    pub fn as_traced() -> Self {
        Self { compute: 1.0, local: 0.0, waits: 0.0, bytes_per_wait: 0.0, traced: true, busy: CORE }
    }
    /// The load-independent parts of a run of traced length `duration`.
    #[inline]
    pub fn run(&self, duration: Span) -> Run {
        if self.traced {
            return Run { compute: duration, local: Span::ZERO };
        }
        Run { compute: duration.scale(self.compute), local: duration.scale(self.local) }
    }
    /// Whether runs touch remote memory.
    pub fn is_remote(&self) -> bool {
        self.waits > 0.0
    }
    /// Load-independent time per second of `D`: compute and local memory.
    pub fn base(&self) -> f64 {
        self.compute + self.local
    }
    /// Waits for remote memory per second of `D`.
    pub fn waits(&self) -> f64 {
        self.waits
    }
    /// Bytes moved to and from remote memory by a run of traced length `duration`.
    pub fn remote_bytes(&self, duration: Span) -> Bytes {
        if self.waits == 0.0 {
            return Bytes::ZERO;
        }
        Bytes(libm::rint(duration.as_secs_f64() * self.waits * self.bytes_per_wait) as u64)
    }
    /// Bytes per wait.
    pub fn bytes_per_wait(&self) -> f64 {
        self.bytes_per_wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: MemoryProfile = MemoryProfile {
        stall: 0.2,
        reference_latency: Span::from_ns(100),
        parallelism: 4.0,
        access: Bytes(64),
        write_share: 0.0,
        miss_scale: 0.43,
        miss_shape: 1.7,
    };

    #[test]
    fn on_the_reference_machine_a_run_takes_its_traced_time() {
        let node = NodeSpeed { speed: 1.0, local_latency: Span::from_ns(100), local_share: 1.0 };
        let run = Execution::new(&PROFILE, node).run(Span::from_secs(10));
        assert_eq!(run, Run { compute: Span::from_secs(8), local: Span::from_secs(2) });
    }

    /// A quarter of a core: computing takes four times as long, waiting for memory as long as before.
    #[test]
    fn only_computing_depends_on_cores() {
        let node = NodeSpeed { speed: 1.0, local_latency: Span::from_ns(100), local_share: 1.0 };
        let run = Execution::new(&PROFILE, node).on_cores(4.0, CORE / 4).run(Span::from_secs(10));
        assert_eq!(run, Run { compute: Span::from_secs(32), local: Span::from_secs(2) });
    }

    #[test]
    fn remote_waits_follow_the_miss_ratio() {
        let node = NodeSpeed { speed: 2.0, local_latency: Span::from_ns(150), local_share: 0.43 };
        let execution = Execution::new(&PROFILE, node);
        let miss = libm::exp(-1.0);
        assert!((execution.waits() - 0.2 * miss / 100e-9).abs() < 1e-3);
        assert!((execution.base() - (0.4 + 0.3 * (1.0 - miss))).abs() < 1e-12);
    }

    /// Gao et al., OSDI'16 artefact: mean latency of Memcached in us with 100 to 10 % of its memory local. What it rises
    /// by is the miss ratio times the rise without any local memory, which the last point gives.
    #[test]
    fn the_default_miss_curve_is_that_of_measured_memcached() {
        let measured = [188.0, 189.0, 204.0, 220.0, 255.0, 304.0, 372.0, 444.0, 516.0, 606.0];
        let rise = (measured[9] - measured[0]) / PROFILE.miss_ratio(0.1);
        for (i, latency) in measured.iter().enumerate() {
            let (local, share) = (1.0 - i as f64 / 10.0, (latency - measured[0]) / rise);
            let deviation = (PROFILE.miss_ratio(local) - share).abs();
            assert!(deviation < 0.05, "{local} local: {} against {share}", PROFILE.miss_ratio(local));
        }
    }
}
