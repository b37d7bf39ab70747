//! A workflow of two stages: maps side by side, and a reduce that waits for all of them.

use sdcsim::record::Component;
use sdcsim::station::Station;
use sdcsim::station::shared::SharedStation;
use sdcsim::units::{Span, Time};
use sdcsim::world::stage::{Stage, Work};

use super::{One, Toy, at, seconds};

#[test]
fn a_reduce_waits_for_all_maps() {
    let run = |seconds| vec![Stage::new(Work::On(Span::from_secs(seconds)), Component::Compute)];
    let mut toy = Toy::new(One(Station::new(SharedStation::new(2))), Vec::new());
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
