//! Parts that the command line names: followed as in a file, from anywhere.

use std::fs;
use std::path::Path;

use sdcsim::config::raw::{Experiment, Fabric};
use sdcsim::config::sweep::Sweep;
use sdcsim::config::{Loaded, load, load_varied};
use sdcsim::problem::Problems;

use super::{Case, EXPERIMENT_FILE};

/// A shipped part, and one of the case's own beside its experiment.
const PHOTONIC: &str = "parts/fabric-photonic-ns.toml";
const OWN: &str = "own/fabric.toml";

fn case() -> Case {
    let own = "extends = \"parts/fabric-leaf-spine-100g.toml\"\npart = \"mine\"\n";
    Case::new().write("experiments/own/fabric.toml", own)
}

fn part(loaded: &Loaded<Experiment>) -> String {
    match &loaded.raw.layout[1].fabric {
        Fabric::LeafSpine(fabric) => fabric.part.clone(),
        Fabric::Photonic(fabric) => fabric.part.clone(),
    }
}

#[track_caller]
fn set(case: &Case, sets: &[&str]) -> Loaded<Experiment> {
    case.load(sets).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn an_override_takes_a_table_from_a_file() {
    let case = case();
    let long = set(&case, &[&format!("layout[1].fabric={{ extends = '{PHOTONIC}' }}")]);
    assert!(matches!(long.raw.layout[1].fabric, Fabric::Photonic(_)), "another kind, whole");
    // In brief, by the layout's name, without quotes and with.
    for short in [format!("layout[name=pooled].fabric={PHOTONIC}"), format!("layout[1].fabric=\"{PHOTONIC}\"")] {
        assert_eq!(part(&set(&case, &[&short])), part(&long), "{short}");
    }
    assert_eq!(part(&set(&case, &[&format!("layout[1].fabric={OWN}")])), "mine", "beside the experiment");
    let over = set(&case, &[&format!("layout[1].fabric={{ extends = '{OWN}', part = 'over' }}")]);
    assert_eq!(part(&over), "over");
    let cpu = set(
        &case,
        &["layout[1].nodes={ extends = 'layouts/nodes-servers.toml', cpu = { extends = 'parts/cpu-sip-16.toml' } }"],
    );
    assert_eq!(cpu.raw.layout[1].nodes.all()[0].cpu.cores, 16, "deeper in a value");
}

/// Text that ends as a file's name does stays text where text can stand.
#[test]
fn a_name_is_a_file_only_where_a_table_stands() {
    assert_eq!(set(&case(), &["question=why.toml"]).raw.question, "why.toml");
    let told = |sets: &[&str]| case().load(sets).unwrap_err().to_string();
    assert!(told(&["layout[1].fabric=parts/none.toml"]).contains("there is no file \"parts/none.toml\""));
    assert!(told(&["layout[1].fabric.extends=parts/none.toml"]).contains("KEY={ extends = "));
    let circle = told(&["layout[1]={ extends = 'first.toml' }"]);
    assert!(circle.contains("in a circle"), "{circle}");
}

fn points(file: &Path, vary: &str) -> Result<Vec<String>, Problems> {
    let sweep = Sweep::of(&load_varied::<Experiment>(file, &["basis='nothing'".to_owned()], &[vary.to_owned()])?)?;
    (0..sweep.points()).map(|point| sweep.point(point).map(|loaded| part(&loaded))).collect()
}

#[test]
fn values_of_an_axis_are_followed() {
    let case = case();
    let file = case.folder.path().join(EXPERIMENT_FILE);
    let long = points(&file, &format!("layout[1].fabric={{ extends='{PHOTONIC}' }}, {{ extends='{OWN}' }}")).unwrap();
    let short = points(&file, &format!("layout[1].fabric={PHOTONIC},{OWN}")).unwrap();
    assert!(long == short && long[1] == "mine" && long.len() == 2, "{long:?} {short:?}");
    let wrong = points(&file, "layout[1].fabric=parts/none.toml").unwrap_err().to_string();
    assert!(wrong.contains("there is no file") && wrong.contains("--vary"), "{wrong}");
}

/// Each shipped part can be named in any folder.
#[test]
fn shipped_parts_are_named_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alone.toml");
    let text = "name = \"alone\"\nquestion = \"?\"\nworkload.source = { kind = \"generated\", functions = 3, length = \"1 h\" }\n\n\
        [[layout]]\nextends = \"layouts/serverful.toml\"\n\n[[layout]]\nextends = \"layouts/disaggregated.toml\"\n";
    fs::write(&file, text).unwrap();
    for name in ["parts/fabric-leaf-spine-100g.toml", PHOTONIC] {
        let loaded = load::<Experiment>(&file, &[format!("layout[1].fabric={name}")]);
        loaded.unwrap_or_else(|problems| panic!("{name}: {problems}"));
    }
}
