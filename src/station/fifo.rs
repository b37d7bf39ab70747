//! First come, first served: whatever works off a queue with a number of servers.
//!
//! No model of the program has one: `examples/queue.rs` does, and disks or stores with servers of their own would. (The
//! control plane of the platform, with constant service, is a formula: `platform/serverless/limits/control`.)
//!
//! Each of `c` servers works on one job at a time; the others wait in order of entry. Time is fixed point, as in
//! [`super::shared`]. With less than the nominal capacity all servers are slower: what they do is measured in *local
//! time*, `∫ share dt`, in which a job of work `w` that comes to a server at `t` is done at `t + w`. A server takes the
//! next job at the fixed-point time at which it is done with the last, so telling ends at whole picoseconds delays
//! nobody. At the nominal capacity all of it is whole picoseconds, and exact.
//!
//! A job that is cancelled at a server makes room at once; its entry stays in the heap, and one that is cancelled while
//! it waits stays in the queue, until it is their turn.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::fixed::{FRACTION, NEVER, Power, finish_of, fixed, following, key, order_of, whole};
use super::{Left, Resource, Share, Ticket, Usage};
use crate::units::{Span, Time};

/// Cancelled jobs are swept out when there are more than the others, and more than this.
const FEW: usize = 32;

/// Servers and their queue.
///
/// ```
/// use sdcsim::station::Resource;
/// use sdcsim::station::fifo::FifoStation;
/// use sdcsim::units::{Span, Time};
///
/// let mut disk = FifoStation::new(1);
/// disk.begin(Time::from_ps(0), 'a', Span::from_ps(10));
/// disk.begin(Time::from_ps(4), 'b', Span::from_ps(20));
/// assert_eq!(disk.next(), Time::from_ps(10));
/// assert_eq!(disk.pop(Time::from_ps(10)), Some('a'));
/// assert_eq!(disk.pop(Time::from_ps(10)), None);
/// assert_eq!(disk.next(), Time::from_ps(30));
/// ```
#[derive(Clone, Debug)]
pub struct FifoStation<J> {
    /// Real and local time up to which the state holds, in fixed point.
    at: u128,
    local: u128,
    /// When the first job at a server is done, in fixed-point real time, rounded up.
    departure: u128,
    /// What has been done but for `busy × local`, in fixed point, wrapping: less where jobs began, plus where they ended.
    done: u128,
    power: Power,
    /// All jobs, by the number in their tickets.
    slots: Vec<Slot<J>>,
    free: Vec<u32>,
    waiting: VecDeque<u32>,
    /// Jobs at servers, by local time of the end, then by order of entry; the first is not cancelled.
    serving: BinaryHeap<Reverse<(u128, u32)>>,
    /// Jobs whose work is done, not yet popped, in this order.
    finished: VecDeque<u32>,
    servers: u32,
    /// How many wait, are at a server, or are done, without the cancelled.
    queued: u32,
    busy: u32,
    ready: u32,
    entered: u32,
    peak: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot<J> {
    /// Local time of the end, then order of entry; before the job is at a server, only that.
    key: u128,
    work: u64,
    job: J,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Serving,
    Finished,
    Cancelled,
}

const _: () = assert!(size_of::<Slot<u32>>() == 32);

impl<J: Copy> FifoStation<J> {
    /// An idle station of `servers` servers, at least one.
    pub fn new(servers: u32) -> Self {
        assert!(servers > 0, "a station needs a server");
        Self {
            at: 0,
            local: 0,
            departure: NEVER,
            done: 0,
            power: Power::FULL,
            slots: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
            serving: BinaryHeap::new(),
            finished: VecDeque::new(),
            servers,
            queued: 0,
            busy: 0,
            ready: 0,
            entered: 0,
            peak: 0,
        }
    }

    /// How many jobs are there: waiting, at a server, and done but not yet popped.
    pub fn jobs(&self) -> usize {
        (self.queued + self.busy + self.ready) as usize
    }

    /// How many jobs wait for a server.
    pub fn waiting(&self) -> usize {
        self.queued as usize
    }

    /// Brings the state to `target`; then [`FifoStation::look_ahead`].
    fn go_to(&mut self, target: u128) {
        debug_assert!(target >= self.at, "time runs backwards at a station");
        while self.departure <= target {
            self.depart();
            self.look_ahead();
        }
        (self.at, self.local) = (target, self.power.local(target));
    }

    /// The first job at a server is done, and the server takes the next.
    fn depart(&mut self) {
        let Reverse((key, slot)) = self.serving.pop().expect("a job departs");
        (self.at, self.local) = (self.departure, finish_of(key));
        self.slots[slot as usize].state = State::Finished;
        self.finished.push_back(slot);
        self.ready += 1;
        self.leave_server();
    }

    fn leave_server(&mut self) {
        self.busy -= 1;
        self.done = self.done.wrapping_add(self.local);
        while let Some(slot) = self.waiting.pop_front() {
            if self.slots[slot as usize].state == State::Waiting {
                self.queued -= 1;
                self.serve(slot);
                return;
            }
            self.free.push(slot);
        }
    }

