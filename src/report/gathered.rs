//! Warnings of single runs that differ by nothing but their figures, told once for all of them.

/// Warnings in the order in which they first come. Those that begin with `layout, replication n: ` and say the same but for
/// numbers become one, which names the layouts and the replications, and has the least and the greatest of each number.
pub fn gathered(warnings: &[String]) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for warning in warnings {
        let likeness = run_and_text(warning).map_or_else(|| warning.clone(), |(_, _, text)| shape(text));
        match groups.iter_mut().find(|(other, _)| *other == likeness) {
            Some((_, group)) => group.push(warning),
            None => groups.push((likeness, vec![warning])),
        }
    }
    groups.iter().map(|(_, group)| told(group)).collect()
}

fn told(group: &[&str]) -> String {
    let runs: Vec<_> = group.iter().filter_map(|warning| run_and_text(warning)).collect();
    let [(_, _, text), _, ..] = runs[..] else { return group[0].to_owned() };
    let mut layouts: Vec<&str> = Vec::new();
    for (layout, ..) in &runs {
        if !layouts.contains(layout) {
            layouts.push(layout);
        }
    }
    let (first, last) = runs.iter().fold((u32::MAX, 0), |(first, last), run| (first.min(run.1), last.max(run.1)));
    let replications =
        if first == last { format!("replication {first}") } else { format!("replications {first} to {last}") };
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
        let told = gathered(&warnings.map(str::to_owned));
        let expected = [
            warnings[0],
            "a, b, replications 0 to 1: 9 to 11 requests were open after 9.5 s: with 7.25 to 120 s.",
            warnings[2],
            warnings[5],
        ];
        assert_eq!(told, expected);
    }
}
