//! Accounts of one run: lines of quantities at rates, what they add up to, and the same sums by another route.
//!
//! ```text
//! energy of a part  = idle power · time + (busy power − idle power) · utilisation · time
//! electricity       = Σ energy · PUE · price
//! hardware          = Σ price · time / life
//! ```

use crate::config::plan::{Fabric, Layout, Platform};
use crate::record::{Audit, Counter, Counters};
use crate::units::{Bytes, Joules, JoulesPerBit, Usd, UsdPerKwh, Years};

use super::hardware::{Part, PartGroup, bill_of_materials, purchase};
use super::line::{Account, Line, line};
use super::price::{function_lines, machine_line};
use super::usage::{NodeUse, Usage};

/// What a layout pays for energy and hardware.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Energy of the fabric, on top of its ports, for each bit.
    pub per_bit: JoulesPerBit,
    /// Power of the building over power of its machines.
    pub pue: f64,
    /// Price of electricity.
    pub electricity: UsdPerKwh,
    /// Time over which hardware is written off.
    pub hardware_life: Years,
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
        let site = &layout.site;
        let rates = Rates {
            per_bit: match &layout.fabric {
                Fabric::LeafSpine(_) => JoulesPerBit(0.0),
                Fabric::Photonic(optics) => optics.energy_per_bit,
            },
            pue: site.pue,
            electricity: site.electricity,
            hardware_life: site.hardware_life,
        };
        let bill = match &layout.platform {
            Platform::Serverless(platform) => {
                function_lines(&platform.prices, &usage.billed, usage.idle_memory).to_vec()
            }
            Platform::Serverful(platform) => vec![machine_line(usage.billed_machines, platform.vm.price)],
        };
        Self::new(bill_of_materials(layout), rates, bill, usage)
    }

    /// The accounts of these parts, with the bill of the users.
    fn new(parts: Vec<Part>, rates: Rates, bill: Vec<Line>, usage: &Usage) -> Self {
        let mut accounts = Self { lines: energy_lines(&parts, rates.per_bit, usage), parts, rates };
        let share = usage.window.as_secs_f64() / 3_600.0 / rates.hardware_life.as_hours();
        let drawn = accounts.total_energy().as_kwh() * rates.pue;
        accounts.lines.extend([
            line(Account::Hardware, "share of the life of all parts", share, "1", accounts.purchase().0),
            line(Account::Electricity, "energy with that of the building", drawn, "kWh", rates.electricity.0),
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

    /// Energy by the other route: everything idle, and on top what cores and the fabric did.
    fn metered_energy(&self, usage: &Usage) -> Joules {
        let idle_watts: f64 = self.parts.iter().map(|part| part.count * part.idle.0).sum();
        let of_cores = |(group, nodes): (usize, &NodeUse)| {
            let mine = self.parts.iter().filter(|part| part.nodes == Some(group));
            let watts: f64 = mine.map(|part| part.count * (part.busy.0 - part.idle.0)).sum();
            nodes.busy as f64 / 1e12 * (watts / nodes.cores as f64)
        };
        let active: f64 = usage.nodes.iter().enumerate().map(of_cores).sum();
        let moved = usage.fabric_bytes as f64 * (8.0 * self.rates.per_bit.0);
        Joules(idle_watts * usage.window.as_secs_f64() + active + moved)
    }

    /// What each part costs the provider, last one first.
    fn part_by_part(&self, usage: &Usage) -> Usd {
        let Rates { pue, electricity, hardware_life, .. } = self.rates;
        let hours = usage.window.as_secs_f64() / 3_600.0;
        let written_off = |part: &Part| part.count * (part.price.0 * hours / hardware_life.as_hours());
        let tariff = electricity.0 * pue / 3.6e6;
        let energy = self.lines.iter().rev().filter(|line| matches!(line.account, Account::Energy(_)));
        let (energy, parts) = (energy.map(|line| line.amount * tariff), self.parts.iter().rev().map(written_off));
        Usd(energy.sum::<f64>() + parts.sum::<f64>())
    }
}

fn energy_lines(parts: &[Part], per_bit: JoulesPerBit, usage: &Usage) -> Vec<Line> {
    let of_part = |part: &Part| {
        let utilisation = part.nodes.map_or(0.0, |group| usage.utilisation(group));
        let power = part.idle.0 + (part.busy.0 - part.idle.0) * utilisation;
        Line {
            account: Account::Energy(part.group),
            what: "power over the window",
            quantity: part.count,
            unit: "parts",
            rate: power,
            amount: power * part.count * usage.window.as_secs_f64(),
        }
    };
    let mut lines: Vec<Line> = parts.iter().map(of_part).collect();
    if per_bit.0 > 0.0 {
        let bytes = Bytes(u64::try_from(usage.fabric_bytes).unwrap_or(u64::MAX));
        lines.push(Line {
            account: Account::Energy(PartGroup::Fabric),
            what: "bits over the fabric",
            quantity: bytes.0 as f64 * 8.0,
            unit: "bits",
            rate: per_bit.0,
            amount: (per_bit * bytes).0,
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::FunctionBill;
    use crate::units::{Span, UsdPerHour, Watts};

    const RATES: Rates =
        Rates { per_bit: JoulesPerBit(5e-12), pue: 1.2, electricity: UsdPerKwh(0.1), hardware_life: Years(10.0) };

    fn part(group: PartGroup, nodes: Option<usize>, [count, price, idle, busy]: [f64; 4]) -> Part {
        Part { group, nodes, count, price: Usd(price), idle: Watts(idle), busy: Watts(busy) }
    }

    /// Two groups of nodes for an hour: on two packages with four cores in all, two cores are busy; on one package with
    /// eight, two are.
    fn by_hand() -> (Accounts, Usage) {
        let parts = vec![
            part(PartGroup::Cpu, Some(0), [2.0, 1_000.0, 100.0, 300.0]),
            part(PartGroup::LocalMemory, None, [100.0, 5.0, 0.3, 0.3]),
            part(PartGroup::Cpu, Some(1), [1.0, 500.0, 50.0, 130.0]),
            part(PartGroup::Fabric, None, [3.0, 10.0, 0.0, 0.0]),
        ];
        let busy = 2 * 3_600 * 1_000_000_000_000;
        let usage = Usage {
            window: Span::from_secs(3_600),
            nodes: vec![NodeUse { cores: 4, busy }, NodeUse { cores: 8, busy }],
            fabric_bytes: 1_000_000_000_000,
            idle_memory: 0,
            billed: FunctionBill::default(),
            billed_machines: Span::from_secs(7_200),
        };
        let bill = vec![machine_line(usage.billed_machines, UsdPerHour(0.25))];
        (Accounts::new(parts, RATES, bill, &usage), usage)
    }

    #[test]
    fn energy_and_money_of_an_hour() {
        let (accounts, _) = by_hand();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b, "{a} {b}");
        // Half busy, two packages draw 200 W each; a quarter busy, the third draws 70 W.
        close(accounts.energy(PartGroup::Cpu).as_kwh(), 0.47);
        close(accounts.energy(PartGroup::LocalMemory).as_kwh(), 0.03);
        // 8 · 10^12 bits at 5 pJ.
        close(accounts.energy(PartGroup::Fabric).0, 40.0);
        let total = 0.5 + 40.0 / 3.6e6;
        close(accounts.total_energy().as_kwh(), total);
        close(accounts.electricity().0, total * 0.12);
        close(accounts.purchase().0, 3_030.0);
        // Ten years are 87 600 hours.
        close(accounts.hardware().0, 3_030.0 / 87_600.0);
        close(accounts.user().0, 0.5);
        assert_eq!(accounts.groups().collect::<Vec<_>>(), [PartGroup::Cpu, PartGroup::LocalMemory, PartGroup::Fabric]);
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
        // Hardware that is not written off, and a building without losses.
        assert_eq!(broken(|accounts, _, _| accounts.parts.truncate(3)), [false, true, false]);
        assert_eq!(broken(|accounts, _, _| accounts.rates.pue = 1.0), [false, true, false]);
        assert_eq!(broken(|_, _, counters| counters.add(Counter::Completed, 1_u64)), [false, false, true]);
    }
}
