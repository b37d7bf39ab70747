//! Which functions a rule is for, and on which groups of nodes they run.

use crate::config::raw;
use crate::units::Bytes;

/// On which groups of nodes some functions run. Of several that select a function, the first one counts.
#[derive(Clone, Debug)]
pub struct Affinity {
    /// Which functions.
    pub functions: Selector,
    /// The only node groups that they run on, by their places in the layout.
    pub require: Vec<usize>,
    /// The node groups that they run on where one of these can take the request; none where it makes no difference.
    pub prefer: Vec<usize>,
}

impl Affinity {
    /// From what was typed, with the names of the layout's node groups and of the workload's classes. Names that there
    /// are not are left out; the checks tell of them.
    pub fn resolve(raw: &raw::Affinity, groups: &[&str], classes: &[Option<&str>]) -> Self {
        let places = |names: &[String]| {
            names.iter().filter_map(|name| groups.iter().position(|group| group == name)).collect::<Vec<_>>()
        };
        Self {
            functions: Selector::resolve(&raw.functions, classes),
            require: raw.require.as_deref().map_or_else(|| (0..groups.len()).collect(), places),
            prefer: raw.prefer.as_deref().map_or_else(Vec::new, places),
        }
    }
}

/// Which functions: those that all of it holds for.
#[derive(Clone, Debug)]
pub struct Selector {
    /// Least memory of a sandbox.
    pub memory_min: Bytes,
    /// Most memory of a sandbox.
    pub memory_max: Bytes,
    /// What its name is like; any where there is none.
    pub name: Option<NamePattern>,
    /// Its class, by its place in the workload; any where there is none.
    pub class: Option<usize>,
}

impl Selector {
    /// From what was typed, with the names of the workload's classes.
    pub fn resolve(raw: &raw::Selector, classes: &[Option<&str>]) -> Self {
        // A class that there is not selects nothing; the checks tell of it.
        let place = |name: &String| classes.iter().position(|class| *class == Some(name)).unwrap_or(usize::MAX);
        Self {
            memory_min: raw.memory_min.map_or(Bytes::ZERO, |given| given.0),
            memory_max: raw.memory_max.map_or(Bytes::MAX, |given| given.0),
            name: raw.name.as_deref().map(NamePattern::new),
            class: raw.class.as_ref().map(place),
        }
    }

    /// Whether it selects a function of this memory, names (owner, application, function) and class.
    pub fn selects(&self, memory: Bytes, names: [&str; 3], class: Option<usize>) -> bool {
        (self.memory_min..=self.memory_max).contains(&memory)
            && self.name.as_ref().is_none_or(|pattern| pattern.fits(names))
            && (self.class.is_none() || self.class == class)
    }
}

/// What a function's name is like: its own, with those of its application and owner before it where slashes say so; `*`
/// stands for any text within one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

impl NamePattern {
    /// As typed.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a function of these names (owner, application, function) fits.
    pub fn fits(&self, names: [&str; 3]) -> bool {
        let parts: Vec<&str> = self.0.split('/').collect();
        // A function's own name may have slashes in it.
        names[2] == self.0
            || parts.len() <= names.len()
                && parts.iter().zip(&names[names.len() - parts.len()..]).all(|(part, name)| fits(part, name))
    }
}

/// Whether `text` is like `pattern`, in which each `*` is any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut pieces = tail.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        // The first place is as good as any later one: what follows has more text left.
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        let fits = |pattern: &str| NamePattern::new(pattern).fits(["ann", "shop", "cart-add"]);
        for right in
            ["cart-add", "cart-*", "*", "*-add", "c*t*d", "shop/cart-add", "*/cart-add", "ann/shop/*", "a*/*/*", "**"]
        {
            assert!(fits(right), "{right}");
        }
        for wrong in ["", "cart", "cart-add-*-x", "*cart", "shop/*/x", "ann/cart-add", "a/ann/shop/cart-add", "c*z*d"] {
            assert!(!fits(wrong), "{wrong}");
        }
        assert!(NamePattern::new("a/b").fits(["", "", "a/b"]));
        // No piece is counted twice.
        assert!(!NamePattern::new("ab*ab").fits(["", "", "ab"]));
        assert!(NamePattern::new("a*b*b").fits(["", "", "abb"]));
        assert!(!NamePattern::new("a*b*b").fits(["", "", "ab"]));
    }
}
