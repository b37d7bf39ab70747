//! Levels of gauges of single entities (hosts, pools), where they are asked for.

use super::catalogue::Gauge;
use crate::units::Time;

/// The level of one entity and its integrals.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    present: u64,
    peak: u64,
    since: Time,
    /// In level × picoseconds, up to `since`: over the whole run, and over the window.
    whole: u128,
    in_window: u128,
}

impl Level {
    /// Both integrals up to `now`.
    fn until(&self, now: Time, window_end: Time) -> [u128; 2] {
        let level = u128::from(self.present);
        let over = |end: Time| level * u128::from(end.since(self.since.min(end)).as_ps());
        [self.whole + over(now), self.in_window + over(now.min(window_end))]
    }
    fn advance(&mut self, now: Time, window_end: Time) {
        [self.whole, self.in_window] = self.until(now, window_end);
        self.since = now;
    }
}

/// Levels by gauge and entity; a gauge that is not kept has none.
#[derive(Clone, Debug)]
pub(super) struct ByEntity {
    levels: [Vec<Level>; Gauge::COUNT],
    window_end: Time,
}

impl ByEntity {
    pub(super) fn new(window_end: Time) -> Self {
        Self { levels: Gauge::ALL.map(|_| Vec::new()), window_end }
    }
    pub(super) fn keep(&mut self, gauge: Gauge, entities: u32) {
        self.levels[gauge as usize] = vec![Level::default(); entities as usize];
    }
    pub(super) fn change(&mut self, now: Time, gauge: Gauge, entity: u32, change: impl Fn(u64) -> u64) {
        let Some(level) = self.levels[gauge as usize].get_mut(entity as usize) else { return };
        level.advance(now, self.window_end);
        level.present = change(level.present);
        level.peak = level.peak.max(level.present);
    }
    /// Of each entity: level, highest level, integral over the run, integral over the window.
    pub(super) fn told(&self, now: Time, gauge: Gauge) -> impl Iterator<Item = EntityLevel> {
        let window_end = self.window_end;
        self.levels[gauge as usize].iter().map(move |level| {
            let [whole, in_window] = level.until(now, window_end);
            EntityLevel { level: level.present, peak: level.peak, whole, in_window }
        })
    }
}

/// What is known of the gauge of one entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityLevel {
    /// The present level.
    pub level: u64,
    /// The highest level so far.
    pub peak: u64,
    /// Integral over the whole run so far, in level × picoseconds.
    pub whole: u128,
    /// Integral over the window so far, in level × picoseconds.
    pub in_window: u128,
}
