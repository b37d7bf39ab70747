//! Placement on several resources at once.

use super::view::ids;
use crate::ids::HostId;
use crate::platform::serverless::host::resources::{KINDS, Ledger, Resources};

/// How a host is chosen among those where a demand fits. The lowest number wins at ties. With `d` the demand, `f` what
/// is free, both as shares of the capacity, and sums over the kinds:
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Packing {
    /// The lowest number: first fit (Johnson 1973).
    FirstFit,
    /// The least left over, `Σ (f − d)`: best fit.
    #[default]
    BestFit,
    /// The most left over: worst fit, which spreads.
    WorstFit,
    /// The greatest `Σ d f`: dot product (Panigrahy, Talwar, Uyeda and Wieder 2011), the alignment of Tetris (Grandl,
    /// Ananthanarayanan, Kandula, Rao and Akella, SIGCOMM 2014). Published effect of Tetris against schedulers on slots:
    /// makespan and mean completion time −30 % or more.
    DotProduct,
    /// The least `Σ (f − d)²`: the norm-based greedy rule (Panigrahy et al. 2011), which needs fewer bins there
    /// than first fit decreasing on most instances.
    Norm,
    /// Tetris: the dot product, less this share of it on hosts that do not hold the input (published: 0.1).
    Tetris {
        /// Between 0 (as [`Packing::DotProduct`]) and 1.
        remote_penalty: f64,
    },
}

impl Packing {
    /// The host for `demand`; `local` tells where the input is (Tetris only). `None` where it fits nowhere. Scans all
    /// hosts, first fit those before its host.
    pub fn choose(self, ledger: &Ledger, demand: &Resources, local: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.choose_by_group(ledger, |_| 0, |_| *demand, local, |_| true)
    }

