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
//! together (1 for synchronous faults). How starts share a pool with each other and with runs: [`pool`](super::pool).
//!
//! Software cost: 12.6–16.7 us of a 4 KiB fault on a kernel of 2015; `LegoOS`, fabric
//! included, 6.3 us (`WukLab/LegoOS`, profile.md). Faults of one start are alike; pages are not shared between starts on a node.

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
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
