//! The digest of a trace's bytes: what tells two traces apart, whatever their files are called and wherever they lie.
//!
//! Of each file that a reader would open, the part it plays (such as `functions`) and the SHA-256 of its bytes go into one
//! SHA-256. The bytes are those on the disk: the same trace packed otherwise has another digest.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::native;
use crate::problem::{Problem, Problems};
use crate::workload::reason::io_reason;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// The digest of a trace of these files, in this order, each with the part that it plays: 64 hexadecimal digits. Every
/// file that cannot be read, or is no regular file, is a problem.
pub fn digest(parts: &[(&str, PathBuf)]) -> Result<String, Problems> {
    let mut problems = Problems::default();
    let mut whole = Sha256::new();
    for (part, path) in parts {
        match sum_of(path) {
            Ok(sum) => {
                whole.update((part.len() as u64).to_le_bytes());
                whole.update(part.as_bytes());
                whole.update(sum);
            }
            Err(error) => {
                let remedy = "check the path and that you may read the file";
                problems.push(Problem::with_file(path, format!("cannot be read: {}", io_reason(&error)), remedy));
            }
        }
    }
    problems.or_ok(hex(whole.finalize().into()))
}

/// The SHA-256 of the bytes of one regular file: 64 hexadecimal digits.
pub fn of_file(path: &Path) -> io::Result<String> {
    sum_of(path).map(hex)
}

fn hex(sum: [u8; 32]) -> String {
    sum.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The digest of a trace in the project's own form: of the files of the folder that are read, or of the packed file.
pub fn of_native(path: &Path) -> Result<String, Problems> {
    if path.is_dir() { digest(&native::parts(path)) } else { digest(&[("packed", path.to_owned())]) }
}

fn sum_of(path: &Path) -> io::Result<[u8; 32]> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let (mut file, mut sum, mut chunk) = (File::open(path)?, Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(sum.finalize().into()),
            n => sum.update(&chunk[..n]),
        }
    }
}
