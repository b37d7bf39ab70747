//! What shipped nodes draw and cost: their parts added up again, against figures of whole ones.

use sdcsim::config::plan::{self, Layout, PriceBasis};
use sdcsim::cost::{Load, Part, PartGroup, bill_of_materials};

const LAYOUTS: [&str; 3] = ["layouts/serverful.toml", "layouts/serverless-servers.toml", "layouts/disaggregated.toml"];

/// The shipped layouts.
fn shipped(prices: PriceBasis) -> [Layout; 3] {
    LAYOUTS.map(|name| plan::shipped(name, &[], prices).unwrap_or_else(|problems| panic!("{problems}")))
}

/// What all parts of some kinds draw with this share of their load, and what they cost, divided by `count`.
fn sum(layout: &Layout, kinds: &[PartGroup], load: f64, count: u32) -> (f64, f64) {
    let parts = bill_of_materials(layout);
    let mine = || parts.iter().filter(|part| kinds.contains(&part.group));
    let drawn = |part: &Part| {
        let (idle, on_top) = part.power(if part.load == Load::Steady { 0.0 } else { load });
        part.count * (idle.0 + on_top.0)
    };
    let price = |part: &Part| part.count * part.price.value.0;
    (mine().map(drawn).sum::<f64>() / f64::from(count), mine().map(price).sum::<f64>() / f64::from(count))
}

const NODE: [PartGroup; 5] =
    [PartGroup::Cpu, PartGroup::LocalMemory, PartGroup::Nic, PartGroup::Disk, PartGroup::Chassis];

const VOLUME: PriceBasis = PriceBasis::Volume;

/// Within a tenth.
#[track_caller]
fn near(got: f64, whole: f64) {
    assert!((got - whole).abs() <= 0.1 * whole, "{got} is not {whole}");
}

/// Medians of 16 two-socket servers with the Xeon 8380, 256 GB and one disk in `SPECpower`
/// (cloud-carbon-footprint/ccf-coefficients@b0032d9, `SPECpower`-2026-03-09.csv): 121 W idle and 620 W at full load; a card of
/// 100G (19 W, `GreenSKU`) in place of one of 1G adds 15 W, the larger disk 4 W. A buyer of many pays 10,474 USD for such a
/// server with 1 TB at 3,930 USD, 1,536 USD of flash and a card of 654 (`SemiAnalysis`, May 2023): 4,354 without, and with
/// what is built in here 6,261.
#[test]
fn the_classic_server_is_that_of_specpower() {
    for layout in &shipped(VOLUME)[..2] {
        let (idle, price) = sum(layout, &NODE, 0.0, 4);
        near(idle, 121.0 + 15.0 + 4.0);
        near(price, 10_474.0 - 3_930.0 - 1_536.0 - 654.0 + 256.0 * 4.0 + 224.0 + 659.0);
        near(sum(layout, &NODE, 1.0, 4).0, 620.0 + 15.0 + 4.0);
        // At half its load 303 W were measured (GreenCoding's 15 of them); a straight line would have 371.
        near(sum(layout, &NODE, 0.5, 4).0, 303.0 + 15.0 + 4.0);
    }
    // Two processors at 8,099 USD.
    near(sum(&shipped(PriceBasis::List)[0], &NODE, 0.0, 4).1, 20_609.0);
}

/// Sixteen of the same cores: a fifth of the server, 140 and 639 W. Optics at 0.6 USD per Gbit/s, HBM at 15 USD per GiB.
#[test]
fn a_sip_node_is_a_fifth_of_the_server() {
    let layouts = shipped(VOLUME);
    let (idle, price) = sum(&layouts[2], &NODE, 0.0, 20);
    near(idle, 140.0 / 5.0);
    near(sum(&layouts[2], &NODE, 1.0, 20).0, 639.0 / 5.0);
    let rest = 16.0 * 15.0 + 0.6 * 2_560.0 + 500.0;
    near(price, 1_850.0 / 5.0 + rest);
    near(sum(&shipped(PriceBasis::List)[2], &NODE, 0.0, 20).1, 2.0 * 8_099.0 / 5.0 + rest);
}

/// 176 GiB of DIMMs at the planning factor that lies between idle and busy, 0.08 W per GiB, 25 W for the board and 1.2 W for optics.
#[test]
fn a_pool_is_its_dimms_and_a_board() {
    let layout = &shipped(VOLUME)[2];
    let (half, price) = sum(layout, &[PartGroup::MemoryPool], 0.5, 4);
    near(half, 176.0 * 0.08 + 25.0 + 1.2);
    near(price, 176.0 * 4.0 + 600.0 + 0.6 * 342.4);
}

/// A one-socket server of 54 W idle and 254 W busy (EPYC 7763, `SPECpower`), a card, and drives: 110 W at a third of the load.
#[test]
fn a_storage_node_is_a_server_with_drives() {
    for layout in &shipped(VOLUME) {
        let (third, price) = sum(layout, &[PartGroup::Storage], 1.0 / 3.0, 2);
        near(third, 110.0);
        near(price, 2_504.0 + 900.0 + 512.0 + 659.0 + 860.0);
    }
}

/// 36 ports of 100G draw 333 W together (Nexus 9336C-FX2, `NetPowerBench`), and 1.3 W each for optics; a leaf port and two
/// thirds of an uplink for every device. Photonic ports: one for each device, as no pool carries 2.56 Tbit/s.
#[test]
fn ports_are_those_of_measured_switches() {
    let layouts = shipped(VOLUME);
    let devices = f64::from(4 + 2_u32);
    for layout in &layouts[..2] {
        let (watts, usd) = sum(layout, &[PartGroup::Fabric], 0.0, 1);
        near(watts, devices * (1.0 + 2.0 / 3.0) * (333.0 / 36.0 + 1.3));
        near(usd, devices * (1.0 + 2.0 / 3.0) * (187.0 + 58.0));
    }
    let (watts, usd) = sum(&layouts[2], &[PartGroup::Fabric], 0.0, 1);
    near(watts, (20.0 + 4.0 + 2.0) * 4.0);
    near(usd, (20.0 + 4.0 + 2.0) * 520.0);
}

/// What a port draws and costs belongs to its rate: what is faster takes more of them.
#[test]
fn faster_devices_take_more_ports() {
    let count = |sets: &[&str], expected: f64| {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let layout = plan::shipped(LAYOUTS[1], &sets, VOLUME).unwrap_or_else(|problems| panic!("{problems}"));
        let ports = sum(&layout, &[PartGroup::Fabric], 0.0, 1).1 / 245.0 / 1.67;
        assert!((ports - expected).abs() < 1e-9, "{ports} ports, not {expected}");
    };
    count(&[], 6.0);
    count(&["nodes.nic.rate='400 Gbit/s'", "nodes.nic.ports=4"], 18.0);
    count(&["nodes.nic.rate='25 Gbit/s'", "nodes.nic.ports=0.25"], 3.0);
    count(&["storage.bandwidth='101 Gbit/s'"], 8.0);
    count(&["storage.bandwidth='100 Gbit/s'"], 6.0);
}
