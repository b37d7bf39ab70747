//! Which file uses which, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// The files of a crate and what each uses of the others.
pub struct Graph<'a> {
    sources: &'a [Source],
    by_module: BTreeMap<&'a [String], usize>,
    /// By file and used file: where that shows first, and what is used.
    edges: BTreeMap<usize, BTreeMap<usize, (usize, String)>>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Module(Vec<String>),
    /// Something that is defined in this file.
    Symbol(usize),
}

/// Most imports that hand on one name, one after the other.
const LONGEST_CHAIN: usize = 16;

impl<'a> Graph<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        let by_module = sources.iter().enumerate().map(|(i, source)| (source.module.as_slice(), i)).collect();
        let mut graph = Self { sources, by_module, edges: BTreeMap::new() };
        for (file, source) in sources.iter().enumerate() {
            graph.add_named(file, source);
        }
        graph.add_methods();
        graph
    }

    fn add(&mut self, from: usize, to: usize, line: usize, what: &str) {
        if from != to {
            self.edges.entry(from).or_default().entry(to).or_insert_with(|| (line, what.to_owned()));
        }
    }

    /// What a file names: imports that it uses itself, and paths.
    fn add_named(&mut self, file: usize, source: &Source) {
        for import in &source.uses {
            // What is only handed on is used by those who import it from here.
            let used = !import.public || source.words.contains(&import.name);
            for found in self.resolve(&source.module, &import.path, 0) {
                if let (Found::Symbol(to), true) = (found, used) {
                    self.add(file, to, import.line, &import.path.join("::"));
                }
            }
        }
        for (line, path) in &source.paths {
            for found in self.resolve(&source.module, path, 0) {
                if let Found::Symbol(to) = found {
                    self.add(file, to, *line, &path.join("::"));
                }
            }
        }
    }

    /// Methods of a type that stand in another file than the type: who names the type, or defines it, and calls them
    /// uses that file. Only names that no other file gives to a function are known to be meant.
    fn add_methods(&mut self) {
        let mut defined: BTreeMap<&str, usize> = BTreeMap::new();
        for name in self.sources.iter().flat_map(|source| &source.functions) {
            *defined.entry(name).or_default() += 1;
        }
        for (file, source) in self.sources.iter().enumerate() {
            for (of, names) in &source.methods {
                let home = self.resolve(&source.module, of, 0).into_iter().find_map(|found| match found {
                    Found::Symbol(home) if home != file => Some(home),
                    _ => None,
                });
                let Some((home, of)) = home.zip(of.last()) else { continue };
                let only: Vec<&String> = names.iter().filter(|name| defined[name.as_str()] == 1).collect();
                for (other, user) in self.sources.iter().enumerate() {
                    let knows = other == home || user.words.contains(of) || user.uses.iter().any(|u| u.name == *of);
                    for (line, name) in user.calls.iter().filter(|(_, name)| knows && only.contains(&name)) {
                        self.add(other, file, *line, &format!(".{name}()"));
                    }
                }
            }
        }
    }

    /// Where `path` leads from `module`: through re-exports to the file that defines what it names, or to a module, or
    /// to both where the two have one name. Nothing where that is in another crate.
    fn resolve(&self, module: &[String], path: &[String], chain: usize) -> Vec<Found> {
        let Some((first, mut rest)) = path.split_first().filter(|_| chain < LONGEST_CHAIN) else { return Vec::new() };
        let mut here = match first.as_str() {
            "crate" => vec![Found::Module(Vec::new())],
            "self" => vec![Found::Module(module.to_vec())],
            "super" => vec![Found::Module(module[..module.len().saturating_sub(1)].to_vec())],
            name => self.step(module, name, chain, false),
        };
        while let Some((name, tail)) = rest.split_first() {
            let Some(Found::Module(inside)) = here.iter().find(|found| matches!(found, Found::Module(_))) else {
                // What follows the name of a type belongs to the type.
                break;
            };
            here = if name == "super" {
                vec![Found::Module(inside[..inside.len().saturating_sub(1)].to_vec())]
            } else {
                self.step(&inside.clone(), name, chain, true)
            };
            rest = tail;
        }
        here
    }

    /// One name in a module: a module below it, what an import hands on, or else something that is defined there,
    /// unless it may come `from` elsewhere.
    fn step(&self, module: &[String], name: &str, chain: usize, must_be_there: bool) -> Vec<Found> {
        let Some(&file) = self.by_module.get(module) else { return Vec::new() };
        let source = &self.sources[file];
        let mut found = Vec::new();
        if source.children.contains(name) {
            found.push(Found::Module([module, &[name.to_owned()]].concat()));
        }
        let mut imported = false;
        for import in source.uses.iter().filter(|import| import.name == name && import.path != [name]) {
            imported = true;
            found.extend(self.resolve(module, &import.path, chain + 1));
        }
        if found.is_empty() && !imported && source.items.contains(name) {
            return if must_be_there { vec![Found::Symbol(file)] } else { found };
        }
        if found.is_empty() && !imported {
            let all = source.uses.iter().filter(|import| import.name == "*");
            let modules = all.flat_map(|import| self.resolve(module, &import.path[..import.path.len() - 1], chain + 1));
            for found in modules {
                if let Found::Module(inside) = found
                    && self
                        .by_module
                        .get(inside.as_slice())
                        .is_some_and(|file| self.sources[*file].items.contains(name))
                {
                    return self.step(&inside, name, chain + 1, true);
                }
            }
            if must_be_there {
                found.push(Found::Symbol(file));
            }
        }
        found
    }

    /// Files, each of which uses each other by some way; and within each folder, files and folders below it, which do.
    /// A circle is told by the paths that stand in it, with every use that closes it.
    pub fn circles(&self) -> BTreeMap<Vec<String>, String> {
        let mut found = self.circles_among(|file| Some(self.sources[file].path.clone()));
        let folders: BTreeSet<&[String]> =
            self.sources.iter().flat_map(|source| (0..source.module.len()).map(|n| &source.module[..n])).collect();
        for folder in folders {
            found.extend(self.circles_among(|file| self.child(folder, file)));
        }
        found
    }

    /// The file or folder in `folder` that a file is or lies in.
    fn child(&self, folder: &[String], file: usize) -> Option<String> {
        let Source { path, module, .. } = &self.sources[file];
        let names = std::iter::once("src").chain(folder.iter().map(String::as_str));
        let at = names.collect::<Vec<_>>().join("/") + "/";
        let below = path.strip_prefix(&at).filter(|_| module.starts_with(folder))?;
        let first = below.split('/').next()?;
        Some(format!("{at}{first}"))
    }

    fn circles_among(&self, node: impl Fn(usize) -> Option<String>) -> BTreeMap<Vec<String>, String> {
        let mut uses: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (from, to, line, what) in
            self.edges.iter().flat_map(|(from, all)| all.iter().map(move |(to, (line, what))| (from, to, line, what)))
        {
            let (Some(user), Some(used)) = (node(*from), node(*to)) else { continue };
            if user != used {
                let (from, to) = (&self.sources[*from].path, &self.sources[*to].path);
                let why = || format!("  {from}:{line} uses {to}: {what}");
                uses.entry(user).or_default().entry(used).or_insert_with(why);
            }
        }
        let reach: BTreeMap<&String, BTreeSet<&String>> = uses.keys().map(|from| (from, reach(&uses, from))).collect();
        let mut circles = BTreeMap::new();
        for (from, reached) in reach.iter().filter(|(from, reached)| reached.contains(*from)) {
            let closes = |to: &&String| reach.get(to).is_some_and(|back| back.contains(*from));
            let circle: Vec<String> = reached.iter().copied().filter(closes).cloned().collect();
            let within = uses[*from].iter().filter(|(to, _)| circle.contains(to));
            let lines: String = within.flat_map(|(_, why)| [why.as_str(), "\n"]).collect();
            circles.entry(circle).or_insert_with(String::new).push_str(&lines);
        }
        circles
    }
}

/// All that `from` uses, at once or by way of others.
fn reach<'g>(uses: &'g BTreeMap<String, BTreeMap<String, String>>, from: &'g String) -> BTreeSet<&'g String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        open.extend(uses.get(at).into_iter().flat_map(BTreeMap::keys).filter(|to| reached.insert(*to)));
    }
    reached
}
