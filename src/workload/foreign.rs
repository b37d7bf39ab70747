//! Files that are given for a trace and are something else, told by their first bytes.

/// How many of the first bytes [`foreign`] looks at.
pub(super) const LOOKED_AT: usize = 512;

/// What a file is instead of a trace, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// As in "is a ZIP archive".
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
}

const UNPACK: &str = "unpack it, and name the file inside: plain, gzip and Zstandard files are read";
const FETCH: &str = "fetch the file itself with `git lfs pull`";

/// Where in a tar archive its mark stands.
const TAR_MARK: usize = 257;

/// What a file that begins so is, where it surely is no table and no packed trace.
pub(super) fn foreign(start: &[u8]) -> Option<Foreign> {
    let marks: [(&[u8], &'static str, &'static str); 12] = [
        (b"PK\x03\x04", "is a ZIP archive", UNPACK),
        (b"PK\x05\x06", "is an empty ZIP archive", UNPACK),
        (b"PK\x07\x08", "is a ZIP archive in parts", UNPACK),
        (b"Rar!\x1a\x07", "is a RAR archive", UNPACK),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", UNPACK),
        (b"\xfd7zXZ\x00", "is packed with xz", UNPACK),
        (b"BZh", "is packed with bzip2", UNPACK),
        (b"PAR1", "is a Parquet file", "write its rows as CSV"),
        (b"SQLite format 3\x00", "is an SQLite database", "write its rows as CSV"),
        (b"version https://git-lfs", "is a Git LFS pointer, which only stands for the file", FETCH),
        (b"/annex/objects/", "is a git-annex pointer, which only stands for the file", "fetch it with `git annex get`"),
        (b"%PDF-", "is a PDF document", "give the table of data"),
    ];
    let page = |word: &[u8]| {
        let text = start.trim_ascii_start();
        text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word)
    };
    if let Some((_, what, remedy)) = marks.into_iter().find(|(mark, ..)| start.starts_with(mark)) {
        return Some(Foreign { what, remedy });
    }
    if start.get(TAR_MARK..TAR_MARK + 5) == Some(b"ustar") {
        return Some(Foreign { what: "is a tar archive", remedy: UNPACK });
    }
    if page(b"<!doctype html") || page(b"<html") {
        let remedy = "fetch the file itself: a server answered with a page";
        return Some(Foreign { what: "is a web page", remedy });
    }
    None
}
