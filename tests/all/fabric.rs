//! Flows through ports against max-min fair sharing on whole networks: completions from `SimGrid` and from a program of
//! progressive filling, which agree.
//!
//! Of a path only its first and its last link are ports; what lies between does not block here. Where one of the two is
//! the only bottleneck of all flows there, completions are equal; elsewhere the tests hold what docs/models/fabric.md says.

use std::fs;

use sdcsim::fabric::flow::{Flow, Ports};
use sdcsim::ids::PortId;
use sdcsim::station::Resource;
use sdcsim::units::{BitsPerSec, Bytes, Span, Time};
use serde_json::Value;

use crate::shared::shared;

struct Transfer {
    /// When its first byte may leave.
    active: Time,
    flow: Flow,
    /// In seconds from when it was active, by max-min.
    expected: f64,
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap()
}

/// The ports of a case, one per link, its transfers in order of time, and the capacities of all sides in bits per second.
fn read(case: &str) -> Option<(Ports<usize>, Vec<Transfer>, Vec<f64>)> {
    let text = fs::read_to_string(shared(&format!("validation/flow/case_{case}.json"))?).unwrap();
    let expected = fs::read_to_string(shared(&format!("validation/flow/case_{case}.expected.csv"))?).unwrap();
    let completions = expected.lines().skip(1).map(|line| line.split_once(',').unwrap().1.parse::<f64>().unwrap());
    let network: Value = serde_json::from_str(&text).unwrap();
    let (mut ports, mut capacities) = (Ports::new(), Vec::new());
    let mut add = |rate: BitsPerSec| {
        capacities.extend([rate.0 as f64; 2]);
        ports.add(rate)
    };
    let links = network["links"].as_array().unwrap();
    let rate = |link: &Value| BitsPerSec((number(link, "bandwidth_Bps") * 8.0).round() as u64);
    for link in links {
        add(rate(link));
    }
    let mut transfers: Vec<Transfer> = Vec::new();
    for (flow, completion) in network["flows"].as_array().unwrap().iter().zip(completions) {
        let path: Vec<usize> = flow["links"].as_array().unwrap().iter().map(|l| l.as_u64().unwrap() as usize).collect();
        let latency: f64 = path.iter().map(|&link| number(&links[link], "latency_s")).sum();
        let active = number(flow, "start_s") + latency;
        let (first, last) = (path[0], path[path.len() - 1]);
        // A path of one link ends at a port of its own.
        let to = if path.len() == 1 { add(rate(&links[last])) } else { PortId::new(last as u32) };
        let bytes = Bytes(flow["bytes"].as_u64().unwrap());
        transfers.push(Transfer {
            active: Time::ZERO + Span::from_secs_f64(active),
            flow: Flow { from: PortId::new(first as u32), to, bytes, cap: None },
            expected: completion - active,
        });
    }
    transfers.sort_by_key(|transfer| transfer.active);
    Some((ports, transfers, capacities))
}

/// How long each transfer takes through ports, in seconds.
fn through_ports(mut ports: Ports<usize>, transfers: &[Transfer]) -> Vec<f64> {
    let (mut next, mut took) = (0, vec![f64::NAN; transfers.len()]);
    while next < transfers.len() || ports.next() < Time::MAX {
        let active = transfers.get(next).map_or(Time::MAX, |transfer| transfer.active);
        let now = active.min(ports.next());
        while let Some(done) = ports.pop(now) {
            took[done] = now.since(transfers[done].active).as_secs_f64();
        }
        if now == active {
            ports.begin(now, next, transfers[next].flow);
            next += 1;
        }
    }
    took
}

/// Max-min fair rates by progressive filling: the port with the least left for each of its open flows closes them.
fn max_min_rates(capacities: &[f64], paths: &[[usize; 2]]) -> Vec<f64> {
    let (mut left, mut rates) = (capacities.to_vec(), vec![f64::NAN; paths.len()]);
    loop {
        let mut open = vec![0.0; capacities.len()];
        for path in paths.iter().zip(&rates).filter(|(_, rate)| rate.is_nan()).map(|(path, _)| path) {
            for &side in path {
                open[side] += 1.0;
            }
        }
        let share = |side: &usize| left[*side] / open[*side];
        let shares = (0..capacities.len()).filter(|&side| open[side] > 0.0);
        let Some(tightest) = shares.min_by(|a, b| share(a).total_cmp(&share(b))) else { return rates };
        let rate = share(&tightest);
        for (path, found) in paths.iter().zip(&mut rates).filter(|(path, f)| f.is_nan() && path.contains(&tightest)) {
            *found = rate;
            for &side in path {
                left[side] -= rate;
            }
        }
    }
}

