//! The project's own form packed into one file, `.sdt`: columns of whole numbers in blocks, each with a checksum.
//!
//! A file of invocations is never held in memory: [`load`] verifies all of it, in parallel, and keeps the functions
//! and where each block stands; every run then reads it through the same open file, a few blocks ahead of the
//! simulation, and checks each block again. Byte by byte: docs/trace-format.md.

mod write;

pub use write::{Form, save};

use std::path::Path;
use std::sync::Arc;

use crate::ids::FunctionId;
use crate::problem::{Problem, Problems};
use crate::units::Span;
use crate::workload::counts::{Counts, MAX_PER_MINUTE};
use crate::workload::packed::{AGAIN, Kind, Listing, PackedFile};
use crate::workload::{Functions, ImportReport, InverseCdf, MINUTE, Workload};

/// The last part of the name of a packed trace.
pub const EXTENSION: &str = "sdt";

/// Reads and verifies the file `path`.
pub fn load(path: &Path) -> Result<Workload, Problems> {
    let (file, contents) = PackedFile::open(path)?;
    file.verify()?;
    let mut report = ImportReport { rows: file.header().rows, ..ImportReport::default() };
    let length = Span::from_ps(file.header().length);
    let (functions, durations) = contents.workload_parts(&mut report);
    let cores = Some(file.header().measured_cores).filter(|cores| *cores != 0);
    let workload = match file.header().kind {
        Kind::Listed => Workload::packed(functions, Listing::whole(Arc::new(file)), length, report),
        Kind::Counted => counted(&file, functions, durations, report)?,
    };
    Ok(workload.measured_with(cores))
}

fn counted(
    file: &PackedFile,
    functions: Functions,
    durations: Vec<InverseCdf>,
    report: ImportReport,
) -> Result<Workload, Problems> {
    let mut entries = Vec::with_capacity(file.header().rows as usize);
    let (mut bytes, mut rows) = (Vec::new(), Vec::new());
    for block in 0..file.blocks().len() {
        file.read(block, &mut bytes, &mut rows)?;
        entries.extend(rows.iter().map(|row| (row.time as u32, FunctionId::new(row.function), row.value as u32)));
    }
    let minutes = (file.header().length / MINUTE.as_ps()) as u32;
    let counts = Counts::new(minutes, entries).map_err(|busy| {
        let message =
            format!("minute {} has {} invocations; at most {MAX_PER_MINUTE} fit", busy.minute, busy.invocations);
        Problem::with_file(file.path(), message, "check the counts that it was made from")
    })?;
    let (found, told) = (counts.total(), file.header().invocations);
    if found != told {
        let message = format!("its counts add up to {found} invocations, and its header says {told}");
        return Err(Problem::with_file(file.path(), message, AGAIN).into());
    }
    Ok(Workload::counted(functions, durations, counts, report))
}
