//! The platform of a random layout, as TOML.

use std::fmt::Write as _;

use super::hardware::Hardware;
use super::knobs::Knobs;

/// What goes with what.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
struct Choices {
    early: bool,
    scaled: bool,
    gangs: bool,
    retries: bool,
    remote_tier: bool,
}

const PLACEMENTS: [&str; 18] = [
    "first-warm",
    "round-robin",
    "least-loaded",
    "random",
    "power-of-d",
    "join-idle-queue",
    "pull",
    "open-whisk",
    "bounded-hashing",
    "random-load-update",
    "package-locality",
    "data-locality",
    "rack-aware",
    "best-fit",
    "dot-product",
    "tetris",
    "first-fit",
    "worst-fit",
];

fn delay(knobs: &mut Knobs) -> &'static str {
    knobs.pick(&[
        "\"100 ms\"",
        "\"0 ms\"",
        "{ median = \"125 ms\", p99 = \"400 ms\" }",
        "\"5 s\"",
        "{ median = \"2 s\", p99 = \"2 s\" }",
    ])
}

fn cold_start(text: &mut String, knobs: &mut Knobs, hardware: &Hardware, choices: Choices) {
    text.push_str("[layout.platform.cold_start]\n");
    for phase in ["allocate", "boot", "init"] {
        writeln!(text, "{phase} = {}", delay(knobs)).unwrap();
    }
    writeln!(text, "image = \"{}\"", knobs.pick(&["32 MiB", "0 B", "300 MiB", "1 B"])).unwrap();
    for phase in ["boot_cpu", "init_cpu"] {
        writeln!(text, "{phase} = \"{}\"", knobs.pick(&["0 ms", "60 ms", "10 s"])).unwrap();
    }
    writeln!(text, "runtime_share = {:?}", knobs.pick(&[0.0, 0.4, 1.0])).unwrap();
    if knobs.seldom() {
        writeln!(text, "control_rate = \"{}\"", knobs.pick(&["10 /s", "500 /s"])).unwrap();
    }
    writeln!(text, "image_cache = \"{}\"", knobs.pick(&["0 B", "64 MiB", "10 GiB", "1 MiB"])).unwrap();
    if knobs.often() {
        let (place, size, set) =
            (knobs.pick(&["store", "node"]), knobs.pick(&[1.0, 0.3, 0.0]), knobs.pick(&[0.2, 1.0, 0.0]));
        let (page, prefetch) = (knobs.pick(&["4096 B", "64 KiB", "2 MiB"]), knobs.pick(&[0.0, 0.5, 1.0]));
        let rate = if knobs.seldom() { "rate = \"1 Gbit/s\", " } else { "" };
        let rate = if place == "node" { rate } else { "" };
        writeln!(
            text,
            "snapshot = {{ place = \"{place}\", restore = \"8 ms\", size = {size:?}, working_set = {set:?}, page = \"{page}\", {rate}fault = \"2 us\", prefetch = {prefetch:?} }}"
        )
        .unwrap();
    }
    if choices.remote_tier || (hardware.pooled && knobs.often()) {
        let made = if choices.remote_tier {
            knobs.pick(&["never", "deployed", "first-start"])
        } else {
            knobs.pick(&["deployed", "first-start"])
        };
        let (size, set, page) = (
            knobs.pick(&[1.0, 0.3, 0.0]),
            knobs.pick(&[0.2, 1.0, 0.0]),
            knobs.pick(&["4096 B", "64 KiB", "2 MiB", "1 B"]),
        );
        let (prefetch, overlap) = (knobs.pick(&[0.0, 0.5, 1.0]), knobs.pick(&[1.0, 8.0, 1000.0]));
        writeln!(
            text,
            "remote = {{ templates = \"{made}\", map_base = \"3 ms\", map_per_mib = \"6.5 us\", prepare_base = \"1 ms\", prepare_per_mib = \"40 us\", \
             size = {size:?}, working_set = {set:?}, page = \"{page}\", fault = \"3 us\", prefetch = {prefetch:?}, overlap = {overlap:?} }}"
        )
        .unwrap();
    }
}

