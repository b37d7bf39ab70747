//! Accounts of one run: lines of quantities at rates, what they add up to, and the same sums by another route.
//!
//! ```text
//! energy of a part  = idle power · time + (busy power − idle power) · curve(load) · time
//! electricity       = Σ energy · PUE · price
//! hardware          = Σ price · time / life
//! ```

use crate::config::plan::{Confidence, Fabric, Idle, Layout, Platform, Sourced};
use crate::record::{Audit, Counter, Counters};
use crate::units::{Joules, JoulesPerBit, Usd, UsdPerKwh, Years};

use super::hardware::{Part, bill_of_materials, purchase, shared};
use super::line::{Account, Line, line};
use super::load::{Load, PartGroup, Standing};
use super::price::{function_lines, machine_line};
use super::usage::{OfPossible, Usage};

/// What a layout pays for energy and hardware.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Energy of the fabric, on top of its ports, for each bit.
    pub per_bit: Option<Sourced<JoulesPerBit>>,
    /// Power of the building over power of its machines.
    pub pue: Sourced<f64>,
    /// Price of electricity.
    pub electricity: Sourced<UsdPerKwh>,
    /// Time over which hardware is written off.
    pub hardware_life: Sourced<Years>,
}

impl Rates {
    /// What a layout pays.
    pub(super) fn of(layout: &Layout) -> Self {
        let site = &layout.site;
        Self {
            per_bit: match &layout.fabric {
                Fabric::LeafSpine(_) => None,
                Fabric::Photonic(optics) => Some(optics.energy_per_bit.clone()),
            },
            pue: site.pue.clone(),
            electricity: site.electricity.clone(),
            hardware_life: site.hardware_life.clone(),
        }
    }
}

/// The accounts of one run.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// All lines: energy by part, hardware, electricity, and the bill of the users.
    pub lines: Vec<Line>,
    parts: Vec<Part>,
    rates: Rates,
}

impl Accounts {
    /// The accounts of a layout that was used so.
    pub fn of(layout: &Layout, usage: &Usage) -> Self {
        let bill = match &layout.platform {
            Platform::Serverless(platform) => {
                function_lines(&platform.prices, &usage.billed, usage.idle_memory).to_vec()
            }
            Platform::Serverful(platform) => vec![machine_line(usage.billed_machines, platform.vm.price)],
        };
        Self::new(bill_of_materials(layout), Rates::of(layout), bill, usage)
    }

    /// What the provider would spend if all that nobody holds were sold to others: the part of the hardware that is used, and
    /// its electricity.
    pub fn used(layout: &Layout, usage: &Usage) -> Usd {
        Self::new(shared(bill_of_materials(layout)), Rates::of(layout), Vec::new(), usage).provider()
    }

    /// The accounts of these parts, with the bill of the users.
    pub(super) fn new(parts: Vec<Part>, rates: Rates, bill: Vec<Line>, usage: &Usage) -> Self {
        let mut accounts = Self { lines: energy_lines(&parts, rates.per_bit.as_ref(), usage), parts, rates };
        let share = usage.window.as_secs_f64() / 3_600.0 / accounts.rates.hardware_life.value.as_hours();
        let drawn = accounts.total_energy().as_kwh() * accounts.rates.pue.value;
        let tariff = accounts.rates.electricity.value.0;
        accounts.lines.extend([
            line(
                Account::Hardware,
                "share of the life of all parts that count",
                share,
                "1",
                accounted(&accounts.parts, usage),
            ),
            line(Account::Electricity, "energy with that of the building", drawn, "kWh", tariff),
        ]);
        accounts.lines.extend(bill);
        accounts
    }

