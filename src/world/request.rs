//! What both worlds share: arrivals, paths, requests in flight, and the books that are audited at the end.

use super::audit::Audit;
use crate::fabric::Fabric;
use crate::ids::{FunctionId, Id, RequestId};
use crate::memory::run::Run;
use crate::platform::serverless::Warmth;
use crate::record::{Breakdown, Completed, Component, Gauge, Meter, Recorder};
use crate::units::{BitsPerSec, Bytes, Span, Time};
use crate::workload::Invocation;

/// Times on a request's way that do not depend on load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paths {
    /// Request message, front end to node.
    pub network_in: Span,
    /// The platform's decision.
    pub dispatch: Span,
    /// Response message, node to front end.
    pub network_out: Span,
    /// On the fabric, for reading input and writing output.
    pub data_network: Span,
    /// At the storage nodes, for the same.
    pub data_storage: Span,
    /// Circuit set-up for remote memory, once per run.
    pub circuit: Span,
    /// Bytes that a request moves over the fabric, remote memory and images apart.
    pub bytes: Bytes,
}

impl Paths {
    /// Paths over `fabric` for requests that move the given amounts; storage answers after `latency` and streams
    /// at `storage_rate`.
    pub fn new(
        fabric: &Fabric,
        [request, response, read, write]: [Bytes; 4],
        dispatch: Span,
        latency: Span,
        storage_rate: BitsPerSec,
        remote: bool,
    ) -> Self {
        let at_storage = |bytes: Bytes| {
            // The stream passes the device and the fabric at the rate of the slower; the fabric's share is counted there.
            let device = storage_rate.transfer_time(bytes).saturating_sub(fabric.rate.transfer_time(bytes));
            if bytes == Bytes::ZERO { Span::ZERO } else { latency + device }
        };
        Self {
            network_in: fabric.message(request),
            dispatch,
            network_out: fabric.message(response),
            data_network: fabric.message(read) + fabric.message(write),
            data_storage: at_storage(read) + at_storage(write),
            circuit: if remote { fabric.setup } else { Span::ZERO },
            bytes: request + response + read + write,
        }
    }
    /// The sums that each request needs.
    pub(super) fn sums(&self) -> PathSums {
        PathSums {
            offset: self.network_in + self.dispatch,
            in_run: self.data_network + self.data_storage + self.circuit,
            network: self.network_in + self.network_out + self.data_network,
            paths: *self,
        }
    }
}

/// [`Paths`], added up once.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathSums {
    /// From the front end to the platform's decision.
    pub(super) offset: Span,
    /// In a run, besides computing and memory.
    pub(super) in_run: Span,
    /// All that is spent on the fabric.
    network: Span,
    paths: Paths,
}

/// The invocations of a run, one ahead.
#[derive(Debug)]
pub(super) struct Arrivals<I> {
    source: I,
    next: Invocation,
    /// When the platform decides on it; [`Time::MAX`] where there is none.
    due: Time,
    offset: Span,
}

impl<I: Iterator<Item = Invocation>> Arrivals<I> {
    pub(super) fn new(source: I, offset: Span) -> Self {
        let next = Invocation { at: Time::MAX, function: Id::new(0), duration: Span::ZERO };
        let mut arrivals = Self { source, next, due: Time::MAX, offset };
        arrivals.advance();
        arrivals
    }
    #[inline(always)]
    fn advance(&mut self) {
        if let Some(next) = self.source.next() {
            self.next = next;
            self.due = next.at.saturating_add(self.offset);
        } else {
            self.due = Time::MAX;
        }
    }
    #[inline]
    pub(super) fn due(&self) -> Time {
        self.due
    }
    /// When the next one is due, and of which function.
    pub(super) fn peek(&self) -> Option<(Time, FunctionId)> {
        (self.due < Time::MAX).then_some((self.due, self.next.function))
    }
    /// The invocation that is due.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Invocation {
        let invocation = self.next;
        self.advance();
        invocation
    }
}

/// A request in flight, from the platform's decision to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) function: FunctionId,
    /// When the platform decided on it.
    pub(super) decided: Time,
    /// When it left the queue.
    pub(super) began: Time,
    /// When its code began to run.
    pub(super) ready: Time,
    pub(super) duration: Span,
    pub(super) run: Run,
    /// Where it runs: a sandbox or a virtual machine.
    pub(super) place: u32,
    pub(super) cold: bool,
    /// What there was of its sandbox when it began.
    pub(super) from: Warmth,
    /// Whether it is no request, but the start of a sandbox without one.
    pub(super) boot: bool,
    /// Whether it is ended before its time, and has then failed.
    pub(super) timed_out: bool,
    /// Cold-start phases: allocate, fetch, boot, init.
    pub(super) phases: [Span; 4],
}

/// The requests in flight.
#[derive(Debug)]
pub(super) struct Requests {
    slab: Vec<Request>,
    /// The first entry that is free; `place` of each leads to the next.
    free: u32,
}

/// No entry.
const NIL: u32 = u32::MAX;

impl Default for Requests {
    fn default() -> Self {
        Self { slab: Vec::new(), free: NIL }
    }
}

