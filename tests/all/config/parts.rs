//! Parts: what is wrong with their powers, prices, rates and ranges, and what becomes of their sources.

use std::fs;

use sdcsim::config::plan::{self, Confidence};
use sdcsim::config::{self, raw, resolved_toml};
use sdcsim::problem::Problems;

/// A comparison of shipped layouts, with settings.
fn with(sets: &[&str]) -> Result<config::Loaded<raw::Experiment>, Problems> {
    let text = "name = \"parts\"\nquestion = \"Which?\"\nbasis = \"nothing\"\n\
        workload = { source = { kind = \"generated\", functions = 1, length = \"1 h\" } }\n\
        [[layout]]\nextends = \"layouts/serverful.toml\"\n[[layout]]\nextends = \"layouts/disaggregated.toml\"\n";
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parts.toml");
    fs::write(&file, text).unwrap();
    let loaded = config::load::<raw::Experiment>(&file, &sets)?;
    plan::resolve(&loaded).map(|_| loaded)
}

/// The problems with these settings: one for each of these, which have the key, what is wrong, and the remedy in them.
#[track_caller]
fn wrong(sets: &[&str], told: &[[&str; 3]]) {
    let Err(problems) = with(sets) else { panic!("{sets:?}: accepted") };
    assert_eq!(problems.0.len(), told.len(), "{problems}");
    for (problem, [key, message, remedy]) in problems.0.iter().zip(told) {
        assert!(problem.subject.contains(key), "{problem}");
        assert!(problem.message.contains(message) && problem.remedy.contains(remedy), "{problem}");
    }
}

#[test]
fn a_rate_that_is_not_that_of_the_port_is_an_error() {
    let of_server = "layout[0].nodes.nic.rate";
    let four = "an interface of 400 Gbit/s on a port of 100 Gbit/s (";
    wrong(&["layout[0].nodes.nic.rate='400 Gbit/s'"], &[[of_server, four, "nic.ports = 4"]]);
    wrong(&["layout[0].nodes.nic.rate='25 Gbit/s'"], &[[of_server, "25 Gbit/s on a port of", "nic.ports = 0.25"]]);
    wrong(&["layout[0].fabric.port_rate='400 Gbit/s'"], &[[of_server, "on a port of 400 Gbit/s", "nic.ports = 0.25"]]);
    let optical = "an interface of 100 Gbit/s on a port of 2560 Gbit/s (";
    wrong(&["layout[1].nodes.nic.rate='100 Gbit/s'"], &[["layout[1].nodes.nic.rate", optical, "one rate"]]);
    wrong(&["layout[1].fabric.port_rate='0 bit/s'"], &[["layout[1].fabric.port_rate", "is zero", "above zero"]]);
    for ports in ["layout[0].nodes.nic.ports=4", "layout[0].fabric.port_rate='400 Gbit/s'"] {
        assert!(with(&["layout[0].nodes.nic.rate='400 Gbit/s'", ports]).is_ok());
    }
}

#[test]
fn a_price_on_the_other_basis_alone_is_an_error_that_names_the_part() {
    let one = "layout[0].nodes.cpu.price={ list='100 USD' }";
    let told = ["layout[0].nodes.cpu.price", "`Intel Xeon Platinum 8380` has no volume price", "prices = \"list\""];
    wrong(&[one], &[told]);
    assert!(with(&[one, "prices=list"]).is_ok());
    let chassis = "layout[1].nodes.chassis_price={ volume='1 USD' }";
    let pool = "layout[1].memory_pools.price_per_gib={}";
    let none = [
        ["chassis_price", "`the chassis` has no list price", "volume"],
        ["price_per_gib", "has no list price", "add `list"],
    ];
    wrong(&["prices=list", chassis, pool], &none);
    // A price without a basis is the same on both.
    for prices in ["prices=list", "prices=volume"] {
        assert!(with(&["layout[0].nodes.cpu.price='100 USD'", prices]).is_ok());
    }
}