    fn sum(&self, account: Account) -> f64 {
        self.lines.iter().filter(|line| line.account == account).fold(0.0, |sum, line| sum + line.amount)
    }
    /// The kinds of parts that there are, in the order of reports.
    pub fn groups(&self) -> impl Iterator<Item = PartGroup> {
        PartGroup::ALL.into_iter().filter(|group| self.parts.iter().any(|part| part.group == *group))
    }
    /// Energy of the parts of one kind.
    pub fn energy(&self, group: PartGroup) -> Joules {
        Joules(self.sum(Account::Energy(group)))
    }
    /// Energy of all parts.
    pub fn total_energy(&self) -> Joules {
        PartGroup::ALL.into_iter().fold(Joules(0.0), |sum, group| sum + self.energy(group))
    }
    /// Purchase price of all parts.
    pub fn purchase(&self) -> Usd {
        purchase(&self.parts)
    }
    /// What the provider writes off of the hardware.
    pub fn hardware(&self) -> Usd {
        Usd(self.sum(Account::Hardware))
    }
    /// What the provider pays for electricity.
    pub fn electricity(&self) -> Usd {
        Usd(self.sum(Account::Electricity))
    }
    /// What the provider spends.
    pub fn provider(&self) -> Usd {
        self.hardware() + self.electricity()
    }
    /// What the users pay.
    pub fn user(&self) -> Usd {
        Usd(self.sum(Account::User))
    }

    /// What share of the energy, and of what the provider spends, rests on numbers of each confidence, surest first. Money
    /// for energy is as sure as the least sure of power, price of electricity and PUE, and that for hardware as price
    /// and life.
    pub fn confidence(&self, usage: &Usage) -> (ByConfidence, ByConfidence) {
        let (mut energy, mut money) = (ByConfidence::default(), ByConfidence::default());
        let Rates { pue, electricity, hardware_life, .. } = &self.rates;
        let tariff = electricity.value.0 * pue.value / 3.6e6;
        for line in &self.lines {
            let (Account::Energy(_), Some(confidence)) = (line.account, line.confidence) else { continue };
            energy.add(confidence, line.amount);
            money.add(confidence.max(pue.confidence).max(electricity.confidence), line.amount * tariff);
        }
        let share = usage.window.as_secs_f64() / 3_600.0 / hardware_life.value.as_hours();
        for part in self.parts.iter().filter(|part| part.price.value.0 > 0.0) {
            let confidence = part.price.confidence.max(hardware_life.confidence);
            money.add(confidence, part.price.value.0 * part.count * part.accounted(usage) * share);
        }
        (energy, money)
    }

    /// The sums once more, by another route than the one that made the lines: energy from what the data centre draws
    /// idle and from the core time and bytes that were metered, and the provider's money part by part.
    pub fn audits(&self, usage: &Usage, counters: &Counters) -> Vec<Audit> {
        let metered = self.metered_energy(usage);
        let mut audits = vec![
            Audit::close(
                "energy of all parts = idle power over time + metered core time and bytes at their rates [kWh]",
                self.total_energy().as_kwh(),
                metered.as_kwh(),
            ),
            Audit::close(
                "provider cost = price and electricity of each part [USD]",
                self.provider().0,
                self.part_by_part(usage).0,
            ),
        ];
        if counters.has(Counter::BilledRequests) {
            let (completed, billed) = (counters.exact(Counter::Completed), usage.billed.requests);
            audits.push(Audit::at_most("requests completed at most runs billed", completed, billed.into()));
        }
        audits
    }

    /// Energy by the other route: everything idle, and on top what cores, interfaces, pools, storage nodes and the fabric did.
    fn metered_energy(&self, usage: &Usage) -> Joules {
        let seconds = usage.window.as_secs_f64();
        let standing = |part: &Part| {
            let (free, rest) = rested(part, usage);
            let of_free = part.free.as_ref().map_or(0.0, |power| power.value.0);
            part.count * (of_free * free + part.idle.value.0 * rest)
        };
        let idle: f64 = self.parts.iter().map(standing).sum();
        let on_top = |part: &Part| part.count * (part.busy.value.0 - part.idle.value.0) * worked(part, usage, seconds);
        let active: f64 = self.parts.iter().map(on_top).sum();
        let per_bit = self.rates.per_bit.as_ref().map_or(0.0, |per_bit| per_bit.value.0);
        Joules(idle + active + usage.fabric_bytes as f64 * (8.0 * per_bit))
    }

