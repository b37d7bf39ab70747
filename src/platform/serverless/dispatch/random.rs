//! Random hosts: any, or the best of a few.

use crate::rng::Stream;

use super::view::{View, ids};
use crate::ids::HostId;

/// The most hosts that [`PowerOfD`] draws.
pub const MOST_CHOICES: usize = 16;

/// Any host that is up, all alike. With Poisson arrivals and exponential service, each host is an M/M/1 queue. Where the one
/// drawn has no memory, any of those that have, all alike, is drawn (after a scan), if there are such.
pub fn uniform<V: View>(view: &V, stream: &mut Stream) -> Option<HostId> {
    let up = view.hosts_up();
    if up == 0 {
        return None;
    }
    let host = view.nth_up(stream.below(up.into()) as u32)?;
    if view.has_memory(host) {
        return Some(host);
    }
    let with_memory = || with_memory(view);
    match with_memory().count() {
        0 => Some(host),
        count => with_memory().nth(stream.below(count as u64) as usize),
    }
}

/// Hosts that are up and have memory.
fn with_memory<V: View>(view: &V) -> impl Iterator<Item = HostId> {
    ids(view.hosts()).filter(|&host| view.is_up(host) && view.has_memory(host))
}

/// Who wins among equal loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// Any of them, all alike.
    #[default]
    Random,
    /// The lowest number.
    Lowest,
}

/// Power of d choices: of `d` hosts drawn at random, the least loaded.
///
/// Source: Mitzenmacher, IEEE TPDS 2001; Vvedenskaya, Dobrushin and Karpelevich 1996. Published effect: for `d` = 2 the
/// mean response time grows as log(1/(1−load)) rather than 1/(1−load): [`mean_response`].
#[derive(Clone, Copy, Debug)]
pub struct PowerOfD {
    choices: u32,
    replacement: bool,
    ties: Ties,
}

impl Default for PowerOfD {
    fn default() -> Self {
        Self::new(2, false, Ties::Random)
    }
}

impl PowerOfD {
    /// `choices` hosts (1 to [`MOST_CHOICES`], default 2), the same host more than once (`replacement`, the model of
    /// the literature) or not (default; all hosts, where there are no more).
    pub fn new(choices: u32, replacement: bool, ties: Ties) -> Self {
        assert!((1..=MOST_CHOICES as u32).contains(&choices), "1 to {MOST_CHOICES} choices, not {choices}");
        Self { choices, replacement, ties }
    }

    /// The host for a request, of those that are up: of the hosts drawn, the least loaded that has memory. Where none of
    /// them has, it is drawn again from those that have (after a scan), if there are such.
    #[inline]
    pub fn choose<V: View>(&self, view: &V, stream: &mut Stream) -> Option<HostId> {
        let host = self.choose_of(view, view.hosts_up(), |n| view.nth_up(n), stream)?;
        if view.has_memory(host) {
            return Some(host);
        }
        let count = with_memory(view).count() as u32;
        self.choose_of(view, count, |n| with_memory(view).nth(n as usize), stream).or(Some(host))
    }

    /// The same of so many hosts that `nth` tells.
    #[inline]
    fn choose_of<V: View>(
        self,
        view: &V,
        hosts: u32,
        nth: impl Fn(u32) -> Option<HostId>,
        stream: &mut Stream,
    ) -> Option<HostId> {
        if hosts == 0 {
            return None;
        }
        let count = if self.replacement { self.choices } else { self.choices.min(hosts) };
        let mut drawn = [0; MOST_CHOICES];
        let (mut best, mut best_load, mut equal) = (None, (true, u32::MAX), 0);
        for i in 0..count {
            let next = self.draw(i, count, hosts, &drawn[..i as usize], stream);
            drawn[i as usize] = next;
            let Some(host) = nth(next) else { continue };
            let load = (!view.has_memory(host), view.load(host));
            if best.is_none() || load < best_load {
                (best, best_load, equal) = (Some(host), load, 1);
            } else if load == best_load && best != Some(host) {
                equal += 1;
                let wins = match self.ties {
                    Ties::Lowest => best > Some(host),
                    Ties::Random => stream.below(equal) == 0,
                };
                if wins {
                    best = Some(host);
                }
            }
        }
        best
    }

