//! How fast an account or a function may scale: AWS Lambda's rules until and since November 2023.
//!
//! Rule: every new execution environment takes a token from a bucket that is full at first; without one the request is
//! throttled. Until 2023 one bucket for the account and region: 3,000 tokens (1,000 or 500 in smaller regions), 500
//! more a minute (AWS re:Post, "How is the Burst Capacity related to the Baseline?", an answer by AWS, 2022). Since 2023
//! a bucket for each function: 1,000 tokens, 1,000 more every 10 s, continuously, unused ones not kept beyond 1,000
//! (Lambda Developer Guide, "Lambda scaling behavior", 2024). Above that stands the concurrency of [`Slots`].
//!
//! So the +500 a minute counts from the moment at which the bucket is no longer full, used up or not, and a level once
//! reached stays, for environments that exist need no token. Published effect (Lambda Operator Guide, "On-demand scaling
//! example", 2022): 10,000 requests at once, 7,000 throttled; over two minutes 2,000 and 1,500; over three 333; over
//! four none.

use super::bucket::{Bucket, Refill};
use super::slots::{Full, Slots};
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::units::{Span, Time};

/// Who shares a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All functions of the account.
    Account,
    /// Each function has its own.
    Function,
}

/// How fast execution environments may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstRule {
    /// Who shares a bucket.
    pub scope: Scope,
    /// Environments at once.
    pub burst: u32,
    /// More of them in each period.
    pub amount: u32,
    /// The period.
    pub period: Span,
    /// Whether they come evenly or at the beginning of a period.
    pub refill: Refill,
}

impl BurstRule {
    /// Lambda until November 2023: `burst` at once for the account (3,000 in US East (N. Virginia), US West (Oregon) and
    /// Europe (Ireland); 1,000 in Tokyo, Frankfurt and Ohio; else 500), 500 more at the beginning of each minute.
    pub const fn lambda_until_2023(burst: u32) -> Self {
        Self { scope: Scope::Account, burst, amount: 500, period: Span::from_secs(60), refill: Refill::Stepwise }
    }
}

/// Why a request is throttled (status 429).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// The concurrency of the account is used up.
    Account,
    /// The reserved concurrency of the function is used up.
    Function,
    /// It needs a new environment, and there may be no more yet.
    Scaling,
}

impl From<Full> for Throttle {
    fn from(full: Full) -> Self {
        match full {
            Full::Account => Self::Account,
            Full::Function => Self::Function,
        }
    }
}

/// The limits of an account: concurrency, and the rate of new environments.
///
/// A caller that keeps sandboxes tells which requests need a new one ([`Limiter::start`]) and which do not
/// ([`Limiter::reuse`]). One that does not calls [`Limiter::admit`] alone: then a function has as many environments as it
/// has ever run requests at once. Both call [`Limiter::finish`].
#[derive(Clone, Debug)]
pub struct Limiter {
    slots: Slots,
    scope: Scope,
    /// One for the account, one for each function, or none.
    buckets: Vec<Bucket>,
    /// Environments that [`Limiter::admit`] has made.
    environments: IdVec<FunctionKind, u32>,
}

impl Limiter {
    /// For functions with these slots; without a rule, environments are made as fast as one likes.
    pub fn new(slots: Slots, functions: u32, rule: Option<BurstRule>) -> Self {
        let buckets = rule.map_or(Vec::new(), |rule| {
            let bucket = Bucket::new(rule.burst, rule.amount, rule.period, rule.refill);
            vec![bucket; if rule.scope == Scope::Account { 1 } else { functions as usize }]
        });
        let scope = rule.map_or(Scope::Account, |rule| rule.scope);
        Self { slots, scope, buckets, environments: (0..functions).map(|_| 0).collect() }
    }

    /// A request for an environment that exists: it takes a slot.
    pub fn reuse(&mut self, function: FunctionId) -> Result<(), Throttle> {
        Ok(self.slots.take(function)?)
    }

    /// A request that needs a new environment: it takes a slot and a token, or neither.
    pub fn start(&mut self, now: Time, function: FunctionId) -> Result<(), Throttle> {
        self.slots.take(function)?;
        if self.may_add(now, function) {
            return Ok(());
        }
        self.slots.release(function);
        Err(Throttle::Scaling)
    }

    /// A request of a caller that keeps no environments.
    pub fn admit(&mut self, now: Time, function: FunctionId) -> Result<(), Throttle> {
        if self.slots.running(function) < self.environments[function] {
            return self.reuse(function);
        }
        self.start(now, function)?;
        self.environments[function] += 1;
        Ok(())
    }

    /// A request of `function` is done: its slot is free.
    pub fn finish(&mut self, function: FunctionId) {
        self.slots.release(function);
    }

    /// Takes a token for an environment that no request waits for, such as one that is made ahead.
    pub fn may_add(&mut self, now: Time, function: FunctionId) -> bool {
        self.bucket(function).is_none_or(|bucket| bucket.take(now))
    }

    /// The environment for which [`Limiter::may_add`] has taken a token just now is not made after all.
    pub fn give_back(&mut self, function: FunctionId) {
        if let Some(bucket) = self.bucket(function) {
            bucket.give_back();
        }
    }