    /// What each part costs the provider, last one first.
    fn part_by_part(&self, usage: &Usage) -> Usd {
        let Rates { pue, electricity, hardware_life, .. } = &self.rates;
        let hours = usage.window.as_secs_f64() / 3_600.0;
        let written_off = |part: &Part| {
            let price = part.price.value.0 * part.accounted(usage);
            part.count * (price * hours / hardware_life.value.as_hours())
        };
        let tariff = electricity.value.0 * pue.value / 3.6e6;
        let energy = self.lines.iter().rev().filter(|line| matches!(line.account, Account::Energy(_)));
        let (energy, parts) = (energy.map(|line| line.amount * tariff), self.parts.iter().rev().map(written_off));
        Usd(energy.sum::<f64>() + parts.sum::<f64>())
    }
}

/// What is written off of these parts in the end: their prices, of what is shared the part that is used.
fn accounted(parts: &[Part], usage: &Usage) -> f64 {
    parts.iter().map(|part| part.count * part.price.value.0 * part.accounted(usage)).sum()
}

/// Seconds in which a part stood free, and in which it stood by or worked, from amounts over time.
fn rested(part: &Part, usage: &Usage) -> (f64, f64) {
    let Standing { owner, uses, idle } = part.standing;
    let whole = usage.window.as_ps() as f64;
    let of_window =
        |amount: OfPossible| whole * (amount.used.min(amount.possible) as f64 / amount.possible.max(1) as f64);
    let held = of_window(usage.held(owner, uses));
    let seconds = match (idle, &part.free) {
        (Idle::Shared, _) => (0.0, held),
        (Idle::On, None) => (0.0, whole),
        (Idle::On, Some(_)) => (whole - held, held),
        (Idle::OffAfter, None) => (0.0, whole - of_window(usage.off(owner))),
        (Idle::OffAfter, Some(_)) => {
            let on = whole - of_window(usage.off(owner));
            ((on - held).max(0.0), held.min(on))
        }
    };
    (seconds.0 / 1e12, seconds.1 / 1e12)
}

/// Seconds at full load that a part draws the same with: what was metered, in each piece of its curve at the slope of that.
fn worked(part: &Part, usage: &Usage, seconds: f64) -> f64 {
    let metered =
        |moved: &[OfPossible], group: usize| moved.get(group).map_or((0, 0), |moved| (moved.used, moved.possible));
    let (used, possible) = match part.load {
        Load::Steady => return 0.0,
        Load::Cores(group) => {
            let nodes = usage.nodes[group];
            (nodes.busy, u128::from(nodes.cores) * u128::from(usage.window.as_ps()))
        }
        Load::Interfaces(group) => metered(&usage.interfaces, group),
        Load::Pools(group) => metered(&usage.pools, group),
        Load::Storage(group) => metered(&usage.storage, group),
        Load::Off(owner) => {
            let off = usage.off(owner);
            (off.used, off.possible)
        }
    };
    let (used, possible) = (used as f64, possible.max(1) as f64);
    let pieces = part.curve.pieces().map(|[(from, low), (to, high)]| {
        let within = (used - from * possible).clamp(0.0, (to - from) * possible);
        within * ((high - low) / (to - from))
    });
    pieces.sum::<f64>() / possible * seconds
}

/// Amounts by confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ByConfidence([f64; Confidence::ALL.len()]);

impl ByConfidence {
    fn add(&mut self, confidence: Confidence, amount: f64) {
        self.0[confidence as usize] += amount;
    }
    /// The share of each confidence, surest first; nothing where there is nothing to share.
    pub fn shares(&self) -> impl Iterator<Item = (Confidence, f64)> {
        let all: f64 = self.0.iter().sum();
        Confidence::ALL.into_iter().zip(self.0).filter(move |_| all > 0.0).map(move |(of, amount)| (of, amount / all))
    }
}

