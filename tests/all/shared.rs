//! The shared validation data, which lies beside the repository or where `SDCSIM_SHARED` says.

use std::path::{Path, PathBuf};

/// A file or folder of it; `None`, with a message, where it is missing: the test then skips.
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let file = std::env::var_os("SDCSIM_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if !file.exists() {
        eprintln!("SKIPPED: {} is missing; set SDCSIM_SHARED to the folder of validation data", file.display());
        return None;
    }
    Some(file)
}
