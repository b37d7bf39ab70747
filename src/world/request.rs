//! Requests in flight, found by number.

use crate::ids::{FunctionId, Id, RequestId};
use crate::memory::run::Run;
use crate::platform::serverless::Warmth;
use crate::units::{Span, Time};
use crate::workload::Invocation;

use super::report::Scope;
use super::stage::ScriptId;

/// A request in flight, from the platform's decision to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) function: FunctionId,
    /// Where it runs: a sandbox or a virtual machine.
    pub(super) place: u32,
    /// The host of that.
    pub(super) host: u32,
    /// When the platform decided on it.
    pub(super) decided: Time,
    /// When it left the queue.
    pub(super) began: Time,
    /// When its code began to run.
    pub(super) ready: Time,
    pub(super) duration: Span,
    /// The parts of its run that do not depend on load, where it has no script.
    pub(super) run: Run,
    /// Its stages, where a single event does not do.
    pub(super) script: Option<ScriptNumber>,
    /// What there was of its sandbox when it began.
    pub(super) from: Warmth,
    pub(super) state: State,
    pub(super) cold: bool,
    /// Whether its run is one event.
    pub(super) straight: bool,
}

const _: () = assert!(size_of::<Request>() <= 72, "a request is more than a cache line and an eighth");

/// A [`ScriptId`] with room for `None` in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScriptNumber(std::num::NonZeroU32);

impl ScriptNumber {
    pub(super) fn of(script: ScriptId) -> Self {
        Self(std::num::NonZeroU32::MIN.saturating_add(script.raw()))
    }
    #[inline]
    pub(super) fn id(self) -> ScriptId {
        Id::new(self.0.get() - 1)
    }
}

/// What a request is and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits, or its sandbox starts.
    Before,
    /// Its code runs.
    Running,
    /// Its code has run, and its answer is sent.
    Answering,
    /// It is no request, but the start of a sandbox without one.
    Boot,
    /// It has been cancelled; its number is free when the event that stands for it has come.
    Dead,
    /// There is none: the number is free.
    Free,
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
        self.put(Request {
            function: invocation.function,
            place: 0,
            host: 0,
            decided: now,
            began: now,
            ready: now,
            duration: invocation.duration,
            run: Run::default(),
            script: None,
            from: Warmth::Nothing,
            state: State::Before,
            cold: false,
            straight: false,
        })
    }
    /// The start of a sandbox without a request.
    pub(super) fn insert_boot(&mut self, function: FunctionId, now: Time, place: u32, from: Warmth) -> RequestId {
        self.put(Request {
            function,
            place,
            host: 0,
            decided: now,
            began: now,
            ready: now,
            duration: Span::ZERO,
            run: Run::default(),
            script: None,
            from,
            state: State::Boot,
            cold: true,
            straight: false,
        })
    }
    /// The request goes on under a new number; the old one is taken until the event that stands for it has come.
    pub(super) fn leave_dead(&mut self, id: RequestId) -> RequestId {
        let request = *self.get(id);
        self.get_mut(id).state = State::Dead;
        self.put(Request { state: State::Before, script: None, ..request })
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
        let request = &mut self.slab[id.index()];
        request.state = State::Free;
        request.place = std::mem::replace(&mut self.free, id.raw());
    }
    /// Whether none is in flight, nor any start without a request.
    pub(super) fn are_none(&self) -> bool {
        self.slab.iter().all(|request| matches!(request.state, State::Free | State::Dead))
    }
    /// Those that run.
    pub(super) fn running(&self) -> impl Iterator<Item = &Request> {
        self.slab.iter().filter(|request| request.state == State::Running)
    }
    /// Time since their decision of the requests still in flight, as far as it is measured, in picoseconds.
    pub(super) fn open_time(&self, scope: Scope, now: Time) -> u128 {
        let is_open = |request: &&Request| matches!(request.state, State::Before | State::Running | State::Answering);
        self.slab.iter().filter(is_open).map(|request| u128::from(scope.part(request.decided, now).as_ps())).sum()
    }
}
