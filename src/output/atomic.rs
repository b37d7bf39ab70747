//! Files and folders that appear whole or not at all.
//!
//! The new content is written beside its place under a [hidden name](crate::hidden), synced to the disk, and renamed.
//! Whatever fails on the way, what stood there before is still there, and the hidden name is gone.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::hidden::{Hidden, parent_of};

/// Why results could not be written. Nothing has been changed.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The file system refused.
    #[error("cannot {action} {}: {source}; {}", path.display(), remedy(source))]
    Io {
        /// What was tried, as in "write".
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// The reason given.
        source: io::Error,
    },
    /// A result that is no number: a bug in what measured it.
    #[error("{what} is {value}: a value that was not measured must be left out")]
    NotFinite {
        /// Which value.
        what: String,
        /// NaN or an infinity.
        value: f64,
    },
    /// A name that cannot be a folder.
    #[error("the {what} `{name}` cannot name a folder: {remedy}")]
    BadName {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
        /// What to write instead.
        remedy: &'static str,
    },
}

/// What the user can do about it.
fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space, or write to another disk",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable, or write to another one"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => "move away the file that stands there",
        _ => "write to another folder",
    }
}

/// Tags an I/O result with what was tried on which path.
pub(super) fn tried<T>(result: io::Result<T>, action: &'static str, path: &Path) -> Result<T, OutputError> {
    result.map_err(|source| OutputError::Io { action, path: path.to_owned(), source })
}

/// Makes `dir` a folder that holds exactly `files` (name, content). One that exists is replaced as a whole.
pub fn replace_dir(dir: &Path, files: &[(String, Vec<u8>)]) -> Result<(), OutputError> {
    replace_dir_with(dir, files, &[], |_| Ok(()))
}

/// As [`replace_dir`], with whole folders too (name, where it is now), which are moved, and with what `more` writes to the
/// folder before it is in its place.
pub(super) fn replace_dir_with<T, E: From<OutputError>>(
    dir: &Path,
    files: &[(String, Vec<u8>)],
    folders: &[(&str, PathBuf)],
    more: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let new = tried(Hidden::folder(dir), "make a folder beside", dir)?;
    fill(new.path(), files, folders)?;
    let made = more(new.path())?;
    tried(new.replace_folder(dir), "write", dir)?;
    sync_dir(parent_of(dir))?;
    Ok(made)
}

/// Makes `path` a file of this content. One that exists is replaced as a whole; its folder must exist.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    replace_file_with(path, |file| tried(file.write_all(content), "write", path))
}

/// Makes `path` a file of what `fill` writes, which may be more than memory holds. One that exists is replaced as a
/// whole; its folder must exist.
pub fn replace_file_with<E: From<OutputError>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    let new = tried(Hidden::file(path), "write", path)?;
    let mut writer = BufWriter::new(tried(new.handle(), "write", path)?);
    fill(&mut writer)?;
    let file = tried(writer.into_inner().map_err(io::IntoInnerError::into_error), "write", path)?;
    tried(file.sync_all(), "write", path)?;
    tried(new.replace_file(path), "write", path)?;
    Ok(sync_dir(parent_of(path))?)
}

/// Writes `files` and moves `folders` to the new folder `dir`; all is on the disk when this returns.
fn fill(dir: &Path, files: &[(String, Vec<u8>)], folders: &[(&str, PathBuf)]) -> Result<(), OutputError> {
    for (name, content) in files {
        write_synced(&dir.join(name), content)?;
    }
    for (name, place) in folders {
        tried(fs::rename(place, dir.join(name)), "move", place)?;
    }
    sync_dir(dir)
}

/// Writes a new file through to the disk: a full disk is found here, not at some later flush.
fn write_synced(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    let mut file = tried(File::create(path), "write", path)?;
    tried(file.write_all(content), "write", path)?;
    tried(file.sync_all(), "write", path)
}

/// Writes the names in a folder through to the disk.
pub(super) fn sync_dir(dir: &Path) -> Result<(), OutputError> {
    // Only Unix opens a folder as a file; elsewhere the file system orders names itself.
    if cfg!(unix) { tried(File::open(dir).and_then(|file| file.sync_all()), "write", dir) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn files(list: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_folder_is_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("deep/er/run");
        replace_dir(&dir, &files(&[("a", "1"), ("b", "2")])).unwrap();
        assert_eq!(names(&dir), ["a", "b"]);
        replace_dir(&dir, &files(&[("a", "3")])).unwrap();
        assert_eq!(names(&dir), ["a"]);
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "3");
        assert_eq!(names(dir.parent().unwrap()), ["run"]);
    }

    #[test]
    fn a_failure_half_way_leaves_the_old_folder_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        replace_dir(&dir, &files(&[("a", "1")])).unwrap();
        let error = replace_dir(&dir, &files(&[("a", "2"), ("missing/b", "2")])).unwrap_err();
        assert!(error.to_string().contains("missing/b"), "{error}");
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "1");
        assert_eq!(names(root.path()), ["run"]);
    }

    #[test]
    fn a_file_in_the_way_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        fs::write(&dir, "mine").unwrap();
        let error = replace_dir(&dir, &files(&[("a", "1")])).unwrap_err();
        assert!(error.to_string().contains("move away the file"), "{error}");
        assert_eq!(fs::read_to_string(&dir).unwrap(), "mine");
        assert_eq!(names(root.path()), ["run"]);
        replace_file(&root.path().join("no/such/file"), b"x").unwrap_err();
        assert_eq!(names(root.path()), ["run"]);
    }
}
