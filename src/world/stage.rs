//! What a request does, as a script of stages on resources, with a ledger of where its time went.
//!
//! A script is walked from stage to stage by [`Scripts::go`]. A stage is a delay that nobody else can change, work on a
//! shared resource, or a wait for others; closing it adds the time since it began to the ledger, so that a breakdown sums
//! to the time that has passed whatever the stages are and in whatever order they come. Delays that follow each other are
//! one scheduled event.
//!
//! What is shared is behind [`Shared`]: a simulated data centre has its `Resources`, a test its own.

use crate::engine::Scheduler;
use crate::ids::{Id, RequestId};
use crate::record::{Breakdown, Component};
use crate::station::{Left, Ticket};
use crate::units::{Bytes, Span, Time};

/// The kind of a [`JoinId`].
#[derive(Debug)]
pub enum JoinKind {}

/// A point at which a request waits for others.
pub type JoinId = Id<JoinKind>;

/// The kind of a [`ScriptId`].
#[derive(Debug)]
pub enum ScriptKind {}

/// A script that is being walked; the number is used again after [`Scripts::close`].
pub type ScriptId = Id<ScriptKind>;

/// All that is shared, as scripts see it.
pub trait Shared {
    /// What a stage may ask for, and of which resource.
    type Demand: Copy;
    /// Which resource wants to be asked again.
    type Due: Copy;
    /// Begins what a request needs; the resource's next wake-up is scheduled.
    fn begin<E: Events<Self::Due>>(
        &mut self,
        now: Time,
        request: RequestId,
        need: Self::Demand,
        queue: &mut Scheduler<E>,
    ) -> Ticket;
    /// Whether the event that has come is the one that is waited for; then call [`Shared::pop`] until `None`.
    fn fires(&mut self, now: Time, due: Self::Due) -> bool;
    /// A request whose work is done; on `None` the next wake-up is scheduled.
    fn pop<E: Events<Self::Due>>(&mut self, now: Time, due: Self::Due, queue: &mut Scheduler<E>) -> Option<RequestId>;
    /// Takes back what was begun and is not done.
    fn cancel<E: Events<Self::Due>>(
        &mut self,
        now: Time,
        need: Self::Demand,
        ticket: Ticket,
        queue: &mut Scheduler<E>,
    ) -> Left;
}

/// The events that scripts schedule.
pub trait Events<D>: Copy {
    /// A resource wants to be asked again.
    fn due(due: D) -> Self;
    /// The delays that a request is in are over; call [`Scripts::over`].
    fn over(request: RequestId) -> Self;
}

/// What a stage does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work<N> {
    /// Takes a time that nobody else can change.
    Delay(Span),
    /// Works on a shared resource.
    On(N),
    /// Waits until all of a [join](Scripts::join) have arrived.
    Join(JoinId),
}

/// Who has to know that a stage is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nobody: the next stage begins.
    Nothing,
    /// Bytes have arrived, which others may use now.
    Fetched,
    /// A sandbox is ready.
    Ready,
    /// What the request brings has come.
    Received,
    /// A request has got a core.
    Core,
    /// The run is over.
    Ended,
}

/// One stage of a script.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage<N> {
    /// What it does.
    pub work: Work<N>,
    /// Gets the time that `parts` do not explain.
    pub over: Component,
    /// Who has to know that it is over.
    pub mark: Mark,
    /// Parts of its time that are known beforehand: of which components, and how long.
    known: ([Component; 2], [Span; 2]),
}

impl<N> Stage<N> {
    /// A stage without known parts, whose end concerns nobody.
    pub const fn new(work: Work<N>, over: Component) -> Self {
        Self { work, over, mark: Mark::Nothing, known: ([over; 2], [Span::ZERO; 2]) }
    }
    /// A delay.
    pub const fn delay(span: Span, over: Component) -> Self {
        Self::new(Work::Delay(span), over)
    }
    /// The same stage, with parts that are known beforehand.
    #[must_use]
    pub fn with_parts(self, parts: [(Component, Span); 2]) -> Self {
        let [first, second] = parts;
        Self { known: ([first.0, second.0], [first.1, second.1]), ..self }
    }
    /// The same stage, with somebody who has to know of its end.
    #[must_use]
    pub fn marked(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }
}

/// How far a script has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A stage is under way; an event, or another request, will end it.
    Wait,
    /// A stage that took no time is over, and somebody has to know; then call [`Scripts::go`] again.
    Passed(Mark),
    /// No stage is left.
    Done,
}

/// What became of a request that was cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cancelled {
    /// No event for it is left in the queue; its numbers may be used again. With what was left of the work on a resource.
    Free(Left),
    /// Its [`Events::over`] will still come, and is to be ignored; until then its number is taken.
    Pending,
}

#[derive(Debug)]
struct Walk<N> {
    stages: Vec<Stage<N>>,
    /// The stage under way, or the next one.
    at: u32,
    /// One past the last of the delays under way together.
    until: u32,
    since: Time,
    ticket: Option<Ticket>,
    waits: bool,
    ledger: Breakdown,
}

