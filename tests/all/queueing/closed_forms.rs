//! Our closed forms, and the simulated station, against the published table of closed forms.

use serde_json::Value;

use crate::shared::shared;
use sdcsim::probe::queue::{Discipline, QueueResult, QueueSpec, Service, run_queue};
use sdcsim::stats::MeanInterval;
use sdcsim::units::{PerSecond, Span};
use sdcsim::validate::closed_forms::{
    Md1Wait, erlang_b, keep_alive_instantaneous, keep_alive_stack, mg1, mg1_ps_response, mmc, mmc_wait_quantile,
};

/// The table of closed forms, or `None` (told on stderr) where the shared folder is missing.
fn table() -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(shared("validation/queueing/closed_forms.json")?).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    Some(table["oracles"].as_array().unwrap().clone())
}

fn param(row: &Value, name: &str) -> f64 {
    row["params"][name].as_f64().unwrap_or_else(|| panic!("no parameter {name} in {row}"))
}

/// Our values for a row of the table, by the names that it uses; `None` for a model we do not know.
fn ours(row: &Value) -> Option<Vec<(&'static str, f64)>> {
    let p = |name| param(row, name);
    let model = row["model"].as_str().unwrap();
    Some(if model == "M/M/c" {
        let servers = p("c") as u32;
        let m = mmc(p("lam"), p("mu"), servers);
        let p99 = mmc_wait_quantile(p("lam"), p("mu"), servers, 0.99);
        let means =
            [("P_wait", m.p_wait), ("Wq", m.wait), ("W", m.response), ("Lq", m.queue_length), ("L", m.in_system)];
        [means.as_slice(), &[("p99_wait", p99)]].concat()
    } else if model == "M/G/1" {
        let m = mg1(p("rho"), p("ES"), p("scv"));
        vec![("Wq", m.wait), ("W", m.response), ("Lq", m.queue_length)]
    } else if model.starts_with("M/D/1 waiting") {
        md1(p("rho"), 1.0, ["Wq", "p50", "p90", "p99", "p999"])
    } else if model.starts_with("M/D/1 100GbE") {
        md1(p("rho"), p("D_ns"), ["Wq_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns"])
    } else if model.starts_with("M/G/c/c") {
        let (offered, servers) = (p("offered_erlangs"), p("c"));
        let blocked = erlang_b(offered, servers as u32);
        let carried = offered * (1.0 - blocked);
        vec![("P_block", blocked), ("carried", carried), ("utilisation", carried / servers)]
    } else if model.starts_with("M/G/1-PS") {
        let response = mg1_ps_response(p("rho"), p("ES"));
        vec![("mean_T", response), ("slowdown", response / p("ES")), ("EN", p("rho") * response / p("ES"))]
    } else if model.starts_with("keep-alive, instantaneous") {
        let k = keep_alive_instantaneous(p("lam"), p("tau"));
        let idle = k.mean_idle / p("lam");
        vec![("p_cold", k.p_cold), ("frac_alive", k.mean_idle), ("idle_s_per_request", idle)]
    } else if model.starts_with("M/M/inf keep-alive") {
        let k = keep_alive_stack(p("lam"), p("mean_service"), p("tau"));
        let busy = p("lam") * p("mean_service");
        let all = busy + k.mean_idle;
        vec![("p_cold", k.p_cold), ("mean_busy", busy), ("mean_idle", k.mean_idle), ("mean_instances", all)]
    } else if model == "M/G/inf" {
        let busy = p("lam") * p("ES");
        vec![("mean_busy", busy), ("var_busy", busy), ("P_empty", libm::exp(-busy))]
    } else {
        return None;
    })
}

