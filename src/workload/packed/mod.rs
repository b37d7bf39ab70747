//! The packed form of a trace, `.sdt`: what stands where, and how rows become blocks and come back. Byte by byte:
//! docs/trace-format.md. [`trace::packed`](super::trace::packed) loads and saves whole workloads in it.

mod block;
mod file;
mod layout;
mod limits;
mod stream;

pub(super) use block::{BLOCK_ROWS, Row, encode};
pub(super) use file::PackedFile;
pub(super) use layout::{AGAIN, BlockEntry, HEADER, Header, Kind, Table};
pub(super) use limits::LONGEST;
pub(super) use stream::{Listing, Stream};
