//! What is made from the raw structs: `explain`, the reference, the JSON Schema. And the shipped configs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shared::shared;
use sdcsim::cli::check::{CheckArgs, ExplainArgs, SchemaArgs, check, explain, kind_of, kinds, schema};
use sdcsim::config::raw::Experiment;
use sdcsim::config::reference;
use sdcsim::config::shape::Model;

/// Set it to write the documents instead of comparing them.
const UPDATE: &str = "SDCSIM_UPDATE";

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_whole_schema_is_understood() {
    assert_eq!(Model::of::<Experiment>().not_understood, Vec::<String>::new());
}

/// A field without a doc comment would be a hole in the reference.
#[test]
fn every_key_is_documented() {
    let reference = reference::markdown(&Model::of::<Experiment>());
    let holes: Vec<&str> = reference.lines().filter(|line| line.starts_with("| `") && line.ends_with("|  |")).collect();
    assert_eq!(holes, Vec::<&str>::new());
}

#[track_caller]
fn check_document(file: &str, made: &str) {
    let path = root().join(file);
    if std::env::var_os(UPDATE).is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(&path, made).expect("a written document");
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(there == made, "{file} is not up to date: run `{UPDATE}=1 cargo test --test all config::documents`");
}

#[test]
fn the_reference_is_up_to_date() {
    check_document("docs/config-reference.md", &reference::markdown(&Model::of::<Experiment>()));
}

#[test]
fn the_json_schema_is_up_to_date() {
    for kind in kinds() {
        let made = schema(&SchemaArgs { kind: kind.to_owned() }).unwrap_or_else(|problems| panic!("{problems}"));
        check_document(&schema_file(kind), &made);
    }
}

/// Where the schema of a kind of file stands.
fn schema_file(kind: &str) -> String {
    let folder = if kind == "experiment" { "docs" } else { "docs/schemas" };
    format!("{folder}/{kind}.schema.json")
}

fn shipped_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    toml_files(&root().join("configs"), &mut files);
    toml_files(&root().join("experiments"), &mut files);
    assert!(files.len() > 10, "{} files", files.len());
    files
}

