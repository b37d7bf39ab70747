//! The packed form of a trace, `.sdt`: what stands where, and how rows become blocks and come back. Byte by byte:
//! docs/trace-format.md. [`trace::packed`](super::trace::packed) loads and saves whole workloads in it.

mod block;
mod cursor;
mod file;
mod layout;
mod limits;
mod own;
mod stream;
mod table;

pub(super) use block::{BLOCK_ROWS, Row, encode};
pub(super) use file::PackedFile;
pub(super) use layout::{AGAIN, BlockEntry, Fields, HEADER, Header, Kind};
pub(super) use limits::LONGEST;
pub(super) use stream::{Listing, Stream};
pub(super) use table::Table;
