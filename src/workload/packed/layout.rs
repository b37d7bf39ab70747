//! Header, functions and index of a packed trace, as bytes and back.

use std::collections::HashSet;
use std::path::Path;

use super::limits::{LONGEST, Limits};
use crate::problem::Problem;
use crate::units::{Bytes, Span};
use crate::workload::counts::{MAX_MINUTES, MAX_PER_MINUTE};
use crate::workload::durations::{PERCENTS, durations};
use crate::workload::{Function, Functions, ImportReport, InverseCdf, MINUTE};

/// Not text, not valid UTF-8, and broken by whatever rewrites line ends or cuts the eighth bit (as that of PNG).
pub(in crate::workload) const MAGIC: [u8; 8] = *b"\x89SDT\r\n\x1a\n";
/// The version that this program writes and reads.
pub(in crate::workload) const VERSION: u32 = 1;
/// Bytes of the header.
pub(in crate::workload) const HEADER: usize = 88;
/// Bytes of the index for one block.
pub(in crate::workload) const ENTRY: usize = 24;
/// Cold starts of functions that have none of their own.
const NO_COLD_START: u64 = u64::MAX;
/// The largest memory of a function: 2^30 MiB, as in the native form.
const MOST_MEMORY: u64 = 1 << 50;
/// Bytes of one function's percentiles.
const PERCENTILES: usize = 8 * PERCENTS.len();

/// What to do about a damaged file.
pub(in crate::workload) const AGAIN: &str =
    "the file is damaged: fetch it again, or make it again with `sdcsim trace convert`";

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workload) enum Kind {
    /// Invocations: time and duration in picoseconds.
    Listed = 1,
    /// Counts: minute and number of invocations; functions have percentiles of durations.
    Counted = 2,
}

/// The first bytes of the file.
#[derive(Clone, Copy, Debug)]
pub(in crate::workload) struct Header {
    pub(in crate::workload) kind: Kind,
    pub(in crate::workload) file_bytes: u64,
    /// Of the trace, in picoseconds.
    pub(in crate::workload) length: u64,
    pub(in crate::workload) rows: u64,
    pub(in crate::workload) invocations: u64,
    pub(in crate::workload) table_bytes: u64,
    /// Where the index begins; it ends with the file.
    pub(in crate::workload) index_at: u64,
    pub(in crate::workload) functions: u32,
    pub(in crate::workload) blocks: u32,
    pub(in crate::workload) table_checksum: u32,
    pub(in crate::workload) index_checksum: u32,
}

/// Where a block stands, and what it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::workload) struct BlockEntry {
    pub(in crate::workload) at: u64,
    pub(in crate::workload) bytes: u32,
    pub(in crate::workload) rows: u32,
    /// The time of its first row.
    pub(in crate::workload) first: u64,
}

/// A problem at a byte of the file.
pub(in crate::workload) fn at_byte(path: &Path, byte: u64, message: impl Into<String>, remedy: &str) -> Problem {
    Problem { subject: format!("byte {byte}"), ..Problem::with_file(path, message, remedy) }
}

/// Takes numbers from the front of bytes.
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(taken)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take(4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }
    fn u64(&mut self) -> Option<u64> {
        self.take(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
    }
    /// A length in bytes, and text of that length.
    fn text(&mut self) -> Option<Result<&'b str, std::str::Utf8Error>> {
        let length = self.u32()?;
        self.take(length as usize).map(std::str::from_utf8)
    }
}

