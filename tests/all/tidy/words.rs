//! Words that must not stand in the sources.

use super::{code_lines, files, hold};

/// What models must not touch, and why.
const NOT_IN_MODELS: &[(&str, &str)] = &[
    ("std::time", "models read no clock"),
    ("std::env", "what a run does is in its configuration"),
    ("std::fs", "models do no input or output"),
    ("std::net", "models do no input or output"),
    ("std::thread", "threads belong to experiment"),
    ("println!", "models write records, they do not print"),
    ("HashMap", "its order differs from run to run: use BTreeMap or ids"),
    ("HashSet", "its order differs from run to run: use BTreeSet or ids"),
    ("Rc<", "state is owned by one struct and found by id"),
    ("RefCell", "state is owned by one struct and found by id"),
    ("dyn Any", "events and policies are closed enums"),
];

/// Where a model module may use such a word all the same, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/config/", "std::fs", "the configuration is read from files"),
    ("src/hidden.rs", "std::fs", "files appear whole or not at all; no model writes any"),
    ("src/hidden.rs", "std::thread", "its test lets several replace one folder"),
    ("src/workload/trace/", "std::fs", "traces are read from files, before the run"),
    ("src/workload/packed/", "std::fs", "a packed trace is read block by block; each is checked"),
    ("src/workload/trace/text.rs", "std::thread", "unpacks ahead of the reader; the text is the same whenever it runs"),
    ("src/workload/packed/stream.rs", "std::thread", "reads ahead of the run; the rows are the same whenever it runs"),
    ("src/workload/trace/", "HashMap", "names become ids while a trace is read; never iterated"),
    ("src/workload/packed/", "HashSet", "names are checked to be different while a trace is read; never iterated"),
    ("src/workload/trace/", "HashSet", "names become ids while a trace is read; never iterated"),
];

/// The modules above the models: files, clocks and threads belong there.
const ABOVE_MODELS: &[&str] =
    &["experiment", "output", "probe", "validate", "conformance", "bench", "report", "cli", "main.rs", "lib.rs"];

/// Methods of f64 that come from the platform's mathematical library.
const PLATFORM_MATHEMATICS: &[&str] = &[
    ".ln()",
    ".log(",
    ".log2()",
    ".log10()",
    ".ln_1p()",
    ".exp()",
    ".exp2()",
    ".exp_m1()",
    ".powf(",
    ".powi(",
    ".sqrt()",
    ".cbrt()",
    ".hypot(",
    ".sin()",
    ".cos()",
    ".tan()",
    ".asin()",
    ".acos()",
    ".atan()",
    ".atan2(",
    ".sinh()",
    ".cosh()",
    ".tanh()",
];

fn models(path: &str, text: &str) -> Vec<String> {
    if ABOVE_MODELS.iter().any(|module| path.trim_start_matches("src/").starts_with(module)) {
        return Vec::new();
    }
    let excepted = |word: &str| EXCEPTIONS.iter().any(|(place, w, _)| path.starts_with(place) && *w == word);
    let mut wrong = Vec::new();
    for (number, line) in code_lines(text) {
        for (word, why) in NOT_IN_MODELS.iter().filter(|(word, _)| has_word(line, word) && !excepted(word)) {
            wrong.push(format!("{path}:{number}: `{word}`: {why}"));
        }
        for call in PLATFORM_MATHEMATICS.iter().filter(|call| line.contains(*call)) {
            wrong.push(format!("{path}:{number}: `{call}`: use the libm crate"));
        }
    }
    wrong
}

/// Whether `word` stands in `line` and is not the end of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(is_name))
}

/// Unfinished or switched-off places, and paths of somebody's machine. Written in parts, so that this file keeps
/// the rule too.
fn leftovers(path: &str, text: &str) -> Vec<String> {
    let words =
        [["to", "do!("], ["unimple", "mented!("], ["#[ign", "ore"], ["FIX", "ME"], ["XX", "X"]].map(|w| w.concat());
    let folders = ["home", "root", "Users", "work", "mnt"].map(|folder| format!("/{folder}/"));
    let mut wrong = Vec::new();
    for (i, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| has_word(line, word)) {
            wrong.push(format!("{path}:{}: `{word}`: finish it, or take it out", i + 1));
        }
        for folder in &folders {
            let starts_a_path = |at: usize| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '/' | '}')))
            };
            if line.match_indices(folder.as_str()).any(|(at, _)| starts_a_path(at)) {
                wrong.push(format!("{path}:{}: `{folder}`: write no path of one machine", i + 1));
            }
        }
    }
    wrong
}

