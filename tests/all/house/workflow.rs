//! A workflow of two stages: maps side by side, and a reduce that waits for all of them.

use sdcsim::engine::Scheduler;
use sdcsim::ids::RequestId;
use sdcsim::record::Component;
use sdcsim::station::shared::SharedStation;
use sdcsim::station::{Left, Station, Ticket};
use sdcsim::units::{Span, Time};
use sdcsim::world::stage::{Events, Shared, Stage, Work};

use super::{Toy, at, seconds};

struct Cores(Station<SharedStation<RequestId>>);

impl Shared for Cores {
    type Need = Span;
    type Due = ();

    fn begin<E: Events<()>>(&mut self, now: Time, id: RequestId, work: Span, queue: &mut Scheduler<E>) -> Ticket {
        self.0.begin(now, id, work, E::due(()), queue)
    }
    fn rings(&mut self, now: Time, (): ()) -> bool {
        self.0.rings(now)
    }
    fn pop<E: Events<()>>(&mut self, now: Time, (): (), queue: &mut Scheduler<E>) -> Option<RequestId> {
        self.0.pop(now, E::due(()), queue)
    }
    fn cancel<E: Events<()>>(&mut self, now: Time, _: Span, ticket: Ticket, queue: &mut Scheduler<E>) -> Left {
        self.0.cancel(now, ticket, E::due(()), queue)
    }
}

#[test]
fn a_reduce_waits_for_all_maps() {
    let run = |seconds| vec![Stage::new(Work::On(Span::from_secs(seconds)), Component::Compute)];
    let mut toy = Toy::new(Cores(Station::new(SharedStation::new(2))), Vec::new());
    let maps = toy.scripts.join(3);
    let reduce = [Stage::new(Work::Join(maps), Component::Queue)].into_iter().chain(run(5)).collect();
    // Maps of 2, 4 and 6 s on two cores: three at a rate of 2/3 until 3 s, when 2 and 4 s are left; those end at 5 and 7 s.
    // Then the reduce has a core for its 5 s.
    toy = Toy {
        scripts: toy.scripts,
        ..Toy::new(toy.shared, vec![(at(0), reduce), (at(0), run(2)), (at(0), run(4)), (at(0), run(6))])
    };
    toy.ended = |toy, now, id, queue| {
        if id.raw() > 0
            && let Some(waiter) = toy.scripts.arrive(sdcsim::ids::Id::new(0))
        {
            toy.over(now, waiter, queue);
        }
    };
    assert_eq!(toy.run(), [12.0, 3.0, 5.0, 7.0]);
    let (_, breakdown) = toy.ends[0].expect("the reduce has ended");
    let parts = [Component::Queue, Component::Compute].map(|component| breakdown.get(component));
    assert_eq!(parts.map(|part| seconds(Time::ZERO + part)), [7.0, 5.0]);
}
