//! How fast jobs progress, by their number.

use crate::station::Share;
use crate::station::fixed::{FRACTION, ONE, lengthened, quotient, quotient_up, slowed};

/// The largest denominator of a fractional capacity.
pub const MAX_DENOMINATOR: u32 = 1024;

/// A capacity and how it is shared.
#[derive(Clone, Debug)]
pub struct Law {
    /// The capacity is `numerator / denominator` jobs at rate 1.
    numerator: u64,
    denominator: u32,
    /// What a job on a second hardware thread adds, over the denominator; zero where there are none.
    second_thread: u32,
    /// Where there are second threads: up to so many jobs, each has rate 1.
    undisturbed: u32,
    /// Whether a job that is alone loses with the capacity: cores become slower, a link is only shared sooner.
    slows: bool,
}

/// The rate of each job: `gain / demand`, and `share` parts per million of that.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// At most the demand, which is at most 2^32.
    gain: u64,
    demand: u64,
    share: u32,
    /// All of the share.
    plain: bool,
}

const _: () = assert!(size_of::<Pace>() == 24);

impl Law {
    pub fn ratio(numerator: u32, denominator: u32) -> Self {
        assert!(numerator > 0, "a station needs some capacity");
        assert!((1..=MAX_DENOMINATOR).contains(&denominator), "capacity denominator {denominator} is out of range");
        Self { numerator: u64::from(numerator), denominator, second_thread: 0, undisturbed: 0, slows: false }
    }

    pub fn cores(cores: u32, smt_throughput: f64) -> Self {
        const THOUSANDTHS: u32 = 1000;
        let second = libm::rint((smt_throughput.clamp(1.0, 2.0) - 1.0) * f64::from(THOUSANDTHS)) as u32;
        if second == 0 {
            return Self { slows: true, ..Self::ratio(cores, 1) };
        }
        let law = Self::ratio(cores.saturating_mul(THOUSANDTHS + second), THOUSANDTHS);
        Self { second_thread: second, undisturbed: cores, slows: true, ..law }
    }

    /// What each of `n` jobs gets at `share` parts per million of the capacity. The demand is n × denominator and the
    /// gain what all of them gain in a unit of time, × denominator.
    #[inline]
    pub fn pace(&self, n: u32, share: u32) -> Pace {
        if share != Share::ALL.ppm() {
            return self.pace_otherwise(n, share);
        }
        let demand = u64::from(n) * u64::from(self.denominator);
        Pace { gain: self.supply(n, demand), demand, share, plain: true }
    }

    #[cold]
    fn pace_otherwise(&self, n: u32, share: u32) -> Pace {
        let all = Share::ALL.ppm();
        let demand = u64::from(n) * u64::from(self.denominator);
        let shared = Pace { gain: self.supply(n, demand), demand, share, plain: false };
        if self.slows {
            return shared;
        }
        if demand * u64::from(all) <= self.numerator * u64::from(share) {
            return Pace { gain: demand, share: all, plain: true, ..shared };
        }
        Pace { gain: self.numerator, ..shared }
    }

    #[inline]
    fn supply(&self, n: u32, demand: u64) -> u64 {
        let most = demand.min(self.numerator);
        if self.second_thread == 0 || n <= self.undisturbed {
            return most;
        }
        let cores = u64::from(self.undisturbed) * u64::from(self.denominator);
        most.min(cores + u64::from(n - self.undisturbed) * u64::from(self.second_thread))
    }

    /// The unit of work, in fixed point: what a job does in a picosecond at rate 1.
    pub fn unit(&self) -> u128 {
        u128::from(self.denominator) << FRACTION
    }

    /// What the capacity can do in `time`, × denominator; both in fixed point.
    pub fn possible(&self, time: u128) -> u128 {
        time * u128::from(self.numerator)
    }
}

impl Pace {
    /// What a job gains in `elapsed`, and what all do × denominator.
    #[inline]
    pub fn flow(&self, elapsed: u128) -> (u128, u128) {
        let elapsed = self.effective(elapsed);
        // 96 bits × 32 bits: does not overflow.
        let work = elapsed * u128::from(self.gain);
        (if self.gain == self.demand { elapsed } else { quotient(work, self.demand) }, work)
    }

    /// What all do × denominator in `elapsed`.
    #[inline]
    pub fn work(&self, elapsed: u128) -> u128 {
        self.effective(elapsed) * u128::from(self.gain)
    }

    /// The time in which all of the capacity does as much.
    #[inline]
    fn effective(&self, elapsed: u128) -> u128 {
        if self.plain { elapsed } else { self.effective_otherwise(elapsed) }
    }
    #[cold]
    fn effective_otherwise(&self, elapsed: u128) -> u128 {
        slowed(elapsed, self.share)
    }

    /// Whether a job gains `needed` in `elapsed`; the same as by [`Pace::departure`], without division.
    #[inline]
    pub fn suffices(&self, elapsed: u128, needed: u128) -> bool {
        // No rate is above 1.
        needed <= elapsed && self.share > 0 && {
            let work = slowed(elapsed, self.share) * u128::from(self.gain);
            needed * u128::from(self.demand) <= work
        }
    }

    /// The first time from `at` on at which a job has gained `needed`.
    #[inline]
    pub fn departure(&self, at: u128, needed: u128) -> u128 {
        let even = self.gain == self.demand;
        let wait = if even { needed } else { quotient_up(needed * u128::from(self.demand), self.gain) };
        at.saturating_add(if self.plain { wait } else { self.departure_otherwise(wait) })
    }

    #[cold]
    fn departure_otherwise(&self, wait: u128) -> u128 {
        lengthened(wait, self.share)
    }

    /// Whether so many jobs are within the range of the arithmetic.
    #[inline]
    pub fn is_in_range(&self) -> bool {
        self.demand <= ONE
    }

    /// The rate × 2^32.
    pub fn rate(&self) -> u64 {
        let rate = u128::from(self.gain) * u128::from(self.share) * u128::from(ONE);
        (rate / (u128::from(self.demand) * u128::from(Share::ALL.ppm()))) as u64
    }
}
