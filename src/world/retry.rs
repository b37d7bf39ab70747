//! The attempts that requests have made, and when they are retried.

use std::collections::BTreeMap;

use crate::config::plan;
use crate::ids::RequestId;
use crate::platform::serverless::limits::{Jitter, Retry};
use crate::rng::Stream;
use crate::units::{Span, Time};

/// What becomes of requests that are not served.
#[derive(Debug)]
pub(super) struct Attempts {
    pub(super) retry: Option<Retry>,
    pub(super) chance: Stream,
    pub(super) queue_timeout: Option<Span>,
    pub(super) gangs: bool,
    /// Of each request in flight that has made any: attempts, the latest delay, when it abandons the queue.
    pub(super) made: Vec<Made>,
    /// Members of a gang that have arrived, until the last one has.
    pub(super) gang: Vec<RequestId>,
    /// Gangs that are retried, by the member whose event it is.
    pub(super) together: BTreeMap<RequestId, Vec<RequestId>>,
    /// Those that have just abandoned the queue.
    pub(super) left: Vec<RequestId>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Made {
    pub(super) attempts: u32,
    pub(super) delay: Span,
    pub(super) abandons: Time,
}

/// The retries that a config asks for.
fn retry(config: &plan::Retry) -> Retry {
    Retry {
        attempts: config.attempts,
        base: config.base,
        factor: config.factor,
        max_delay: config.max_delay,
        jitter: match config.jitter {
            plan::Jitter::None => Jitter::None,
            plan::Jitter::Full => Jitter::Full,
            plan::Jitter::Equal => Jitter::Equal,
            plan::Jitter::Decorrelated => Jitter::Decorrelated,
        },
        max_age: config.max_age,
    }
}

impl Attempts {
    pub(super) fn new(quotas: &plan::Quotas, gangs: bool, chance: Stream) -> Self {
        Self {
            retry: quotas.retry.as_ref().map(retry),
            chance,
            queue_timeout: quotas.queue_timeout,
            gangs,
            made: Vec::new(),
            gang: Vec::new(),
            together: BTreeMap::new(),
            left: Vec::new(),
        }
    }

    /// Whether anything is to be known of a request's attempts: it may be retried, or give up waiting.
    pub(super) fn counts(&self) -> bool {
        self.retry.is_some() || self.queue_timeout.is_some()
    }

    pub(super) fn of(&mut self, id: RequestId) -> &mut Made {
        if self.made.len() <= id.index() {
            self.made.resize(id.index() + 1, Made::default());
        }
        &mut self.made[id.index()]
    }

    /// What is known of a request that goes on under another number.
    pub(super) fn copy(&mut self, from: RequestId, to: RequestId) {
        if self.counts() {
            *self.of(to) = *self.of(from);
        }
    }
}
