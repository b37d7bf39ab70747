//! One row for each request of a run, in columnar files: only where `outputs.requests` asks for them.
//!
//! ```text
//! results/<experiment>/<run id>/requests/
//!   functions.csv                       the functions: id, owner, app, name, memory
//!   <layout>-<replication>.parquet      one row for each request answered or rejected, in the order in which they ended
//! ```
//!
//! They stand in a [hidden folder](super::RunFiles) until the run folder appears. Each file has a thread of its own, which is handed full buffers of rows in order: what is in the file
//! depends on the run alone, however the threads are timed.

mod file;
mod rows;
mod writer;

pub use rows::ROWS_PER_GROUP;
pub use writer::RequestWriter;

use std::path::Path;

use super::atomic::{OutputError, replace_file_with, tried};
use crate::workload::Functions;

/// The folder of the requests in a run folder.
pub const REQUESTS: &str = "requests";
/// The table of the functions in it.
pub const FUNCTIONS_CSV: &str = "functions.csv";

/// Writes the table of the functions into `folder`: what the ids in the files stand for.
pub(super) fn write_functions(folder: &Path, functions: &Functions) -> Result<(), OutputError> {
    let path = &folder.join(FUNCTIONS_CSV);
    replace_file_with(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        let mut put = |cells: [&str; 5]| tried(writer.write_record(cells).map_err(Into::into), "write", path);
        put(["function", "owner", "app", "name", "memory_bytes"])?;
        for (id, function) in functions.ids().zip(functions) {
            let (id, memory) = (id.raw().to_string(), function.memory.0.to_string());
            put([&id, &function.owner, &function.app, &function.name, &memory])?;
        }
        tried(writer.flush(), "write", path)
    })
}
