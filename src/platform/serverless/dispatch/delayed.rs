//! A cold start, or a busy sandbox that will soon be free?

use crate::ids::FunctionId;
use crate::units::Span;

/// What is known when a request finds no idle sandbox of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The mean time for which a sandbox of the function serves a request; `None`: not known yet.
    pub service: Option<Span>,
    /// Busy sandboxes of the function that the request might wait for.
    pub busy: u32,
    /// Requests of the function that wait for them already.
    pub waiting: u32,
    /// How long a cold start takes.
    pub cold_start: Span,
}

impl Situation {
    /// The expected time until a busy sandbox is free for this request: `(waiting + 1) · service / busy`, the mean of an
    /// Erlang distribution. Exact for exponential service, whatever the requests have been served for; for constant
    /// service times too long by up to a factor of two. `None` where there is nothing to wait for, or nothing known.
    pub fn expected_wait(&self) -> Option<Span> {
        let service = self.service.filter(|_| self.busy > 0)?;
        Some(service.scale((f64::from(self.waiting) + 1.0) / f64::from(self.busy)))
    }

    /// Departures expected during a cold start.
    fn departures(&self) -> Option<f64> {
        let service = self.service.filter(|&service| service > Span::ZERO && self.busy > 0)?;
        Some(self.cold_start.as_ps_f64() / service.as_ps_f64() * f64::from(self.busy))
    }

    /// The probability that a busy sandbox is free for this request before a cold start is through:
    /// `1 − Σ_{j ≤ waiting} e^−x x^j / j!`, `x = busy · cold start / service`. A cold start begun all the same is then
    /// wasted on this request. Zero where there is nothing to wait for, or nothing known.
    pub fn warm_first(&self) -> f64 {
        let Some(x) = self.departures() else { return 0.0 };
        1.0 - poisson_sum(x, self.waiting)
    }
}

/// P(N ≤ k) of a Poisson number N with mean `x`.
fn poisson_sum(x: f64, k: u32) -> f64 {
    let mut below = 0.0;
    let log_x = libm::log(x);
    let mut log_term = -x;
    for j in 0..=k {
        below += libm::exp(log_term);
        log_term += log_x - libm::log(f64::from(j) + 1.0);
    }
    below
}

/// What the request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It gets a sandbox of its own, and waits for that.
    Cold,
    /// It waits for a busy sandbox (a delayed warm start).
    Wait,
    /// A sandbox starts, and the request takes that or a busy one, whichever is first; the other stays as an idle
    /// sandbox.
    Both,
}

/// How it is decided. Without a busy sandbox, or without a service time seen, it is always a cold start.
///
/// Source: the choice between a cold and a "delayed warm" start, made speculatively, is that of CIDRE (Liu, Cheng, Shen,
/// Wang and Balaji, "Concurrency-informed orchestration for serverless functions", ASPLOS 2025); published effect of its
/// orchestration with evictions: cold starts −75.1 %, mean overhead of invocations −39.3 % at best, against keep-alive
/// policies. The estimates here are those of [`Situation`], ours from the Erlang distribution, not its history of idle
/// and service times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DelayedWarm {
    /// Always cold: AWS Lambda, `OpenWhisk`, and the default.
    #[default]
    Never,
    /// Waits where the expected wait is below `factor` · cold start (1: the shorter expected delay).
    Expected {
        /// From 0 (never) on.
        factor: f64,
    },
    /// Both, always: the shortest delay, and the most sandboxes started.
    Speculative,
    /// Both, unless the cold start would be wasted with more than this probability: then it waits.
    Conditional {
        /// From 0 (wait) to 1 (both).
        most_waste: f64,
    },
}

impl DelayedWarm {
    /// The choice for a request. O(1); [`DelayedWarm::Conditional`]: O(waiting).
    pub fn decide(self, situation: &Situation) -> Choice {
        let Some(wait) = situation.expected_wait() else { return Choice::Cold };
        match self {
            Self::Expected { factor } if wait < situation.cold_start.scale(factor) => Choice::Wait,
            Self::Never | Self::Expected { .. } => Choice::Cold,
            Self::Conditional { most_waste } if situation.warm_first() > most_waste => Choice::Wait,
            Self::Speculative | Self::Conditional { .. } => Choice::Both,
        }
    }
}

/// Mean service times of functions, forgetting: each new time counts for an eighth, the first in full. The filter is
/// that of round-trip times in TCP (Jacobson 1988), in whole picoseconds.
#[derive(Clone, Debug)]
pub struct ServiceTimes(Vec<Option<Span>>);

