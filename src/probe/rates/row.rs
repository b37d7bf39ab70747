//! One row of the table: a function under Poisson arrivals.

use crate::probe::function::{self, Requests};
use crate::probe::queue::WARM_UP;
use crate::record::{Gauge, Meter};
use crate::rng::{RootSeed, Stream};
use crate::stats::{BATCHES, MeanInterval, mean_interval};
use crate::units::{Span, Time};
use crate::workload::trace::cloud_rates::MeasuredRate;

use super::{RatesSpec, ServiceTimes};

/// A row is simulated for at most so long, on a clock that ends at 213 days.
pub(super) const LONGEST: Span = Span::from_secs(150 * 86_400);

/// Confidence of the intervals.
pub(super) const CONFIDENCE: f64 = 0.95;

/// The rate that gives so many requests in [`LONGEST`].
pub(super) fn least_rate(requests: u64) -> f64 {
    requests as f64 / LONGEST.as_secs_f64()
}

/// What came out, over the requests after the warm-up; intervals by batch means.
pub(super) struct Simulated {
    pub(super) requests: u64,
    pub(super) time: Span,
    pub(super) cold_probability: MeanInterval,
    pub(super) mean_instances: MeanInterval,
}

/// The state at the arrival that begins a batch, before that request.
struct Boundary {
    at: Time,
    cold: u64,
    /// ∫ sandboxes dt, in picoseconds.
    instances: u128,
}

struct Poisson {
    gap_s: f64,
    arrivals: Stream,
    services: Stream,
    service: ServiceTimes,
    /// Mean of a warm and of a cold one.
    means: [Span; 2],
    next_arrival: Time,
    discarded: u64,
    batch: u64,
    arrived: u64,
    cold: u64,
    boundaries: Vec<Boundary>,
}

pub(super) fn simulate(spec: &RatesSpec, row: &MeasuredRate) -> Simulated {
    let most = libm::floor(row.rate.0 * LONGEST.as_secs_f64()) as u64;
    let requests = spec.requests.min(most).max(BATCHES as u64);
    let batch = ((requests as f64 * (1.0 - WARM_UP)) as u64 / BATCHES as u64).max(1);
    let seed = RootSeed::new(spec.seed, 0);
    // The same arrivals at the same rate, whatever else is in the table.
    let name = format!("{:e}", row.rate.0);
    let mut poisson = Poisson {
        gap_s: 1.0 / row.rate.0,
        arrivals: seed.stream("arrivals", &[&name]),
        services: seed.stream("service", &[&name]),
        service: spec.service,
        means: [row.warm, row.cold],
        next_arrival: Time::ZERO,
        discarded: requests - batch * BATCHES as u64,
        batch,
        arrived: 0,
        cold: 0,
        boundaries: Vec::with_capacity(BATCHES + 1),
    };
    poisson.draw_next_arrival();
    function::serve(&mut poisson, spec.keep_alive, spec.idle_choice);
    poisson.measured()
}

impl Poisson {
    fn draw_next_arrival(&mut self) {
        let gap = Span::from_secs_f64(self.gap_s * self.arrivals.exponential());
        self.next_arrival = self.next_arrival.saturating_add(gap);
    }

    fn is_complete(&self) -> bool {
        self.boundaries.len() > BATCHES
    }

    fn measured(&self) -> Simulated {
        let elapsed = |from: &Boundary, to: &Boundary| to.at.since(from.at).as_ps_f64().max(1.0);
        let instances = |from: &Boundary, to: &Boundary| (to.instances - from.instances) as f64 / elapsed(from, to);
        let share = |from: &Boundary, to: &Boundary| (to.cold - from.cold) as f64;
        let (first, last) = (&self.boundaries[0], &self.boundaries[self.boundaries.len() - 1]);
        let batches = self.boundaries.len() as u64 - 1;
        let interval = |of: &dyn Fn(&Boundary, &Boundary) -> f64, per: f64, whole: f64| {
            let means: Vec<f64> = self.boundaries.windows(2).map(|pair| of(&pair[0], &pair[1]) / per).collect();
            let half_width = mean_interval(&means, CONFIDENCE).map_or(f64::INFINITY, |means| means.half_width);
            MeanInterval { mean: whole, half_width, n: means.len() }
        };
        let requests = batches * self.batch;
        Simulated {
            requests,
            time: last.at.since(first.at),
            cold_probability: interval(&share, self.batch as f64, share(first, last) / requests as f64),
            mean_instances: interval(&instances, 1.0, instances(first, last)),
        }
    }
}

impl Requests for Poisson {
    fn next_arrival(&self) -> Time {
        if self.is_complete() { Time::MAX } else { self.next_arrival }
    }

    fn serve(&mut self, now: Time, cold: bool, meter: &Meter) -> Span {
        if self.arrived >= self.discarded && (self.arrived - self.discarded).is_multiple_of(self.batch) {
            let instances = meter.total(Gauge::Instances);
            self.boundaries.push(Boundary { at: now, cold: self.cold, instances });
        }
        self.arrived += 1;
        self.cold += u64::from(cold);
        self.draw_next_arrival();
        let mean = self.means[usize::from(cold)];
        match self.service {
            ServiceTimes::Exponential => mean.scale(self.services.exponential()),
            ServiceTimes::Constant => mean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::IdleChoice;
    use crate::units::PerSecond;

    fn run(rate: f64, service: Span, requests: u64) -> Simulated {
        let row = MeasuredRate {
            line: 2,
            rate: PerSecond(rate),
            warm: service,
            cold: service,
            cold_probability: 0.0,
            mean_instances: 0.0,
        };
        let spec = RatesSpec {
            keep_alive: Span::from_secs(60),
            idle_choice: IdleChoice::Newest,
            service: ServiceTimes::Constant,
            requests,
            seed: 1,
        };
        simulate(&spec, &row)
    }

    #[test]
    fn without_service_time_it_is_one_sandbox_and_exponential_gaps() {
        // Cold when the gap exceeds T: e^-λT. The sandbox exists for min(gap, T) of each gap: 1 - e^-λT of the time.
        let simulated = run(0.01, Span::ZERO, 100_000);
        let cold = libm::exp(-0.6);
        for (interval, expected) in [(simulated.cold_probability, cold), (simulated.mean_instances, 1.0 - cold)] {
            assert!((interval.mean - expected).abs() < 2.0 * interval.half_width, "{interval:?}, not {expected}");
            assert!(interval.half_width < 0.01 * expected, "{interval:?}");
        }
        assert_eq!(simulated.requests, 90_000);
        assert!((simulated.time.as_secs_f64() / 9e6 - 1.0).abs() < 0.02);
    }

    #[test]
    fn slow_rates_stop_when_the_clock_would_not_last() {
        let simulated = run(0.001, Span::from_secs(1), 1_000_000);
        // 12,960 requests in 150 days; nine tenths of them in 30 batches of whole requests.
        assert_eq!(simulated.requests, 30 * (11_664 / 30));
        assert!(simulated.time < LONGEST);
        assert!(run(least_rate(1_000), Span::from_secs(1), 1_000_000).requests == 900);
    }
}