    fn bucket(&mut self, function: FunctionId) -> Option<&mut Bucket> {
        let index = if self.scope == Scope::Account { 0 } else { function.index() };
        self.buckets.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const F: FunctionId = FunctionId::new(0);

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    fn limiter(account: u32, functions: u32, rule: BurstRule) -> Limiter {
        Limiter::new(Slots::new(account, (0..functions).map(|_| None).collect()), functions, Some(rule))
    }

    /// The requests throttled in each minute when so many arrive at its start, each holding its slot for the minute.
    fn throttled(rule: BurstRule, arrivals: &[u32]) -> Vec<u32> {
        let mut limiter = limiter(10_000, 1, rule);
        let minute = |(i, &arrivals): (usize, &u32)| {
            let served = (0..arrivals).filter(|_| limiter.admit(secs(60 * i as u64), F).is_ok()).count() as u32;
            (0..served).for_each(|_| limiter.finish(F));
            arrivals - served
        };
        arrivals.iter().enumerate().map(minute).collect()
    }

    #[test]
    fn ten_thousand_requests_by_the_operator_guide() {
        let stepwise = BurstRule::lambda_until_2023(3_000);
        for rule in [stepwise, BurstRule { refill: Refill::Continuous, ..stepwise }] {
            assert_eq!(throttled(rule, &[10_000]), [7_000]);
            assert_eq!(throttled(rule, &[5_000, 5_000]), [2_000, 1_500]);
            assert_eq!(throttled(rule, &[3_333, 3_333, 3_334]), [333, 0, 0]);
            assert_eq!(throttled(rule, &[2_500; 4]), [0; 4]);
        }
    }

    #[test]
    fn a_level_stays_and_the_burst_comes_back() {
        let rule = BurstRule::lambda_until_2023(3_000);
        // After 3,500 in the second minute no request needs a token: six minutes later there are 3,000 again.
        let arrivals = [5_000, 5_000, 3_500, 3_500, 3_500, 3_500, 3_500, 3_500, 10_000];
        assert_eq!(throttled(rule, &arrivals), [2_000, 1_500, 0, 0, 0, 0, 0, 0, 10_000 - 3_500 - 3_000]);
        // A full bucket takes no more: 2,500 for half an hour, and then 3,000 more at most.
        let mut long = vec![2_500; 30];
        long.push(10_000);
        assert_eq!(throttled(rule, &long)[30], 10_000 - 2_500 - 3_000);
    }

    #[test]
    fn functions_share_the_account_until_2023_and_not_since() {
        let start = |limiter: &mut Limiter, at, function, n: u32| {
            (0..n).filter(|_| limiter.start(secs(at), FunctionId::new(function)).is_ok()).count()
        };
        let mut old = limiter(100_000, 2, BurstRule::lambda_until_2023(500));
        assert_eq!(start(&mut old, 0, 0, 400), 400);
        assert_eq!(start(&mut old, 0, 1, 400), 100);
        assert_eq!(start(&mut old, 60, 1, 1_000), 500);

        // Since November 2023: 1,000 for each function, 1,000 more evenly over each 10 s.
        let (period, refill) = (Span::from_secs(10), Refill::Continuous);
        let since = BurstRule { scope: Scope::Function, burst: 1_000, amount: 1_000, period, refill };
        let mut new = limiter(100_000, 2, since);
        assert_eq!(start(&mut new, 0, 0, 5_000), 1_000);
        assert_eq!(start(&mut new, 0, 1, 5_000), 1_000);
        // Evenly: 100 a second, and never more than 1,000 at once.
        assert_eq!(start(&mut new, 1, 0, 5_000), 100);
        assert_eq!(start(&mut new, 11, 0, 5_000), 1_000);
        assert_eq!(start(&mut new, 100, 0, 5_000), 1_000);
    }

    #[test]
    fn concurrency_stands_above_the_burst() {
        let slots = Slots::new(1_000, [Some(100), None].into_iter().collect());
        let mut limiter = Limiter::new(slots, 2, Some(BurstRule::lambda_until_2023(3_000)));
        let (reserved, other) = (FunctionId::new(0), FunctionId::new(1));
        let served = |limiter: &mut Limiter, f| (0..2_000).filter(|_| limiter.start(secs(0), f).is_ok()).count();
        assert_eq!(served(&mut limiter, reserved), 100);
        assert_eq!(limiter.start(secs(0), reserved), Err(Throttle::Function));
        assert_eq!(served(&mut limiter, other), 900);
        assert_eq!(limiter.reuse(other), Err(Throttle::Account));
        // Throttled requests took no tokens: 2,000 of 3,000 are left, and slots given back are free.
        (0..900).for_each(|_| limiter.finish(other));
        assert_eq!(served(&mut limiter, other), 900);
        let none = Limiter::new(Slots::new(5, std::iter::once(None).collect()), 1, None);
        assert_eq!((0..9).scan(none, |l, _| Some(l.start(secs(0), F).is_ok())).filter(|&ok| ok).count(), 5);
    }

    proptest! {
        /// A throttled request changes nothing, and environments never outrun burst and refill.
        #[test]
        fn environments_are_bounded(
            minutes in prop::collection::vec(0_u32..60, 1..30),
            burst in 0_u32..30,
            account in 1_u32..60,
        ) {
            let rule = BurstRule { burst, amount: 5, ..BurstRule::lambda_until_2023(0) };
            let mut limiter = limiter(account, 1, rule);
            let mut most = 0;
            for (i, arrivals) in minutes.into_iter().enumerate() {
                let now = secs(60 * i as u64);
                let served = (0..arrivals).filter(|_| limiter.admit(now, F).is_ok()).count() as u32;
                prop_assert!(served <= account);
                prop_assert!(served <= burst + 5 * i as u32);
                prop_assert!(served >= arrivals.min(most), "a level stays");
                most = most.max(served);
                (0..served).for_each(|_| limiter.finish(F));
            }
        }
    }
}
