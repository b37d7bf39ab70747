//! The user's bill: what is billed, and at which price.
//!
//! Functions: `Σ T·(M·price + C·clock price) + requests · price + idle memory · idle price`, where `T` is the run time
//! rounded up to the quantum and at least the minimum, `M` the memory, at least the minimum, rounded up to the step and
//! to the tier, and `C` the clock rate of the tier. Machines: `Σ max(minimum, ceil(existence / quantum)·quantum) ·
//! price`. Golden figures in the tests: AWS's own example of December 2020, Google's price table of 2021, and the Monte
//! Carlo arithmetic of the End Game paper.

use crate::config::plan::{FunctionPrices, IdlePayer};
use crate::record::{Counter, Counters};
use crate::units::{Bytes, Span, UsdPerHour};

use super::line::{Account, Line, line};

/// Adds up the bill of functions, in whole byte-picoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionBill {
    /// Runs.
    pub requests: u64,
    /// Memory over run time, in byte-picoseconds.
    pub byte_ps: u128,
    /// Clock rate over run time, in megahertz-picoseconds; zero where it is not billed.
    pub megahertz_ps: u128,
}

impl FunctionBill {
    /// Adds a request that held `memory` and ran for `run`.
    pub fn add(&mut self, prices: &FunctionPrices, memory: Bytes, run: Span) {
        self.requests += 1;
        self.add_part(prices, memory, run, run);
    }
    /// Adds what falls on the part `of` a run, the run's whole price in proportion, but for the price of the request.
    pub fn add_part(&mut self, prices: &FunctionPrices, memory: Bytes, run: Span, of: Span) {
        let whole = u128::from(run.round_up_to(prices.quantum).max(prices.minimum_time).as_ps());
        let billed = if of == run { whole } else { whole * u128::from(of.as_ps()) / u128::from(run.as_ps()) };
        let (memory, clock) = prices.size(memory);
        if let Some(clock) = clock {
            self.megahertz_ps += libm::rint(clock.0 * 1e3) as u128 * billed;
        }
        self.byte_ps += u128::from(memory.0) * billed;
    }
    /// Books what is billed.
    pub fn record(&self, counters: &mut Counters) {
        counters.add(Counter::BilledRequests, self.requests);
        counters.add(Counter::BilledMemory, self.byte_ps);
        counters.add(Counter::BilledClock, self.megahertz_ps);
    }
    /// The bill of what was recorded.
    pub fn recorded(counters: &Counters) -> Self {
        Self {
            requests: counters.get(Counter::BilledRequests),
            byte_ps: counters.exact(Counter::BilledMemory),
            megahertz_ps: counters.exact(Counter::BilledClock),
        }
    }
}

/// GiB-seconds.
fn gib_seconds(byte_ps: u128) -> f64 {
    byte_ps as f64 / 1e12 / f64::from(1_u32 << 30)
}

/// The bill of functions: memory, clock rate, requests, and `idle` byte-picoseconds of idle sandboxes, where the user
/// pays for them.
pub(super) fn function_lines(prices: &FunctionPrices, bill: &FunctionBill, idle: u128) -> [Line; 4] {
    let memory = gib_seconds(bill.byte_ps);
    let idle_price = match prices.idle.payer {
        IdlePayer::Provider => 0.0,
        IdlePayer::User => prices.idle.price.0,
    };
    [
        line(Account::User, "memory while running", memory, "GiB*s", prices.memory.0),
        line(Account::User, "clock rate while running", bill.megahertz_ps as f64 / 1e15, "GHz*s", prices.clock.0),
        line(Account::User, "requests", bill.requests as f64, "requests", prices.request.0),
        line(Account::User, "memory while idle", gib_seconds(idle), "GiB*s", idle_price),
    ]
}

