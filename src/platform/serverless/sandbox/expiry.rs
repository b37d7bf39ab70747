//! When idle sandboxes expire, in order, where each is kept for a time of its own.
//!
//! Most idle sandboxes are used again before their time. One that is used is only marked: its timer stays, and serves it
//! again when it becomes idle once more with a later expiry, which is the rule. A timer that fires is checked, and
//! set again where its sandbox is kept for longer. Timers lie in an [`EventQueue`]; those that have fired, or would
//! have, are in a heap, which alone is exact. So a sandbox that becomes idle costs O(1), and O(log n) of the few that
//! expire next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::EventQueue;
use crate::units::{Span, Time};

/// What is known of an entry of the slab.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// When it expires; [`Time::MAX`] where it is no member, or never does.
    expiry: Time,
    /// Its number in the order of joining.
    joined: u64,
    /// For when its timer is set; [`Time::MAX`] where it is not. Any other timer of it is void.
    timer: Time,
}

const UNKNOWN: Member = Member { expiry: Time::MAX, joined: 0, timer: Time::MAX };

/// Idle sandboxes, by the entry of the slab, in the order of (expiry, joining).
#[derive(Debug, Default)]
pub struct Expiries {
    members: Vec<Member>,
    joined: u64,
    /// Timers before `horizon`, each with its number in the order of joining.
    due: BinaryHeap<Reverse<(Time, u64, u32)>>,
    horizon: Time,
    /// All others.
    later: EventQueue<u32>,
    /// No timer is set for an earlier time.
    not_before: Time,
}

impl Expiries {
    /// No members yet.
    pub fn new() -> Self {
        Self { not_before: Time::MAX, ..Self::default() }
    }

    /// Those that expire before this time have been taken out.
    #[inline]
    pub fn not_before(&self) -> Time {
        self.not_before
    }

    /// `entry`, which is no member, joins. `expiry` must not be before any limit that has been asked for.
    #[inline]
    pub fn insert(&mut self, entry: u32, expiry: Time) {
        if self.members.len() <= entry as usize {
            self.members.resize(entry as usize + 1, UNKNOWN);
        }
        self.joined += 1;
        let member = &mut self.members[entry as usize];
        (member.expiry, member.joined) = (expiry, self.joined);
        if expiry < member.timer {
            self.set(entry);
        }
    }

    /// Sets the timer of a member.
    #[inline]
    fn set(&mut self, entry: u32) {
        let member = &mut self.members[entry as usize];
        member.timer = member.expiry;
        if member.expiry >= self.horizon {
            self.later.push(member.expiry, entry);
        } else {
            self.due.push(Reverse((member.expiry, member.joined, entry)));
        }
        self.not_before = self.not_before.min(member.expiry);
    }

    /// `entry` is a member no more.
    #[inline]
    pub fn remove(&mut self, entry: u32) {
        self.members[entry as usize].expiry = Time::MAX;
    }

    /// The first member, which stays, if it expires at `limit` or before, and when. Members that never expire are never
    /// the first.
    #[inline(never)]
    pub fn first(&mut self, limit: Time) -> Option<(Time, u32)> {
        loop {
            let first = self.due.peek().map(|Reverse(first)| *first);
            // Whatever may come before it must be in the heap too.
            let bound = first.map_or(limit, |(time, ..)| time.min(limit));
            if let Some((time, entry)) = self.pull(bound) {
                self.has_fired(time, entry);
                continue;
            }
            let Some((time, joined, entry)) = first.filter(|(time, ..)| *time <= limit) else {
                let later = self.later.not_before();
                self.not_before = first.map_or(later, |(time, ..)| time.min(later));
                return None;
            };
            let member = &self.members[entry as usize];
            if (member.expiry, member.joined) == (time, joined) {
                self.not_before = time;
                return Some((time, entry));
            }
            self.due.pop();
            self.has_fired(time, entry);
        }
    }

    /// Takes the first timer out of the queue, if it is set for `bound` or before. No timer is put there any more that is
    /// before what has been checked.
    fn pull(&mut self, bound: Time) -> Option<(Time, u32)> {
        let first = self.later.pop_until(bound);
        let seen = match first {
            Some((time, _)) => time,
            None if self.later.is_empty() => return None,
            None => bound,
        };
        self.horizon = self.horizon.max(seen.saturating_add(Span::TICK));
        first
    }

    /// A timer has been taken out: it is set again where it must be.
    fn has_fired(&mut self, time: Time, entry: u32) {
        let member = &mut self.members[entry as usize];
        if member.timer == time {
            member.timer = Time::MAX;
            if member.expiry < Time::MAX {
                self.set(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// Time until it expires.
        Join(u64),
        Leave(usize),
        /// Time passes, and what is over expires.
        Pass(u64),
        /// Somebody asks for the first one.
        Ask,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let span = prop_oneof![0_u64..4, 0_u64..100, 0_u64..100_000];
        let step = prop_oneof![
            6 => span.clone().prop_map(Step::Join),
            4 => any::<usize>().prop_map(Step::Leave),
            2 => span.prop_map(Step::Pass),
            1 => Just(Step::Ask),
        ];
        prop::collection::vec(step, 0..300)
    }

    proptest! {
        #[test]
        fn first_is_the_least_of_a_plain_list(steps in steps()) {
            let mut expiries = Expiries::new();
            // Expiry, number of joining, entry.
            let mut list: Vec<(Time, usize, u32)> = Vec::new();
            let mut free: Vec<u32> = (0..20).collect();
            let mut now = Time::ZERO;
            for (joined, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Join(span) => {
                        let Some(entry) = free.pop() else { continue };
                        let expiry = if span == 99_999 { Time::MAX } else { now + Span::from_ps(span) };
                        expiries.insert(entry, expiry);
                        list.push((expiry, joined, entry));
                    }
                    Step::Leave(which) if !list.is_empty() => {
                        let (.., entry) = list.swap_remove(which % list.len());
                        expiries.remove(entry);
                        free.push(entry);
                    }
                    Step::Leave(_) => {}
                    Step::Pass(span) => {
                        now += Span::from_ps(span);
                        let limit = Time::from_ps(now.as_ps().saturating_sub(1));
                        loop {
                            let due = list.iter().min().filter(|(expiry, ..)| *expiry <= limit).copied();
                            let first = expiries.first(limit);
                            prop_assert_eq!(first, due.map(|(expiry, _, entry)| (expiry, entry)));
                            let Some((.., entry)) = due else { break };
                            expiries.remove(entry);
                            list.retain(|&(.., other)| other != entry);
                            free.push(entry);
                        }
                        prop_assert!(expiries.not_before() > limit || limit == Time::ZERO);
                    }
                    Step::Ask => {
                        let least = list.iter().filter(|(expiry, ..)| *expiry < Time::MAX).min();
                        prop_assert_eq!(expiries.first(Time::MAX), least.map(|&(expiry, _, entry)| (expiry, entry)));
                    }
                }
                let least = list.iter().map(|(expiry, ..)| *expiry).min().unwrap_or(Time::MAX);
                prop_assert!(expiries.not_before() <= least);
            }
        }
    }
}