/// How long each transfer takes in seconds, if the same ports share by max-min.
fn by_max_min(capacities: &[f64], transfers: &[Transfer]) -> Vec<f64> {
    let sides = |t: &Transfer| [2 * t.flow.from.index(), 2 * t.flow.to.index() + 1];
    let (mut now, mut next, mut took) = (0.0, 0, vec![f64::NAN; transfers.len()]);
    let mut active: Vec<(usize, f64)> = Vec::new();
    while next < transfers.len() || !active.is_empty() {
        let paths: Vec<[usize; 2]> = active.iter().map(|&(i, _)| sides(&transfers[i])).collect();
        let rates = max_min_rates(capacities, &paths);
        let until_start = transfers.get(next).map_or(f64::INFINITY, |t| t.active.as_secs_f64() - now);
        let step = active.iter().zip(&rates).map(|((_, left), rate)| left / rate).fold(until_start, f64::min);
        now += step;
        for ((i, left), rate) in active.iter_mut().zip(&rates) {
            *left -= step * rate;
            if *left <= 1e-3 {
                took[*i] = now - transfers[*i].active.as_secs_f64();
            }
        }
        active.retain(|&(i, _)| took[i].is_nan());
        if step == until_start {
            active.push((next, transfers[next].flow.bytes.0 as f64 * 8.0));
            next += 1;
        }
    }
    took
}

#[derive(Debug)]
struct Spread {
    mean: f64,
    least: f64,
    most: f64,
}

/// How much longer than expected, relative to that.
fn excess<'a>(took: &[f64], expected: impl Iterator<Item = &'a f64>) -> Spread {
    let excess: Vec<f64> = took.iter().zip(expected).map(|(took, expected)| took / expected - 1.0).collect();
    Spread {
        mean: excess.iter().sum::<f64>() / excess.len() as f64,
        least: excess.iter().copied().fold(f64::INFINITY, f64::min),
        most: excess.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// Against max-min over the whole network, and over the same ports.
fn compare(case: &str) -> Option<(Spread, Spread)> {
    let (ports, transfers, capacities) = read(case)?;
    let took = through_ports(ports, &transfers);
    let same_ports = by_max_min(&capacities, &transfers);
    Some((excess(&took, transfers.iter().map(|t| &t.expected)), excess(&took, same_ports.iter())))
}

#[test]
fn one_bottleneck_is_shared_as_by_max_min() {
    for case in ["a_single_bottleneck", "d_incast32_sync", "d2_incast32_staggered"] {
        let Some((network, ports)) = compare(case) else { return };
        for spread in [network, ports] {
            assert!(spread.least > -1e-6 && spread.most < 1e-6, "{case}: {spread:?}");
        }
    }
}

/// Where flows are bound at other ends, an equal split gives less, never more: the figures of docs/models/fabric.md.
#[test]
fn an_equal_split_is_never_quicker_than_max_min_at_the_same_ports() {
    let cases = [
        ("b_parking_lot", 0.0, 0.0),
        ("b2_parking_lot_hetero", 0.0665, 1.0),
        ("c_fattree_k4_perm", 0.0, 0.0),
        ("c2_fattree_k4_perm4_equal", 0.0, 0.0),
        ("e_leafspine_2000", 0.0048, 1.0),
    ];
    for (case, mean, most) in cases {
        let Some((_, ports)) = compare(case) else { return };
        assert!(ports.least > -1e-9, "{case}: {ports:?}");
        assert!((ports.mean - mean).abs() < 1e-4 && (ports.most - most).abs() < 1e-4, "{case}: {ports:?}");
    }
}

/// A core that blocks makes transfers longer; ports do not see it: the figures of docs/models/fabric.md.
#[test]
fn what_the_core_of_a_network_adds_is_missing() {
    let cases = [
        ("b_parking_lot", -0.270),
        ("b2_parking_lot_hetero", -0.294),
        ("c_fattree_k4_perm", -0.454),
        ("c2_fattree_k4_perm4_equal", -0.159),
        ("e_leafspine_2000", -0.335),
    ];
    for (case, mean) in cases {
        let Some((network, _)) = compare(case) else { return };
        assert!((network.mean - mean).abs() < 1e-3, "{case}: {network:?}");
    }
}
