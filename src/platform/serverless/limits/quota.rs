//! What the account and its functions may use, on the general path.

use crate::config::plan::{Burst, Quotas};
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::units::Time;

use super::bucket::Refill;
use super::burst::{BurstRule, Limiter, Scope};
use super::slots::Slots;
use crate::platform::serverless::rules::Rules;

/// The accounts of the quotas; none where there are no quotas.
#[derive(Debug, Default)]
pub struct Quota(Option<Books>);

#[derive(Debug)]
struct Books {
    limiter: Limiter,
    /// Requests of each function at a time, and the most of them.
    running: IdVec<FunctionKind, u32>,
    most: IdVec<FunctionKind, u32>,
}

impl Quota {
    /// For so many functions; `own` tells the concurrency that is reserved for each.
    pub fn new(rules: &Rules, functions: usize, own: impl Fn(FunctionId) -> Option<u32>) -> Self {
        if !rules.has_quotas() {
            return Self(None);
        }
        let Quotas { account_concurrency, function_concurrency, burst, .. } = rules.quotas;
        let reserved: IdVec<FunctionKind, Option<u32>> =
            (0..functions).map(|i| own(FunctionId::new(i as u32))).collect();
        let most = reserved.iter().map(|own| own.or(function_concurrency).unwrap_or(u32::MAX)).collect();
        let slots = Slots::new(account_concurrency.unwrap_or(u32::MAX), reserved);
        let limiter = Limiter::new(slots, functions as u32, rule(burst));
        let running = (0..functions).map(|_| 0).collect();
        Self(Some(Books { limiter, running, most }))
    }

    /// Takes a slot for a request, if one is free.
    pub fn admit(&mut self, function: FunctionId) -> bool {
        let Some(accounts) = &mut self.0 else { return true };
        let free = accounts.running[function] < accounts.most[function] && accounts.limiter.reuse(function).is_ok();
        accounts.running[function] += u32::from(free);
        free
    }
    /// Whether one more sandbox may be started now; it is then counted.
    pub fn may_add(&mut self, now: Time, function: FunctionId) -> bool {
        self.0.as_mut().is_none_or(|accounts| accounts.limiter.may_add(now, function))
    }
    /// The same for several at once: all or none.
    pub fn may_add_all(&mut self, now: Time, function: FunctionId, sandboxes: u32) -> bool {
        let added = (0..sandboxes).take_while(|_| self.may_add(now, function)).count() as u32;
        if added < sandboxes {
            (0..added).for_each(|_| self.give_back(function));
        }
        added == sandboxes
    }
    /// The sandbox that was to be started was not, for want of room.
    pub fn give_back(&mut self, function: FunctionId) {
        if let Some(accounts) = &mut self.0 {
            accounts.limiter.give_back(function);
        }
    }
    /// A request gives its slot back.
    pub fn release(&mut self, function: FunctionId) {
        if let Some(accounts) = &mut self.0 {
            accounts.running[function] -= 1;
            accounts.limiter.finish(function);
        }
    }
}

fn rule(burst: Burst) -> Option<BurstRule> {
    match burst {
        Burst::Unlimited => None,
        Burst::Account(rule) => {
            Some(BurstRule { amount: rule.per_minute, ..BurstRule::lambda_until_2023(rule.initial) })
        }
        Burst::Function(rule) => Some(BurstRule {
            scope: Scope::Function,
            burst: rule.step,
            amount: rule.step,
            period: rule.interval,
            refill: Refill::Continuous,
        }),
    }
}
