//! The catalogue of what a run measures: one list for tables, page and documentation.
//!
//! What models count has its row in [`record`](crate::record); metrics that are made of it after the run have theirs here.

use super::resources::RESOURCES;
use crate::record::{Component, Counter, Row, Section};

pub use crate::record::Better;

/// Where a metric stands in tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// How long requests take.
    Latency,
    /// What becomes of requests, and why some are lost.
    Requests,
    /// How requests and sandboxes start.
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
            Self::Requests => "Requests",
            Self::Starts => "Starts",
            Self::Use => "Use",
            Self::Cost => "Cost",
            Self::Energy => "Energy",
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
use Group::{Cost, Energy, Latency, Requests, Starts, Use};

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

/// How long requests take.
#[rustfmt::skip]
const LATENCY: [Metric; 10] = [
    headline(Latency, "response.mean", "s", Lower, "Response, mean", "Time from arrival to completion, mean over completed requests."),
    headline(Latency, "response.p50", "s", Lower, "Response, p50", "Median response time."),
    detail(Latency, "response.p90", "s", Lower, "Response, p90", "90th percentile of response time."),
    headline(Latency, "response.p99", "s", Lower, "Response, p99", "99th percentile of response time."),
    headline(Latency, "response.p999", "s", Lower, "Response, p99.9", "99.9th percentile of response time."),
    detail(Latency, "response.max", "s", Lower, "Response, max", "Longest response time. Of a single request: it varies widely, and intervals of few replications hold it less often than they say; response.p99 is steadier."),
    headline(Latency, "slowdown.mean", "1", Lower, "Slowdown, mean", "Response time over the duration in the trace; mean of the ratio. Below 1 where a request runs faster than the trace says, on faster cores or on more of them. Requests of hardly any time have very large ones: intervals of few replications hold the mean less often than they say."),
    detail(Latency, "start_delay.mean", "s", Lower, "Start delay, mean", "Time from arrival until the function's code runs, mean."),
    detail(Latency, "start_delay.p50", "s", Lower, "Start delay, p50", "Median start delay."),
    headline(Latency, "start_delay.p99", "s", Lower, "Start delay, p99", "99th percentile of start delay."),
];

/// Cold starts, as the answered requests tell of them.
#[rustfmt::skip]
const COLD: [Metric; 4] = [
    detail(Starts, "cold_starts", "requests", Lower, "Cold starts", "Requests that waited for a sandbox to start, those among them that then ran too long; of several attempts, the last counts."),
    headline(Starts, "cold_start_share", "1", Lower, "Cold-start share", "Cold starts over requests that began to run, whether they were answered or ran too long."),
    detail(Starts, "cold_start_share.p50", "1", Lower, "Cold-start share of functions, p50", "Half of the functions with requests that began to run have at most this cold-start share."),
    detail(Starts, "cold_start_share.p75", "1", Lower, "Cold-start share of functions, p75", "Three quarters of the functions with requests that began to run have at most this cold-start share."),
];

/// Why requests were lost: a metric for each [reason](crate::record::Rejection).
#[rustfmt::skip]
const WHY: [Metric; 1] = [
    detail(Requests, "requests.rejected.*", "requests", Lower, "Requests rejected, why", "Requests lost for one reason, such as `requests.rejected.throttled`; the reasons add up to `requests.rejected`."),
];

/// What starts were served from: a metric for each counter of that section.
#[rustfmt::skip]
const FROM: [Metric; 1] = [
    detail(Starts, "starts.*", "requests", Neither, "Starts", "Requests that waited for a sandbox to start, by what there was of it: `starts.nothing`, `starts.bare`, `starts.language`, `starts.pool`."),
];

/// Sandboxes over time.
#[rustfmt::skip]
const MACHINES: [Metric; 1] = [
    detail(Starts, "sandboxes.mean", "sandboxes", Neither, "Sandboxes, mean", "Sandboxes that exist, in whichever state, mean over time."),
];

