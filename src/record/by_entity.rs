//! Levels of gauges of single entities (hosts, pools), where they are asked for.

use super::catalogue::Gauge;
use crate::units::Time;

/// The level of one entity and its integral.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    present: u64,
    peak: u64,
    since: Time,
    /// In level × picoseconds, from the start of the period up to `since`.
    total: u128,
}

impl Level {
    fn until(&self, now: Time) -> u128 {
        self.total + u128::from(self.present) * u128::from(now.since(self.since.min(now)).as_ps())
    }
    fn advance(&mut self, now: Time) {
        self.total = self.until(now);
        self.since = now;
    }
}

/// Levels by gauge and entity; a gauge that is not kept has none.
#[derive(Clone, Debug, Default)]
pub(super) struct ByEntity {
    levels: [Vec<Level>; Gauge::COUNT],
    /// Whether the period is over: then only levels and peaks change.
    closed: bool,
}

impl ByEntity {
    pub(super) fn keep(&mut self, gauge: Gauge, entities: u32) {
        self.levels[gauge as usize] = vec![Level::default(); entities as usize];
    }
    pub(super) fn change(&mut self, now: Time, gauge: Gauge, entity: u32, change: impl Fn(u64) -> u64) {
        let Some(level) = self.levels[gauge as usize].get_mut(entity as usize) else { return };
        if !self.closed {
            level.advance(now);
        }
        level.present = change(level.present);
        level.peak = level.peak.max(level.present);
    }
    /// The period begins.
    pub(super) fn restart(&mut self, now: Time) {
        for level in self.levels.iter_mut().flatten() {
            *level = Level { peak: level.present, since: now, total: 0, ..*level };
        }
    }
    /// The period is over.
    pub(super) fn close(&mut self, now: Time) {
        self.levels.iter_mut().flatten().for_each(|level| level.advance(now));
        self.closed = true;
    }
    /// What is known of each entity.
    pub(super) fn told(&self, now: Time, gauge: Gauge) -> impl Iterator<Item = EntityLevel> {
        let closed = self.closed;
        self.levels[gauge as usize].iter().map(move |level| {
            let total = if closed { level.total } else { level.until(now) };
            EntityLevel { level: level.present, peak: level.peak, total }
        })
    }
}

/// What is known of the gauge of one entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityLevel {
    /// The present level.
    pub level: u64,
    /// The highest level in the period so far.
    pub peak: u64,
    /// Integral over the period, in level × picoseconds; up to now where it is not closed.
    pub total: u128,
}
