//! How long nodes and pools are switched off, as nothing is on them.

use crate::units::{Span, Time};

/// What can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Powered {
    /// Nodes, on which sandboxes or virtual machines are.
    Node,
    /// Memory pools, in which sandboxes have memory.
    Pool,
}

/// Some that are alike, numbered behind those of the groups before them.
#[derive(Clone, Debug)]
struct Group {
    count: u32,
    /// They are switched off once nothing has been on them for so long; never where that is none.
    after: Option<Span>,
    /// Picoseconds that all of them were off.
    off: u128,
}

#[derive(Clone, Copy, Debug)]
struct One {
    /// How much is on it.
    on: u64,
    /// Since when that is nothing, where it is.
    empty_since: Time,
    group: u8,
}

/// When nothing is on which of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Off {
    of: [Kind; 2],
}

#[derive(Clone, Debug, Default)]
struct Kind {
    groups: Vec<Group>,
    all: Vec<One>,
    /// What was off before is not counted.
    from: Time,
}

impl Kind {
    /// Books that one has been empty up to `now`.
    fn book(&mut self, one: usize, now: Time) {
        let One { empty_since, group, .. } = self.all[one];
        let group = &mut self.groups[usize::from(group)];
        if let Some(after) = group.after {
            let off = empty_since.saturating_add(after).max(self.from);
            group.off += u128::from(now.max(off).since(off).as_ps());
        }
    }
}

impl Off {
    /// Follows those of these groups, each so many and switched off after so long; nothing is on them.
    pub(super) fn keep(&mut self, what: Powered, groups: &[(u32, Option<Span>)]) {
        let one = |group: usize| One { on: 0, empty_since: Time::ZERO, group: group as u8 };
        let all =
            groups.iter().enumerate().flat_map(|(group, (count, _))| std::iter::repeat_n(one(group), *count as usize));
        self.of[what as usize] = Kind {
            all: all.collect(),
            groups: groups.iter().map(|&(count, after)| Group { count, after, off: 0 }).collect(),
            from: Time::ZERO,
        };
    }
    /// So much comes on one.
    pub(super) fn add(&mut self, what: Powered, one: u32, amount: u64, now: Time) {
        let kind = &mut self.of[what as usize];
        let Some(entry) = kind.all.get_mut(one as usize) else { return };
        entry.on += amount;
        if entry.on == amount && amount > 0 {
            kind.book(one as usize, now);
        }
    }
    /// So much goes.
    pub(super) fn remove(&mut self, what: Powered, one: u32, amount: u64, now: Time) {
        let Some(entry) = self.of[what as usize].all.get_mut(one as usize) else { return };
        entry.on -= amount;
        if entry.on == 0 && amount > 0 {
            entry.empty_since = now;
        }
    }
    /// What has been counted is forgotten.
    pub(super) fn restart(&mut self, now: Time) {
        for kind in &mut self.of {
            kind.from = now;
            kind.groups.iter_mut().for_each(|group| group.off = 0);
        }
    }
    /// Counts up to `now`, and no further.
    pub(super) fn close(&mut self, now: Time) {
        for kind in &mut self.of {
            for one in 0..kind.all.len() {
                if kind.all[one].on == 0 {
                    kind.book(one, now);
                }
            }
            kind.all = Vec::new();
        }
    }
    /// Picoseconds off of all of a group, and how many these are.
    pub(super) fn of_group(&self, what: Powered, group: usize) -> (u128, u32) {
        self.of[what as usize].groups.get(group).map_or((0, 0), |group| (group.off, group.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    const SECOND: u128 = 1_000_000_000_000;

    #[test]
    fn off_is_what_is_empty_for_longer() {
        let mut off = Off::default();
        off.keep(Powered::Node, &[(2, Some(Span::from_secs(10))), (1, None)]);
        // Node 0 has something from 30 to 40 s and from 45 to 50 s, twice at once; node 1 never; node 2 is always on.
        for (at, comes) in [(30, true), (35, true), (40, false), (40, false), (45, true), (50, false)] {
            let change = if comes { Off::add } else { Off::remove };
            change(&mut off, Powered::Node, 0, 3, secs(at));
        }
        off.add(Powered::Pool, 0, 1, secs(50));
        off.close(secs(100));
        // Of node 0: 10 to 30 and 60 to 100; of node 1: 10 to 100.
        assert_eq!(off.of_group(Powered::Node, 0), ((20 + 40 + 90) * SECOND, 2));
        assert_eq!(off.of_group(Powered::Node, 1), (0, 1));
        assert_eq!(off.of_group(Powered::Pool, 0), (0, 0));
    }

    #[test]
    fn what_was_before_is_forgotten() {
        let mut off = Off::default();
        off.keep(Powered::Pool, &[(1, Some(Span::ZERO))]);
        off.add(Powered::Pool, 0, 7, secs(5));
        off.remove(Powered::Pool, 0, 7, secs(8));
        off.restart(secs(20));
        off.close(secs(30));
        assert_eq!(off.of_group(Powered::Pool, 0).0, 10 * SECOND);
    }
}