/// How much of the hardware is held and used.
#[rustfmt::skip]
const USE: [Metric; 35] = [
    headline(Use, "cores.installed", "cores", Neither, "Cores installed", "Cores in the data centre."),
    headline(Use, "cores.allocated.mean", "cores", Neither, "Cores allocated", "Cores held by virtual machines or sandboxes, mean over time."),
    detail(Use, "cores.busy.mean", "cores", Neither, "Cores busy", "Cores that execute requests, mean over time."),
    detail(Use, "cores.starting.mean", "cores", Lower, "Cores starting", "Cores held by sandboxes that start, and one of each virtual machine that boots, mean over time; they draw power as busy ones do."),
    headline(Use, "cores.utilisation", "1", Higher, "Core utilisation", "Busy over installed cores."),
    detail(Use, "cores.stranded.mean", "cores", Lower, "Cores stranded", "Free cores where memory, or room in pools, is short of what one more sandbox of the median function needs (on a node of virtual machines: one more machine; in a machine: one more request), mean over time."),
    headline(Use, "cores.stranded.share", "1", Lower, "Cores stranded, share", "Stranded over installed cores."),
    headline(Use, "memory.installed", "GiB", Neither, "Memory installed", "Memory in the data centre, local and pooled."),
    headline(Use, "memory.allocated.mean", "GiB", Lower, "Memory allocated", "Memory held by virtual machines or sandboxes, mean over time."),
    detail(Use, "memory.held.mean", "GiB", Lower, "Memory held", "Memory held by virtual machines, sandboxes or templates, mean over time: what no other use can have."),
    detail(Use, "memory.used.mean", "GiB", Neither, "Memory used", "Memory of requests that run or start, mean over time: that of their sandboxes, or what they hold of a virtual machine."),
    detail(Use, "memory.system.mean", "GiB", Lower, "Memory of systems", "Memory that operating systems of virtual machines hold, mean over time; no request can use it."),
    detail(Use, "memory.idle.mean", "GiB", Lower, "Memory idle", "Memory held by sandboxes that wait for a request, or free on virtual machines, mean over time."),
    headline(Use, "memory.utilisation", "1", Higher, "Memory utilisation (used)", "Memory of requests that run or start, over installed memory; what is held is in `memory.allocated.mean`."),
    detail(Use, "memory.stranded.mean", "GiB", Lower, "Memory stranded", "Free memory that no core can use: on nodes without a free core or without their part of a pool, and in pools whose nodes all lack cores or memory, mean over time."),
    headline(Use, "memory.stranded.share", "1", Lower, "Memory stranded, share", "Stranded over installed memory."),
    detail(Use, "pool_memory.stranded.mean", "GiB", Lower, "Pool memory stranded", "The part of it that is in pools."),
    detail(Use, "memory.wasted", "GiB*s", Lower, "Memory wasted", "Memory held by idle sandboxes, integrated over time."),
    detail(Use, "local_memory.installed", "GiB", Neither, "Local memory installed", "Memory beside the cores."),
    detail(Use, "local_memory.allocated.mean", "GiB", Neither, "Local memory allocated", "Memory beside the cores that is held, mean over time."),
    detail(Use, "pool_memory.installed", "GiB", Neither, "Pool memory installed", "Memory behind the network."),
    detail(Use, "pool_memory.allocated.mean", "GiB", Neither, "Pool memory allocated", "Memory behind the network that is held, mean over time."),
    detail(Use, "memory.templates", "GiB", Lower, "Memory of templates", "Memory of pools that templates of initialised sandboxes hold during the whole run; beside the memory allocated."),
    detail(Use, "concurrency.mean", "requests", Neither, "Concurrency, mean", "Requests in the data centre at once, from arrival to answer, dispatch and network included, mean over time."),
    detail(Use, "period", "s", Neither, "Period", "The time that everything is over: means over time, bills, energy, hardware and bytes. It ends with the answer of the last request, or with the trace where that is later; manifest.json says it in words. Where it ends with a straggler it is skewed over replications, and so are energy and cost of the provider; [measure] with fixed ends is the remedy."),
    detail(Use, "remote.bandwidth.mean", "Gbit/s", Neither, "Remote bandwidth, mean", "Rate at which remote memory is read and written, mean over time."),
    detail(Use, "remote.utilisation.max", "1", Lower, "Remote utilisation, max", "Bytes moved over capacity of the busiest memory pool, at its highest."),
    detail(Use, "remote.utilisation.mean", "1", Neither, "Remote utilisation, mean", "Bytes that memory pools moved over what they could have, all pools together."),
    headline(Use, "remote.utilisation.busiest", "1", Lower, "Remote utilisation, busiest", "The same of the pool for which it is highest."),
    detail(Use, "interface_in.utilisation.mean", "1", Neither, "Interface in, mean (transfers)", "Bytes that network interfaces of nodes received, as images, snapshots and data of more than 64 KiB, over what they could have, all nodes together; what remote memory moves through them is not among it."),
    headline(Use, "interface_in.utilisation.busiest", "1", Lower, "Interface in, busiest (transfers)", "The same of the node for which it is highest."),
    detail(Use, "interface_out.utilisation.mean", "1", Neither, "Interface out, mean", "Bytes that network interfaces of nodes sent, as data of more than 64 KiB, over what they could have, all nodes together."),
    headline(Use, "interface_out.utilisation.busiest", "1", Lower, "Interface out, busiest", "The same of the node for which it is highest."),
    detail(Use, "storage.utilisation.mean", "1", Neither, "Storage utilisation, mean", "Bytes that storage nodes read and wrote over what they could have, all together."),
    headline(Use, "storage.utilisation.busiest", "1", Lower, "Storage utilisation, busiest", "The same of the storage node for which it is highest."),
];

