//! What times, functions and values of a packed trace must keep to.

/// The longest time and the longest duration in picoseconds, 213 days: those of the native form.
pub(in crate::workload) const LONGEST: u64 = crate::workload::LONGEST.as_ps();

/// What the rows of a trace must keep to.
#[derive(Clone, Copy, Debug)]
pub(in crate::workload) struct Limits {
    pub(in crate::workload) functions: u32,
    /// Every time is below.
    pub(in crate::workload) end: u64,
    /// The least value.
    pub(in crate::workload) least: u64,
    /// The largest value.
    pub(in crate::workload) most: u64,
    /// Whether no two rows may have the same time and function.
    pub(in crate::workload) strict: bool,
    /// What a value is called.
    pub(in crate::workload) value: &'static str,
}
