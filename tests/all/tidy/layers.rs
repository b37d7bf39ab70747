//! Imports point down only.

use super::{code_lines, files, hold};

/// The modules of `src`, lowest layer first. A module may import from any lower layer and from itself.
const LAYERS: &[&[&str]] = &[
    &["units", "ids", "rng", "problem", "hidden"],
    &["record", "engine", "stats"],
    &["station", "config"],
    &["memory", "fabric", "workload"],
    &["platform", "cost"],
    &["world"],
    &["experiment", "output"],
    &["verdict"],
    &["probe", "validate", "conformance", "bench", "report", "cli"],
];

/// Imports within a layer that are meant.
const SIBLINGS: &[(&str, &str)] = &[
    ("experiment", "output"),
    ("validate", "probe"),
    ("conformance", "probe"),
    ("cli", "probe"),
    ("cli", "conformance"),
    ("cli", "bench"),
    ("cli", "validate"),
    ("cli", "report"),
];

/// Modules that see only these others, although more lie below them: reports are remade from result files alone, and
/// so is what a gate decides (whose tests draw).
const ONLY: &[(&str, &[&str])] =
    &[("verdict", &["output", "stats", "rng"]), ("report", &["verdict", "output", "stats", "units", "problem"])];

/// Downward imports that are not wanted all the same: only `world` joins the parts and the policies.
const NEVER: &[(&str, &str)] =
    &[("platform", "memory"), ("platform", "fabric"), ("cost", "memory"), ("cost", "fabric")];

/// The modules that may name what was typed (`config::raw`): all others build from what it means (`config::plan`).
const READ_AS_TYPED: &[&str] = &["config", "experiment", "probe", "conformance", "cli"];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn is_allowed(from: &str, to: &str) -> bool {
    if from == to {
        return true;
    }
    if let Some((_, only)) = ONLY.iter().find(|(module, _)| *module == from) {
        return only.contains(&to);
    }
    let (Some(above), Some(below)) = (layer(from), layer(to)) else { return false };
    (below < above && !NEVER.contains(&(from, to))) || SIBLINGS.contains(&(from, to))
}

/// The top-level modules that a source names after `crate::`, or after as many `super::` as lead there.
fn imports(path: &str, text: &str) -> Vec<(usize, String)> {
    let depth = path.trim_end_matches(".rs").trim_end_matches("/mod").matches('/').count();
    let up = "super::".repeat(depth);
    let code: Vec<(usize, &str)> = code_lines(text).collect();
    let mut found = Vec::new();
    for (i, (number, line)) in code.iter().enumerate() {
        for start in ["crate::", up.as_str()] {
            for (at, _) in line.match_indices(start) {
                let rest = &line[at + start.len()..];
                if rest.starts_with('{') {
                    // A group, perhaps over several lines: the first name of each of its entries.
                    let group: String = std::iter::once(rest).chain(code[i + 1..].iter().map(|c| c.1)).collect();
                    found.extend(group_heads(&group).into_iter().map(|name| (*number, name)));
                } else {
                    found.push((*number, identifier(rest)));
                }
            }
        }
    }
    // `super::` at this depth may also lead from an inline module to the file itself.
    found.retain(|(_, name)| layer(name).is_some() || !name.is_empty() && text.contains(&format!("crate::{name}")));
    found
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// `{a::b, c::{d, e}}` gives a and c.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut fresh) = (0, Vec::new(), false);
    for (at, c) in group.char_indices() {
        match c {
            '{' => {
                depth += 1;
                fresh = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' => fresh = depth == 1,
            c if fresh && !c.is_whitespace() => {
                heads.push(identifier(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

fn rule(path: &str, text: &str) -> Vec<String> {
    let from = path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
    if from == "lib" || from == "main" {
        return Vec::new();
    }
    if layer(from).is_none() {
        return vec![format!("{path}: `{from}` is in no layer; add it to LAYERS in tests/all/tidy/layers.rs")];
    }
    let wrong = imports(path, text).into_iter().filter(|(_, to)| !is_allowed(from, to));
    let wrong = wrong.map(|(line, to)| format!("{path}:{line}: `{from}` must not import `{to}`"));
    wrong.chain(as_typed(path, from, text)).collect()
}

/// Where a module that must not names `config::raw`, also in a group of imports.
fn as_typed(path: &str, from: &str, text: &str) -> Vec<String> {
    let code: Vec<(usize, &str)> = code_lines(text).collect();
    let names = |i: usize, line: &str| {
        let after: String = std::iter::once(line).chain(code[i + 1..].iter().map(|c| c.1)).collect();
        let within = |at: usize| {
            let rest = &after[at + "config::".len()..];
            if rest.starts_with('{') {
                group_heads(rest).contains(&"raw".to_owned())
            } else {
                identifier(rest) == "raw"
            }
        };
        line.match_indices("config::").any(|(at, _)| within(at))
    };
    let found = code.iter().enumerate().filter(|(i, (_, line))| !READ_AS_TYPED.contains(&from) && names(*i, line));
    found.map(|(_, (number, _))| format!("{path}:{number}: `{from}` must not name `config::raw`")).collect()
}

#[test]
fn imports_point_down() {
    hold(&files("src", &[".rs"]), rule);
}

#[test]
fn the_rule_finds_what_it_should() {
    let check = |path: &str, text: &str, count: usize| {
        let wrong = rule(path, text);
        assert_eq!(wrong.len(), count, "{path}: {text}: {wrong:?}");
    };
    check("src/station/shared.rs", "use crate::units::Span;", 0);
    check("src/station/shared.rs", "use crate::world::World;", 1);
    check("src/station/shared.rs", "fn f() { crate::fabric::g() }", 1);
    check("src/station/shared.rs", "// crate::world is above\n/// [`x`]: crate::world::x", 0);
    check("src/world/mod.rs", "use crate::{memory::share, fabric, platform::{a, b}};", 0);
    check("src/memory/mod.rs", "use crate::{\n    memory::share,\n    platform::{a, b},\n    cli,\n};", 2);
    check("src/platform/serverless/mod.rs", "use crate::memory::share;", 1);
    check("src/platform/serverless/mod.rs", "use super::super::memory::share;", 1);
    check("src/platform/serverless/mod.rs", "use super::sandboxes::S;", 0);
    check("src/report/mod.rs", "use crate::world::World;\nuse crate::output::Rows;\nuse crate::engine::run;", 2);
    check("src/verdict/mod.rs", "use crate::output::Row;\nuse crate::experiment::x;\nuse crate::report::x;", 2);
    check("src/experiment/run.rs", "use crate::output::x;", 0);
    check("src/output/mod.rs", "use crate::experiment::x;", 1);
    check("src/engine/mod.rs", "use crate::stats::x;", 1);
    check("src/validate/mod.rs", "use crate::probe::queue;\nuse crate::cli::x;", 1);
    check("src/engine/mod.rs", "use crate::nowhere::x;", 1);
    check("src/nowhere.rs", "", 1);
    check("src/world/setup.rs", "use crate::config::plan::Layout;", 0);
    check("src/world/setup.rs", "use crate::config::raw::Layout;", 1);
    check("src/world/setup.rs", "use crate::config::raw;", 1);
    check("src/world/setup.rs", "use crate::config::{plan, raw};", 1);
    check("src/world/setup.rs", "use crate::config::{\n    plan,\n    raw,\n};", 1);
    check("src/world/setup.rs", "use crate::config::{plan, load::raw};", 0);
    check("src/experiment/run.rs", "use crate::config::raw;", 0);
}