fn keep_alive(text: &mut String, knobs: &mut Knobs, choices: &mut Choices, hardware: &Hardware) {
    let modes: &[&str] = if choices.scaled {
        &["fixed", "none", "forever"]
    } else {
        &["fixed", "none", "forever", "histogram", "predictive", "clairvoyant", "layered", "remote-tier"]
    };
    let mut mode = knobs.pick(modes);
    if (mode == "remote-tier" && !hardware.pooled)
        || (mode == "clairvoyant" && (choices.retries || choices.gangs))
        || (mode == "layered" && choices.gangs)
    {
        mode = "fixed";
    }
    choices.remote_tier = mode == "remote-tier";
    let limit = knobs.pick(&["10 s", "0 s", "1 s", "10 min"]);
    let (from, boundary) = (knobs.pick(&["completion", "arrival"]), knobs.pick(&["warm", "cold"]));
    let reset = !knobs.seldom();
    writeln!(
        text,
        "[layout.platform.keep_alive]\nmode = \"{mode}\"\nlimit = \"{limit}\"\ntimer_from = \"{from}\"\nreset_on_use = {reset}\nboundary = \"{boundary}\"\n\
         histogram = {{ range = \"60 s\", bin = \"3 s\" }}\npredictive = {{ limit = \"20 s\" }}\n\
         layers = {{ languages = 2, language_limit = \"5 s\", bare_limit = \"5 s\" }}\ntier = {{ limit = \"{}\" }}",
        knobs.pick(&["60 s", "1 s"])
    )
    .unwrap();
}

fn quotas(text: &mut String, knobs: &mut Knobs, choices: Choices) {
    text.push_str("[layout.platform.quotas]\n");
    if knobs.seldom() {
        writeln!(text, "account_concurrency = {}", knobs.pick(&[10, 1, 100])).unwrap();
    }
    if knobs.seldom() {
        writeln!(text, "function_concurrency = {}", knobs.pick(&[5, 1, 50])).unwrap();
    }
    let burst = knobs.pick(&[
        "",
        "",
        "burst = { rule = \"account\", initial = 3, per_minute = 50 }\n",
        "burst = { rule = \"function\", step = 2, interval = \"1 s\" }\n",
    ]);
    text.push_str(burst);
    if knobs.often() {
        writeln!(text, "timeout = \"{}\"", knobs.pick(&["3 s", "100 ms", "1 min", "1 ps"])).unwrap();
    }
    if knobs.often() {
        writeln!(text, "queue_timeout = \"{}\"", knobs.pick(&["2 s", "50 ms", "1 min", "1 ps"])).unwrap();
    }
    if choices.retries {
        let (attempts, jitter) = (1 + knobs.below(4), knobs.pick(&["none", "full", "equal", "decorrelated"]));
        writeln!(
            text,
            "retry = {{ attempts = {attempts}, base = \"100 ms\", max_delay = \"5 s\", jitter = \"{jitter}\", max_age = \"{}\" }}",
            knobs.pick(&["1 min", "1 s"])
        )
        .unwrap();
    }
}

fn dispatch(text: &mut String, knobs: &mut Knobs, choices: Choices) {
    let busy =
        if choices.scaled || choices.gangs { "start" } else { knobs.pick(&["start", "wait-if-shorter", "both"]) };
    let steal = if choices.early { knobs.pick(&["never", "head", "tail"]) } else { "never" };
    writeln!(
        text,
        "[layout.platform.dispatch]\nwhen_busy = \"{busy}\"\nsteal = \"{steal}\"\ngangs = {}\nrack_nodes = 2\nwait_factor = {:?}",
        choices.gangs,
        knobs.pick(&[1.0, 0.0, 10.0])
    )
    .unwrap();
    let mode = if choices.scaled { knobs.pick(&["knative", "hpa"]) } else { "per-request" };
    let (concurrency, queue) = if choices.gangs { (1, 0) } else { (knobs.pick(&[1, 2, 5]), knobs.pick(&[0, 1, 3])) };
    let (least, most) = (knobs.below(2), 2 * knobs.below(3));
    writeln!(
        text,
        "[layout.platform.scaling]\nmode = \"{mode}\"\nconcurrency = {concurrency}\nsandbox_queue = {queue}\n\
         knative = {{ stable_window = \"20 s\", min_scale = {least}, max_scale = {most}, target_burst_capacity = {:?} }}\n\
         hpa = {{ min_replicas = {}, max_replicas = {}, stabilisation = \"20 s\", interval = \"5 s\" }}",
        knobs.pick(&[211.0, 0.0, 3.0]),
        1 + knobs.below(2),
        2 + knobs.below(4)
    )
    .unwrap();
}

fn affinity(text: &mut String, knobs: &mut Knobs, nodes: &[String]) {
    for _ in 0..knobs.below(3) {
        text.push_str("[[layout.platform.affinity]]\n");
        match knobs.below(4) {
            1 => text.push_str("functions = { memory_min = \"256 MiB\" }\n"),
            2 => text.push_str("functions = { class = \"small\" }\n"),
            3 => text.push_str("functions = { name = \"a0/*\" }\n"),
            _ => {}
        }
        let (first, second) = (&nodes[knobs.below(nodes.len() as u32) as usize], &nodes[0]);
        match knobs.below(3) {
            0 => writeln!(text, "prefer = [\"{first}\"]"),
            1 => writeln!(text, "require = [\"{first}\"]"),
            _ if first == second => writeln!(text, "require = [\"{first}\"]"),
            _ => writeln!(text, "require = [\"{first}\", \"{second}\"]\nprefer = [\"{second}\"]"),
        }
        .unwrap();
    }
}

