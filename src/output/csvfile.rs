//! Rows to CSV and back, with the line, the column and the value in every complaint.

use std::path::Path;
use std::str::FromStr;

use super::atomic::OutputError;
use crate::problem::{Problem, Problems};

/// A kind of row with a file of its own.
pub trait Row: Sized {
    /// The name of the file in the run folder.
    const FILE: &'static str;
    /// The header.
    const COLUMNS: &'static [&'static str];
    /// One cell per column; an error where a number is not finite.
    fn cells(&self) -> Result<Vec<String>, OutputError>;
    /// From one cell per column.
    fn parse(cells: &Cells) -> Result<Self, BadCell>;
}

/// The cells of one line, as many as the header has.
#[derive(Debug)]
pub struct Cells<'a>(&'a csv::StringRecord);

/// A cell that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCell {
    /// The column, counted from zero.
    pub column: usize,
    /// What is wrong, with the value in it.
    pub message: String,
}

impl<'a> Cells<'a> {
    /// The cells of a record.
    pub(super) fn of(record: &'a csv::StringRecord) -> Self {
        Self(record)
    }
    /// The cell as it stands.
    pub fn text(&self, column: usize) -> String {
        self.0[column].to_owned()
    }
    /// The cell as a whole number.
    pub fn whole<T: FromStr>(&self, column: usize) -> Result<T, BadCell> {
        let text = &self.0[column];
        text.parse().map_err(|_| BadCell { column, message: format!("`{text}` is not a whole number") })
    }
    /// The cell as a number that is neither NaN nor infinite.
    pub fn finite(&self, column: usize) -> Result<f64, BadCell> {
        let text = &self.0[column];
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| BadCell { column, message: format!("`{text}` is not a finite number") })
    }
    /// The cell as a whole number, or none where it is empty.
    pub fn optional_whole<T: FromStr>(&self, column: usize) -> Result<Option<T>, BadCell> {
        if self.0[column].is_empty() { Ok(None) } else { self.whole(column).map(Some) }
    }
    /// The cell as a finite number, or none where it is empty.
    pub fn optional(&self, column: usize) -> Result<Option<f64>, BadCell> {
        if self.0[column].is_empty() { Ok(None) } else { self.finite(column).map(Some) }
    }
    /// The cell as a number from `low` to `high`.
    pub fn within(&self, column: usize, low: f64, high: f64) -> Result<f64, BadCell> {
        let value = self.finite(column)?;
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        let bound = if value < low { format!("below {low}") } else { format!("above {high}") };
        Err(BadCell { column, message: format!("`{}` is {bound}", &self.0[column]) })
    }
}

/// A number in the shortest form that reads back as the same.
pub fn number(value: f64, what: impl Fn() -> String) -> Result<String, OutputError> {
    if value.is_finite() { Ok(format!("{value}")) } else { Err(OutputError::NotFinite { what: what(), value }) }
}

/// Rows as a CSV file with a header; lines end in `\n` on every platform.
pub fn to_csv<R: Row>(rows: &[R]) -> Result<Vec<u8>, OutputError> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing to memory cannot fail, and all rows have the header's length";
    writer.write_record(R::COLUMNS).expect(in_memory);
    for row in rows {
        writer.write_record(row.cells()?).expect(in_memory);
    }
    Ok(writer.into_inner().expect(in_memory))
}

/// Reads a file of rows, each with its line in the file.
pub fn read_rows<R: Row>(path: &Path) -> Result<Vec<(u64, R)>, Problems> {
    let again = "run the experiment again to make its files";
    let text = super::text::read_text(path)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().and_then(Result::ok).unwrap_or_default();
    if header.iter().ne(R::COLUMNS.iter().copied()) {
        let found: Vec<&str> = header.iter().collect();
        let message = format!("its header is `{}`, not `{}`", found.join(","), R::COLUMNS.join(","));
        return Err(Problem { line: Some(1), ..Problem::with_file(path, message, again) }.into());
    }
    let mut rows = Vec::new();
    let mut problems = Problems::default();
    for record in records {
        let record = record.expect("text in memory is UTF-8, and rows may have any length");
        let line = record.position().map_or(0, csv::Position::line);
        let parsed = if record.len() == R::COLUMNS.len() {
            R::parse(&Cells(&record)).map_err(|bad| (R::COLUMNS[bad.column].to_owned(), bad.message))
        } else {
            let message = format!("{} cells, but {} columns: the file is cut short", record.len(), R::COLUMNS.len());
            Err((String::new(), message))
        };
        match parsed {
            Ok(row) => rows.push((line, row)),
            Err((subject, message)) => {
                problems.push(Problem { line: Some(line), subject, ..Problem::with_file(path, message, again) });
            }
        }
    }
    problems.or_ok(rows)
}
