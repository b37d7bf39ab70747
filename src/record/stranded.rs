//! What is free and cannot be used, as it is found by looking at regular instants.
//!
//! Whether a resource can be used depends on all others of its host and its pools, so it is not followed from event to
//! event: it is looked at some thousand times, and the mean of that is told. Where a run goes on for long after the window,
//! every second look is forgotten and the others are twice as far apart.

use crate::units::{Bytes, Span, Time};

/// What is free and cannot be used at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stranded {
    /// Free cores where memory is short, in the units in which the meter is told of cores.
    pub cores: u64,
    /// Free memory beside cores, none of which is free, or without room in the pools.
    pub local: Bytes,
    /// Free memory of pools that no host can make use of.
    pub pooled: Bytes,
}

/// Looks at regular instants: at the end of each of so many equal parts of a window, and on in the same steps.
#[derive(Clone, Debug)]
pub struct Looks {
    every: Span,
    /// One at the end of each step.
    seen: Vec<Stranded>,
    most: usize,
}

impl Looks {
    /// So many in a window; none in a window without length.
    pub fn new(window: Span, looks: u32) -> Self {
        let every = window.as_ps().checked_div(u64::from(looks)).filter(|every| *every > 0);
        let every = every.map_or(Span::MAX, Span::from_ps);
        Self { every, seen: Vec::new(), most: 2 * looks as usize }
    }
    /// The instant of the next look; [`Time::MAX`] where there is none.
    pub fn next(&self) -> Time {
        self.at(self.seen.len())
    }
    fn at(&self, look: usize) -> Time {
        Time::from_ps(self.every.as_ps().saturating_mul(look as u64 + 1))
    }
    /// What is seen at the next instant.
    pub fn add(&mut self, seen: Stranded) {
        self.seen.push(seen);
        if self.seen.len() >= self.most {
            // Those at the end of each second step stay.
            self.seen = self.seen.iter().skip(1).step_by(2).copied().collect();
            self.every = self.every * 2;
        }
    }
    /// Means over the looks after `start`, up to `end`: cores, bytes beside the cores, bytes of pools.
    pub fn means(&self, start: Time, end: Time) -> [f64; 3] {
        let within = |look: &usize| start < self.at(*look) && self.at(*look) <= end;
        let of = (0..self.seen.len()).filter(within).map(|look| self.seen[look]);
        let (mut sums, mut looks) = ([0.0; 3], 0_u32);
        for Stranded { cores, local, pooled } in of {
            looks += 1;
            for (sum, amount) in sums.iter_mut().zip([cores, local.0, pooled.0]) {
                *sum += amount as f64;
            }
        }
        sums.map(|sum| if looks == 0 { 0.0 } else { sum / f64::from(looks) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(cores: u64) -> Stranded {
        Stranded { cores, ..Stranded::default() }
    }

    #[test]
    fn looks_are_at_the_ends_of_equal_steps_and_become_fewer() {
        let mut looks = Looks::new(Span::from_secs(8), 4);
        let second = |at: u64| Time::ZERO + Span::from_secs(at);
        for (number, at) in [2, 4, 6, 8, 10, 12, 14].into_iter().enumerate() {
            assert_eq!(looks.next(), second(at));
            looks.add(cores(number as u64));
        }
        assert_eq!(looks.means(Time::ZERO, second(8))[0], 1.5);
        assert_eq!(looks.means(second(2), second(6))[0], 1.5);
        looks.add(cores(7));
        // Those at 4, 8, 12 and 16 s are left.
        assert_eq!((looks.next(), looks.means(Time::ZERO, Time::MAX)[0]), (second(20), 4.0));
        assert_eq!(looks.means(second(4), second(12))[0], 4.0);
    }

    #[test]
    fn a_window_without_length_is_not_looked_at() {
        for looks in [Looks::new(Span::ZERO, 4), Looks::new(Span::from_secs(1), 0)] {
            assert_eq!((looks.next(), looks.means(Time::ZERO, Time::MAX)), (Time::MAX, [0.0; 3]));
        }
    }
}