fn md1(load: f64, service: f64, names: [&'static str; 5]) -> Vec<(&'static str, f64)> {
    let wait = Md1Wait::new(load);
    let quantiles = [0.5, 0.9, 0.99, 0.999].map(|p| service * wait.quantile(p));
    let values = [[mg1(load, service, 0.0).wait].as_slice(), &quantiles].concat();
    names.into_iter().zip(values).collect()
}

#[test]
fn our_closed_forms_are_those_of_the_table() {
    for row in table().into_iter().flatten() {
        let ours = ours(&row).unwrap_or_else(|| panic!("no closed form for {row}"));
        for (name, expected) in row["expected"].as_object().unwrap() {
            if name == "P_no_wait" {
                continue; // 1 − load, by definition
            }
            let got = ours.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is missing in {row}")).1;
            let expected = expected.as_f64().unwrap();
            let close = (got - expected).abs() <= 1e-6 * expected.abs();
            assert!(close, "{name}: {got}, not {expected}, in {row}");
        }
    }
}

/// The station that a row describes, where it describes one.
fn station(row: &Value) -> Option<QueueSpec> {
    let p = |name| param(row, name);
    let mut spec = QueueSpec {
        arrival_rate: PerSecond(1.0),
        service: Service::Exponential,
        mean: Span::from_secs(1),
        servers: 1,
        discipline: Discipline::Fifo,
        capacity: None,
        requests: 400_000,
        seed: 1,
        confidence: 0.99,
    };
    match row["model"].as_str().unwrap() {
        "M/M/c" => {
            spec.arrival_rate = PerSecond(p("lam"));
            spec.servers = p("c") as u32;
        }
        "M/G/1" => {
            spec.arrival_rate = PerSecond(p("rho"));
            spec.service = match row["params"]["service"].as_str().unwrap() {
                "deterministic" => Service::Deterministic,
                "exponential" => Service::Exponential,
                "lognormal_sigma1" => Service::LogNormal { scv: p("scv") },
                other => panic!("unknown service {other}"),
            };
        }
        "M/D/1 waiting time (units of D)" => {
            spec.arrival_rate = PerSecond(p("rho"));
            spec.service = Service::Deterministic;
        }
        "M/D/1 100GbE 4096B (ns)" => {
            spec.arrival_rate = PerSecond(p("rho") * 1e9 / p("D_ns"));
            spec.mean = Span::from_secs_f64(p("D_ns") * 1e-9);
            spec.service = Service::Deterministic;
        }
        "M/G/c/c (Erlang B)" => {
            spec.arrival_rate = PerSecond(p("offered_erlangs"));
            spec.servers = p("c") as u32;
            spec.capacity = Some(spec.servers);
            spec.service = Service::Erlang { order: 2 };
        }
        "M/G/1-PS (one fair-shared link)" => {
            spec.arrival_rate = PerSecond(p("rho"));
            spec.discipline = Discipline::Ps;
            spec.service = Service::LogNormal { scv: 1.0 };
        }
        "M/G/inf" => {
            spec.arrival_rate = PerSecond(p("lam"));
            spec.mean = Span::from_secs_f64(p("ES"));
            spec.servers = 1_000;
        }
        _ => return None,
    }
    Some(spec)
}

/// What the simulation gives for a value of the table, in seconds or as a share; `None` where it is not measured.
fn simulated(result: &QueueResult, name: &str) -> Option<MeanInterval> {
    Some(match name.trim_end_matches("_ns") {
        "Wq" => result.wait,
        "W" | "mean_T" | "slowdown" => result.response,
        "Lq" => result.queue_length,
        "L" | "EN" | "carried" | "mean_busy" => result.in_system,
        "P_wait" => result.p_wait,
        "P_block" => result.p_reject,
        "utilisation" => result.utilisation,
        "p50" => result.wait_quantiles[0],
        "p90" => result.wait_quantiles[1],
        "p99" => result.wait_quantiles[2],
        // `p99_wait` of M/M/c takes longer runs than these: the trust card has it.
        _ => return None,
    })
}

#[test]
fn simulated_stations_agree_with_the_table() {
    let mut missed = Vec::new();
    for row in table().into_iter().flatten() {
        let Some(spec) = station(&row) else { continue };
        let result = run_queue(&spec);
        for (name, expected) in row["expected"].as_object().unwrap() {
            let Some(got) = simulated(&result, name) else { continue };
            let unit = if name.ends_with("_ns") { 1e-9 } else { 1.0 };
            let expected = expected.as_f64().unwrap() * unit;
            let off = (got.mean - expected).abs();
            if off > 0.01 * expected && off > got.half_width {
                missed.push(format!("{name}: {got:?}, not {expected}, in {} requests of {row}", result.measured));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
