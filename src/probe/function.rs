//! One function on the real platform and engine: one host without bounds, so that every request is served at once, by an
//! idle sandbox or by a new one.

use crate::config::plan::IdleChoice;
use crate::engine::{self, Limits, Scheduler, World};
use crate::ids::{Id, SandboxId};
use crate::platform::Decision;
use crate::platform::serverless::{Knowledge, Need, Serverless};
use crate::record::Meter;
use crate::rng::RootSeed;
use crate::units::{Span, Time};

use super::platform::PlatformSpec;

/// The requests of a function, one after the other.
pub(super) trait Requests {
    /// When the next one arrives; [`Time::MAX`] when there are no more.
    fn next_arrival(&self) -> Time;
    /// It arrives now and is served by a new sandbox (`cold`) or an idle one; returns how long it takes. The meter has
    /// integrated up to now.
    fn serve(&mut self, now: Time, cold: bool, meter: &Meter) -> Span;
}

struct OneFunction<'a, R> {
    platform: Serverless,
    meter: Meter,
    requests: &'a mut R,
}

/// Serves all requests with a fixed keep-alive counted from completion; an idle time equal to it is still warm.
pub(super) fn serve(requests: &mut impl Requests, keep_alive: Span, choice: IdleChoice) {
    let PlatformSpec { mut rules, shape, .. } = PlatformSpec::unlimited(keep_alive);
    rules.idle_choice = choice;
    let needs = [Need::default()].into_iter().collect();
    let platform = Serverless::new(rules, &shape, needs, Knowledge::none(RootSeed::new(1, 0)));
    // No window: one bin for the whole run.
    let meter = Meter::without_bins();
    engine::run(&mut OneFunction { platform, meter, requests }, &Limits::default(), &mut ());
}

impl<R: Requests> World for OneFunction<'_, R> {
    /// The request in a sandbox is finished.
    type Event = SandboxId;

    fn next_arrival(&self) -> Time {
        self.requests.next_arrival()
    }

    fn arrive(&mut self, now: Time, queue: &mut Scheduler<SandboxId>) {
        let (request, function) = (Id::new(0), Id::new(0));
        let Decision::Start(start) = self.platform.request(now, request, function, &mut self.meter) else {
            unreachable!("a host without bounds has room for every request");
        };
        queue.after(self.requests.serve(now, start.is_cold(), &self.meter), start.sandbox);
    }

    fn handle(&mut self, now: Time, sandbox: SandboxId, _queue: &mut Scheduler<SandboxId>) {
        self.platform.advance(now, &mut self.meter);
        self.platform.finish(now, sandbox, &mut self.meter);
    }

    fn fingerprint(sandbox: &SandboxId) -> u64 {
        sandbox.raw().into()
    }
}
