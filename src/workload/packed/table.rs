//! The functions of a packed trace, as bytes and back.

use std::collections::HashSet;
use std::path::Path;

use super::cursor::Cursor;
use super::layout::{AGAIN, Fields, HEADER, Header, Kind, at_byte};
use super::limits::LONGEST;
use super::own;
use crate::problem::Problem;
use crate::units::{Bytes, Span};
use crate::workload::durations::{PERCENTS, durations};
use crate::workload::{Function, Functions, ImportReport, InverseCdf};

/// A cold start or a mean that a function does not have.
const NONE: u64 = u64::MAX;
/// The largest memory of a function: 2^30 MiB, as in the native form.
const MOST_MEMORY: u64 = 1 << 50;
/// Bytes of one function's percentiles.
const PERCENTILES: usize = 8 * PERCENTS.len();

/// The functions, and the percentiles of their durations in picoseconds where they are drawn.
#[derive(Debug, Default)]
pub(in crate::workload) struct Table {
    /// What functions have.
    pub(in crate::workload) fields: Fields,
    pub(in crate::workload) functions: Functions,
    pub(in crate::workload) percentiles: Vec<[u64; PERCENTS.len()]>,
    /// The means of their durations; empty where none is known.
    pub(in crate::workload) means: Vec<Option<u64>>,
}

impl Table {
    pub(in crate::workload) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (i, function) in self.functions.iter().enumerate() {
            for text in [&function.owner, &function.app, &function.name] {
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.as_bytes());
            }
            out.extend(function.memory.0.to_le_bytes());
            out.extend(function.cold_start.map_or(NONE, Span::as_ps).to_le_bytes());
            if self.fields.own {
                own::write(function.own.as_deref(), &mut out);
            }
            self.percentiles.get(i).into_iter().flatten().for_each(|ps| out.extend(ps.to_le_bytes()));
            self.means.get(i).into_iter().for_each(|mean| out.extend(mean.unwrap_or(NONE).to_le_bytes()));
        }
        out
    }

    /// The table of a trace of kind `header.kind`.
    pub(in crate::workload) fn read(path: &Path, bytes: &[u8], header: &Header) -> Result<Self, Problem> {
        let mut table = Self { fields: header.fields, ..Self::default() };
        let mut cursor = Cursor { bytes, at: 0 };
        for number in 0..header.functions {
            let at = (HEADER + cursor.at) as u64;
            let wrong = |message: String| at_byte(path, at, format!("function {number} {message}"), AGAIN);
            table.read_function(&mut cursor, header.kind).map_err(wrong)?;
        }
        if cursor.at != bytes.len() {
            let message = format!("has {} bytes behind its functions", bytes.len() - cursor.at);
            return Err(at_byte(path, (HEADER + cursor.at) as u64, message, AGAIN));
        }
        let mut seen = HashSet::new();
        let names = table.functions.iter().map(|f| (f.owner.as_str(), f.app.as_str(), f.name.as_str()));
        if let Some((_, _, twice)) = names.into_iter().find(|names| !seen.insert(*names)) {
            let message = format!("`{twice}` of the same owner and app is listed twice");
            return Err(at_byte(path, HEADER as u64, message, "name it apart"));
        }
        Ok(table)
    }

    fn read_function(&mut self, cursor: &mut Cursor, kind: Kind) -> Result<(), String> {
        let cut = || "is cut short".to_owned();
        let mut text = || {
            let text = cursor.text().ok_or_else(cut)?;
            text.map(str::to_owned).map_err(|_| "has a name that is not UTF-8 text".to_owned())
        };
        let (owner, app, name) = (text()?, text()?, text()?);
        let memory = cursor.u64().ok_or_else(cut)?;
        if memory > MOST_MEMORY {
            return Err(format!("has {memory} bytes of memory; at most {MOST_MEMORY} (1 PiB)"));
        }
        let cold = cursor.u64().ok_or_else(cut)?;
        let own = if self.fields.own { own::read(cursor)? } else { None };
        let mut percentiles = [0; PERCENTS.len()];
        if kind == Kind::Counted {
            let bytes = cursor.take(PERCENTILES).ok_or_else(cut)?;
            for (value, bytes) in percentiles.iter_mut().zip(bytes.chunks_exact(8)) {
                *value = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            }
            self.percentiles.push(percentiles);
        }
        let mut mean = None;
        if kind == Kind::Counted && self.fields.means {
            mean = Some(cursor.u64().ok_or_else(cut)?).filter(|mean| *mean != NONE);
            self.means.push(mean);
        }
        let of_cold = Some(cold).filter(|cold| *cold != NONE);
        if let Some(long) = of_cold.into_iter().chain(mean).chain(percentiles).find(|ps| *ps > LONGEST) {
            return Err(format!("has a time of {long} ps; at most {LONGEST} (213 days)"));
        }
        let cold_start = of_cold.map(Span::from_ps);
        self.functions.push(Function { owner, app, name, memory: Bytes(memory), cold_start, own });
        Ok(())
    }

    /// The functions and the distributions of their durations.
    pub(in crate::workload) fn workload_parts(self, report: &mut ImportReport) -> (Functions, Vec<InverseCdf>) {
        let means = self.means.iter().copied().map(|mean| mean.map(Span::from_ps)).chain(std::iter::repeat(None));
        let inverse = |(ps, mean): (&[u64; 7], Option<Span>)| durations(&ps.map(Span::from_ps), mean, report);
        (self.functions, self.percentiles.iter().zip(means).map(inverse).collect())
    }
}
