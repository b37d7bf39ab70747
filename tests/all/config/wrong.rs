//! Wrong config files, and the whole message that each gets.

use super::{Case, EXPERIMENT_FILE, LAYOUT_FILE};

#[track_caller]
fn check_file(name: &str, case: &Case, file: &str, sets: &[&str]) {
    let Err(problems) = case.load_file(file, sets) else { panic!("{name}: accepted") };
    insta::assert_snapshot!(name, case.relative(&problems.to_string()));
}

/// The valid experiment with one text replaced.
#[track_caller]
fn check(name: &str, old: &str, new: &str) {
    check_file(name, &Case::new().replace(EXPERIMENT_FILE, old, new), EXPERIMENT_FILE, &[]);
}

/// The valid layout, which both layouts of the experiment extend, with one text replaced.
#[track_caller]
fn check_layout(name: &str, old: &str, new: &str) {
    check_file(name, &Case::new().replace(LAYOUT_FILE, old, new), EXPERIMENT_FILE, &[]);
}

#[track_caller]
fn check_set(name: &str, sets: &[&str]) {
    check_file(name, &Case::new(), EXPERIMENT_FILE, sets);
}

#[test]
fn syntax() {
    check("syntax_no_quotes", "length = \"2 h\"", "length = 2 h");
    check("syntax_unclosed_text", "length = \"2 h\"", "length = \"2 h");
    check("syntax_unclosed_header", "[workload]", "[workload");
    check("syntax_no_value", "replications = 3", "replications =");
    check("syntax_two_errors", "name = \"first\"\nquestion = \"Is", "name = first\nquestion = \"\"\"\"\"Is");
    check("duplicate_key", "replications = 3", "replications = 3\nname = \"again\"");
    check("duplicate_table", "[workload.source]", "[workload]\n[workload.source]");
    check("beyond_64_bits", "replications = 3", "replications = 99999999999999999999");
    check("beyond_f64", "memory_stall = 0.25", "memory_stall = 1e999");
}

#[test]
fn keys() {
    check("unknown_key_typo", "replications = 3", "replicatons = 3");
    check("unknown_key_far", "replications = 3", "colour = \"red\"");
    check("unknown_table", "[workload.source]", "[sorce]\n[workload.source]");
    check_layout("unknown_key_in_extended_file_is_told_once", "cores = 64", "cores = 64\nthreads = 128");
    check_layout("unknown_key_in_a_kind", "dispatch_delay = \"1 ms\"", "dispatch_delay = \"1 ms\"\nvm = 3");
    check("missing_key", "name = \"first\"\n", "");
    check("missing_table", "[workload]\nprofile = { memory_stall = 0.25 }\n\n[workload.source]", "[source]");
    check_layout("missing_key_in_extended_file", "cores = 64\n", "");
    check("missing_kind", "kind = \"generated\"\n", "");
}

#[test]
fn quantities() {
    check("no_unit", "length = \"2 h\"", "length = \"2\"");
    check("no_unit_number", "length = \"2 h\"", "length = 2");
    check("wrong_unit", "length = \"2 h\"", "length = \"2 GiB\"");
    check("misspelt_unit", "length = \"2 h\"", "length = \"2 hours\"");
    check("negative_quantity", "length = \"2 h\"", "length = \"-2 h\"");
    check("nan_quantity", "length = \"2 h\"", "length = \"nan h\"");
    check("inf_quantity", "length = \"2 h\"", "length = \"inf h\"");
    check("huge_quantity", "length = \"2 h\"", "length = \"1e12 h\"");
    check("empty_quantity", "length = \"2 h\"", "length = \"\"");
    check("table_for_quantity", "length = \"2 h\"", "length = { hours = 2 }");
}

#[test]
fn numbers() {
    check("below_range", "replications = 3", "replications = 0");
    check("above_range", "replications = 3", "replications = 10_001");
    check("negative_number", "replications = 3", "replications = -1");
    check("above_width", "replications = 3", "limits.events = 0\nseed = -1");
    check("nan", "memory_stall = 0.25", "memory_stall = nan");
    check("inf", "memory_stall = 0.25", "parallelism = inf");
    check("fraction_for_whole", "replications = 3", "replications = 3.5");
    check("text_for_number", "replications = 3", "replications = \"3\"");
    check("word_for_number", "replications = 3", "replications = \"three\"");
    check("date_for_number", "replications = 3", "replications = 2026-01-01");
    check("array_for_number", "replications = 3", "replications = [3]");
}

