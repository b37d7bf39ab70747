//! Gangs, whose members start together or not at all.

use std::collections::VecDeque;

use crate::ids::{FunctionId, RequestId};
use crate::platform::decision::Decision;
use crate::platform::serverless::request::{Start, Waiting};
use crate::record::{Act, Gauge, Meter, Rejection};
use crate::units::Time;

use super::Serverless;

impl Serverless {
    /// Takes a gang of requests of `function` that arrive now: all start (see [`Serverless::start_waiting`]), all wait,
    /// or all are rejected. Late binding only.
    pub fn request_gang(
        &mut self,
        now: Time,
        requests: &[RequestId],
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<()> {
        self.advance(now, meter);
        let size = requests.len() as u32;
        if !self.gangs.could_ever_hold(&self.cluster, function, size) {
            self.cluster.note(meter, Act::Reject, function, None, None);
            return Decision::Reject(Rejection::GangTooLarge);
        }
        let admitted = requests.iter().take_while(|_| self.quota.admit(function)).count();
        if admitted < requests.len() {
            (0..admitted).for_each(|_| self.quota.release(function));
            self.cluster.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        for _ in requests {
            self.keep_alive.arrived(now, function, &self.cluster.rules);
        }
        let mut members: VecDeque<Waiting> =
            requests.iter().map(|&request| Waiting { request, function, arrived: now, gang: 0 }).collect();
        members[0].gang = size;
        let allowed = self.cluster.allowed(function);
        let claimed = if self.cluster.rules.is_strict() { self.queues.claimed() } else { 0 };
        self.cluster.close(claimed);
        let starts = allowed & !claimed != 0 && self.gangs.fits(&self.cluster, function, size);
        self.cluster.close(0);
        let new = if starts { self.gangs.cold.len() as u32 } else { size };
        if !self.quota.may_add_all(now, function, new) {
            self.reject_gang(function, size);
            self.cluster.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        if starts {
            self.start_gang(now, &members, meter);
            return Decision::Start(());
        }
        if self.cluster.room.waiting() + u64::from(size) > self.cluster.rules.queue_limit {
            (0..size).for_each(|_| self.quota.give_back(function));
            self.reject_gang(function, size);
            self.cluster.note(meter, Act::Reject, function, None, None);
            return Decision::Reject(Rejection::QueueFull);
        }
        self.cluster.room.wait(size.into());
        meter.raise(Gauge::Waiting, size.into());
        self.cluster.note(meter, Act::Wait, function, None, None);
        self.queues.push_gang(allowed, &mut members);
        Decision::Wait
    }

    fn reject_gang(&mut self, function: FunctionId, size: u32) {
        for _ in 0..size {
            self.keep_alive.left(function);
            self.quota.release(function);
        }
    }

    /// Starts the gang at the head of the queue, if all of it can start.
    pub(super) fn start_waiting_gang(&mut self, now: Time, line: usize, head: &Waiting, meter: &mut Meter) -> bool {
        let size = head.gang;
        if !self.gangs.fits(&self.cluster, head.function, size) {
            return false;
        }
        let members = self.queues.pop_gang(line, size);
        self.start_gang(now, &members, meter);
        self.cluster.room.leave(size.into());
        meter.lower(Gauge::Waiting, size.into());
        true
    }

    /// Starts all members by the plan that has just been made.
    fn start_gang(&mut self, now: Time, members: &VecDeque<Waiting>, meter: &mut Meter) {
        let function = members[0].function;
        let (warm, cold) = (std::mem::take(&mut self.gangs.warm), std::mem::take(&mut self.gangs.cold));
        let mut waiting = members.iter();
        for (&sandbox, member) in warm.iter().zip(&mut waiting) {
            self.cluster.enter::<true>(now, sandbox, member.arrived, meter);
            self.starts.push_back((member.request, Start::warm(sandbox)));
        }
        for (&(host, pool), member) in cold.iter().zip(&mut waiting) {
            let start = self.start_in::<true>(now, (Some(host), pool), function, member.arrived, meter);
            self.starts.push_back((member.request, start.expect("the plan has room for it")));
        }
        (self.gangs.warm, self.gangs.cold) = (warm, cold);
    }
}
