//! One CSV file of a trace: opened, checked and read row by row, with everything wrong in it collected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::number::{NumberFault, digits, fixed};
use super::text::{self, Beyond, Refused, Text};
use crate::config::suggest;
use crate::problem::{Problem, Problems};
use crate::units::{Bytes, Span};
use crate::workload::reason::io_reason;
use crate::workload::{ImportReport, LONGEST};

/// Problems told of one file; the rest is only counted.
const PROBLEMS_SHOWN: usize = 20;

/// What may stand around a name.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// Ten to this power picoseconds make the unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum TimeUnit {
    Seconds = 12,
    Milliseconds = 9,
}

/// A CSV file with a header.
pub(super) struct Table {
    path: PathBuf,
    header: Vec<String>,
    reader: csv::Reader<Text>,
    row: csv::ByteRecord,
    rows: u64,
    /// Names that had blanks around them.
    trimmed: u64,
    shown: Vec<Problem>,
    hidden: u64,
}

impl Table {
    /// Opens `path` and reads its header; `None` with a problem when that is not possible. What is packed may unpack to
    /// at most `unpacked`.
    pub(super) fn open(path: &Path, unpacked: Bytes, problems: &mut Problems) -> Option<Self> {
        let text = text::open(path, unpacked).map_err(|refused| {
            problems.push(match refused {
                Refused::Foreign(foreign) => Problem::with_file(path, foreign.what, foreign.remedy),
                Refused::Io(error) => {
                    let remedy = "check the path and that you may read the file";
                    Problem::with_file(path, format!("cannot be opened: {}", io_reason(&error)), remedy)
                }
            });
        });
        let reader = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .buffer_capacity(1 << 16)
            .from_reader(text.ok()?);
        let (path, row, header, shown) = (path.to_owned(), csv::ByteRecord::new(), Vec::new(), Vec::new());
        let mut table = Self { path, header, reader, row, rows: 0, trimmed: 0, shown, hidden: 0 };
        table.read_header();
        if table.shown.is_empty() {
            return Some(table);
        }
        table.finish(&mut ImportReport::default(), problems);
        None
    }

    fn read_header(&mut self) {
        if !self.read_record() {
            if self.shown.is_empty() {
                self.wrong_file("is empty".to_owned(), "give a CSV file whose first line names the columns");
            }
            return;
        }
        let bytes = self.row.iter().collect::<Vec<_>>();
        let Ok(names) = bytes.into_iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>() else {
            self.wrong_file("its first line is not UTF-8 text".to_owned(), "give a CSV file, plain, gzip or Zstandard");
            return;
        };
        self.header = names.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let mut first = BTreeMap::new();
        let mut twice = Vec::new();
        for (i, name) in self.header.iter().enumerate() {
            if let Some(before) = first.insert(name.as_str(), i) {
                twice.push(format!("column `{name}` appears twice, at positions {} and {}", before + 1, i + 1));
            }
        }
        for message in twice {
            self.wrong_at(Some(1), String::new(), message, "keep one of them");
        }
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }
    /// Rows of data read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }
    /// The line of the row at hand, counted from one.
    pub(super) fn line(&self) -> Option<u64> {
        self.row.position().map(csv::Position::line)
    }

