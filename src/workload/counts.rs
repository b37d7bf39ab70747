//! Invocations per function and minute, stored sparse and in order of minute.

use super::{LONGEST, MINUTE};
use crate::ids::FunctionId;
use crate::units::Span;

/// More invocations than this in one minute are refused: a minute is the largest piece of a trace that is ever held
/// in memory, and this many take 320 MB. The busiest minute of the whole public Azure 2019 trace is far below.
pub const MAX_PER_MINUTE: u64 = 20_000_000;

/// The longest trace in minutes: [`LONGEST`], 213 days.
pub const MAX_MINUTES: u32 = (LONGEST.as_ps() / MINUTE.as_ps()) as u32;

/// How often one function is invoked in one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which function.
    pub function: FunctionId,
    /// How many invocations, at least one.
    pub count: u32,
}

/// Invocations per function and minute, without the zeros: eight bytes for every pair that has any.
#[derive(Clone, Debug)]
pub struct Counts {
    /// `cells[starts[m]..starts[m + 1]]` is minute m, in order of function.
    starts: Vec<usize>,
    cells: Vec<Cell>,
    /// How often all of it follows itself; at least once.
    times: u32,
}

/// A minute with more invocations than [`MAX_PER_MINUTE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooBusy {
    /// The minute, counted from zero.
    pub minute: u32,
    /// Its invocations.
    pub invocations: u64,
}

impl Counts {
    /// From (minute from zero, function, count) in any order; several entries of one function and minute add up, and
    /// zeros are left out. `minutes` is the length of the trace, and beyond every entry.
    pub fn new(minutes: u32, mut entries: Vec<(u32, FunctionId, u32)>) -> Result<Self, TooBusy> {
        entries.sort_unstable_by_key(|entry| (entry.0, entry.1));
        let mut counts =
            Self { starts: vec![0; minutes as usize + 1], cells: Vec::with_capacity(entries.len()), times: 1 };
        for minute_entries in entries.chunk_by(|a, b| a.0 == b.0) {
            let minute = minute_entries[0].0;
            assert!(minute < minutes, "minute {minute} lies beyond the {minutes} minutes of the trace");
            let invocations = minute_entries.iter().map(|entry| u64::from(entry.2)).sum();
            if invocations > MAX_PER_MINUTE {
                return Err(TooBusy { minute, invocations });
            }
            let before = counts.cells.len();
            for same in minute_entries.chunk_by(|a, b| a.1 == b.1) {
                let count = same.iter().map(|entry| entry.2).sum();
                if count > 0 {
                    counts.cells.push(Cell { function: same[0].1, count });
                }
            }
            counts.starts[minute as usize + 1] = counts.cells.len() - before;
        }
        for minute in 0..minutes as usize {
            counts.starts[minute + 1] += counts.starts[minute];
        }
        Ok(counts)
    }

    /// The length of the trace in minutes.
    pub fn minutes(&self) -> u32 {
        self.minutes_once() * self.times
    }
    fn minutes_once(&self) -> u32 {
        (self.starts.len() - 1) as u32
    }
    /// The length of the trace.
    pub fn length(&self) -> Span {
        MINUTE * u64::from(self.minutes())
    }
    /// The functions invoked in minute `minute`, in order of function.
    pub fn of_minute(&self, minute: u32) -> &[Cell] {
        let minute = (minute % self.minutes_once()) as usize;
        &self.cells[self.starts[minute]..self.starts[minute + 1]]
    }
    /// All (minute, function, count) in order of minute, then function.
    pub fn iter(&self) -> impl Iterator<Item = (u32, FunctionId, u32)> + '_ {
        (0..self.minutes()).flat_map(|m| self.of_minute(m).iter().map(move |cell| (m, cell.function, cell.count)))
    }
    /// All invocations.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|cell| u64::from(cell.count)).sum::<u64>() * u64::from(self.times)
    }
    /// So many times, one after the other, in the same memory.
    pub fn repeated(self, times: u32) -> Self {
        Self { times: self.times * times, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> FunctionId {
        FunctionId::new(n)
    }

    #[test]
    fn entries_are_sorted_added_up_and_freed_of_zeros() {
        let entries = vec![(2, id(1), 5), (0, id(1), 1), (2, id(0), 0), (2, id(1), 2), (0, id(0), 3)];
        let counts = Counts::new(4, entries).unwrap();
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(0, id(0), 3), (0, id(1), 1), (2, id(1), 7)]);
        assert_eq!((counts.minutes(), counts.total()), (4, 11));
        assert!(counts.of_minute(1).is_empty() && counts.of_minute(3).is_empty());
    }

    #[test]
    fn what_is_repeated_follows_itself() {
        let counts = Counts::new(2, vec![(0, id(0), 3), (1, id(1), 1)]).unwrap().repeated(3);
        let of = |n: u32| [(2 * n, id(0), 3), (2 * n + 1, id(1), 1)];
        assert_eq!(counts.iter().collect::<Vec<_>>(), [of(0), of(1), of(2)].concat());
        assert_eq!((counts.minutes(), counts.total()), (6, 12));
    }

    #[test]
    fn a_minute_that_would_not_fit_in_memory_is_refused() {
        let busy = Counts::new(2, vec![(1, id(0), u32::MAX), (1, id(0), u32::MAX)]);
        assert_eq!(busy.unwrap_err(), TooBusy { minute: 1, invocations: 2 * u64::from(u32::MAX) });
    }
}
