//! The catalogue of what a run measures: one list for tables, page and documentation.

/// Where a metric stands in tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// How long requests take.
    Latency,
    /// How requests and sandboxes start, and which are turned away.
    Starts,
    /// How much of the hardware is held and used.
    Use,
    /// What it costs, to users and to the provider.
    Cost,
    /// What it draws.
    Energy,
}

impl Group {
    /// As a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Latency => "Latency",
            Self::Starts => "Starts",
            Self::Use => "Use",
            Self::Cost => "Cost",
            Self::Energy => "Energy",
        }
    }
}

/// Which way is better, all else equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither: a fact about the run.
    Neither,
}

impl Better {
    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Neither => "–",
        }
    }
}

/// One metric of `summary.csv`.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name; one that ends in `.*` stands for every part of a whole.
    pub name: &'static str,
    /// Its unit; `1` for a ratio.
    pub unit: &'static str,
    /// A short name for people.
    pub label: &'static str,
    /// Which way is better.
    pub better: Better,
    /// Where it stands in tables.
    pub group: Group,
    /// Whether it stands in the short table on the terminal; the page and `comparison.csv` have all.
    pub headline: bool,
    /// What it is.
    pub doc: &'static str,
}

use Better::{Higher, Lower, Neither};
use Group::{Cost, Energy, Latency, Starts, Use};

/// A metric of the short table.
const fn headline(
    group: Group,
    name: &'static str,
    unit: &'static str,
    better: Better,
    label: &'static str,
    doc: &'static str,
) -> Metric {
    Metric { name, unit, label, better, group, headline: true, doc }
}

/// A metric of the long table alone.
const fn detail(
    group: Group,
    name: &'static str,
    unit: &'static str,
    better: Better,
    label: &'static str,
    doc: &'static str,
) -> Metric {
    Metric { name, unit, label, better, group, headline: false, doc }
}

