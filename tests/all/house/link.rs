//! A link whose transfers share its rate.

use sdcsim::engine::Scheduler;
use sdcsim::ids::RequestId;
use sdcsim::record::Component;
use sdcsim::station::shared::SharedStation;
use sdcsim::station::{Left, Resource, Station, Ticket};
use sdcsim::units::{BitsPerSec, Bytes, Span, Time};
use sdcsim::world::stage::{Events, Shared, Stage, Work};

use super::{Toy, at};

struct Link {
    station: Station<SharedStation<RequestId>>,
    rate: BitsPerSec,
}

impl Shared for Link {
    type Demand = Bytes;
    type Due = ();

    fn begin<E: Events<()>>(&mut self, now: Time, id: RequestId, bytes: Bytes, queue: &mut Scheduler<E>) -> Ticket {
        self.station.begin(now, id, self.rate.transfer_time(bytes), E::due(()), queue)
    }
    fn fires(&mut self, now: Time, (): ()) -> bool {
        self.station.fires(now)
    }
    fn pop<E: Events<()>>(&mut self, now: Time, (): (), queue: &mut Scheduler<E>) -> Option<RequestId> {
        self.station.pop(now, E::due(()), queue)
    }
    fn cancel<E: Events<()>>(&mut self, now: Time, _: Bytes, ticket: Ticket, queue: &mut Scheduler<E>) -> Left {
        self.station.cancel(now, ticket, E::due(()), queue)
    }
}

fn transfers(count: usize) -> Toy<Link> {
    let gigabyte = Bytes(1_000_000_000);
    let second = Span::from_secs(1);
    // A second of computing, eight seconds of transfer alone, another second of computing.
    let stages = vec![
        Stage::delay(second, Component::Compute),
        Stage::new(Work::On(gigabyte), Component::Network),
        Stage::delay(second, Component::Compute),
    ];
    let link = Link { station: Station::new(SharedStation::new(1)), rate: BitsPerSec(1_000_000_000) };
    Toy::new(link, vec![(at(0), stages); count])
}

#[test]
fn sixteen_transfers_take_sixteen_times_as_long() {
    assert_eq!(transfers(1).run(), [10.0]);
    let mut toy = transfers(16);
    assert_eq!(toy.run(), [130.0; 16]);
    for (end, breakdown) in toy.ends.iter().flatten() {
        assert_eq!(breakdown.get(Component::Network), Span::from_secs(128));
        assert_eq!(breakdown.get(Component::Compute), Span::from_secs(2));
        assert_eq!(breakdown.total(), end.since(at(0)));
    }
    // What has passed, by the link's own account, is what was asked for: 16 times 8 s of it, of 130 s that there were.
    let usage = toy.shared.station.resource.usage(at(130));
    assert_eq!((usage.served, usage.possible), (128_000_000_000_000, 130_000_000_000_000));
}
