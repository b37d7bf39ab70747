//! One random experiment: what it is, and what is wrong with its results.

use std::path::Path;
use std::sync::Arc;

use sdcsim::config::{self, raw};
use sdcsim::experiment::{self, Input};
use sdcsim::output::{ExperimentOutput, metrics};
use sdcsim::units::Span;
use sdcsim::workload::Workload;

use super::knobs::Knobs;
use super::{hardware, platform, workload};

/// How many choices there are at most.
pub const KNOBS: usize = 400;

/// An experiment with one layout, and what it serves.
pub fn experiment(numbers: &[u32]) -> (String, Workload) {
    let mut knobs = Knobs::new(numbers);
    // First what is to be made simple last.
    let serverful = knobs.below(5) == 4;
    let drain = knobs.pick(&["1 d", "0 s", "2 s", "20 s"]);
    let (toml, trace) = (workload::toml(&mut knobs), workload::trace(&mut knobs));
    let templates = trace.functions().iter().map(|function| function.memory.as_mib_f64()).sum::<f64>() as u64;
    // Machines give no bandwidth away.
    let toml = if serverful { toml.replace(workload::DEMANDS, "") } else { toml };
    let (machines, rules) = if serverful {
        (hardware::serverful(&mut knobs), platform::serverful(&mut knobs))
    } else {
        let machines = hardware::serverless(&mut knobs, templates + 1_024);
        let rules = platform::serverless(&mut knobs, &machines);
        (machines, rules)
    };
    let seed = knobs.below(1_000);
    let measure = measure(&mut knobs, trace.length());
    let text = format!(
        "name = \"any\"\nquestion = \"Does it hold?\"\nseed = {seed}\n{measure}\nlimits = {{ drain = \"{drain}\" }}\noutputs = {{ series_interval = \"10 s\" }}\n{toml}\n[[layout]]\nname = \"l\"\n{rules}\n{}",
        machines.toml
    );
    (text, trace)
}

/// The whole run, the middle of it, or all but the first quarter.
fn measure(knobs: &mut Knobs<'_>, length: Span) -> String {
    let quarter = length.as_ps() / 4;
    match knobs.below(4) {
        1 if quarter > 0 => {
            format!("measure = {{ mode = \"window\", from = \"{quarter} ps\", to = \"{} ps\" }}", 3 * quarter)
        }
        2 if quarter > 0 => format!("measure = {{ mode = \"steady-state\", warm_up = \"{quarter} ps\" }}"),
        _ => String::new(),
    }
}

/// Whatever is a ratio is a share, but for how many times slower requests are.
fn is_share(metric: &str) -> bool {
    metric != "slowdown.mean" && metrics::find(metric).is_some_and(|entry| entry.unit == "1")
}

/// What is wrong with the results.
fn wrong(output: &ExperimentOutput) -> Vec<String> {
    let mut wrong: Vec<String> =
        output.manifest.audits.iter().filter(|audit| !audit.holds).map(|audit| format!("{audit:?}")).collect();
    let value = |name: &str| output.summary.iter().find(|row| row.metric == name).map(|row| row.value);
    for row in &output.summary {
        let rounding = 1e-9;
        let possible = match &row.metric[..] {
            metric if is_share(metric) => (0.0..=1.0 + rounding).contains(&row.value),
            "memory.idle.mean" | "memory.wasted" => row.value.is_finite() && row.value > -1e-6,
            _ => row.value.is_finite() && row.value >= 0.0,
        };
        if !possible {
            wrong.push(format!("{row:?}"));
        }
    }
    let rising = [
        &["response.p50", "response.p90", "response.p99", "response.p999", "response.max"][..],
        &["response.mean", "response.max"],
        &["start_delay.mean", "response.mean"],
        &["start_delay.p50", "start_delay.p99", "response.max"],
        &["cores.busy.mean", "cores.allocated.mean"],
        &["cores.starting.mean", "cores.allocated.mean", "cores.installed"],
        &["cores.stranded.mean", "cores.installed"],
        &["pool_memory.stranded.mean", "memory.stranded.mean", "memory.installed"],
        &["pool_memory.stranded.mean", "pool_memory.installed"],
        &["memory.idle.mean", "memory.allocated.mean"],
        &["cost.provider.used", "cost.provider"],
        &["memory.used.mean", "memory.allocated.mean", "memory.held.mean", "memory.installed"],
        &["local_memory.allocated.mean", "local_memory.installed"],
        &["pool_memory.allocated.mean", "pool_memory.installed"],
        &["cold_start_share.p50", "cold_start_share.p75"],
    ];
    for pair in rising.iter().flat_map(|names| names.windows(2)) {
        if let (Some(less), Some(more)) = (value(pair[0]), value(pair[1]))
            && less > more * (1.0 + 1e-9) + 1e-12
        {
            wrong.push(format!("{} {less} > {} {more}", pair[0], pair[1]));
        }
    }
    if let [Some(busy), Some(starting), Some(allocated)] =
        ["cores.busy.mean", "cores.starting.mean", "cores.allocated.mean"].map(value)
        && busy + starting > allocated * (1.0 + 1e-9) + 1e-12
    {
        wrong.push(format!("{busy} cores run and {starting} start, and {allocated} are allocated"));
    }
    let parts: f64 = output.breakdown.iter().map(|row| row.mean_s).sum();
    if let Some(mean) = value("response.mean")
        && (parts - mean).abs() > 1e-9 * mean + 1e-11
    {
        wrong.push(format!("the components sum to {parts}, and the mean is {mean}"));
    }
    if let Some(total) = value("energy.total") {
        let energy = output.summary.iter().filter(|row| row.metric.starts_with("energy."));
        let parts: f64 = energy.filter(|row| row.metric != "energy.total").map(|row| row.value).sum();
        if (parts - total).abs() > 1e-9 * total {
            wrong.push(format!("the parts of the energy sum to {parts}, and all is {total}"));
        }
    }
    wrong.extend(output.quantiles.windows(2).filter(|q| q[0].response_s > q[1].response_s).map(|q| format!("{q:?}")));
    wrong.extend(
        output.series.iter().filter(|row| !row.value.is_finite() || row.value < 0.0).map(|row| format!("{row:?}")),
    );
    wrong
}

/// What is wrong with a run of the experiment of these numbers; some are run twice.
pub fn check(numbers: &[u32]) -> Result<(), Vec<String>> {
    let (text, trace) = experiment(numbers);
    let loaded = config::load::load_text::<raw::Experiment>(Path::new("any.toml"), &text, &[])
        .map_err(|problems| vec![format!("not a config: {problems}")])?;
    let trace = Arc::new(trace);
    let prepared = experiment::prepare_with(&loaded, |_| Ok(Input { workload: trace, trace: None }))
        .map_err(|problems| vec![format!("not valid: {problems}")])?;
    let run = || experiment::run(&prepared, None, 1, &()).expect("the trace can be read").expect("nothing stops it");
    let output = run().output;
    let mut wrong = wrong(&output);
    if numbers.first().is_some_and(|number| number % 8 == 0) && output.manifest.runs != run().output.manifest.runs {
        wrong.push("another run gives another hash".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
