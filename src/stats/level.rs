//! Time-weighted statistics of a level: queue length, memory in use, servers on.

use crate::units::Time;

/// A level that changes at points in time: its integral, mean and maximum since it was started or reset.
///
/// The integral `∫ level dt` is exact: level × picoseconds in 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    current: u64,
    max: u64,
    integral: u128,
    since: Time,
    changed: Time,
}

impl Level {
    /// A level that holds from `start` on.
    pub const fn new(start: Time, level: u64) -> Self {
        Self { current: level, max: level, integral: 0, since: start, changed: start }
    }
    /// The level now.
    pub const fn get(&self) -> u64 {
        self.current
    }
    /// Changes the level at `now`, which must not be before the last change.
    pub fn set(&mut self, now: Time, level: u64) {
        self.integral = self.integral(now);
        self.changed = now;
        self.current = level;
        self.max = self.max.max(level);
    }
    /// Raises the level by `by`.
    pub fn add(&mut self, now: Time, by: u64) {
        self.set(now, self.current + by);
    }
    /// Lowers the level by `by`, which must not be more than the level.
    pub fn sub(&mut self, now: Time, by: u64) {
        self.set(now, self.current - by);
    }
    /// `∫ level dt` up to `now`, in level × picoseconds.
    pub fn integral(&self, now: Time) -> u128 {
        self.integral + u128::from(self.current) * u128::from(now.since(self.changed).as_ps())
    }
    /// The time-weighted mean up to `now`; the level itself when no time has passed.
    pub fn mean(&self, now: Time) -> f64 {
        let elapsed = now.since(self.since).as_ps();
        if elapsed == 0 { self.current as f64 } else { self.integral(now) as f64 / elapsed as f64 }
    }
    /// The highest level so far.
    pub const fn max(&self) -> u64 {
        self.max
    }
    /// Forgets what was before `now` (the end of a warm-up); the level itself stays.
    pub fn reset(&mut self, now: Time) {
        *self = Self::new(now, self.current);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_weighted_by_time() {
        let at = Time::from_ps;
        let mut level = Level::new(at(10), 2);
        assert_eq!(level.mean(at(10)), 2.0);
        level.add(at(14), 3); // 2 for 4 ps
        level.sub(at(16), 5); // 5 for 2 ps
        assert_eq!((level.integral(at(20)), level.mean(at(20)), level.max()), (18, 1.8, 5));
        level.set(at(20), 1);
        level.reset(at(22));
        assert_eq!((level.integral(at(30)), level.mean(at(30)), level.max(), level.get()), (8, 1.0, 1, 1));
    }

    #[test]
    fn the_integral_does_not_overflow() {
        let level = Level::new(Time::ZERO, u64::MAX);
        assert_eq!(level.integral(Time::MAX), u128::from(u64::MAX) * u128::from(u64::MAX));
    }
}
