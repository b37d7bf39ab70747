//! The house bears load: models that the program does not have, each added as one file through the same interfaces as
//! those that it has. Toys, but with the figures worked out by hand.

mod fault;
mod gpu;
mod link;
mod workflow;

use sdcsim::engine::{self, Limits, Scheduler, World};
use sdcsim::ids::{Id, RequestId};
use sdcsim::record::Breakdown;
use sdcsim::station::{Left, Resource, Station, Ticket};
use sdcsim::units::{Span, Time};
use sdcsim::world::stage::{Cancelled, Events, Mark, Next, ScriptId, Scripts, Shared, Stage};

/// Events of a toy: of its requests, of what they share, and its own.
#[derive(Clone, Copy, Debug)]
enum Event<D> {
    Over(RequestId),
    Due(D),
    Own(u32),
}

impl<D: Copy> Events<D> for Event<D> {
    fn due(due: D) -> Self {
        Self::Due(due)
    }
    fn over(request: RequestId) -> Self {
        Self::Over(request)
    }
}

/// The future of a toy.
type Future<S> = Scheduler<Event<<S as Shared>::Due>>;

/// What is done at a time of the toy's own.
type Own<S> = fn(&mut Toy<S>, Time, &mut Future<S>);

/// One station that all requests share.
struct One<R>(Station<R>);

impl<R: Resource<Job = RequestId>> Shared for One<R> {
    type Demand = R::Work;
    type Due = ();

    fn begin<E: Events<()>>(&mut self, now: Time, id: RequestId, work: R::Work, queue: &mut Scheduler<E>) -> Ticket {
        self.0.begin(now, id, work, E::due(()), queue)
    }
    fn fires(&mut self, now: Time, (): ()) -> bool {
        self.0.fires(now)
    }
    fn pop<E: Events<()>>(&mut self, now: Time, (): (), queue: &mut Scheduler<E>) -> Option<RequestId> {
        self.0.pop(now, E::due(()), queue)
    }
    fn cancel<E: Events<()>>(&mut self, now: Time, _: R::Work, ticket: Ticket, queue: &mut Scheduler<E>) -> Left {
        self.0.cancel(now, ticket, E::due(()), queue)
    }
}

/// Requests given as (arrival, stages), on whatever is shared.
struct Toy<S: Shared> {
    shared: S,
    scripts: Scripts<S::Demand>,
    requests: Vec<(Time, Vec<Stage<S::Demand>>)>,
    walks: Vec<ScriptId>,
    /// Whether the event that stands for a request is to be ignored.
    dead: Vec<bool>,
    ends: Vec<Option<(Time, Breakdown)>>,
    /// Own events, and what each does.
    plan: Vec<(Time, Own<S>)>,
    /// What the end of a request brings about.
    ended: fn(&mut Self, Time, RequestId, &mut Future<S>),
}

impl<S: Shared> Toy<S> {
    fn new(shared: S, requests: Vec<(Time, Vec<Stage<S::Demand>>)>) -> Self {
        Self {
            shared,
            scripts: Scripts::default(),
            ends: vec![None; requests.len()],
            dead: vec![false; requests.len()],
            requests,
            walks: Vec::new(),
            plan: Vec::new(),
            ended: |_, _, _, _| {},
        }
    }

    /// Runs until nothing is left; the ends in seconds, by request, to the nanosecond: stations tell of an end at the next
    /// whole picosecond.
    fn run(&mut self) -> Vec<f64> {
        engine::run(self, &Limits::default(), &mut ());
        self.ends.iter().map(|end| seconds(end.expect("every request ends").0)).collect()
    }

    fn begin(&mut self, now: Time, id: RequestId, queue: &mut Scheduler<Event<S::Due>>) {
        let script = self.walks[id.index()];
        for stage in self.requests[id.index()].1.clone() {
            self.scripts.push(script, stage);
        }
        self.scripts.mark_last(script, Mark::Ended);
        self.go(now, id, queue);
    }

    fn go(&mut self, now: Time, id: RequestId, queue: &mut Scheduler<Event<S::Due>>) {
        let script = self.walks[id.index()];
        match self.scripts.go(now, script, id, &mut self.shared, queue) {
            Next::Wait => {}
            Next::Passed(Mark::Ended) => self.end(now, id, queue),
            other => unreachable!("{other:?}"),
        }
    }

    fn over(&mut self, now: Time, id: RequestId, queue: &mut Scheduler<Event<S::Due>>) {
        if std::mem::take(&mut self.dead[id.index()]) {
            return;
        }
        match self.scripts.over(now, self.walks[id.index()]) {
            Mark::Ended => self.end(now, id, queue),
            _ => self.go(now, id, queue),
        }
    }

    fn end(&mut self, now: Time, id: RequestId, queue: &mut Scheduler<Event<S::Due>>) {
        self.ends[id.index()] = Some((now, *self.scripts.ledger(self.walks[id.index()])));
        (self.ended)(self, now, id, queue);
    }

    /// Calls a request off, which then begins anew; its time so far stays in its ledger.
    fn restart(&mut self, now: Time, id: RequestId, queue: &mut Scheduler<Event<S::Due>>) {
        let script = self.walks[id.index()];
        let cancelled = self.scripts.cancel(now, script, &mut self.shared, queue);
        self.dead[id.index()] = cancelled == Cancelled::Pending;
        self.begin(now, id, queue);
    }
}

impl<S: Shared> World for Toy<S> {
    type Event = Event<S::Due>;

    fn next_arrival(&self) -> Time {
        self.requests.get(self.walks.len()).map_or(Time::MAX, |request| request.0)
    }
    fn arrive(&mut self, now: Time, queue: &mut Scheduler<Self::Event>) {
        if self.walks.is_empty() {
            for (i, (time, _)) in self.plan.iter().enumerate() {
                queue.at(*time, Event::Own(i as u32));
            }
        }
        let id = Id::new(self.walks.len() as u32);
        let script = self.scripts.open();
        self.walks.push(script);
        self.begin(now, id, queue);
    }
    fn handle(&mut self, now: Time, event: Self::Event, queue: &mut Scheduler<Self::Event>) {
        match event {
            Event::Over(id) => self.over(now, id, queue),
            Event::Due(due) => {
                if self.shared.fires(now, due) {
                    while let Some(id) = self.shared.pop(now, due, queue) {
                        self.over(now, id, queue);
                    }
                }
            }
            Event::Own(i) => self.plan[i as usize].1(self, now, queue),
        }
    }
    fn fingerprint(_: &Self::Event) -> u64 {
        0
    }
}

fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

fn seconds(time: Time) -> f64 {
    (time.as_secs_f64() * 1e9).round() / 1e9
}
