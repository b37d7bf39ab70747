//! Heaps that members leave without being taken out.
//!
//! Most idle sandboxes are used again before their turn comes. One that leaves is only marked; its place in the heap
//! stays, and serves it again when it comes back with a later key, which is the rule: expiry times and priorities rise
//! with time. What is at the top is put right when it is asked for. So joining and leaving are O(1) but for keys that
//! fall, each entry has at most one place, and the order is that of [`Heaps`].

use crate::ids::HostId;

use super::heap::{Heaps, Key};

/// What is known of an entry.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// Its key, where it is a member.
    key: Option<Key>,
    /// The key of its place in a heap, where it has one: its own, or an earlier one.
    place: Option<Key>,
    /// Whose heap that is.
    host: HostId,
}

const UNKNOWN: Member = Member { key: None, place: None, host: HostId::new(0) };

/// For each host, entries in the order of their keys.
#[derive(Debug)]
pub struct LazyHeaps {
    heaps: Heaps,
    members: Vec<Member>,
}

impl LazyHeaps {
    /// No entries yet.
    pub fn new(hosts: usize) -> Self {
        Self { heaps: Heaps::new(hosts), members: Vec::new() }
    }

    /// `entry`, which must be no member, joins those of `host`.
    #[inline]
    pub fn insert(&mut self, host: HostId, entry: u32, key: Key) {
        if self.members.len() <= entry as usize {
            self.members.resize(entry as usize + 1, UNKNOWN);
        }
        let member = &mut self.members[entry as usize];
        debug_assert!(member.key.is_none(), "it is a member");
        member.key = Some(key);
        if member.host != host || member.place.is_none_or(|place| place > key) {
            self.move_to(host, entry, key);
        }
    }

    /// Gives an entry another place.
    fn move_to(&mut self, host: HostId, entry: u32, key: Key) {
        let member = &mut self.members[entry as usize];
        if member.place.is_some() {
            self.heaps.remove(member.host, entry);
        }
        (member.place, member.host) = (Some(key), host);
        self.heaps.insert(host, entry, key);
    }

    /// `entry` is a member no more.
    #[inline]
    pub fn remove(&mut self, entry: u32) {
        let member = &mut self.members[entry as usize];
        debug_assert!(member.key.is_some(), "it is no member");
        member.key = None;
    }

    /// The first entry of a host, which stays.
    #[inline]
    pub fn first(&mut self, host: HostId) -> Option<(Key, u32)> {
        loop {
            let (key, entry) = self.heaps.peek(host)?;
            let member = &mut self.members[entry as usize];
            match member.key {
                Some(own) if own == key => return Some((key, entry)),
                // It has come back since, with a later key.
                Some(own) => {
                    member.place = Some(own);
                    self.heaps.lower_first(host, own);
                }
                None => {
                    member.place = None;
                    self.heaps.remove(host, entry);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// Host, priority.
        Join(u32, u64),
        Leave(usize),
        TakeFirst(u32),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0_u32..3, 0_u64..9).prop_map(|(host, priority)| Step::Join(host, priority)),
            3 => any::<usize>().prop_map(Step::Leave),
            1 => (0_u32..3).prop_map(Step::TakeFirst),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn first_is_the_least_of_a_plain_list(steps in steps()) {
            let mut heaps = LazyHeaps::new(3);
            let mut list: Vec<(u32, Key, u32)> = Vec::new();
            let mut free: Vec<u32> = (0..50).collect();
            for (created, step) in (0_u64..).zip(steps) {
                match step {
                    Step::Join(host, priority) => {
                        let Some(entry) = free.pop() else { continue };
                        // Later ones have higher keys, mostly.
                        let key = Key { priority: priority + created / 4, last_use: Time::ZERO, created };
                        heaps.insert(HostId::new(host), entry, key);
                        list.push((host, key, entry));
                    }
                    Step::Leave(which) if !list.is_empty() => {
                        let (_, _, entry) = list.swap_remove(which % list.len());
                        heaps.remove(entry);
                        free.push(entry);
                    }
                    Step::Leave(_) => {}
                    Step::TakeFirst(host) => {
                        if let Some((_, entry)) = heaps.first(HostId::new(host)) {
                            heaps.remove(entry);
                            list.retain(|&(.., other)| other != entry);
                            free.push(entry);
                        }
                    }
                }
                for host in 0..3 {
                    let least = list.iter().filter(|&&(of, ..)| of == host).min_by_key(|&&(_, key, _)| key);
                    let first = heaps.first(HostId::new(host));
                    prop_assert_eq!(first, least.map(|&(_, key, entry)| (key, entry)));
                    prop_assert!(heaps.heaps.len(HostId::new(host)) <= 50);
                }
            }
        }
    }
}
