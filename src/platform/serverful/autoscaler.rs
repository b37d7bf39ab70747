//! How many machines a fleet should have.
//!
//! Rule, at every interval: `wanted = ceil(serving × utilisation / target)` within the limits, the rule of the
//! Kubernetes horizontal pod autoscaler. More machines are ordered at once; one is taken out at a time, when
//! fewer have been wanted without a break for the cooldown.

use crate::config::plan::Autoscaled;
use crate::units::{Span, Time};

/// The memory of the rule.
#[derive(Clone, Copy, Debug)]
pub struct Autoscaler {
    minimum: u32,
    maximum: u32,
    target: f64,
    /// Time between two evaluations.
    pub interval: Span,
    /// From the order of a machine until it serves.
    pub boot_delay: Span,
    cooldown: Span,
    /// Since when fewer machines have been wanted.
    fewer_since: Option<Time>,
    last_busy: u128,
}

impl Autoscaler {
    /// The rule with the given parameters.
    pub fn new(config: &Autoscaled) -> Self {
        Self {
            minimum: config.minimum,
            maximum: config.maximum,
            target: config.target,
            interval: config.interval,
            boot_delay: config.boot_delay,
            cooldown: config.cooldown,
            fewer_since: None,
            last_busy: 0,
        }
    }

    /// Fewest machines.
    pub fn minimum(&self) -> u32 {
        self.minimum
    }

    /// How many machines to add (positive) or take out (−1), from the integral of busy cores so far, the virtual
    /// cores that serve, the machines that serve, and those ordered in all.
    pub fn evaluate(&mut self, now: Time, busy: u128, vcpus: u64, serving: u32, ordered: u32) -> i64 {
        let busy_since = busy - std::mem::replace(&mut self.last_busy, busy);
        let capacity = u128::from(vcpus) * u128::from(self.interval.as_ps());
        let utilisation = if capacity == 0 { 0.0 } else { busy_since as f64 / capacity as f64 };
        let wanted = libm::ceil(f64::from(serving) * utilisation / self.target) as u32;
        let wanted = wanted.clamp(self.minimum, self.maximum);
        if wanted >= ordered {
            self.fewer_since = None;
            return i64::from(wanted - ordered);
        }
        let since = *self.fewer_since.get_or_insert(now);
        if now.since(since) < self.cooldown || serving <= self.minimum {
            return 0;
        }
        -1
    }
}
