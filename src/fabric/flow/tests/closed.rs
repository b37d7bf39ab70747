//! Flows against closed forms worked out by hand.

use super::super::*;
use super::brute::{Act, End, ports, run};

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
