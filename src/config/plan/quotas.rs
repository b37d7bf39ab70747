//! What accounts and functions may use, and what becomes of requests beyond it.

use crate::config::choice::{AccountBurst, Jitter};
use crate::config::raw;
use crate::units::Span;

/// What accounts and functions may use, and what becomes of requests beyond it.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// Most requests of all functions at a time; without it there is no bound.
    pub account_concurrency: Option<u32>,
    /// Most requests of one function at a time, where `reserved_concurrency` says nothing of it; without it there
    /// is no bound.
    pub function_concurrency: Option<u32>,
    /// How fast the number of requests at a time may grow.
    pub burst: Burst,
    /// What becomes of requests that are rejected or fail; without it they are lost at once.
    pub retry: Option<Retry>,
    /// Longest run; a longer one is ended and has failed.
    pub timeout: Option<Span>,
    /// Longest wait for a sandbox or a core; a longer one fails.
    pub queue_timeout: Option<Span>,
}

impl Quotas {
    /// From what was typed.
    pub fn resolve(raw: &raw::Quotas) -> Self {
        Self {
            account_concurrency: raw.account_concurrency,
            function_concurrency: raw.function_concurrency,
            burst: Burst::resolve(&raw.burst),
            retry: raw.retry.as_ref().map(Retry::resolve),
            timeout: raw.timeout.map(|given| given.0),
            queue_timeout: raw.queue_timeout.map(|given| given.0),
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self::resolve(&raw::Quotas::default())
    }
}

/// How fast the number of requests at a time may grow.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Burst {
    /// At once.
    #[default]
    Unlimited,
    /// AWS Lambda until 2023: so many at once, then some more each minute, for the account.
    Account(AccountBurst),
    /// AWS Lambda since 2023: each function some more each ten seconds.
    Function(FunctionBurst),
}

impl Burst {
    /// From what was typed.
    pub fn resolve(raw: &raw::Burst) -> Self {
        match raw {
            raw::Burst::Unlimited => Self::Unlimited,
            raw::Burst::Account(given) => Self::Account(*given),
            raw::Burst::Function(raw) => Self::Function(FunctionBurst::resolve(raw)),
        }
    }
}

/// AWS Lambda since 2023.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FunctionBurst {
    /// How many more requests at a time a function may have after each interval, and at first.
    pub step: u32,
    /// The interval.
    pub interval: Span,
}

impl FunctionBurst {
    /// From what was typed.
    pub fn resolve(raw: &raw::FunctionBurst) -> Self {
        Self { step: raw.step, interval: raw.interval.0 }
    }
}

impl Default for FunctionBurst {
    fn default() -> Self {
        Self::resolve(&raw::FunctionBurst::default())
    }
}

/// Requests that are rejected or fail are retried, and in the end go to the dead letters.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Most attempts, the first one among them.
    pub attempts: u32,
    /// Delay before the second attempt.
    pub base: Span,
    /// Each further delay is this many times the one before.
    pub factor: f64,
    /// Longest delay.
    pub max_delay: Span,
    /// How chance changes the delays.
    pub jitter: Jitter,
    /// No attempt is made so long after the first one.
    pub max_age: Span,
}

impl Retry {
    /// From what was typed.
    pub fn resolve(raw: &raw::Retry) -> Self {
        Self {
            attempts: raw.attempts,
            base: raw.base.0,
            factor: raw.factor,
            max_delay: raw.max_delay.0,
            jitter: raw.jitter,
            max_age: raw.max_age.0,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::resolve(&raw::Retry::default())
    }
}
