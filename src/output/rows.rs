//! The rows of the result files. One line each; units in the column name or in a column of their own.

use super::atomic::OutputError;
use super::csvfile::{BadCell, Cells, Row, number};

/// One scalar result of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero; the same number means the same arrivals in every layout.
    pub replication: u32,
    /// What was measured; see [`metrics::METRICS`](super::metrics::METRICS).
    pub metric: String,
    /// The value, finite.
    pub value: f64,
    /// The unit of the value; `1` for a ratio.
    pub unit: String,
}

/// One point of the distribution of response times of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantileRow {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// The share of completed requests that took at most `response_s`, 0 to 1.
    pub quantile: f64,
    /// The response time in seconds.
    pub response_s: f64,
}

/// What one component adds to the mean response time of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakdownRow {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// The component; see [`metrics::COMPONENTS`](super::metrics::COMPONENTS).
    pub component: String,
    /// Mean over all completed requests, in seconds.
    pub mean_s: f64,
    /// Its share of the mean response time, 0 to 1.
    pub share: f64,
}

/// What a quantity was during one bin of time of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRow {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// The start of the bin, in seconds since the start of the run; bins of one series follow each other.
    pub time_s: f64,
    /// The quantity; see [`metrics::SERIES`](super::metrics::SERIES).
    pub series: String,
    /// The mean over the bin, or the count in it.
    pub value: f64,
    /// The unit of the value.
    pub unit: String,
}

impl Row for SummaryRow {
    const FILE: &'static str = "summary.csv";
    const COLUMNS: &'static [&'static str] = &["layout", "replication", "metric", "value", "unit"];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let value = number(self.value, || format!("{} of {}/{}", self.metric, self.layout, self.replication))?;
        Ok(vec![self.layout.clone(), self.replication.to_string(), self.metric.clone(), value, self.unit.clone()])
    }
    fn parse(cells: &Cells) -> Result<Self, BadCell> {
        Ok(Self {
            layout: cells.text(0),
            replication: cells.whole(1)?,
            metric: cells.text(2),
            value: cells.finite(3)?,
            unit: cells.text(4),
        })
    }
}

impl Row for QuantileRow {
    const FILE: &'static str = "quantiles.csv";
    const COLUMNS: &'static [&'static str] = &["layout", "replication", "quantile", "response_s"];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let what = || format!("a quantile of {}/{}", self.layout, self.replication);
        let (quantile, response) = (number(self.quantile, what)?, number(self.response_s, what)?);
        Ok(vec![self.layout.clone(), self.replication.to_string(), quantile, response])
    }
    fn parse(cells: &Cells) -> Result<Self, BadCell> {
        Ok(Self {
            layout: cells.text(0),
            replication: cells.whole(1)?,
            quantile: cells.within(2, 0.0, 1.0)?,
            response_s: cells.within(3, 0.0, f64::MAX)?,
        })
    }
}

impl Row for BreakdownRow {
    const FILE: &'static str = "breakdown.csv";
    const COLUMNS: &'static [&'static str] = &["layout", "replication", "component", "mean_s", "share"];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let what = || format!("{} of {}/{}", self.component, self.layout, self.replication);
        let (mean, share) = (number(self.mean_s, what)?, number(self.share, what)?);
        Ok(vec![self.layout.clone(), self.replication.to_string(), self.component.clone(), mean, share])
    }
    fn parse(cells: &Cells) -> Result<Self, BadCell> {
        Ok(Self {
            layout: cells.text(0),
            replication: cells.whole(1)?,
            component: cells.text(2),
            mean_s: cells.within(3, 0.0, f64::MAX)?,
            share: cells.finite(4)?,
        })
    }
}

impl Row for SeriesRow {
    const FILE: &'static str = "series.csv";
    const COLUMNS: &'static [&'static str] = &["layout", "replication", "time_s", "series", "value", "unit"];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let what = || format!("{} of {}/{}", self.series, self.layout, self.replication);
        let (time, value) = (number(self.time_s, what)?, number(self.value, what)?);
        let (layout, replication) = (self.layout.clone(), self.replication.to_string());
        Ok(vec![layout, replication, time, self.series.clone(), value, self.unit.clone()])
    }
    fn parse(cells: &Cells) -> Result<Self, BadCell> {
        Ok(Self {
            layout: cells.text(0),
            replication: cells.whole(1)?,
            time_s: cells.within(2, 0.0, f64::MAX)?,
            series: cells.text(3),
            value: cells.finite(4)?,
            unit: cells.text(5),
        })
    }
}