fn validator(kind: &str) -> jsonschema::Validator {
    let text = schema(&SchemaArgs { kind: kind.to_owned() }).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

fn as_json(text: &str) -> serde_json::Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

/// Editors find the schema by the first line, and a validator that is not ours finds nothing wrong.
#[test]
fn shipped_files_are_as_their_schema_says() {
    for file in shipped_files() {
        let (text, kind) = (fs::read_to_string(&file).unwrap(), kind_of(&file));
        let depth = file.strip_prefix(root()).unwrap().components().count() - 1;
        let line = format!("#:schema {}{}\n", "../".repeat(depth), schema_file(kind));
        assert!(text.starts_with(&line), "{} does not begin with {line}", file.display());
        let validator = validator(kind);
        let wrong: Vec<String> = validator.iter_errors(&as_json(&text)).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
    }
}

/// The same file is right or wrong to `check` and to the validator.
#[test]
fn the_schema_accepts_what_check_accepts() {
    let base = "name = \"a\"\nquestion = \"?\"\n";
    let generated = "[workload.source]\nkind = \"generated\"\nfunctions = 3\n";
    let layout = "[[layout]]\nextends = \"layouts/disaggregated.toml\"\n";
    let right = [
        format!("{base}{generated}{layout}nodes = {{ count = 3 }}\nsite.pue = 1.5\n"),
        format!("{base}{generated}length = \" 1_0.5e1min \"\n{layout}platform.keep_alive.limit = \"2h\"\n"),
        format!(
            "{base}{generated}{layout}fabric = {{ extends = \"parts/fabric-photonic-ns.toml\", port_price = \"1 kUSD\" }}\n"
        ),
        format!("{base}{generated}[[layout]]\nextends = \"layouts/hybrid.toml\"\n"),
        format!("{base}{generated}{layout}platform.cold_start.boot = {{ median = \"1 s\", p99 = \"2 s\" }}\n"),
        format!("{base}{generated}{layout}\n[[sweep]]\nkey = \"seed\"\nvalues = [1, 2]\n"),
    ];
    let wrong = [
        format!("question = \"?\"\n{generated}{layout}"),
        format!("{base}colour = \"red\"\n{generated}{layout}"),
        format!("{base}{generated}{layout}nodes = {{ count = 0 }}\n"),
        format!("{base}{generated}{layout}nodes = {{ cuont = 3 }}\n"),
        format!("{base}{generated}length = \"2 hours\"\n{layout}"),
        format!("{base}{generated}length = 2\n{layout}"),
        format!("{base}{generated}{layout}platform.placement = \"best\"\n"),
        format!("{base}{generated}[[layout]]\nname = \"alone\"\n"),
        format!("{base}{generated}{layout}nodes = [{{ count = 3 }}]\n"),
        format!("{base}[workload.source]\nkind = \"native\"\n{layout}"),
        format!("{base}[workload.source]\nkind = \"native\"\nfunctions = 3\npath = \"x\"\n{layout}"),
    ];
    let validator = validator("experiment");
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("any.toml");
    for (text, expected) in right.iter().map(|text| (text, true)).chain(wrong.iter().map(|text| (text, false))) {
        fs::write(&file, text).unwrap();
        let checked = sdcsim::config::load::<Experiment>(&file, &[]);
        assert_eq!(checked.is_ok(), expected, "check of\n{text}: {:?}", checked.err());
        let errors: Vec<String> = validator.iter_errors(&as_json(text)).map(|error| error.to_string()).collect();
        assert_eq!(errors.is_empty(), expected, "the schema on\n{text}: {errors:#?}");
    }
}

#[track_caller]
fn check_explain(name: &str, key: &str) {
    let page = match explain(&ExplainArgs { key: Some(key.to_owned()) }) {
        Ok(page) => page,
        Err(problems) => problems.to_string(),
    };
    insta::assert_snapshot!(name, page);
}

#[test]
fn explained() {
    check_explain("explain_top", "");
    check_explain("explain_quantity", "layout.nodes.cpu.idle_power");
    check_explain("explain_default", "workload.profile.reference_latency");
    check_explain("explain_indices_are_ignored", "layout[0].nodes.count");
    check_explain("explain_extends", "layout.extends");
    check_explain("explain_table", "layout.nodes");
    check_explain("explain_array", "layout");
    check_explain("explain_kinds", "layout.fabric");
    check_explain("explain_key_of_one_kind", "layout.fabric.reconfiguration");
    check_explain("explain_words", "layout.platform.placement");
    check_explain("explain_two_kinds_of_value", "layout.platform.cold_start.boot");
    check_explain("explain_own_keys", "layout.site.sources.pue.confidence");
    check_explain("explain_typo", "layout.nodes.cuont");
    check_explain("explain_without_path", "idle_power");
    check_explain("explain_below_a_number", "seed.x");
    check_explain("explain_nonsense", "a..b");
    check_explain("explain_far", "zzzzzzzz");
}

fn toml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            toml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_shipped_config_is_right() {
    let mut files = shipped_files();
    // A check reads the trace too, and that of the real day is not part of the repository.
    if shared("traces/azure_functions_2019_invitro1350").is_none() {
        let is_shipped = |file: &PathBuf| !fs::read_to_string(file).is_ok_and(|text| text.contains("../../shared/"));
        files.retain(is_shipped);
    }
    let checked = check(&CheckArgs { files: files.clone(), sets: Vec::new() });
    assert!(checked.problems.is_empty(), "{}", checked.problems);
    assert_eq!(checked.warnings.to_string(), "");
    assert_eq!(checked.fine.lines().filter(|line| line.starts_with("ok: ")).count(), files.len());
}

#[test]
fn every_shipped_config_is_built_in() {
    let configs = root().join("configs");
    let mut files = Vec::new();
    toml_files(&configs, &mut files);
    let name = |file: &PathBuf| file.strip_prefix(&configs).unwrap().to_string_lossy().replace('\\', "/");
    let mut names: Vec<String> = files.iter().map(name).collect();
    names.sort();
    // A file that is listed and not there does not compile.
    let listed: Vec<&str> = sdcsim::config::shipped::names().collect();
    let missing = names.iter().filter(|name| !listed.contains(&name.as_str()));
    let lines: Vec<String> = missing.map(|name| format!("    shipped!(\"{name}\"),")).collect();
    assert!(lines.is_empty(), "add to the list in src/config/shipped.rs, and to its length:\n{}", lines.join("\n"));
    assert_eq!(names, listed, "the list in src/config/shipped.rs is in order of name, each once");
}

#[test]
fn parts_are_checked_alone() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(&path, text).expect("a new file");
        path
    };
    let files = vec![
        write("parts/cpu-a.toml", "part = \"a\"\ncores = 0\nidle_powr = \"1 W\"\n"),
        write("parts/cpu-partial.toml", "cores = 4\n"),
        write("parts/oddity.toml", "x = 1\n"),
        write("platforms/p.toml", "kind = \"serverless\"\ndispatch_delay = 3\n"),
        write("layouts/nodes-x.toml", "kind = \"sipp\"\n"),
    ];
    let checked = check(&CheckArgs { files, sets: Vec::new() });
    let shown = format!("{}{}", checked.fine, checked.problems).replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!("parts_alone", shown);
}
