//! First fit: the lowest-numbered host that will do.

use crate::ids::{FunctionId, HostId};

/// Where idle sandboxes are, by function: a set of hosts for each, as bits. A host stays in it when its sandboxes are taken
/// or have gone, until a search comes upon it.
///
/// First fit gives a request to the lowest-numbered host with an idle sandbox of its function, else to the lowest-numbered one
/// where a new sandbox fits now, else to host 0, where it waits. Source: Johnson, "Near-optimal bin packing algorithms", MIT
/// 1973, on hosts that have been used before. Cost: logarithmic in the hosts for a new sandbox; for an idle one, a look at 1 of
/// 4,096 hosts, and at those that have none any more, once each. Memory: a bit for each function and host.
#[derive(Clone, Debug)]
pub struct WarmHosts {
    /// Words of a function.
    words: usize,
    /// Words that tell which of those are not zero.
    heads: usize,
    hosts: Vec<u64>,
    used: Vec<u64>,
}

/// Bits of a word.
const BITS: usize = u64::BITS as usize;

impl WarmHosts {
    /// No idle sandbox of so many functions on so many hosts.
    pub fn new(functions: usize, hosts: u32) -> Self {
        let words = (hosts as usize).div_ceil(BITS);
        let heads = words.div_ceil(BITS);
        Self { words, heads, hosts: vec![0; functions * words], used: vec![0; functions * heads] }
    }

    /// A sandbox of `function` has become idle on `host`.
    pub fn add(&mut self, function: FunctionId, host: HostId) {
        let (word, bit) = (host.index() / BITS, host.index() % BITS);
        self.hosts[function.index() * self.words + word] |= 1 << bit;
        self.used[function.index() * self.heads + word / BITS] |= 1 << (word % BITS);
    }
    fn remove(&mut self, function: FunctionId, host: HostId) {
        let word = host.index() / BITS;
        let bits = &mut self.hosts[function.index() * self.words + word];
        *bits &= !(1 << (host.index() % BITS));
        if *bits == 0 {
            self.used[function.index() * self.heads + word / BITS] &= !(1 << (word % BITS));
        }
    }

    /// The lowest-numbered host that still is `warm` and for which `allowed` holds.
    pub fn first(
        &mut self,
        function: FunctionId,
        warm: impl Fn(HostId) -> bool,
        allowed: impl Fn(HostId) -> bool,
    ) -> Option<HostId> {
        let mut from = 0;
        while let Some(host) = self.next(function, from) {
            if !warm(host) {
                self.remove(function, host);
            } else if allowed(host) {
                return Some(host);
            }
            from = host.index() + 1;
        }
        None
    }
    /// The first host of the set from number `from` on.
    fn next(&self, function: FunctionId, from: usize) -> Option<HostId> {
        let words = &self.hosts[function.index() * self.words..][..self.words];
        let used = &self.used[function.index() * self.heads..][..self.heads];
        let rest = |bits: u64, from: usize| if from < BITS { bits & (u64::MAX << from) } else { 0 };
        let first = |word: usize, bits: u64| HostId::new((word * BITS + bits.trailing_zeros() as usize) as u32);
        let at = from / BITS;
        let here = rest(*words.get(at)?, from % BITS);
        if here != 0 {
            return Some(first(at, here));
        }
        let (head, behind) = ((at + 1) / BITS, (at + 1) % BITS);
        let heads = used.iter().enumerate().skip(head);
        let mut left = heads.map(|(i, &bits)| (i, if i == head { rest(bits, behind) } else { bits }));
        let (i, bits) = left.find(|(_, bits)| *bits != 0)?;
        let word = i * BITS + bits.trailing_zeros() as usize;
        Some(first(word, words[word]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_first_is_that_of_an_ordered_set(
            steps in prop::collection::vec((0_u32..2, 0_u32..10_000, any::<bool>()), 1..60),
            hosts in prop::sample::select(vec![1_u32, 63, 64, 65, 4_097, 10_000]),
            least in 0_u32..10_000,
        ) {
            let mut sets = WarmHosts::new(2, hosts);
            let mut warm = [BTreeSet::new(), BTreeSet::new()];
            for (function, host, comes) in steps {
                let (host, of) = (host % hosts, &mut warm[function as usize]);
                if comes {
                    of.insert(host);
                    sets.add(FunctionId::new(function), HostId::new(host));
                } else {
                    of.remove(&host);
                }
                for allowed in [0, least % hosts] {
                    let expected = of.iter().copied().find(|host| *host >= allowed);
                    let is_warm = |host: HostId| of.contains(&host.raw());
                    let found = sets.first(FunctionId::new(function), is_warm, |host| host.raw() >= allowed);
                    prop_assert_eq!(found.map(HostId::raw), expected);
                }
            }
        }
    }
}
