//! How sandboxes and requests in them start: on which host, in which sandbox, and with what there is of one.

use crate::config::plan::{Binding, ScalingMode};
use crate::ids::{FunctionId, HostId, SandboxId};
use crate::platform::serverless::host::shape::{ALL_GROUPS, Groups};
use crate::platform::serverless::request::{Start, Waiting};
use crate::platform::serverless::sandbox::lifecycle::Pools;
use crate::platform::serverless::sandbox::warmth::Warmth;
use crate::record::{Act, Meter};
use crate::units::Time;

use super::Serverless;

impl Serverless {
    /// Early binding: the host for a request, or for a sandbox.
    #[inline(always)]
    pub(super) fn choose<const ALL: bool>(&mut self, now: Time, function: FunctionId) -> HostId {
        let (queues, strict) = (&self.queues, self.cluster.rules.is_strict());
        self.placement.choose::<ALL>(now, function, &mut self.cluster, |host| !strict || queues.is_empty(host))
    }

    /// A request leaves the host to which it was assigned without having begun there.
    pub(super) fn unassign(&mut self, host: HostId) {
        self.cluster.hosts.unassign(host);
        self.placement.departure(host, &self.cluster.hosts);
    }

    /// Starts a request in a sandbox that is ready and has a place for it.
    #[inline(always)]
    pub(super) fn join<const ALL: bool>(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        let cluster = &mut self.cluster;
        let [first, others] = if ALL && host.is_none() { cluster.tiers(function) } else { [ALL_GROUPS, 0] };
        if host.is_none() && cluster.hosts.all_busy::<ALL>(first | others, cluster.cores::<ALL>(function)) {
            return None;
        }
        let sandbox = cluster.first_open::<ALL>(host, function, first);
        let sandbox = sandbox
            .or_else(|| if ALL && others != 0 { cluster.first_open::<ALL>(host, function, others) } else { None })?;
        cluster.enter::<ALL>(now, sandbox, arrived, meter);
        Some(Start::warm(sandbox))
    }

    /// Starts a sandbox for a request: from the most that there is of one, else from nothing.
    #[inline(never)]
    pub(super) fn start_new<const ALL: bool>(
        &mut self,
        now: Time,
        host: Option<HostId>,
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        if ALL && self.cluster.rules.scaling.mode != ScalingMode::PerRequest {
            return None;
        }
        self.start_in::<ALL>(now, (host, None), function, arrived, meter)
    }

    /// The same on a host, and with a pool, that may be given.
    #[inline(always)]
    pub(super) fn start_in<const ALL: bool>(
        &mut self,
        now: Time,
        on: (Option<HostId>, Option<u32>),
        function: FunctionId,
        arrived: Time,
        meter: &mut Meter,
    ) -> Option<Start> {
        let (sandbox, from) = self.claim::<ALL>(now, function, on, meter)?;
        self.cluster.begin::<ALL>(now, sandbox, arrived, from, meter);
        Some(Start { sandbox, from, awaited: false })
    }

    /// Starts a request that has waited.
    pub(super) fn start<const ALL: bool>(
        &mut self,
        now: Time,
        host: Option<HostId>,
        waiting: &Waiting,
        meter: &mut Meter,
    ) -> Option<Start> {
        let (function, arrived) = (waiting.function, waiting.arrived);
        let start = self.join::<ALL>(now, host, function, arrived, meter);
        start.or_else(|| self.start_new::<ALL>(now, host, function, arrived, meter))
    }

    /// Starts a sandbox of a function without a request, if there is room and a core; it is told by
    /// [`Serverless::take_boot`].
    pub(super) fn boot(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        meter: &mut Meter,
    ) -> Option<SandboxId> {
        let host = match (self.cluster.rules.binding, host) {
            (Binding::Late, _) => None,
            (Binding::Early, Some(host)) => Some(host),
            (Binding::Early, None) => Some(self.choose::<true>(now, function)),
        };
        if let Some(host) = host {
            // It gets no request.
            self.placement.departure(host, &self.cluster.hosts);
        }
        if !self.quota.may_add(now, function) {
            return None;
        }
        let Some((id, from)) = self.claim::<true>(now, function, (host, None), meter) else {
            self.quota.give_back(function);
            return None;
        };
        self.boots.push_back((id, from));
        self.prewarms += 1;
        self.cluster.begin_boot(id, Act::Prewarm, meter);
        Some(id)
    }

    /// A sandbox to start, with its memory and a core: a demoted one, or a new one.
    #[inline(always)]
    fn claim<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        (host, pool): (Option<HostId>, Option<u32>),
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        if ALL
            && self.cluster.demotes()
            && let Some(promoted) = self.promote(now, function, (host, pool), meter)
        {
            return Some(promoted);
        }
        let host = self.host_for_new::<ALL>(now, function, host, ALL_GROUPS)?;
        let pools = if ALL { self.cluster.pools_for(host, pool) } else { Pools::Of(ALL_GROUPS) };
        let room = self.cluster.make_room_in::<ALL>(host, pools, function, meter)?;
        Some((self.cluster.create::<ALL>(host, room, function, now, meter), Warmth::Nothing))
    }

    fn promote(
        &mut self,
        now: Time,
        function: FunctionId,
        (host, pool): (Option<HostId>, Option<u32>),
        meter: &mut Meter,
    ) -> Option<(SandboxId, Warmth)> {
        let Some(demoted) = self.cluster.demoted_to_pool(function, host) else {
            return self.cluster.promote_on_host(function, host, pool, meter);
        };
        let groups = self.cluster.groups_for_demoted(demoted);
        let host = self.host_for_new::<true>(now, function, host, groups)?;
        let pools = self.cluster.pools_for(host, pool);
        if self.cluster.promote_from_pool(demoted, host, pools, meter) {
            return Some((demoted, Warmth::Pool));
        }
        self.placement.departure(host, &self.cluster.hosts);
        None
    }

    /// A host with a free core for a sandbox: this one, or (late binding) any of some groups with room.
    #[inline(always)]
    fn host_for_new<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        host: Option<HostId>,
        groups: Groups,
    ) -> Option<HostId> {
        match host {
            Some(host) => self.cluster.place_free::<ALL>(host, function).then_some(host),
            None => self.placement.find_room::<ALL>(now, function, groups, &mut self.cluster),
        }
    }
}
