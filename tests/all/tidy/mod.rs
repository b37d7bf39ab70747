//! House rules as tests. Each rule is a function from the text of a file to what is wrong with it, and is also
//! tried on a bad example, so that it is known to be able to fail.

mod circles;
mod documents;
mod layers;
mod lengths;
mod parts;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

/// Files under `folder` of the repository whose names end with one of `endings`: (path from the root, text), sorted.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Fails with everything that `rule` finds wrong in the files.
fn hold(files: &[(String, String)], rule: impl Fn(&str, &str) -> Vec<String>) {
    assert!(!files.is_empty(), "the rule has nothing to look at");
    let wrong: Vec<String> = files.iter().flat_map(|(path, text)| rule(path, text)).collect();
    assert!(wrong.is_empty(), "{} places break a house rule:\n{}", wrong.len(), wrong.join("\n"));
}

/// The lines of a Rust source with their numbers, without comments. Strings are left as they are.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter_map(|(number, line)| {
        let code = line.find("//").map_or(line, |start| {
            // "https://" in a string is no comment.
            if line[..start].ends_with(':') { line } else { &line[..start] }
        });
        (!code.trim().is_empty()).then_some((number, code))
    })
}