#[derive(Clone, Copy, Debug)]
struct Join {
    left: u32,
    waiter: Option<RequestId>,
    /// Whether nobody waits there any more: the last arrival frees it.
    abandoned: bool,
}

/// The scripts that are being walked.
#[derive(Debug)]
pub struct Scripts<N> {
    walks: Vec<Walk<N>>,
    free: Vec<ScriptId>,
    joins: Vec<Join>,
    free_joins: Vec<JoinId>,
    /// Stages that took less time than their known parts.
    unbalanced: u64,
}

impl<N> Default for Scripts<N> {
    fn default() -> Self {
        Self { walks: Vec::new(), free: Vec::new(), joins: Vec::new(), free_joins: Vec::new(), unbalanced: 0 }
    }
}

impl<N: Copy> Scripts<N> {
    /// An empty script.
    #[inline]
    pub fn open(&mut self) -> ScriptId {
        if let Some(id) = self.free.pop() {
            return id;
        }
        self.walks.push(Walk {
            stages: Vec::new(),
            at: 0,
            until: 0,
            since: Time::ZERO,
            ticket: None,
            waits: false,
            ledger: Breakdown::default(),
        });
        Id::new(self.walks.len() as u32 - 1)
    }
    /// Gives a script back. Nothing of it may be under way.
    pub fn close(&mut self, script: ScriptId) {
        let walk = &mut self.walks[script.index()];
        debug_assert!(!walk.waits, "a script is closed while a stage is under way");
        walk.stages.clear();
        (walk.at, walk.until, walk.ledger) = (0, 0, Breakdown::default());
        self.free.push(script);
    }
    /// Adds a stage at the end.
    #[inline]
    pub fn push(&mut self, script: ScriptId, stage: Stage<N>) {
        self.walks[script.index()].stages.push(stage);
    }
    /// Lets `mark` know of the end of the last stage.
    pub fn mark_last(&mut self, script: ScriptId, mark: Mark) {
        let walk = &mut self.walks[script.index()];
        let left = walk.stages.len() > walk.at as usize;
        match walk.stages.last_mut() {
            Some(stage) if left && stage.mark == Mark::Nothing => stage.mark = mark,
            _ => walk.stages.push(Stage::delay(Span::ZERO, Component::Queue).marked(mark)),
        }
    }
    /// Where the time of a script has gone so far.
    #[inline]
    pub fn ledger(&self, script: ScriptId) -> &Breakdown {
        &self.walks[script.index()].ledger
    }
    /// The same, to add what did not go through stages.
    #[inline]
    pub fn ledger_mut(&mut self, script: ScriptId) -> &mut Breakdown {
        &mut self.walks[script.index()].ledger
    }
    /// How many stages a script has.
    pub fn len(&self, script: ScriptId) -> u32 {
        self.walks[script.index()].stages.len() as u32
    }
    /// What has come at `now` of bytes that come evenly during a delay, the stage of this number.
    pub fn come(&self, now: Time, script: ScriptId, stage: u32, bytes: Bytes) -> Bytes {
        let (passed, of) = self.passed(now, script, stage);
        let share = u128::from(bytes.0) * u128::from(passed.as_ps()) / u128::from(of.as_ps().max(1));
        Bytes(share as u64)
    }
    /// What has passed at `now` of a delay, the stage of this number, and how long that is.
    fn passed(&self, now: Time, script: ScriptId, stage: u32) -> (Span, Span) {
        let walk = &self.walks[script.index()];
        let span = |stage: &Stage<N>| if let Work::Delay(span) = stage.work { span } else { Span::ZERO };
        let Some(of) = walk.stages.get(stage as usize).map(span) else { return Default::default() };
        if stage < walk.at {
            return (of, of);
        }
        // Delays that follow each other begin together.
        let under_way = walk.waits && stage < walk.until;
        let before: Span = walk.stages[walk.at as usize..stage as usize].iter().map(span).sum();
        let passed = if under_way { now.since(walk.since).saturating_sub(before) } else { Span::ZERO };
        (passed.min(of), of)
    }
    /// Stages so far that took less time than their known parts; there should be none.
    pub fn unbalanced(&self) -> u64 {
        self.unbalanced
    }

    /// A point that is passed when `arrivals` have come to it.
    pub fn join(&mut self, arrivals: u32) -> JoinId {
        let join = Join { left: arrivals, waiter: None, abandoned: false };
        if let Some(id) = self.free_joins.pop() {
            self.joins[id.index()] = join;
            return id;
        }
        self.joins.push(join);
        Id::new(self.joins.len() as u32 - 1)
    }
    /// One has come to a join. With the last one, the request that waits there, if any does yet: call [`Scripts::over`].
    pub fn arrive(&mut self, join: JoinId) -> Option<RequestId> {
        let entry = &mut self.joins[join.index()];
        entry.left -= 1;
        if entry.left > 0 {
            return None;
        }
        let waiter = entry.waiter.take();
        if waiter.is_some() || entry.abandoned {
            self.free_joins.push(join);
        }
        waiter
    }

