//! The names of files by layout.

use std::fmt::Write as _;

/// The longest beginning of a name that is still sure to be the name of a file, in bytes, with room for what follows.
pub(super) const LONGEST: usize = 200;

/// What the name of a layout's files begins with: letters, digits, `-` and `_` as they are, spaces as `-`, and each byte of
/// all else as `%` and two hexadecimal digits. A layout "SiP nodes" has `SiP-nodes`. Names that differ can only be spelt
/// alike by a space and a `-`.
pub fn file_stem(layout: &str) -> String {
    let mut stem = String::with_capacity(layout.len());
    for byte in layout.bytes() {
        match byte {
            b' ' => stem.push('-'),
            b'-' | b'_' => stem.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => stem.push(byte.into()),
            _ => {
                let _ = write!(stem, "%{byte:02X}");
            }
        }
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_fit_for_a_file() {
        for (layout, stem) in [
            ("serverless-on_servers2", "serverless-on_servers2"),
            ("SiP nodes", "SiP-nodes"),
            ("a/b", "a%2Fb"),
            ("a%2Fb", "a%252Fb"),
            ("..", "%2E%2E"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(file_stem(layout), stem);
        }
    }
}