    /// The position of a column, in any case of letters.
    pub(super) fn optional(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column.eq_ignore_ascii_case(name))
    }
    /// The position of a column that must be there.
    pub(super) fn column(&mut self, name: &str) -> Option<usize> {
        let found = self.optional(name);
        if found.is_none() {
            let has = self.header.iter().take(8).map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
            let more = self.header.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let remedy = format!("name it in the first line, which has {has}{more}");
            self.wrong_at(Some(1), String::new(), format!("column `{name}` is missing"), &remedy);
        }
        found
    }

    /// Notes each column that is none of `known`: what it says would be lost.
    pub(super) fn only(&mut self, known: &[String]) {
        let unknown = |name: &&String| !known.iter().any(|known| known.eq_ignore_ascii_case(name));
        for name in self.header.iter().filter(unknown).cloned().collect::<Vec<_>>() {
            let remedy = suggest::among(&name, known, "known columns");
            let remedy = if remedy.starts_with("did") { remedy } else { format!("leave it out; {remedy}") };
            self.wrong_at(Some(1), String::new(), format!("unknown column `{}`", clipped(&name)), &remedy);
        }
    }

    /// Reads one record; false at the end, or at a problem that ends the file.
    fn read_record(&mut self) -> bool {
        self.reader.get_mut().next_row();
        match self.reader.read_byte_record(&mut self.row) {
            Ok(more) => more,
            Err(error) => {
                let line = self.reader.position().line();
                let damaged = "the file may be cut short or damaged: fetch it again";
                let (reason, remedy) = match error.into_kind() {
                    csv::ErrorKind::Io(e) => {
                        let beyond = e.get_ref().and_then(|inner| inner.downcast_ref::<Beyond>());
                        (io_reason(&e), beyond.map_or(damaged, Beyond::remedy))
                    }
                    other => (format!("{other:?}"), damaged),
                };
                self.wrong_at(Some(line), String::new(), format!("cannot be read any further: {reason}"), remedy);
                false
            }
        }
    }

    /// Goes to the next row that has as many fields as the header; others are problems. False at the end.
    pub(super) fn next_row(&mut self) -> bool {
        while self.read_record() {
            self.rows += 1;
            let (fields, expected) = (self.row.len(), self.header.len());
            if fields == expected {
                return true;
            }
            let message = format!("the row has {fields} fields, the header {expected}");
            self.wrong_at(self.line(), String::new(), message, "give every row one value for each column");
        }
        false
    }

    /// The bytes of a field of the row at hand.
    pub(super) fn bytes(&self, column: usize) -> &[u8] {
        self.row.get(column).unwrap_or_default()
    }

    /// A field as text.
    pub(super) fn text(&mut self, column: usize) -> Option<&str> {
        if std::str::from_utf8(self.bytes(column)).is_err() {
            let shown = String::from_utf8_lossy(self.bytes(column)).into_owned();
            self.wrong(column, format!("`{}` is not UTF-8 text", clipped(&shown)), "save the file as UTF-8");
            return None;
        }
        std::str::from_utf8(self.bytes(column)).ok()
    }

    /// A field as a name, without blanks around it; where there were some, they are counted.
    pub(super) fn name(&mut self, column: usize) -> Option<String> {
        let text = self.text(column)?;
        let (name, whole) = (text.trim_matches(BLANKS).to_owned(), text.len());
        self.trimmed += u64::from(name.len() < whole);
        Some(name)
    }

    /// A field as a whole number from zero to `max`.
    pub(super) fn whole(&mut self, column: usize, max: u64) -> Option<u64> {
        let field = self.bytes(column);
        // All but a few cells of all traces.
        if let Some(value) = digits(field)
            && value <= max
        {
            return Some(value);
        }
        let value = match (fixed(field, 0), fixed(field, 6)) {
            (Ok(whole), Ok(millionths)) if whole * 1_000_000 == millionths => Ok(whole),
            (Ok(_), Ok(_)) => Err(NumberFault::NotANumber),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        };
        let remedy = format!("write a whole number from 0 to {max}");
        match value.map(u64::try_from) {
            Ok(Ok(value)) if value <= max => Some(value),
            Ok(Ok(_)) | Err(NumberFault::TooLarge) => self.not(column, "is too large", &remedy),
            Ok(Err(_)) => self.not(column, "is out of range", &remedy),
            Err(NumberFault::Empty) => self.not(column, "is empty", &remedy),
            Err(NumberFault::NotANumber) => self.not(column, "is not a whole number", &remedy),
        }
    }

    /// A field as picoseconds, of either sign, of at most [`LONGEST`]. What then ends beyond the clock never does.
    pub(super) fn picoseconds(&mut self, column: usize, unit: TimeUnit) -> Option<i128> {
        let remedy = match unit {
            TimeUnit::Seconds => "write seconds as a decimal number, at most 213 days",
            TimeUnit::Milliseconds => "write milliseconds as a decimal number, at most 213 days",
        };
        let ps = self.decimal(column, unit as i32, remedy)?;
        if ps.unsigned_abs() <= u128::from(LONGEST.as_ps()) {
            return Some(ps);
        }
        self.not(column, "is more than the 213 days that the clock reaches", remedy)
    }

    /// A field as a span that is not negative.
    pub(super) fn span(&mut self, column: usize, unit: TimeUnit) -> Option<Span> {
        let ps = self.picoseconds(column, unit)?;
        match u64::try_from(ps) {
            Ok(ps) => Some(Span::from_ps(ps)),
            Err(_) => self.not(column, "is negative", "write a time of zero or more"),
        }
    }

    /// A field of mebibytes (what the public traces call MB), to the nearest byte; at most 2^30 MiB (1 PiB).
    pub(super) fn mebibytes(&mut self, column: usize) -> Option<Bytes> {
        let remedy = "write MiB as a decimal number, from 0 to 2^30";
        let billionths = self.decimal(column, 9, remedy)?;
        let Ok(billionths) = u128::try_from(billionths) else {
            return self.not(column, "is out of range", remedy);
        };
        if billionths > 1_000_000_000 << 30 {
            return self.not(column, "is too large", remedy);
        }
        Some(Bytes((((billionths << 20) + 500_000_000) / 1_000_000_000) as u64))
    }

    /// A field × 10^`scale`, to the nearest whole number.
    pub(super) fn decimal(&mut self, column: usize, scale: i32, remedy: &str) -> Option<i128> {
        match fixed(self.bytes(column), scale) {
            Ok(value) => Some(value),
            Err(NumberFault::Empty) => self.not(column, "is empty", remedy),
            Err(NumberFault::NotANumber) => self.not(column, "is not a number", remedy),
            Err(NumberFault::TooLarge) => self.not(column, "is too large", remedy),
        }
    }

    fn not<T>(&mut self, column: usize, what: &str, remedy: &str) -> Option<T> {
        let shown = String::from_utf8_lossy(self.bytes(column)).into_owned();
        self.wrong(column, format!("`{}` {what}", clipped(&shown)), remedy);
        None
    }

    /// A problem with a field of the row at hand.
    pub(super) fn wrong(&mut self, column: usize, message: String, remedy: &str) {
        self.wrong_at(self.line(), self.header[column].clone(), message, remedy);
    }
    /// A problem with the file as a whole.
    pub(super) fn wrong_file(&mut self, message: String, remedy: &str) {
        self.wrong_at(None, String::new(), message, remedy);
    }

    fn wrong_at(&mut self, line: Option<u64>, subject: String, message: String, remedy: &str) {
        if self.shown.len() == PROBLEMS_SHOWN {
            self.hidden += 1;
            return;
        }
        let (file, remedy) = (self.path.clone(), remedy.to_owned());
        self.shown.push(Problem { file, line, column: None, subject, message, remedy });
    }

    /// Hands over the problems of this file, and counts its rows and what was mended in them.
    pub(super) fn finish(self, report: &mut ImportReport, problems: &mut Problems) {
        report.rows += self.rows;
        report.mend("name with blanks around it: they are left out", self.trimmed);
        problems.0.extend(self.shown);
        if self.hidden > 0 {
            let message = format!("{} more problems in this file", self.hidden);
            problems.push(Problem::with_file(&self.path, message, "mend those above first"));
        }
    }
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}