    /// The same among hosts that are `allowed`, where the demand differs by `group` of hosts, which follow each other.
    pub fn choose_by_group(
        self,
        ledger: &Ledger,
        group: impl Fn(HostId) -> usize,
        demand: impl Fn(usize) -> Resources,
        local: impl Fn(HostId) -> bool,
        allowed: impl Fn(HostId) -> bool,
    ) -> Option<HostId> {
        let mut best: Option<(f64, HostId)> = None;
        let mut of = usize::MAX;
        let (mut whole, mut need) = (Resources::default(), [0.0; KINDS]);
        for host in ids(ledger.hosts()) {
            if group(host) != of {
                of = group(host);
                whole = demand(of);
                need = ledger.shares(&whole);
            }
            if !ledger.fits(host, &whole) || !allowed(host) {
                continue;
            }
            if self == Self::FirstFit {
                return Some(host);
            }
            let score = self.score(&need, &ledger.shares(ledger.free(host)), || local(host));
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, host));
            }
        }
        best.map(|(_, host)| host)
    }

    fn score(self, need: &[f64; KINDS], free: &[f64; KINDS], local: impl Fn() -> bool) -> f64 {
        let sum = |term: fn(f64, f64) -> f64| need.iter().zip(free).map(|(&d, &f)| term(d, f)).sum::<f64>();
        match self {
            Self::FirstFit => 0.0,
            Self::BestFit => -sum(|d, f| f - d),
            Self::WorstFit => sum(|d, f| f - d),
            Self::DotProduct => sum(|d, f| d * f),
            Self::Norm => -sum(|d, f| (f - d) * (f - d)),
            Self::Tetris { remote_penalty } => {
                let alignment = sum(|d, f| d * f);
                if local() { alignment } else { alignment * (1.0 - remote_penalty) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: [Packing; 6] = [
        Packing::FirstFit,
        Packing::BestFit,
        Packing::WorstFit,
        Packing::DotProduct,
        Packing::Norm,
        Packing::Tetris { remote_penalty: 0.1 },
    ];

    fn ledger(capacity: [u64; KINDS], free: &[[u64; KINDS]]) -> Ledger {
        let mut ledger = Ledger::new(free.len() as u32, Resources(capacity));
        for (host, free) in ids(free.len() as u32).zip(free) {
            ledger.set(host, Resources(*free));
        }
        ledger
    }
    fn cores(n: u64) -> Resources {
        Resources([n, 0, 0, 0, 0])
    }

    #[test]
    fn rules_differ_as_they_should() {
        // Capacity 10 cores, 100 GB; the demand is mostly memory: 1 core, 40 GB.
        let free = [[9, 50, 0, 0, 0], [2, 60, 0, 0, 0], [2, 45, 0, 0, 0], [10, 100, 0, 0, 0], [9, 30, 0, 0, 0]];
        let ledger = ledger([10, 100, 0, 0, 0], &free);
        let demand = Resources([1, 40, 0, 0, 0]);
        // Left over: 0.9, 0.3, 0.15, 1.5; dot: 0.29, 0.26, 0.2, 0.5; squares: 0.65, 0.05, 0.0125, 1.17.
        let chosen = RULES.map(|rule| rule.choose(&ledger, &demand, |host| host.raw() == 0).unwrap().raw());
        assert_eq!(chosen, [0, 2, 3, 3, 2, 3]);
        let far = Packing::Tetris { remote_penalty: 0.5 };
        assert_eq!(far.choose(&ledger, &demand, |host| host.raw() == 0), Some(HostId::new(0)), "0.29 > 0.5 / 2");
        assert_eq!(far.choose(&ledger, &Resources([1, 101, 0, 0, 0]), |_| true), None);
    }

    #[test]
    fn unlimited_kinds_are_not_weighed() {
        let mut ledger = Ledger::new(2, Resources([4, u64::MAX, 0, 0, 0]));
        let demand = Resources([1, 1 << 40, 0, 0, 0]);
        ledger.take(HostId::new(1), &demand, 3);
        assert_eq!(ledger.free(HostId::new(1)).0, [1, u64::MAX, 0, 0, 0]);
        assert_eq!(Packing::BestFit.choose(&ledger, &demand, |_| true), Some(HostId::new(1)));
        ledger.give(HostId::new(1), &demand, 3);
        assert_eq!(ledger.free(HostId::new(1)), ledger.free(HostId::new(0)));
    }

    /// The definitions, in whole numbers: with a capacity of 1 in each kind, shares are amounts.
    fn by_definition(rule: Packing, free: &[[u64; KINDS]], demand: [u64; KINDS], local: u64) -> Option<u32> {
        let score = |host: usize| {
            let pairs = || free[host].iter().zip(&demand).map(|(f, d)| (*f as i64, *d as i64));
            let dot: i64 = pairs().map(|(f, d)| f * d).sum();
            match rule {
                Packing::FirstFit => 0,
                Packing::BestFit => -pairs().map(|(f, d)| f - d).sum::<i64>(),
                Packing::WorstFit => pairs().map(|(f, d)| f - d).sum::<i64>(),
                Packing::DotProduct => dot,
                Packing::Norm => -pairs().map(|(f, d)| (f - d) * (f - d)).sum::<i64>(),
                // A penalty of a half.
                Packing::Tetris { .. } => dot * if local >> host & 1 == 1 { 2 } else { 1 },
            }
        };
        let fits = |host: &usize| free[*host].iter().zip(&demand).all(|(f, d)| f >= d);
        let hosts: Vec<usize> = (0..free.len()).filter(fits).collect();
        let best = hosts.iter().map(|&host| score(host)).max()?;
        hosts.into_iter().find(|&host| score(host) == best).map(|host| host as u32)
    }

    /// The most of the items from `next` on that fit into the bins, by trying everything.
    fn most_packed(bins: &mut Vec<[u64; KINDS]>, items: &[[u64; KINDS]]) -> usize {
        let Some((item, rest)) = items.split_first() else { return 0 };
        let mut most = most_packed(bins, rest);
        for bin in 0..bins.len() {
            if bins[bin].iter().zip(item).all(|(f, d)| f >= d) {
                let before = bins[bin];
                bins[bin] = std::array::from_fn(|k| before[k] - item[k]);
                most = most.max(1 + most_packed(bins, rest));
                bins[bin] = before;
            }
        }
        most
    }

    fn pack(rule: Packing, bins: &[[u64; KINDS]], items: &[[u64; KINDS]]) -> usize {
        let mut ledger = ledger([12; KINDS], bins);
        let mut packed = 0;
        for demand in items.iter().copied().map(Resources) {
            if let Some(host) = rule.choose(&ledger, &demand, |_| true) {
                ledger.take(host, &demand, 1);
                packed += 1;
            }
        }
        packed
    }

    proptest! {
        #[test]
        fn the_choice_is_the_best_by_definition(
            free in prop::collection::vec(prop::array::uniform5(0_u64..9), 1..10),
            demand in prop::array::uniform5(0_u64..5),
            local in any::<u64>(),
        ) {
            let ledger = ledger([1; KINDS], &free);
            for rule in RULES.map(|rule| match rule {
                Packing::Tetris { .. } => Packing::Tetris { remote_penalty: 0.5 },
                other => other,
            }) {
                let chosen = rule.choose(&ledger, &Resources(demand), |host| local >> host.raw() & 1 == 1);
                prop_assert_eq!(chosen.map(HostId::raw), by_definition(rule, &free, demand, local), "{:?}", rule);
            }
        }

        #[test]
        fn packing_is_bounded_by_the_best_there_is(
            bins in prop::collection::vec(prop::array::uniform5(0_u64..13), 1..=3),
            items in prop::collection::vec(prop::array::uniform5(0_u64..8), 0..=6),
        ) {
            let most = most_packed(&mut bins.clone(), &items);
            for rule in RULES {
                let packed = pack(rule, &bins, &items);
                prop_assert!(packed <= most, "{rule:?} packs {packed} of {most}");
                // Where any item fits into an empty bin, one is packed.
                prop_assert_eq!(packed == 0, most == 0, "{:?}", rule);
            }
        }

        #[test]
        fn equal_items_of_one_kind_are_packed_perfectly(
            bins in prop::collection::vec(0_u64..13, 1..=3),
            size in 1_u64..8,
            count in 0_usize..=8,
        ) {
            let bins: Vec<_> = bins.into_iter().map(|free| cores(free).0).collect();
            let items = vec![cores(size).0; count];
            let most = most_packed(&mut bins.clone(), &items);
            for rule in RULES {
                prop_assert_eq!(pack(rule, &bins, &items), most, "{:?}", rule);
            }
        }

        #[test]
        fn sizes_that_divide_each_other_lose_nothing_in_falling_order(
            bins in 1_usize..=3,
            exponents in prop::collection::vec(0_u32..4, 0..=8),
        ) {
            // First and best fit decreasing are perfect for such sizes (Coffman, Garey and Johnson 1987).
            let mut exponents = exponents;
            exponents.sort_unstable_by(|a, b| b.cmp(a));
            let items: Vec<_> = exponents.into_iter().map(|e| cores(1 << e).0).collect();
            let bins = vec![cores(8).0; bins];
            let all = most_packed(&mut bins.clone(), &items) == items.len();
            for rule in [Packing::FirstFit, Packing::BestFit] {
                prop_assert_eq!(pack(rule, &bins, &items) == items.len(), all, "{:?}", rule);
            }
        }
    }
}