/// All metrics in the order of tables. Means over time are over the whole run; means over requests, over
/// those completed.
#[rustfmt::skip]
pub const METRICS: &[Metric] = &[
    headline(Latency, "response.mean", "s", Lower, "Response, mean", "Time from arrival to completion, mean over completed requests."),
    headline(Latency, "response.p50", "s", Lower, "Response, p50", "Median response time."),
    detail(Latency, "response.p90", "s", Lower, "Response, p90", "90th percentile of response time."),
    headline(Latency, "response.p99", "s", Lower, "Response, p99", "99th percentile of response time."),
    headline(Latency, "response.p999", "s", Lower, "Response, p99.9", "99.9th percentile of response time."),
    detail(Latency, "response.max", "s", Lower, "Response, max", "Longest response time."),
    headline(Latency, "slowdown.mean", "1", Lower, "Slowdown, mean", "Response time over the time that the same request takes warm, alone and with all its memory local; mean of the ratio."),
    detail(Latency, "start_delay.mean", "s", Lower, "Start delay, mean", "Time from arrival until the function's code runs, mean."),
    detail(Latency, "start_delay.p50", "s", Lower, "Start delay, p50", "Median start delay."),
    headline(Latency, "start_delay.p99", "s", Lower, "Start delay, p99", "99th percentile of start delay."),

    detail(Starts, "requests.arrived", "requests", Neither, "Requests arrived", "Requests that reached the data centre."),
    headline(Starts, "requests.completed", "requests", Higher, "Requests completed", "Requests answered before the run ended."),
    headline(Starts, "requests.rejected", "requests", Lower, "Requests rejected", "Requests turned away; they are in no mean of latency or cost, so compare layouts only where this is alike."),
    detail(Starts, "requests.running_at_end", "requests", Neither, "Requests running at end", "Requests queued or running when the run ended."),
    detail(Starts, "cold_starts", "requests", Lower, "Cold starts", "Requests that waited for a new sandbox."),
    headline(Starts, "cold_start_share", "1", Lower, "Cold-start share", "Cold starts over requests that started."),
    detail(Starts, "cold_start_share.p50", "1", Lower, "Cold-start share of functions, p50", "Half of the functions that completed requests have at most this cold-start share."),
    detail(Starts, "cold_start_share.p75", "1", Lower, "Cold-start share of functions, p75", "Three quarters of the functions that completed requests have at most this cold-start share."),
    detail(Starts, "requests.rejected.*", "requests", Lower, "Requests rejected, why", "Requests lost for one reason, such as `requests.rejected.throttled`; the reasons add up to `requests.rejected`."),
    detail(Starts, "requests.retries", "requests", Lower, "Retries", "Attempts after the first, of requests that were turned away or failed."),
    detail(Starts, "requests.dead_letters", "requests", Lower, "Dead letters", "Requests lost after their last attempt."),
    detail(Starts, "starts.*", "requests", Neither, "Starts", "Requests that waited for a sandbox to start, by what there was of it: `starts.nothing`, `starts.bare`, `starts.language`, `starts.pool`."),
    detail(Starts, "sandboxes.started", "sandboxes", Lower, "Sandboxes started", "Sandboxes created, for requests and ahead of them."),
    detail(Starts, "sandboxes.prewarmed", "sandboxes", Neither, "Sandboxes pre-warmed", "Sandboxes started without a request: pre-warmed, speculative or autoscaled."),
    detail(Starts, "sandboxes.evicted", "sandboxes", Lower, "Sandboxes evicted", "Idle sandboxes removed, or moved to a pool, to make room."),
    detail(Starts, "sandboxes.demoted", "sandboxes", Neither, "Sandboxes demoted", "Idle sandboxes that lost their code or their runtime, or moved to a pool."),
    detail(Starts, "sandboxes.mean", "sandboxes", Neither, "Sandboxes, mean", "Sandboxes that exist, on whichever rung, mean over time."),
    detail(Starts, "ways.booted", "sandboxes", Lower, "Sandboxes, booted", "Sandboxes that were booted and initialised; where there are other ways to start."),
    detail(Starts, "ways.image_on_node", "sandboxes", Higher, "Sandboxes, image on node", "Sandboxes booted from an image that was on the node already."),
    detail(Starts, "ways.restored", "sandboxes", Neither, "Sandboxes, restored", "Sandboxes restored from a snapshot."),
    detail(Starts, "ways.mapped", "sandboxes", Neither, "Sandboxes, mapped", "Sandboxes mapped from a template in a memory pool."),

    headline(Use, "cores.installed", "cores", Neither, "Cores installed", "Cores in the data centre."),
    headline(Use, "cores.allocated.mean", "cores", Neither, "Cores allocated", "Cores held by virtual machines or sandboxes, mean over time."),
    detail(Use, "cores.busy.mean", "cores", Neither, "Cores busy", "Cores that execute requests, mean over time."),
    headline(Use, "cores.utilisation", "1", Higher, "Core utilisation", "Busy over installed cores."),
    headline(Use, "memory.installed", "GiB", Neither, "Memory installed", "Memory in the data centre, local and pooled."),
    headline(Use, "memory.allocated.mean", "GiB", Lower, "Memory allocated", "Memory held by virtual machines or sandboxes, mean over time."),
    detail(Use, "memory.held.mean", "GiB", Lower, "Memory held", "Memory held by virtual machines, sandboxes or templates, mean over time: what no other use can have."),
    detail(Use, "memory.used.mean", "GiB", Neither, "Memory used", "Memory of sandboxes that execute a request, mean over time."),
    detail(Use, "memory.idle.mean", "GiB", Lower, "Memory idle", "Memory held by sandboxes that wait for a request, mean over time."),
    headline(Use, "memory.utilisation", "1", Higher, "Memory utilisation", "Used over installed memory."),
    detail(Use, "memory.wasted", "GiB*s", Lower, "Memory wasted", "Memory held by idle sandboxes, integrated over time."),
    detail(Use, "local_memory.installed", "GiB", Neither, "Local memory installed", "Memory beside the cores."),
    detail(Use, "local_memory.allocated.mean", "GiB", Neither, "Local memory allocated", "Memory beside the cores that is held, mean over time."),
    detail(Use, "pool_memory.installed", "GiB", Neither, "Pool memory installed", "Memory behind the network."),
    detail(Use, "pool_memory.allocated.mean", "GiB", Neither, "Pool memory allocated", "Memory behind the network that is held, mean over time."),
    detail(Use, "memory.templates", "GiB", Lower, "Memory of templates", "Memory of pools that templates of initialised sandboxes hold during the whole run; beside the memory allocated."),
    detail(Use, "concurrency.mean", "requests", Neither, "Concurrency, mean", "Requests in the data centre at once, mean over time."),
    detail(Use, "remote.bandwidth.mean", "Gbit/s", Neither, "Remote bandwidth, mean", "Rate at which remote memory is read and written, mean over time."),
    detail(Use, "remote.utilisation.max", "1", Lower, "Remote utilisation, max", "Load over capacity of the busiest remote-memory link, at its highest."),

    headline(Cost, "cost.user", "USD", Lower, "User cost", "What the users pay for the run."),
    headline(Cost, "cost.user_per_million", "USD", Lower, "User cost per million", "What the users pay per million completed requests."),
    headline(Cost, "cost.provider", "USD", Lower, "Provider cost", "What the provider spends on the run: written-off hardware and electricity."),
    detail(Cost, "cost.provider.capex", "USD", Lower, "Provider cost, hardware", "The part of the purchase cost that is written off during the run."),
    detail(Cost, "cost.provider.electricity", "USD", Lower, "Provider cost, electricity", "What the electricity of the run costs."),
    headline(Cost, "cost.provider_per_million", "USD", Lower, "Provider cost per million", "What the provider spends per million completed requests."),
    headline(Cost, "purchase_cost", "USD", Lower, "Purchase cost", "What the hardware costs to buy."),

    headline(Energy, "energy.total", "kWh", Lower, "Energy, total", "Electric energy of the run."),
    detail(Energy, "energy.*", "kWh", Lower, "Energy, part", "Electric energy of one part, such as `energy.cpu`; the parts add up to `energy.total`."),
    headline(Energy, "energy_per_request", "J", Lower, "Energy per request", "Electric energy over completed requests."),
];

