//! Header and index of a packed trace, as bytes and back.

use std::path::Path;

use super::cursor::Cursor;
use super::limits::{LONGEST, Limits};
use crate::problem::Problem;
use crate::workload::counts::{MAX_MINUTES, MAX_PER_MINUTE};
use crate::workload::foreign::foreign;
use crate::workload::{MEASURED_CORES, MINUTE};

/// Not text, not valid UTF-8, and broken by whatever rewrites line ends or cuts the eighth bit (as that of PNG).
pub(in crate::workload) const MAGIC: [u8; 8] = *b"\x89SDT\r\n\x1a\n";
/// The newest version that this program writes and reads; the versions differ in [`Fields`]. A trace is written as the oldest
/// that has what it needs.
pub(in crate::workload) const VERSION: u32 = 3;
/// The oldest version.
const OLDEST: u32 = 1;
/// Bytes of the header.
pub(in crate::workload) const HEADER: usize = 88;
/// Bytes of the index for one block.
pub(in crate::workload) const ENTRY: usize = 24;

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

/// What functions have besides names, memory, cold start and percentiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::workload) struct Fields {
    /// They may say what their requests do ([`Own`](crate::workload::Own)); from version 2 on.
    pub(in crate::workload) own: bool,
    /// In a trace of counts they may have the mean of their durations; from version 3 on.
    pub(in crate::workload) means: bool,
}

impl Fields {
    /// The oldest version that has these fields, and what all of them are in it.
    pub(in crate::workload) fn version(self) -> (u32, Self) {
        let version = if self.means { VERSION } else { OLDEST + u32::from(self.own) };
        (version, Self::of(version))
    }

    fn of(version: u32) -> Self {
        Self { own: version >= 2, means: version >= 3 }
    }
}

/// The first bytes of the file.
#[derive(Clone, Copy, Debug)]
pub(in crate::workload) struct Header {
    /// What functions have, which makes the version.
    pub(in crate::workload) fields: Fields,
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
    /// Millionths of a core with which durations were measured; zero where the trace does not say.
    pub(in crate::workload) measured_cores: u32,
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

impl Header {
    pub(in crate::workload) fn write(&self) -> [u8; HEADER] {
        let mut out = Vec::with_capacity(HEADER);
        out.extend(MAGIC);
        for number in [self.fields.version().0, self.kind as u32] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.file_bytes, self.length, self.rows, self.invocations, self.table_bytes, self.index_at] {
            out.extend(number.to_le_bytes());
        }
        let sums = [self.table_checksum, self.index_checksum];
        for number in [self.functions, self.blocks, sums[0], sums[1], self.measured_cores] {
            out.extend(number.to_le_bytes());
        }
        out.extend(crc32fast::hash(&out).to_le_bytes());
        out.try_into().expect("the fields fill the header")
    }

    /// The header at the front of a file of `file_bytes` bytes.
    pub(in crate::workload) fn read(path: &Path, bytes: &[u8], file_bytes: u64) -> Result<Self, Problem> {
        if !bytes.starts_with(&MAGIC) {
            if let Some(foreign) = foreign(bytes) {
                return Err(Problem::with_file(path, foreign.what, foreign.remedy));
            }
            let remedy = "give the folder of a native trace or a file that `sdcsim trace convert --out FILE.sdt` made";
            return Err(at_byte(path, 0, "does not begin as a packed trace does", remedy));
        }
        let mut cursor = Cursor { bytes, at: MAGIC.len() };
        let version = cursor.u32();
        if let Some(version) = version
            && !(OLDEST..=VERSION).contains(&version)
        {
            let message =
                format!("has version {version} of the format, and this program reads versions {OLDEST} to {VERSION}");
            return Err(at_byte(path, 8, message, "use the sdcsim that made it, or convert the trace again"));
        }
        if bytes.len() < HEADER {
            return Err(at_byte(path, file_bytes, "ends within its header", AGAIN));
        }
        let checksum = crc32fast::hash(&bytes[..HEADER - 4]);
        let fields = Fields::of(version.unwrap_or(VERSION));
        let header =
            Self::after_version(&mut cursor, fields).ok_or_else(|| at_byte(path, 12, "is of no known kind", AGAIN));
        if cursor.u32() != Some(checksum) {
            return Err(at_byte(path, 0, "has a header that does not fit its checksum", AGAIN));
        }
        let header = header?;
        header.check(path, file_bytes)?;
        Ok(header)
    }

    /// What follows the version; all of it is taken, also where the kind is unknown.
    fn after_version(cursor: &mut Cursor, fields: Fields) -> Option<Self> {
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
        let measured_cores = short()?;
        Some(Self {
            fields,
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
            measured_cores,
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
            return Err(at_byte(path, 24, message, "a trace lasts at most 213 days, and counts whole minutes"));
        }
        if self.measured_cores != 0 && !MEASURED_CORES.contains(&self.measured_cores) {
            let message = format!("was measured with {} millionths of a core", self.measured_cores);
            let remedy = "a trace is measured with a thousandth of a core to a thousand cores; 0 where nobody knows";
            return Err(at_byte(path, 80, message, remedy));
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
