//! "Did you mean": the known words nearest to what was typed.

/// Longer words are not compared: the time grows with the product of the lengths.
const LONGEST: usize = 200;

/// The known word nearest to `typed`, if it is near: at most a third of its letters differ, swaps counting once.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let typed_plain = plain(typed);
    let distance = |word: &str| strsim::damerau_levenshtein(&typed_plain, &plain(word));
    if typed.len() > LONGEST {
        return None;
    }
    let limit = typed.chars().count().div_ceil(3);
    let near = known.into_iter().map(|word| (distance(word), word)).filter(|(d, _)| *d <= limit);
    near.min_by_key(|(d, _)| *d).map(|(_, word)| word)
}

/// ``did you mean `x`? legal keys: `a`, `x` `` where something is near, else only the list.
pub fn among(typed: &str, known: &[String], listed_as: &str) -> String {
    if known.is_empty() {
        return String::new();
    }
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(typed, known.iter().map(String::as_str)) {
        Some(word) => format!("did you mean `{word}`? {listed_as}: {list}"),
        None => format!("{listed_as}: {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_far_ones_are_not() {
        let known = ["count", "capacity", "idle_power"];
        assert_eq!(nearest("cuont", known), Some("count"));
        assert_eq!(nearest("idle-power", known), Some("idle_power"));
        assert_eq!(nearest("cores", known), None);
        assert_eq!(nearest("", known), None);
    }
}
