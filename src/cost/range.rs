//! How far ratios of energy and money move within the ranges of the numbers that they rest on.
//!
//! What was used stays as it was; prices, powers and what the site has go to the ends of their ranges, those of one name in
//! both layouts at once. A ratio of two sums that are linear in a number rises or falls with it all the way, so the ends of its
//! range are enough. Of all numbers together, each in turn goes to the end at which the ratio is lower (higher), given where the
//! others are, until none moves.

use std::collections::BTreeSet;

use crate::config::plan::{Layout, Sourced};
use crate::units::{Quantity, Years};

use super::account::Rates;
use super::hardware::{Part, bill_of_materials};
use super::usage::Usage;

/// A sum that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// Energy of all parts.
    Energy,
    /// What the provider spends.
    Provider,
    /// Purchase price of all parts.
    Purchase,
}

/// Between which values a ratio lies while one number, or all, move within their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct RatioRange {
    /// The number; none for all together.
    pub number: Option<String>,
    /// The lowest ratio.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

/// Moves that are smaller than this share of a ratio decide nothing.
const DECIDES: f64 = 0.005;

/// Rounds in which numbers are moved; the second seldom changes anything.
const ROUNDS: usize = 8;

/// A number in base units.
#[derive(Clone, Debug)]
struct Number {
    name: String,
    value: f64,
    range: Option<(f64, f64)>,
}

/// Where in its range a number is put, by the place of its name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Given,
    Low,
    High,
}

impl Number {
    fn of<T: Quantity>(number: &Sourced<T>) -> Self {
        let range = number.range.map(|(low, high)| (low.base(), high.base()));
        Self { name: number.name.clone(), value: number.value.base(), range }
    }
    fn at(&self, names: &[&str], put: &[At]) -> f64 {
        let Some((low, high)) = self.range else { return self.value };
        match names.binary_search(&self.name.as_str()).map(|place| put[place]) {
            Ok(At::Low) => low,
            Ok(At::High) => high,
            Ok(At::Given) | Err(_) => self.value,
        }
    }
}

/// What the sums of a layout are made of, over all replications.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Powers and energies per bit, with the seconds or bits that each counts for.
    energy: Vec<(Number, f64)>,
    /// Prices, with how many are bought.
    prices: Vec<(Number, f64)>,
    /// The same, with the hours for which each is written off.
    written_off: Vec<(Number, f64)>,
    pue: Number,
    electricity: Number,
    hardware_life: Number,
}

impl Subject {
    /// Of a layout that was used so in each replication, with the weight that each has in the sum.
    pub fn new(layout: &Layout, usages: &[(&Usage, f64)]) -> Self {
        Self::of(&bill_of_materials(layout), &Rates::of(layout), usages)
    }

    fn of(parts: &[Part], rates: &Rates, usages: &[(&Usage, f64)]) -> Self {
        let over = |of: &dyn Fn(&Usage) -> f64| usages.iter().map(|(usage, weight)| of(usage) * weight).sum::<f64>();
        let mut energy = Vec::new();
        for part in parts {
            energy.push((Number::of(&part.idle), part.count * over(&|usage| part.drawn(usage).idle)));
            energy.push((Number::of(&part.busy), part.count * over(&|usage| part.drawn(usage).busy)));
            let free = part.free.as_ref();
            energy.extend(free.map(|free| (Number::of(free), part.count * over(&|usage| part.drawn(usage).free))));
        }
        let hours = |part: &Part| over(&|usage| usage.window.as_secs_f64() * part.accounted(usage)) / 3_600.0;
        let bits = over(&|usage| usage.fabric_bytes as f64 * 8.0);
        energy.extend(rates.per_bit.iter().map(|per_bit| (Number::of(per_bit), bits)));
        let Sourced { value, range, ref name, .. } = rates.pue;
        Self {
            energy,
            prices: parts.iter().map(|part| (Number::of(&part.price), part.count)).collect(),
            written_off: parts.iter().map(|part| (Number::of(&part.price), part.count * hours(part))).collect(),
            pue: Number { name: name.clone(), value, range },
            electricity: Number::of(&rates.electricity),
            hardware_life: Number::of(&rates.hardware_life),
        }
    }

