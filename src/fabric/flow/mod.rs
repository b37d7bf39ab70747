//! Flows that share ports: the network cards of hosts, pools and storage nodes (fidelity "fluid").
//!
//! ```text
//! rate of a flow = min(C_from / n_from, C_to / n_to, cap)
//! ```
//!
//! `C` is the capacity of a port in that direction, `n` the number of flows that pass it. A port is full duplex and the core
//! of the network does not block. Each port shares equally, and what a flow leaves there because it is bound elsewhere is
//! not given to others: so a rate is at most the max-min fair one (Bertsekas and Gallager 1992, Data Networks, section 6.5.2),
//! and equal to it where the flows of a port are all bound there. No port ever carries more than its capacity.
//!
//! A start or an end costs a number of steps that grows with the logarithm of the flows, whatever the number of hosts: see
//! the source of `sharing`. A flow alone takes exactly bytes over rate, rounded up to a picosecond.

mod clock;
mod heaps;
mod sharing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::ids::PortId;
use crate::station::{Left, Resource, Share, Ticket, Usage};
use crate::units::{BitsPerSec, Bytes, Time};

use clock::{BYTE, MOST_BYTES, fixed, whole};
use heaps::NONE;
use sharing::{Path, Sharing, Side};

/// A transfer from one port to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Who sends.
    pub from: PortId,
    /// Who receives.
    pub to: PortId,
    /// At most 2 PiB.
    pub bytes: Bytes,
    /// The most that this flow can have: a device, a protocol, one connection.
    pub cap: Option<BitsPerSec>,
}

/// Ports, and the flows between them. `J` names the owner's jobs.
#[derive(Clone, Debug)]
pub struct Ports<J> {
    sharing: Sharing,
    /// One for each direction of each port, as in `sharing`.
    accounts: Vec<Account>,
    /// Of the whole fabric.
    share: Share,
    transfers: Vec<Transfer<J>>,
    spare: Vec<u32>,
    /// Ports whose two directions share one capacity, in order.
    both_ways: Vec<PortId>,
    /// Flows that are done and not yet popped.
    done: VecDeque<u32>,
    begun: u64,
    jobs: u32,
    peak: u32,
}

/// A flow that is not yet popped.
#[derive(Clone, Copy, Debug)]
struct Transfer<J> {
    path: Path,
    bytes: Bytes,
    /// Its number among all flows.
    begun: u64,
    class: u32,
    state: State,
    job: J,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Moves,
    Done,
}

/// What is told of one direction of a port.
#[derive(Clone, Copy, Debug)]
struct Account {
    nominal: BitsPerSec,
    share: Share,
    peak: u32,
    /// Of flows that are over.
    bytes: u128,
    /// And the part of a byte, as work.
    odd: u128,
    /// What could have passed until `since`, in bits × 10^12.
    possible: u128,
    since: Time,
}

const _: () = assert!(size_of::<Transfer<u32>>() <= 56 && size_of::<Account>() <= 112);

impl<J: Copy> Ports<J> {
    /// No ports.
    pub fn new() -> Self {
        Self {
            sharing: Sharing::new(),
            accounts: Vec::new(),
            share: Share::ALL,
            transfers: Vec::new(),
            spare: Vec::new(),
            both_ways: Vec::new(),
            done: VecDeque::new(),
            begun: 0,
            jobs: 0,
            peak: 0,
        }
    }

    /// The next port, which can send and receive `capacity` each.
    pub fn add(&mut self, capacity: BitsPerSec) -> PortId {
        let port = PortId::new(self.accounts.len() as u32 / 2);
        let account =
            Account { nominal: capacity, share: Share::ALL, peak: 0, bytes: 0, odd: 0, possible: 0, since: Time::ZERO };
        for _ in 0..2 {
            self.accounts.push(account);
            self.sharing.add(Side::new(account.capacity(self.share)));
        }
        port
    }

    /// The next port, whose `capacity` is for what it sends and receives together: a device with one head, a bus.
    pub fn add_shared(&mut self, capacity: BitsPerSec) -> PortId {
        let port = self.add(capacity);
        self.both_ways.push(port);
        port
    }
    /// The side that takes what a port receives.
    #[inline]
    fn receiving(&self, port: PortId) -> u32 {
        if self.both_ways.first().is_some_and(|first| port >= *first) && self.both_ways.binary_search(&port).is_ok() {
            sending(port)
        } else {
            receiving_side(port)
        }
    }

    /// Sets the share of its nominal capacity that a port has from now on, in both directions.
    pub fn set_port_capacity(&mut self, now: Time, port: PortId, share: Share) {
        self.advance(now);
        for side in [sending(port), self.receiving(port)] {
            self.accounts[side as usize].share = share;
            self.apply_capacity(now, side);
        }
    }

    /// Bytes that a port has sent, and could have; the most flows it had to send at once.
    pub fn sent(&self, now: Time, port: PortId) -> Usage {
        self.side_usage(now, sending(port))
    }

    /// Bytes that a port has received, and could have; the most flows it had to receive at once.
    pub fn received(&self, now: Time, port: PortId) -> Usage {
        self.side_usage(now, self.receiving(port))
    }

    fn side_usage(&self, now: Time, side: u32) -> Usage {
        let account = &self.accounts[side as usize];
        let (mut bytes, mut rest) = (account.bytes, account.odd);
        for moved in self.sharing.moved(side, fixed(now)) {
            bytes += moved / BYTE;
            rest += moved % BYTE;
        }
        let capacity = self.sharing.sides[side as usize].capacity;
        let possible = account.possible + u128::from(capacity) * u128::from(now.since(account.since).as_ps());
        Usage { served: bytes + rest / BYTE, possible: possible / PS_BYTE, peak_jobs: account.peak }
    }

