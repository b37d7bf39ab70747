//! The result of `probe queue` as a table for people and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::stats::MeanInterval;

use super::{BATCHES, Discipline, PROBABILITIES, QueueResult, QueueSpec};

/// One object; times in seconds, each mean followed by the half-width of its interval. What the run is too short for has
/// null in its place, and is in `too_short`, beside the requests that would be about enough.
pub fn json(spec: &QueueSpec, result: &QueueResult) -> String {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("load", json!(spec.load()));
    put("confidence", json!(spec.confidence));
    for (key, interval) in [
        ("mean_wait_s", result.wait),
        ("mean_response_s", result.response),
        ("p_wait", result.p_wait),
        ("p_reject", result.p_reject),
        ("utilisation", result.utilisation),
        ("mean_queue_length", result.queue_length),
        ("mean_in_system", result.in_system),
    ] {
        put(key, json!(interval.mean));
        put(&format!("{key}_half_width"), json!(interval.half_width));
    }
    for (prefix, quantiles) in [("", result.response_quantiles), ("wait_", result.wait_quantiles)] {
        for (name, interval) in ["p50_s", "p90_s", "p99_s"].into_iter().zip(quantiles) {
            put(&format!("{prefix}{name}"), json!(interval.mean));
            put(&format!("{prefix}{name}_half_width"), json!(interval.half_width));
        }
    }
    put("too_short", json!(result.too_short.iter().map(|lacking| lacking.key).collect::<Vec<_>>()));
    put("requests_needed", json!(needed(result)));
    put("requests_measured", json!(result.measured));
    put("requests_discarded", json!(result.discarded));
    put("batches", json!(result.in_system.n));
    put("simulated_s", json!(result.simulated.as_secs_f64()));
    put("events", json!(result.events));
    put("seed", json!(spec.seed));
    serde_json::to_string_pretty(&object).expect("numbers and names are JSON") + "\n"
}

/// A title, the means with their half-widths, the quantiles, and how long was simulated.
pub fn table(spec: &QueueSpec, result: &QueueResult) -> String {
    let mut text = title(spec);
    let percent = spec.confidence * 100.0;
    let _ = writeln!(text, "{:<30}{:>16}{:>16}", "", "value", format!("± {percent:.0} %"));
    let mut row = |name: &str, interval: MeanInterval, print: fn(f64) -> String| {
        let _ = writeln!(text, "{name:<30}{:>16}{:>16}", print(interval.mean), print(interval.half_width));
    };
    row("waiting time", result.wait, seconds);
    row("response time", result.response, seconds);
    row("share that waits", result.p_wait, percentage);
    if spec.capacity.is_some() {
        row("share rejected", result.p_reject, percentage);
    }
    row("utilisation", result.utilisation, percentage);
    row("queue length (requests)", result.queue_length, plain);
    row("in the system (requests)", result.in_system, plain);
    for (name, quantiles) in [("waiting", result.wait_quantiles), ("response", result.response_quantiles)] {
        for (p, interval) in PROBABILITIES.into_iter().zip(quantiles) {
            row(&format!("{name} time, {} % quantile", p * 100.0), interval, seconds);
        }
    }
    let _ = writeln!(
        text,
        "\n{} requests measured over {} (the first {} discarded as warm-up), {} events, intervals from {} batches, seed {}",
        result.measured,
        seconds(result.simulated.as_secs_f64()),
        result.discarded,
        result.events,
        BATCHES.min(result.in_system.n),
        spec.seed,
    );
    if let Some(needed) = needed(result) {
        let _ = writeln!(
            text,
            "too short for the intervals that are missing: too few independent busy periods; --requests {needed} would be about enough",
        );
    }
    text
}

/// Requests that would be about enough for all intervals; none where there are all.
fn needed(result: &QueueResult) -> Option<u64> {
    result.too_short.iter().map(|lacking| lacking.enough).max()
}

fn title(spec: &QueueSpec) -> String {
    let discipline = match spec.discipline {
        Discipline::Fifo => "first in, first out",
        Discipline::Ps => "processor sharing",
    };
    let servers = if spec.servers == 1 { "1 server".to_owned() } else { format!("{} servers", spec.servers) };
    let bound = spec.capacity.map_or(String::new(), |capacity| format!(", at most {capacity} requests in the system"));
    format!(
        "Poisson arrivals at {} /s, {} service with mean {}, {servers}, {discipline}{bound}: load {:.4} per server\n\n",
        spec.arrival_rate.0,
        spec.service.label(),
        spec.mean,
        spec.load(),
    )
}

/// A time with four decimals in the unit that suits it; a dash where there is none.
fn seconds(s: f64) -> String {
    if !s.is_finite() {
        return "-".to_owned();
    }
    let units = [(86_400.0, "d"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")];
    let fits = |&(size, _): &(f64, &str)| s >= size && (size < 2.0 || s >= 2.0 * size);
    let (size, unit) = units.into_iter().find(fits).unwrap_or(if s == 0.0 { (1.0, "s") } else { (1e-12, "ps") });
    format!("{:.4} {unit}", s / size)
}

fn percentage(share: f64) -> String {
    if share.is_finite() { format!("{:.3} %", share * 100.0) } else { "-".to_owned() }
}

fn plain(x: f64) -> String {
    if x.is_finite() { format!("{x:.4}") } else { "-".to_owned() }
}
