//! Files and folders on their way to their place: under a hidden name beside it, locked as long as somebody writes them.
//!
//! Names are drawn and not made of process ids, which are equal in two containers that share a folder. A lock ends with the
//! process that holds it, however that ends: so a hidden name that nobody has locked is a leftover, and may go.

use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// How hidden names end.
const NEW: &str = ".sdcsim-new";
/// How the hidden name of a folder ends that was moved away from its place, where the system cannot exchange two names.
const OLD: &str = ".sdcsim-old";
/// Hexadecimal digits of what is drawn.
const DIGITS: usize = 16;
/// How often others may come between before it is given up.
const ATTEMPTS: usize = 100;

/// A file or folder under a hidden name, which is gone when this value is dropped, unless it was put in its place.
#[derive(Debug)]
pub struct Hidden {
    path: PathBuf,
    /// Open, as it holds the lock.
    file: Option<File>,
}

impl Hidden {
    /// A new folder beside `place`; the folder that holds both is made too.
    pub fn folder(place: &Path) -> io::Result<Self> {
        Self::make(place, |path| {
            fs::create_dir_all(parent_of(path))?;
            fs::create_dir(path)?;
            // Only Unix opens a folder as a file.
            if cfg!(unix) { File::open(path).map(Some) } else { Ok(None) }
        })
    }

    /// A new file beside `place`, in a folder that exists.
    pub fn file(place: &Path) -> io::Result<Self> {
        Self::make(place, |path| File::options().read(true).write(true).create_new(true).open(path).map(Some))
    }

