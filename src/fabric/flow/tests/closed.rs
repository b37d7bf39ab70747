//! Flows against closed forms worked out by hand.

use super::super::*;
use super::brute::{Act, End, ports, run};
use crate::units::Span;

const G: u64 = 1_000_000_000;
const SECOND: f64 = 1e12;

fn begin(from: u32, to: u32, bytes: u64) -> Act {
    Act::Begin { from, to, bytes, cap: None }
}

/// Completions in seconds of flows that start at once.
fn at_once(capacities: &[u64], flows: &[Act]) -> Vec<f64> {
    let acts: Vec<(u64, Act)> = flows.iter().map(|&act| (0, act)).collect();
    seconds(&run(&mut ports(capacities), &acts))
}

fn seconds(ends: &[End]) -> Vec<f64> {
    let one = |end: &End| if let End::Done(ps) = end { ps / SECOND } else { f64::NAN };
    ends.iter().map(one).collect()
}

#[test]
fn a_flow_alone_takes_bytes_over_rate() {
    for (capacity, bytes) in [(G, 1), (3, 7), (7_777_777_777, 1_234_567), (100 * G, 1 << 40), (1, 1)] {
        let end = run(&mut ports(&[capacity, capacity]), &[(5, begin(0, 1, bytes))])[0];
        let expected = Time::from_ps(5) + BitsPerSec(capacity).transfer_time(Bytes(bytes));
        assert_eq!(end, End::Done(expected.as_ps() as f64));
    }
}

#[test]
fn sixteen_flows_through_one_card_take_sixteen_times_as_long() {
    // 17 hosts and a storage node with plenty: all read through the card of host 1.
    let one = at_once(&[100 * G, G], &[begin(0, 1, 1 << 30)]);
    let sixteen = at_once(&[100 * G, G], &[begin(0, 1, 1 << 30); 16]);
    assert_eq!(one, [8.589_934_592]);
    assert_eq!(sixteen, [16.0 * 8.589_934_592; 16]);
}

#[test]
fn a_thousand_reads_from_one_storage_node() {
    // 1000·2^30·8 bit over 10^9 bit/s.
    let mut capacities = vec![10 * G; 1001];
    capacities[0] = G;
    let reads: Vec<Act> = (1..=1000).map(|host| begin(0, host, 1 << 30)).collect();
    assert_eq!(at_once(&capacities, &reads), vec![8_589.934_592; 1000]);
}

#[test]
fn two_storage_nodes_are_two_bottlenecks() {
    // Nodes 0 and 1 of 1 Gbit/s send to eight and to four hosts of 10 Gbit/s: shares of 1/8 and 1/4.
    let mut capacities = vec![10 * G; 14];
    (capacities[0], capacities[1]) = (G, G);
    let reads: Vec<Act> = (0..12).map(|i| begin(u32::from(i >= 8), i + 2, G / 8)).collect();
    let expected = [vec![8.0; 8], vec![4.0; 4]].concat();
    assert_eq!(at_once(&capacities, &reads), expected);
    // Both nodes to one host: the card shares 10 Gbit/s among twelve, which is more than either node gives.
    let one: Vec<Act> = (0..12).map(|i| begin(u32::from(i >= 8), 2, G / 8)).collect();
    assert_eq!(at_once(&capacities, &one), expected);
    // A card of 1 Gbit/s is the bottleneck of all twelve.
    capacities[2] = G;
    assert_eq!(at_once(&capacities, &one), [12.0; 12]);
}

#[test]
fn a_slow_card_among_fast_ones_leaves_its_share() {
    // A node of 4 Gbit/s sends to three hosts of 10 and one of 0.5 Gbit/s: 1 Gbit/s each, but 0.5 to the slow one. What that
    // leaves is not given to others (max-min would give 7/6 Gbit/s). The fast end at 1 s; the slow one keeps its rate.
    let reads: Vec<Act> = (1..5).map(|host| begin(0, host, G / 8)).collect();
    assert_eq!(at_once(&[4 * G, 10 * G, 10 * G, 10 * G, G / 2], &reads), [1.0, 1.0, 1.0, 2.0]);
    // So the slow one takes as long as if it were alone.
    assert_eq!(at_once(&[4 * G, G / 2], &[begin(0, 1, G / 8)]), [2.0]);
}

#[test]
fn staggered_arrivals() {
    // One card of 1 Gbit/s, 1 Gbit each, at 0 s, 0.5 s and 2 s. The first has 0.5 Gbit left at 0.5 s and ends at 1.5 s; the
    // second has then 0.5 Gbit left and ends at 2 s, just as the third comes, which ends at 3 s.
    let half = 500_000_000_000;
    let acts = [(0, begin(0, 1, G / 8)), (half, begin(0, 1, G / 8)), (4 * half, begin(0, 1, G / 8))];
    assert_eq!(seconds(&run(&mut ports(&[10 * G, G]), &acts)), [1.5, 2.0, 3.0]);
}

