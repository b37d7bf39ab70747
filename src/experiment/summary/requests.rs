//! What became of requests and how they started.

use crate::record::{Audit, Counter, Gauge, Rejection, Section};
use crate::units::Bytes;

use super::rows::Rows;

impl Rows<'_> {
    pub(super) fn requests(&mut self) {
        self.counters(Section::Fates);
        self.put("cold_starts", self.run.heard.cold as f64);
        if let Some(share) = self.run.heard.cold_share {
            self.put("cold_start_share", share);
        }
        for (name, share) in ["p50", "p75"].into_iter().zip(self.run.heard.cold_shares) {
            if let Some(value) = share {
                self.put(&format!("cold_start_share.{name}"), value);
            }
        }
        self.reasons();
        for section in [Section::Starts, Section::From, Section::Sandboxes] {
            self.counters(section);
        }
        let report = &self.run.report;
        if report.counters().has(Counter::SandboxesStarted) {
            self.put("sandboxes.mean", report.meter.mean(Gauge::Instances));
        }
        self.counters(Section::Ways);
        if report.counters().has(Counter::Mapped) {
            self.put("memory.templates", self.templates().as_gib_f64());
        }
    }

    /// The counters of one section that the run has.
    fn counters(&mut self, section: Section) {
        let counters = self.run.report.counters();
        for counter in Counter::ALL.into_iter().filter(|c| c.more().section == section && counters.has(*c)) {
            self.put(counter.name(), counters.get(counter) as f64);
        }
    }

    /// Why requests were lost, where the platform tells.
    fn reasons(&mut self) {
        let counters = self.run.report.counters();
        if !counters.has_reasons() {
            return;
        }
        for reason in Rejection::ALL {
            let name = format!("requests.rejected.{}", reason.name().replace(' ', "_"));
            self.put(&name, counters.rejected(reason) as f64);
        }
        let of_reasons: u64 = Rejection::ALL.iter().map(|reason| counters.rejected(*reason)).sum();
        let rejected = counters.exact(Counter::Rejected);
        self.audit(&Audit::equal("requests rejected = sum of the reasons", rejected, of_reasons.into()));
    }

    /// What templates hold, which does not change during a run.
    pub(super) fn templates(&self) -> Bytes {
        Bytes(self.run.report.meter.peak(Gauge::Templates))
    }
}