/// What it costs.
#[rustfmt::skip]
const COST: [Metric; 9] = [
    headline(Cost, "cost.user", "USD", Lower, "User cost", "What the users pay in the period."),
    headline(Cost, "cost.user_per_million", "USD", Lower, "User cost per million", "What the users pay per million completed requests."),
    headline(Cost, "cost.provider", "USD", Lower, "Provider cost", "What the provider spends in the period: written-off hardware and electricity."),
    headline(Cost, "cost.provider.used", "USD", Lower, "Provider cost, used", "What the provider would spend if all that nobody holds were sold to others: hardware and idle power by the share of cores and memory that is held (of pools and storage nodes: of their memory and bandwidth), and the power of what works."),
    detail(Cost, "cost.provider.capex", "USD", Lower, "Provider cost, hardware", "The part of the purchase cost that is written off in the period."),
    detail(Cost, "cost.provider.electricity", "USD", Lower, "Provider cost, electricity", "What the electricity of the period costs."),
    headline(Cost, "cost.provider_per_million", "USD", Lower, "Provider cost per million", "What the provider spends per million completed requests."),
    detail(Cost, "share.provider.*", "1", Neither, "Provider cost by confidence, part", "Share of `cost.provider` that rests on numbers of one confidence: `a` read in a source, `b` computed from such, `c` second-hand, `unsourced`."),
    headline(Cost, "purchase_cost", "USD", Lower, "Purchase cost", "What the hardware costs to buy."),
];

/// What it draws.
#[rustfmt::skip]
const ENERGY: [Metric; 4] = [
    headline(Energy, "energy.total", "kWh", Lower, "Energy, total", "Electric energy of the period."),
    detail(Energy, "energy.*", "kWh", Lower, "Energy, part", "Electric energy of one part, such as `energy.cpu`; the parts add up to `energy.total`."),
    detail(Energy, "share.energy.*", "1", Neither, "Energy by confidence, part", "Share of `energy.total` that rests on numbers of one confidence, as with `share.provider.*`."),
    headline(Energy, "energy_per_request", "J", Lower, "Energy per request", "Electric energy of the period over the requests completed, in each replication; over several, the mean of these ratios."),
];

/// How many counters a section has.
const fn counters_in(section: Section) -> usize {
    let (mut i, mut n) = (0, 0);
    while i < Counter::COUNT {
        n += (Counter::ALL[i].more().section as u8 == section as u8) as usize;
        i += 1;
    }
    n
}

/// The metrics of the counters of a section: their rows as they are.
const fn counted<const N: usize>(section: Section, group: Group) -> [Metric; N] {
    let mut metrics = [COLD[0]; N];
    let (mut i, mut n) = (0, 0);
    while i < Counter::COUNT {
        let (Row { name, unit, label, doc }, shown) = (Counter::ALL[i].row(), Counter::ALL[i].more());
        if shown.section as u8 == section as u8 {
            metrics[n] = Metric { name, unit, label, better: shown.better, group, headline: shown.headline, doc };
            n += 1;
        }
        i += 1;
    }
    metrics
}

const FATES: [Metric; counters_in(Section::Fates)] = counted(Section::Fates, Requests);
const ENDS: [Metric; counters_in(Section::Starts)] = counted(Section::Starts, Requests);
const SANDBOXES: [Metric; counters_in(Section::Sandboxes)] = counted(Section::Sandboxes, Starts);
const WAYS: [Metric; counters_in(Section::Ways)] = counted(Section::Ways, Starts);

/// The tables in their order.
const TABLES: [&[Metric]; 12] =
    [&LATENCY, &FATES, &WHY, &ENDS, &COLD, &FROM, &SANDBOXES, &MACHINES, &WAYS, &USE, &COST, &ENERGY];

const fn rows() -> usize {
    let (mut table, mut n) = (0, 0);
    while table < TABLES.len() {
        n += TABLES[table].len();
        table += 1;
    }
    n
}

const fn all() -> [Metric; rows()] {
    let mut metrics = [COLD[0]; rows()];
    let (mut table, mut n) = (0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            metrics[n] = TABLES[table][row];
            (row, n) = (row + 1, n + 1);
        }
        table += 1;
    }
    metrics
}

/// All metrics in the order of tables. Means over time are over the period; means over requests, over
/// those completed.
pub const METRICS: &[Metric] = &all();

/// The metric of this name, where the catalogue has it; parts of a whole find the entry that stands for them.
pub fn find(name: &str) -> Option<&'static Metric> {
    let exact = METRICS.iter().find(|metric| metric.name == name);
    let part = |metric: &&Metric| {
        let whole = metric.name.strip_suffix('*');
        whole.is_some_and(|whole| name.strip_prefix(whole).is_some_and(|part| !part.is_empty()))
    };
    exact.or_else(|| METRICS.iter().find(part))
}

