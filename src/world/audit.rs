//! The laws of shared resources: what each served against its capacity, and against what requests asked for.

pub use crate::record::Audit;

use crate::record::{Counters, ResourceKind, ResourceUsage};

/// The laws of every kind of resource that there is. Where requests are open at the end, what they asked for may not
/// yet be served in full.
pub(super) fn resources(usage: &[ResourceUsage], counters: &Counters, open: u64) -> Vec<Audit> {
    let mut audits = Vec::new();
    for kind in ResourceKind::ALL {
        let of_kind = || usage.iter().filter(move |usage| usage.kind == kind && usage.possible > 0);
        // The one that comes nearest to what it could, or went furthest beyond.
        let share = |usage: &&ResourceUsage| usage.served as f64 / usage.possible as f64;
        let Some(nearest) = of_kind().max_by(|a, b| share(a).total_cmp(&share(b))) else { continue };
        let laws = kind.more();
        audits.push(Audit::at_most(laws.capacity, nearest.served, nearest.possible));
        let served: u128 = of_kind().map(|usage| usage.served).sum();
        let asked = counters.asked(kind);
        let slack = u128::from(asked.pieces);
        audits.push(if open == 0 {
            Audit::within(laws.asked, served, asked.amount, slack)
        } else {
            Audit::at_most(laws.asked, served, asked.amount + slack)
        });
    }
    audits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(entity: u32, served: u128, possible: u128) -> ResourceUsage {
        ResourceUsage { kind: ResourceKind::Pool, entity, served, possible, peak_jobs: 0, peak_load: 0.0 }
    }

    fn hold(usage: &[ResourceUsage], asked: &[u64], open: u64) -> Vec<bool> {
        let mut counters = Counters::default();
        asked.iter().for_each(|amount| counters.ask(ResourceKind::Pool, *amount));
        resources(usage, &counters, open).iter().map(|audit| audit.holds).collect()
    }

    #[test]
    fn each_law_can_be_broken() {
        let two = [usage(0, 60, 100), usage(1, 90, 100)];
        assert_eq!(hold(&two, &[100, 50], 0), [true, true]);
        // Each piece may be rounded by one.
        assert_eq!(hold(&two, &[100, 48], 0), [true, true]);
        assert_eq!(hold(&two, &[100, 47], 0), [true, false]);
        assert_eq!(hold(&two, &[200, 50], 0), [true, false]);
        assert_eq!(hold(&two, &[200, 50], 1), [true, true]);
        assert_eq!(hold(&[usage(0, 50, 100), usage(1, 101, 100)], &[151], 0), [false, true]);
        assert_eq!(hold(&[], &[7], 0), [true; 0]);
    }
}