fn energy_lines(parts: &[Part], per_bit: Option<&Sourced<JoulesPerBit>>, usage: &Usage) -> Vec<Line> {
    let seconds = usage.window.as_secs_f64();
    let mut lines = Vec::new();
    for part in parts {
        let drawn = part.drawn(usage);
        // The rate is the mean power of one over the window.
        let of = |what, joules: f64, confidence| Line {
            account: Account::Energy(part.group),
            what,
            quantity: part.count,
            unit: "parts",
            rate: if seconds > 0.0 { joules / seconds } else { 0.0 },
            amount: joules * part.count,
            confidence: Some(confidence),
        };
        let (idle, busy) = (part.idle.value.0, part.busy.value.0);
        lines.push(of("idle power over the window", idle * (drawn.idle + drawn.busy), part.idle.confidence));
        if part.load != Load::Steady {
            let on_top = (busy - idle) * drawn.busy;
            lines.push(of("power of the load over the window", on_top, part.busy.confidence));
        }
        if let Some(free) = &part.free {
            lines.push(of("power of what nobody holds", free.value.0 * drawn.free, free.confidence));
        }
    }
    if let Some(per_bit) = per_bit.filter(|per_bit| per_bit.value.0 > 0.0) {
        let bits = usage.fabric_bytes as f64 * 8.0;
        let of_bits = line(Account::Energy(PartGroup::Fabric), "bits over the fabric", bits, "bits", per_bit.value.0);
        lines.push(Line { confidence: Some(per_bit.confidence), ..of_bits });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::PowerCurve;
    use crate::cost::{FunctionBill, Held, NodeUse};
    use crate::units::{Span, UsdPerHour, Watts};

    fn sure<T>(value: T, confidence: Confidence) -> Sourced<T> {
        Sourced { value, range: None, confidence, name: String::new() }
    }

    fn rates() -> Rates {
        Rates {
            per_bit: Some(sure(JoulesPerBit(5e-12), Confidence::A)),
            pue: sure(1.2, Confidence::A),
            electricity: sure(UsdPerKwh(0.1), Confidence::B),
            hardware_life: sure(Years(10.0), Confidence::A),
        }
    }

    /// Its price is second-hand, its power was read.
    fn part(group: PartGroup, load: Load, [count, price, idle, busy]: [f64; 4]) -> Part {
        let [idle, busy] = [idle, busy].map(|power| sure(Watts(power), Confidence::A));
        let (curve, standing) = (PowerCurve::default(), Standing::default());
        Part { group, load, count, price: sure(Usd(price), Confidence::C), free: None, idle, busy, curve, standing }
    }

    /// Two groups of nodes for an hour: on two packages with four cores in all, two cores are busy; on one package with
    /// eight, two are. Two storage nodes moved a quarter of what they could.
    fn by_hand() -> (Accounts, Usage) {
        let parts = vec![
            part(PartGroup::Cpu, Load::Cores(0), [2.0, 1_000.0, 100.0, 300.0]),
            part(PartGroup::LocalMemory, Load::Steady, [100.0, 5.0, 0.3, 0.3]),
            part(PartGroup::Cpu, Load::Cores(1), [1.0, 500.0, 50.0, 130.0]),
            part(PartGroup::Fabric, Load::Steady, [3.0, 10.0, 0.0, 0.0]),
            part(PartGroup::Storage, Load::Storage(0), [2.0, 0.0, 0.0, 20.0]),
        ];
        let busy = 2 * 3_600 * 1_000_000_000_000;
        let usage = Usage {
            window: Span::from_secs(3_600),
            nodes: vec![NodeUse { cores: 4, busy }, NodeUse { cores: 8, busy }],
            interfaces: Vec::new(),
            pools: Vec::new(),
            storage: vec![OfPossible { used: 1, possible: 4 }],
            held: Held::default(),
            fabric_bytes: 1_000_000_000_000,
            idle_memory: 0,
            billed: FunctionBill::default(),
            billed_machines: Span::from_secs(7_200),
        };
        let bill = vec![machine_line(usage.billed_machines, UsdPerHour(0.25))];
        (Accounts::new(parts, rates(), bill, &usage), usage)
    }

    #[test]
    fn energy_and_money_of_an_hour() {
        let (accounts, usage) = by_hand();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b, "{a} {b}");
        // Half busy, two packages draw 200 W each; a quarter busy, the third draws 70 W.
        close(accounts.energy(PartGroup::Cpu).as_kwh(), 0.47);
        close(accounts.energy(PartGroup::LocalMemory).as_kwh(), 0.03);
        // 8 · 10^12 bits at 5 pJ.
        close(accounts.energy(PartGroup::Fabric).0, 40.0);
        // Two storage nodes with 5 of their 20 W.
        close(accounts.energy(PartGroup::Storage).as_kwh(), 0.01);
        let total = 0.51 + 40.0 / 3.6e6;
        close(accounts.total_energy().as_kwh(), total);
        close(accounts.electricity().0, total * 0.12);
        close(accounts.purchase().0, 3_030.0);
        // Ten years are 87 600 hours.
        close(accounts.hardware().0, 3_030.0 / 87_600.0);
        close(accounts.user().0, 0.5);
        let groups = [PartGroup::Cpu, PartGroup::LocalMemory, PartGroup::Fabric, PartGroup::Storage];
        assert_eq!(accounts.groups().collect::<Vec<_>>(), groups);
        // All power was read; the tariff is one worse, prices are second-hand.
        let (energy, money) = accounts.confidence(&usage);
        let [read, ..] = energy.shares().collect::<Vec<_>>()[..] else { panic!("four shares") };
        assert_eq!(read, (Confidence::A, 1.0));
        let money: Vec<f64> = money.shares().map(|(_, share)| share).collect();
        close(money[1], accounts.electricity().0 / accounts.provider().0);
        close(money[2], accounts.hardware().0 / accounts.provider().0);
        assert_eq!((money[0], money[3]), (0.0, 0.0));
    }

    /// Half busy, a processor of 100 to 300 W draws a fifth of the way; with all cores busy, all of it.
    #[test]
    fn power_follows_the_curve_by_both_routes() {
        for (busy, watts) in [(0, 100.0), (1, 120.0), (2, 140.0), (3, 220.0), (4, 300.0)] {
            let (mut accounts, mut usage) = by_hand();
            accounts.parts.truncate(1);
            accounts.parts[0].curve = PowerCurve::through(&[vec![0.5, 0.2]]);
            usage.nodes[0].busy = busy * 3_600 * 1_000_000_000_000;
            let accounts = Accounts::new(accounts.parts, rates(), Vec::new(), &usage);
            assert!((accounts.energy(PartGroup::Cpu).0 - 2.0 * watts * 3_600.0).abs() < 1e-6, "{busy}");
            assert!(accounts.audits(&usage, &Counters::default()).iter().all(|audit| audit.holds));
        }
    }

    /// Broken laws, by name of the account whose lines are tampered with.
    fn broken(tamper: impl Fn(&mut Accounts, &mut Usage, &mut Counters)) -> Vec<bool> {
        let (mut accounts, mut usage) = by_hand();
        let mut counters = Counters::default();
        usage.billed.requests = 5;
        counters.add(Counter::Completed, 5_u64);
        counters.add(Counter::BilledRequests, 5_u64);
        tamper(&mut accounts, &mut usage, &mut counters);
        accounts.audits(&usage, &counters).iter().map(|audit| !audit.holds).collect()
    }

    #[test]
    fn both_routes_agree_and_each_law_can_be_broken() {
        assert_eq!(broken(|_, _, _| ()), [false; 3]);
        // A line lost, or twice.
        assert_eq!(broken(|accounts, _, _| accounts.lines[1].amount = 0.0), [true, true, false]);
        assert_eq!(broken(|accounts, _, _| accounts.lines.push(accounts.lines[0])), [true, true, false]);
        // Core time that nobody paid for, and bits.
        assert_eq!(broken(|_, usage, _| usage.nodes[1].busy += 1_000_000_000_000), [true, false, false]);
        assert_eq!(broken(|_, usage, _| usage.fabric_bytes += 1_000_000_000), [true, false, false]);
        assert_eq!(broken(|_, usage, _| usage.storage[0].used = 2), [true, false, false]);
        // Hardware that is not written off, and a building without losses.
        assert_eq!(broken(|accounts, _, _| drop(accounts.parts.remove(3))), [false, true, false]);
        assert_eq!(broken(|accounts, _, _| accounts.rates.pue.value = 1.0), [false, true, false]);
        assert_eq!(broken(|_, _, counters| counters.add(Counter::Completed, 1_u64)), [false, false, true]);
    }
}
