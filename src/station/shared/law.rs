//! How fast jobs progress, by their number.

use crate::station::Share;
use crate::station::fixed::{FRACTION, ONE, quotient, quotient_up, slowed, stretched};

/// The largest denominator of a fractional capacity.
pub const MAX_DENOMINATOR: u32 = 1024;

/// A capacity and how it is shared.
#[derive(Clone, Debug)]
pub struct Law {
    /// The capacity is `numerator / denominator` jobs at rate 1; with a table, the numerator has 32 fractional bits.
    numerator: u64,
    denominator: u32,
    /// What a job on a second hardware thread adds, over the denominator; zero where there are none.
    second_thread: u32,
    /// Where there are second threads: up to so many jobs, each has rate 1.
    undisturbed: u32,
    /// Whether a job that is alone loses with the capacity: cores become slower, a link is only shared sooner.
    slows: bool,
    /// rate(n) × 2^32, entry 0 unused; empty where there is no table. Beyond the last entry, jobs share what the last
    /// number of jobs had in all.
    table: Box<[u64]>,
}

/// The rate of each job: `gain / demand`, and `share` parts per million of that.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// At most the demand, which is at most 2^32.
    gain: u64,
    demand: u64,
    share: u32,
    /// No table, and all of the share.
    plain: bool,
    /// A tabulated rate: departures are at whole picoseconds.
    whole: bool,
}

const _: () = assert!(size_of::<Pace>() == 24);

impl Law {
    pub fn ratio(numerator: u32, denominator: u32) -> Self {
        assert!(numerator > 0, "a station needs some capacity");
        assert!((1..=MAX_DENOMINATOR).contains(&denominator), "capacity denominator {denominator} is out of range");
        Self {
            numerator: u64::from(numerator),
            denominator,
            second_thread: 0,
            undisturbed: 0,
            slows: false,
            table: Box::default(),
        }
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

    pub fn tabulated(most: u32, rate: impl Fn(usize) -> f64) -> Self {
        let fixed = |n: usize| (libm::rint(rate(n) * ONE as f64) as u64).clamp(1, ONE);
        let table: Box<[u64]> = (0..=most.max(1) as usize).map(|n| if n == 0 { 0 } else { fixed(n) }).collect();
        let capacity = (0_u64..).zip(&table).map(|(n, rate)| n * rate).max().unwrap_or(0);
        Self { numerator: capacity, table, slows: true, ..Self::ratio(1, 1) }
    }

    /// What each of `n` jobs gets at `share` parts per million of the capacity. The demand is n × denominator and the
    /// gain what all of them gain in a unit of time, × denominator; with a table, both are of one job.
    #[inline]
    pub fn pace(&self, n: u32, share: u32) -> Pace {
        if share != Share::ALL.ppm() || !self.table.is_empty() {
            return self.pace_otherwise(n, share);
        }
        let demand = u64::from(n) * u64::from(self.denominator);
        Pace { gain: self.supply(n, demand), demand, share, plain: true, whole: false }
    }

    #[cold]
    fn pace_otherwise(&self, n: u32, share: u32) -> Pace {
        if !self.table.is_empty() {
            return Pace { gain: self.entry(n as usize), demand: ONE, share, plain: false, whole: true };
        }
        let all = Share::ALL.ppm();
        let demand = u64::from(n) * u64::from(self.denominator);
        let shared = Pace { gain: self.supply(n, demand), demand, share, plain: false, whole: false };
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

    #[inline]
    fn entry(&self, n: usize) -> u64 {
        let last = self.table.len() - 1;
        match n {
            0 => ONE,
            _ if n <= last => self.table[n],
            _ => (self.table[last] / n as u64 * last as u64).max(1),
        }
    }

    /// The unit of work, in fixed point: what a job does in a picosecond at rate 1.
    pub fn unit(&self) -> u128 {
        u128::from(self.denominator) << FRACTION
    }

    /// What the capacity can do in `time`, × denominator; both in fixed point.
    pub fn possible(&self, time: u128) -> u128 {
        let capacity = u128::from(self.numerator);
        if self.table.is_empty() {
            return time * capacity;
        }
        // Both have a fraction: whole picoseconds and the rest apart, so that nothing overflows.
        (time >> FRACTION) * capacity + (((time & u128::from(ONE - 1)) * capacity) >> FRACTION)
    }
}

impl Pace {
    /// What a job gains in `elapsed`, and what all `sharing` do × denominator.
    #[inline]
    pub fn flow(&self, elapsed: u128, sharing: u32) -> (u128, u128) {
        if !self.plain {
            return self.flow_otherwise(elapsed, sharing);
        }
        // 96 bits × 32 bits: does not overflow.
        let work = elapsed * u128::from(self.gain);
        (if self.gain == self.demand { elapsed } else { quotient(work, self.demand) }, work)
    }

    #[cold]
    fn flow_otherwise(&self, elapsed: u128, sharing: u32) -> (u128, u128) {
        let elapsed = slowed(elapsed, self.share);
        let work = elapsed * u128::from(self.gain);
        let gain = if self.gain == self.demand { elapsed } else { quotient(work, self.demand) };
        // A tabulated gain is that of one job, any other that of all together.
        (gain, if self.whole { gain * u128::from(sharing) } else { work })
    }

    /// The virtual time, and what all `sharing` do × denominator, when `elapsed` after `virtual_time` the first of them
    /// is done at virtual time `finish`. The virtual time is later with a table, where it is done for a while.
    #[inline]
    pub fn flow_to_finish(&self, elapsed: u128, sharing: u32, virtual_time: u128, finish: u128) -> (u128, u128) {
        if self.plain {
            return (finish, elapsed * u128::from(self.gain));
        }
        let (gain, work) = self.flow_otherwise(elapsed, sharing);
        (if self.whole { finish.max(virtual_time + gain) } else { finish }, work)
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
        if self.plain { at.saturating_add(wait) } else { self.departure_otherwise(at, wait) }
    }

    #[cold]
    fn departure_otherwise(&self, at: u128, wait: u128) -> u128 {
        let departure = at.saturating_add(stretched(wait, self.share));
        if self.whole { departure.saturating_add(u128::from(ONE - 1)) & !u128::from(ONE - 1) } else { departure }
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
