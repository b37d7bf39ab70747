//! A home for each function, and a walk from there in steps of its own: the balancer of Apache `OpenWhisk`.

use crate::ids::{FunctionId, HostId};
use crate::rng::Stream;

use super::random;
use super::view::View;

/// Home invoker: a function's home is `hash mod n`; from there its walk goes in steps of `s`, one of the numbers
/// prime to `n` and to each other, the `hash mod count`-th of them ([`coprime_steps`]). A request goes to the first
/// host of the walk that can take it, or to a random one that is up where none can.
///
/// Source: `ShardingContainerPoolBalancer` of Apache `OpenWhisk` 1.0 (2020). Known for few cold starts of functions
/// that fit on their home, and for hot homes under skewed load: Fuerst and Sharma (HPDC 2022) halve its latency.
/// Validity: hosts of one shard and one kind ("managed"); the hash there is that of Java strings. A choice takes as
/// many steps as the hosts before the first that can take the request.
#[derive(Clone, Debug)]
pub struct Home {
    /// Of each function.
    walks: Vec<Walk>,
}

/// The start and the step of a walk over all hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Walk {
    home: u32,
    step: u32,
}

/// The numbers from 1 to `hosts` that are prime to `hosts` and to those before them.
pub fn coprime_steps(hosts: u32) -> Vec<u32> {
    let mut steps: Vec<u32> = Vec::new();
    for next in 1..=hosts {
        if gcd(next, hosts) == 1 && steps.iter().all(|&step| gcd(step, next) == 1) {
            steps.push(next);
        }
    }
    steps
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Home {
    /// For at least one host; `hashes` are those of the functions, by id.
    pub fn new(hosts: u32, hashes: &[u64]) -> Self {
        let steps = coprime_steps(hosts);
        let walk = |&hash: &u64| Walk {
            home: (hash % u64::from(hosts)) as u32,
            step: steps[(hash % steps.len() as u64) as usize],
        };
        Self { walks: hashes.iter().map(walk).collect() }
    }

    /// The hosts in the order in which a function tries them, each once.
    pub fn walk(&self, function: FunctionId, hosts: u32) -> impl Iterator<Item = HostId> + use<> {
        let Walk { home, step } = self.walks[function.index()];
        let next = move |&at: &u32| Some(((u64::from(at) + u64::from(step)) % u64::from(hosts)) as u32);
        std::iter::successors(Some(home), next).take(hosts as usize).map(HostId::new)
    }

    /// The host for a request.
    pub fn choose<V: View>(&self, view: &V, function: FunctionId, stream: &mut Stream) -> Option<HostId> {
        let first = self.walk(function, view.hosts()).find(|&host| view.is_up(host) && view.can_take(host));
        first.or_else(|| random::uniform(view, stream))
    }
}

#[cfg(test)]
mod tests {
    use super::super::servers::Servers;
    use super::*;
    use crate::rng::RootSeed;
    use proptest::prelude::*;

    const F: FunctionId = FunctionId::new(0);

    fn walk(hosts: u32, hash: u64) -> Vec<u32> {
        Home::new(hosts, &[hash]).walk(F, hosts).map(HostId::raw).collect()
    }

    #[test]
    fn steps_are_pairwise_coprime() {
        // 9 is prime to 10, but not to 3.
        assert_eq!(coprime_steps(10), [1, 3, 7]);
        assert_eq!(coprime_steps(1), [1]);
        assert_eq!(coprime_steps(7), [1, 2, 3, 5]);
    }

    #[test]
    fn the_walk_of_ten_invokers() {
        // 13 mod 10 = 3; 13 mod 3 = 1: the second step, 3.
        assert_eq!(walk(10, 13), [3, 6, 9, 2, 5, 8, 1, 4, 7, 0]);
        assert_eq!(walk(1, 99), [0]);
    }

    #[test]
    fn the_first_with_room_is_taken_and_a_random_one_under_overload() {
        let rule = Home::new(10, &[13]);
        let mut stream = RootSeed::new(1, 0).stream("dispatch", &[]);
        let mut view = Servers::new(10);
        assert_eq!(rule.choose(&view, F, &mut stream), Some(HostId::new(3)));
        view.free = vec![false; 10];
        view.free[8] = true;
        view.free[7] = true;
        assert_eq!(rule.choose(&view, F, &mut stream), Some(HostId::new(8)));
        view.free = vec![false; 10];
        view.up[3] = false;
        let mut seen = [0; 10];
        for _ in 0..1_000 {
            seen[rule.choose(&view, F, &mut stream).unwrap().index()] += 1;
        }
        assert_eq!(seen[3], 0, "it is down");
        // 1000/9 each: ± 4 standard errors.
        assert!(seen.iter().enumerate().all(|(i, n)| i == 3 || (71..=151).contains(n)), "{seen:?}");
    }

    proptest! {
        #[test]
        fn every_walk_visits_every_host(hosts in 1_u32..200, hash in any::<u64>()) {
            let mut visited = walk(hosts, hash);
            visited.sort_unstable();
            prop_assert_eq!(visited, (0..hosts).collect::<Vec<_>>());
        }
    }
}
