//! The user's bill.
//!
//! Functions: `Σ ceil(run time / quantum)·quantum · max(memory, minimum) · price + requests · price`. Machines:
//! `Σ max(minimum, ceil(existence / quantum)·quantum) · price`. Golden figures in the tests: AWS's own example of
//! December 2020, and the Monte Carlo arithmetic of the End Game paper.

use crate::config::raw::FunctionPrices;
use crate::units::{Bytes, Span, Usd, UsdPerHour};

/// Adds up the bill of functions, in whole byte-picoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct FunctionBill {
    requests: u64,
    byte_ps: u128,
}

impl FunctionBill {
    /// Adds a request that held `memory` and ran for `run`.
    pub fn add(&mut self, prices: &FunctionPrices, memory: Bytes, run: Span) {
        self.requests += 1;
        let billed = run.round_up_to(prices.quantum.0);
        self.byte_ps += u128::from(memory.max(prices.minimum_memory.0).0) * u128::from(billed.as_ps());
    }
    /// GiB-seconds billed.
    pub fn gib_seconds(&self) -> f64 {
        self.byte_ps as f64 / f64::from(1_u32 << 30) / 1e12
    }
    /// The amount.
    pub fn total(&self, prices: &FunctionPrices) -> Usd {
        Usd(self.gib_seconds() * prices.memory.0.0 + self.requests as f64 * prices.request.0.0)
    }
}

/// The bill for `billed` time of machines.
pub fn vm_bill(billed: Span, price: UsdPerHour) -> Usd {
    Usd(billed.as_secs_f64() / 3_600.0 * price.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::quantity::Q;
    use crate::units::{UsdPerGbSecond, UsdPerRequest};

    fn prices(quantum: Span) -> FunctionPrices {
        FunctionPrices {
            memory: Q(UsdPerGbSecond(1.666_67e-5)),
            request: Q(UsdPerRequest(0.2e-6)),
            quantum: Q(quantum),
            minimum_memory: Q(Bytes::from_mib(128)),
        }
    }

    /// AWS blog, 1 December 2020: 60 million requests of 28 ms at 1 GB cost 100 USD at the 100 ms quantum and 28 at
    /// 1 ms; the requests 12.
    #[test]
    fn lambda_bill_of_december_2020() {
        for (quantum, memory_cost) in [(100, 100.0), (1, 28.0)] {
            let prices = prices(Span::from_ms(quantum));
            let mut bill = FunctionBill::default();
            bill.add(&prices, Bytes::from_gib(1), Span::from_ms(28));
            let requests = 60e6;
            let per_request = bill.total(&prices).0;
            assert!((requests * per_request - (memory_cost + 12.0)).abs() < 0.01, "{}", requests * per_request);
        }
    }

    /// End Game section 5.1 with list prices: 1.75 GB functions against 0.0425 USD per virtual core and hour.
    #[test]
    fn monte_carlo_ratio_at_equal_time() {
        let prices = FunctionPrices { request: Q(UsdPerRequest(0.0)), ..prices(Span::from_ms(100)) };
        let mut bill = FunctionBill::default();
        bill.add(&prices, Bytes::from_gib(7).scale(0.25), Span::from_secs(3_600));
        let ratio = bill.total(&prices).0 / vm_bill(Span::from_secs(3_600), UsdPerHour(0.0425)).0;
        assert!((ratio - 2.4706).abs() < 1e-4, "{ratio}");
    }
}
