//! Sweeps that are refused, and the whole message that each gets.

use sdcsim::config::load_varied;
use sdcsim::config::raw::Experiment;
use sdcsim::config::sweep::Sweep;
use sdcsim::experiment::{PointId, point_ids};
use sdcsim::problem::Problems;

use super::{Case, sdcsim, text};

fn ids(case: &Case, sets: &[&str], vary: &[&str]) -> Result<Vec<PointId>, Problems> {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let loaded = load_varied::<Experiment>(&case.file(), &owned(sets), &owned(vary))?;
    point_ids(&Sweep::of(&loaded)?, 2)
}

#[track_caller]
fn check_vary(name: &str, axes: &str, vary: &[&str]) {
    let case = Case::new(axes);
    match ids(&case, &[], vary) {
        Err(problems) => insta::assert_snapshot!(name, case.relative(&problems.to_string())),
        Ok(ids) => panic!("{name}: accepted, {} points", ids.len()),
    }
}

#[track_caller]
fn check(name: &str, axis: &str) {
    check_vary(name, &format!("\n[[sweep]]\n{axis}\n"), &[]);
}

const SHARE: &str = "key = \"layout[1].memory_pools.local_share\"";

#[test]
fn keys() {
    check("no_key", "values = [1]");
    check("key_typo", "key = \"layout[1].memory_pools.local_shar\"\nvalues = [0.1, 0.2]");
    check("key_no_path", "key = \"layout[1]..nodes\"\nvalues = [1]");
    check("key_beyond_the_end", "key = \"layout[2].nodes.count\"\nvalues = [1, 2]");
    check("key_no_such_name", "key = \"layout[name=disagregated].nodes.count\"\nvalues = [1, 2]");
    check("key_of_the_folder", "key = \"name\"\nvalues = [\"a\", \"b\"]");
    check("key_of_the_sweep", "key = \"sweep[0].points\"\nvalues = [1, 2]");
    check("key_of_another_kind", "key = \"layout[0].platform.vm.vcpus\"\nvalues = [1, 2]");
    check(
        "key_twice",
        "key = \"layout[1].nodes.count\"\nvalues = [9, 10]\n[[sweep]]\nkey = \"layout[name=disaggregated].nodes.count\"\nvalues = [8]",
    );
}

#[test]
fn values() {
    check("values_missing", SHARE);
    check("values_empty", &format!("{SHARE}\nvalues = []"));
    check("values_and_range", &format!("{SHARE}\nvalues = [0.5]\nfrom = 0.1"));
    check("values_out_of_range", &format!("{SHARE}\nvalues = [0.5, 1.5, -1, \"half\"]"));
    check("values_without_unit", "key = \"layout[1].memory_pools.latency\"\nvalues = [100, \"200 ns\", \"300\"]");
    check("values_twice", "key = \"layout[1].memory_pools.latency\"\nvalues = [\"1 us\", \"1000 ns\"]");
    check(
        "values_not_as_many",
        &format!("{SHARE}\nvalues = [0.5, 0.6]\nwith = [{{ key = \"seed\", values = [1, 2, 3] }}]"),
    );
}

#[test]
fn ranges() {
    check("range_without_points", &format!("{SHARE}\nfrom = 0.1\nto = 0.2"));
    check("range_one_point", &format!("{SHARE}\nfrom = 0.1\nto = 0.2\npoints = 1"));
    check("range_log_of_zero", &format!("{SHARE}\nfrom = 0\nto = 1\npoints = 3\nscale = \"log\""));
    check("range_of_words", "key = \"layout[0].platform.idle_choice\"\nfrom = \"mru\"\nto = \"lru\"\npoints = 3");
    check("range_without_unit", "key = \"layout[1].memory_pools.latency\"\nfrom = 100\nto = \"1 us\"\npoints = 3");
    check("range_too_fine", "key = \"replications\"\nfrom = 1\nto = 3\npoints = 5");
    check("range_scale", &format!("{SHARE}\nfrom = 0.1\nto = 0.2\npoints = 2\nscale = \"logarithmic\""));
}

#[test]
fn too_many_points_and_none() {
    check(
        "too_many",
        "key = \"seed\"\nfrom = 1\nto = 1000\npoints = 1000\n[[sweep]]\nkey = \"replications\"\nfrom = 1\nto = 100\npoints = 100",
    );
    check_vary("nothing_to_sweep", "", &[]);
}