    fn make(place: &Path, create: impl Fn(&Path) -> io::Result<Option<File>>) -> io::Result<Self> {
        let mut result = Err(io::ErrorKind::NotFound.into());
        for _ in 0..ATTEMPTS {
            let path = name_beside(place, NEW);
            match create(&path) {
                Ok(file) => {
                    // Whoever clears leftovers may have come between making and locking. A file system without locks
                    // never says that somebody has one, and nothing is cleared there.
                    let taken =
                        file.as_ref().is_some_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
                    if !taken && path.exists() {
                        return Ok(Self { path, file });
                    }
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
                    result = Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        result
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file to write to.
    pub fn handle(&self) -> io::Result<File> {
        self.file.as_ref().ok_or(io::ErrorKind::Unsupported)?.try_clone()
    }

    /// Puts a file where `place` is, in one step; a file that was there is replaced.
    pub fn replace_file(self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)
    }

    /// Puts a folder where `place` is, in one step, and removes the folder that was there.
    pub fn replace_folder(self, place: &Path) -> io::Result<()> {
        self.replace_folder_by(place, exchange_names)
    }

    /// As [`replace_folder`](Self::replace_folder), where `swap` lets two names change places, or fails.
    fn replace_folder_by(self, place: &Path, swap: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        let mut result = Ok(());
        for _ in 0..ATTEMPTS {
            result = match fs::rename(&self.path, place) {
                Err(error) if is_full(&error, place) => exchange(&self.path, place, swap),
                other => other,
            };
            match &result {
                // Another process took away what stood there between the two, or put something there.
                Err(error)
                    if self.path.exists() && (error.kind() == io::ErrorKind::NotFound || is_full(error, place)) => {}
                // The old folder, if there was one, has the hidden name now, and goes with this value.
                _ => return result,
            }
        }
        result
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // What is in its place is here no more; where this fails, saying so adds nothing.
        remove(&self.path);
    }
}

/// Removes the file or folder at `path` so that it is gone at once, or not at all.
pub fn remove_whole(path: &Path) -> io::Result<()> {
    let away = name_beside(path, NEW);
    fs::rename(path, &away)?;
    remove(&away);
    Ok(())
}

/// Removes what processes left in `folder` that were killed, and returns how many files and folders that were. A folder that
/// was moved away from its place, where nothing stands now, goes back.
pub fn clear_leftovers(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| clear(&entry.path())).count()
}

/// Whether it was a leftover.
fn clear(path: &Path) -> bool {
    let Some(place) = place_of(path) else { return false };
    let Ok(file) = File::open(path) else { return false };
    if file.try_lock().is_err() {
        return false;
    }
    if path.to_string_lossy().ends_with(OLD) && !place.exists() {
        return fs::rename(path, place).is_ok();
    }
    remove(path);
    true
}

/// The place that a hidden name is beside; `None` where it is none.
fn place_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_prefix('.')?;
    let name = name.strip_suffix(NEW).or_else(|| name.strip_suffix(OLD))?;
    let (place, drawn) = name.rsplit_once('.')?;
    let is_drawn = drawn.len() == DIGITS && drawn.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_drawn.then(|| path.with_file_name(place))
}

/// A hidden name beside `place` that no other process draws.
fn name_beside(place: &Path, end: &str) -> PathBuf {
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Seeded by the system, anew for each.
    let drawn = RandomState::new().build_hasher().finish();
    place.with_file_name(format!(".{name}.{drawn:0DIGITS$x}{end}"))
}

/// The folder that holds `path`.
pub fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn remove(path: &Path) {
    let is_folder = path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    let _ = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

/// Whether a folder cannot be renamed to `place` because one stands there.
fn is_full(error: &io::Error, place: &Path) -> bool {
    let kinds = [io::ErrorKind::DirectoryNotEmpty, io::ErrorKind::AlreadyExists, io::ErrorKind::PermissionDenied];
    // Some systems refuse to rename to a link that leads to a folder.
    (kinds.contains(&error.kind()) || place.is_symlink()) && place.is_dir()
}

/// Lets two folders change their names: at no moment is there none at `place`, where the system and its file system can do
/// that. Elsewhere there is none for a moment; who is killed then leaves the old one for [`clear_leftovers`] to put back.
fn exchange(new: &Path, place: &Path, swap: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    match swap(new, place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let old = name_beside(place, OLD);
            fs::rename(place, &old)?;
            fs::rename(new, place).inspect_err(|_| drop(fs::rename(&old, place)))?;
            remove(&old);
            Ok(())
        }
        other => other,
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn exchange_names(one: &Path, other: &Path) -> io::Result<()> {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
    Ok(renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE)?)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn exchange_names(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
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

    /// What somebody writes stays, though process ids are equal; what nobody has locked goes, and nothing else.
    #[test]
    fn only_leftovers_are_cleared() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("run");
        let (folder, file) = (Hidden::folder(&place).unwrap(), Hidden::file(&place).unwrap());
        assert_eq!(clear_leftovers(root.path()), 0);
        let left = [name_beside(&place, NEW), name_beside(&place, NEW)];
        fs::create_dir(&left[0]).unwrap();
        fs::write(left[0].join("part"), "of a run").unwrap();
        fs::write(&left[1], "of a trace").unwrap();
        for other in [".run", ".run.new", ".sdcsim-new", ".run.0123.sdcsim-new", "run.0123456789abcdef.sdcsim-new"] {
            fs::write(root.path().join(other), "somebody's").unwrap();
        }
        assert_eq!(clear_leftovers(root.path()), 2);
        assert!(folder.path().exists() && file.path().exists() && !left.iter().any(|path| path.exists()));
        drop((folder, file));
        assert_eq!(names(root.path()).len(), 5);
    }

    /// Where names cannot be exchanged, a kill may come while nothing is in its place.
    #[test]
    fn what_was_moved_away_goes_back() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("run");
        let old = name_beside(&place, OLD);
        fs::create_dir(&old).unwrap();
        fs::write(old.join("a"), "1").unwrap();
        assert_eq!(clear_leftovers(root.path()), 1);
        assert_eq!(fs::read_to_string(place.join("a")).unwrap(), "1");
        fs::create_dir(&old).unwrap();
        assert_eq!((clear_leftovers(root.path()), names(root.path())), (1, vec!["run".to_owned()]));
    }

    /// Many that replace one folder at once, nobody of whom fails; whether it was there all the time.
    fn replaced_by_many(swap: fn(&Path, &Path) -> io::Result<()>) -> bool {
        let root = tempfile::tempdir().unwrap();
        let place = &root.path().join("run");
        let write = |name: usize| {
            let new = Hidden::folder(place).unwrap();
            for file in ["a", "b"] {
                fs::write(new.path().join(file), name.to_string()).unwrap();
            }
            new.replace_folder_by(place, swap).unwrap();
        };
        write(0);
        let is_there = std::thread::scope(|scope| {
            for name in 1..=4 {
                scope.spawn(move || {
                    for _ in 0..50 {
                        write(name);
                        clear_leftovers(place.parent().unwrap());
                    }
                });
            }
            (0..2000).all(|_| place.exists())
        });
        clear_leftovers(root.path());
        assert_eq!((names(root.path()), names(place).len()), (vec!["run".to_owned()], 2));
        is_there
    }

    #[test]
    fn one_folder_is_replaced_by_many_at_once() {
        let is_there = replaced_by_many(exchange_names);
        assert!(is_there || cfg!(not(target_os = "linux")));
    }

    /// As on systems and file systems that cannot exchange names.
    #[test]
    fn one_folder_is_replaced_by_many_without_exchange() {
        replaced_by_many(|_, _| Err(io::ErrorKind::InvalidInput.into()));
    }
}