/// The metric of this name, where the catalogue has it; parts of a whole find the entry that stands for them.
pub fn find(name: &str) -> Option<&'static Metric> {
    let exact = METRICS.iter().find(|metric| metric.name == name);
    let part = |metric: &&Metric| {
        let whole = metric.name.strip_suffix('*');
        whole.is_some_and(|whole| name.strip_prefix(whole).is_some_and(|part| !part.is_empty()))
    };
    exact.or_else(|| METRICS.iter().find(part))
}

/// What people call the metric of this name: the catalogue's label, or the name where it has none.
pub fn label(name: &str) -> String {
    match find(name) {
        Some(metric) if metric.name == name => metric.label.to_owned(),
        Some(metric) => {
            let part = name.strip_prefix(metric.name.trim_end_matches('*')).unwrap_or(name);
            format!("{}, {}", metric.group.title(), part.replace('_', " "))
        }
        None => name.to_owned(),
    }
}

/// A name in a result file that is not a metric: a component of `breakdown.csv` or a series of `series.csv`.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Its name.
    pub name: &'static str,
    /// A short name for people.
    pub label: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// A [`Term`].
const fn term(name: &'static str, label: &'static str, doc: &'static str) -> Term {
    Term { name, label, doc }
}

/// The components of the response time, in the order in which a request meets them.
#[rustfmt::skip]
pub const COMPONENTS: &[Term] = &[
    term("queue", "Queue", "Waiting for a free core, memory or sandbox."),
    term("dispatch", "Dispatch", "The platform's own work: routing and placement."),
    term("cold_allocate", "Cold: allocate", "Finding and setting aside resources for a new sandbox."),
    term("cold_fetch", "Cold: fetch", "Bringing the image or snapshot to the node."),
    term("cold_boot", "Cold: boot", "Starting the sandbox and its runtime."),
    term("cold_init", "Cold: initialise", "Running the function's own start-up code."),
    term("compute", "Compute", "Executing on a core."),
    term("local_memory", "Local memory", "Waiting for memory beside the cores."),
    term("remote_memory", "Remote memory", "Waiting for memory behind the network."),
    term("network", "Network", "Moving requests and answers."),
    term("storage", "Storage", "Reading and writing storage."),
];

/// The series over time.
#[rustfmt::skip]
pub const SERIES: &[Term] = &[
    term("cores.installed", "Cores installed", "Cores in the data centre, mean over the bin."),
    term("cores.allocated", "Cores allocated", "Cores held, mean over the bin."),
    term("cores.busy", "Cores busy", "Cores that execute requests, mean over the bin."),
    term("memory.installed", "Memory installed", "Memory in the data centre, mean over the bin."),
    term("memory.allocated", "Memory allocated", "Memory held, mean over the bin."),
    term("memory.used", "Memory used", "Memory of sandboxes that execute a request, mean over the bin."),
    term("queue.length", "Queue length", "Requests that wait, mean over the bin."),
    term("arrivals", "Arrivals", "Requests that arrived in the bin."),
    term("cold_starts", "Cold starts", "Cold starts in the bin."),
];

/// The catalogue as Markdown tables, as `results/README.md` holds it.
pub fn markdown() -> String {
    let mut lines = vec!["| metric | unit | better | what it is |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    lines.extend(METRICS.iter().map(|m| format!("| `{}` | {} | {} | {} |", m.name, m.unit, m.better.word(), m.doc)));
    for (heading, terms) in [("component", COMPONENTS), ("series", SERIES)] {
        lines.extend([String::new(), format!("| {heading} | what it is |"), "| --- | --- |".to_owned()]);
        lines.extend(terms.iter().map(|term| format!("| `{}` | {} |", term.name, term.doc)));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_find_the_entry_that_stands_for_them() {
        assert_eq!(find("energy.total").unwrap().name, "energy.total");
        assert_eq!(find("energy.compute").unwrap().name, "energy.*");
        assert_eq!(label("energy.remote_memory"), "Energy, remote memory");
        assert!(find("energy.").is_none());
        assert!(find("made.up").is_none());
        assert_eq!(label("made.up"), "made.up");
    }

    #[test]
    fn names_are_unique_and_every_entry_says_what_it_is() {
        let mut names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(!metric.label.is_empty() && metric.doc.ends_with('.') && !metric.unit.is_empty(), "{metric:?}");
        }
        assert!(METRICS.is_sorted_by_key(|metric| metric.group), "a group's metrics stand together");
    }
}
