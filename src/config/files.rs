//! Finding and reading config files.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{shipped, suggest};

/// Largest config file; a larger one is surely something else, such as a trace.
const LARGEST_MIB: u64 = 16;

/// Why a file cannot be used: what is wrong with it, and what to do.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) remedy: String,
    /// Line and column, where the reason stands at one.
    pub(super) place: Option<(u64, u64)>,
}

impl Unreadable {
    fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into(), place: None }
    }
}

/// The text of a config file, or of one that is built in.
pub(super) fn read(path: &Path) -> Result<String, Unreadable> {
    if let Some(text) = shipped::text(path) {
        return Ok(text.to_owned());
    }
    match path.metadata() {
        Ok(what) if what.is_dir() => return Err(Unreadable::new("this is a folder, not a file", files_in(path))),
        // Reading a pipe or a device could wait, or go on, without end.
        Ok(what) if !what.is_file() => {
            let message = "this is a pipe or a device, not a file";
            return Err(Unreadable::new(message, "write the config to a file and name that"));
        }
        _ => {}
    }
    let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
    let mut bytes = Vec::new();
    let limit = LARGEST_MIB << 20;
    let result = file.take(limit + 1).read_to_end(&mut bytes);
    result.map_err(|error| {
        Unreadable::new(format!("reading failed: {}", error.kind()), "read it with another program")
    })?;
    if bytes.len() as u64 > limit {
        let message = format!("larger than {LARGEST_MIB} MiB, which no config is");
        return Err(Unreadable::new(message, "name a config file; traces are named inside it"));
    }
    let text = String::from_utf8(bytes).map_err(|error| not_text(&error))?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(Unreadable::new("the file is empty", "start from one in experiments/ or configs/"));
    }
    Ok(text)
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Unreadable {
    if error.kind() != ErrorKind::NotFound {
        return Unreadable::new(format!("cannot be opened: {}", error.kind()), "make the file readable for you");
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let remedy =
        if folder.is_dir() { near_in(folder, &name) } else { format!("there is no folder {}", folder.display()) };
    Unreadable::new("there is no such file", remedy)
}

fn not_text(error: &std::string::FromUtf8Error) -> Unreadable {
    let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let before = String::from_utf8_lossy(&bytes[..at]);
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    let message = format!("this is not UTF-8 text: there is a byte 0x{:02x}", bytes[at]);
    Unreadable { place: Some((line, column)), ..Unreadable::new(message, "save the file as UTF-8") }
}

/// Names of the TOML files in a folder, in order of name.
fn toml_files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| Path::new(name).extension().is_some_and(|e| e == "toml")).collect();
    names.sort();
    names
}

fn files_in(folder: &Path) -> String {
    let names = toml_files(folder);
    if names.is_empty() { "name a .toml file".to_owned() } else { format!("name a file in it: {}", shortened(&names)) }
}

fn near_in(folder: &Path, name: &str) -> String {
    let names = toml_files(folder);
    match suggest::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => format!("there are no .toml files in {}", folder.display()),
        None => format!("in {} there are: {}", folder.display(), shortened(&names)),
    }
}

fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let list = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{list} and {} more", names.len() - SHOWN) } else { list }
}

/// The file that `extends = "name"` in a file of `folder` means: beside that file, in the nearest `configs`
/// folder at or above it, in the current folder's `configs`, or else built in; what is said `from_here`, on the command line,
/// also in the current folder. Otherwise the remedy, with the places tried.
pub(super) fn find_base(name: &str, folder: &Path, from_here: bool) -> Result<PathBuf, String> {
    let mut places = Vec::new();
    // What is built in extends what is built in.
    if !shipped::is_shipped(folder) && !shipped::is_shipped(Path::new(name)) {
        places.push(folder.join(name));
        places.extend(from_here.then(|| PathBuf::from(name)));
        if Path::new(name).is_relative() {
            places.extend(nearest_configs(folder).map(|configs| configs.join(name)));
            places.push(Path::new("./configs").join(name));
        }
    }
    let mut tried: Vec<PathBuf> = Vec::new();
    for place in places {
        if place.exists() {
            return Ok(place);
        }
        let same = |other: &PathBuf| std::path::absolute(other).ok() == std::path::absolute(&place).ok();
        if !tried.iter().any(same) {
            tried.push(place);
        }
    }
    if let Some(built_in) = shipped::find(name) {
        return Ok(built_in);
    }
    let file_name = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    let near = tried.iter().filter_map(|place| place.parent()).find_map(|folder| {
        let names = toml_files(folder);
        let near = suggest::nearest(&file_name, names.iter().map(String::as_str))?;
        Some(Path::new(name).with_file_name(near))
    });
    let near = near.or_else(|| suggest::nearest(name, shipped::names()).map(PathBuf::from));
    let near = near.map(|near| format!("did you mean \"{}\"? ", near.display())).unwrap_or_default();
    let tried: Vec<String> = tried.iter().map(|place| place.display().to_string()).collect();
    let tried = tried.into_iter().chain(["what is built in".to_owned()]).collect::<Vec<_>>().join(", ");
    Err(format!("{near}tried: {tried}"))
}

/// The nearest folder named `configs` at or above `folder`, or the nearest that lies in such a folder.
fn nearest_configs(folder: &Path) -> Option<PathBuf> {
    let above = |start: &Path| {
        start.ancestors().find_map(|ancestor| {
            let itself = ancestor.file_name().is_some_and(|name| name == "configs");
            let inside = ancestor.join("configs");
            if itself { Some(ancestor.to_owned()) } else { inside.is_dir().then_some(inside) }
        })
    };
    // The folder of a file that is named without one is the current folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    above(folder).or_else(|| above(&std::path::absolute(folder).ok()?))
}
