//! The concurrency of an account and of its functions.
//!
//! Rule (AWS Lambda Developer Guide, "Understanding Lambda function scaling", 2024): requests at once are at most the
//! account's limit. A function with reserved concurrency has that many for itself, no fewer and no more; the others
//! share what is not reserved. Published effect: a function with reserve can neither be starved nor starve others.

use crate::ids::{FunctionId, FunctionKind, IdVec};

/// Which limit a request has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// What the account's functions without reserve share.
    Account,
    /// The reserve of the function.
    Function,
}

/// Which slots are taken. Conservation: running ≤ limits, always.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Reserved concurrency, where there is one.
    reserved: IdVec<FunctionKind, Option<u32>>,
    running: IdVec<FunctionKind, u32>,
    /// What functions without reserve share.
    shared: u32,
    shared_running: u32,
}

impl Slots {
    /// All slots free. The reserves must not exceed the account's limit.
    pub fn new(account: u32, reserved: IdVec<FunctionKind, Option<u32>>) -> Self {
        let sum: u64 = reserved.iter().flatten().map(|&slots| u64::from(slots)).sum();
        assert!(sum <= u64::from(account), "{sum} slots are reserved of {account}");
        let running = reserved.iter().map(|_| 0).collect();
        Self { reserved, running, shared: account - sum as u32, shared_running: 0 }
    }

    /// Requests of a function that run.
    pub fn running(&self, function: FunctionId) -> u32 {
        self.running[function]
    }

    /// Takes a slot for a request of `function`.
    pub fn take(&mut self, function: FunctionId) -> Result<(), Full> {
        if let Some(limit) = self.reserved[function] {
            if self.running[function] >= limit {
                return Err(Full::Function);
            }
        } else {
            if self.shared_running >= self.shared {
                return Err(Full::Account);
            }
            self.shared_running += 1;
        }
        self.running[function] += 1;
        Ok(())
    }

    /// A request of `function` gives its slot back.
    pub fn release(&mut self, function: FunctionId) {
        self.running[function] -= 1;
        if self.reserved[function].is_none() {
            self.shared_running -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reserve_is_a_floor_and_a_ceiling() {
        let (reserved, stopped, other) = (FunctionId::new(0), FunctionId::new(1), FunctionId::new(2));
        let mut slots = Slots::new(10, [Some(4), Some(0), None].into_iter().collect());
        assert!((0..6).all(|_| slots.take(other).is_ok()));
        assert_eq!(slots.take(other), Err(Full::Account));
        assert!((0..4).all(|_| slots.take(reserved).is_ok()));
        assert_eq!(slots.take(reserved), Err(Full::Function));
        assert_eq!(slots.take(stopped), Err(Full::Function));
        slots.release(reserved);
        assert_eq!(slots.take(other), Err(Full::Account), "a slot of the reserve is not for others");
        slots.release(other);
        assert_eq!(slots.take(other), Ok(()));
    }

    proptest! {
        /// Never above a limit, and refused only at one.
        #[test]
        fn limits_hold(
            steps in prop::collection::vec((any::<bool>(), 0_u32..5), 1..400),
            reserved in prop::collection::vec(prop::option::of(0_u32..6), 5),
            spare in 0_u32..10,
        ) {
            let pool: u32 = reserved.iter().flatten().sum();
            let mut slots = Slots::new(pool + spare, reserved.iter().copied().collect());
            let mut running = [0_u32; 5];
            for (begins, i) in steps {
                let (function, i) = (FunctionId::new(i), i as usize);
                if begins {
                    let unreserved: u32 = (0..5).filter(|&j| reserved[j].is_none()).map(|j| running[j]).sum();
                    let room = reserved[i].map_or(unreserved < spare, |limit| running[i] < limit);
                    prop_assert_eq!(slots.take(function).is_ok(), room);
                    running[i] += u32::from(room);
                } else if running[i] > 0 {
                    slots.release(function);
                    running[i] -= 1;
                }
                prop_assert_eq!(slots.running(function), running[i]);
                prop_assert!(running.iter().sum::<u32>() <= pool + spare);
            }
        }
    }
}