impl Header {
    pub(in crate::workload) fn write(&self) -> [u8; HEADER] {
        let mut out = Vec::with_capacity(HEADER);
        out.extend(MAGIC);
        for number in [VERSION, self.kind as u32] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.file_bytes, self.length, self.rows, self.invocations, self.table_bytes, self.index_at] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.functions, self.blocks, self.table_checksum, self.index_checksum, 0] {
            out.extend(number.to_le_bytes());
        }
        out.extend(crc32fast::hash(&out).to_le_bytes());
        out.try_into().expect("the fields fill the header")
    }

    /// The header at the front of a file of `file_bytes` bytes.
    pub(in crate::workload) fn read(path: &Path, bytes: &[u8], file_bytes: u64) -> Result<Self, Problem> {
        if !bytes.starts_with(&MAGIC) {
            let remedy = "give the folder of a native trace or a file that `sdcsim trace convert --out FILE.sdt` made";
            return Err(at_byte(path, 0, "does not begin as a packed trace does", remedy));
        }
        let mut cursor = Cursor { bytes, at: MAGIC.len() };
        let version = cursor.u32();
        if let Some(version) = version
            && version != VERSION
        {
            let message = format!("has version {version} of the format, and this program reads version {VERSION}");
            return Err(at_byte(path, 8, message, "use the sdcsim that made it, or convert the trace again"));
        }
        if bytes.len() < HEADER {
            return Err(at_byte(path, file_bytes, "ends within its header", AGAIN));
        }
        let checksum = crc32fast::hash(&bytes[..HEADER - 4]);
        let header = Self::fields(&mut cursor).ok_or_else(|| at_byte(path, 12, "is of no known kind", AGAIN));
        if cursor.u32() != Some(checksum) {
            return Err(at_byte(path, 0, "has a header that does not fit its checksum", AGAIN));
        }
        let header = header?;
        header.check(path, file_bytes)?;
        Ok(header)
    }

    /// What follows the version; all of it is taken, also where the kind is unknown.
    fn fields(cursor: &mut Cursor) -> Option<Self> {
        let kind = match cursor.u32()? {
            1 => Some(Kind::Listed),
            2 => Some(Kind::Counted),
            _ => None,
        };
        let mut long = || cursor.u64();
        let [file_bytes, length, rows, invocations] = [long()?, long()?, long()?, long()?];
        let [table_bytes, index_at] = [long()?, long()?];
        let mut short = || cursor.u32();
        let [functions, blocks, table_checksum, index_checksum] = [short()?, short()?, short()?, short()?];
        let _reserved = short()?;
        Some(Self {
            kind: kind?,
            file_bytes,
            length,
            rows,
            invocations,
            table_bytes,
            index_at,
            functions,
            blocks,
            table_checksum,
            index_checksum,
        })
    }

    /// Whether the sizes fit each other.
    fn check(&self, path: &Path, file_bytes: u64) -> Result<(), Problem> {
        if file_bytes < self.file_bytes {
            let message = format!("ends after {file_bytes} of its {} bytes", self.file_bytes);
            return Err(at_byte(path, file_bytes, message, "it was cut short: fetch or make it again"));
        }
        if file_bytes > self.file_bytes {
            let message = format!("has {} bytes behind its end", file_bytes - self.file_bytes);
            return Err(at_byte(
                path,
                self.file_bytes,
                message,
                "cut it to the length in its header, or fetch it again",
            ));
        }
        let index_bytes = u64::from(self.blocks) * ENTRY as u64;
        let table_end = (HEADER as u64).checked_add(self.table_bytes);
        let sizes = table_end.is_some_and(|end| end <= self.index_at)
            && self.index_at.checked_add(index_bytes) == Some(self.file_bytes)
            && (self.kind == Kind::Counted || self.invocations == self.rows);
        if !sizes {
            return Err(at_byte(path, 0, "has a header whose sizes contradict each other", AGAIN));
        }
        let counted_end = MINUTE.as_ps() * u64::from(MAX_MINUTES);
        let fits = match self.kind {
            Kind::Listed => self.length <= LONGEST + MINUTE.as_ps(),
            Kind::Counted => self.length <= counted_end && self.length.is_multiple_of(MINUTE.as_ps()),
        };
        if !fits {
            let message = format!("has a length of {} ps, which is none of a trace", self.length);
            return Err(at_byte(path, 24, message, "a trace lasts at most 53 days, and counts whole minutes"));
        }
        Ok(())
    }

    /// What the rows must keep to.
    pub(in crate::workload) fn limits(&self) -> Limits {
        match self.kind {
            Kind::Listed => Limits {
                functions: self.functions,
                end: self.length,
                least: 0,
                most: LONGEST,
                strict: false,
                value: "duration",
            },
            Kind::Counted => Limits {
                functions: self.functions,
                end: self.length / MINUTE.as_ps(),
                least: 1,
                most: MAX_PER_MINUTE,
                strict: true,
                value: "count",
            },
        }
    }
}

impl BlockEntry {
    pub(in crate::workload) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.at.to_le_bytes());
        out.extend(self.bytes.to_le_bytes());
        out.extend(self.rows.to_le_bytes());
        out.extend(self.first.to_le_bytes());
    }

    fn read(cursor: &mut Cursor) -> Option<Self> {
        Some(Self { at: cursor.u64()?, bytes: cursor.u32()?, rows: cursor.u32()?, first: cursor.u64()? })
    }

    /// The entries of `bytes`.
    pub(in crate::workload) fn read_all(bytes: &[u8]) -> Vec<Self> {
        let mut cursor = Cursor { bytes, at: 0 };
        std::iter::from_fn(|| Self::read(&mut cursor)).collect()
    }
}

/// The functions, and the percentiles of their durations in picoseconds where they are drawn.
#[derive(Debug, Default)]
pub(in crate::workload) struct Table {
    pub(in crate::workload) functions: Functions,
    pub(in crate::workload) percentiles: Vec<[u64; PERCENTS.len()]>,
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
            out.extend(function.cold_start.map_or(NO_COLD_START, Span::as_ps).to_le_bytes());
            self.percentiles.get(i).into_iter().flatten().for_each(|ps| out.extend(ps.to_le_bytes()));
        }
        out
    }

    /// The table of a trace of kind `header.kind`.
    pub(in crate::workload) fn read(path: &Path, bytes: &[u8], header: &Header) -> Result<Self, Problem> {
        let mut table = Self::default();
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
        let mut percentiles = [0; PERCENTS.len()];
        if kind == Kind::Counted {
            let bytes = cursor.take(PERCENTILES).ok_or_else(cut)?;
            for (value, bytes) in percentiles.iter_mut().zip(bytes.chunks_exact(8)) {
                *value = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            }
            self.percentiles.push(percentiles);
        }
        let of_cold = Some(cold).filter(|cold| *cold != NO_COLD_START);
        if let Some(long) = of_cold.into_iter().chain(percentiles).find(|ps| *ps > LONGEST) {
            return Err(format!("has a time of {long} ps; at most {LONGEST} (53 days)"));
        }
        let cold_start = of_cold.map(Span::from_ps);
        self.functions.push(Function { owner, app, name, memory: Bytes(memory), cold_start, own: None });
        Ok(())
    }

    /// The functions and the distributions of their durations.
    pub(in crate::workload) fn workload_parts(self, report: &mut ImportReport) -> (Functions, Vec<InverseCdf>) {
        let inverse = |ps: &[u64; 7]| durations(&ps.map(Span::from_ps), report);
        (self.functions, self.percentiles.iter().map(inverse).collect())
    }
}
