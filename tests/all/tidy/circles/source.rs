//! What a Rust source declares, imports and names, read far enough to say which files it uses.

use std::collections::BTreeSet;

/// One file.
#[derive(Debug)]
pub struct Source {
    /// From the root of the repository.
    pub path: String,
    /// The module that it is, from the root of the crate.
    pub module: Vec<String>,
    /// Modules that it declares, each a file of its own.
    pub children: BTreeSet<String>,
    pub uses: Vec<Use>,
    /// Paths of two names or more that stand in the code outside of imports, and their lines.
    pub paths: Vec<(usize, Vec<String>)>,
    /// Single names in the code outside of imports.
    pub words: BTreeSet<String>,
    /// What is defined anywhere in it.
    pub items: BTreeSet<String>,
    /// Functions that are defined anywhere in it.
    pub functions: BTreeSet<String>,
    /// Names of methods that are called, and their lines.
    pub calls: Vec<(usize, String)>,
    /// Blocks of methods: the path of the type, and the methods.
    pub methods: Vec<(Vec<String>, Vec<String>)>,
}

/// One name that an import brings in.
#[derive(Debug, PartialEq)]
pub struct Use {
    pub line: usize,
    /// Whether it also hands the name on.
    pub public: bool,
    pub path: Vec<String>,
    pub name: String,
}

/// What a definition begins with.
const ITEMS: [&str; 9] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "macro_rules"];

impl Source {
    /// Reads a file; its own tests are left out, as they may stand on what stands on it.
    pub fn read(path: &str, text: &str) -> Self {
        let mut code = without_tests(without_comments(text));
        let uses = take_uses(&mut code);
        let tokens = tokens(&code);
        let after = |word: &'static str| {
            let pairs = tokens.windows(2).filter(move |pair| pair[0].text == word && pair[1].is_name());
            pairs.map(|pair| pair[1].text.to_owned())
        };
        let declared = |three: &&[Token]| three[0].text == "mod" && three[1].is_name() && three[2].text == ";";
        let children = tokens.windows(3).filter(declared).map(|three| three[1].text.to_owned()).collect();
        Self {
            path: path.to_owned(),
            module: module_of(path),
            children,
            uses,
            paths: paths(&tokens),
            words: tokens.iter().filter(|token| token.is_name()).map(|token| token.text.to_owned()).collect(),
            items: ITEMS.into_iter().flat_map(after).collect(),
            functions: after("fn").collect(),
            calls: calls(&tokens),
            methods: methods(&tokens),
        }
    }
}

/// `src/a/mod.rs` and `src/a.rs` are `a`, `src/lib.rs` is the root.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The text with blanks for comments, strings and characters; every line stays where it is.
fn without_comments(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(bytes, at);
        if end > at {
            code[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        at = end.max(at + 1);
    }
    code
}

/// Where a comment, string or character that starts at `at` ends; `at` where there is none.
fn skipped(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let find = |what: &[u8], from: usize| {
        rest.get(from..)
            .and_then(|rest| rest.windows(what.len()).position(|window| window == what))
            .map_or(bytes.len(), |n| at + from + n + what.len())
    };
    let in_a_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let hashes = rest.iter().skip(1).take_while(|byte| **byte == b'#').count();
    match rest {
        [b'/', b'/', ..] => find(b"\n", 0) - usize::from(rest.contains(&b'\n')),
        [b'/', b'*', ..] => find(b"*/", 2),
        [b'r', ..] if !in_a_word && rest.get(1 + hashes) == Some(&b'"') => {
            find(&[b"\"".as_slice(), &vec![b'#'; hashes]].concat(), 2 + hashes)
        }
        [b'"', ..] => {
            let mut end = 1;
            while end < rest.len() && rest[end] != b'"' {
                end += if rest[end] == b'\\' { 2 } else { 1 };
            }
            at + (end + 1).min(rest.len())
        }
        [b'\'', b'\\', ..] => find(b"'", 3),
        // A character may take up to four bytes; otherwise it is a lifetime.
        [b'\'', first, ..] => {
            let length = match first {
                0..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            if rest.get(1 + length) == Some(&b'\'') { at + length + 2 } else { at }
        }
        _ => at,
    }
}

/// Blanks for modules of tests.
fn without_tests(mut code: Vec<u8>) -> String {
    let mark = b"#[cfg(test)]";
    let mut from = 0;
    while let Some(start) = code[from..].windows(mark.len()).position(|window| window == mark).map(|n| from + n) {
        let after = start + mark.len();
        let is_module = code[after..].trim_ascii_start().starts_with(b"mod ");
        let open = code[after..].iter().position(|byte| *byte == b'{').map(|n| after + n);
        from = after;
        if let Some(open) = open.filter(|_| is_module) {
            from = end_of_block(&code, open);
            code[start..from].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
    }
    String::from_utf8(code).expect("blanks are put in the place of whole characters")
}

fn end_of_block(code: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    line: usize,
    text: &'a str,
}

impl Token<'_> {
    fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    }
}

/// Names and numbers, `::`, and all other characters one by one.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(first) = code[at..].chars().next() {
        let length = if is_word(first) {
            code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at)
        } else if code[at..].starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if first == '\n' {
            line += 1;
        }
        if !first.is_whitespace() {
            found.push(Token { line, text: &code[at..at + length] });
        }
        at += length;
    }
    found
}

