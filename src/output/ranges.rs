//! How far ratios of energy and money move within the ranges of prices and powers.

use super::atomic::OutputError;
use super::csvfile::{BadCell, Cells, Row, number};

/// Between which values the ratio of a layout to the first lies while one number, or all, move within their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeRow {
    /// Which layout.
    pub layout: String,
    /// Which metric.
    pub metric: String,
    /// Whose number, and what, as in `Intel Xeon Platinum 8380, busy_power`; empty for all together.
    pub number: String,
    /// The lowest ratio.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Row for RangeRow {
    const FILE: &'static str = "ranges.csv";
    const COLUMNS: &'static [&'static str] = &["layout", "metric", "number", "ratio_low", "ratio_high"];

    fn cells(&self) -> Result<Vec<String>, OutputError> {
        let what = || format!("the range of {} of {}", self.metric, self.layout);
        let (low, high) = (number(self.low, what)?, number(self.high, what)?);
        Ok(vec![self.layout.clone(), self.metric.clone(), self.number.clone(), low, high])
    }
    fn parse(cells: &Cells) -> Result<Self, BadCell> {
        Ok(Self {
            layout: cells.text(0),
            metric: cells.text(1),
            number: cells.text(2),
            low: cells.finite(3)?,
            high: cells.finite(4)?,
        })
    }
}