#[test]
fn kinds_of_value() {
    check("number_for_text", "name = \"first\"", "name = 1");
    check("text_for_boolean", "replications = 3", "outputs.report = \"false\"");
    check("number_for_boolean", "replications = 3", "outputs.report = 0");
    check("number_for_table", "profile = { memory_stall = 0.25 }", "profile = 0.25");
    check("file_for_table", "profile = { memory_stall = 0.25 }", "profile = \"profiles/light.toml\"");
    check(
        "array_for_table",
        "[workload]\nprofile = { memory_stall = 0.25 }\n\n[workload.source]",
        "[[workload]]\n[workload.source]",
    );
    check("table_for_array", "[[layout]]\nextends = \"layouts/serverless.toml\"\n\n[[layout]]", "[layout]");
    check(
        "text_for_array",
        "kind = \"generated\"\nfunctions = 100\nlength = \"2 h\"",
        "kind = \"azure2019\"\ninvocations = \"a.csv\"\ndurations = []",
    );
    check("neither_of_two_kinds", "nodes.memory.capacity = \"32 GiB\"", "platform.cold_start.boot = true");
    check(
        "nearest_of_two_kinds",
        "nodes.memory.capacity = \"32 GiB\"",
        "platform.cold_start.boot = { median = \"1 s\", p9 = \"2 s\" }",
    );
    check("quantity_of_two_kinds", "nodes.memory.capacity = \"32 GiB\"", "platform.cold_start.boot = 5");
}

#[test]
fn words() {
    check_layout("unknown_word", "placement = \"least-loaded\"", "placement = \"least_load\"");
    check_layout("unknown_kind", "kind = \"leaf-spine\"", "kind = \"fat-tree\"");
    check_layout("number_for_word", "placement = \"least-loaded\"", "placement = 2");
    check("number_for_kind", "kind = \"generated\"", "kind = 1");
}

#[test]
fn extends() {
    let dangling = |to: &str| EXPERIMENT_EXTENDS.replace("layouts/serverless.toml", to);
    check("extends_nothing", EXPERIMENT_EXTENDS, &dangling("layouts/serverles.toml"));
    check("extends_a_folder", EXPERIMENT_EXTENDS, &dangling("layouts"));
    check("extends_a_number", EXPERIMENT_EXTENDS, "extends = 3\n\n[[layout]]");
    check("extends_itself", EXPERIMENT_EXTENDS, &dangling("../experiments/first.toml"));
    let circle = Case::new()
        .write("configs/layouts/a.toml", "nodes.extends = \"b.toml\"\n")
        .write("configs/layouts/b.toml", "cpu.extends = \"a.toml\"\n")
        .replace(EXPERIMENT_FILE, EXPERIMENT_EXTENDS, &dangling("layouts/a.toml"));
    check_file("extends_circle", &circle, EXPERIMENT_FILE, &[]);
    let chain = (0..20).fold(Case::new(), |case, i| {
        case.write(&format!("configs/deep/{i}.toml"), format!("extends = \"{}.toml\"\n", i + 1))
    });
    let chain = chain.replace(EXPERIMENT_FILE, EXPERIMENT_EXTENDS, &dangling("deep/0.toml"));
    check_file("extends_too_deep", &chain, EXPERIMENT_FILE, &[]);
    let broken = Case::new().replace(LAYOUT_FILE, "count = 4", "count = four");
    check_file("extended_file_with_syntax_error", &broken, EXPERIMENT_FILE, &[]);
    let binary = Case::new().write(LAYOUT_FILE, b"name = \"caf\xe9\"\n");
    check_file("extended_file_not_utf8", &binary, EXPERIMENT_FILE, &[]);
}

/// The first layout and the head of the second.
const EXPERIMENT_EXTENDS: &str = "extends = \"layouts/serverless.toml\"\n\n[[layout]]";

/// Sixteen files that extend the next one a hundred times each would make 10^32 values.
#[test]
fn extends_bomb() {
    let bomb = (0..15).fold(Case::new(), |case, i| {
        let line = |k: usize| format!("a{k}.extends = \"{}.toml\"\n", i + 1);
        case.write(&format!("configs/bomb/{i}.toml"), (0..100).map(line).collect::<String>())
    });
    let bomb = bomb.write("configs/bomb/15.toml", "x = 1\n").replace(
        EXPERIMENT_FILE,
        EXPERIMENT_EXTENDS,
        "extends = \"bomb/0.toml\"\n\n[[layout]]",
    );
    let problems = bomb.load(&[]).expect_err("a bomb");
    assert!(problems.to_string().contains("add up to more than"), "{}", problems.0[0]);
    assert_eq!(problems.0.iter().filter(|p| p.message.contains("add up to")).count(), 1, "told once");
}

