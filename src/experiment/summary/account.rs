//! What the run cost, and what it drew.

use crate::cost::Accounts;
use crate::record::Counter;

use super::rows::Rows;

impl Rows<'_> {
    pub(super) fn accounts(&mut self) {
        let (layout, report) = (self.layout, &self.run.report);
        let usage = &self.run.usage;
        let accounts = Accounts::of(layout, usage);
        let completed = report.count(Counter::Completed) as f64;
        for group in accounts.groups() {
            self.put(&format!("energy.{}", group.name()), accounts.energy(group).as_kwh());
        }
        let (energy, user, provider) = (accounts.total_energy(), accounts.user(), accounts.provider());
        self.put("energy.total", energy.as_kwh());
        if completed > 0.0 {
            self.put("energy_per_request", energy.0 / completed);
        }
        self.put("cost.user", user.0);
        self.put("cost.provider", provider.0);
        self.put("cost.provider.used", Accounts::used(layout, usage).0);
        self.put("cost.provider.capex", accounts.hardware().0);
        self.put("cost.provider.electricity", accounts.electricity().0);
        self.put("purchase_cost", accounts.purchase().0);
        if completed > 0.0 {
            let millions = completed / 1e6;
            self.put("cost.user_per_million", user.0 / millions);
            self.put("cost.provider_per_million", provider.0 / millions);
        }
        let (of_energy, of_money) = accounts.confidence(usage);
        for (confidence, share) in of_money.shares() {
            self.put(&format!("share.provider.{}", confidence.name()), share);
        }
        for (confidence, share) in of_energy.shares() {
            self.put(&format!("share.energy.{}", confidence.name()), share);
        }
        for audit in accounts.audits(usage, report.counters()) {
            self.audit(&audit);
        }
    }
}
