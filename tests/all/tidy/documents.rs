//! Modules say what they are, and models have a page.

use std::path::Path;

use super::{files, hold};

/// Each model, as a file or folder of the sources, and its page: equations, assumptions, sources, validity, tests.
const MODELS: &[(&str, &str)] = &[
    ("src/station/shared", "docs/models/queueing.md"),
    ("src/probe/queue", "docs/models/queueing.md"),
    ("src/verdict", "docs/models/comparison.md"),
    ("src/probe/cloud", "docs/models/cloud-logs.md"),
    ("src/probe/rates", "docs/models/cloud-logs.md"),
    ("src/workload", "docs/models/workload.md"),
    ("src/platform/serverless", "docs/models/serverless.md"),
    ("src/platform/serverless/host/cores.rs", "docs/models/cores.md"),
    ("src/platform/serverless/keep", "docs/models/keep-alive.md"),
    ("src/platform/serverless/dispatch", "docs/models/dispatch.md"),
    ("src/platform/serverless/scale", "docs/models/scaling.md"),
    ("src/platform/serverless/limits", "docs/models/scaling.md"),
    ("src/platform/serverful", "docs/models/serverful.md"),
    ("src/world/start/mod.rs", "docs/models/starting.md"),
    ("src/memory/paging.rs", "docs/models/starting.md"),
    ("src/memory/run.rs", "docs/models/remote-memory.md"),
    ("src/memory/pool", "docs/models/remote-memory.md"),
    ("src/fabric/analytic.rs", "docs/models/fabric.md"),
    ("src/fabric/flow", "docs/models/fabric.md"),
    ("src/cost", "docs/models/cost-and-energy.md"),
    ("src/record/stranded.rs", "docs/models/stranding.md"),
];

fn opens_with_a_doc(path: &str, text: &str) -> Vec<String> {
    let opening = text.lines().next().unwrap_or_default();
    let told = opening.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty());
    if told { Vec::new() } else { vec![format!("{path}:1: open with a line of //! that says what the module is")] }
}

/// `page` is the text of the model's page, if there is one.
fn has_a_page(model: &str, name: &str, page: Option<&str>) -> Vec<String> {
    match page {
        None => vec![format!("{model}: {name} is missing")],
        Some(page) if !page.contains(model) => vec![format!("{name} does not name {model}")],
        Some(page) if !page.contains("Tests") => {
            vec![format!("{name} does not name the tests that validate the model")]
        }
        Some(_) => Vec::new(),
    }
}

/// The pages that lead through the tree, file by file.
const GUIDES: &[&str] = &["docs/your-first-change.md", "CONTRIBUTING.md"];

/// Paths of the repository in `code` that are not there; NAME stands for what does not exist yet.
fn names_what_is_there(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folders =
        ["src/", "docs/", "configs/", "experiments/", "examples/", "tests/", "traces/", "results/", "benches/"];
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let named = line.split('`').skip(1).step_by(2).filter(|code| folders.iter().any(|f| code.starts_with(f)));
        for code in named.filter(|code| !code.contains("NAME") && !exists(code)) {
            wrong.push(format!("{path}:{}: there is no {code}", number + 1));
        }
    }
    wrong
}

#[test]
fn guides_name_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for guide in GUIDES {
        let text = std::fs::read_to_string(root.join(guide)).unwrap();
        let wrong = names_what_is_there(guide, &text, |path| root.join(path).exists());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    let text = "see `src/a.rs`, `src/b.rs`,\n`src/NAME.rs` and src/c.rs and `cargo test src/d`";
    assert_eq!(names_what_is_there("x", text, |path| path == "src/a.rs"), ["x:1: there is no src/b.rs"]);
}

#[test]
fn every_module_says_what_it_is() {
    hold(&files("src", &[".rs"]), opens_with_a_doc);
}

#[test]
fn every_model_has_a_page() {
    let pages = files("docs/models", &[".md"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for (model, name) in MODELS {
        assert!(root.join(model).exists(), "{model} is in MODELS and does not exist");
        let page = pages.iter().find(|(path, _)| path == name).map(|(_, text)| text.as_str());
        wrong.extend(has_a_page(model, name, page));
    }
    for (page, _) in pages.iter().filter(|(page, _)| !MODELS.iter().any(|(_, name)| name == page)) {
        wrong.push(format!("{page} is the page of no model; add it to MODELS in tests/all/tidy/documents.rs"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rules_find_what_they_should() {
    assert_eq!(opens_with_a_doc("x", "//! A queue.\n").len(), 0);
    assert_eq!(opens_with_a_doc("x", "use std::fmt;\n//! Late.\n").len(), 1);
    assert_eq!(opens_with_a_doc("x", "//!\n").len(), 1);
    assert_eq!(has_a_page("src/a.rs", "docs/a.md", None).len(), 1);
    assert_eq!(has_a_page("src/a.rs", "docs/a.md", Some("Tests: b")).len(), 1);
    assert_eq!(has_a_page("src/a.rs", "docs/a.md", Some("Code: src/a.rs")).len(), 1);
    assert_eq!(has_a_page("src/a.rs", "docs/a.md", Some("Code: src/a.rs Tests: b")).len(), 0);
}
