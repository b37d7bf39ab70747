//! Where two decision logs differ first.

/// The first line in which two logs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its number in the expected log, counted from one; the header is line 1.
    pub line: usize,
    /// What should stand there; empty where the log should have ended.
    pub expected: String,
    /// What stands there; empty where the log has ended.
    pub got: String,
}

/// The first line in which `got` differs from `expected`; blanks and empty lines at the end do not count.
pub fn difference(expected: &str, got: &str) -> Option<Difference> {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let (expected, got) = (lines(expected), lines(got));
    let at = (0..expected.len().max(got.len())).find(|&i| expected.get(i) != got.get(i))?;
    let line = |log: &[String]| log.get(at).cloned().unwrap_or_default();
    Some(Difference { line: at + 1, expected: line(&expected), got: line(&got) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_told() {
        let told = |expected, got| difference(expected, got).map(|d| (d.line, d.expected, d.got));
        let line = |n, expected: &str, got: &str| Some((n, expected.to_owned(), got.to_owned()));
        assert_eq!(told("a\nb\n", "a\r\nb"), None);
        assert_eq!(told("a\nb\nc\n", "a\nx\ny\n"), line(2, "b", "x"));
        assert_eq!(told("a\nb\n", "a\n"), line(2, "b", ""));
        assert_eq!(told("a\n", "a\nb\n"), line(2, "", "b"));
    }
}