    fn total(&self, sum: Sum, names: &[&str], put: &[At]) -> f64 {
        let all = |terms: &[(Number, f64)]| terms.iter().map(|(of, count)| of.at(names, put) * count).sum::<f64>();
        match sum {
            Sum::Energy => all(&self.energy),
            Sum::Purchase => all(&self.prices),
            Sum::Provider => {
                let life = Years(self.hardware_life.at(names, put)).as_hours();
                let tariff = self.electricity.at(names, put) * self.pue.at(names, put) / 3.6e6;
                all(&self.written_off) / life + all(&self.energy) * tariff
            }
        }
    }

    /// Names of the numbers that have a range.
    fn names(&self) -> impl Iterator<Item = &str> {
        let terms = self.energy.iter().chain(&self.prices).map(|(number, _)| number);
        let all = terms.chain([&self.pue, &self.electricity, &self.hardware_life]);
        all.filter(|number| number.range.is_some()).map(|number| number.name.as_str())
    }
}

/// The ratio of a sum of `other` to that of `first` while numbers move within their ranges: of all together, then of each
/// number that decides, the most decisive first. Nothing where no number has a range, or there is nothing to divide by.
pub fn ratio_ranges(first: &Subject, other: &Subject, sum: Sum) -> Vec<RatioRange> {
    let names: BTreeSet<&str> = first.names().chain(other.names()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let ratio = |put: &[At]| other.total(sum, &names, put) / first.total(sum, &names, put);
    let given = vec![At::Given; names.len()];
    if !ratio(&given).is_finite() || names.is_empty() {
        return Vec::new();
    }
    let alone = |place: usize, at: At| {
        let mut put = given.clone();
        put[place] = at;
        ratio(&put)
    };
    let each = names.iter().enumerate().map(|(place, name)| {
        let [a, b] = [At::Low, At::High].map(|at| alone(place, at));
        RatioRange { number: Some((*name).to_owned()), low: a.min(b), high: a.max(b) }
    });
    let width = |range: &RatioRange| range.high - range.low;
    let mut each: Vec<RatioRange> = each.filter(|range| width(range) >= DECIDES * ratio(&given)).collect();
    each.sort_by(|a, b| width(b).total_cmp(&width(a)).then_with(|| a.number.cmp(&b.number)));
    let lowest = extreme(&ratio, names.len(), |new, old| new < old);
    let highest = extreme(&ratio, names.len(), |new, old| new > old);
    let all = RatioRange { number: None, low: lowest, high: highest };
    [all].into_iter().chain(each).collect()
}

/// The best ratio that moving one number after the other leads to.
fn extreme(ratio: &impl Fn(&[At]) -> f64, numbers: usize, better: impl Fn(f64, f64) -> bool) -> f64 {
    let mut put = vec![At::Given; numbers];
    let mut best = ratio(&put);
    for _ in 0..ROUNDS {
        let before = put.clone();
        for place in 0..numbers {
            for at in [At::Low, At::High] {
                let old = std::mem::replace(&mut put[place], at);
                let new = ratio(&put);
                if better(new, best) {
                    best = new;
                } else {
                    put[place] = old;
                }
            }
        }
        if put == before {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::{Confidence, PowerCurve};
    use crate::cost::{Accounts, FunctionBill, Held, Load, NodeUse, OfPossible, PartGroup, Standing};
    use crate::units::{JoulesPerBit, Span, Usd, UsdPerKwh, Watts};

    fn number<T>(name: &str, value: T, range: Option<(T, T)>) -> Sourced<T> {
        Sourced { value, range, confidence: Confidence::A, name: name.to_owned() }
    }

    /// A part that draws so much for ever, and costs nothing.
    fn part(name: &str, watts: f64, range: Option<(f64, f64)>) -> Part {
        let power = number(name, Watts(watts), range.map(|(low, high)| (Watts(low), Watts(high))));
        Part {
            group: PartGroup::Cpu,
            load: Load::Steady,
            count: 1.0,
            price: number("price", Usd(0.0), None),
            free: None,
            idle: power.clone(),
            busy: power,
            curve: PowerCurve::default(),
            standing: Standing::default(),
        }
    }

    fn subject(parts: &[Part], usage: &Usage) -> Subject {
        let rates = Rates {
            per_bit: None,
            pue: number("pue", 1.5, Some((1.0, 2.0))),
            electricity: number("electricity", UsdPerKwh(0.1), None),
            hardware_life: number("life", Years(5.0), None),
        };
        Subject::of(parts, &rates, &[(usage, 0.5), (usage, 0.25)])
    }

    fn usage() -> Usage {
        Usage {
            window: Span::from_secs(3_600),
            nodes: Vec::new(),
            interfaces: Vec::new(),
            pools: Vec::new(),
            storage: Vec::new(),
            held: Held::default(),
            fabric_bytes: 0,
            idle_memory: 0,
            billed: FunctionBill::default(),
            billed_machines: Span::ZERO,
        }
    }

    /// The sums are those of the accounts, however busy everything was.
    #[test]
    fn without_moves_sums_are_those_of_the_accounts() {
        let mut usage = usage();
        usage.nodes = vec![NodeUse { cores: 4, busy: 2 * 3_600 * 1_000_000_000_000 }];
        usage.storage = vec![OfPossible { used: 1, possible: 3 }];
        usage.fabric_bytes = 1 << 40;
        let mut parts = vec![part("a", 40.0, None), part("b", 10.0, None), part("c", 7.0, None)];
        for (part, load) in parts.iter_mut().zip([Load::Cores(0), Load::Storage(0), Load::Steady]) {
            part.load = load;
            part.busy.value = Watts(100.0);
            part.price.value = Usd(500.0);
            part.curve = PowerCurve::through(&[vec![0.4, 0.3]]);
        }
        let rates = Rates {
            per_bit: Some(number("bit", JoulesPerBit(1e-12), None)),
            pue: number("pue", 1.5, None),
            electricity: number("electricity", UsdPerKwh(0.1), None),
            hardware_life: number("life", Years(5.0), None),
        };
        let subject = Subject::of(&parts, &rates, &[(&usage, 1.0)]);
        let accounts = Accounts::new(parts, rates, Vec::new(), &usage);
        let sums = [accounts.total_energy().0, accounts.provider().0, accounts.purchase().0];
        for (sum, expected) in [Sum::Energy, Sum::Provider, Sum::Purchase].into_iter().zip(sums) {
            let got = subject.total(sum, &[], &[]);
            assert!((got - expected).abs() < 1e-9 * expected, "{got} {expected}");
        }
    }

    /// 100 W of which 20 to 60 (40 given) are a part that both have, against 80 W of which the same, and 10 to 50 (20).
    #[test]
    fn one_by_one_and_all_together_by_hand() {
        let usage = usage();
        let shared = || part("shared", 40.0, Some((20.0, 60.0)));
        let first = subject(&[shared(), part("first", 60.0, None)], &usage);
        let other = subject(&[shared(), part("other", 20.0, Some((10.0, 50.0))), part("rest", 20.0, None)], &usage);
        let ranges = ratio_ranges(&first, &other, Sum::Energy);
        let close = |range: &RatioRange, number: Option<&str>, low: f64, high: f64| {
            assert_eq!(range.number.as_deref(), number);
            assert!((range.low - low).abs() < 1e-12 && (range.high - high).abs() < 1e-12, "{range:?}");
        };
        let [all, own, both] = &ranges[..] else { panic!("{ranges:?}") };
        close(own, Some("other"), 0.7, 1.1);
        // 60/80, and 100/120: the part that both have moves less than it would in one.
        close(both, Some("shared"), 0.75, 100.0 / 120.0);
        // Highest where the own part is high and the shared one low.
        close(all, None, 50.0 / 80.0, 90.0 / 80.0);
        // PUE is the same for both where no hardware costs anything, and then nothing is compared.
        assert_eq!(ratio_ranges(&first, &other, Sum::Provider).len(), 3);
        assert_eq!(ratio_ranges(&first, &other, Sum::Purchase), []);
    }
}
