//! Flows against brute force: at each change all rates by definition, and all remaining bytes counted down.

use proptest::prelude::*;

use super::super::*;

/// What happens at some time, in picoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Begin { from: u32, to: u32, bytes: u64, cap: Option<u64> },
    Cancel(usize),
    Capacity { port: u32, ppm: u32 },
}

/// How a flow ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Done(f64),
    Cancelled(f64),
    Never,
}

pub(super) fn ports(capacities: &[u64]) -> Ports<usize> {
    let mut ports = Ports::new();
    for &capacity in capacities {
        ports.add(BitsPerSec(capacity));
    }
    ports
}

/// Holds each side to its capacity; what has been served never falls, but for the rounding of a byte that is just full.
fn audit(ports: &Ports<usize>, now: Time, served: &mut Vec<u128>) {
    ports.sharing.audit();
    served.resize(ports.accounts.len(), 0);
    for (side, before) in served.iter_mut().enumerate() {
        let usage = ports.side_usage(now, side as u32);
        assert!(usage.served <= usage.possible, "side {side} at {now}: {usage:?}");
        assert!(usage.served + 1 >= *before, "side {side} at {now}: {usage:?} after {before}");
        *before = usage.served;
    }
}

/// Runs acts in order of time, asked only when it wants to be.
pub(super) fn run(ports: &mut Ports<usize>, acts: &[(u64, Act)]) -> Vec<End> {
    let (mut ends, mut tickets, mut served) = (Vec::new(), Vec::new(), Vec::new());
    let mut next = 0;
    loop {
        let act = acts.get(next).map_or(Time::MAX, |act| Time::from_ps(act.0));
        let now = act.min(ports.next());
        if now == Time::MAX {
            return ends;
        }
        audit(ports, now, &mut served);
        if ports.next() <= act {
            while let Some(flow) = ports.pop(now) {
                assert_eq!(ends[flow], End::Never);
                ends[flow] = End::Done(now.as_ps() as f64);
            }
            assert!(ports.next() > now);
        } else {
            let id = PortId::new;
            match acts[next].1 {
                Act::Begin { from, to, bytes, cap } => {
                    let flow = Flow { from: id(from), to: id(to), bytes: Bytes(bytes), cap: cap.map(BitsPerSec) };
                    tickets.push(ports.begin(now, ends.len(), flow));
                    ends.push(End::Never);
                }
                Act::Cancel(flow) if ends.get(flow) == Some(&End::Never) => {
                    ends[flow] = End::Cancelled(ports.cancel(now, tickets[flow]).get());
                }
                Act::Cancel(_) => {}
                Act::Capacity { port, ppm } => ports.set_port_capacity(now, id(port), Share::from_ppm(ppm)),
            }
            next += 1;
        }
        audit(ports, now, &mut served);
    }
}

struct Naive {
    /// Bits per picosecond of each side now.
    capacity: Vec<f64>,
    /// Sides, bits left, bits in all, cap.
    flows: Vec<([usize; 2], f64, f64, f64)>,
    ends: Vec<End>,
}

impl Naive {
    fn rates(&self) -> Vec<f64> {
        let mut count = vec![0.0; self.capacity.len()];
        let open = |i: &usize| self.ends[*i] == End::Never;
        for i in (0..self.flows.len()).filter(open) {
            self.flows[i].0.iter().for_each(|&side| count[side] += 1.0);
        }
        let share = |side: usize| self.capacity[side] / count[side];
        let rate = |i: usize| {
            let ([from, to], _, _, cap) = self.flows[i];
            if self.ends[i] == End::Never { share(from).min(share(to)).min(cap) } else { 0.0 }
        };
        (0..self.flows.len()).map(rate).collect()
    }