    /// The `i`-th of `count` draws; without replacement by Floyd's method (Bentley and Floyd, CACM 1987).
    #[inline]
    fn draw(self, i: u32, count: u32, hosts: u32, drawn: &[u32], stream: &mut Stream) -> u32 {
        if self.replacement {
            return stream.below(hosts.into()) as u32;
        }
        let last = hosts - count + i;
        let next = stream.below(u64::from(last) + 1) as u32;
        if drawn.contains(&next) { last } else { next }
    }
}

/// The mean response time under power of `d` choices (`d` ≥ 2) in units of the mean service time, at 0 < `load` < 1 per
/// host, for exponential service and infinitely many hosts: `Σ load^((d^i − d)/(d − 1))`, i = 1, 2 … (Mitzenmacher 2001).
pub fn mean_response(load: f64, d: u32) -> f64 {
    let d = f64::from(d);
    let (mut sum, mut power) = (0.0, d);
    loop {
        let term = libm::pow(load, (power - d) / (d - 1.0));
        sum += term;
        power *= d;
        if term < 1e-12 {
            return sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::servers::{self, Servers};
    use super::*;
    use crate::rng::RootSeed;
    use proptest::prelude::*;

    fn stream() -> Stream {
        RootSeed::new(11, 0).stream("dispatch", &[])
    }

    #[test]
    fn the_limit_is_the_published_one() {
        let published = [(0.5, 1.2657), (0.7, 1.6145), (0.9, 2.6141), (0.95, 3.3830), (0.99, 5.4320)];
        for (load, mean) in published {
            assert!((mean_response(load, 2) - mean).abs() < 5e-5, "{load}: {}", mean_response(load, 2));
        }
    }

    #[test]
    fn two_choices_of_many_hosts_come_to_the_limit() {
        let two = PowerOfD::new(2, true, Ties::Random);
        let mean =
            servers::mean_response(1_000, 0.7, (20.0, 200.0), &mut stream(), |view: &Servers, stream: &mut Stream| {
                two.choose(view, stream)
            });
        assert!((mean / mean_response(0.7, 2) - 1.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn random_hosts_are_single_queues() {
        // M/M/1: 1/(1 − load). One standard error is about 0.5 %.
        let mean = servers::mean_response(1_000, 0.7, (30.0, 300.0), &mut stream(), uniform::<Servers>);
        assert!((mean * 0.3 - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn both_of_two_hosts_are_the_shortest_queue() {
        // Join the shortest of two queues at load 0.7: balance equations solved numerically, lengths up to 60.
        let exact = 2.10820;
        let two = PowerOfD::new(2, false, Ties::Lowest);
        let mean = servers::mean_response(2, 0.7, (1e3, 4e5), &mut stream(), |view: &Servers, stream: &mut Stream| {
            let host = two.choose(view, stream);
            assert_eq!(host, view.least_loaded());
            host
        });
        assert!((mean / exact - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn draws_without_replacement_are_uniform_sets() {
        // Of four idle hosts two are drawn and ties are random: each is chosen a quarter of the time.
        let two = PowerOfD::new(2, false, Ties::Random);
        let mut stream = stream();
        let view = Servers::new(4);
        let mut count = [0_u32; 4];
        for _ in 0..40_000 {
            count[two.choose(&view, &mut stream).unwrap().index()] += 1;
        }
        // Four standard errors: 4 √(40000 · 3/16).
        assert!(count.iter().all(|&n| n.abs_diff(10_000) < 347), "{count:?}");
    }

    proptest! {
        #[test]
        fn d_of_d_hosts_take_the_least_loaded(loads in prop::collection::vec(0_u32..4, 1..16), seed in any::<u64>()) {
            let rule = PowerOfD::new(16, false, Ties::Lowest);
            let view = Servers::with_loads(&loads);
            let mut stream = RootSeed::new(seed, 0).stream("dispatch", &[]);
            prop_assert_eq!(rule.choose(&view, &mut stream), view.least_loaded());
        }

        #[test]
        fn hosts_that_are_down_get_nothing(up in prop::collection::vec(any::<bool>(), 1..8), seed in any::<u64>()) {
            let mut view = Servers::new(up.len() as u32);
            view.up.clone_from(&up);
            let mut stream = RootSeed::new(seed, 0).stream("dispatch", &[]);
            let some = up.contains(&true);
            for chosen in [uniform(&view, &mut stream), PowerOfD::default().choose(&view, &mut stream)] {
                prop_assert_eq!(chosen.map(|host| up[host.index()]), some.then_some(true));
            }
        }
    }
}