    fn serve(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        entry.key = key(self.local + fixed(entry.work), order_of(entry.key));
        entry.state = State::Serving;
        self.serving.push(Reverse((entry.key, slot)));
        self.busy += 1;
        self.done = self.done.wrapping_sub(self.local);
    }

    /// Finds out when the first job at a server is done.
    fn look_ahead(&mut self) {
        while let Some(&Reverse((key, slot))) = self.serving.peek() {
            if self.slots[slot as usize].state == State::Serving {
                self.departure = self.power.real(finish_of(key));
                return;
            }
            self.serving.pop();
            self.free.push(slot);
        }
        self.departure = NEVER;
    }

    fn enter(&mut self, job: J, work: u64) -> u32 {
        self.entered = following(self.entered);
        let entry = Slot { key: u128::from(self.entered), work, job, state: State::Waiting };
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = entry;
            return slot;
        }
        self.slots.push(entry);
        u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 jobs wait at one station")
    }

    /// Removes the cancelled where there are many, so that what is kept follows what is there.
    fn sweep(&mut self) {
        let Self { slots, free, waiting, serving, .. } = self;
        let mut keeps = |slot: u32, state| {
            let keeps = slots[slot as usize].state == state;
            if !keeps {
                free.push(slot);
            }
            keeps
        };
        if waiting.len() > FEW + 2 * self.queued as usize {
            waiting.retain(|&slot| keeps(slot, State::Waiting));
        }
        if serving.len() > FEW + 2 * self.busy as usize {
            serving.retain(|&Reverse((_, slot))| keeps(slot, State::Serving));
        }
    }

    fn usage_at(&self, target: u128) -> Usage {
        let local = self.power.local(target);
        let served = self.done.wrapping_add(local.wrapping_mul(u128::from(self.busy)));
        let possible = local * u128::from(self.servers);
        Usage { served: served >> FRACTION, possible: possible >> FRACTION, peak_jobs: self.peak }
    }
}

impl<J: Copy> Resource for FifoStation<J> {
    type Job = J;
    /// Time that a server takes at the nominal capacity.
    type Work = Span;

    fn begin(&mut self, now: Time, job: J, work: Span) -> Ticket {
        self.go_to(fixed(now.as_ps()));
        let slot = self.enter(job, work.as_ps());
        let ticket = Ticket::new(slot, u128::from(self.entered), work.as_ps());
        if self.busy < self.servers {
            self.serve(slot);
        } else {
            self.waiting.push_back(slot);
            self.queued += 1;
        }
        self.peak = self.peak.max(self.jobs() as u32);
        self.look_ahead();
        ticket
    }

    fn next(&self) -> Time {
        if self.ready == 0 { whole(self.departure) } else { whole(self.at) }
    }

    /// In the order of finishing, then of entry.
    fn pop(&mut self, now: Time) -> Option<J> {
        let target = fixed(now.as_ps());
        if target != self.at || self.departure <= target {
            self.go_to(target);
            self.look_ahead();
        }
        loop {
            let slot = self.finished.pop_front()?;
            self.free.push(slot);
            let entry = &self.slots[slot as usize];
            if entry.state == State::Finished {
                self.ready -= 1;
                return Some(entry.job);
            }
        }
    }

    fn cancel(&mut self, now: Time, ticket: Ticket) -> Left {
        self.go_to(fixed(now.as_ps()));
        let entry = &mut self.slots[ticket.place() as usize];
        debug_assert_eq!(order_of(entry.key), order_of(ticket.key()), "a job is cancelled that has left");
        let (key, work) = (entry.key, fixed(entry.work));
        let left = match std::mem::replace(&mut entry.state, State::Cancelled) {
            State::Waiting => {
                self.queued -= 1;
                Left::of(work as f64, work as f64)
            }
            State::Serving => {
                self.leave_server();
                Left::of(finish_of(key).saturating_sub(self.local) as f64, work as f64)
            }
            State::Finished => {
                self.ready -= 1;
                Left::NONE
            }
            State::Cancelled => unreachable!("a job is cancelled twice"),
        };
        self.sweep();
        self.look_ahead();
        left
    }

    /// All servers work at this share of their speed.
    fn set_capacity(&mut self, now: Time, share: Share) {
        let target = fixed(now.as_ps());
        self.go_to(target);
        self.power.set(target, share);
        self.look_ahead();
    }

    /// Server-picoseconds. Over a whole busy period, `served` is the work done.
    fn usage(&self, now: Time) -> Usage {
        debug_assert!(now <= self.next(), "a completion before {now} was not taken");
        let target = fixed(now.as_ps());
        if self.departure < target {
            // Jobs depart within this picosecond and are not yet popped.
            let mut copy = self.clone();
            copy.go_to(target);
            copy.usage_at(target)
        } else {
            self.usage_at(target)
        }
    }

    fn restart_peaks(&mut self) {
        self.peak = self.jobs() as u32;
    }
}

#[cfg(test)]
mod tests;