/// Sixteen files that each nest the next one deeply must not exhaust the stack.
#[test]
fn extends_deep_inside_each_other() {
    let deep = |i: usize| format!("[a{}]\nb{}.extends = \"{}.toml\"\n", ".a".repeat(70), ".b".repeat(70), i + 1);
    let chain = (0..15).fold(Case::new(), |case, i| case.write(&format!("configs/deep/{i}.toml"), deep(i)));
    let chain = chain.write("configs/deep/15.toml", "x = 1\n").replace(
        EXPERIMENT_FILE,
        EXPERIMENT_EXTENDS,
        "extends = \"deep/0.toml\"\n\n[[layout]]",
    );
    let problems = chain.load(&[]).expect_err("too deep");
    assert!(problems.to_string().contains("more than 64 levels deep"), "{problems}");
}

#[test]
fn files() {
    let check = |name: &str, file: &str| check_file(name, &Case::new(), file, &[]);
    check("no_such_file", "experiments/frist.toml");
    check("no_such_folder", "experiment/first.toml");
    check("folder_as_file", "experiments");
    let with = |name: &str, content: &[u8]| {
        check_file(name, &Case::new().write(EXPERIMENT_FILE, content), EXPERIMENT_FILE, &[]);
    };
    with("empty_file", b"");
    with("blank_file", b"\xef\xbb\xbf \n\n");
    with("only_comments", b"# nothing\n");
    with("not_utf8", b"name = \"a\"\nquestion = \"caf\xe9\"\n");
    with("too_large", &vec![b'#'; (16 << 20) + 1]);
    with("null_bytes", b"name = \"a\"\0\n");
    with("deep_nesting", format!("name = {}1{}", "[".repeat(5_000), "]".repeat(5_000)).as_bytes());
    with("deep_keys", format!("a{} = 1", ".a".repeat(5_000)).as_bytes());
}

#[cfg(unix)]
#[test]
fn unreadable_file() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new();
    let file = case.folder.path().join(EXPERIMENT_FILE);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&file).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    check_file("unreadable_file", &case, EXPERIMENT_FILE, &[]);
}

#[test]
fn sets() {
    check_set("set_no_equals", &["layout[0].nodes.count"]);
    check_set("set_no_value", &["layout[0].nodes.count="]);
    check_set("set_no_key", &["=3"]);
    check_set("set_bad_path", &["layout[x].nodes.count=3"]);
    check_set("set_bad_toml", &["name=\"first"]);
    check_set("set_unknown_key", &["layout[0].nodes.cuont=3"]);
    check_set("set_unknown_top", &["layuot.count=3"]);
    check_set("set_wrong_type", &["layout[0].nodes.count=many"]);
    check_set("set_no_unit", &["layout[0].nodes.cpu.idle_power=60"]);
    check_set("set_out_of_bounds", &["layout[2].nodes.count=3"]);
    check_set("set_no_index", &["layout.nodes.count=3"]);
    check_set("set_no_such_name", &["layout[name=poold].nodes.count=3"]);
    check_set("set_below_a_number", &["replications.x=3"]);
    check_set("set_extends", &["layout[0].extends=layouts/serverless.toml"]);
    check_set("set_huge", &["seed=99999999999999999999"]);
    check_set("set_kind_alone", &["layout[0].fabric.kind=photonic"]);
    check_set("set_several", &["seed=x", "layout[9].name=a", "replications=0"]);
}

#[test]
fn everything_is_told_at_once() {
    let case = Case::new()
        .replace(EXPERIMENT_FILE, "replications = 3", "replicatons = 3\nseed = \"1\"")
        .replace(EXPERIMENT_FILE, "length = \"2 h\"", "length = \"2\"")
        .replace(EXPERIMENT_FILE, "functions = 100\n", "")
        .replace(LAYOUT_FILE, "count = 4", "count = 0")
        .replace(LAYOUT_FILE, "pue = 1.2", "pue = 0.9")
        .replace(EXPERIMENT_FILE, EXPERIMENT_EXTENDS, "extends = \"nowhere.toml\"\n\n[[layout]]");
    check_file("everything_at_once", &case, EXPERIMENT_FILE, &["layout[1].site.pue=-1", "outputs.x=1"]);
}

/// A pipe that nobody writes to would be waited for without end, and a device may never end.
#[cfg(unix)]
#[test]
fn pipes_and_devices_are_no_configs() {
    let case = Case::new();
    let pipe = case.folder.path().join("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (file, named) in [("pipe.toml", "pipe.toml"), ("/dev/zero", "/dev/zero"), ("configs", "configs")] {
        let alone = case.load_file(file, &[]).unwrap_err().to_string();
        let expected = if file == "configs" { "this is a folder" } else { "this is a pipe or a device" };
        assert!(alone.contains(expected) && alone.contains(named), "{alone}");
        let extended = format!("extends = '{}'\n", case.folder.path().join(file).display());
        let case = Case::new().write("other.toml", extended);
        let other = case.load_file("other.toml", &[]).unwrap_err().to_string();
        assert!(other.contains(expected) && other.contains("extends"), "{other}");
    }
}