/// What people call the metric of this name: the catalogue's label, or the name where it has none. Of a part, the label of
/// the entry that stands for it, with the part behind or in place of what follows its comma.
pub fn label(name: &str) -> String {
    match find(name) {
        Some(metric) if metric.name == name => metric.label.to_owned(),
        Some(metric) => {
            let part = name.strip_prefix(metric.name.trim_end_matches('*')).unwrap_or(name);
            let whole = metric.label.split_once(", ").map_or(metric.label, |(whole, _)| whole);
            format!("{whole}, {}", part.replace('_', " "))
        }
        None => name.to_owned(),
    }
}

/// A [`Row`].
const fn row(name: &'static str, unit: &'static str, label: &'static str, doc: &'static str) -> Row {
    Row { name, unit, label, doc }
}

const fn components() -> [Row; Component::COUNT] {
    let mut rows = [Component::ALL[0].row(); Component::COUNT];
    let mut i = 0;
    while i < rows.len() {
        rows[i] = Component::ALL[i].row();
        i += 1;
    }
    rows
}

/// The components of the response time, in the order in which a request meets them.
pub const COMPONENTS: &[Row] = &components();

/// The series over time.
#[rustfmt::skip]
pub const SERIES: &[Row] = &[
    row("cores.installed", "cores", "Cores installed", "Cores in the data centre, mean over the bin."),
    row("cores.allocated", "cores", "Cores allocated", "Cores held, mean over the bin."),
    row("cores.busy", "cores", "Cores busy", "Cores that execute requests, mean over the bin."),
    row("memory.installed", "GiB", "Memory installed", "Memory in the data centre, mean over the bin."),
    row("memory.allocated", "GiB", "Memory allocated", "Memory held, mean over the bin."),
    row("memory.used", "GiB", "Memory used", "Memory of sandboxes that execute a request, mean over the bin."),
    row("queue.length", "requests", "Queue length", "Requests that wait, mean over the bin."),
    row("arrivals", "requests", "Arrivals", "Requests that arrived in the bin."),
    row("cold_starts", "requests", "Cold starts", "Cold starts in the bin."),
];

/// The catalogue as Markdown tables, as `results/README.md` holds it.
pub fn markdown() -> String {
    let mut lines = vec!["| metric | unit | better | what it is |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    lines.extend(METRICS.iter().map(|m| format!("| `{}` | {} | {} | {} |", m.name, m.unit, m.better.word(), m.doc)));
    for (heading, rows) in [("component", COMPONENTS), ("series", SERIES)] {
        lines.extend([String::new(), format!("| {heading} | what it is |"), "| --- | --- |".to_owned()]);
        lines.extend(rows.iter().map(|row| format!("| `{}` | {} |", row.name, row.doc)));
    }
    let head = ["", "| resource | unit | what it is |", "| --- | --- | --- |"];
    lines.extend(head.map(str::to_owned));
    lines.extend(RESOURCES.iter().map(|row| format!("| `{}` | {} | {} |", row.name, row.unit, row.doc)));
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
        assert_eq!(label("requests.rejected.queue_full"), "Requests rejected, queue full");
        assert_eq!(label("starts.else"), "Starts, else");
        assert!(find("energy.").is_none());
        assert!(find("made.up").is_none());
        assert_eq!(label("made.up"), "made.up");
    }

    /// Tables and pages put rows under the heading of their group.
    #[test]
    fn names_stand_in_the_group_that_they_say() {
        let said = [
            ("response.", Latency),
            ("start_delay.", Latency),
            ("requests.", Requests),
            ("cold_start", Starts),
            ("starts.", Starts),
            ("sandboxes.", Starts),
            ("cores.", Use),
            ("memory.", Use),
            ("cost.", Cost),
            ("energy", Energy),
        ];
        let group = |name: &str| find(name).unwrap_or_else(|| panic!("{name}")).group;
        for (prefix, expected) in said {
            let named: Vec<&str> =
                METRICS.iter().map(|metric| metric.name).filter(|name| name.starts_with(prefix)).collect();
            assert!(!named.is_empty(), "{prefix}");
            for name in named {
                assert_eq!(group(name), expected, "{name}");
            }
        }
        for reason in crate::record::Rejection::ALL {
            let name = format!("requests.rejected.{}", reason.name().replace(' ', "_"));
            assert_eq!(group(&name), Requests, "{name}");
        }
        // Rows of one group follow each other, so that it has one heading.
        let headings: Vec<Group> = METRICS.iter().map(|metric| metric.group).collect();
        let changes = headings.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert_eq!(changes, 5, "six groups, each once");
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
