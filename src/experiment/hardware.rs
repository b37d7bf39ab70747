//! How busy the hardware of a layout was in one run: of each node, pool and storage node what it did of what it could, and
//! the groups that they add up to.

use crate::config::plan::{Layout, Platform};
use crate::cost::OfPossible;
use crate::output::{EntityRow, RESOURCES, Use};
use crate::record::{Gauge, Meter, ResourceKind, Row};
use crate::units::Bytes;
use crate::world::RunReport;

/// A group of nodes, pools or storage nodes: its name, how many there are, and the capacity of one.
type Group<'a> = (&'a str, u32, u64);

/// What was used of what could have been, in whole units of the models: bytes, and cores or bytes times picoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    pub used: u128,
    pub possible: u128,
    /// Most jobs at once at one entity.
    pub peak_jobs: Option<u32>,
    /// Highest load over capacity of one entity.
    pub peak_load: Option<f64>,
}

/// What one entity did; or all of a group together, where it was not followed one by one.
#[derive(Clone, Copy, Debug)]
struct Did<'a> {
    resource: &'static Row,
    /// Which group of the layout.
    place: usize,
    group: &'a str,
    /// Its number among those of all groups; none for all of a group.
    entity: Option<u32>,
    entities: u32,
    own: Amount,
}

/// What every entity did.
#[derive(Debug)]
pub(super) struct Hardware<'a>(Vec<Did<'a>>);

/// What a group did.
#[derive(Clone, Debug)]
pub(super) struct GroupUse {
    pub resource: &'static Row,
    pub group: String,
    pub entities: u32,
    /// All together, with the highest peaks of any.
    pub all: Amount,
    /// The utilisation of the busiest; none where they were not followed one by one.
    pub busiest: Option<f64>,
}

impl Amount {
    /// What was used of what could have been.
    pub fn utilisation(&self) -> f64 {
        if self.possible == 0 { 0.0 } else { self.used as f64 / self.possible as f64 }
    }

    /// In the unit that the catalogue has for the resource.
    pub fn in_unit(&self, resource: &Row) -> Use {
        let gib = Bytes::from_gib(1).0 as f64;
        let unit = match resource.unit {
            "core*s" => 1e12,
            "GiB*s" => 1e12 * gib,
            "GiB" => gib,
            other => unreachable!("nothing is told in {other}"),
        };
        let Self { used, possible, peak_jobs, peak_load } = *self;
        Use { used: used as f64 / unit, possible: possible as f64 / unit, peak_jobs, peak_load }
    }

    /// Two of a group together.
    fn and(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            possible: self.possible + other.possible,
            peak_jobs: self.peak_jobs.max(other.peak_jobs),
            peak_load: highest(self.peak_load, other.peak_load),
        }
    }
}

impl<'a> Hardware<'a> {
    /// All of a layout, as `report` tells of it.
    pub fn of(layout: &'a Layout, report: &RunReport) -> Self {
        let nodes = layout.node_groups.iter();
        let cores: Vec<Group<'a>> = nodes.map(|group| (&*group.name, group.count, group.cores.into())).collect();
        let nodes = layout.node_groups.iter();
        let memory: Vec<Group<'a>> = nodes.map(|group| (&*group.name, group.count, group.memory.capacity.0)).collect();
        let pools = layout.pool_groups.iter();
        let pools: Vec<Group<'a>> = pools.map(|group| (&*group.name, group.count, group.capacity.0)).collect();
        let storage = layout.storage_groups.iter();
        let storage: Vec<Group<'a>> = storage.map(|group| (&*group.name, group.count, 0)).collect();
        let mut all = Self(Vec::new());
        let meter = &report.meter;
        all.held("cores", Gauge::CoresBusy, &cores, meter);
        all.jobs_on_cores(report, matches!(layout.platform, Platform::Serverful(_)));
        all.held("local_memory", Gauge::LocalAllocated, &memory, meter);
        all.held("pool_memory", Gauge::PoolAllocated, &pools, meter);
        all.moved(ResourceKind::Pool, &pools, report);
        all.moved(ResourceKind::CardIn, &cores, report);
        all.moved(ResourceKind::CardOut, &cores, report);
        all.moved(ResourceKind::Storage, &storage, report);
        all
    }