    fn apply_capacity(&mut self, now: Time, side: u32) {
        let account = &mut self.accounts[side as usize];
        let before = self.sharing.sides[side as usize].capacity;
        account.possible += u128::from(before) * u128::from(now.since(account.since).as_ps());
        account.since = now;
        self.sharing.set_capacity(side, account.capacity(self.share));
    }

    /// Lets flows end up to `now`.
    fn advance(&mut self, now: Time) {
        let target = fixed(now);
        loop {
            let departure = self.sharing.next();
            if departure > target {
                break;
            }
            self.sharing.at = self.sharing.at.max(departure);
            self.depart();
        }
        self.sharing.at = self.sharing.at.max(target);
    }

    fn depart(&mut self) {
        let (index, class) = self.sharing.next_flow();
        let transfer = &mut self.transfers[index as usize];
        transfer.state = State::Done;
        let (path, bytes) = (transfer.path, transfer.bytes);
        self.sharing.leave(index, class, work(bytes));
        for side in [path.from, path.to] {
            self.accounts[side as usize].bytes += u128::from(bytes.0);
        }
        self.done.push_back(index);
    }

    fn forget(&mut self, index: u32) {
        self.jobs -= 1;
        self.spare.push(index);
    }
}

impl<J: Copy> Default for Ports<J> {
    fn default() -> Self {
        Self::new()
    }
}

impl<J: Copy> Resource for Ports<J> {
    type Job = J;
    type Work = Flow;

    fn begin(&mut self, now: Time, job: J, flow: Flow) -> Ticket {
        assert!(flow.bytes <= MOST_BYTES, "a flow of more bytes than its arithmetic holds");
        self.advance(now);
        let (from, to) = (sending(flow.from), self.receiving(flow.to));
        let path = Path { from, to, cap: flow.cap.map_or(u64::MAX, |cap| cap.0) };
        let begun = self.begun;
        let transfer = Transfer { path, bytes: flow.bytes, begun, class: NONE, state: State::Moves, job };
        let index = self.spare.pop().unwrap_or(self.transfers.len() as u32);
        if index as usize == self.transfers.len() {
            self.transfers.push(transfer);
            self.sharing.flows.reserve(index);
        } else {
            self.transfers[index as usize] = transfer;
        }
        self.begun += 1;
        self.jobs += 1;
        self.peak = self.peak.max(self.jobs);
        self.transfers[index as usize].class = self.sharing.begin(index, begun as u32, path, work(flow.bytes));
        for side in [from, to] {
            let peak = &mut self.accounts[side as usize].peak;
            *peak = (*peak).max(self.sharing.sides[side as usize].flows);
        }
        Ticket::new(index, u128::from(begun), flow.bytes.0)
    }

    fn next(&self) -> Time {
        if !self.done.is_empty() {
            return whole(self.sharing.at);
        }
        whole(self.sharing.next())
    }

    fn pop(&mut self, now: Time) -> Option<J> {
        self.advance(now);
        let index = self.done.pop_front()?;
        self.forget(index);
        Some(self.transfers[index as usize].job)
    }

    /// A flow counts with what it has moved.
    fn cancel(&mut self, now: Time, ticket: Ticket) -> Left {
        self.advance(now);
        let index = ticket.place();
        let transfer = &self.transfers[index as usize];
        debug_assert_eq!(u128::from(transfer.begun), ticket.key(), "the ticket of a flow that is no longer there");
        let (path, bytes) = (transfer.path, transfer.bytes);
        let left = match transfer.state {
            State::Moves => {
                let left = self.sharing.leave(index, transfer.class, work(bytes));
                for side in [path.from, path.to] {
                    let account = &mut self.accounts[side as usize];
                    let done = account.odd + (work(bytes) - left);
                    account.bytes += done / BYTE;
                    account.odd = done % BYTE;
                }
                left
            }
            State::Done => {
                self.done.retain(|&other| other != index);
                0
            }
        };
        self.forget(index);
        Left::of(left as f64, work(bytes) as f64)
    }

    /// Of all ports, on top of what each has by itself.
    fn set_capacity(&mut self, now: Time, share: Share) {
        self.advance(now);
        self.share = share;
        for side in 0..self.accounts.len() as u32 {
            self.apply_capacity(now, side);
        }
    }

    /// Bytes of all flows, each once, and what all ports could have sent. Costs a step per class of flows under way.
    fn usage(&self, now: Time) -> Usage {
        let mut all = Usage { served: 0, possible: 0, peak_jobs: self.peak };
        for side in 0..self.accounts.len() as u32 {
            let one = self.side_usage(now, side);
            all.served += one.served;
            all.possible += if side % 2 == 0 { one.possible } else { 0 };
        }
        // A flow is in the accounts of two sides, which are both sending ones where a port shares its directions.
        all.served /= 2;
        all
    }

    fn restart_peaks(&mut self) {
        self.peak = self.jobs;
        for (account, side) in self.accounts.iter_mut().zip(&self.sharing.sides) {
            account.peak = side.flows;
        }
    }
}

impl Account {
    fn capacity(&self, share: Share) -> u64 {
        let parts = u128::from(self.share.ppm()) * u128::from(share.ppm());
        (u128::from(self.nominal.0) * parts / 1_000_000_000_000) as u64
    }
}

/// Bits × 10^12 in a byte: what a bit per second moves in 8·10^12 ps.
const PS_BYTE: u128 = 8_000_000_000_000;

fn work(bytes: Bytes) -> u128 {
    u128::from(bytes.0) * BYTE
}

const fn sending(port: PortId) -> u32 {
    2 * port.raw()
}

const fn receiving_side(port: PortId) -> u32 {
    2 * port.raw() + 1
}
