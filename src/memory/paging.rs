//! Paging in the working set of a start: from a mapped template in a memory pool, or from a snapshot.
//!
//! ```text
//! N      = ceil(W / page)                     pages of the working set W
//! fault  = (software + round trip + page/B) / ω, at least page/B
//! page_s = (1 − p)·fault + p·page/B           mean time of a page, p of them prefetched in bulk
//! alone  = N · page_s
//! ```
//!
//! `software` is what the kernel spends on a fault, `B` the rate that one start alone can get, `ω` the faults in flight
//! together (1 for synchronous faults). A start alone thus moves `r = page / page_s`, and on a pool of bandwidth `B_p`
//! the rates of `n` starts are `min(r, B_p/n)`: the pool is a shared station of capacity `B_p / r` starts, rounded down,
//! so that `n` starts of `W` each never end before `n·W/B_p`.
//!
//! Software cost: 12.6–16.7 us of a 4 KiB fault on a kernel of 2015; `LegoOS`, fabric
//! included, 6.3 us (`WukLab/LegoOS`, profile.md). Faults of one start are alike; pages are not shared between starts on a node.

use crate::station::shared::{MAX_DENOMINATOR, SharedStation};
use crate::units::{BitsPerSec, Bytes, Span};

/// How pages come in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paging {
    /// Size of a page; not zero.
    pub page: Bytes,
    /// Software's part of a fault.
    pub software: Span,
    /// From request to first byte, of fabric and memory.
    pub round_trip: Span,
    /// What one start alone can get: of its interface or of the pool, whichever is less.
    pub rate: BitsPerSec,
    /// p, share of the pages that are prefetched.
    pub prefetch: f64,
    /// ω, faults in flight together; at least 1.
    pub overlap: f64,
}

impl Paging {
    /// Pages of a working set of `bytes`.
    pub fn pages(&self, bytes: Bytes) -> u64 {
        bytes.0.div_ceil(self.page.0)
    }
    /// Time of one fault.
    pub fn fault(&self) -> Span {
        let transfer = self.rate.transfer_time(self.page);
        let waits = self.software + self.round_trip + transfer;
        waits.scale(1.0 / self.overlap).max(transfer)
    }
    /// Mean time of a page.
    pub fn page_time(&self) -> Span {
        let transfer = self.rate.transfer_time(self.page);
        self.fault().scale(1.0 - self.prefetch) + transfer.scale(self.prefetch)
    }
    /// Time to page in `bytes` with nobody else at the pool.
    pub fn alone(&self, bytes: Bytes) -> Span {
        self.page_time() * self.pages(bytes)
    }
    /// A pool of the given bandwidth, as a station at which each start has the work [`Paging::alone`].
    pub fn station<J: Copy>(&self, bandwidth: BitsPerSec) -> SharedStation<J> {
        let starts = bandwidth.bytes_per_sec_f64() * self.page_time().as_secs_f64() / self.page.0 as f64;
        let most = f64::from(u32::MAX / MAX_DENOMINATOR);
        let numerator = libm::floor(starts.clamp(1.0, most) * f64::from(MAX_DENOMINATOR)) as u32;
        SharedStation::with_capacity_ratio(numerator, MAX_DENOMINATOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::Resource as _;
    use crate::units::Time;

    /// 4 KiB at 32.768 Gbit/s are 1 us; 4 us of software and 1 us of round trip.
    const SLOW: Paging = Paging {
        page: Bytes(4096),
        software: Span::from_us(4),
        round_trip: Span::from_us(1),
        rate: BitsPerSec(32_768_000_000),
        prefetch: 0.0,
        overlap: 1.0,
    };

    #[test]
    fn a_page_adds_up() {
        assert_eq!(SLOW.fault(), Span::from_us(6));
        assert_eq!(Paging { overlap: 3.0, ..SLOW }.fault(), Span::from_us(2));
        // However many faults are in flight, the bytes take their time.
        assert_eq!(Paging { overlap: 100.0, ..SLOW }.fault(), Span::from_us(1));
        assert_eq!(Paging { prefetch: 0.5, ..SLOW }.page_time(), Span::from_ns(3_500));
        assert_eq!((SLOW.pages(Bytes(4097)), SLOW.pages(Bytes::ZERO)), (2, 0));
        assert_eq!(SLOW.alone(Bytes::from_mib(1)), Span::from_us(6 * 256));
    }

    /// `LegoOS`, profile.md: a remote page of 4 KiB takes one thread 6.288 us, of which the fabric of these layouts would
    /// take 2.27 us (4 KiB by RDMA SEND, `ib_send_lat`).
    #[test]
    fn legoos_page() {
        let software = Span::from_ps(6_288_000 - 2_270_000);
        let transfer = BitsPerSec(98_000_000_000).transfer_time(Bytes(4096));
        let round_trip = Span::from_ns(2_270).saturating_sub(transfer);
        let lego = Paging { software, round_trip, rate: BitsPerSec(98_000_000_000), ..SLOW };
        assert_eq!(lego.fault(), Span::from_ns(6_288));
    }

    /// `n` starts at once, on a pool of `bandwidth`: when the last one ends.
    fn herd(paging: &Paging, bandwidth: BitsPerSec, starts: u32, bytes: Bytes) -> Time {
        let mut station = paging.station(bandwidth);
        for start in 0..starts {
            station.begin(Time::ZERO, start, paging.alone(bytes));
        }
        let mut end = Time::ZERO;
        while station.next() < Time::MAX {
            end = station.next();
            while station.pop(end).is_some() {}
        }
        end
    }

    #[test]
    fn a_herd_waits_for_the_pool() {
        let pool = BitsPerSec(2 * 32_768_000_000);
        let bytes = Bytes::from_mib(1);
        // One start moves a page in 6 us, the pool twelve pages: up to twelve starts do not feel each other.
        for few in [1, 12] {
            assert_eq!(herd(&SLOW, pool, few, bytes), Time::ZERO + SLOW.alone(bytes));
        }
        // 120 starts move 120 MiB at 8.192 GB/s, and no faster: 15.36 ms.
        assert_eq!(herd(&SLOW, pool, 120, bytes), Time::ZERO + Span::from_us(15_360));
    }

    proptest::proptest! {
        #[test]
        fn no_herd_beats_the_bandwidth(
            (starts, pages, prefetch) in (1_u32..200, 1_u64..2_000, 0.0_f64..1.0),
            (rate, bandwidth) in (1_000_000_000_u64..400_000_000_000, 1_u64..20),
            (software, overlap) in (0_u64..20_000, 1.0_f64..16.0),
        ) {
            let pool = BitsPerSec(rate / 4 * bandwidth);
            let rate = BitsPerSec(rate).min(pool);
            let software = Span::from_ns(software);
            let paging = Paging { software, rate, prefetch, overlap, ..SLOW };
            let bytes = Bytes(4096 * pages);
            let end = herd(&paging, pool, starts, bytes);
            let least = pool.transfer_time(bytes * u64::from(starts)).max(paging.alone(bytes));
            // Each page's time is rounded to a picosecond.
            let rounding = Span::from_ps(2 * pages * u64::from(starts));
            proptest::prop_assert!(end + rounding >= Time::ZERO + least, "{end} before {least}");
            let slack = 1.0 + 1.0 / 512.0;
            proptest::prop_assert!(end <= Time::ZERO + least.scale(slack) + rounding, "{end} long after {least}");
        }
    }
}
