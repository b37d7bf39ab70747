//! Writing a packed trace: block by block, so that a trace of any length takes no more memory than one block.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::hidden::{Hidden, clear_leftovers, parent_of};
use crate::problem::{Problem, Problems};
use crate::rng::RootSeed;
use crate::units::Span;
use crate::workload::durations::{asked_mean, percentiles};
use crate::workload::packed::{BLOCK_ROWS, BlockEntry, Fields, HEADER, Header, Kind, LONGEST, Row, Table, encode};
use crate::workload::{Spacing, Workload};

/// What is written of a workload that counts its invocations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// What it is made of: counts stay counts (of a generated workload, those of the replication), lists stay lists.
    #[default]
    AsItIs,
    /// Each invocation of one replication, placed so within its minute.
    Listed(Spacing),
}

/// Writes `workload` as the file `path`, which must not exist, and returns its size in bytes. The file appears whole
/// or not at all. `root` is the replication that is written of what is drawn; `progress` is told from time to time
/// how many rows are written.
pub fn save(
    workload: &Workload,
    form: Form,
    root: RootSeed,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, Problems> {
    if path.file_name().is_none() {
        return Err(Problem::with_file(path, "is not the name of a file", "name the file to make").into());
    }
    if path.exists() {
        return Err(Problem::with_file(path, "exists already", "remove it, or name another file").into());
    }
    clear_leftovers(parent_of(path));
    let mut write = || {
        let partial = Hidden::file(path)?;
        let bytes = Writer::create(workload, form, partial.handle()?)
            .and_then(|writer| writer.write(workload, form, root, progress))?;
        // A trace that could not be read to its end must not be written as if it were whole.
        workload.read_fault().map_or(Ok(()), |problem| Err(Refused::Trace(problem)))?;
        partial.replace_file(path)?;
        Ok(bytes)
    };
    write().map_err(|refused| match refused {
        Refused::Disk(e) => {
            let remedy = "choose a place that you may write to, with room enough";
            Problem::with_file(path, format!("cannot be written: {e}"), remedy).into()
        }
        Refused::Trace(problem) => problem.into(),
    })
}

/// Why nothing was written.
enum Refused {
    Disk(io::Error),
    Trace(Problem),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

struct Writer {
    file: File,
    /// What is known so far.
    header: Header,
    index: Vec<u8>,
    rows: Vec<Row>,
    /// The block at hand.
    bytes: Vec<u8>,
    /// Where the next block goes.
    at: u64,
}

impl Writer {
    /// Makes the file, with room for the header, and the functions.
    fn create(workload: &Workload, form: Form, mut file: File) -> Result<Self, Refused> {
        let kind = if workload.durations().is_some() && form == Form::AsItIs { Kind::Counted } else { Kind::Listed };
        let all = workload.durations().filter(|_| kind == Kind::Counted).unwrap_or_default();
        let own = workload.functions().iter().any(|function| function.own.is_some());
        let means = all.iter().any(|durations| asked_mean(durations).is_some());
        let (_, fields) = Fields { own, means }.version();
        let percentiles = all.iter().map(|durations| percentiles(durations).map(Span::as_ps)).collect();
        let mean = |durations| asked_mean(durations).map(Span::as_ps);
        let means = if means { all.iter().map(mean).collect() } else { Vec::new() };
        let table = Table { fields, functions: workload.functions().clone(), percentiles, means }.write();
        let header = Header {
            fields,
            kind,
            file_bytes: 0,
            length: workload.length().as_ps(),
            rows: 0,
            invocations: 0,
            table_bytes: table.len() as u64,
            index_at: 0,
            functions: workload.functions().len() as u32,
            blocks: 0,
            table_checksum: crc32fast::hash(&table),
            index_checksum: 0,
            measured_cores: workload.measured_millionths().unwrap_or(0),
        };
        // A file that was left unfinished by whatever has zeros where a trace begins.
        file.write_all(&[0; HEADER])?;
        file.write_all(&table)?;
        let at = (HEADER + table.len()) as u64;
        Ok(Self { file, header, index: Vec::new(), rows: Vec::new(), bytes: Vec::new(), at })
    }

    fn write(
        mut self,
        workload: &Workload,
        form: Form,
        root: RootSeed,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, Refused> {
        match (self.header.kind, workload.counts()) {
            (Kind::Listed, _) => {
                let spacing = if let Form::Listed(spacing) = form { spacing } else { Spacing::default() };
                for i in workload.arrivals(root, spacing) {
                    let (time, value) = (i.at.as_ps(), i.duration.as_ps());
                    self.row(Row { time, function: i.function.raw(), value }, progress)?;
                }
            }
            (Kind::Counted, Some(counts)) => {
                for (minute, function, count) in counts.iter() {
                    self.count(minute, function.raw(), count, progress)?;
                }
            }
            (Kind::Counted, None) => {
                for (minute, function, count) in workload.counted_minutes(root) {
                    self.count(minute, function.raw(), count, progress)?;
                }
            }
        }
        self.block(progress)?;
        self.finish()
    }

    fn count(&mut self, minute: u32, function: u32, count: u32, progress: &mut dyn FnMut(u64)) -> Result<(), Refused> {
        self.row(Row { time: u64::from(minute), function, value: u64::from(count) }, progress)
    }

    fn row(&mut self, row: Row, progress: &mut dyn FnMut(u64)) -> Result<(), Refused> {
        if row.time.max(row.value) > LONGEST {
            let (at, value) = (Span::from_ps(row.time), Span::from_ps(row.value));
            let message = format!("an invocation at {at} of {value} cannot be written");
            let subject = "invocations".to_owned();
            let remedy = "cut the trace, and its durations, to 213 days".to_owned();
            return Err(Refused::Trace(Problem { subject, message, remedy, ..Problem::default() }));
        }
        self.header.rows += 1;
        self.header.invocations += if self.header.kind == Kind::Counted { row.value } else { 1 };
        self.rows.push(row);
        if self.rows.len() == BLOCK_ROWS { self.block(progress) } else { Ok(()) }
    }

    /// Writes the rows at hand, if there are any, as a block.
    fn block(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), Refused> {
        let Some(first) = self.rows.first() else { return Ok(()) };
        self.bytes.clear();
        encode(&self.rows, &mut self.bytes);
        let (bytes, rows) = (self.bytes.len() as u32, self.rows.len() as u32);
        BlockEntry { at: self.at, bytes, rows, first: first.time }.write(&mut self.index);
        self.file.write_all(&self.bytes)?;
        self.at += u64::from(bytes);
        self.header.blocks += 1;
        self.rows.clear();
        progress(self.header.rows);
        Ok(())
    }

    /// Writes the index, then the header, through to the disk.
    fn finish(mut self) -> Result<u64, Refused> {
        self.file.write_all(&self.index)?;
        self.header.index_at = self.at;
        self.header.file_bytes = self.at + self.index.len() as u64;
        self.header.index_checksum = crc32fast::hash(&self.index);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.header.write())?;
        self.file.sync_all()?;
        Ok(self.header.file_bytes)
    }
}
