//! Nodes, pools, storage and fabric of a random layout, as TOML.

use std::fmt::Write as _;

use super::knobs::Knobs;

/// What a platform has to fit to.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    pub toml: String,
    pub nodes: Vec<String>,
    pub pools: usize,
    /// Whether all groups of nodes have pools, and these are of one kind.
    pub pooled: bool,
}

const SHARES: [f64; 6] = [1.0, 0.5, 0.0, 0.05, 0.9, 0.25];

/// One group of nodes, without its pools.
fn node(text: &mut String, knobs: &mut Knobs, kind: &str) {
    let (count, packages, cores) = (1 + knobs.below(3), 1 + knobs.below(2), knobs.pick(&[2, 1, 4, 16]));
    let (speed, smt) = (knobs.pick(&[1.0, 0.5, 2.5]), knobs.pick(&[1.0, 1.3, 2.0, 1.001]));
    let (memory, latency) =
        (knobs.pick(&["4 GiB", "1 GiB", "2 GiB", "16 GiB"]), knobs.pick(&["100 ns", "60 ns", "0 ns"]));
    // With the ports of 100 Gbit/s that carry it.
    let (rate, ports) = knobs.pick(&[
        ("10 Gbit/s", 0.1),
        ("1 Gbit/s", 0.01),
        ("100 Gbit/s", 1.0),
        ("100 Mbit/s", 0.001),
        ("3 Tbit/s", 30.0),
    ]);
    let half = [0.5, 0.3, 0.9][count as usize - 1];
    let near = knobs.pick(&["500 ns", "0 ns", "20 us"]);
    let accelerators = knobs.below(3);
    writeln!(
        text,
        "kind = \"{kind}\"\ncount = {count}\npackages = {packages}\naccelerators = {accelerators}\n\
         cpu = {{ part = \"c\", cores = {cores}, speed = {speed:?}, smt_throughput = {smt:?}, idle_power = \"10 W\", busy_power = \"20 W\", power_curve = [[0.5, {half:?}]], price = \"100 USD\" }}\n\
         memory = {{ part = \"m\", capacity = \"{memory}\", latency = \"{latency}\", idle_power_per_gib = \"0.03 W\", busy_power_per_gib = \"0.3 W\", price_per_gib = \"4 USD\" }}\n\
         nic = {{ part = \"n\", rate = \"{rate}\", latency = \"{near}\", ports = {ports:?}, idle_power = \"10 W\", busy_power = \"12 W\", price = \"40 USD\" }}"
    )
    .unwrap();
}

/// What becomes of what is idle.
fn idle(knobs: &mut Knobs) -> &'static str {
    knobs.pick(&[
        "",
        "idle = \"shared\"",
        "idle = \"off-after\"\noff_after = \"10 s\"\noff_power = \"1 W\"",
        "idle = \"off-after\"\noff_after = \"0 s\"",
    ])
}

/// Groups of nodes with the pools that they use.
fn nodes(hardware: &mut Hardware, knobs: &mut Knobs, groups: u32) {
    let mut used = vec![false; hardware.pools];
    hardware.pooled = hardware.pools == 1;
    for group in 0..groups {
        let name = format!("g{group}");
        writeln!(hardware.toml, "[[layout.nodes]]\nname = \"{name}\"").unwrap();
        let kind = knobs.pick(&["server", "sip"]);
        node(&mut hardware.toml, knobs, kind);
        hardware.nodes.push(name);
        // The last group uses what no other does.
        let all = group + 1 == groups;
        let mut pools = Vec::new();
        for (pool, used) in used.iter_mut().enumerate() {
            if knobs.often() || (all && !*used) {
                *used = true;
                pools.push(format!("\"p{pool}\""));
            }
        }
        let share = if pools.is_empty() { 1.0 } else { knobs.pick(&SHARES) };
        hardware.pooled &= !pools.is_empty();
        writeln!(hardware.toml, "pools = [{}]\nlocal_share = {share:?}", pools.join(", ")).unwrap();
        hardware.toml.push_str(idle(knobs));
        hardware.toml.push('\n');
        if !pools.is_empty() && knobs.often() {
            writeln!(hardware.toml, "local_share_min = {:?}", share * knobs.pick(&[1.0, 0.0, 0.5])).unwrap();
        }
    }
}

