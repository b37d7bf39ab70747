//! Parts: powers in order, prices on the basis that counts, and rates that fit each other.

use super::checker::Checker;
use super::{Layout, NodeGroup};
use crate::config::plan::sourced::price_on;
use crate::config::plan::{PriceBasis, Sourced};
use crate::config::raw::{self, Price};
use crate::units::Watts;

/// How far the rate of an interface may be from that of its ports: as much as a rounded number of ports makes it.
const SAME_RATE: f64 = 1e-3;

/// What is wrong with the parts of the layout at `at`.
pub(super) fn parts(check: &mut Checker<'_>, at: &str, raw: &raw::Layout, layout: &Layout) {
    check.positive(layout.fabric.port_rate().0 as f64, &format!("{at}.fabric.port_rate"), "the rate of a port");
    for (i, (nodes, typed)) in layout.node_groups.iter().zip(raw.nodes.all()).enumerate() {
        let at = format!("{at}.{}", raw.nodes.key("nodes", i));
        powers_of_nodes(check, &at, nodes);
        curve(check, &format!("{at}.cpu.power_curve"), &typed.cpu.power_curve);
        rate(check, &at, nodes, layout);
        priced(check, &format!("{at}.cpu.price"), &typed.cpu.part, &typed.cpu.price);
        priced(check, &format!("{at}.memory.price_per_gib"), &typed.memory.part, &typed.memory.price_per_gib);
        priced(check, &format!("{at}.nic.price"), &typed.nic.part, &typed.nic.price);
        priced(check, &format!("{at}.chassis_price"), "the chassis", &typed.chassis_price);
        if let Some(disk) = &typed.disk {
            priced(check, &format!("{at}.disk.price"), &disk.part, &disk.price);
        }
    }
    for (i, storage) in layout.storage_groups.iter().enumerate() {
        let at = format!("{at}.{}", raw.storage.key("storage", i));
        rises(check, &format!("{at}.busy_power"), &storage.idle_power, &storage.busy_power);
        priced(check, &format!("{at}.price"), &storage.part, &raw.storage.all()[i].price);
    }
    for (i, typed) in raw.memory_pools.iter().flat_map(raw::Groups::all).enumerate() {
        let pools = &layout.pool_groups[i];
        let key = raw.memory_pools.as_ref().map_or_else(String::new, |groups| groups.key("memory_pools", i));
        let at = format!("{at}.{key}");
        rises(check, &format!("{at}.busy_power_per_gib"), &pools.idle_power_per_gib, &pools.busy_power_per_gib);
        priced(check, &format!("{at}.price_per_gib"), &typed.part, &typed.price_per_gib);
        priced(check, &format!("{at}.controller_price"), &typed.part, &typed.controller_price);
    }
    let (part, price) = match &raw.fabric {
        raw::Fabric::LeafSpine(raw) => (&raw.part, &raw.port_price),
        raw::Fabric::Photonic(raw) => (&raw.part, &raw.port_price),
    };
    priced(check, &format!("{at}.fabric.port_price"), part, price);
}

fn powers_of_nodes(check: &mut Checker<'_>, at: &str, nodes: &NodeGroup) {
    let (cpu, memory, nic) = (&nodes.cpu, &nodes.memory, &nodes.nic);
    rises(check, &format!("{at}.cpu.busy_power"), &cpu.idle_power, &cpu.busy_power);
    rises(check, &format!("{at}.memory.busy_power_per_gib"), &memory.idle_power_per_gib, &memory.busy_power_per_gib);
    rises(check, &format!("{at}.nic.busy_power"), &nic.idle_power, &nic.busy_power);
    rises(check, &format!("{at}.chassis_busy_power"), &nodes.chassis_idle_power, &nodes.chassis_busy_power);
}

/// Power under load is at least that without.
fn rises(check: &mut Checker<'_>, key: &str, idle: &Sourced<Watts>, busy: &Sourced<Watts>) {
    check.expect(
        busy.value >= idle.value,
        key,
        || format!("{} busy is less than {} idle", busy.value, idle.value),
        "a part draws at least its idle power when it is busy",
    );
}

/// The points of a curve come in order.
fn curve(check: &mut Checker<'_>, key: &str, points: &[Vec<f64>]) {
    for (i, pair) in points.windows(2).enumerate() {
        let [before, point] = [&pair[0], &pair[1]];
        check.expect(
            point[0] > before[0] && point[1] >= before[1],
            &format!("{key}[{}]", i + 1),
            || format!("{point:?} comes after {before:?}"),
            "write points in the order of the share of cores busy, each once, with power that does not fall",
        );
    }
    let ends = |point: &&Vec<f64>| (point[0] <= 0.0 && point[1] > 0.0) || (point[0] >= 1.0 && point[1] < 1.0);
    if let Some(point) = points.iter().find(ends) {
        let message = format!("{point:?}: idle is idle_power, and all cores busy are busy_power");
        check.expect(false, key, || message, "leave out what begins with 0 or 1, or write [0, 0] and [1, 1]");
    }
}

/// An interface has the rate of its ports.
fn rate(check: &mut Checker<'_>, at: &str, nodes: &NodeGroup, layout: &Layout) {
    let (nic, port) = (&nodes.nic, layout.fabric.port_rate());
    if port.0 == 0 || nic.rate.0 == 0 {
        return;
    }
    let (wanted, carried) = (nic.rate.0 as f64, nic.ports * port.0 as f64);
    let ports = wanted / port.0 as f64;
    let remedy = format!(
        "power and price of a port are those of its rate: use an interface and a fabric of one rate, or say how many ports the interface takes: nic.ports = {ports}"
    );
    check.expect(
        (wanted - carried).abs() <= SAME_RATE * wanted,
        &format!("{at}.nic.rate"),
        || match nic.ports {
            1.0 => format!("an interface of {} on a port of {port} (fabric.port_rate)", nic.rate),
            ports => format!("an interface of {} on {ports} ports of {port} each (fabric.port_rate)", nic.rate),
        },
        &remedy,
    );
}

/// There is a price on the basis that counts.
fn priced(check: &mut Checker<'_>, key: &str, part: &str, price: &Price) {
    let basis = check.loaded.raw.prices;
    let other = if basis == PriceBasis::List { PriceBasis::Volume } else { PriceBasis::List };
    let remedy = format!(
        "add `{name} = \"… USD\"` to {key} with its source, or write prices = {:?} for all parts",
        other.name(),
        name = basis.name()
    );
    check.expect(
        price_on(price, basis).is_some(),
        key,
        || format!("`{part}` has no {} price, and prices of two kinds are not mixed", basis.name()),
        &remedy,
    );
}
