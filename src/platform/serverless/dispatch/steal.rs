//! An idle host takes a waiting request from another.

use std::collections::VecDeque;

use crate::rng::Stream;

use super::view::ids;
use crate::ids::HostId;

/// Which request of the queue is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// The one that has waited for longest, as in Cilk.
    #[default]
    Head,
    /// The one that came last: who is nearer to a start stays.
    Tail,
}

/// Work stealing: a host with nothing to do takes one waiting request from the longest queue of all hosts, or of a few
/// drawn at random; the lowest number wins at ties; shorter queues than a minimum are left alone.
///
/// Source: Blumofe and Leiserson, JACM 1999 (random victims); thresholds and few probes: Mitzenmacher, "Analyses of load
/// stealing models based on differential equations", SPAA 1998; data centres: Delgado, Dinu, Kermarrec and Zwaenepoel,
/// "Hawk", USENIX ATC 2015 (10 probes). Published effect: [`mean_response`]. Validity: a move costs nothing here; the
/// caller may delay its start. Cost: the probes, or a scan of all hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steal {
    /// Which request is taken.
    pub from: From,
    /// The fewest waiting requests of a queue that is robbed; at least one (default).
    pub minimum: u32,
    /// Hosts probed, drawn at random with replacement; `None` (default): all.
    pub probes: Option<u32>,
}

impl Default for Steal {
    fn default() -> Self {
        Self { from: From::Head, minimum: 1, probes: None }
    }
}

impl Steal {
    /// The host from which `thief` takes; `waiting` tells the length of a host's queue, without requests that run.
    pub fn victim(
        &self,
        thief: HostId,
        hosts: u32,
        waiting: impl Fn(HostId) -> u32,
        stream: &mut Stream,
    ) -> Option<HostId> {
        match self.probes {
            None => self.longest(thief, ids(hosts), waiting),
            Some(probes) => {
                let drawn = (0..probes).map(|_| HostId::new(stream.below(hosts.into()) as u32));
                self.longest(thief, drawn, waiting)
            }
        }
    }

    fn longest(
        &self,
        thief: HostId,
        some: impl Iterator<Item = HostId>,
        waiting: impl Fn(HostId) -> u32,
    ) -> Option<HostId> {
        let others = some.filter(|&host| host != thief).map(|host| (waiting(host), host));
        let robbed = others.filter(|(length, _)| *length >= self.minimum.max(1));
        robbed.min_by_key(|&(length, host)| (std::cmp::Reverse(length), host)).map(|(_, host)| host)
    }

    /// The request that would be taken out of the victim's queue.
    pub fn next<'q, T>(&self, queue: &'q VecDeque<T>) -> Option<&'q T> {
        match self.from {
            From::Head => queue.front(),
            From::Tail => queue.back(),
        }
    }

    /// Takes the request out of the victim's queue.
    pub fn take<T>(&self, queue: &mut VecDeque<T>) -> Option<T> {
        match self.from {
            From::Head => queue.pop_front(),
            From::Tail => queue.pop_back(),
        }
    }
}

/// The mean response time, in units of the mean service time, where requests come to random hosts and a host that becomes
/// idle probes one other once and takes a waiting request, if there is one: exponential service, infinitely many hosts, 0
/// < `load` < 1. `(load + s / (1 − r)) / load` with `s = (1 + load − √(1 + 2 load − 3 load²)) / 2`, the share of hosts with
/// two or more, and `r = load / (1 + load − s)` (Mitzenmacher 1998).
pub fn mean_response(load: f64) -> f64 {
    let s = (1.0 + load - libm::sqrt(1.0 + 2.0 * load - 3.0 * load * load)) / 2.0;
    let r = load / (1.0 + load - s);
    (load + s / (1.0 - r)) / load
}

#[cfg(test)]
mod tests {
    use super::super::servers::{self, Rule, Servers};
    use super::super::view::View;
    use super::*;
    use crate::rng::RootSeed;

    fn stream() -> Stream {
        RootSeed::new(9, 0).stream("dispatch", &[])
    }

    #[test]
    fn the_longest_queue_is_robbed() {
        let waiting = [3_u32, 5, 0, 5, 1];
        let victim = |thief, minimum| {
            let rule = Steal { minimum, ..Steal::default() };
            rule.victim(HostId::new(thief), 5, |host| waiting[host.index()], &mut stream()).map(HostId::raw)
        };
        assert_eq!([victim(2, 1), victim(1, 1), victim(2, 5), victim(2, 6)], [Some(1), Some(3), Some(1), None]);
        let nobody = Steal { minimum: 0, ..Steal::default() };
        assert_eq!(nobody.victim(HostId::new(0), 5, |_| 0, &mut stream()), None, "an empty queue is not robbed");
        let mut queue: VecDeque<u32> = (1..=3).collect();
        assert_eq!(Steal::default().take(&mut queue), Some(1));
        assert_eq!(Steal { from: From::Tail, ..Steal::default() }.take(&mut queue), Some(3));
    }

    /// Random hosts, and one probe of a host that becomes idle.
    struct OneProbe;

    impl Rule for OneProbe {
        fn choose(&mut self, view: &Servers, stream: &mut Stream) -> Option<HostId> {
            super::super::random::uniform(view, stream)
        }
        fn departed(&mut self, servers: &mut Servers, host: HostId, stream: &mut Stream) {
            let rule = Steal { probes: Some(1), ..Steal::default() };
            let waiting = |host| servers.load(host).saturating_sub(1);
            if servers.load(host) == 0
                && let Some(victim) = rule.victim(host, servers.hosts(), waiting, stream)
            {
                servers.depart(victim);
                servers.arrive(host);
            }
        }
    }

    #[test]
    fn one_probe_gives_the_published_mean() {
        // Mitzenmacher 1998: 3.541 at load 0.9.
        assert!((mean_response(0.9) - 3.541).abs() < 5e-4, "{}", mean_response(0.9));
        let mean = servers::mean_response(2_000, 0.8, (30.0, 200.0), &mut stream(), OneProbe);
        assert!((mean / mean_response(0.8) - 1.0).abs() < 0.01, "{mean} {}", mean_response(0.8));
    }
}
