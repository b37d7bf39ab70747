//! What shipped nodes draw and cost, against figures of whole ones.

use crate::config::plan::{self, Layout, PriceBasis};
use crate::cost::{Accounts, FunctionBill, Held, NodeUse, OfPossible, PartGroup, Usage, bill_of_materials};
use crate::units::Span;

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "energy/server",
        what: "power of the shipped classic server, idle, half and fully busy for an hour, against whole servers of its kind",
        source: "SPECpower: medians of 16 with the Xeon 8380 (121, 303, 620 W), with 15 W for a 100G card and 4 W for the disk",
        tolerance: Tolerance::AtMost(0.1),
        run: server,
    },
    Validation {
        name: "energy/nodes",
        what: "power of the shipped SiP node, memory pool, storage node and ports, against whole ones",
        source: "a fifth of that server; 0.08 W per GiB, a board and optics; SPECpower of one socket, a card, drives; NetPowerBench",
        tolerance: Tolerance::AtMost(0.1),
        run: nodes,
    },
    Validation {
        name: "energy/prices",
        what: "purchase price of the shipped nodes and ports on each basis, against whole ones",
        source: "SemiAnalysis server bill of materials (May 2023); list price of the processor; MixNet cost table (2025)",
        tolerance: Tolerance::AtMost(0.1),
        run: prices,
    },
];

/// The shipped layouts of classic servers and of SiP nodes, with these prices.
fn shipped(prices: PriceBasis) -> [Layout; 2] {
    let layout = |name| plan::shipped(name, &[], prices).expect("what is shipped is legal");
    [layout("layouts/serverful.toml"), layout("layouts/disaggregated.toml")]
}

/// Watts of the parts of these kinds with this share of all load, from the accounts of an hour, divided by `count`.
fn watts(layout: &Layout, kinds: &[PartGroup], load: f64, count: u32) -> f64 {
    let window = Span::from_secs(3_600);
    let share = |possible: u128| (possible as f64 * load) as u128;
    let full = |groups: usize| vec![OfPossible { used: 1, possible: 1 }; groups];
    let moved = |groups: usize| vec![OfPossible { used: share(1 << 40), possible: 1 << 40 }; groups];
    let nodes = layout.node_groups.iter().map(|group| {
        let cores = group.all_cores();
        NodeUse { cores, busy: share(u128::from(cores) * u128::from(window.as_ps())) }
    });
    let usage = Usage {
        window,
        nodes: nodes.collect(),
        interfaces: moved(layout.node_groups.len()),
        pools: moved(layout.pool_groups.len()),
        storage: moved(layout.storage_groups.len()),
        // Servers are measured with all their memory in use.
        held: Held { memory: full(layout.node_groups.len()), pools: full(layout.pool_groups.len()), ..Held::default() },
        fabric_bytes: 0,
        idle_memory: 0,
        billed: FunctionBill::default(),
        billed_machines: Span::ZERO,
    };
    let accounts = Accounts::of(layout, &usage);
    kinds.iter().map(|kind| accounts.energy(*kind).0).sum::<f64>() / window.as_secs_f64() / f64::from(count)
}

/// What the parts of these kinds cost, divided by `count`.
fn usd(layout: &Layout, kinds: &[PartGroup], count: u32) -> f64 {
    let parts = bill_of_materials(layout);
    let mine = parts.iter().filter(|part| kinds.contains(&part.group));
    mine.map(|part| part.count * part.price.value.0).sum::<f64>() / f64::from(count)
}

const NODE: &[PartGroup] =
    &[PartGroup::Cpu, PartGroup::LocalMemory, PartGroup::Nic, PartGroup::Disk, PartGroup::Chassis];

fn compared(comparisons: Vec<Comparison>) -> Measured {
    Measured::Compared { comparisons, run_length: String::new() }
}

fn server() -> Measured {
    let [layout, _] = shipped(PriceBasis::Volume);
    let at = |quantity, load, whole: f64| Comparison::relative(quantity, watts(&layout, NODE, load, 4), whole + 19.0);
    compared(vec![at("idle", 0.0, 121.0), at("half busy", 0.5, 303.0), at("busy", 1.0, 620.0)])
}

fn nodes() -> Measured {
    let [classic, sip] = shipped(PriceBasis::Volume);
    let ports = 6.0 * (1.0 + 2.0 / 3.0) * (333.0 / 36.0 + 1.3);
    compared(vec![
        Comparison::relative("SiP node, idle", watts(&sip, NODE, 0.0, 20), 140.0 / 5.0),
        Comparison::relative("SiP node, busy", watts(&sip, NODE, 1.0, 20), 639.0 / 5.0),
        Comparison::relative(
            "pool, half busy",
            watts(&sip, &[PartGroup::MemoryPool], 0.5, 4),
            176.0 * 0.08 + 25.0 + 1.2,
        ),
        Comparison::relative("storage node, a third", watts(&classic, &[PartGroup::Storage], 1.0 / 3.0, 2), 110.0),
        Comparison::relative("Ethernet ports", watts(&classic, &[PartGroup::Fabric], 0.0, 1), ports),
    ])
}

fn prices() -> Measured {
    let [classic, sip] = shipped(PriceBasis::Volume);
    let [classic_list, sip_list] = shipped(PriceBasis::List);
    // Without memory, flash and card of the published server, with those that are built in here.
    let server = 10_474.0 - 3_930.0 - 1_536.0 - 654.0 + 256.0 * 4.0 + 224.0 + 659.0;
    let (pair, list) = (1_850.0, 2.0 * 8_099.0);
    let rest = 16.0 * 15.0 + 0.6 * 2_560.0 + 500.0;
    let storage = 2_504.0 + 900.0 + 512.0 + 659.0 + 860.0;
    compared(vec![
        Comparison::relative("server, volume", usd(&classic, NODE, 4), server),
        Comparison::relative("server, list", usd(&classic_list, NODE, 4), server - pair + list),
        Comparison::relative("SiP node, volume", usd(&sip, NODE, 20), pair / 5.0 + rest),
        Comparison::relative("SiP node, list", usd(&sip_list, NODE, 20), list / 5.0 + rest),
        Comparison::relative("storage node", usd(&classic, &[PartGroup::Storage], 2), storage),
        Comparison::relative("Ethernet ports", usd(&classic, &[PartGroup::Fabric], 1), 10.0 * (187.0 + 58.0)),
    ])
}