#[test]
fn figures() {
    let refused = |case: &Case, command: &str| {
        let output = sdcsim(&[command, case.file().to_str().unwrap()]);
        assert!(!output.status.success());
        case.relative(&text(&output.stderr))
    };
    let wrong = "\n[[figure]]\ny = \"respons.p999\"\nx_scale = \"log\"\nbounds = [\"serverles\"]\n";
    let case = Case::new(&format!("{}{wrong}", super::AXES));
    for command in ["sweep", "check"] {
        let told = refused(&case, command);
        for part in ["`respons.p999` is not a metric", "did you mean `response.p999`?", "figure[0].x_scale"] {
            assert!(told.contains(part), "no {part} in {told}");
        }
        assert!(
            told.contains("no layout is called `serverles`") && told.contains("did you mean `serverless`?"),
            "{told}"
        );
    }
    assert!(!case.out().exists());
    let told = refused(&Case::new("\n[[figure]]\ny = \"response.p99\"\n"), "check");
    assert!(told.contains("a figure without a sweep") && told.contains("--set 'figure=[]'"), "{told}");
    check("key_of_a_figure", "key = \"figure[0].y\"\nvalues = [\"response.p50\", \"response.p99\"]");
}

#[test]
fn arguments() {
    check_vary("vary_no_equals", "", &["seed"]);
    check_vary("vary_no_value", "", &["seed="]);
    check_vary("vary_gap", "", &["seed=1,,2"]);
    check_vary("vary_typo", "", &["sed=1,2"]);
    check_vary("vary_open_quote", "", &["layout[0].name='a,b"]);
    check_vary("vary_bad_value", "", &["layout[1].memory_pools.latency=1 us,2 GiB"]);
    check_vary("vary_beside_the_file", super::AXES, &["layout[1].memory_pools.local_share=1"]);
}

#[test]
fn all_at_once() {
    check(
        "everything",
        "key = \"nonsense\"\nvalues = []\n[[sweep]]\nkey = \"seed\"\nfrom = 1\n[[sweep]]\nkey = \"seed\"\nvalues = [1]",
    );
}

#[test]
fn what_is_accepted() {
    let count =
        |axes: &str, vary: &[&str]| ids(&Case::new(axes), &[], vary).map_or_else(|p| panic!("{p}"), |ids| ids.len());
    assert_eq!(count(super::AXES, &[]), 4);
    assert_eq!(count(super::AXES, &["seed=1,2,3"]), 12);
    assert_eq!(count("", &["layout[1].memory_pools.latency=100 ns, 2us", "layout[0].platform.idle_choice=mru,lru"]), 4);
    // Whole tables, also from files; and text with a comma in it.
    assert_eq!(count("", &["limits={ events = 1000 },{ drain = '1 s' }", "question='a, b',\"c\""]), 4);
    let cpus = "\n[[sweep]]\nkey = \"layout[0].nodes.cpu\"\nvalues = [{ extends = \"parts/cpu-xeon-8380.toml\" }, { extends = \"parts/cpu-xeon-8380.toml\", part = \"faster\", speed = 2.0 }]\n";
    assert_eq!(count(cpus, &[]), 2);
}

#[test]
fn run_and_check_know_sweeps() {
    let case = Case::new(super::AXES);
    let file = case.file();
    let ran = sdcsim(&["run", file.to_str().unwrap(), "--out", case.out().to_str().unwrap()]);
    assert!(!ran.status.success() && !case.out().exists());
    insta::assert_snapshot!("run", case.relative(&text(&ran.stderr)));
    let checked = sdcsim(&["check", file.to_str().unwrap()]);
    assert_eq!(case.relative(&text(&checked.stdout)), "ok: tiny.toml (a sweep of 2 × 2 points)\n");
    // Legal values that together are no experiment are told with the point that they are.
    let case = Case::new("\n[[sweep]]\nkey = \"layout[0].nodes.count\"\nvalues = [2, 3]\n");
    let checked = sdcsim(&["check", case.file().to_str().unwrap()]);
    assert!(!checked.status.success());
    insta::assert_snapshot!("check_unequal", case.relative(&text(&checked.stderr)));
}
