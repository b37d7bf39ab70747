//! The control plane as a queue: starts of sandboxes pass one after the other.
//!
//! Rule: k servers, first come first served, each start takes `service`. Start n begins at
//! `max(now, T − burst · service)`, with T the time at which server n mod k has done all of its earlier starts, and
//! T becomes `max(now, T) + service`. With burst 0 it is the queue G/D/k; with a burst it is the token bucket in the form
//! of the virtual scheduling algorithm (ITU-T I.371, GCRA): each server may run ahead of its schedule by so many starts.
//! Source: Dirigent (Cvetković et al., SOSP 2024), which measures control planes by the sandboxes they start per second.
//! Published effect: mean wait of M/D/1 `ρ/(2(1−ρ)) · service`; latency rises without bound at the published rates.

use crate::units::{PerSecond, Span, Time};

/// The parameters of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRule {
    /// What one start takes of a server.
    pub service: Span,
    /// Servers, at least one.
    pub servers: u32,
    /// Starts by which each server may run ahead. Default 0.
    pub burst: u32,
}

impl ControlRule {
    /// One server that starts so many sandboxes a second; not at all at a rate of zero.
    pub fn one(rate: PerSecond) -> Self {
        Self { service: Span::from_secs_f64(1.0 / rate.0), servers: 1, burst: 0 }
    }
}

/// The state of the queue.
#[derive(Clone, Debug)]
pub struct Control {
    service: Span,
    /// By how much a server may run ahead.
    ahead: Span,
    /// When each server has done its starts; deterministic service keeps the servers in turn.
    done: Box<[Time]>,
    turn: usize,
}

impl Control {
    /// An idle control plane.
    pub fn new(rule: ControlRule) -> Self {
        let done = vec![Time::ZERO; rule.servers.max(1) as usize].into();
        Self { service: rule.service, ahead: rule.service * u64::from(rule.burst), done, turn: 0 }
    }

    /// What a start takes once it has begun.
    pub fn service(&self) -> Span {
        self.service
    }

    /// A start that comes now, no earlier than the one before: how long it waits until it begins. It is done
    /// [`Control::service`] after that.
    pub fn admit(&mut self, now: Time) -> Span {
        let wait = self.wait(now);
        let done = &mut self.done[self.turn];
        *done = now.max(*done) + self.service;
        self.turn = (self.turn + 1) % self.done.len();
        wait
    }

    /// How long a start that came now would wait.
    pub fn wait(&self, now: Time) -> Span {
        let busy = self.done[self.turn].max(now).since(now);
        busy.saturating_sub(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Time {
        Time::ZERO + Span::from_ms(ms)
    }

    /// The waits in milliseconds of starts at these times, with service of 10 ms.
    fn waits(servers: u32, burst: u32, starts: &[u64]) -> Vec<u64> {
        let mut control = Control::new(ControlRule { service: Span::from_ms(10), servers, burst });
        starts.iter().map(|&at| control.admit(ms(at)).as_ps() / Span::from_ms(1).as_ps()).collect()
    }

    #[test]
    fn waits_of_small_cases() {
        assert_eq!(waits(1, 0, &[0, 0, 0, 5, 100]), [0, 10, 20, 25, 0]);
        assert_eq!(waits(2, 0, &[0, 0, 0, 5, 12, 40]), [0, 0, 10, 5, 8, 0]);
        // Two ahead: three at once, then one every 10 ms; after 30 ms idle three again.
        assert_eq!(waits(1, 2, &[0, 0, 0, 0, 0, 50, 50, 50, 50]), [0, 0, 0, 10, 20, 0, 0, 0, 10]);
        // Two servers, each one ahead: four at once.
        assert_eq!(waits(2, 1, &[0; 6]), [0, 0, 0, 0, 10, 10]);
    }

    #[test]
    fn rates_are_services() {
        // Knative on Kubernetes (2,500 / 1,250 a second) and Dirigent (SOSP 2024, abstract).
        let (knative, dirigent) = (ControlRule::one(PerSecond(2.0)), ControlRule::one(PerSecond(2_500.0)));
        assert_eq!((knative.service, dirigent.service), (Span::from_ms(500), Span::from_us(400)));
        assert_eq!((knative.servers, knative.burst), (1, 0));
        let mut stopped = Control::new(ControlRule::one(PerSecond(0.0)));
        stopped.admit(ms(0));
        assert_eq!(ms(1) + stopped.wait(ms(1)), Time::MAX);
        // 1,000 sandboxes at once: the last begins after 999 services.
        let mut knative = Control::new(knative);
        assert_eq!((0..1_000).map(|_| knative.admit(ms(0))).max(), Some(Span::from_ms(499_500)));
    }

    #[test]
    fn poisson_starts_wait_as_in_md1() {
        // Within 1 % over three million starts.
        for load in [0.5, 0.8] {
            let mut control = Control::new(ControlRule::one(PerSecond(1_000.0)));
            let mut stream = RootSeed::new(11, 0).stream("control-plane", &["md1"]);
            let (n, mut now, mut sum) = (3_000_000, Time::ZERO, 0.0);
            for _ in 0..n {
                now += Span::from_secs_f64(stream.exponential() / (1_000.0 * load));
                sum += control.admit(now).as_secs_f64();
            }
            let (mean, expected) = (sum / f64::from(n), load / (2.0 * (1.0 - load)) / 1_000.0);
            assert!((mean / expected - 1.0).abs() < 0.01, "load {load}: {mean} s, M/D/1 {expected} s");
        }
    }

    proptest! {
        /// Against k servers of which the one that is free first takes the next start.
        #[test]
        fn servers_in_turn_are_first_come_first_served(
            pauses in prop::collection::vec(0_u64..15, 1..200),
            servers in 1_u32..6,
        ) {
            let starts: Vec<u64> = pauses.iter().scan(0, |at, pause| { *at += pause; Some(*at) }).collect();
            let mut free = vec![0_u64; servers as usize];
            let expected: Vec<u64> = starts.iter().map(|&at| {
                let first = free.iter_mut().min().unwrap();
                let begin = at.max(*first);
                *first = begin + 10;
                begin - at
            }).collect();
            prop_assert_eq!(waits(servers, 0, &starts), expected);
        }

        /// Within any time t, no more begin than servers · (burst + 1) and what the rate allows, in order of arrival.
        #[test]
        fn a_burst_is_bounded(
            pauses in prop::collection::vec(0_u64..15, 2..100),
            servers in 1_u32..4,
            burst in 0_u32..4,
        ) {
            let starts: Vec<u64> = pauses.iter().scan(0, |at, pause| { *at += pause; Some(*at) }).collect();
            let begins: Vec<u64> = waits(servers, burst, &starts).iter().zip(&starts).map(|(w, at)| w + at).collect();
            prop_assert!(begins.is_sorted());
            let (k, b) = (servers as usize, u64::from(burst));
            for i in 0..begins.len() {
                for j in i..begins.len() {
                    // Starts of one server among i..=j: all but the first b + 1 wait a service each.
                    let of_one = ((j - i) / k) as u64 + 1;
                    prop_assert!(begins[j] - begins[i] >= 10 * of_one.saturating_sub(b + 1));
                }
            }
        }
    }
}
