//! Why a file cannot be read, in words.

use std::io;

/// The reason of an I/O error without the number that the operating system gives it.
pub(super) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends in the middle of its compressed data".to_owned(),
        _ => error.to_string(),
    }
}
