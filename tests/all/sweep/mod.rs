//! Sweeps, as a user meets them: what is refused, what is run, and what files come of it.

mod refused;
mod report;
mod runs;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use tempfile::TempDir;

use super::binary::{assert_same, command, files, sdcsim, text, tiny};

/// Two axes of two values each; the second moves two keys, and its range is in a unit.
const AXES: &str = r#"
[[sweep]]
label = "Local share"
key = "layout[name=disaggregated].memory_pools.local_share"
values = [0.25, 0.75]

[[sweep]]
label = "Keep-alive"
key = "layout[0].platform.keep_alive.limit"
from = "1 min"
to = "10 min"
points = 2
scale = "log"
with = [{ key = "layout[1].platform.keep_alive.limit" }]
"#;

/// A folder with an experiment file in it, and room for results.
struct Case {
    folder: TempDir,
}

impl Case {
    /// The tiny experiment with `axes` after it.
    fn new(axes: &str) -> Self {
        let case = Self { folder: TempDir::new().expect("a temporary folder") };
        fs::write(case.file(), format!("{}{axes}", tiny("Does it sweep?", 2))).expect("a new file");
        case
    }
    fn file(&self) -> PathBuf {
        self.folder.path().join("tiny.toml")
    }
    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
    /// The folder of the experiment's results.
    fn results(&self) -> PathBuf {
        self.out().join("tiny")
    }
    /// The folders of the points by name.
    fn points(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.results().join("points")).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }
    /// The text without the name of the folder.
    fn relative(&self, text: &str) -> String {
        text.replace('\\', "/").replace(&format!("{}/", self.folder.path().display()), "")
    }
    /// Runs `sdcsim sweep` on the file.
    fn sweep(&self, extra: &[&str]) -> Output {
        let (file, out) = (self.file(), self.out());
        let mut args = vec!["sweep", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
        args.extend(extra);
        sdcsim(&args)
    }
    #[track_caller]
    fn swept(&self, extra: &[&str]) -> Output {
        let output = self.sweep(extra);
        assert!(output.status.success(), "{}", text(&output.stderr));
        output
    }
}