/// Words of our own for what the field has a word for. Written in parts, so that this file keeps the rule too.
fn own_words(path: &str, text: &str) -> Vec<String> {
    let words = [
        (["turned", " away"], "rejected"),
        (["gives", " up"], "abandons"),
        (["comes", " again"], "is retried"),
        (["told", " at once"], "reported together"),
        (["held", " to "], "validated against"),
        (["two", " books"], "two accounts"),
        (["stre", "tch"], "slowdown"),
        (["ru", "ng "], "demoted, promoted"),
        ([".rin", "gs("], "fires"),
    ];
    let mut wrong = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let found = words.iter().map(|(parts, field)| (parts.concat(), field)).filter(|(word, _)| has_word(line, word));
        wrong.extend(found.map(|(word, field)| format!("{path}:{}: `{word}`: the field says {field}", i + 1)));
    }
    wrong
}

#[test]
fn words_are_the_fields() {
    for folder in ["src", "tests", "benches", "examples", "docs"] {
        hold(&files(folder, &[".rs", ".md"]), own_words);
    }
    assert_eq!(own_words("src/a.rs", &["// a request is turned", "away"].join(" ")).len(), 1);
}

/// Where data are read from files or written to them, and serde may therefore derive.
const READ_OR_WRITTEN: &[&str] = &["config", "output", "probe", "validate", "bench", "report"];

/// Models and machinery hold no data in a form for files.
fn derives_serde(path: &str, text: &str) -> Vec<String> {
    let module = path.trim_start_matches("src/").split('/').next().unwrap_or_default();
    if READ_OR_WRITTEN.contains(&module) {
        return Vec::new();
    }
    let derived = |line: &str| line.contains("derive(") && (line.contains("Serialize") || line.contains("Deserialize"));
    let wrong = code_lines(text).filter(|(_, line)| derived(line));
    wrong.map(|(i, _)| format!("{path}:{i}: serde derives in {} only", READ_OR_WRITTEN.join(", "))).collect()
}

#[test]
fn serde_stays_where_files_are() {
    hold(&files("src", &[".rs"]), derives_serde);
    assert_eq!(derives_serde("src/memory/a.rs", "#[derive(Clone, Serialize)]").len(), 1);
    assert_eq!(derives_serde("src/config/raw/a.rs", "#[derive(Clone, Serialize)]").len(), 0);
}

#[test]
fn models_touch_nothing_outside() {
    hold(&files("src", &[".rs"]), models);
}

#[test]
fn nothing_is_left_over() {
    for folder in ["src", "tests", "benches", "examples", "configs", "experiments", "docs", ".ci"] {
        let files = files(folder, &[".rs", ".toml", ".md", "run", ".html", ".yml"]);
        if !files.is_empty() {
            hold(&files, leftovers);
        }
    }
}

#[test]
fn the_rules_find_what_they_should() {
    let check = |path: &str, text: &str, count: usize| {
        let wrong = models(path, text);
        assert_eq!(wrong.len(), count, "{path}: {text}: {wrong:?}");
    };
    check("src/memory/a.rs", "use std::time::Instant;", 1);
    check("src/memory/a.rs", "// std::time is not for models", 0);
    check("src/memory/a.rs", "use std::collections::HashMap;\nlet x: Rc<RefCell<u8>>;", 3);
    check("src/memory/a.rs", "let y = x.sqrt() + libm::sqrt(x) + x.powi(2);", 2);
    check("src/memory/a.rs", "struct Arc<T>(T); let url = \"https://std::fs\";", 1);
    check("src/workload/trace/a.rs", "use std::fs::File; let m: HashMap<u8, u8>;", 0);
    check("src/workload/gen.rs", "use std::fs::File;", 1);
    check("src/experiment/run.rs", "use std::time::Instant;", 0);

    let check = |text: &str, count: usize| assert_eq!(leftovers("x", text).len(), count, "{text}");
    check(&["fn f() { to", "do!() }"].concat(), 1);
    check(&["// FIX", "ME: later"].concat(), 1);
    check(&["#[ign", "ore = \"slow\"]"].concat(), 1);
    check(&["let p = \"/ho", "me/me/x\";"].concat(), 1);
    check(&["see docs/ho", "me/x and my own target"].concat(), 0);
}
