//! Levels over time: what is allocated, used and waiting, integrated exactly.
//!
//! An integral is a `u128` of level × picoseconds, so that conservation can be audited without rounding. All are over one
//! period, from its start (zero, or [`Meter::restart`]) to its end ([`Meter::close`]), and per bin of it.

use super::by_entity::{ByEntity, EntityLevel};
use super::catalogue::{Counter, Gauge};
use super::counters::Counters;
use super::journal::Decided;
use super::off::{Off, Powered};
use crate::units::{Span, Time};

const GAUGES: usize = Gauge::COUNT;

/// The level of each gauge.
pub type Levels = [u64; GAUGES];

/// Integral over time of each gauge, in level × picoseconds.
pub type Totals = [u128; GAUGES];

/// The time that everything is accounted over: requests, bills, machines, energy, hardware, bytes and means over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Its start.
    pub start: Time,
    /// Its end.
    pub end: Time,
}

impl Period {
    /// How long it is.
    pub fn length(&self) -> Span {
        self.end.since(self.start)
    }
}

/// One bin of the time series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Its start.
    pub start: Time,
    /// How long it is; the last one may be shorter than the others, or longer where there would be too many.
    pub length: Span,
    /// The integral over it, in level × picoseconds.
    pub total: u128,
    /// The level that stands for one of the gauge's unit.
    pub unit: u64,
}

impl Bin {
    /// The mean level, in the gauge's unit.
    pub fn mean(&self) -> f64 {
        let mean = self.total as f64 / self.length.as_ps() as f64 / self.unit as f64;
        if self.length == Span::ZERO { 0.0 } else { mean }
    }
}

/// Integrates the gauges of one run.
///
/// The integral over a bin that is not over yet is kept as if no level changed any more until its end, so a change by
/// `d` at `t` adds `d × (end − t)`: one multiplication for each change, none for the passing of time.
#[derive(Clone, Debug)]
pub struct Meter {
    levels: Levels,
    peaks: Levels,
    now: Time,
    /// Picoseconds from now to the end of the bin.
    rest: u64,
    /// The bin at hand, up to its end; the last of those that are kept never ends.
    current: Totals,
    bin_end: Time,
    /// One entry per finished bin.
    bins: Vec<Totals>,
    bin: Span,
    most_bins: usize,
    start: Time,
    /// Where the period is over: its end, and the integrals up to there.
    closed: Option<(Time, Totals)>,
    /// In how many levels of the gauges of cores a core is told.
    core_unit: u64,
    counters: Counters,
    /// Gauges of single entities, where they are asked for.
    entities: Option<Box<ByEntity>>,
    /// What is switched off, where anything ever is.
    off: Option<Box<Off>>,
    /// Decisions one by one, where they are asked for.
    journal: Option<Vec<Decided>>,
}

impl Meter {
    /// A meter of a period from zero on, in bins of `bin`, of which `most` are kept, one at least: the last one of these goes
    /// on to the end of the period.
    pub fn new(bin: Span, most: usize) -> Self {
        debug_assert!(bin > Span::ZERO);
        let mut meter = Self {
            levels: [0; GAUGES],
            peaks: [0; GAUGES],
            now: Time::ZERO,
            rest: 0,
            current: [0; GAUGES],
            bin_end: Time::MAX,
            bins: Vec::new(),
            bin,
            most_bins: most,
            start: Time::ZERO,
            closed: None,
            core_unit: 1,
            counters: Counters::default(),
            entities: None,
            off: None,
            journal: None,
        };
        meter.restart(Time::ZERO);
        meter
    }
    /// A meter without a time series.
    pub fn without_bins() -> Self {
        Self::new(Span::MAX, 1)
    }

    /// The period begins at `now`, where the meter is moved to: what was integrated before is forgotten, and so are peaks.
    /// What was counted is not.
    pub fn restart(&mut self, now: Time) {
        self.advance(now);
        (self.start, self.peaks) = (self.now, self.levels);
        self.bins.clear();
        self.begin_bin();
        if let Some(entities) = &mut self.entities {
            entities.restart(self.now);
        }
        if let Some(off) = &mut self.off {
            off.restart(self.now);
        }
    }
    /// The period ends at `end`, where the meter is moved to. What follows is in [`Meter::beyond`] alone.
    pub fn close(&mut self, end: Time) {
        self.advance(end);
        if let Some(entities) = &mut self.entities {
            entities.close(self.now);
        }
        if let Some(off) = &mut self.off {
            off.close(self.now);
        }
        self.closed = Some((self.now, Gauge::ALL.map(|gauge| self.beyond(gauge))));
    }
    /// Whether the period is over.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }
    /// The period, up to now where it is not closed.
    pub fn period(&self) -> Period {
        Period { start: self.start, end: self.closed.map_or(self.now, |(end, _)| end) }
    }

