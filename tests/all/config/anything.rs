//! Whatever is typed, loading answers with a config or with problems; it never panics.

use proptest::prelude::*;
use sdcsim::config::{config_hash, resolved_toml};

use super::{Case, EXPERIMENT, EXPERIMENT_FILE, LAYOUT, LAYOUT_FILE};

/// Pieces of TOML and of trouble.
const PIECES: &[&str] = &[
    "",
    "=",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    ".",
    ",",
    "#",
    "\n",
    "\\",
    "\\u{0}",
    "0",
    "-1",
    "nan",
    "inf",
    "1e999",
    "0x",
    "99999999999999999999",
    "true",
    "2026-01-01",
    "extends",
    "extends = \"first.toml\"\n",
    "[layout]\n",
    "[[layout]]\n",
    "a.b.c",
    "é",
    "\u{feff}",
    "kind",
    "\"1 s\"",
    "{ extends = 3 }",
    "[layout.nodes]\n",
];

/// One edit: from which share of the text on, how many bytes go, what comes instead.
fn edit() -> impl Strategy<Value = (f64, usize, &'static str)> {
    (0.0..1.0_f64, 0_usize..12, prop::sample::select(PIECES))
}

fn edited(text: &str, edits: &[(f64, usize, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (share, gone, new)| {
        let start = text.floor_char_boundary((share * text.len() as f64) as usize);
        let end = text.floor_char_boundary((start + gone).min(text.len())).max(start);
        format!("{}{new}{}", &text[..start], &text[end..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edited_files_load_or_are_refused(
        experiment in prop::collection::vec(edit(), 0..3),
        layout in prop::collection::vec(edit(), 0..3),
    ) {
        let case = Case::new()
            .write(EXPERIMENT_FILE, edited(EXPERIMENT, &experiment))
            .write(LAYOUT_FILE, edited(LAYOUT, &layout));
        match case.load(&[]) {
            Err(problems) => prop_assert!(!problems.is_empty() && problems.0.iter().all(|p| !p.message.is_empty())),
            Ok(loaded) => {
                let case = case.write("resolved.toml", resolved_toml(&loaded.raw, |_, path| path.to_owned()));
                let again = case.load_file("resolved.toml", &[]).expect("what was resolved loads");
                prop_assert_eq!(config_hash(&again.raw, None), config_hash(&loaded.raw, None));
            }
        }
    }

    #[test]
    fn any_argument_is_taken_or_refused(key in "[a-z\\[\\]0-9.\"=]{0,20}", value in "\\PC{0,12}") {
        let typed = format!("{key}={value}");
        let known = format!("layout[0].{value}=1");
        let case = Case::new();
        for sets in [[typed.as_str()], [known.as_str()]] {
            if let Err(problems) = case.load(&sets) {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