fn pools(text: &mut String, knobs: &mut Knobs, groups: u32, at_least: u64) {
    for group in 0..groups {
        let count = 1 + knobs.below(3);
        let capacity = at_least + u64::from(knobs.pick(&[4_096, 0, 65_536_u32]));
        let (latency, bandwidth) = (
            knobs.pick(&["200 ns", "0 ns", "3 us"]),
            knobs.pick(&["40 GB/s", "1 GB/s", "50 MB/s", "400 GB/s", "8 kbit/s"]),
        );
        let (a, b) = (knobs.pick(&["30 ns", "0 ns", "1 us"]), knobs.pick(&[0.5, 1.0, 0.0, 2.0]));
        let fidelity = knobs.pick(&["fluid", "fluid", "analytic"]);
        writeln!(
            text,
            "[[layout.memory_pools]]\nname = \"p{group}\"\npart = \"p\"\ncount = {count}\ncapacity = \"{capacity} MiB\"\nlocal_share = 0.5\n\
             latency = \"{latency}\"\nbandwidth = \"{bandwidth}\"\nload_curve = {{ a = \"{a}\", b = {b:?} }}\nfidelity = \"{fidelity}\"\n\
             idle_power_per_gib = \"0.03 W\"\nbusy_power_per_gib = \"0.3 W\"\ncontroller_power = \"5 W\"\nprice_per_gib = \"4 USD\"\ncontroller_price = \"50 USD\""
        )
        .unwrap();
        let free = knobs.pick(&["", "free_power_per_gib = \"0.01 W\"", "free_power_per_gib = \"0 W\""]);
        writeln!(text, "{free}\n{}", idle(knobs)).unwrap();
    }
}

fn storage(text: &mut String, knobs: &mut Knobs) {
    let groups = 1 + knobs.below(2);
    for group in 0..groups {
        let count = 1 + knobs.below(2);
        let (latency, rate) = (
            knobs.pick(&["100 us", "0 us", "5 ms"]),
            knobs.pick(&["10 Gbit/s", "100 Mbit/s", "200 Gbit/s", "1 Gbit/s"]),
        );
        writeln!(
            text,
            "[[layout.storage]]\nname = \"s{group}\"\npart = \"s\"\ncount = {count}\nlatency = \"{latency}\"\n\
             bandwidth = \"{rate}\"\nidle_power = \"100 W\"\nbusy_power = \"130 W\"\nprice = \"1000 USD\""
        )
        .unwrap();
    }
}

fn rest(text: &mut String, knobs: &mut Knobs) {
    let fabric = knobs.pick(&[
        "kind = \"leaf-spine\"\npart = \"f\"\nswitch_latency = \"450 ns\"\npropagation = \"50 ns\"\nport_rate = \"100 Gbit/s\"\nport_power = \"40 W\"\nport_price = \"500 USD\"\nports_per_device = 1.67",
        "kind = \"photonic\"\npart = \"f\"\nreconfiguration = \"20 us\"\npropagation = \"50 ns\"\nenergy_per_bit = \"1 pJ/bit\"\nport_rate = \"100 Gbit/s\"\nport_power = \"4 W\"\nport_price = \"500 USD\"",
        "kind = \"photonic\"\npart = \"f\"\nreconfiguration = \"0 us\"\npropagation = \"0 ns\"\nenergy_per_bit = \"0 pJ/bit\"\nport_rate = \"100 Gbit/s\"\nport_power = \"4 W\"\nport_price = \"500 USD\"",
    ]);
    writeln!(
        text,
        "[layout.fabric]\n{fabric}\n[layout.site]\npue = 1.12\nelectricity = \"0.10 USD/kWh\"\nhardware_life = \"6 y\""
    )
    .unwrap();
}

/// Hardware for functions that need `at_least` so many MiB of a pool beside templates.
pub fn serverless(knobs: &mut Knobs, at_least: u64) -> Hardware {
    let groups = 1 + knobs.below(3);
    let pool_groups = knobs.below(3);
    let mut hardware = Hardware { pools: pool_groups as usize, ..Hardware::default() };
    nodes(&mut hardware, knobs, groups);
    pools(&mut hardware.toml, knobs, pool_groups, at_least);
    storage(&mut hardware.toml, knobs);
    rest(&mut hardware.toml, knobs);
    hardware
}

/// Servers for virtual machines; the cores of one.
pub fn serverful(knobs: &mut Knobs) -> Hardware {
    let mut hardware = Hardware::default();
    hardware.toml.push_str("[[layout.nodes]]\n");
    node(&mut hardware.toml, knobs, "server");
    storage(&mut hardware.toml, knobs);
    rest(&mut hardware.toml, knobs);
    hardware
}