impl Requests {
    #[inline(always)]
    pub(super) fn insert(&mut self, invocation: &Invocation, now: Time) -> RequestId {
        let request = Request {
            function: invocation.function,
            decided: now,
            began: now,
            ready: now,
            duration: invocation.duration,
            run: Run::default(),
            place: 0,
            cold: false,
            from: Warmth::Nothing,
            boot: false,
            timed_out: false,
            phases: [Span::ZERO; 4],
        };
        self.put(request)
    }
    /// The start of a sandbox without a request.
    pub(super) fn insert_boot(&mut self, function: FunctionId, now: Time, place: u32, from: Warmth) -> RequestId {
        self.put(Request {
            function,
            decided: now,
            began: now,
            ready: now,
            duration: Span::ZERO,
            run: Run::default(),
            place,
            cold: true,
            from,
            boot: true,
            timed_out: false,
            phases: [Span::ZERO; 4],
        })
    }
    #[inline(always)]
    fn put(&mut self, request: Request) -> RequestId {
        let entry = self.free;
        if let Some(free) = self.slab.get_mut(entry as usize) {
            self.free = free.place;
            *free = request;
            return Id::new(entry);
        }
        self.slab.push(request);
        Id::new(self.slab.len() as u32 - 1)
    }
    pub(super) fn get(&self, id: RequestId) -> &Request {
        &self.slab[id.index()]
    }
    pub(super) fn get_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.slab[id.index()]
    }
    #[inline]
    pub(super) fn remove(&mut self, id: RequestId) {
        self.slab[id.index()].place = self.free;
        self.free = id.raw();
    }
    /// Time in the system so far of the requests still in flight, in picoseconds.
    pub(super) fn open_time(&self, now: Time) -> u128 {
        let mut open = vec![true; self.slab.len()];
        let mut free = self.free;
        while let Some(open) = open.get_mut(free as usize) {
            *open = false;
            free = self.slab[free as usize].place;
        }
        let requests = self.slab.iter().zip(open).filter(|(request, open)| *open && !request.boot);
        requests.map(|(request, _)| u128::from(now.since(request.decided).as_ps())).sum()
    }
}

/// Sums kept beside the meter, for the audit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Books {
    pub(super) arrived: u64,
    pub(super) completed: u64,
    pub(super) rejected: u64,
    /// Time in the system of completed requests.
    pub(super) in_system: u128,
    /// Time from ready to completion of completed requests.
    pub(super) running: u128,
    /// Requests whose breakdown did not sum to their response time.
    pub(super) unbalanced: u64,
    pub(super) remote_bytes: u128,
    /// Of images; requests are added by [`Books::fabric_bytes`].
    pub(super) image_bytes: u128,
}

impl Books {
    /// Books a request that is lost.
    pub(super) fn reject(&mut self, now: Time, request: &Request) {
        self.rejected += 1;
        self.in_system += u128::from(now.since(request.decided).as_ps());
    }

    /// Books a completed request and tells the recorder. `shared_wait` names what stretched the run beyond its
    /// load-independent parts: waiting for shared cores, or for remote memory.
    #[inline(always)]
    pub(super) fn complete(
        &mut self,
        now: Time,
        request: &Request,
        sums: &PathSums,
        shared_wait: Component,
        meter: &mut Meter,
        recorder: &mut impl Recorder,
    ) {
        let PathSums { offset, in_run, network, paths } = sums;
        let run = now.since(request.ready);
        let steady = request.run.compute + request.run.local + *in_run;
        let (mut queue, mut remote) = (request.began.since(request.decided), paths.circuit);
        let stretch = run.saturating_sub(steady);
        if shared_wait == Component::Queue {
            queue += stretch;
        } else {
            remote += stretch;
        }
        let [allocate, fetch, boot, init] = request.phases;
        let breakdown = Breakdown::new([
            (Component::Queue, queue),
            (Component::Dispatch, paths.dispatch),
            (Component::ColdAllocate, allocate),
            (Component::ColdFetch, fetch),
            (Component::ColdBoot, boot),
            (Component::ColdInit, init),
            (Component::Compute, request.run.compute),
            (Component::LocalMemory, request.run.local),
            (Component::RemoteMemory, remote),
            (Component::Network, *network),
            (Component::Storage, paths.data_storage),
        ]);
        let arrived = Time::from_ps(request.decided.as_ps() - offset.as_ps());
        let answered = now + paths.network_out;
        // What can go wrong: phases that do not fill the time until the code ran, and runs shorter than their parts. The
        // rest of the sum is differences of the same few times.
        let start = request.ready.since(request.began);
        let filled = if request.cold { start == allocate + fetch + boot + init } else { start == Span::ZERO };
        let balanced = filled && run >= steady;
        debug_assert_eq!(balanced, breakdown.total() == answered.since(arrived));
        self.unbalanced += u64::from(!balanced);
        self.completed += 1;
        self.in_system += u128::from(now.since(request.decided).as_ps());
        self.running += u128::from(run.as_ps());
        meter.lower(Gauge::InSystem, 1);
        recorder.completed(&Completed {
            function: request.function,
            arrived,
            answered,
            duration: request.duration,
            cold: request.cold,
            breakdown,
        });
    }
}

impl Books {
    /// Bytes over the fabric, remote memory apart.
    pub(super) fn fabric_bytes(&self, sums: &PathSums) -> u128 {
        self.image_bytes + u128::from(self.completed) * u128::from(sums.paths.bytes.0)
    }
    /// The laws that every platform obeys. `open` requests are in flight at the end, and have been for `open_time`.
    pub(super) fn audits(&self, open: u128, open_time: u128, meter: &Meter) -> Vec<Audit> {
        vec![
            Audit::equal(
                "requests arrived = completed + rejected + running",
                u128::from(self.arrived),
                u128::from(self.completed + self.rejected) + open,
            ),
            Audit::equal(
                "Little: requests in the system over time = time in the system over requests [ps]",
                meter.whole(Gauge::InSystem),
                self.in_system + open_time,
            ),
            Audit::equal("breakdowns that do not sum to their response time = 0", u128::from(self.unbalanced), 0),
        ]
    }
}
