//! Files have one subject and functions fit on a screen.

use super::{files, hold};

const LONGEST_FILE: usize = 600;
const LONGEST_FUNCTION: usize = 70;

fn file(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let wrong =
        (lines > LONGEST_FILE).then(|| format!("{path}: {lines} lines; at most {LONGEST_FILE}: split its subject"));
    wrong.into_iter().collect()
}

/// In code as rustfmt leaves it, a function ends at the first line that is `}` at the indentation of its `fn`.
fn functions(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut wrong = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let head = code.split('(').next().unwrap_or_default();
        let is_function = head.split_whitespace().any(|word| word == "fn") && !code.starts_with("//");
        // Without a body: declared, on one line, or the type of a field.
        if !is_function || line.ends_with([';', '}', ',']) {
            continue;
        }
        // A signature over several lines, without a body.
        let indent = &line[..line.len() - code.len()];
        let closes = |line: &&&str| line.starts_with(&format!("{indent})"));
        if lines[i + 1..].iter().find(closes).is_some_and(|line| line.ends_with(';')) && line.ends_with('(') {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[i..].iter().position(|line| *line == end).map_or(0, |n| n + 1);
        if length > LONGEST_FUNCTION {
            wrong.push(format!("{path}:{}: a function of {length} lines; at most {LONGEST_FUNCTION}", i + 1));
        }
    }
    wrong
}

#[test]
fn files_have_one_subject() {
    hold(&files("src", &[".rs"]), file);
    hold(&files("tests", &[".rs"]), file);
}

#[test]
fn functions_fit_on_a_screen() {
    hold(&files("src", &[".rs"]), functions);
    hold(&files("tests", &[".rs"]), functions);
}

#[test]
fn the_rules_find_what_they_should() {
    assert_eq!(file("x", &"\n".repeat(601)).len(), 1);
    assert_eq!(file("x", &"\n".repeat(600)).len(), 0);
    let function = |body: usize| {
        format!("impl X {{\n    pub const fn f(&self) -> u8 {{\n{}    }}\n}}\n", "        1;\n".repeat(body))
    };
    assert_eq!(functions("x", &function(68)).len(), 0);
    assert_eq!(functions("x", &function(69)), ["x:2: a function of 71 lines; at most 70"]);
    let trait_of =
        |body: usize| format!("trait X {{\n    fn f(\n        &self,\n    ) -> u8;\n{}}}\n", "    // x\n".repeat(body));
    assert_eq!(functions("x", &trait_of(90)).len(), 0);
}
