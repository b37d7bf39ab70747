//! No circles, neither of files nor of the files and folders within a folder: whoever reads one of two things that
//! use each other has to know both.
//!
//! A use is an import or a path that leads, through re-exports, to the file that defines the name; or a call of a
//! method that stands in another file than its type. What a file only hands on it does not use, and what its own tests
//! use does not count.

mod graph;
mod source;

use graph::Graph;
use source::Source;

use super::files;

fn circles(files: &[(&str, &str)]) -> Vec<(Vec<String>, String)> {
    let sources: Vec<Source> = files.iter().map(|(path, text)| Source::read(path, text)).collect();
    Graph::new(&sources).circles().into_iter().collect()
}

#[test]
fn nothing_stands_in_a_circle() {
    let files = files("src", &[".rs"]);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let wrong: Vec<String> = circles(&files)
        .into_iter()
        .map(|(circle, uses)| format!("a circle of {}:\n{uses}", circle.join(", ")))
        .collect();
    assert!(wrong.is_empty(), "{}\nmove what both sides need to a file that uses neither", wrong.join("\n"));
}

/// The circles among sources, each as the paths in it.
fn check(files: &[(&str, &str)], expected: &[&[&str]]) {
    let found = circles(files);
    let paths: Vec<&Vec<String>> = found.iter().map(|(circle, _)| circle).collect();
    assert_eq!(paths, expected, "{found:?}");
}

const A: &str = "src/a.rs";
const B: &str = "src/b.rs";
const ROOT: (&str, &str) = ("src/lib.rs", "mod a;\nmod b;\n");

#[test]
fn circles_of_files_are_found() {
    check(&[ROOT, (A, "use crate::b::B;\npub struct A;"), (B, "pub struct B;")], &[]);
    check(&[ROOT, (A, "use crate::b::B;\npub struct A;"), (B, "use super::a::A;\npub struct B;")], &[&[A, B]]);
    check(&[ROOT, (A, "fn f() { crate::b::g() }"), (B, "use crate::a;\nfn g() { a::f() }")], &[&[A, B]]);
    // A module is named, and nothing in it.
    check(&[ROOT, (A, "fn f() { crate::b::g() }"), (B, "pub(in crate::a) fn g() {}")], &[]);
    let three = [
        ("src/lib.rs", "mod a;\nmod b;\nmod c;"),
        (A, "use crate::{\n    b::{self, B as Other},\n};"),
        (B, "use super::c::*;\nstruct B(C);"),
        ("src/c.rs", "pub struct C;\nimpl C { fn a() -> crate::a::A {} }"),
    ];
    check(&three, &[&[A, B, "src/c.rs"]]);
}

#[test]
fn what_is_no_use_makes_no_circle() {
    let uses_b = "use crate::b::B;\npub struct A;";
    for words in [
        "// crate::a::A\npub struct B;",
        "/// [`A`](crate::a::A)\npub struct B;",
        "/* use crate::a::A; */ pub struct B;",
        "pub struct B;\nconst S: &str = \"crate::a::A\";",
        "pub struct B;\nconst S: &str = r#\"\"crate::a::A\"\"#;\nconst C: char = '\"';\nfn f<'a>() {}",
        "pub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n    fn f() { { A } }\n}",
        "pub use crate::a::A;\npub struct B;",
        "use std::a::A;\npub struct B;",
    ] {
        check(&[ROOT, (A, uses_b), (B, words)], &[]);
    }
    check(&[ROOT, (A, uses_b), (B, "pub use crate::a::A;\npub struct B(A);")], &[&[A, B]]);
    check(&[ROOT, (A, uses_b), (B, "#[cfg(test)]\nfn f() {}\nuse crate::a::A;\npub struct B;")], &[&[A, B]]);
}

#[test]
fn re_exports_lead_to_the_file_that_defines_a_name() {
    let root = ("src/lib.rs", "mod m;");
    let (a, b) = ("src/m/a.rs", "src/m/b.rs");
    let hands_on = ("src/m/mod.rs", "mod a;\nmod b;\npub use a::A;\npub use b::B;");
    check(&[root, hands_on, (a, "pub struct A;"), (b, "use super::A;\npub struct B;")], &[]);
    check(&[root, hands_on, (a, "use super::B;\npub struct A;"), (b, "use super::A;\npub struct B;")], &[&[a, b]]);
    let all = ("src/m/mod.rs", "mod a;\nmod b;\npub use a::*;\npub use b::*;");
    check(&[root, all, (a, "use super::B;\npub struct A;"), (b, "use super::A;\npub struct B;")], &[&[a, b]]);
    // A module that defines something itself stands in circles as any other.
    let defines = ("src/m/mod.rs", "mod a;\nmod b;\npub struct M(a::A);");
    check(&[root, defines, (a, "use super::M;\npub struct A;"), (b, "")], &[&[a, "src/m/mod.rs"]]);
}

#[test]
fn methods_apart_from_their_type_are_used_where_they_are_called() {
    let more = "use crate::a::A;\nimpl A {\n    pub fn more(&self) {}\n}\n";
    check(&[ROOT, (A, "pub struct A;\nfn f(a: &A) { a.more() }"), (B, more)], &[&[A, B]]);
    check(&[ROOT, (A, "pub struct A;\nfn f(a: &A) -> u8 { a.more }"), (B, more)], &[]);
    check(&[ROOT, (A, "pub struct A;\nfn more() {}\nfn f(a: &A) { a.more() }"), (B, more)], &[]);
    check(&[ROOT, (A, "pub struct A;\nfn f() { A::more }"), (B, "impl<T> super::a::A { fn more() {} }")], &[&[A, B]]);
    check(
        &[ROOT, (A, "pub trait T {}\nfn f(t: &A) { t.more() }"), (B, "impl crate::a::T for u8 { fn more() {} }")],
        &[],
    );
}

#[test]
fn circles_of_folders_are_found() {
    let files = [
        ("src/lib.rs", "mod m;"),
        ("src/m/mod.rs", "mod n;\nmod o;\nmod p;"),
        ("src/m/n/mod.rs", "mod a;\nmod b;"),
        ("src/m/n/a.rs", "use crate::m::o::c::C;"),
        ("src/m/n/b.rs", "pub struct B;"),
        ("src/m/o/mod.rs", "mod c;\nmod d;"),
        ("src/m/o/c.rs", "pub struct C;"),
        ("src/m/o/d.rs", "use super::super::n::b::B;"),
        ("src/m/p.rs", "use super::o::c::C;"),
    ];
    check(&files, &[&["src/m/n", "src/m/o"]]);
    check(&files[..7], &[]);
}
