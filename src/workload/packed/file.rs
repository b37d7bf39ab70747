//! A packed trace, opened: its header, where its blocks stand, and how one is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use super::block::{self, BLOCK_BYTES, BLOCK_ROWS, Row};
use super::layout::{AGAIN, BlockEntry, ENTRY, HEADER, Header, at_byte};
use super::limits::Limits;
use super::table::Table;
use crate::problem::{Problem, Problems};
use crate::workload::foreign::LOOKED_AT;
use crate::workload::reason::io_reason;

/// Problems told of one file; the rest is only counted.
const PROBLEMS_SHOWN: usize = 20;

/// An open file. It is read through one handle from beginning to end, so that another file put in its place later
/// changes nothing.
#[derive(Debug)]
pub(in crate::workload) struct PackedFile {
    path: PathBuf,
    /// Seeking and reading go together; unpacking does not hold the lock.
    file: Mutex<File>,
    header: Header,
    limits: Limits,
    blocks: Vec<BlockEntry>,
    /// Why a run could not read on; the first reason counts.
    fault: OnceLock<Problem>,
}

impl PackedFile {
    /// Opens `path`, and reads all but its blocks.
    pub(in crate::workload) fn open(path: &Path) -> Result<(Self, Table), Problem> {
        let refused = |e: io::Error| {
            let remedy = "check the path and that you may read the file";
            Problem::with_file(path, format!("cannot be opened: {}", io_reason(&e)), remedy)
        };
        let mut file = File::open(path).map_err(refused)?;
        let file_bytes = file.metadata().map_err(refused)?.len();
        let mut start = Vec::new();
        (&mut file).take(LOOKED_AT as u64).read_to_end(&mut start).map_err(refused)?;
        let header = Header::read(path, &start, file_bytes)?;
        // The sizes in the header fit the file, so that they can be allocated.
        let mut part = |at: u64, bytes: u64, checksum: u32, what: &str| {
            let mut part = vec![0; bytes as usize];
            file.seek(SeekFrom::Start(at)).map_err(refused)?;
            file.read_exact(&mut part).map_err(refused)?;
            let found = crc32fast::hash(&part);
            if found == checksum {
                return Ok(part);
            }
            let message = format!("{what}: the checksum is {found:08x}, and should be {checksum:08x}");
            Err(at_byte(path, at, message, AGAIN))
        };
        let table = part(HEADER as u64, header.table_bytes, header.table_checksum, "functions")?;
        let index_bytes = u64::from(header.blocks) * ENTRY as u64;
        let index = part(header.index_at, index_bytes, header.index_checksum, "index")?;
        let table = Table::read(path, &table, &header)?;
        let (blocks, limits) = (BlockEntry::read_all(&index), header.limits());
        let (path, file, fault) = (path.to_owned(), Mutex::new(file), OnceLock::new());
        let opened = Self { path, file, header, limits, blocks, fault };
        opened.check_index()?;
        Ok((opened, table))
    }

    /// Whether the blocks of the index follow one another without a gap, and have the rows of the header.
    fn check_index(&self) -> Result<(), Problem> {
        let mut at = HEADER as u64 + self.header.table_bytes;
        for (i, block) in self.blocks.iter().enumerate() {
            let fits = block.at == at && block.bytes as usize <= BLOCK_BYTES && block.rows as usize <= BLOCK_ROWS;
            if !fits {
                let entry = self.header.index_at + (i * ENTRY) as u64;
                return Err(at_byte(&self.path, entry, format!("the index misplaces block {i}"), AGAIN));
            }
            at += u64::from(block.bytes);
        }
        let rows: u64 = self.blocks.iter().map(|block| u64::from(block.rows)).sum();
        if at == self.header.index_at && rows == self.header.rows {
            return Ok(());
        }
        let message = "the index has other blocks or rows than the header says";
        Err(at_byte(&self.path, self.header.index_at, message, AGAIN))
    }

    pub(in crate::workload) fn path(&self) -> &Path {
        &self.path
    }
    pub(in crate::workload) fn header(&self) -> &Header {
        &self.header
    }
    pub(in crate::workload) fn blocks(&self) -> &[BlockEntry] {
        &self.blocks
    }

    /// Reads and checks block `index`. Both buffers are used again.
    pub(in crate::workload) fn read(
        &self,
        index: usize,
        bytes: &mut Vec<u8>,
        rows: &mut Vec<Row>,
    ) -> Result<(), Problem> {
        let entry = self.blocks[index];
        let wrong = |message: String| {
            at_byte(&self.path, entry.at, format!("block {index} is not as it was written: {message}"), AGAIN)
        };
        bytes.resize(entry.bytes as usize, 0);
        {
            // Another stream that panicked here has left the file as good as it was: every read seeks first.
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let read = file.seek(SeekFrom::Start(entry.at)).and_then(|_| file.read_exact(bytes));
            read.map_err(|e| {
                let remedy = "check the disk, and that nothing changes the file while it is read";
                at_byte(&self.path, entry.at, format!("cannot be read any further: {}", io_reason(&e)), remedy)
            })?;
        }
        block::decode(bytes, &self.limits, rows).map_err(wrong)?;
        if rows.len() != entry.rows as usize || rows[0].time != entry.first {
            return Err(wrong("its rows or its first time are not those of the index".to_owned()));
        }
        Ok(())
    }

    /// Reads every block once, in parallel, and checks that they follow one another in order.
    pub(in crate::workload) fn verify(&self) -> Result<(), Problems> {
        let check = |(bytes, rows): &mut (Vec<u8>, Vec<Row>), index: usize| {
            self.read(index, bytes, rows).map(|()| (rows[0].key(), rows[rows.len() - 1].key())).map_err(Box::new)
        };
        let found: Vec<_> = (0..self.blocks.len()).into_par_iter().map_init(Default::default, check).collect();
        let mut problems = Problems::default();
        let (mut last, mut hidden) = (None, 0);
        for (i, ends) in found.into_iter().enumerate() {
            let problem = match ends {
                Err(problem) => Some(*problem),
                Ok((first, end)) => {
                    let before = last.replace(end);
                    let late = before.is_some_and(|before| before > first || self.limits.strict && before == first);
                    let message = || format!("block {i} begins before the one in front of it ends");
                    late.then(|| at_byte(&self.path, self.blocks[i].at, message(), AGAIN))
                }
            };
            match problem {
                Some(problem) if problems.0.len() < PROBLEMS_SHOWN => problems.push(problem),
                problem => hidden += u64::from(problem.is_some()),
            }
        }
        if hidden > 0 {
            problems.push(Problem::with_file(&self.path, format!("{hidden} more blocks are damaged"), AGAIN));
        }
        problems.or_ok(())
    }

    /// Notes why a run could not read on.
    pub(in crate::workload) fn fail(&self, problem: Problem) {
        // Only the first reason matters.
        let _ = self.fault.set(problem);
    }
    /// Why a run could not read on, if one could not.
    pub(in crate::workload) fn fault(&self) -> Option<&Problem> {
        self.fault.get()
    }
}
