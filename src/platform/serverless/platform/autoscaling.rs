//! Sandboxes that start and go without a request: pre-warms and autoscaling.

use crate::ids::{FunctionId, HostId};
use crate::record::{Act, Meter};
use crate::units::Time;

use super::Serverless;

impl Serverless {
    /// Does what is due now: pre-warms, ticks of autoscalers. Call [`Serverless::advance`] first.
    pub fn due(&mut self, now: Time, meter: &mut Meter) {
        if !self.is_general() {
            return;
        }
        // Starts what is to be pre-warmed now, unless the function has a sandbox.
        while let Some((function, until)) = self.keep_alive.due(now) {
            let exist = self.cluster.sandboxes.count(function).exist;
            if exist == 0 && self.boot(now, function, None, meter).is_some() {
                self.keep_alive.prewarmed(function, until);
            }
        }
        if let Some(awake) = self.autoscaler.begin_tick(now) {
            for &function in &awake {
                self.evaluate(now, function, meter);
            }
            let sandboxes = &self.cluster.sandboxes;
            let exist = |function| sandboxes.count(function).exist;
            self.autoscaler.end_tick(now, awake, exist, &self.cluster.rules);
        }
    }

    pub(super) fn autoscale_arrival(&mut self, now: Time, function: FunctionId, meter: &mut Meter) {
        let exist = self.cluster.sandboxes.count(function).exist;
        if self.autoscaler.arrival(now, function, exist, &self.cluster.rules) {
            self.evaluate(now, function, meter);
        }
    }

    /// Evaluates how many sandboxes an autoscaled function should have, and starts or terminates some.
    fn evaluate(&mut self, now: Time, function: FunctionId, meter: &mut Meter) {
        let count = self.cluster.sandboxes.count(function);
        let waiting = self.queues.waiting_for(self.cluster.sandboxes.column(function, HostId::new(0))) as u32;
        let exist = (count.exist, count.ready);
        let wanted = self.autoscaler.evaluate(now, function, exist, waiting, &self.cluster.rules);
        for _ in count.exist..wanted {
            if self.boot(now, function, None, meter).is_none() {
                break;
            }
        }
        while self.cluster.sandboxes.count(function).exist > wanted
            && let Some(idle) = self.cluster.sandboxes.longest_idle_of(function)
        {
            self.cluster.terminate::<true>(idle, Act::ScaleDown, meter);
        }
    }
}
