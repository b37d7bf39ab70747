//! Warnings of single runs that differ by nothing but their figures, told once for all of them.

use std::collections::BTreeSet;

/// How many replications are listed one by one.
const LISTED: usize = 5;

/// Warnings in the order in which they first come. Those that begin with `layout, replication n: ` and say the same but for
/// numbers become one, which names the layouts and the replications, and has the least and the greatest of each number. Of many
/// replications it says how many they are of `replications`.
pub fn gathered(warnings: &[String], replications: u32) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for warning in warnings {
        let likeness = run_and_text(warning).map_or_else(|| warning.clone(), |(_, _, text)| shape(text));
        match groups.iter_mut().find(|(other, _)| *other == likeness) {
            Some((_, group)) => group.push(warning),
            None => groups.push((likeness, vec![warning])),
        }
    }
    groups.iter().map(|(_, group)| told(group, replications)).collect()
}

fn told(group: &[&str], of: u32) -> String {
    let runs: Vec<_> = group.iter().filter_map(|warning| run_and_text(warning)).collect();
    let [(_, _, text), _, ..] = runs[..] else { return group[0].to_owned() };
    let mut layouts: Vec<&str> = Vec::new();
    for (layout, ..) in &runs {
        if !layouts.contains(layout) {
            layouts.push(layout);
        }
    }
    let replications = in_words(&runs.iter().map(|run| run.1).collect(), of);
    let numbers: Vec<Vec<&str>> = runs.iter().map(|run| numbers(run.2).map(|(_, number)| number).collect()).collect();
    let mut between = String::new();
    let mut end = 0;
    for (i, (at, number)) in self::numbers(text).enumerate() {
        between.push_str(&text[end..at]);
        end = at + number.len();
        let value = |number: &&str| number.parse::<f64>().unwrap_or(f64::NAN);
        let mut all: Vec<&str> = numbers.iter().map(|of_run| of_run[i]).collect();
        all.sort_by(|a, b| value(a).total_cmp(&value(b)));
        let (least, most) = (all[0], all[all.len() - 1]);
        between.push_str(least);
        if least != most {
            between.extend([" to ", most]);
        }
    }
    format!("{}, {replications}: {between}{}", layouts.join(", "), &text[end..])
}

/// Which replications: `replication 3`, `replications 1, 4, 7`, `replications 0 to 9` where none between is missing, or
/// `25 of 40 replications, 2 to 39`.
fn in_words(which: &BTreeSet<u32>, of: u32) -> String {
    let (Some(first), Some(last)) = (which.first(), which.last()) else { return String::new() };
    match which.len() {
        1 => format!("replication {first}"),
        count if count > 2 && last - first + 1 == count as u32 => format!("replications {first} to {last}"),
        2..=LISTED => {
            let list: Vec<String> = which.iter().map(u32::to_string).collect();
            format!("replications {}", list.join(", "))
        }
        count => format!("{count} of {of} replications, {first} to {last}"),
    }
}

/// The layout, the replication, and what is said of it.
fn run_and_text(warning: &str) -> Option<(&str, u32, &str)> {
    let (layout, rest) = warning.split_once(", replication ")?;
    let (replication, text) = rest.split_once(": ")?;
    Some((layout, replication.parse().ok()?, text))
}

/// A text without its numbers.
fn shape(text: &str) -> String {
    let mut end = 0;
    let mut out = String::new();
    for (at, number) in numbers(text) {
        out.push_str(&text[end..at]);
        out.push('#');
        end = at + number.len();
    }
    out + &text[end..]
}

/// The decimal numbers of a text and where they begin.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(|c: char| c.is_ascii_digit())?;
        let after =
            text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |length| start + length);
        let number = text[start..after].trim_end_matches('.');
        from = start + number.len();
        Some((start, number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_by_its_figures_alone_is_told_once() {
        let warnings = [
            "interrupted: 2 of 3 replications are complete",
            "a, replication 0: 10 requests were open after 9.5 s: with 7.25 s.",
            "a, replication 0: no latency",
            "b, replication 0: 9 requests were open after 9.5 s: with 120 s.",
            "a, replication 1: 11 requests were open after 9.5 s: with 8 s.",
            "b, replication 1: 9 of 10 requests were lost",
        ];
        let told = gathered(&warnings.map(str::to_owned), 3);
        let expected = [
            warnings[0],
            "a, b, replications 0, 1: 9 to 11 requests were open after 9.5 s: with 7.25 to 120 s.",
            warnings[2],
            warnings[5],
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn replications_are_those_that_are_concerned() {
        let check = |which: &[u32], words: &str| assert_eq!(in_words(&which.iter().copied().collect(), 40), words);
        check(&[7], "replication 7");
        check(&[7, 3, 7], "replications 3, 7");
        check(&[15, 16, 20, 33, 39], "replications 15, 16, 20, 33, 39");
        check(&[4, 5, 6, 7, 8, 9, 10], "replications 4 to 10");
        check(&[15, 16, 20, 33, 38, 39], "6 of 40 replications, 15 to 39");
        let warnings = [0, 2, 3, 5, 8, 9].map(|k| format!("a, replication {k}: {k} requests were lost"));
        assert_eq!(gathered(&warnings, 12), ["a, 6 of 12 replications, 0 to 9: 0 to 9 requests were lost"]);
    }
}
