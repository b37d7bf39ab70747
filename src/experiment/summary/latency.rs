//! How long requests took, and where the time went.

use crate::output::{BreakdownRow, QuantileRow};
use crate::record::{Audit, Component, Counter};
use crate::units::Span;

use super::rows::Rows;

impl Rows<'_> {
    pub(super) fn latency(&mut self) {
        let heard = &self.run.heard;
        let (response, delay) = (&heard.response, &heard.start_delay);
        let seconds = |span: Option<Span>| span.map(Span::as_secs_f64);
        let rows = [
            ("response.mean", seconds(response.mean())),
            ("response.p50", seconds(response.quantile(0.5))),
            ("response.p90", seconds(response.quantile(0.9))),
            ("response.p99", seconds(response.quantile(0.99))),
            ("response.p999", seconds(response.quantile(0.999))),
            ("response.max", seconds(response.max())),
            ("start_delay.mean", seconds(delay.mean())),
            ("start_delay.p50", seconds(delay.quantile(0.5))),
            ("start_delay.p99", seconds(delay.quantile(0.99))),
        ];
        for (name, value) in rows {
            if let Some(value) = value {
                self.put(name, value);
            }
        }
        if let Some(slowdown) = heard.mean_slowdown {
            self.put("slowdown.mean", slowdown);
        }
    }

    pub(super) fn quantiles(&mut self) {
        for &(quantile, response) in self.run.heard.response.quantiles() {
            self.output.quantiles.push(QuantileRow {
                layout: self.layout.name.clone(),
                replication: self.run.key.replication,
                quantile,
                response_s: response.as_secs_f64(),
            });
        }
    }

    pub(super) fn breakdown(&mut self) {
        let completed = self.run.report.count(Counter::Completed);
        if completed == 0 {
            return;
        }
        let components = self.run.heard.components;
        let total: u128 = components.iter().sum();
        let law = "sum of all breakdowns = sum of all response times [ps]";
        self.audit(&Audit::equal(law, total, self.run.heard.response.sum_ps()));
        for component in Component::ALL {
            let sum = components[component as usize] as f64;
            self.output.breakdown.push(BreakdownRow {
                layout: self.layout.name.clone(),
                replication: self.run.key.replication,
                component: component.name().to_owned(),
                mean_s: sum / completed as f64 / 1e12,
                share: if total == 0 { 0.0 } else { sum / total as f64 },
            });
        }
    }
}
