//! How busy the hardware was: cores, memory and bandwidth, by group of nodes, pools and storage nodes, and by each of them.

use super::atomic::OutputError;
use super::csvfile::{BadCell, Cells, Row, number};
use crate::record;

/// A resource of `resources.csv`; the unit is that of what was used.
const fn row(name: &'static str, unit: &'static str, label: &'static str, doc: &'static str) -> record::Row {
    record::Row { name, unit, label, doc }
}

/// The resources in the order of the file. Cores and memory are told over the window of the trace, as their metrics are; what
/// moves data, until the last request is done, or the window over where that is later.
#[rustfmt::skip]
pub const RESOURCES: &[record::Row] = &[
    row("cores", "core*s", "Cores", "Core time during which the cores of a node executed requests."),
    row("local_memory", "GiB*s", "Local memory (held)", "Memory beside the cores of a node that virtual machines or sandboxes held, over time."),
    row("pool_memory", "GiB*s", "Pool memory (held)", "Memory of a pool that sandboxes held, over time; templates are not in it."),
    row("pool", "GiB", "Pool bandwidth", "Bytes that a memory pool read and wrote: remote memory of runs, and page-ins."),
    row("interface_in", "GiB", "Network interface, in (transfers)", "Bytes that the network interface of a node received in transfers alone: images, snapshots and data of more than 64 KiB. What runs move with remote memory passes the interface too, and is in the row of the pool only: an interface full of remote memory shows as idle here."),
    row("interface_out", "GiB", "Network interface, out (transfers)", "Bytes that the network interface of a node sent; as for what it received."),
    row("storage", "GiB", "Storage node", "Bytes that a storage node read and wrote."),
];

/// What one entity, or a whole group, did of what it could.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// What was used, in the unit of the resource.
    pub used: f64,
    /// What could have been used in the same time: capacity over time.
    pub possible: f64,
    /// Most jobs at once at one entity; none where jobs are not counted.
    pub peak_jobs: Option<u32>,
    /// Highest load over capacity of one entity at any moment; above one where more was asked for than it can serve. None where it
    /// was not followed.
    pub peak_load: Option<f64>,
}

impl Use {
    /// What was used of what could have been.
    pub fn utilisation(&self) -> f64 {
        if self.possible > 0.0 { self.used / self.possible } else { 0.0 }
    }

    fn cells(&self, unit: &str, what: impl Fn() -> String) -> Result<[String; 6], OutputError> {
        let peak_load = self.peak_load.map(|load| number(load, &what)).transpose()?;
        Ok([
            number(self.used, &what)?,
            number(self.possible, &what)?,
            unit.to_owned(),
            number(self.utilisation(), &what)?,
            self.peak_jobs.map_or_else(String::new, |jobs| jobs.to_string()),
            peak_load.unwrap_or_default(),
        ])
    }

    /// From six columns, of which this is the first.
    fn parse(cells: &Cells, first: usize) -> Result<Self, BadCell> {
        Ok(Self {
            used: cells.within(first, 0.0, f64::MAX)?,
            possible: cells.within(first + 1, 0.0, f64::MAX)?,
            peak_jobs: cells.optional_whole(first + 4)?,
            peak_load: cells.optional(first + 5)?,
        })
    }
}

/// What a group of nodes, pools or storage nodes did in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceRow {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// Which resource; see [`RESOURCES`].
    pub resource: String,
    /// The name of the group in its layout.
    pub group: String,
    /// How many nodes, pools or storage nodes it has.
    pub entities: u32,
    /// What all of them did together, and the highest peaks of any of them.
    pub all: Use,
    /// The utilisation of the busiest of them; none where they were not followed one by one.
    pub busiest: Option<f64>,
    /// The unit of what was used.
    pub unit: String,
}

impl Row for ResourceRow {
    const FILE: &'static str = "resources.csv";
    const COLUMNS: &'static [&'static str] = &[
        "layout",
        "replication",
        "resource",
        "group",
        "entities",
        "used",
        "possible",
        "unit",
        "utilisation",
        "peak_jobs",
        "peak_load",
        "busiest",
    ];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let what = || format!("{} of {} in {}/{}", self.resource, self.group, self.layout, self.replication);
        let (replication, entities) = (self.replication.to_string(), self.entities.to_string());
        let mut cells = vec![self.layout.clone(), replication, self.resource.clone(), self.group.clone(), entities];
        cells.extend(self.all.cells(&self.unit, what)?);
        cells.push(self.busiest.map(|share| number(share, what)).transpose()?.unwrap_or_default());
        Ok(cells)
    }
    fn parse(cells: &Cells) -> Result<Self, BadCell> {
        Ok(Self {
            layout: cells.text(0),
            replication: cells.whole(1)?,
            resource: cells.text(2),
            group: cells.text(3),
            entities: cells.whole(4)?,
            all: Use::parse(cells, 5)?,
            busiest: cells.optional(11)?,
            unit: cells.text(7),
        })
    }
}

/// What one node, pool or storage node did in one run. There may be many: they borrow their names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntityRow<'a> {
    /// Which resource; see [`RESOURCES`].
    pub resource: &'a record::Row,
    /// The name of the group in its layout.
    pub group: &'a str,
    /// Its number among the nodes, pools or storage nodes of all groups of the layout, from zero.
    pub entity: u32,
    /// What it did.
    pub own: Use,
}

impl EntityRow<'_> {
    /// The header of a file of single entities.
    pub const COLUMNS: [&'static str; 11] = [
        "layout",
        "replication",
        "resource",
        "group",
        "entity",
        "used",
        "possible",
        "unit",
        "utilisation",
        "peak_jobs",
        "peak_load",
    ];

    /// One cell per column; an error where a number is not finite.
    pub(super) fn cells(&self, layout: &str, replication: u32) -> Result<Vec<String>, OutputError> {
        let Self { resource, group, entity, own } = self;
        let what = || format!("{} of {group} {entity} in {layout}/{replication}", resource.name);
        let names = [layout.to_owned(), replication.to_string(), resource.name.to_owned(), (*group).to_owned()];
        Ok(names.into_iter().chain([entity.to_string()]).chain(own.cells(resource.unit, what)?).collect())
    }
}