#[test]
fn a_cap_holds_and_leaves_the_others_their_share() {
    let capped = Act::Begin { from: 0, to: 1, bytes: G / 8, cap: Some(G / 10) };
    assert_eq!(at_once(&[G, G], &[capped]), [10.0]);
    // With a second flow: 0.1 and 0.5 Gbit/s; that ends at 2 s.
    assert_eq!(at_once(&[G, G], &[capped, begin(0, 1, G / 8)]), [10.0, 2.0]);
    // Twenty capped flows get 0.05 Gbit/s each.
    assert_eq!(at_once(&[G, G], &[capped; 20]), [20.0; 20]);
    // A cap of zero moves nothing, and takes its share of the port.
    let stopped = Act::Begin { from: 0, to: 1, bytes: 1, cap: Some(0) };
    let ends = run(&mut ports(&[G, G]), &[(0, stopped), (0, begin(0, 1, G / 8))]);
    assert_eq!(ends, [End::Never, End::Done(2.0 * SECOND)]);
}

#[test]
fn ports_are_full_duplex() {
    let both = [begin(0, 1, G / 8), begin(1, 0, G / 8)];
    assert_eq!(at_once(&[G, G], &both), [1.0, 1.0]);
}

#[test]
fn a_port_that_fails_stops_its_flows_and_no_others() {
    // Port 1 fails from 0.5 s to 2.5 s; half of its flow is left then. The sender's share is not given away meanwhile.
    let capacity = |port, ppm| Act::Capacity { port, ppm };
    let acts = [
        (0, begin(0, 1, G / 8)),
        (0, begin(0, 2, G / 8)),
        (500_000_000_000, capacity(1, 0)),
        (2_500_000_000_000, capacity(1, 1_000_000)),
    ];
    assert_eq!(seconds(&run(&mut ports(&[2 * G, G, G]), &acts)), [3.0, 1.0]);
    // At a quarter, a flow alone is four times as slow.
    let acts = [(0, capacity(1, 250_000)), (0, begin(0, 1, G / 8))];
    assert_eq!(seconds(&run(&mut ports(&[2 * G, G]), &acts)), [4.0]);
    // One that stays down never ends.
    assert_eq!(run(&mut ports(&[G, G]), &[(0, capacity(0, 0)), (0, begin(0, 1, 1))]), [End::Never]);
}

#[test]
fn the_whole_fabric_can_be_throttled() {
    let mut ports = ports(&[G, G]);
    let at = |s: u64| Time::ZERO + Span::from_secs(s);
    let flow = Flow { from: PortId::new(0), to: PortId::new(1), bytes: Bytes(G / 8), cap: None };
    ports.begin(at(0), 7, flow);
    ports.set_port_capacity(at(0), PortId::new(0), Share::from_ppm(500_000));
    ports.set_capacity(at(0), Share::from_ppm(500_000));
    assert_eq!(ports.next(), at(4));
    assert_eq!((ports.pop(at(4)), ports.pop(at(4)), ports.next()), (Some(7), None, Time::MAX));
    let usage = Usage { served: u128::from(G) / 8, possible: u128::from(G) / 8, peak_jobs: 1 };
    assert_eq!(ports.sent(at(4), PortId::new(0)), usage);
    assert_eq!(ports.received(at(4), PortId::new(1)), Usage { possible: u128::from(G) / 4, ..usage });
    assert_eq!(ports.usage(at(4)), Usage { possible: 3 * u128::from(G) / 8, ..usage });
}

#[test]
fn a_cancelled_flow_counts_with_what_it_moved() {
    let mut ports = ports(&[G, G]);
    let at = |ms: u64| Time::ZERO + Span::from_ms(ms);
    let flow = Flow { from: PortId::new(0), to: PortId::new(1), bytes: Bytes(G / 8), cap: None };
    let first = ports.begin(at(0), 1, flow);
    ports.begin(at(0), 2, flow);
    // A quarter of a second each at 0.5 s; the other has 0.75 Gbit left then, at the full rate.
    assert_eq!(ports.cancel(at(500), first).get(), 0.75);
    assert_eq!(ports.next(), at(1250));
    assert_eq!(ports.pop(at(1250)), Some(2));
    assert_eq!(ports.sent(at(1250), PortId::new(0)).served, u128::from(G) * 5 / 32);
    // One that is done and not popped has nothing left, and is gone.
    let last = ports.begin(at(2000), 3, flow);
    assert_eq!(ports.cancel(at(3000), last), Left::NONE);
    assert_eq!((ports.pop(at(3000)), ports.next()), (None, Time::MAX));
}

#[test]
fn equal_ends_keep_the_order_of_entry() {
    let mut ports = ports(&[G; 6]);
    for job in 0..10 {
        let (from, to) = (PortId::new(job as u32 % 5), PortId::new((job as u32 + 1) % 5));
        ports.begin(Time::ZERO, job, Flow { from, to, bytes: Bytes(1000), cap: None });
    }
    let end = ports.next();
    let order: Vec<usize> = std::iter::from_fn(|| ports.pop(end)).collect();
    assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
#[should_panic(expected = "more bytes than its arithmetic holds")]
fn too_long_a_flow_is_refused() {
    at_once(&[G, G], &[begin(0, 1, (1 << 51) + 1)]);
}