impl ServiceTimes {
    /// Nothing seen of so many functions.
    pub fn new(functions: usize) -> Self {
        Self(vec![None; functions])
    }
    /// A request of `function` was served for `time`.
    pub fn observe(&mut self, function: FunctionId, time: Span) {
        let mean = &mut self.0[function.index()];
        let old = mean.unwrap_or(time).as_ps();
        *mean = Some(Span::from_ps(old - old / 8 + time.as_ps() / 8));
    }
    /// The mean, if any has been seen.
    pub fn mean(&self, function: FunctionId) -> Option<Span> {
        self.0[function.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;

    fn situation(service_ms: u64, busy: u32, waiting: u32, cold_ms: u64) -> Situation {
        let service = Some(Span::from_ms(service_ms));
        Situation { service, busy, waiting, cold_start: Span::from_ms(cold_ms) }
    }

    #[test]
    fn estimates_follow_the_equations() {
        // One busy, none waiting: P(service < cold) = 1 − e^−2.
        let one = situation(100, 1, 0, 200);
        let e2 = libm::exp(-2.0);
        assert_eq!(one.expected_wait(), Some(Span::from_ms(100)));
        assert!((one.warm_first() - (1.0 - e2)).abs() < 1e-12);
        // Two busy, one waiting: the second of departures at 20 a second, within 100 ms: x = 2.
        let two = situation(100, 2, 1, 100);
        assert_eq!(two.expected_wait(), Some(Span::from_ms(100)));
        assert!((two.warm_first() - (1.0 - 3.0 * e2)).abs() < 1e-12);
        // Nothing to wait for, nothing known.
        assert_eq!(situation(100, 0, 0, 200).expected_wait(), None);
        let unknown = Situation { service: None, ..one };
        assert_eq!((unknown.expected_wait(), unknown.warm_first()), (None, 0.0));
        // Instant service, and a queue so long that nobody gets through.
        assert_eq!(situation(0, 1, 0, 200).expected_wait(), Some(Span::ZERO));
        let hopeless = situation(100, 1, 5_000, 200);
        assert!(hopeless.warm_first() < 1e-9);
    }

    #[test]
    fn estimates_agree_with_draws() {
        let situation = situation(100, 3, 4, 150);
        let mut stream = RootSeed::new(2, 0).stream("dispatch", &[]);
        let (n, mut first) = (100_000, 0);
        for _ in 0..n {
            let wait: f64 = (0..5).map(|_| 0.1 / 3.0 * stream.exponential()).sum();
            first += u32::from(wait < 0.15);
        }
        // Four standard errors.
        assert!((f64::from(first) / f64::from(n) - situation.warm_first()).abs() < 0.0064);
    }

    #[test]
    fn rules_decide() {
        let check = |rule: DelayedWarm, service, busy, waiting, expected| {
            assert_eq!(
                rule.decide(&situation(service, busy, waiting, 200)),
                expected,
                "{rule:?} {service} {busy} {waiting}"
            );
        };
        let shorter = DelayedWarm::Expected { factor: 1.0 };
        check(DelayedWarm::Never, 1, 9, 0, Choice::Cold);
        check(shorter, 199, 1, 0, Choice::Wait);
        check(shorter, 200, 1, 0, Choice::Cold);
        check(shorter, 199, 2, 1, Choice::Wait);
        check(shorter, 199, 2, 2, Choice::Cold);
        check(DelayedWarm::Expected { factor: 0.5 }, 150, 1, 0, Choice::Cold);
        check(DelayedWarm::Speculative, 1_000_000, 1, 9, Choice::Both);
        check(DelayedWarm::Speculative, 1, 0, 0, Choice::Cold);
        // P(exponential of mean 200 within 200) = 0.632.
        check(DelayedWarm::Conditional { most_waste: 0.63 }, 200, 1, 0, Choice::Wait);
        check(DelayedWarm::Conditional { most_waste: 0.64 }, 200, 1, 0, Choice::Both);
    }

    #[test]
    fn service_times_are_smoothed() {
        let f = FunctionId::new(1);
        let mut times = ServiceTimes::new(2);
        assert_eq!(times.mean(f), None);
        times.observe(f, Span::from_ms(800));
        assert_eq!(times.mean(f), Some(Span::from_ms(800)));
        times.observe(f, Span::from_ms(1_600));
        assert_eq!(times.mean(f), Some(Span::from_ms(900)));
        assert_eq!(times.mean(FunctionId::new(0)), None);
    }
}
