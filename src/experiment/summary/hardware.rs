//! How busy the hardware was: metrics of what moves data, and rows by group.

use crate::output::ResourceRow;

use super::super::hardware::GroupUse;
use super::rows::Rows;

/// Resources with metrics of their own, and the beginning of these: the others have theirs in `capacity`.
const METRICS: [(&str, &str); 4] =
    [("pool", "remote"), ("interface_in", "interface_in"), ("interface_out", "interface_out"), ("storage", "storage")];

/// Whether it is a row that a run has where any run of the experiment used the resource.
pub(super) fn is_utilisation(metric: &str) -> bool {
    let rest = METRICS.iter().find_map(|(_, name)| metric.strip_prefix(name));
    matches!(rest, Some(".utilisation.mean" | ".utilisation.busiest"))
}

impl Rows<'_> {
    /// Of what any run of the experiment used, zero where this one did not: a mean over replications is over all of them.
    pub(super) fn utilisation(&mut self) {
        let was_used = |resource| {
            let mut groups = self.runs.iter().flat_map(|run| run.hardware(resource));
            groups.any(|group| group.all.peak_jobs.unwrap_or(0) > 0)
        };
        // Layouts with memory in pools have the pools' rows, used or not, so that sweeps have the same rows everywhere.
        let always = |resource| resource == "pool" && self.layout.has_remote_runs();
        for (resource, metric) in METRICS.into_iter().filter(|(resource, _)| always(*resource) || was_used(resource)) {
            let groups: Vec<&GroupUse> = self.run.hardware(resource).collect();
            if groups.is_empty() {
                continue;
            }
            let used: u128 = groups.iter().map(|group| group.all.used).sum();
            let possible: u128 = groups.iter().map(|group| group.all.possible).sum();
            let mean = if possible == 0 { 0.0 } else { used as f64 / possible as f64 };
            let busiest = groups.iter().filter_map(|group| group.busiest).reduce(f64::max);
            self.put(&format!("{metric}.utilisation.mean"), mean);
            if let Some(busiest) = busiest {
                self.put(&format!("{metric}.utilisation.busiest"), busiest);
            }
        }
    }

    pub(super) fn resources(&mut self) {
        let rows = self.run.hardware.iter().map(|group| ResourceRow {
            layout: self.layout.name.clone(),
            replication: self.run.key.replication,
            resource: group.resource.name.to_owned(),
            group: group.group.clone(),
            entities: group.entities,
            all: group.all.in_unit(group.resource),
            busiest: group.busiest,
            unit: group.resource.unit.to_owned(),
        });
        self.output.resources.extend(rows);
    }
}