/// The imports, which are blanked in `code`.
fn take_uses(code: &mut String) -> Vec<Use> {
    let (mut uses, mut blanks) = (Vec::new(), Vec::new());
    let mut at = 0;
    for (line, text) in (1..).zip(code.split_inclusive('\n')) {
        let trimmed = text.trim_start();
        let public = trimmed.starts_with("pub");
        let head = if public { trimmed.find("use ").unwrap_or(usize::MAX) } else { 0 };
        let is_import = trimmed.get(head..).is_some_and(|rest| rest.starts_with("use "))
            && trimmed[..head].chars().all(|c| !matches!(c, '{' | ';' | '='));
        if is_import {
            let start = at + (text.len() - trimmed.len()) + head;
            let end = code[start..].find(';').map_or(code.len(), |n| start + n);
            tree(&tokens(&code[start + 4..end]), &[], &mut |path, name| {
                uses.push(Use { line, public, path, name });
            });
            blanks.push(start..end);
        }
        at += text.len();
    }
    for range in blanks {
        let blank: String = code[range.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(range, &blank);
    }
    uses
}

/// `a::{self, b as c, d::*}` below `prefix`: each path with the name that it gets.
fn tree(tokens: &[Token], prefix: &[String], found: &mut impl FnMut(Vec<String>, String)) {
    let mut path = prefix.to_vec();
    let mut rest = tokens;
    loop {
        match rest {
            [open, inner @ .., _] if open.text == "{" => {
                let mut depth = 0;
                let entries = inner.split(|token| {
                    depth += i32::from(token.text == "{") - i32::from(token.text == "}");
                    depth == 0 && token.text == ","
                });
                entries.filter(|entry| !entry.is_empty()).for_each(|entry| tree(entry, &path, found));
                return;
            }
            [token, tail @ ..] if token.text == "::" => rest = tail,
            [word, name] if word.text == "as" => return found(path, name.text.to_owned()),
            [token, tail @ ..] => {
                if token.text != "self" || path.is_empty() {
                    path.push(token.text.to_owned());
                }
                rest = tail;
            }
            [] => {
                let name = path.last().cloned().unwrap_or_default();
                return found(path, name);
            }
        }
    }
}

fn paths(tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts = tokens[at].is_name() && !(at > 0 && matches!(tokens[at - 1].text, "::" | "."));
        let mut path = vec![tokens[at].text.to_owned()];
        let mut end = at + 1;
        while starts && end + 1 < tokens.len() && tokens[end].text == "::" && tokens[end + 1].is_name() {
            path.push(tokens[end + 1].text.to_owned());
            end += 2;
        }
        if path.len() > 1 {
            found.push((tokens[at].line, path));
        }
        at = end;
    }
    found
}

fn calls(tokens: &[Token]) -> Vec<(usize, String)> {
    let called = |three: &&[Token]| match three[0].text {
        "." => three[1].is_name() && matches!(three[2].text, "(" | "::"),
        "::" => three[1].is_name(),
        _ => false,
    };
    tokens.windows(3).filter(called).map(|three| (three[1].line, three[1].text.to_owned())).collect()
}

/// The blocks `impl Type { … }`, without those of traits.
fn methods(tokens: &[Token]) -> Vec<(Vec<String>, Vec<String>)> {
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].text == "impl") {
        let starts = at == 0 || matches!(tokens[at - 1].text, "}" | ";" | "]" | "{");
        let head = tokens[at + 1..].split(|token| token.text == "{").next().unwrap_or_default();
        let of_trait = head.windows(2).any(|pair| pair[0].text == "for" && pair[1].text != "<");
        if !starts || of_trait {
            continue;
        }
        let names = outside_brackets(head);
        let path: Vec<String> = names
            .split(|token| token.text == "where")
            .next()
            .unwrap_or_default()
            .iter()
            .filter(|token| token.is_name())
            .map(|token| token.text.to_owned())
            .collect();
        let (mut depth, mut list) = (0_i32, Vec::new());
        for pair in tokens[at + 1 + head.len()..].windows(2) {
            depth += i32::from(pair[0].text == "{") - i32::from(pair[0].text == "}");
            if depth == 0 {
                break;
            }
            if depth == 1 && pair[0].text == "fn" {
                list.push(pair[1].text.to_owned());
            }
        }
        found.push((path, list));
    }
    found
}

/// Without what stands between `<` and `>`.
fn outside_brackets<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut depth = 0_i32;
    let mut outside = Vec::new();
    for token in tokens {
        match token.text {
            "<" => depth += 1,
            ">" => depth -= 1,
            _ if depth == 0 => outside.push(*token),
            _ => {}
        }
    }
    outside
}
