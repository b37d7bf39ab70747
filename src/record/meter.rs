//! Levels over time: what is allocated, used and waiting, integrated exactly.
//!
//! An integral is a `u128` of level × picoseconds, so that conservation can be audited without rounding.
//! Three views are kept of each level: over the whole run (for audits), over the window in which requests
//! arrive (for means, cost and energy: layouts are compared over the same time), and per bin of that window.

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
    /// The bin at hand, up to its end; after the window, one bin that never ends.
    current: Totals,
    bin_end: Time,
    /// Within the window: one entry per finished bin.
    bins: Vec<Totals>,
    bin: Span,
    window_end: Time,
    counters: Counters,
    /// Gauges of single entities, where they are asked for.
    entities: Option<Box<ByEntity>>,
    /// What is switched off, where anything ever is.
    off: Option<Box<Off>>,
    /// Decisions one by one, where they are asked for.
    journal: Option<Vec<Decided>>,
}

impl Meter {
    /// A meter over a window from zero to `window`, in bins of `bin` (the last one may be shorter).
    pub fn new(window: Span, bin: Span) -> Self {
        debug_assert!(bin > Span::ZERO);
        let window_end = Time::ZERO + window;
        let bin_end = if window == Span::ZERO { Time::MAX } else { (Time::ZERO + bin).min(window_end) };
        Self {
            levels: [0; GAUGES],
            peaks: [0; GAUGES],
            now: Time::ZERO,
            rest: bin_end.as_ps(),
            current: [0; GAUGES],
            bin_end,
            bins: Vec::new(),
            bin,
            window_end,
            counters: Counters::default(),
            entities: None,
            off: None,
            journal: None,
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
            let start = self.bin_end;
            self.bins.push(self.current);
            self.bin_end = if start < self.window_end { (start + self.bin).min(self.window_end) } else { Time::MAX };
            self.now = start;
            self.rest = self.bin_end.since(start).as_ps();
            self.current = self.levels.map(|level| u128::from(level) * u128::from(self.rest));
        }
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
        let window_end = self.window_end;
        self.entities.get_or_insert_with(|| Box::new(ByEntity::new(window_end))).keep(gauge, entities);
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
    /// Nothing is switched on or off any more.
    pub fn close_off(&mut self) {
        if let Some(off) = &mut self.off {
            off.close(self.now);
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
    /// The integral of the bin at hand up to now.
    fn so_far(&self, gauge: Gauge) -> u128 {
        self.current[gauge as usize] - u128::from(self.level(gauge)) * u128::from(self.rest)
    }
    fn finished(&self, gauge: Gauge) -> u128 {
        self.bins.iter().map(|bin| bin[gauge as usize]).sum()
    }
    /// Integral over the whole run so far, in level × picoseconds.
    pub fn whole(&self, gauge: Gauge) -> u128 {
        self.finished(gauge) + self.so_far(gauge)
    }
    /// Integral over the window so far, in level × picoseconds.
    pub fn in_window(&self, gauge: Gauge) -> u128 {
        let inside = self.now < self.window_end;
        self.finished(gauge) + if inside { self.so_far(gauge) } else { 0 }
    }
    /// Mean level over the window; the meter must have passed the window's end.
    pub fn mean(&self, gauge: Gauge) -> f64 {
        let window = self.window_end.as_ps();
        if window == 0 { 0.0 } else { self.in_window(gauge) as f64 / window as f64 }
    }
    /// Per finished bin of the window: its start and the mean level in it.
    pub fn bin_means(&self, gauge: Gauge) -> impl Iterator<Item = (Time, f64)> {
        let (bin, end) = (self.bin, self.window_end);
        self.bins.iter().enumerate().map(move |(i, totals)| {
            let start = Time::from_ps(bin.as_ps() * i as u64);
            let length = end.since(start).min(bin);
            (start, totals[gauge as usize] as f64 / length.as_ps() as f64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_integrated_over_bins_and_window() {
        let secs = |s| Time::ZERO + Span::from_secs(s);
        let mut meter = Meter::new(Span::from_secs(25), Span::from_secs(10));
        meter.advance(secs(5));
        meter.raise(Gauge::CoresBusy, 2);
        meter.raise(Gauge::Waiting, 2);
        meter.lower(Gauge::Waiting, 1);
        assert_eq!((meter.level(Gauge::Waiting), meter.peak(Gauge::Waiting)), (1, 2));
        meter.advance(secs(12));
        meter.raise(Gauge::CoresBusy, 1);
        meter.advance(secs(40));
        let bins: Vec<f64> = meter.bin_means(Gauge::CoresBusy).map(|(_, mean)| mean).collect();
        assert_eq!(bins, [1.0, 2.8, 3.0]);
        let second = 1_000_000_000_000;
        assert_eq!(meter.in_window(Gauge::CoresBusy), (10 + 28 + 15) * second);
        assert_eq!(meter.whole(Gauge::CoresBusy), (14 + 28 * 3) * second);
    }
    #[test]
    fn entities_add_up_to_the_whole() {
        let secs = |s| Time::ZERO + Span::from_secs(s);
        let mut meter = Meter::new(Span::from_secs(20), Span::from_secs(7));
        meter.raise_at(Gauge::CoresBusy, 1, 1);
        meter.lower_at(Gauge::CoresBusy, 1, 1);
        assert_eq!(meter.entities(Gauge::CoresBusy), []);
        meter.keep_entities(Gauge::CoresBusy, 3);
        // Host, from, to, cores: one ends after the window, one lasts.
        let runs = [(0, 2, 9, 1), (2, 3, 30, 2), (0, 5, 40, 4)];
        for at in 0..=35 {
            meter.advance(secs(at));
            for (host, _, _, cores) in runs.into_iter().filter(|run| run.1 == at) {
                meter.raise_at(Gauge::CoresBusy, host, cores);
            }
            for (host, _, _, cores) in runs.into_iter().filter(|run| run.2 == at) {
                meter.lower_at(Gauge::CoresBusy, host, cores);
            }
        }
        let second = 1_000_000_000_000;
        let hosts = meter.entities(Gauge::CoresBusy);
        let told = |level, peak, whole: u128, in_window: u128| EntityLevel {
            level,
            peak,
            whole: whole * second,
            in_window: in_window * second,
        };
        assert_eq!(hosts, [told(4, 5, 7 + 120, 7 + 60), told(0, 0, 0, 0), told(0, 2, 54, 34)]);
        assert_eq!(hosts.iter().map(|host| host.whole).sum::<u128>(), meter.whole(Gauge::CoresBusy));
        assert_eq!(hosts.iter().map(|host| host.in_window).sum::<u128>(), meter.in_window(Gauge::CoresBusy));
    }
}