    /// What a gauge says of each entity where it was kept of each; of all together where they are one group.
    fn held(&mut self, name: &str, gauge: Gauge, groups: &[Group<'a>], meter: &Meter) {
        let (resource, each, unit) = (resource(name), meter.entities(gauge), meter.unit(gauge));
        let length = meter.period().length().as_ps();
        let mut first = 0;
        for (place, &(group, count, capacity)) in groups.iter().enumerate() {
            let did = |entity, entities: u32, used, peak: Option<u64>| {
                let possible = u128::from(capacity) * u128::from(entities) * u128::from(length);
                let peak_load = peak.map(|peak| peak as f64 / unit as f64 / capacity.max(1) as f64);
                let used = used / u128::from(unit);
                let own = Amount { used, possible, peak_jobs: None, peak_load };
                Did { resource, place, group, entity, entities, own }
            };
            if let Some(levels) = each.get(first as usize..(first + count) as usize) {
                let levels = (first..).zip(levels);
                self.0.extend(levels.map(|(entity, level)| did(Some(entity), 1, level.total, Some(level.peak))));
            } else if groups.len() == 1 {
                let alone = count == 1;
                let peak = (alone && gauge.more()).then(|| meter.peak(gauge));
                self.0.push(did(alone.then_some(0), count, meter.total(gauge), peak));
            }
            first += count;
        }
    }

    /// Where cores are shared, the most jobs at once on those of a node, or of one machine on it; and the load that they are on
    /// the cores of a node, which those of a machine are not. Nothing else has been told so far: nodes stand in the places of
    /// their numbers.
    fn jobs_on_cores(&mut self, report: &RunReport, of_machines: bool) {
        let one_by_one = self.0.first().is_some_and(|did| did.entity.is_some());
        for usage in report.usage.iter().filter(|usage| usage.kind == ResourceKind::Cores) {
            let place = if one_by_one { usage.entity as usize } else { 0 };
            let Some(Did { own, .. }) = self.0.get_mut(place) else { continue };
            own.peak_jobs = own.peak_jobs.max(Some(usage.peak_jobs));
            if !of_machines {
                own.peak_load = highest(own.peak_load, usage.peak_load);
            }
        }
    }

    /// What entities have moved.
    fn moved(&mut self, kind: ResourceKind, groups: &[Group<'a>], report: &RunReport) {
        let resource = resource(kind.name());
        // The group at hand, and the first entity behind it: they come in order.
        let (mut place, mut end) = (0, groups.first().map_or(0, |group| group.1));
        for usage in report.usage.iter().filter(|usage| usage.kind == kind) {
            while usage.entity >= end && place + 1 < groups.len() {
                place += 1;
                end += groups[place].1;
            }
            let Some((group, _, _)) = groups.get(place) else { continue };
            let (used, possible) = (usage.served, usage.possible);
            let own = Amount { used, possible, peak_jobs: Some(usage.peak_jobs), peak_load: usage.peak_load };
            self.0.push(Did { resource, place, group, entity: Some(usage.entity), entities: 1, own });
        }
    }

    /// A row for each entity that was followed.
    pub fn rows(&self) -> impl Iterator<Item = EntityRow<'_>> {
        self.0.iter().filter_map(|did| {
            let Did { resource, group, own, .. } = *did;
            did.entity.map(|entity| EntityRow { resource, group, entity, own: own.in_unit(resource) })
        })
    }

    /// The groups, in the order of the catalogue and of the layout.
    pub fn groups(&self) -> Vec<GroupUse> {
        let same = |a: &Did<'_>, b: &Did<'_>| (a.resource.name, a.place) == (b.resource.name, b.place);
        self.0.chunk_by(same).map(group_use).collect()
    }
}

/// What the group called `group` moved, all these resources of it together.
pub(super) fn moved(groups: &[GroupUse], resources: &[&str], group: &str) -> OfPossible {
    let is_it = |it: &&GroupUse| it.group == group && resources.contains(&it.resource.name);
    let add =
        |sum: OfPossible, all: Amount| OfPossible { used: sum.used + all.used, possible: sum.possible + all.possible };
    groups.iter().filter(is_it).map(|it| it.all).fold(OfPossible::default(), add)
}

fn resource(name: &str) -> &'static Row {
    let found = RESOURCES.iter().find(|resource| resource.name == name);
    found.unwrap_or_else(|| unreachable!("`{name}` has no row in the catalogue"))
}

/// The higher of two loads, where any is known.
fn highest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

/// Entities of one group, of which there is one at least, together.
fn group_use(members: &[Did<'_>]) -> GroupUse {
    let Did { resource, group, own: first, .. } = members[0];
    let known = members.iter().all(|did| did.entity.is_some());
    GroupUse {
        resource,
        group: group.to_owned(),
        entities: members.iter().map(|did| did.entities).sum(),
        all: members[1..].iter().fold(first, |sum, did| sum.and(did.own)),
        busiest: members.iter().map(|did| did.own.utilisation()).reduce(f64::max).filter(|_| known),
    }
}
