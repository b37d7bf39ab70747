//! Words that captions and labels share.

/// The words for what bands and whiskers show; empty with one replication, which has none.
pub(super) fn if_replicated(replications: u32, words: &str) -> String {
    if replications > 1 { words.to_owned() } else { " One replication: no intervals.".to_owned() }
}
