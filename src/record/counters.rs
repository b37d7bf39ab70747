//! What happened and how often, and what was asked of resources.

use super::catalogue::{Counter, Rejection, ResourceKind};

/// What requests asked of the resources of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// In the unit of the kind.
    pub amount: u128,
    /// In how many pieces, each of which may be rounded by one.
    pub pieces: u64,
}

/// The counters of one run.
///
/// Counters that nobody ever named are absent from reports; counting zero names one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    counts: [u128; Counter::COUNT],
    /// One bit for each counter that was named.
    named: u64,
    rejected: [u64; Rejection::COUNT],
    /// Whether rejections are told by reason.
    has_reasons: bool,
    asked: [Asked; ResourceKind::COUNT],
}

const _: () = assert!(Counter::COUNT <= 64, "a bit for each counter");

impl Counters {
    /// Counts `n` more.
    #[inline]
    pub fn add(&mut self, counter: Counter, n: impl Into<u128>) {
        self.counts[counter as usize] += n.into();
        self.named |= 1 << counter as u8;
    }
    /// Says that rejections are told by reason, none included.
    pub fn name_reasons(&mut self) {
        self.has_reasons = true;
    }
    /// Counts a request that is lost for good.
    pub fn reject(&mut self, reason: Rejection) {
        self.rejected[reason as usize] += 1;
        self.has_reasons = true;
    }
    /// Books that `amount` is asked of a resource, in the unit of its kind.
    #[inline]
    pub fn ask(&mut self, kind: ResourceKind, amount: impl Into<u128>) {
        let asked = &mut self.asked[kind as usize];
        asked.amount += amount.into();
        asked.pieces += 1;
    }
    /// Books that `amount` of what was asked will not be served, because its job was called off.
    pub fn call_off(&mut self, kind: ResourceKind, amount: impl Into<u128>) {
        self.asked[kind as usize].amount -= amount.into();
    }

    /// Adds what others counted.
    pub fn merge(&mut self, other: &Self) {
        let add = |to: &mut [u128], from: &[u128]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.counts, &other.counts);
        self.named |= other.named;
        self.has_reasons |= other.has_reasons;
        self.rejected.iter_mut().zip(other.rejected).for_each(|(to, from)| *to += from);
        for (to, from) in self.asked.iter_mut().zip(other.asked) {
            to.amount += from.amount;
            to.pieces += from.pieces;
        }
    }

    /// Takes away what was counted `before`; reasons of rejections are left as they are.
    pub fn less(&mut self, before: &Self) {
        self.counts.iter_mut().zip(before.counts).for_each(|(count, before)| *count -= before);
        for (asked, before) in self.asked.iter_mut().zip(before.asked) {
            asked.amount -= before.amount;
            asked.pieces -= before.pieces;
        }
    }

    /// The same, with what became of requests as in `last`: losses by reason, and those given up after retries.
    #[must_use]
    pub fn with_fates_of(mut self, last: &Self) -> Self {
        self.rejected = last.rejected;
        self.has_reasons |= last.has_reasons;
        let given_up = Counter::DeadLetters as usize;
        self.counts[given_up] = last.counts[given_up];
        self
    }

    /// The count; zero where nobody named it.
    pub fn get(&self, counter: Counter) -> u64 {
        u64::try_from(self.exact(counter)).unwrap_or(u64::MAX)
    }
    /// The count, of quantities that may be large.
    pub fn exact(&self, counter: Counter) -> u128 {
        self.counts[counter as usize]
    }
    /// Whether anybody named it.
    pub fn has(&self, counter: Counter) -> bool {
        self.named >> counter as u8 & 1 == 1
    }
    /// Requests lost for this reason.
    pub fn rejected(&self, reason: Rejection) -> u64 {
        self.rejected[reason as usize]
    }
    /// Whether rejections are told by reason.
    pub fn has_reasons(&self) -> bool {
        self.has_reasons
    }
    /// What was asked of the resources of one kind.
    pub fn asked(&self, kind: ResourceKind) -> Asked {
        self.asked[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_named_is_absent() {
        let mut counters = Counters::default();
        counters.add(Counter::Retries, 2_u64);
        counters.add(Counter::Queued, 0_u64);
        counters.reject(Rejection::Throttled);
        let mut both = Counters::default();
        both.add(Counter::Retries, 1_u64);
        both.ask(ResourceKind::Pool, 64_u64);
        both.call_off(ResourceKind::Pool, 4_u64);
        both.merge(&counters);
        assert_eq!((both.get(Counter::Retries), both.rejected(Rejection::Throttled)), (3, 1));
        assert_eq!(Counter::ALL.map(|counter| both.has(counter)).iter().filter(|has| **has).count(), 2);
        assert_eq!(both.asked(ResourceKind::Pool), Asked { amount: 60, pieces: 1 });
        both.less(&counters);
        assert_eq!((both.get(Counter::Retries), both.has(Counter::Queued)), (1, true));
    }
}
