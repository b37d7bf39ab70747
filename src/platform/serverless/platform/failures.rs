//! Hosts that fail, and requests that are called off.

use std::collections::VecDeque;

use crate::config::plan::{Binding, ScalingMode};
use crate::ids::{HostId, SandboxId};
use crate::platform::serverless::request::Waiting;
use crate::platform::serverless::sandbox::states::StateList;
use crate::record::{Act, Meter};
use crate::units::Time;

use super::Serverless;

impl Serverless {
    /// A host fails: it takes nothing more until [`Serverless::repair_host`]. Its idle sandboxes are terminated, and
    /// requests that wait there wait elsewhere (there, where no other host is up). Tells which of its sandboxes start or work,
    /// in order of their creation: call [`Serverless::cancel`] for each request in them, and for each that starts for none,
    /// before anything else. Only for platforms on the general path (see [`super::Rules::general`]).
    pub fn fail_host(&mut self, now: Time, host: HostId, meter: &mut Meter) -> Vec<SandboxId> {
        assert!(self.is_general(), "hosts fail on the general path only");
        self.advance(now, meter);
        if !self.cluster.hosts.is_up(host) {
            return Vec::new();
        }
        self.cluster.hosts.set_down(host, true);
        let (idle, busy) = self.cluster.sandboxes.all_on(host);
        for id in idle {
            self.cluster.terminate::<true>(id, Act::HostFailed, meter);
        }
        if self.cluster.rules.binding == Binding::Early {
            let on_host = std::mem::take(self.queues.of_host_mut(host));
            self.place_again(now, Some(host), on_host);
            if self.cluster.rules.scaling.mode == ScalingMode::PerRequest {
                for list in self.cluster.sandboxes.lists_of(host) {
                    let waiting = self.queues.take_for(list);
                    self.place_again(now, Some(host), waiting);
                }
            }
        }
        busy
    }

    /// A host is up again.
    pub fn repair_host(&mut self, now: Time, host: HostId, meter: &mut Meter) {
        self.advance(now, meter);
        self.cluster.hosts.set_down(host, false);
        self.placement.departure(host, &self.cluster.hosts);
        self.cluster.room.freed(host);
        self.pending = true;
    }

    /// A request in a sandbox is called off, or the start of one without requests. If it was still starting, or its host has
    /// failed, it is terminated with its last request; else it goes on as if the request had finished.
    pub fn cancel(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        assert!(self.is_general(), "requests are called off on the general path only");
        self.advance(now, meter);
        let (host, function) = (self.cluster.sandboxes[id].host, self.cluster.sandboxes[id].function);
        let boots = self.cluster.active(id) == 0;
        self.cluster.leave_early(id, meter);
        if !boots || self.cluster.rules.binding == Binding::Late {
            self.cluster.hosts.unassign(host);
        }
        if !boots {
            self.quota.release(function);
            self.keep_alive.left(function);
            self.autoscaler.departure(now, function);
        }
        if self.cluster.hosts.is_up(host) && !self.cluster.is_starting(id) {
            let sandbox = self.cluster.sandboxes[id];
            self.settle::<true>(now, id, &sandbox, false, meter);
        } else if self.cluster.active(id) == 0 {
            self.lose(now, id, meter);
        }
        self.placement.departure(host, &self.cluster.hosts);
        self.cluster.room.freed(host);
        self.pending = true;
    }

    /// A sandbox is lost before its time; those that wait for it wait elsewhere.
    fn lose(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let (host, function) = (self.cluster.sandboxes[id].host, self.cluster.sandboxes[id].function);
        let waiting = self.queues.take_at(id);
        self.cluster.sandboxes.set_queued(id, |_| 0);
        self.cluster.dismiss::<true>(id, Act::HostFailed, meter);
        self.place_again(now, Some(host), waiting);
        let lonely = self.cluster.sandboxes.first_in(StateList::Full(function, host)).is_none()
            && self.cluster.sandboxes.first_idle(function, host).is_none();
        if lonely && self.cluster.rules.scaling.mode == ScalingMode::PerRequest {
            let waiting = self.queues.take_for(self.cluster.sandboxes.column(function, host));
            self.place_again(now, Some(host), waiting);
        }
    }

    /// Requests that have waited on a host, or for sandboxes, wait in the queue of another host, or of their groups of hosts.
    fn place_again(&mut self, now: Time, from: Option<HostId>, requests: VecDeque<Waiting>) {
        for waiting in requests {
            let to = (self.cluster.rules.binding == Binding::Early).then(|| {
                if let Some(host) = from {
                    self.unassign(host);
                }
                let host = self.choose::<true>(now, waiting.function);
                self.cluster.hosts.assign(host);
                self.cluster.room.check(host);
                host
            });
            self.queues.push(to, self.cluster.allowed(waiting.function), waiting);
            self.pending = true;
        }
    }
}