/// The bill for `billed` time of machines.
pub(super) fn machine_line(billed: Span, price: UsdPerHour) -> Line {
    line(Account::User, "machines", billed.as_secs_f64() / 3_600.0, "h", price.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::{IdlePrice, PriceTier};
    use crate::units::{Gigahertz, UsdPerGbSecond, UsdPerGhzSecond, UsdPerRequest};

    fn prices(quantum: Span) -> FunctionPrices {
        FunctionPrices {
            memory: UsdPerGbSecond(1.666_67e-5),
            request: UsdPerRequest(0.2e-6),
            quantum,
            minimum_time: Span::ZERO,
            minimum_memory: Bytes::from_mib(128),
            memory_step: Bytes::ZERO,
            clock: UsdPerGhzSecond(0.0),
            tiers: Vec::new(),
            idle: IdlePrice::default(),
        }
    }

    fn bill_of(prices: &FunctionPrices, memory: Bytes, run: Span) -> f64 {
        let mut bill = FunctionBill::default();
        bill.add(prices, memory, run);
        function_lines(prices, &bill, 0).iter().map(|line| line.amount).sum()
    }

    /// AWS blog, 1 December 2020: 60 million requests of 28 ms at 1 GB cost 100 USD at the 100 ms quantum and 28 at
    /// 1 ms; the requests 12.
    #[test]
    fn lambda_bill_of_december_2020() {
        for (quantum, memory_cost) in [(100, 100.0), (1, 28.0)] {
            let per_request = bill_of(&prices(Span::from_ms(quantum)), Bytes::from_gib(1), Span::from_ms(28));
            let requests = 60e6;
            assert!((requests * per_request - (memory_cost + 12.0)).abs() < 0.01, "{}", requests * per_request);
        }
    }

    /// End Game section 5.1 with list prices: 1.75 GB functions against 0.0425 USD per virtual core and hour.
    #[test]
    fn monte_carlo_ratio_at_equal_time() {
        let prices = FunctionPrices { request: UsdPerRequest(0.0), ..prices(Span::from_ms(100)) };
        let functions = bill_of(&prices, Bytes::from_gib(7).scale(0.25), Span::from_secs(3_600));
        let ratio = functions / machine_line(Span::from_secs(3_600), UsdPerHour(0.0425)).amount;
        assert!((ratio - 2.4706).abs() < 1e-4, "{ratio}");
    }

    /// Google Cloud Functions, first generation, tier 1: USD per 100 ms of each size, memory and clock together.
    #[test]
    fn google_price_table() {
        let tiers = [(128, 0.2), (256, 0.4), (512, 0.8), (1024, 1.4), (2048, 2.4)];
        let tier = |(mib, ghz): (u64, f64)| PriceTier { memory: Bytes::from_mib(mib), clock: Gigahertz(ghz) };
        let google = FunctionPrices {
            memory: UsdPerGbSecond(0.25e-5),
            clock: UsdPerGhzSecond(1e-5),
            request: UsdPerRequest(0.0),
            tiers: tiers.map(tier).to_vec(),
            ..prices(Span::from_ms(100))
        };
        let table = [(128, 0.231), (256, 0.463), (512, 0.925), (1024, 1.650), (2048, 2.900)];
        for (mib, millionths) in table {
            let bill = bill_of(&google, Bytes::from_mib(mib), Span::from_ms(100)) * 1e6;
            assert!((bill - millionths).abs() < 0.001, "{mib} MiB: {bill}");
        }
        // 1 ms is 100 ms, and 300 MiB are 512; what is larger than all tiers keeps its memory and the last clock rate.
        assert_eq!(
            bill_of(&google, Bytes::from_mib(300), Span::from_ms(1)),
            bill_of(&google, Bytes::from_mib(512), Span::from_ms(100))
        );
        let large = bill_of(&google, Bytes::from_gib(4), Span::from_secs(1));
        assert!((large - (4.0 * 0.25e-5 + 2.4 * 1e-5)).abs() < 1e-15, "{large}");
    }

    /// Azure Functions, consumption plan: observed memory in steps of 128 MB, at least 100 ms.
    #[test]
    fn azure_steps_and_minimum() {
        let azure = FunctionPrices {
            memory: UsdPerGbSecond(1.6e-5),
            minimum_time: Span::from_ms(100),
            memory_step: Bytes::from_mib(128),
            ..prices(Span::from_ms(1))
        };
        for (mib, ms, gib_seconds) in [(1, 1, 0.0125), (129, 100, 0.025), (256, 150, 0.0375)] {
            let bill = bill_of(&azure, Bytes::from_mib(mib), Span::from_ms(ms));
            assert!((bill - (gib_seconds * 1.6e-5 + 0.2e-6)).abs() < 1e-15, "{mib} MiB, {ms} ms: {bill}");
        }
    }

    /// AWS Lambda, provisioned concurrency: 4.1667 millionths of a USD per GB-second.
    #[test]
    fn idle_memory_is_paid_by_whom_the_rule_names() {
        let mut prices = prices(Span::from_ms(1));
        prices.idle.price = UsdPerGbSecond(4.166_7e-6);
        let idle = (3_600_u128 * 1_000_000_000_000) << 30;
        let bill = |prices: &FunctionPrices| function_lines(prices, &FunctionBill::default(), idle)[3].amount;
        assert_eq!(bill(&prices), 0.0);
        prices.idle.payer = IdlePayer::User;
        assert!((bill(&prices) - 0.015).abs() < 1e-6);
    }
    /// Three runs by hand: what is recorded in the counters is what the lines are made of.
    #[test]
    fn bill_of_three_runs() {
        let mut prices = FunctionPrices {
            minimum_time: Span::from_ms(200),
            memory: UsdPerGbSecond(2e-5),
            request: UsdPerRequest(1e-6),
            ..prices(Span::from_ms(100))
        };
        prices.idle = IdlePrice { payer: IdlePayer::User, price: UsdPerGbSecond(1e-6) };
        let mut bill = FunctionBill::default();
        // 0.2 s of 1 GiB, 0.4 s of 2 GiB, and 1 s of the least memory, an eighth of a GiB.
        bill.add(&prices, Bytes::from_gib(1), Span::from_ms(130));
        bill.add(&prices, Bytes::from_gib(2), Span::from_ms(301));
        bill.add(&prices, Bytes::from_mib(1), Span::from_ms(1_000));
        let mut counters = Counters::default();
        bill.record(&mut counters);
        assert_eq!(FunctionBill::recorded(&counters), bill);
        let idle = (4_u128 * 1_000_000_000_000) << 30;
        let lines = function_lines(&prices, &FunctionBill::recorded(&counters), idle);
        let amounts = [(0.2 + 0.8 + 0.125) * 2e-5, 0.0, 3e-6, 4e-6];
        for (line, amount) in lines.iter().zip(amounts) {
            assert!((line.amount - amount).abs() < 1e-18, "{line:?} is not {amount}");
            assert!((line.quantity * line.rate - line.amount).abs() < 1e-18, "{line:?}");
        }
    }
}
