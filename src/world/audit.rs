//! The laws of shared resources: what each served against its capacity, and against what requests asked for.

pub use crate::record::Audit;

use crate::record::{Counters, ResourceKind, ResourceUsage};

/// Which laws hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law {
    /// Nothing is under way, nor waits for what comes never, such as the end of a run that is not within the clock. What
    /// requests ask for is accounted when they have it: otherwise more may have been served.
    pub(super) done: bool,
    /// Where runs keep the latency that a pool had at their start, the pool tells of the flow at the present one, which is
    /// not what they had: then the bytes of the work that is done, of all pools, are its account.
    pub(super) analytic: Option<u128>,
}

/// The laws of every kind of resource that was used.
pub(super) fn resources(usage: &[ResourceUsage], counters: &Counters, law: Law) -> Vec<Audit> {
    let mut audits = Vec::new();
    for kind in ResourceKind::ALL {
        let was_used = |usage: &&ResourceUsage| (usage.served > 0 || usage.peak_jobs > 0) && usage.possible > 0;
        let of_kind = || usage.iter().filter(move |usage| usage.kind == kind && was_used(usage));
        // The one that comes nearest to what it could, or went furthest beyond.
        let share = |usage: &&ResourceUsage| usage.served as f64 / usage.possible as f64;
        let Some(nearest) = of_kind().max_by(|a, b| share(a).total_cmp(&share(b))) else { continue };
        let laws = kind.more();
        audits.push(Audit::at_most(laws.capacity, nearest.served, nearest.possible));
        let done = law.analytic.filter(|_| kind == ResourceKind::Pool);
        let served: u128 = done.unwrap_or_else(|| of_kind().map(|usage| usage.served).sum());
        let asked = counters.asked(kind);
        // Cores with guests serve shares, not amounts: nobody can say how much is asked of them.
        let unknown = kind == ResourceKind::Cores && asked.pieces == 0;
        if unknown {
            continue;
        }
        let slack = u128::from(asked.pieces);
        audits.push(if law.done {
            Audit::within(laws.asked, served, asked.amount, slack)
        } else {
            Audit::at_most(laws.asked, asked.amount, served + slack)
        });
    }
    audits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(entity: u32, served: u128, possible: u128) -> ResourceUsage {
        ResourceUsage { kind: ResourceKind::Pool, entity, served, possible, peak_jobs: 1, peak_load: None }
    }

    fn hold(usage: &[ResourceUsage], asked: &[u64], done: bool) -> Vec<bool> {
        let mut counters = Counters::default();
        for amount in asked {
            counters.ask(ResourceKind::Pool, *amount);
        }
        resources(usage, &counters, Law { done, analytic: None }).iter().map(|audit| audit.holds).collect()
    }

    #[test]
    fn each_law_can_be_broken() {
        let two = [usage(0, 60, 100), usage(1, 90, 100)];
        assert_eq!(hold(&two, &[100, 50], true), [true, true]);
        // Each piece may be rounded by one.
        assert_eq!(hold(&two, &[100, 48], true), [true, true]);
        assert_eq!(hold(&two, &[100, 47], true), [true, false]);
        assert_eq!(hold(&two, &[200, 50], true), [true, false]);
        assert_eq!(hold(&two, &[100, 20], false), [true, true]);
        assert_eq!(hold(&two, &[200, 50], false), [true, false]);
        assert_eq!(hold(&[usage(0, 50, 100), usage(1, 101, 100)], &[151], true), [false, true]);
        // Served, and nobody asked: somebody forgot to say what was asked.
        assert_eq!(hold(&two, &[], true), [true, false]);
        assert_eq!(hold(&[], &[7], true), [true; 0]);
    }

    #[test]
    fn where_runs_keep_their_latency_work_done_is_the_book() {
        let hold = |done: u128| {
            let mut counters = Counters::default();
            counters.ask(ResourceKind::Pool, 80_u64);
            let law = Law { done: true, analytic: Some(done) };
            let laws = resources(&[usage(0, 90, 100)], &counters, law);
            laws.iter().map(|audit| audit.holds).collect::<Vec<_>>()
        };
        assert_eq!((hold(80), hold(82)), (vec![true, true], vec![true, false]));
    }
}
