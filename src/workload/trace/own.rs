//! What a native trace says of one function's requests: columns of `functions.csv` that may be left out, and fields that
//! may be empty; then the experiment's workload says it.

use super::number::decimal;
use super::table::Table;
use crate::units::{BitsPerSec, Bytes};
use crate::workload::{Function, MEASURED_CORES, MOST_BANDWIDTH, MOST_MOVED, Own, WHOLE_SHARE};

/// The cores with which durations were measured, also a key of `about.csv`.
pub(super) const MEASURED: &str = "measured_cores";
/// What it may be.
pub(super) const MEASURED_WORDS: &str = "cores from 0.001 to 1000";

/// The columns, in the order in which they are written.
pub(super) const COLUMNS: [&str; 9] = [
    "profile",
    "request_bytes",
    "response_bytes",
    "read_bytes",
    "write_bytes",
    "bandwidth_mbit_s",
    "accelerators",
    "parallel_share",
    MEASURED,
];

/// Where the columns stand in a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnColumns([Option<usize>; COLUMNS.len()]);

impl OwnColumns {
    /// Those that a table has.
    pub(super) fn of(table: &Table) -> Self {
        Self(COLUMNS.map(|name| table.optional(name)))
    }

    /// What the row at hand says, nothing of it where it says nothing; `None` where a field is wrong, which the table has
    /// noted.
    pub(super) fn read(self, table: &mut Table) -> Option<Own> {
        let mut own = Own::default();
        for (which, column) in self.0.into_iter().enumerate() {
            let Some(column) = column.filter(|column| !table.bytes(*column).trim_ascii().is_empty()) else { continue };
            match which {
                0 => own.profile = Some(table.text(column)?.to_owned()),
                1 => own.request = Some(bytes(table, column)?),
                2 => own.response = Some(bytes(table, column)?),
                3 => own.read = Some(bytes(table, column)?),
                4 => own.write = Some(bytes(table, column)?),
                5 => own.bandwidth = Some(bandwidth(table, column)?),
                6 => own.accelerators = Some(table.whole(column, u64::from(u32::MAX))? as u32),
                7 => own.parallel_share = Some(millionths(table, column, 0..=WHOLE_SHARE, "a share from 0 to 1")?),
                _ => own.measured_cores = Some(millionths(table, column, MEASURED_CORES, MEASURED_WORDS)?),
            }
        }
        Some(own)
    }
}

fn bytes(table: &mut Table, column: usize) -> Option<Bytes> {
    table.whole(column, MOST_MOVED).map(Bytes)
}

/// A field in millionths, within a range that `words` say.
pub(super) fn millionths(
    table: &mut Table,
    column: usize,
    range: std::ops::RangeInclusive<u32>,
    words: &'static str,
) -> Option<u32> {
    let value = table.decimal(column, 6, words)?;
    let value = u32::try_from(value).ok().filter(|value| range.contains(value));
    if value.is_none() {
        let shown = String::from_utf8_lossy(table.bytes(column)).into_owned();
        table.wrong(column, format!("`{shown}` is out of range"), &format!("write {words}"));
    }
    value
}

/// A field of Mbit/s, to the nearest bit/s.
fn bandwidth(table: &mut Table, column: usize) -> Option<BitsPerSec> {
    let remedy = "write Mbit/s as a decimal number, from 0 to 10^9";
    let bits = table.decimal(column, 6, remedy)?;
    match u64::try_from(bits) {
        Ok(rate) if rate <= MOST_BANDWIDTH => Some(BitsPerSec(rate)),
        _ => {
            let shown = String::from_utf8_lossy(table.bytes(column)).into_owned();
            table.wrong(column, format!("`{shown}` is out of range"), remedy);
            None
        }
    }
}

/// The columns that some function has something in.
pub(super) fn columns_of<'f>(functions: impl Iterator<Item = &'f Function>) -> Vec<usize> {
    let mut used = [false; COLUMNS.len()];
    for own in functions.filter_map(|function| function.own.as_deref()) {
        for (which, used) in used.iter_mut().enumerate() {
            *used |= !field(Some(own), which).is_empty();
        }
    }
    (0..used.len()).filter(|which| used[*which]).collect()
}

/// A field as it is written; empty where the function has none of its own.
pub(super) fn field(own: Option<&Own>, which: usize) -> String {
    let Some(own) = own else { return String::new() };
    let bytes = |bytes: Option<Bytes>| bytes.map(|bytes| bytes.0.to_string());
    let text = match which {
        0 => own.profile.clone(),
        1 => bytes(own.request),
        2 => bytes(own.response),
        3 => bytes(own.read),
        4 => bytes(own.write),
        5 => own.bandwidth.map(|rate| decimal(rate.0, 6)),
        6 => own.accelerators.map(|count| count.to_string()),
        7 => own.parallel_share.map(|share| decimal(share.into(), 6)),
        _ => own.measured_cores.map(|cores| decimal(cores.into(), 6)),
    };
    text.unwrap_or_default()
}
