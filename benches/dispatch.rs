//! Power of two choices near saturation, where many hosts and requests are needed: too long for the trust card.
//!
//!     cargo bench --bench dispatch            # loads 0.95 and 0.99; some minutes

use sdcsim::validate::dispatch::power_of_two;

fn main() {
    for (load, hosts, requests) in [(0.95, 1_000, 8_000_000), (0.99, 30_000, 100_000_000)] {
        let measured = power_of_two(load, hosts, requests);
        println!(
            "load {load}, {hosts} hosts, {requests} requests: mean response {:.4} ± {:.4} (99 %), limit {:.4}, deviation {:.2} %",
            measured.measured,
            measured.half_width,
            measured.expected,
            100.0 * measured.deviation()
        );
    }
}
