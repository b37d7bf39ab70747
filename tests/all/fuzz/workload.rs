//! The functions of a random experiment, what they do, and when they are called.

use std::fmt::Write as _;

use sdcsim::ids::FunctionId;
use sdcsim::rng::{RootSeed, Stream};
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::{Function, Functions, ImportReport, Invocation, Own, Workload};

use super::knobs::Knobs;

const SIZES: [u64; 8] = [0, 0, 1_024, 1, 100_000, 1_000_000, 10_000_000, 100_000_000];

fn io(knobs: &mut Knobs, pick: &[u64]) -> String {
    let keys = ["request", "response", "read", "write"].map(|key| format!("{key} = \"{} B\"", knobs.pick(pick)));
    format!("{{ {} }}", keys.join(", "))
}

fn profile(knobs: &mut Knobs) -> String {
    format!(
        "memory_stall = {:?}, parallelism = {:?}, write_share = {:?}, miss_scale = {:?}, miss_shape = {:?}, access = \"{}\"",
        knobs.pick(&[0.2, 0.0, 1.0, 0.9]),
        knobs.pick(&[4.0, 1.0, 64.0]),
        knobs.pick(&[0.3, 0.0, 1.0]),
        knobs.pick(&[0.43, 0.001, 10.0]),
        knobs.pick(&[1.7, 0.1, 10.0]),
        knobs.pick(&["64 B", "4096 B", "1 B"]),
    )
}

/// What requests hold beside cores and memory.
pub const DEMANDS: &str = "demands = { bandwidth = \"50 Mbit/s\" }\n";

/// What the experiment says of the workload.
pub fn toml(knobs: &mut Knobs) -> String {
    let mut text = "[workload]\n".to_owned();
    writeln!(text, "profile = {{ {} }}\nio = {}", profile(knobs), io(knobs, &SIZES)).unwrap();
    if knobs.seldom() {
        text.push_str(DEMANDS);
    }
    text.push_str(knobs.pick(&[
        "",
        "cpu = { parallel_share = 0.5 }\n",
        "cpu = { parallel_share = 0.0, measured_cores = 0.25 }\n",
        "cpu = { measured_cores = 2.0 }\n",
    ]));
    text.push_str("[workload.source]\nkind = \"native\"\npath = \"none\"\n");
    for number in 0..knobs.below(3) {
        let share = knobs.pick(&[0.5, 0.25, 0.0]);
        let keys = profile(knobs).replace(", ", "\n");
        writeln!(text, "[[workload.profiles]]\nname = \"q{number}\"\nshare = {share:?}\n{keys}").unwrap();
    }
    // Affinity names a class.
    let (small, large) = (io(knobs, &SIZES), io(knobs, &SIZES));
    writeln!(
        text,
        "[[workload.class]]\nname = \"small\"\nfunctions = {{ memory_max = \"100 MiB\" }}\nprofile = {{ {} }}\nio = {small}",
        profile(knobs)
    )
    .unwrap();
    if knobs.seldom() {
        writeln!(text, "[[workload.class]]\nfunctions = {{ name = \"a1/*\", memory_min = \"300 MiB\" }}\nio = {large}")
            .unwrap();
    }
    text
}

/// The functions of a trace; two applications have some at least.
fn functions(knobs: &mut Knobs) -> Functions {
    let count = 5 + knobs.below(16);
    let own_starts = knobs.seldom();
    let own_io = knobs.seldom();
    (0..count)
        .map(|number| {
            let memory = Bytes::from_mib(knobs.pick(&[128, 32, 512, 900, 64, 1]));
            let cold_start =
                (own_starts && knobs.seldom()).then(|| Span::from_ms(u64::from(knobs.pick(&[300, 0, 4_000_u32]))));
            let own = (own_io && knobs.seldom()).then(|| {
                let read = Some(Bytes(knobs.pick(&SIZES)));
                Box::new(Own { read, response: Some(Bytes(knobs.pick(&SIZES))), ..Own::default() })
            });
            let app = format!("a{}", number % 2);
            Function { owner: String::new(), app, name: format!("f{number}"), memory, cold_start, own }
        })
        .collect()
}

fn duration(stream: &mut Stream, style: u32) -> Span {
    let draw = match (style, stream.below(10)) {
        (1, _) => 0.001,
        (_, 0) => 0.0,
        (_, 1) => 10.0,
        (2, _) => stream.exponential() * 3.0,
        _ => stream.exponential() * 0.3,
    };
    Span::from_secs_f64(draw)
}

/// The calls of a trace: some at any time, most in bursts.
fn calls(knobs: &mut Knobs, functions: u32) -> Vec<Invocation> {
    let count = 50 + knobs.below(351);
    let window = f64::from(knobs.pick(&[50, 1, 110_u32]));
    let (style, bursts) = (knobs.below(3), 1 + knobs.below(6));
    let few = knobs.seldom();
    let mut stream = RootSeed::new(u64::from(knobs.below(1 << 20)), 0).stream("calls", &[]);
    let starts: Vec<f64> = (0..bursts).map(|_| stream.uniform() * window).collect();
    (0..count)
        .map(|_| {
            let at = match stream.below(5) {
                0 => stream.uniform() * window,
                1 => starts[stream.below(u64::from(bursts)) as usize] + stream.exponential() * 0.2,
                _ => starts[stream.below(u64::from(bursts)) as usize],
            };
            let function = stream.below(u64::from(if few { 2 } else { functions })) as u32;
            Invocation {
                at: Time::ZERO + Span::from_secs_f64(at),
                function: FunctionId::new(function),
                duration: duration(&mut stream, style),
            }
        })
        .collect()
}

/// A trace.
pub fn trace(knobs: &mut Knobs) -> Workload {
    let functions = functions(knobs);
    let calls = calls(knobs, functions.len() as u32);
    Workload::listed(functions, calls, ImportReport::default())
}
