//! Keys that are written and change nothing, because of what other keys say.
//!
//! A value is told of where it was surely meant: on the command line, in the experiment's own file, or in the file that
//! also says what makes it idle. What a part or a preset says beyond need is for others who extend it. One place may be
//! read by one layout, or at one point of a sweep, and not by the others: then it has its effect there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::load::Loaded;
use super::tree::{Node, Source, Value};
use crate::problem::{Problem, Warnings};

/// A key that may be without effect.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The key.
    pub key: String,
    /// The key that decides whether it has one.
    pub decided_by: String,
    /// Whether it has.
    pub has: bool,
    /// Why it has none, where it has none.
    pub why: String,
    /// What to do then.
    pub remedy: String,
}

impl Effect {
    /// Of a key that is read only with what the words name.
    pub fn only_with(key: String, decided_by: String, words: &str, has: bool) -> Self {
        let remedy = "leave it out, or change what it depends on".to_owned();
        Self { key, decided_by, has, why: format!("it is read only with {words}"), remedy }
    }
}

/// File, line and column; for what has none, the key. Last, how many tables further out that stands on which the effect depends:
/// a value that is read itself has none within a table that is not, and the other way round.
type Place = (PathBuf, Option<u64>, Option<u64>, String, usize);

/// Values that were written, and whether any layout, at any point, reads them.
#[derive(Clone, Debug, Default)]
pub struct Effects(BTreeMap<Place, (Problem, bool)>);

impl Effects {
    /// Notes whether the value at a key has an effect, where one was written.
    pub fn add<T>(&mut self, loaded: &Loaded<T>, effect: &Effect) {
        let Some(value) = loaded.tree.get(&effect.key) else { return };
        let meant = was_meant(loaded, value, &effect.decided_by);
        if effect.has || meant {
            self.note(told(loaded, &effect.key, value, effect), 0, effect.has);
        }
        // Of a table that another file has, what was written over it: what has an effect has it for all in it.
        if effect.has || !meant {
            self.add_within(loaded, &effect.key, value, (effect, 1));
        }
    }

    /// The same of each value within a table that was surely meant.
    fn add_within<T>(&mut self, loaded: &Loaded<T>, key: &str, value: &Node, (effect, depth): (&Effect, usize)) {
        for (name, entry) in value.table().into_iter().flatten() {
            let (key, value) = (format!("{key}.{name}"), &entry.node);
            if was_meant(loaded, value, &effect.decided_by) {
                self.note(told(loaded, &key, value, effect), depth, effect.has);
            } else {
                self.add_within(loaded, &key, value, (effect, depth + 1));
            }
        }
    }

    fn note(&mut self, problem: Problem, depth: usize, has: bool) {
        let subject = if problem.line.is_none() { problem.subject.clone() } else { String::new() };
        let place = (problem.file.clone(), problem.line, problem.column, subject, depth);
        self.0.entry(place).or_insert((problem, false)).1 |= has;
    }

    /// Adds those of another layout or point.
    pub fn extend(&mut self, other: Self) {
        for (place, (problem, has)) in other.0 {
            self.note(problem, place.4, has);
        }
    }

    /// What nobody reads, in order of place; of several values of one key on one line, the first.
    pub fn warnings(&self) -> Warnings {
        let mut told = BTreeSet::new();
        let without = self.0.values().filter(|(_, has)| !has).map(|(problem, _)| problem);
        let new = without.filter(|problem| told.insert((&problem.file, problem.line, &problem.subject)));
        Warnings(new.cloned().collect())
    }
}

fn told<T>(loaded: &Loaded<T>, key: &str, value: &Node, effect: &Effect) -> Problem {
    let shown = match &value.value {
        Value::Table(_) | Value::Array(_) => String::new(),
        value => format!("{}: ", value.display()),
    };
    loaded.problem(key, format!("{shown}without effect, {}", effect.why), &*effect.remedy)
}

fn was_meant<T>(loaded: &Loaded<T>, value: &Node, decided_by: &str) -> bool {
    let source = |source: u32| loaded.tree.sources.get(source as usize);
    match source(value.origin.source) {
        Some(Source::File(file)) if *file != loaded.file => {
            let decides = loaded.tree.get(decided_by).and_then(|node| source(node.origin.source));
            decides == Some(&Source::File(file.clone()))
        }
        Some(Source::File(_)) => !loaded.tree.complete,
        _ => true,
    }
}