#[test]
fn power_that_falls_is_an_error() {
    for (set, key) in [
        ("layout[0].nodes.cpu.busy_power='1 W'", "cpu.busy_power"),
        ("layout[0].nodes.nic.busy_power='1 W'", "nic.busy_power"),
        ("layout[0].nodes.memory.busy_power_per_gib='1 mW'", "memory.busy_power_per_gib"),
        ("layout[0].nodes.chassis_busy_power='1 W'", "nodes.chassis_busy_power"),
        ("layout[1].memory_pools.busy_power_per_gib='1 mW'", "memory_pools.busy_power_per_gib"),
        ("layout[1].storage.busy_power='1 W'", "storage.busy_power"),
    ] {
        wrong(&[set], &[[key, "busy is less than", "at least its idle power"]]);
    }
    let curve = "layout[0].nodes.cpu.power_curve";
    wrong(&[&format!("{curve}=[[0.5, 0.4], [0.5, 0.5]]")], &[["power_curve[1]", "comes after [0.5, 0.4]", "order"]]);
    wrong(&[&format!("{curve}=[[0.5, 0.4], [0.6, 0.3]]")], &[["power_curve[1]", "[0.6, 0.3]", "does not fall"]]);
    wrong(&[&format!("{curve}=[[0.0, 0.1]]")], &[["power_curve", "idle is idle_power", "[0, 0]"]]);
    assert!(with(&[&format!("{curve}=[[0, 0], [0.5, 0.1], [1, 1]]")]).is_ok());
    assert!(with(&[&format!("{curve}=[[0.5, 1.1]]")]).is_err(), "shares are at most one");
}

#[test]
fn a_range_holds_its_number_in_the_unit_of_the_number() {
    let told = |range: &str, expected: [&str; 3]| {
        let source = format!("{{ from='x', date='2026', confidence='b', range={range} }}");
        let site = format!(
            "layout[0].site={{ pue=1.2, electricity='0.1 USD/kWh', hardware_life='5 y', sources={{ electricity={source} }} }}"
        );
        wrong(&[&site], &[expected]);
    };
    let key = "layout[0].site.sources.electricity.range";
    told(
        "['0.2 USD/kWh', '0.3 USD/kWh']",
        [key, "\"0.1 USD/kWh\" does not lie between \"0.2 USD/kWh\"", "lowest value first"],
    );
    told("['0.2 USD/kWh', '0.05 USD/kWh']", [key, "does not lie between", "lowest value first"]);
    told("['1 W', '2 W']", [key, "`W` is not a unit of price of electricity", ""]);
    told("[1, 2]", [key, "`1` is a whole number", "in quotes with its unit"]);
    told("['0.1 USD/kWh']", [key, "1 element", "at least 2"]);
}

/// A number that is changed from elsewhere is no longer what the source says.
#[test]
fn a_source_goes_with_its_number() {
    let confidence = |sets: &[&str]| {
        let loaded = with(sets).unwrap_or_else(|problems| panic!("{problems}"));
        let plan = plan::resolve(&loaded).unwrap();
        let cpu = &plan.layouts[0].node_groups[0].cpu;
        let written =
            resolved_toml(&loaded.raw, |_, path| path.to_owned()).contains("hardwareluxx review 56010, page 10: TDP");
        (cpu.busy_power.confidence, cpu.busy_power.range.is_some(), cpu.price.confidence, written)
    };
    assert_eq!(confidence(&[]), (Confidence::A, true, Confidence::C, true));
    let busy = "layout[0].nodes.cpu.busy_power='47 kW'";
    assert_eq!(confidence(&[busy]), (Confidence::Unsourced, false, Confidence::C, false));
    let price = "layout[0].nodes.cpu.price='5 USD'";
    assert_eq!(confidence(&[price]), (Confidence::A, true, Confidence::Unsourced, true));
    let volume = "layout[0].nodes.cpu.price.volume='5 USD'";
    assert_eq!(confidence(&[volume]), (Confidence::A, true, Confidence::Unsourced, true));
    assert_eq!(confidence(&[volume, "prices=list"]), (Confidence::A, true, Confidence::C, true));
}

/// The same part in two layouts has one name, and so has what is taken from it.
#[test]
fn numbers_that_move_together_have_one_name() {
    let plan = plan::resolve(&with(&[]).unwrap()).unwrap();
    let [server, sip] = [0, 1].map(|layout| &plan.layouts[layout].node_groups[0].cpu);
    assert_eq!(server.busy_power.name, "Intel Xeon Platinum 8380, busy_power");
    assert_eq!(sip.busy_power.name, server.busy_power.name);
    assert_eq!(sip.part, "SiP core chiplet, 16 cores");
}