    /// Begins the next stage of `request`, from `now` on.
    pub fn go<S: Shared<Demand = N>, E: Events<S::Due>>(
        &mut self,
        now: Time,
        script: ScriptId,
        request: RequestId,
        shared: &mut S,
        queue: &mut Scheduler<E>,
    ) -> Next {
        let walk = &mut self.walks[script.index()];
        debug_assert!(!walk.waits, "a stage begins while another is under way");
        loop {
            let Some(stage) = walk.stages.get(walk.at as usize) else { return Next::Done };
            walk.since = now;
            walk.until = walk.at + 1;
            match stage.work {
                Work::Delay(_) => {
                    let total = walk.delays();
                    if total > Span::ZERO {
                        walk.waits = true;
                        queue.after(total, E::over(request));
                        return Next::Wait;
                    }
                }
                Work::On(need) => {
                    walk.waits = true;
                    walk.ticket = Some(shared.begin(now, request, need, queue));
                    return Next::Wait;
                }
                Work::Join(join) => {
                    let join_state = &mut self.joins[join.index()];
                    if join_state.left > 0 {
                        join_state.waiter = Some(request);
                        walk.waits = true;
                        return Next::Wait;
                    }
                    self.free_joins.push(join);
                }
            }
            let mark = walk.end(now, &mut self.unbalanced);
            if mark != Mark::Nothing {
                return Next::Passed(mark);
            }
        }
    }

    /// What the stage under way has asked for, unless it is a delay or a wait.
    #[inline]
    pub fn need(&self, script: ScriptId) -> Option<N> {
        let walk = &self.walks[script.index()];
        match walk.stages.get(walk.at as usize) {
            Some(Stage { work: Work::On(need), .. }) => Some(*need),
            _ => None,
        }
    }

    /// The stage under way is over. Then tell those whom it concerns, and call [`Scripts::go`].
    #[inline]
    pub fn over(&mut self, now: Time, script: ScriptId) -> Mark {
        let walk = &mut self.walks[script.index()];
        debug_assert!(walk.waits, "no stage is under way");
        walk.end(now, &mut self.unbalanced)
    }

    /// Calls off the stage under way, whose time so far goes to its component, and all that would have followed.
    pub fn cancel<S: Shared<Demand = N>, E: Events<S::Due>>(
        &mut self,
        now: Time,
        script: ScriptId,
        shared: &mut S,
        queue: &mut Scheduler<E>,
    ) -> Cancelled {
        let walk = &mut self.walks[script.index()];
        debug_assert!(walk.waits, "no stage is under way");
        let stage = walk.stages[walk.at as usize];
        walk.waits = false;
        walk.ledger.charge(stage.over, now.since(walk.since));
        walk.stages.truncate(walk.at as usize);
        match stage.work {
            Work::Delay(_) => Cancelled::Pending,
            Work::On(need) => match walk.ticket {
                Some(ticket) => Cancelled::Free(shared.cancel(now, need, ticket, queue)),
                None => unreachable!("what has begun has a ticket"),
            },
            Work::Join(join) => {
                let entry = &mut self.joins[join.index()];
                (entry.waiter, entry.abandoned) = (None, true);
                Cancelled::Free(Left::ALL)
            }
        }
    }
}

/// By how many picoseconds rounding may make the known parts of a stage longer than the stage.
const ROUNDING: u64 = 2;

impl<N: Copy> Walk<N> {
    /// The time of the delays from `at` on, up to the first that somebody has to know of; `until` is set behind them.
    fn delays(&mut self) -> Span {
        let mut total = Span::ZERO;
        let mut until = self.at;
        while let Some(Stage { work: Work::Delay(span), mark, .. }) = self.stages.get(until as usize) {
            total += *span;
            until += 1;
            if *mark != Mark::Nothing {
                break;
            }
        }
        self.until = until;
        total
    }

    /// Closes the stages under way: their time goes into the ledger.
    fn end(&mut self, now: Time, unbalanced: &mut u64) -> Mark {
        self.waits = false;
        let mut mark = Mark::Nothing;
        let under_way = self.at as usize..self.until as usize;
        for stage in &self.stages[under_way] {
            let elapsed = if let Work::Delay(span) = stage.work { span } else { now.since(self.since) };
            let (components, parts) = stage.known;
            let known = parts[0] + parts[1];
            if known > elapsed {
                // Each part is rounded to a picosecond by itself; what is more than that cannot be.
                let excess = known.as_ps() - elapsed.as_ps();
                *unbalanced += u64::from(excess > ROUNDING);
                let mut rest = elapsed;
                for (component, part) in components.into_iter().zip(parts) {
                    let part = part.min(rest);
                    self.ledger.charge(component, part);
                    rest = Span::from_ps(rest.as_ps() - part.as_ps());
                }
            } else {
                self.ledger.charge(components[0], parts[0]);
                self.ledger.charge(components[1], parts[1]);
                self.ledger.charge(stage.over, Span::from_ps(elapsed.as_ps() - known.as_ps()));
            }
            mark = stage.mark;
        }
        self.at = self.until;
        mark
    }
}