    fn run(capacities: &[u64], acts: &[(u64, Act)]) -> Vec<End> {
        const PER_PS: f64 = 1e-12;
        let capacity = capacities.iter().flat_map(|&c| [c as f64 * PER_PS; 2]).collect();
        let mut it = Self { capacity, flows: Vec::new(), ends: Vec::new() };
        let (mut now, mut next) = (0.0, 0);
        loop {
            let rates = it.rates();
            let until_act = acts.get(next).map_or(f64::INFINITY, |act| act.0 as f64 - now);
            let ends =
                (0..it.flows.len()).filter(|&i| it.ends[i] == End::Never).map(|i| it.flows[i].1.max(0.0) / rates[i]);
            let step = ends.fold(until_act, |a, b| if b.is_nan() { 0.0 } else { a.min(b) });
            if step == f64::INFINITY {
                return it.ends;
            }
            now += step;
            for (i, rate) in rates.iter().enumerate() {
                it.flows[i].1 -= rate * step;
                if it.ends[i] == End::Never && it.flows[i].1 <= 1e-9 * it.flows[i].2 {
                    it.ends[i] = End::Done(now);
                }
            }
            if step == until_act {
                it.act(acts[next].1, capacities);
                next += 1;
            }
        }
    }

    fn act(&mut self, act: Act, capacities: &[u64]) {
        match act {
            Act::Begin { from, to, bytes, cap } => {
                let bits = bytes as f64 * 8.0;
                let cap = cap.map_or(f64::INFINITY, |cap| cap as f64 * 1e-12);
                self.flows.push(([2 * from as usize, 2 * to as usize + 1], bits, bits, cap));
                self.ends.push(End::Never);
            }
            Act::Cancel(flow) => {
                if let Some(end) = self.ends.get_mut(flow).filter(|end| **end == End::Never) {
                    *end = End::Cancelled(self.flows[flow].1 / self.flows[flow].2);
                }
            }
            Act::Capacity { port, ppm } => {
                let effective = (u128::from(capacities[port as usize]) * u128::from(ppm) / 1_000_000) as f64;
                self.capacity[2 * port as usize] = effective * 1e-12;
                self.capacity[2 * port as usize + 1] = effective * 1e-12;
            }
        }
    }
}

/// Within two picoseconds and the rounding of the brute force, or as near to done when it is cancelled.
fn is_near(got: End, expected: End) -> bool {
    match (got, expected) {
        (End::Done(a), End::Done(b)) => (a - b).abs() <= 2.0 + 1e-8 * b,
        (End::Cancelled(a), End::Cancelled(b)) => (a - b).abs() <= 1e-6,
        (End::Cancelled(left), End::Done(_)) | (End::Done(_), End::Cancelled(left)) => left < 1e-6,
        (a, b) => a == b,
    }
}

const RATES: [u64; 6] = [1_000_000_000, 1_000_000_000, 10_000_000_000, 25_000_000_000, 3_333_333_333, 40_000_000_007];

fn capacity() -> impl Strategy<Value = u64> {
    prop::sample::select(RATES.to_vec())
}

fn acts(ports: u32) -> impl Strategy<Value = Vec<(u64, Act)>> {
    let bytes = prop_oneof![1_u64..20_000, Just(1_000), Just(64)];
    let cap = prop_oneof![3 => Just(None), 1 => prop::sample::select(vec![Some(500_000_000), Some(2_000_000_001)])];
    // Hosts and storage nodes: one end of a flow is among the first two ports, most of the time.
    let ends = (prop_oneof![4 => 0..2_u32, 1 => 0..ports], 0..ports, any::<bool>());
    let begin = (ends, bytes, cap).prop_map(|((a, b, turned), bytes, cap)| {
        let (from, to) = if turned { (b, a) } else { (a, b) };
        Act::Begin { from, to, bytes, cap }
    });
    let ppm = prop_oneof![1 => Just(0_u32), 2 => Just(1_000_000), 2 => 1..1_000_000_u32];
    let act = prop_oneof![
        8 => begin,
        1 => (0_usize..60).prop_map(Act::Cancel),
        1 => (0..ports, ppm).prop_map(|(port, ppm)| Act::Capacity { port, ppm }),
    ];
    prop::collection::vec((0_u64..200_000_000, act), 1..80).prop_map(|mut acts| {
        acts.sort_by_key(|act| act.0);
        acts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn flows_end_when_brute_force_says(
        capacities in prop::collection::vec(capacity(), 9),
        acts in acts(9),
    ) {
        let expected = Naive::run(&capacities, &acts);
        let got = run(&mut ports(&capacities), &acts);
        prop_assert_eq!(got.len(), expected.len());
        for (flow, (got, expected)) in got.iter().zip(&expected).enumerate() {
            prop_assert!(is_near(*got, *expected), "flow {}: {:?} for {:?}", flow, got, expected);
        }
    }
}
