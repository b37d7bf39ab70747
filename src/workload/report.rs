//! What an import left out, mended or noticed.

use std::collections::BTreeMap;
use std::fmt;

/// How often each thing happened, in order of its name.
pub type Tally = BTreeMap<&'static str, u64>;

/// What became of a trace on its way in. Nothing is dropped or mended without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows of data read, over all files.
    pub rows: u64,
    /// Functions in the workload.
    pub functions: u64,
    /// Invocations in the workload.
    pub invocations: u64,
    /// What was left out, and how often.
    pub dropped: Tally,
    /// What was changed to make sense, and how often.
    pub mended: Tally,
    /// What is odd but was taken as it is, and how often.
    pub noted: Tally,
}

impl ImportReport {
    /// Counts `n` things left out.
    pub fn drop_counted(&mut self, reason: &'static str, n: u64) {
        add(&mut self.dropped, reason, n);
    }
    /// Counts `n` things mended.
    pub fn mend(&mut self, reason: &'static str, n: u64) {
        add(&mut self.mended, reason, n);
    }
    /// Counts `n` oddities.
    pub fn note(&mut self, reason: &'static str, n: u64) {
        add(&mut self.noted, reason, n);
    }
}

impl ImportReport {
    /// What was dropped, mended and noticed, a line for each; nothing where nothing was.
    pub fn changes(&self) -> String {
        let tallies = [("dropped", &self.dropped), ("mended", &self.mended), ("noted", &self.noted)];
        let lines =
            tallies.into_iter().flat_map(|(title, tally)| tally.iter().map(move |(reason, n)| (title, reason, n)));
        lines.fold(String::new(), |all, (title, reason, n)| all + &format!("  {title}: {n} × {reason}\n"))
    }
}

fn add(tally: &mut Tally, reason: &'static str, n: u64) {
    if n > 0 {
        *tally.entry(reason).or_default() += n;
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} functions, {} invocations, from {} rows", self.functions, self.invocations, self.rows)?;
        f.write_str(&self.changes())
    }
}
