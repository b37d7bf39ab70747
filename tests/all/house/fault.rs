//! A host that fails while it runs something: what ran there begins anew on another.

use sdcsim::engine::Scheduler;
use sdcsim::ids::{Id, RequestId};
use sdcsim::record::Component;
use sdcsim::station::shared::SharedStation;
use sdcsim::station::{Left, Resource, Share, Station, Ticket};
use sdcsim::units::{Span, Time};
use sdcsim::world::stage::{Events, Shared, Stage, Work};

use super::{Toy, at};

/// Hosts of one core; a request goes to the first that has not failed.
struct Hosts {
    hosts: Vec<Station<SharedStation<RequestId>>>,
    failed: usize,
}

impl Shared for Hosts {
    type Demand = Span;
    type Due = usize;

    fn begin<E: Events<usize>>(&mut self, now: Time, id: RequestId, work: Span, queue: &mut Scheduler<E>) -> Ticket {
        let host = self.failed;
        self.hosts[host].begin(now, id, work, E::due(host), queue)
    }
    fn fires(&mut self, now: Time, host: usize) -> bool {
        self.hosts[host].fires(now)
    }
    fn pop<E: Events<usize>>(&mut self, now: Time, host: usize, queue: &mut Scheduler<E>) -> Option<RequestId> {
        self.hosts[host].pop(now, E::due(host), queue)
    }
    fn cancel<E: Events<usize>>(&mut self, now: Time, _: Span, ticket: Ticket, queue: &mut Scheduler<E>) -> Left {
        // Only what runs on the host that has failed last is called off.
        let host = self.failed - 1;
        self.hosts[host].cancel(now, ticket, E::due(host), queue)
    }
}

#[test]
fn what_ran_on_a_failed_host_begins_anew() {
    let hosts = (0..2).map(|_| Station::new(SharedStation::new(1))).collect();
    let run = |seconds| vec![Stage::new(Work::On(Span::from_secs(seconds)), Component::Compute)];
    let requests = vec![(at(0), run(10)), (at(0), run(2)), (at(0), run(20))];
    let mut toy = Toy::new(Hosts { hosts, failed: 0 }, requests);
    toy.plan.push((at(9), |toy, now, queue| {
        toy.shared.failed = 1;
        toy.shared.hosts[0].set_capacity(now, Share::NONE, super::Event::Due(0), queue);
        for id in [0, 2] {
            toy.restart(now, Id::new(id), queue);
        }
    }));
    // Three share one core: the one of 2 s is done at 6. At 9 s the others have had 3.5 s each, and begin anew on the other
    // host: both at half rate until the one of 10 s is done at 29, and the one of 20 s has its last 10 s alone.
    assert_eq!(toy.run(), [29.0, 6.0, 39.0]);
    let usages = [0, 1].map(|host| toy.shared.hosts[host].resource.usage(at(39)));
    // The first host worked for 9 s and could have; the other for 30 of 39 s.
    let seconds = |ps: u128| ps as f64 / 1e12;
    assert_eq!(usages.map(|usage| seconds(usage.served)), [9.0, 30.0]);
    assert_eq!(usages.map(|usage| seconds(usage.possible)), [9.0, 39.0]);
    for (end, breakdown) in toy.ends.iter().flatten() {
        assert_eq!(breakdown.total(), end.since(at(0)));
    }
}