    /// Cores are told in shares from now on, so many to a core: levels and integrals count shares, means and
    /// [`Meter::unit`] cores.
    pub fn tell_cores_in(&mut self, shares: u64) {
        self.core_unit = shares;
    }
    /// The level of a gauge that stands for one of its unit: more than one where cores are told in shares.
    pub fn unit(&self, gauge: Gauge) -> u64 {
        if matches!(gauge, Gauge::CoresAllocated | Gauge::CoresBusy | Gauge::CoresStarting) {
            self.core_unit
        } else {
            1
        }
    }

    /// Counts `n` more.
    #[inline]
    pub fn count(&mut self, counter: Counter, n: u64) {
        self.counters.add(counter, n);
    }
    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
    /// The counters, to be counted up.
    pub fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }

    /// Keeps a journal of decisions from now on.
    pub fn keep_journal(&mut self) {
        self.journal = Some(Vec::new());
    }
    /// Writes a decision into the journal, where one is kept.
    pub fn note(&mut self, decided: impl FnOnce() -> Decided) {
        if let Some(journal) = &mut self.journal {
            journal.push(decided());
        }
    }
    /// The journal so far.
    pub fn journal(&self) -> &[Decided] {
        self.journal.as_deref().unwrap_or_default()
    }

    /// Moves to `now`; all levels have been constant since the last call. An earlier time than that changes nothing.
    #[inline]
    pub fn advance(&mut self, now: Time) {
        if now >= self.bin_end {
            self.close_bins(now);
        }
        if now > self.now {
            self.now = now;
            self.rest = self.bin_end.as_ps() - now.as_ps();
        }
    }

    #[cold]
    fn close_bins(&mut self, now: Time) {
        while self.bin_end <= now && self.bin_end < Time::MAX {
            self.now = self.bin_end;
            self.bins.push(self.current);
            self.begin_bin();
        }
    }

    /// A bin begins now.
    fn begin_bin(&mut self) {
        let is_last = self.bins.len() + 1 >= self.most_bins;
        self.bin_end = if is_last { Time::MAX } else { self.now.saturating_add(self.bin) };
        self.rest = self.bin_end.since(self.now).as_ps();
        self.current = self.levels.map(|level| u128::from(level) * u128::from(self.rest));
    }

    /// Raises a level. Call [`Meter::advance`] first.
    #[inline]
    pub fn raise(&mut self, gauge: Gauge, by: u64) {
        let level = &mut self.levels[gauge as usize];
        *level += by;
        if gauge.more() {
            let peak = &mut self.peaks[gauge as usize];
            *peak = (*peak).max(*level);
        }
        self.current[gauge as usize] += u128::from(by) * u128::from(self.rest);
    }
    /// Lowers a level. Call [`Meter::advance`] first.
    #[inline]
    pub fn lower(&mut self, gauge: Gauge, by: u64) {
        let level = &mut self.levels[gauge as usize];
        debug_assert!(*level >= by, "{gauge:?} falls below zero");
        *level -= by;
        self.current[gauge as usize] -= u128::from(by) * u128::from(self.rest);
    }
    /// Keeps a gauge of each of so many entities from now on. What is not kept costs nothing.
    pub fn keep_entities(&mut self, gauge: Gauge, entities: u32) {
        self.entities.get_or_insert_with(Box::default).keep(gauge, entities);
    }
    /// Follows from now on when nothing is on those of these groups, each so many and switched off after so long.
    pub fn keep_off(&mut self, what: Powered, groups: &[(u32, Option<Span>)]) {
        self.off.get_or_insert_with(Box::default).keep(what, groups);
    }
    /// So much comes on a node or into a pool. Call [`Meter::advance`] first.
    #[inline]
    pub fn occupy(&mut self, what: Powered, one: u32, amount: u64) {
        if let Some(off) = &mut self.off {
            off.add(what, one, amount, self.now);
        }
    }
    /// So much goes. Call [`Meter::advance`] first.
    #[inline]
    pub fn vacate(&mut self, what: Powered, one: u32, amount: u64) {
        if let Some(off) = &mut self.off {
            off.remove(what, one, amount, self.now);
        }
    }
    /// Picoseconds that all of a group were off, and how many these are.
    pub fn off(&self, what: Powered, group: usize) -> (u128, u32) {
        self.off.as_ref().map_or((0, 0), |off| off.of_group(what, group))
    }
    /// Raises a level, and that of the entity where it is kept. Call [`Meter::advance`] first.
    #[inline]
    pub fn raise_at(&mut self, gauge: Gauge, entity: u32, by: u64) {
        self.raise(gauge, by);
        if let Some(entities) = &mut self.entities {
            entities.change(self.now, gauge, entity, |level| level + by);
        }
    }
    /// Lowers a level, and that of the entity where it is kept. Call [`Meter::advance`] first.
    #[inline]
    pub fn lower_at(&mut self, gauge: Gauge, entity: u32, by: u64) {
        self.lower(gauge, by);
        if let Some(entities) = &mut self.entities {
            entities.change(self.now, gauge, entity, |level| level - by);
        }
    }
    /// Forgets the gauges of single entities; from now on none is kept.
    pub fn forget_entities(&mut self) {
        self.entities = None;
    }
    /// A gauge of each entity, in their order; empty where it is not kept.
    pub fn entities(&self, gauge: Gauge) -> Vec<EntityLevel> {
        self.entities.as_ref().map_or_else(Vec::new, |entities| entities.told(self.now, gauge).collect())
    }
    /// The present level.
    pub fn level(&self, gauge: Gauge) -> u64 {
        self.levels[gauge as usize]
    }
    /// The highest level so far; kept of waiting requests, memory held, and machines.
    pub fn peak(&self, gauge: Gauge) -> u64 {
        debug_assert!(gauge.more());
        self.peaks[gauge as usize]
    }
    /// Where the meter stands.
    pub fn now(&self) -> Time {
        self.now
    }
    /// Integral over the period, in level × picoseconds; up to now where it is not closed.
    pub fn total(&self, gauge: Gauge) -> u128 {
        self.closed.map_or_else(|| self.beyond(gauge), |(_, totals)| totals[gauge as usize])
    }
    /// Integral from the start of the period up to now, whether it is closed or not.
    pub fn beyond(&self, gauge: Gauge) -> u128 {
        let finished: u128 = self.bins.iter().map(|bin| bin[gauge as usize]).sum();
        finished + self.so_far(gauge)
    }
    /// The integral of the bin at hand up to now.
    fn so_far(&self, gauge: Gauge) -> u128 {
        self.current[gauge as usize] - u128::from(self.level(gauge)) * u128::from(self.rest)
    }
    /// Mean level over the period.
    pub fn mean(&self, gauge: Gauge) -> f64 {
        let length = self.period().length().as_ps();
        if length == 0 { 0.0 } else { self.total(gauge) as f64 / length as f64 / self.unit(gauge) as f64 }
    }
    /// The bins up to now, the one at hand included as far as it has come.
    pub fn bins(&self, gauge: Gauge) -> impl Iterator<Item = Bin> {
        let unit = self.unit(gauge);
        let start = move |i: usize| self.start + self.bin * i as u64;
        let of = move |start, length, total| Bin { start, length, total, unit };
        let finished = self.bins.iter().enumerate();
        let finished = finished.map(move |(i, totals)| of(start(i), self.bin, totals[gauge as usize]));
        let at_hand = self.start.saturating_add(self.bin * self.bins.len() as u64);
        let last = of(at_hand, self.now.since(at_hand.min(self.now)), self.so_far(gauge));
        finished.chain(Some(last).filter(|bin| bin.length > Span::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u128 = 1_000_000_000_000;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    /// Two from 5 s on, three from 12 s on.
    fn metered(bin: u64, most: usize, until: u64) -> Meter {
        let mut meter = Meter::new(Span::from_secs(bin), most);
        meter.advance(secs(5));
        meter.raise(Gauge::CoresBusy, 2);
        meter.advance(secs(12));
        meter.raise(Gauge::CoresBusy, 1);
        meter.advance(secs(until));
        meter
    }

    fn bins(meter: &Meter) -> Vec<(u64, f64)> {
        meter.bins(Gauge::CoresBusy).map(|bin| (bin.length.as_ps() / SECOND as u64, bin.mean())).collect()
    }

    #[test]
    fn levels_are_integrated_over_the_period_and_its_bins() {
        let mut meter = metered(10, 9, 25);
        assert_eq!((meter.total(Gauge::CoresBusy), meter.peak(Gauge::Waiting)), ((14 + 13 * 3) * SECOND, 0));
        meter.close(secs(27));
        assert_eq!(bins(&meter), [(10, 1.0), (10, 2.8), (7, 3.0)]);
        // What follows is not in the period.
        meter.advance(secs(50));
        assert_eq!(meter.total(Gauge::CoresBusy), (14 + 15 * 3) * SECOND);
        assert_eq!(meter.mean(Gauge::CoresBusy), 59.0 / 27.0);
        assert_eq!(meter.beyond(Gauge::CoresBusy), (14 + 38 * 3) * SECOND);
        assert_eq!(meter.period(), Period { start: secs(0), end: secs(27) });
    }
    #[test]
    fn the_last_bin_takes_what_would_be_too_many() {
        assert_eq!(bins(&metered(10, 2, 1_000)), [(10, 1.0), (990, (4.0 + 988.0 * 3.0) / 990.0)]);
        assert_eq!(bins(&metered(10, 9, 30)), [(10, 1.0), (10, 2.8), (10, 3.0)]);
        let whole = Meter::without_bins();
        assert_eq!((whole.bins(Gauge::CoresBusy).count(), whole.mean(Gauge::CoresBusy)), (0, 0.0));
    }
    #[test]
    fn a_period_that_begins_late_has_nothing_of_before() {
        let mut meter = metered(10, 9, 13);
        meter.raise(Gauge::Waiting, 5);
        meter.lower(Gauge::Waiting, 4);
        meter.restart(secs(15));
        meter.close(secs(30));
        assert_eq!((meter.peak(Gauge::Waiting), meter.level(Gauge::CoresBusy)), (1, 3));
        assert_eq!((bins(&meter), meter.mean(Gauge::CoresBusy)), (vec![(10, 3.0), (5, 3.0)], 3.0));
        assert_eq!(meter.bins(Gauge::CoresBusy).next().map(|bin| bin.start), Some(secs(15)));
    }
    #[test]
    fn shares_of_cores_add_up_to_cores() {
        let mut meter = Meter::new(Span::from_secs(10), 9);
        meter.tell_cores_in(1_000_000);
        meter.raise(Gauge::CoresBusy, 72_357);
        meter.raise(Gauge::CoresBusy, 1_927_643);
        meter.raise(Gauge::Instances, 2);
        meter.advance(secs(10));
        meter.lower(Gauge::CoresBusy, 1_000_000);
        meter.advance(secs(20));
        assert_eq!((meter.mean(Gauge::CoresBusy), meter.mean(Gauge::Instances)), (1.5, 2.0));
        assert_eq!(bins(&meter), [(10, 2.0), (10, 1.0)]);
    }
    #[test]
    fn entities_add_up_to_the_whole() {
        let mut meter = Meter::new(Span::from_secs(7), 100);
        meter.raise_at(Gauge::CoresBusy, 1, 1);
        meter.lower_at(Gauge::CoresBusy, 1, 1);
        assert_eq!(meter.entities(Gauge::CoresBusy), []);
        meter.keep_entities(Gauge::CoresBusy, 3);
        // Host, from, to, cores: one is there at the start of the period, one ends after it, one lasts.
        let runs = [(0, 2, 9, 1), (2, 3, 30, 2), (0, 5, 40, 4)];
        for at in 0..=35 {
            match at {
                4 => meter.restart(secs(at)),
                20 => meter.close(secs(at)),
                _ => meter.advance(secs(at)),
            }
            for (host, _, _, cores) in runs.into_iter().filter(|run| run.1 == at) {
                meter.raise_at(Gauge::CoresBusy, host, cores);
            }
            for (host, _, _, cores) in runs.into_iter().filter(|run| run.2 == at) {
                meter.lower_at(Gauge::CoresBusy, host, cores);
            }
        }
        let hosts = meter.entities(Gauge::CoresBusy);
        let told = |level, peak, total: u128| EntityLevel { level, peak, total: total * SECOND };
        assert_eq!(hosts, [told(4, 5, 5 + 60), told(0, 0, 0), told(0, 2, 32)]);
        assert_eq!(hosts.iter().map(|host| host.total).sum::<u128>(), meter.total(Gauge::CoresBusy));
    }
}