/// Functions.
pub fn serverless(knobs: &mut Knobs, hardware: &Hardware) -> String {
    let mut choices = Choices { retries: knobs.seldom(), ..Choices::default() };
    match knobs.below(8) {
        1 | 2 => choices.early = true,
        3 => choices.scaled = true,
        4 => choices.gangs = true,
        _ => {}
    }
    let cpu = knobs.pick(&["exclusive", "shared"]);
    let wait = if choices.scaled { 1_000 } else { knobs.pick(&[100_000, 0, 3]) };
    let mut text = String::new();
    writeln!(
        text,
        "[layout.platform]\nkind = \"serverless\"\ndispatch_delay = \"{}\"\nplacement = \"{}\"\nbinding = \"{}\"\ncpu = \"{cpu}\"\n\
         idle_choice = \"{}\"\nevict_idle = {}\nqueue_limit = {wait}\n\
         eviction = {{ policy = \"{}\", when_short = \"{}\" }}\n\
         prices = {{ memory = \"1.66667e-5 USD/GB-s\", request = \"0.20 USD/M\", quantum = \"1 ms\", minimum_memory = \"128 MiB\" }}",
        knobs.pick(&["15 ms", "0 ms"]),
        knobs.pick(&PLACEMENTS),
        if choices.early { "early" } else { "late" },
        knobs.pick(&["mru", "lru", "oldest", "newest"]),
        knobs.below(3) != 2,
        knobs.pick(&["lru", "lfu", "size", "greedy-dual", "landlord"]),
        knobs.pick(&["keep", "evict"]),
    )
    .unwrap();
    if knobs.often() {
        let (order, cores) = (knobs.pick(&["arrival-first", "strict"]), knobs.below(2));
        writeln!(text, "queue_order = \"{order}\"\nstart_cores = {cores}").unwrap();
    }
    // Those that wait for a core once they are ready wait for a whole one.
    if cpu == "exclusive" && !text.contains("start_cores = 0") {
        text.push_str(knobs.pick(&[
            "",
            "",
            "cores = { rule = \"by-memory\", memory_per_core = \"700 MiB\", maximum = 1.0 }\n",
            "cores = { rule = \"tiers\", tiers = [{ memory = \"128 MiB\", cores = 0.25 }, { memory = \"1 GiB\", cores = 1.0 }] }\n",
        ]));
    }
    if knobs.seldom() {
        text.push_str("reserved_concurrency = { f0 = 1 }\n");
    }
    keep_alive(&mut text, knobs, &mut choices, hardware);
    cold_start(&mut text, knobs, hardware, choices);
    quotas(&mut text, knobs, choices);
    dispatch(&mut text, knobs, choices);
    affinity(&mut text, knobs, &hardware.nodes);
    text
}

/// Virtual machines.
pub fn serverful(knobs: &mut Knobs) -> String {
    let fleet = knobs.pick(&[
        "mode = \"fixed\"\nsize = \"all\"",
        "mode = \"fixed\"\nsize = \"peak\"\nheadroom = 0.2",
        "mode = \"fixed\"\nsize = 1",
        "mode = \"autoscaled\"\nminimum = 1\nmaximum = 8\ntarget = 0.6\ninterval = \"2 s\"\nboot_delay = \"3 s\"\ncooldown = \"4 s\"",
        "mode = \"autoscaled\"\nminimum = 1\nmaximum = 8\ntarget = 0.2\ninterval = \"500 ms\"\nboot_delay = \"0 s\"\ncooldown = \"0 s\"",
    ]);
    format!(
        "[layout.platform]\nkind = \"serverful\"\ndispatch_delay = \"1 ms\"\nqueue_limit = {}\n\
         code = {{ loaded = \"{}\", memory = \"2 MiB\" }}\n\
         quotas = {{ {} }}\n\
         vm = {{ part = \"v\", vcpus = 1, memory = \"1 GiB\", system_memory = \"64 MiB\", price = \"0.1 USD/h\", minimum_billed = \"60 s\", quantum = \"1 s\" }}\n\
         [layout.platform.fleet]\n{fleet}\n",
        knobs.pick(&[100_000, 0, 3]),
        knobs.pick(&["all", "on-use"]),
        knobs.pick(&[
            "",
            "timeout = \"3 s\"",
            "queue_timeout = \"2 s\"",
            "timeout = \"1 ps\", queue_timeout = \"1 ps\""
        ]),
    )
}
