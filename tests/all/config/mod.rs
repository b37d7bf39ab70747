//! Config files, right and wrong, by what the user sees.

mod anything;
mod documents;
mod effects;
mod groups;
mod parts;
mod right;
mod rules;
mod sizes;
mod swapped;
mod wrong;

use std::fs;
use std::path::Path;

use sdcsim::config::raw::Experiment;
use sdcsim::config::{Loaded, load};
use sdcsim::problem::Problems;
use tempfile::TempDir;

const EXPERIMENT: &str = include_str!("valid/experiment.toml");
const LAYOUT: &str = include_str!("valid/configs/layouts/serverless.toml");

/// Where the experiment stands in a [`Case`]'s folder.
const EXPERIMENT_FILE: &str = "experiments/first.toml";
/// Where the layout that both of its layouts extend stands.
const LAYOUT_FILE: &str = "configs/layouts/serverless.toml";

/// The valid experiment with its layout in a folder of its own, to be changed and loaded.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: TempDir::new().expect("a temporary folder") };
        case.write(EXPERIMENT_FILE, EXPERIMENT).write(LAYOUT_FILE, LAYOUT)
    }

    /// Writes a file, given by its path in the folder.
    fn write(self, file: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a new folder");
        fs::write(path, content).expect("a new file");
        self
    }

    /// Puts `new` in place of `old`, which must be there once.
    fn replace(self, file: &str, old: &str, new: &str) -> Self {
        let text = fs::read_to_string(self.folder.path().join(file)).expect("a text file");
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {file}");
        self.write(file, text.replace(old, new))
    }

    fn load_file(&self, file: &str, sets: &[&str]) -> Result<Loaded<Experiment>, Problems> {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        load(&self.folder.path().join(file), &sets)
    }

    fn load(&self, sets: &[&str]) -> Result<Loaded<Experiment>, Problems> {
        self.load_file(EXPERIMENT_FILE, sets)
    }

    /// The text without what differs from one machine to the next.
    fn relative(&self, text: &str) -> String {
        let folder = |path: &Path| format!("{}/", path.display());
        text.replace('\\', "/").replace(&folder(self.folder.path()), "")
    }
}
