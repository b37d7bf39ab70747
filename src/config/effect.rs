//! Keys that are written and change nothing, because of what other keys say.
//!
//! A value is told of where it was surely meant: on the command line, in the experiment's own file, or in the file that
//! also says what makes it idle. What a part or a preset says beyond need is for others who extend it. One place may be
//! read by one layout, or at one point of a sweep, and not by the others: then it has its effect there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::load::Loaded;
use super::path::Path;
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
pub struct Effects(BTreeMap<Place, Note>);

/// A value that was written, and whether it is read.
#[derive(Clone, Debug)]
struct Note {
    problem: Problem,
    /// Why it has no effect, and the key that decides.
    why: String,
    decided_by: String,
    has: bool,
}

impl Effects {
    /// Notes whether the value at a key has an effect, where one was written.
    pub fn add<T>(&mut self, loaded: &Loaded<T>, effect: &Effect) {
        let Some(value) = loaded.tree.get(&effect.key) else { return };
        let meant = was_meant(loaded, value, &effect.decided_by);
        if effect.has || meant {
            self.note(note(loaded, &effect.key, value, effect), 0);
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
                self.note(note(loaded, &key, value, effect), depth);
            } else {
                self.add_within(loaded, &key, value, (effect, depth + 1));
            }
        }
    }

    fn note(&mut self, note: Note, depth: usize) {
        let (problem, has) = (&note.problem, note.has);
        let subject = if problem.line.is_none() { problem.subject.clone() } else { String::new() };
        let place = (problem.file.clone(), problem.line, problem.column, subject, depth);
        self.0.entry(place).or_insert(note).has |= has;
    }

    /// Adds those of another layout or point.
    pub fn extend(&mut self, other: Self) {
        for (place, note) in other.0 {
            self.note(note, place.4);
        }
    }

    /// What nobody reads, in order of place; of several values of one key on one line, the first.
    pub fn warnings(&self) -> Warnings {
        let mut told = BTreeSet::new();
        let without = self.0.values().filter(|note| !note.has).map(|note| &note.problem);
        let new = without.filter(|problem| told.insert((&problem.file, problem.line, &problem.subject)));
        Warnings(new.cloned().collect())
    }

    /// What is told of a key that has no effect, or of the table that it is in, where another key decides so.
    fn idle(&self, key: &str) -> Option<&Note> {
        let within =
            |table: &str| key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        self.0.values().find(|note| !note.has && within(&note.problem.subject) && !within(&note.decided_by))
    }
}

/// At how many points of a sweep the keys along its axes have no effect.
#[derive(Clone, Debug, Default)]
pub struct AlongAxes {
    points: usize,
    /// By key: what is told of it, why, and at how many points.
    idle: BTreeMap<String, (Problem, String, usize)>,
}

impl AlongAxes {
    /// Counts a point; `keys` are those that its sweep moves.
    pub fn add<'k, T>(&mut self, loaded: &Loaded<T>, effects: &Effects, keys: impl Iterator<Item = &'k str>) {
        self.points += 1;
        for key in keys {
            let place = Path::parse(key).map(|path| loaded.tree.by_index(&path).to_string()).unwrap_or_default();
            if let Some(note) = effects.idle(&place) {
                let first = || (note.problem.clone(), note.why.clone(), 0);
                self.idle.entry(key.to_owned()).or_insert_with(first).2 += 1;
            }
        }
    }

    /// Keys that have no effect at some points: those of them that differ in nothing else are alike. What has none at any
    /// point is told of its values.
    pub fn warnings(&self) -> Warnings {
        let some = self.idle.iter().filter(|(_, (_, _, idle))| *idle < self.points);
        let told = some.map(|(key, (problem, why, idle))| Problem {
            subject: key.clone(),
            message: format!("without effect at {idle} of {} points, {why}", self.points),
            remedy: "those that differ in nothing else give the same: leave all but one of them out".to_owned(),
            ..problem.clone()
        });
        Warnings(told.collect())
    }
}

fn note<T>(loaded: &Loaded<T>, key: &str, value: &Node, effect: &Effect) -> Note {
    let shown = match &value.value {
        Value::Table(_) | Value::Array(_) => String::new(),
        value => format!("{}: ", value.display()),
    };
    let problem = loaded.problem(key, format!("{shown}without effect, {}", effect.why), &*effect.remedy);
    Note { problem, why: effect.why.clone(), decided_by: effect.decided_by.clone(), has: effect.has }
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
