//! The fabric between nodes, memory pools and storage, in closed form (fidelity "analytic").
//!
//! ```text
//! message   T(bytes) = set-up + 2·interface + switches·switch + propagation + bytes/rate
//! access    T(line)  = 2·(2·interface + switches·switch + propagation) + line/rate      a round trip, circuit up
//! ```
//!
//! Ethernet leaf–spine: three switches, no set-up. Photonic circuits: no switch in the path, one set-up per
//! message and per run that uses remote memory. Messages do not contend with each other here; image fetches
//! contend at the storage nodes, accesses at the memory pools. Valid while links are lightly used.

use crate::units::{BitsPerSec, Bytes, Span};

/// A fabric in closed form.
#[derive(Clone, Copy, Debug)]
pub struct Fabric {
    /// Time to set up a circuit; zero for packets.
    pub setup: Span,
    /// Time that one interface adds.
    pub interface: Span,
    /// Time in all switches on a path.
    pub switching: Span,
    /// Propagation from end to end.
    pub propagation: Span,
    /// Rate of the slowest link on a path.
    pub rate: BitsPerSec,
}

impl Fabric {
    /// One way, for the first bit.
    pub fn one_way(&self) -> Span {
        self.interface * 2 + self.switching + self.propagation
    }
    /// Time of a message of `bytes`; nothing is sent, and no time passes, for none.
    pub fn message(&self, bytes: Bytes) -> Span {
        if bytes == Bytes::ZERO {
            return Span::ZERO;
        }
        self.setup + self.one_way() + self.rate.transfer_time(bytes)
    }
    /// Round trip of one access of `line` bytes over a circuit that is up.
    pub fn access(&self, line: Bytes) -> Span {
        self.one_way() * 2 + self.rate.transfer_time(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_adds_up() {
        let ethernet = Fabric {
            setup: Span::ZERO,
            interface: Span::from_ns(500),
            switching: Span::from_ns(750),
            propagation: Span::from_ns(500),
            rate: BitsPerSec(100_000_000_000),
        };
        // 1526 B at 100 Gbit/s take 122.08 ns (blog.ipspace.net, 2021-04).
        assert_eq!(ethernet.message(Bytes(1526)), Span::from_ps(2_250_000 + 122_080));
        assert_eq!(ethernet.message(Bytes::ZERO), Span::ZERO);
        assert_eq!(ethernet.access(Bytes(64)), Span::from_ps(2 * 2_250_000 + 5_120));
    }
}
